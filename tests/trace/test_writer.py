"""Files as they are written: one run a file, an older one stays until there is a whole cycle, and what cannot be written is said."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from specviz.locking import OccupiedFileError
from specviz.trace import Trace, load_trace
from specviz.trace.writer import TraceWriter
from tests.figures.make_trace import chain, make_trace
from tests.trace.replays import recorded


@pytest.fixture
def trace() -> Trace:
    return make_trace([chain(1, 2), chain(0, 2), chain(2, 2)])


def written(path: Path, trace: Trace, cycles: int) -> TraceWriter:
    """A writer that has written some cycles and goes on."""
    writer = TraceWriter(path, trace.header)
    for batch in trace.batches[:cycles]:
        writer.write(batch)
    return writer


@pytest.mark.parametrize("detail", ["light", "full", "exact"])
def test_a_second_writer_is_refused_and_harms_nothing(tmp_path, detail):
    trace, _ = recorded("rejection", detail=detail)
    path = tmp_path / "run.arrow"
    first = written(path, trace, 1)
    for _ in range(2):
        with pytest.raises(OccupiedFileError, match=r"expected run\.arrow to be free, got a file that is being written by another run; choose"):
            TraceWriter(path, trace.header)
    for batch in trace.batches[1:]:
        first.write(batch)
    first.close()
    whole = load_trace(path)
    assert whole.is_complete
    assert [repr(cycle) for cycle in whole] == [repr(cycle) for cycle in trace]
    assert [each.name for each in tmp_path.iterdir()] == ["run.arrow"]
    trace.save(path)  # free again


def test_a_writer_in_another_process_is_refused_too(tmp_path, trace, root):
    path = tmp_path / "run.arrow"
    writer = written(path, trace, 1)
    code = "import sys\nfrom specviz.trace import load_trace\nload_trace('chain').save(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=root, check=False)
    writer.close()
    assert "OccupiedFileError: expected run.arrow to be free" in done.stderr
    assert len(load_trace(path)) == 1


def test_of_many_threads_at_one_file_each_saves_a_whole_run_or_is_refused(tmp_path):
    traces = [recorded("rejection", detail="light", cycles=n)[0] for n in (3, 5, 8)]
    path, said = tmp_path / "run.arrow", []

    def save(trace: Trace) -> None:
        for _ in range(10):
            try:
                trace.save(path)
                said.append("saved")
            except OccupiedFileError:
                said.append("refused")
            except Exception as error:  # noqa: BLE001  whatever else it is fails below
                said.append(repr(error))

    threads = [threading.Thread(target=save, args=(trace,)) for trace in traces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(said) == 30
    assert {*said} <= {"saved", "refused"}
    assert load_trace(path).is_complete
    assert len(load_trace(path)) in (3, 5, 8)


def test_an_older_file_stays_until_the_first_cycle_is_whole(tmp_path, trace):
    path = tmp_path / "run.arrow"
    trace.save(path)
    before = path.read_bytes()
    writer = TraceWriter(path, replace(trace.header, method="another"))
    assert path.read_bytes() == before
    writer.write(trace.batches[0])
    now = load_trace(path)
    assert (now.header.method, len(now), now.is_complete) == ("another", 1, False)
    writer.close()


def test_a_run_that_ends_before_its_first_cycle_leaves_an_older_file_alone(tmp_path, trace):
    path = tmp_path / "run.arrow"
    trace.save(path)
    before = path.read_bytes()
    TraceWriter(path, trace.header).close()
    assert path.read_bytes() == before
    Trace(trace.header, []).save(path)  # asked for by name
    assert len(load_trace(path)) == 0


def test_a_growing_file_is_read_under_its_name(tmp_path, trace):
    path = tmp_path / "run.arrow"
    writer = TraceWriter(path, trace.header)
    for count, batch in enumerate(trace.batches, start=1):
        writer.write(batch)
        assert len(load_trace(path)) == count
    writer.close()


def test_a_process_that_is_killed_leaves_the_file_free(tmp_path, trace, root):
    path = tmp_path / "run.arrow"
    code = (
        "import os, sys\nfrom specviz.trace import load_trace\nfrom specviz.trace.writer import TraceWriter\n"
        "trace = load_trace('chain')\nwriter = TraceWriter(sys.argv[1], trace.header)\nwriter.write(trace.batches[0])\nos.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=root, check=False)
    assert len(load_trace(path)) == 1
    trace.save(path)
    assert load_trace(path).is_complete


def test_a_link_stays_a_link(tmp_path, trace):
    (tmp_path / "there").mkdir()
    link = tmp_path / "run.arrow"
    link.symlink_to(tmp_path / "there" / "real.arrow")
    trace.save(link)
    assert link.is_symlink()
    assert len(load_trace(tmp_path / "there" / "real.arrow")) == 3


@pytest.mark.parametrize("place", ["folder", "pipe", "/dev/null", "file/below"])
def test_what_is_no_place_for_a_file_is_refused_in_words(tmp_path, trace, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"^expected .*, got .*; ") as caught:
        trace.save(tmp_path / place)
    assert str(tmp_path) not in str(caught.value)
    assert Path("/dev/null").is_char_device()


def test_a_full_disk_is_said_in_words_and_whole_cycles_stay(tmp_path, trace, monkeypatch):
    path = tmp_path / "run.arrow"
    writer = written(path, trace, 2)

    class Full:
        closed = False

        def write(self, _data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def flush(self) -> None:
            """Nothing waits."""

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr(writer._output, "_to", Full())
    with pytest.raises(OSError, match=r"expected to write 'run\.arrow', got .*No space left.*; free some room"):
        writer.write(trace.batches[2])
    with pytest.raises(OSError, match="expected to write"):
        writer.close()
    assert len(load_trace(path)) == 2
    trace.save(path)
    assert load_trace(path).is_complete
