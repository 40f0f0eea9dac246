"""Traces on disk: what was recorded is read back, by anybody, and what is no trace is refused in words."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from specviz.engine.run import generate
from specviz.trace import Trace, TraceError, load_trace, read_trace, sample_names, summarise
from specviz.trace.schema import FORMAT_VERSION, METADATA_KEY, schema
from specviz.trace.writer import TraceWriter
from tests.trace.conftest import PROMPT

LEVELS = ("light", "full", "exact")


def as_words(trace: Trace) -> list[str]:
    """Every cycle written out: NaN equals NaN there."""
    return [repr(cycle) for cycle in trace]


LIGHT = schema("light")


def stream_of(metadata: dict[bytes, bytes], columns: pa.Schema = LIGHT) -> bytes:
    """An empty Arrow stream with this metadata."""
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, columns.with_metadata(metadata)).close()
    return sink.getvalue().to_pybytes()


def header_of(trace: Trace, **changes) -> bytes:
    return json.dumps({**vars(trace.header), **changes}).encode()


@pytest.mark.parametrize("level", LEVELS)
def test_a_saved_run_reads_back_as_it_was(saved, level):
    path, run = saved[level]
    loaded = load_trace(path)
    assert loaded.is_complete
    assert loaded.header == run.trace.header
    assert as_words(loaded) == as_words(run.trace)
    assert (loaded.tokens, loaded.text, loaded.stop) == (run.tokens, run.text, "length")


@pytest.mark.parametrize("level", LEVELS)
def test_figures_of_a_loaded_run_are_those_of_the_run(saved, level):
    path, run = saved[level]
    assert repr(summarise(load_trace(path))) == repr(run.stats)


def test_the_levels_record_the_same_run(saved):
    cycles = [
        [(c.committed, c.path, c.last_kind, [(n.token, n.p, n.q, n.u, n.state) for n in c.nodes]) for c in saved[level][1].trace] for level in LEVELS
    ]
    assert cycles[0] == cycles[1] == cycles[2]


def test_the_run_holds_every_kind_of_decision(saved):
    trace = saved["full"][1].trace
    assert {node.state for cycle in trace for node in cycle.nodes} == {"accepted", "rejected", "ignored"}
    assert {cycle.last_kind for cycle in trace} == {"corrected", "bonus"}


@pytest.mark.parametrize(("level", "batches"), [("light", 1), ("full", None), ("exact", None)])
def test_a_batch_holds_one_cycle_but_for_finished_light_files(saved, level, batches):
    path, run = saved[level]
    with pa.ipc.open_stream(path) as reader:
        sizes = [batch.num_rows for batch in reader]
    assert sum(sizes) == len(run.trace) > 4
    assert len(sizes) == (batches or len(run.trace))


def test_pandas_reads_a_trace_with_no_code_of_ours(saved):
    path, run = saved["full"]
    code = (
        "import sys, json, pyarrow as pa\n"
        "reader = pa.ipc.open_stream(sys.argv[1])\n"
        "header = json.loads(reader.schema.metadata[b'specviz'])\n"
        "frame = reader.read_pandas()\n"
        "assert not any(name.startswith('specviz') for name in sys.modules)\n"
        "print(header['method'], len(frame), int(frame['committed'].map(len).sum()), frame['nodes'][0][0]['state'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    first = run.trace.cycle(0).nodes[0].state
    assert done.stdout.split() == ["chain", str(len(run.trace)), str(len(run.tokens)), first]


def test_saving_a_loaded_trace_changes_nothing(saved, tmp_path):
    loaded = load_trace(saved["full"][0])
    copy = load_trace(loaded.save(tmp_path / "new" / "copy.arrow"))
    assert (copy.header, as_words(copy)) == (loaded.header, as_words(loaded))
    assert as_words(read_trace(loaded.to_bytes())) == as_words(loaded)


def test_the_header_says_all_that_makes_the_run_again(pair, saved):
    header = load_trace(saved["full"][0]).header
    again = generate(
        pair,
        header.prompt_tokens,
        header.method,
        seed=header.seed,
        **{name: header.settings[name] for name in ("max_new_tokens", "temperature", "top_k", "top_p", "gamma", "stop")},
    )
    assert again.tokens == saved["full"][1].tokens
    assert "".join(header.prompt_pieces) == header.prompt == PROMPT
    assert header.target["weights"] != header.draft["weights"]


@pytest.mark.parametrize("level", ["full", "light"])
def test_a_file_cut_anywhere_gives_its_whole_cycles_or_a_trace_error(saved, tmp_path, level):
    trace = saved[level][1].trace
    path = tmp_path / "cut.arrow"
    writer = TraceWriter(path, trace.header)
    sizes = []
    for batch in trace.batches[:4]:
        sizes.append(path.stat().st_size)
        writer.write(batch)
    sizes.append(path.stat().st_size)
    whole = path.read_bytes()  # as a killed run leaves it: no end mark, light batches not yet merged
    expected = as_words(trace)
    for length in (*range(0, sizes[0], 97), *range(sizes[3], len(whole), 7), len(whole)):
        kept = sum(size <= length for size in sizes) - 1
        if kept < 1:
            with pytest.raises(TraceError):
                read_trace(whole[:length])
        else:
            cut = read_trace(whole[:length])
            assert not cut.is_complete
            assert len(cut) == kept
            assert cut.batches[-1].equals(trace.batches[kept - 1])
    assert as_words(read_trace(whole)) == expected[:4]
    writer.close()
    assert load_trace(path).is_complete


def test_damaged_bytes_never_raise_anything_but_a_trace_error(saved):
    content = saved["full"][0].read_bytes()
    rng = random.Random(1)
    outcomes = set()
    for trial in range(600):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 3, 30])):
            damaged[rng.randrange(len(content) if trial % 2 else 6000)] = rng.randrange(256)
        try:
            trace = read_trace(bytes(damaged))
            summarise(trace)
            outcomes.add("read")
        except TraceError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def foreign_files(trace: Trace, folder):
    """What people open by mistake, with a word of the answer they get."""
    noise = random.Random(0)
    table = pa.table({"a": [1, 2]})
    pq.write_table(table, folder / "a.parquet")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    ours = header_of(trace)
    return {
        "empty": (b"", "which is none"),
        "random": (noise.randbytes(5000), "which is none"),
        "text": (b'{"cycle": 0}\n', "which is none"),
        "parquet": ((folder / "a.parquet").read_bytes(), "which is none"),
        "arrow file": (sink.getvalue().to_pybytes(), "which is none"),
        "arrow stream": (stream_of({}, table.schema), "expected a specviz header"),
        "arrow stream with pandas metadata": (stream_of({b"pandas": b"{}"}, table.schema), "expected a specviz header"),
        "damaged header": (stream_of({METADATA_KEY: ours[: len(ours) // 2]}), "expected a JSON header"),
        "header not in UTF-8": (stream_of({METADATA_KEY: b'"\xff"'}), "expected a JSON header"),
        "header that is a list": (stream_of({METADATA_KEY: b"[]"}), "expected a JSON object"),
        "other format": (stream_of({METADATA_KEY: header_of(trace, format="x")}), "expected format"),
        "newer": (stream_of({METADATA_KEY: header_of(trace, format_version=FORMAT_VERSION + 1)}), "install a newer specviz"),
        "no prompt": (stream_of({METADATA_KEY: b'{"format": "specviz-trace", "format_version": 1}'}), "expected method to be a str"),
        "no seed": (stream_of({METADATA_KEY: ours.replace(b'"seed":', b'"sown":')}), "fields missing"),
        "settings no object": (stream_of({METADATA_KEY: header_of(trace, settings=3)}), "expected settings to be a dict"),
        "unknown detail": (stream_of({METADATA_KEY: header_of(trace, detail="huge")}), "expected detail"),
        "columns of another level": (stream_of({METADATA_KEY: header_of(trace, detail="full")}), "expected the columns"),
        "columns of other types": (
            stream_of({METADATA_KEY: header_of(trace, detail="light")}, pa.schema([(n, pa.int8()) for n in schema("light").names])),
            "types",
        ),
    }


def test_files_that_are_no_trace_are_refused_in_words(saved, tmp_path):
    for what, (content, words) in foreign_files(saved["light"][1].trace, tmp_path).items():
        with pytest.raises(TraceError, match=words) as caught:
            read_trace(content, name=what)
        assert repr(what) in str(caught.value)


def test_a_header_of_an_older_minor_version_may_hold_more(saved):
    trace = saved["light"][1].trace
    assert read_trace(stream_of({METADATA_KEY: header_of(trace, novelty=1)})).header == trace.header


def test_a_missing_file_is_answered_with_the_samples(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a trace file or one of the samples"):
        load_trace(tmp_path / "nowhere.arrow")


def test_every_sample_loads_whole_and_by_name():
    assert sample_names()
    for name in sample_names():
        trace = load_trace(name)
        assert trace.is_complete
        assert trace.stop is not None
        assert len(trace.tokens) == summarise(trace).tokens > 0


def test_places_outside_the_run_are_refused_by_number(saved):
    trace = saved["full"][1].trace
    with pytest.raises(IndexError, match=rf"expected a cycle in \[0, {len(trace) - 1}\], got {len(trace)}"):
        trace.cycle(len(trace))
    with pytest.raises(IndexError, match="expected a cycle"):
        trace.cycle(-1)
    with pytest.raises(IndexError, match="expected a node"):
        trace.node(0, 99)
