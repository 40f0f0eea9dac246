"""Traces from strangers: refused when they are read, in words and before they cost anything, or every reader can read them."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from itertools import cycle
from time import monotonic, process_time

import pyarrow as pa
import pytest

from specviz.trace import OWN, STRANGERS, Trace, TraceError, load_trace, read_trace
from specviz.trace.schema import schema
from specviz.trace.writer import schema_with
from tests.figures.make_trace import chain, make_trace, tree
from tests.trace.mutations import file_of, mutated
from tests.trace.readers import PICTURES, read_all
from tests.trace.replays import recorded

_MUTATIONS = 200


@pytest.fixture(autouse=True)
def _app_on_path(monkeypatch: pytest.MonkeyPatch, root) -> None:
    monkeypatch.syspath_prepend(str(root / "app"))


def made(kind: str) -> Trace:
    """A small run of each kind."""
    if kind == "exact":
        return recorded("recursive", "pairs", "iid", cycles=1)[0]
    if kind == "light":
        return recorded("rejection", detail="light", cycles=2)[0]
    return make_trace([chain(1, 2), chain(0, 1)]) if kind == "chain" else make_trace([tree((2, 1), levels=1, pruned=1)], method="rsd")


@pytest.mark.parametrize("kind", ["exact", "chain", "tree", "light"])
def test_a_changed_trace_is_refused_or_every_reader_can_read_it(kind, tmp_path):
    """Each that passes is read in every quick way, and by the pictures in turn."""
    outcomes, pictures = {"refused": 0, "read": 0}, cycle(PICTURES)
    for said, content in mutated(made(kind), seed=1, count=_MUTATIONS):
        try:
            trace = read_trace(content)
        except TraceError as error:
            outcomes["refused" if str(error).startswith("expected") else said] = outcomes["refused"] + 1
            continue
        try:
            read_all(trace, tmp_path)
            next(pictures)(trace, len(trace) - 1)
        except Exception as error:
            raise AssertionError(said) from error
        outcomes["read"] += 1
    assert set(outcomes) == {"refused", "read"}
    assert min(outcomes.values()) > _MUTATIONS // 10, outcomes


@pytest.mark.parametrize("kind", ["exact", "chain", "tree", "light"])
def test_an_unchanged_trace_is_read_by_every_reader(kind, tmp_path):
    trace = read_trace(made(kind).to_bytes())
    read_all(trace, tmp_path)
    for picture in PICTURES:
        picture(trace, 0)


def rows_of(trace: Trace) -> list[dict]:
    return [row for batch in trace.batches for row in batch.to_pylist()]


# what is wrong -> how a sound chain of two nodes and one of one node is made so
FAULTS = {
    "a missing cycle number": lambda rows: rows[0].update(cycle=None),
    "a missing time": lambda rows: rows[0]["times_ms"].__setitem__(2, None),
    "a missing text": lambda rows: rows[1].update(text=None),
    "a missing committed token": lambda rows: rows[0]["committed"].__setitem__(0, None),
    "no committed tokens": lambda rows: rows[0].update(committed=None),
    "a missing node": lambda rows: rows[0]["nodes"].__setitem__(1, None),
    "no nodes": lambda rows: rows[0].update(nodes=None),
    "a missing p": lambda rows: rows[0]["nodes"][0].update(p=None),
    "a missing entry": lambda rows: rows[0]["nodes"][0]["top_p"].__setitem__(0, None),
    "an unknown state": lambda rows: rows[0]["nodes"][0].update(state="perhaps"),
    "an unknown kind": lambda rows: rows[0].update(last_kind="gift"),
    "an unknown sampling": lambda rows: rows[0].update(sampling="somehow"),
    "a probability below 0": lambda rows: rows[0]["nodes"][0].update(p=-0.5),
    "a probability above 1": lambda rows: rows[0]["nodes"][0].update(q=1.5),
    "a q that is no number": lambda rows: rows[0]["nodes"][0].update(q=float("nan")),
    "an endless time": lambda rows: rows[0]["times_ms"].__setitem__(2, float("inf")),
    "a time below 0": lambda rows: rows[0]["times_ms"].__setitem__(2, -1.0),
    "an endless entropy": lambda rows: rows[0]["nodes"][0].update(entropy_p=float("inf")),
    "a token below 0": lambda rows: rows[0]["nodes"][0].update(token=-5),
    "cycles out of order": lambda rows: rows.reverse(),
    "a cycle twice": lambda rows: rows.append(rows[1]),
    "a prefix out of order": lambda rows: rows[1].update(prefix=2),
    "a cache longer than the text": lambda rows: rows[0].update(cache_target=2**31 - 1),
    "a cache that was cut": lambda rows: rows[0].update(cache_target=1),
    "a committed token nobody drafted": lambda rows: rows[0]["committed"].__setitem__(0, 23),
    "more committed than accepted": lambda rows: rows[0]["committed"].append(3),
    "a node of no parent": lambda rows: rows[0]["nodes"][1].update(parent=5),
    "a node that is its own parent": lambda rows: rows[0]["nodes"][1].update(parent=1),
    "a wrong depth": lambda rows: rows[0]["nodes"][1].update(depth=1),
    "an accepted node below a rejected one": lambda rows: (
        rows[0]["nodes"][0].update(state="rejected") or rows[0]["nodes"][1].update(state="accepted")
    ),
    "a pruned node before others": lambda rows: rows[0]["nodes"][0].update(state="pruned"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_no_run_can_have_written_is_refused(fault):
    trace = made("chain")
    rows = rows_of(trace)
    read_trace(file_of(asdict(trace.header), rows))
    FAULTS[fault](rows)
    with pytest.raises(TraceError, match=r"^expected .*, got .*; ."):
        read_trace(file_of(asdict(trace.header), rows))


# what is wrong with whole distributions
EXACT_FAULTS = {
    "a row too few": lambda row: row["p_rows"].pop(),
    "a short row": lambda row: row["p_rows"][0].pop(),
    "a missing row": lambda row: row["p_rows"].__setitem__(0, None),
    "a missing entry": lambda row: row["q_rows"][0].__setitem__(0, None),
    "an entry below 0": lambda row: row["p_rows"][0].__setitem__(0, -0.1),
    "an entry that is no number": lambda row: row["p_rows"][0].__setitem__(0, float("nan")),
    "a row that adds up to 2": lambda row: row["p_rows"][0].__setitem__(0, row["p_rows"][0][0] + 1.0),
    "p without q": lambda row: row.update(q_rows=None),
    "a q_row beyond q": lambda row: row["q_row"].__setitem__(0, 99),
    "a drawn token without a q_row": lambda row: row["q_row"].__setitem__(0, -1),
    "a token beyond the vocabulary": lambda row: row.update(last_token=4000, committed=[*row["committed"][:-1], 4000]),
}


@pytest.mark.parametrize("fault", EXACT_FAULTS)
def test_whole_distributions_that_do_not_fit_are_refused(fault):
    trace = made("exact")
    rows = rows_of(trace)
    EXACT_FAULTS[fault](rows[0])
    with pytest.raises(TraceError, match=r"^expected .*, got "):
        read_trace(file_of(asdict(trace.header), rows))


HEADERS = {
    "machine": "a laptop",
    "settings": {"temperature": "hot"},
    "prefill_s": "soon",
    "law_temperature": None,
    "started": 5,
    "target": None,
    "draft": [],
    "seed": "zero",
    "vocab_size": -1,
    "prompt_tokens": [None] * 4,
    "prompt_pieces": [1, 2, 3, 4],
    "prompt": ["def"],
    "verifier": {},
    "device": None,
    "chat_template_hash": 3,
    "package_version": [],
    "format_version": True,
    "method": "half a pair \ud800",
}


@pytest.mark.parametrize("field", HEADERS)
def test_a_header_field_of_another_type_is_refused_by_name(field):
    trace = made("chain")
    with pytest.raises(TraceError, match=r"^expected"):
        read_trace(file_of(asdict(trace.header) | {field: HEADERS[field]}, rows_of(trace)))


def test_a_deep_header_is_refused(tmp_path):
    trace = made("chain")
    sink = pa.BufferOutputStream()
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    pa.ipc.new_stream(sink, schema("full").with_metadata({b"specviz": deep})).close()
    with pytest.raises(TraceError, match="JSON header"):
        read_trace(sink.getvalue().to_pybytes())
    nested: dict = {}
    for _ in range(400):
        nested = {"a": nested}
    with pytest.raises(TraceError, match="settings"):
        read_trace(file_of(asdict(trace.header) | {"settings": nested}, rows_of(trace)))


# -------------------------------------------------------------------------------------------------------------- what it costs
def bomb(megabytes: int) -> bytes:
    """A few kilobytes that unpack to this much."""
    trace = made("exact")
    columns = schema("exact")
    row = rows_of(trace)[0]
    count = megabytes * 125_000
    values = pa.ListArray.from_arrays(
        pa.array([0, count], pa.int32()), pa.Array.from_buffers(pa.float64(), count, [None, pa.py_buffer(bytes(8 * count))])
    )
    batch = pa.RecordBatch.from_pylist([row], schema=columns)
    rows = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), values)
    batch = batch.set_column(batch.schema.get_field_index("p_rows"), columns.field("p_rows"), rows)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema_with(trace.header), options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def test_a_few_kilobytes_that_unpack_to_much_are_refused_before_they_are_unpacked():
    content = bomb(200)
    assert len(content) < 100_000
    before = pa.total_allocated_bytes()
    peak = pa.default_memory_pool().max_memory()
    with pytest.raises(TraceError, match="columns of at most 134 MB"):
        read_trace(content)
    assert pa.total_allocated_bytes() == before
    assert pa.default_memory_pool().max_memory() == peak


def test_what_many_batches_come_to_is_added_up():
    trace = make_trace([chain(0, 2)] * 40)
    content = file_of(asdict(trace.header), rows_of(trace), compression="zstd")
    size = sum(batch.nbytes for batch in read_trace(content).batches)
    with pytest.raises(TraceError, match="columns of at most"):
        read_trace(content, limits=replace(STRANGERS, columns=size // 2))
    read_trace(content, limits=replace(STRANGERS, columns=2 * size))


def test_memory_that_runs_out_is_no_run_that_was_killed(monkeypatch):
    content = made("chain").to_bytes()

    class Poor:
        def __init__(self, reader):
            self.schema = reader.schema

        def read_next_batch(self):
            raise pa.ArrowMemoryError("malloc of size 9 failed")

    opened = pa.ipc.open_stream
    monkeypatch.setattr(pa.ipc, "open_stream", lambda source: Poor(opened(source)))
    with pytest.raises(TraceError, match="memory"):
        read_trace(content)


WIDE = [{"parent": -1, "depth": 1}] * 20_000
DEEP = [{"parent": i - 1, "depth": i + 1} for i in range(20_000)]


@pytest.mark.parametrize("shape", [WIDE, DEEP], ids=["wide", "deep"])
def test_a_tree_too_large_to_draw_is_refused(shape):
    trace = made("chain")
    row = rows_of(trace)[0]
    node = row["nodes"][-1] | {"state": "ignored"}
    row["nodes"] = [node | {"id": i} | place for i, place in enumerate(shape)]
    row["committed"] = [row["last_token"]]
    with pytest.raises(TraceError, match="at most 1024 nodes in a cycle"):
        read_trace(file_of(asdict(trace.header), [row]))
    with pytest.raises(TraceError, match="at most 4096 nodes in a cycle"):
        read_trace(file_of(asdict(trace.header), [row]), limits=OWN)


@pytest.mark.parametrize(
    ("what", "limits"),
    [
        ("cycles", {"cycles": 1}),
        ("nodes in all", {"all_nodes": 2}),
        ("tokens", {"tokens": 3}),
        ("header", {"header": 100}),
        ("characters", {"letters": 1}),
        ("entries", {"entries": 3}),
    ],
)
def test_every_limit_is_said_with_what_came_and_what_to_do(what, limits):
    content = make_trace([chain(1, 2), chain(0, 1)]).to_bytes()
    read_trace(content)
    with pytest.raises(TraceError, match=rf"{what}.* in 'x.arrow', got .*; record a shorter run") as caught:
        read_trace(content, name="x.arrow", limits=replace(STRANGERS, **limits))
    assert len(str(caught.value)) < 300


def test_a_long_prompt_in_a_header_is_refused():
    trace = made("chain")
    with pytest.raises(TraceError, match="header of at most"):
        read_trace(file_of(asdict(trace.header) | {"prompt": "x" * 5_000_000}, rows_of(trace)))


def test_the_largest_trace_a_stranger_may_send_is_read_in_seconds():
    trace = make_trace([chain(0, 2)] * 5000)
    content = trace.to_bytes()
    start = process_time()
    assert len(read_trace(content)) == 5000
    assert process_time() - start < 10


# ------------------------------------------------------------------------------------------------------------------ what it is
def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.arrow")
    for place in (tmp_path, tmp_path / "pipe.arrow", "/dev/full", "/dev/zero"):
        begin = monotonic()
        with pytest.raises(TraceError, match="expected a regular file, got"):
            load_trace(place)
        assert monotonic() - begin < 5


def test_what_is_no_path_is_refused_by_type():
    for what in (5, None, ["a"], b"run.arrow"):
        with pytest.raises(TypeError, match="expected a trace file or the name of a sample"):
            load_trace(what)
    with pytest.raises(TypeError, match="content as bytes"):
        read_trace("run.arrow")
    with pytest.raises(OSError, match=r"^expected"):
        load_trace("x" * 5000)
    with pytest.raises(FileNotFoundError, match=r"^expected"):
        load_trace("../no/such/run")


def test_messages_name_no_folder(tmp_path):
    (tmp_path / "bad.arrow").write_bytes(b"nothing")
    for place in (tmp_path / "nowhere.arrow", tmp_path / "bad.arrow", tmp_path):
        with pytest.raises((OSError, ValueError), match=r"^expected") as caught:
            load_trace(place)
        assert str(tmp_path.parent) not in str(caught.value)
