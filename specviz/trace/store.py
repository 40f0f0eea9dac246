"""Traces on disk: one Arrow IPC stream a run, one record batch a cycle, readable up to the last whole cycle after a crash."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from specviz.arguments import whole_number
from specviz.errors import MissingFileError, OutOfRangeError, UnexpectedTypeError, UnreadableFileError, foreign, shown, words
from specviz.trace.door import Door
from specviz.trace.header import read_header
from specviz.trace.limits import OWN, STRANGERS, LargeTraceError, Limits, TraceError, require_room
from specviz.trace.schema import STAGES, Cycle, Entry, Header, Node, as_given_out, schema
from specviz.trace.writer import TraceWriter, schema_with

SAMPLES = Path(__file__).parent / "samples"
MOMENTS = "moments"
"""Below ``SAMPLES``: the runs that :mod:`specviz.trace.moments` lists."""


_CYCLE_BYTES, _NODE_BYTES = 2000, 1500
"""Of a cycle and of a node as objects, without their distributions."""


class Trace:
    """A recorded run: ``header`` says how it was made, ``cycles`` what happened; no model is needed to read it."""

    def __init__(self, header: Header, batches: list[pa.RecordBatch], *, is_complete: bool = True) -> None:
        self.header = header
        self.batches = batches
        self.is_complete = is_complete
        self._cycles: dict[int, Cycle] = {}
        self._where = [(b, row) for b, batch in enumerate(batches) for row in range(batch.num_rows)]

    def __len__(self) -> int:
        """Number of cycles."""
        return len(self._where)

    def __iter__(self) -> Iterator[Cycle]:
        """The cycles in order."""
        return (self.cycle(i) for i in range(len(self)))

    def __repr__(self) -> str:
        """One line: method, cycles, tokens."""
        return f"Trace({self.header.method!r}, {len(self)} cycles, {len(self.tokens)} tokens)"

    @property
    def cycles(self) -> list[Cycle]:
        """All cycles."""
        return list(self)

    def cycle(self, index: int) -> Cycle:
        """One cycle by number.

        Raises:
            IndexError: when there is no such cycle.
            TraceError: when the file is damaged there.
        """
        if index not in self._cycles:
            at = _place("cycle", index, len(self), f"this run has {len(self)} cycles")
            batch, row = self._where[at]
            with _damage(f"a whole cycle {at}"):
                self._cycles[at] = _with_laws(self.batches[batch].slice(row, 1))
        return self._cycles[index]

    def node(self, cycle: int, node: int) -> Node:
        """One node of one cycle.

        Raises:
            IndexError: when there is no such cycle or node.
        """
        nodes = self.cycle(cycle).nodes
        return nodes[_place("node", node, len(nodes), f"cycle {cycle} drafted {len(nodes)}")]

    def outline(self) -> list[Cycle]:
        """All cycles without their laws: what figures of a whole run need, many times quicker to read than :attr:`cycles`."""
        if not len(self):
            return []
        (whole,) = self.table.combine_chunks().to_batches()
        with _damage("whole cycles"):
            return [_cycle(row) for row in _without_laws(whole)]

    @property
    def tokens(self) -> list[int]:
        """Ids of the new tokens."""
        return [token for batch in self.batches for committed in batch.column("committed").to_pylist() for token in committed]

    @property
    def text(self) -> str:
        """The new text."""
        return "".join(text for batch in self.batches for text in batch.column("text").to_pylist())

    @property
    def stop(self) -> str | None:
        """Why the run ended, or None for a run that was cut off."""
        return self.batches[-1].column("stop").to_pylist()[-1] if len(self) else None

    @property
    def size(self) -> int:
        """Bytes it takes in memory, about: the columns, and what they come to as cycles and nodes once those were looked at."""
        columns: int = sum(batch.nbytes for batch in self.batches)
        nodes = sum(len(batch.column("nodes").flatten()) for batch in self.batches)
        return columns + _CYCLE_BYTES * len(self) + _NODE_BYTES * nodes

    @property
    def table(self) -> pa.Table:
        """The whole record as one Arrow table, a row a cycle."""
        return pa.Table.from_batches(self.batches, schema=schema(self.header.detail))

    def save(self, path: str | Path) -> Path:
        """Write the trace to ``path`` as it was recorded, one batch a cycle; return the path."""
        with TraceWriter(path, self.header) as writer:
            for batch in self.batches:
                writer.write(batch)
            writer.begin()  # a run without a cycle, too, takes the place of what is there when it is saved by name
        return Path(path)

    def to_bytes(self) -> bytes:
        """The trace as a file's content, for a download."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema_with(self.header)) as writer:
            for batch in self.batches:
                writer.write_batch(batch)
        content: bytes = sink.getvalue().to_pybytes()
        return content


def load_trace(path: str | Path, *, limits: Limits = OWN) -> Trace:
    """Read a trace from a file, or one of the recorded samples by its name (``chain``, ``prompt-lookup`` …).

    A run that was killed is read up to its last whole cycle (``trace.is_complete`` is False then).

    Args:
        path: the file, or the sample's name.
        limits: the most that is read.

    Raises:
        MissingFileError: when there is neither such a file nor such a sample; it is a FileNotFoundError, too.
        UnreadableFileError: when the file may not be read; it is an OSError, too.
        TraceError: when it is no regular file or no specviz trace, is damaged before its first cycle, beyond the limits, or of a newer version.
    """
    if not isinstance(path, str | os.PathLike):
        raise UnexpectedTypeError("a trace file or the name of a sample", shown(path))
    source = Path(path)
    with foreign(f"a file that can be read at {shown(source.name)}", into=UnreadableFileError, kinds=(OSError,)):
        if not source.exists() and str(path) in sample_names():
            source = sample_path(str(path))
        if not source.exists():
            expected = f"a trace file or one of the samples ({', '.join(sample_names())})"
            raise MissingFileError(expected, f"{shown(source.name)}, which is neither", "record one with specviz run --save run.arrow")
        content = _content(source, limits)
    return read_trace(content, name=source.name, limits=limits)


def _content(source: Path, limits: Limits) -> bytes:
    """A file's bytes; a pipe or a device is never opened, for it may have no end."""
    if not source.is_file():
        raise TraceError("a regular file", f"{shown(source.name)}, a {'folder' if source.is_dir() else 'pipe or device'}", "name the trace's file")
    most = limits.columns + limits.header
    with source.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise LargeTraceError(source.name, f"at most {most} bytes", "more")
    return content


def sample_names() -> list[str]:
    """Names of the recorded runs that ship with the package: one of each method first, then those that show one thing each."""
    return [path.stem for folder in (SAMPLES, SAMPLES / MOMENTS) for path in sorted(folder.glob("*.arrow"))]


def sample_path(name: str) -> Path:
    """The file of a recorded run that ships; there may be none of this name."""
    path = SAMPLES / f"{name}.arrow"
    return path if path.exists() else SAMPLES / MOMENTS / path.name


def read_trace(content: bytes, name: str = "file", *, limits: Limits = STRANGERS) -> Trace:
    """Read a trace from a file's content, which may come from a stranger; see :func:`load_trace`."""
    if not isinstance(content, bytes):
        raise UnexpectedTypeError("a trace file's content as bytes", shown(content), "for a file, call load_trace(path)")
    require_room(content, limits, name)
    try:
        reader = pa.ipc.open_stream(pa.BufferReader(content))
        metadata = reader.schema.metadata or {}
    except (pa.ArrowException, OSError, ValueError) as error:
        got = f"{shown(name)}, which is none ({words(error, 80)})"
        raise TraceError("an Arrow IPC stream written by specviz", got, "record one with specviz run --save run.arrow") from None
    header = read_header(metadata, name, limits)
    if not reader.schema.equals(schema(header.detail)):
        expected = f"the columns of a {header.detail!r} trace in {shown(name)}"
        raise TraceError(expected, f"{len(reader.schema)} columns of other names or types", "record the run again")
    door = Door(header, limits, name)
    with _memory(name):
        batches, is_complete = _batches(reader, door)
    if not batches and not (is_complete and content.endswith(_END_OF_STREAM)):
        expected = f"at least one whole cycle in {shown(name)}"
        raise TraceError(expected, "none", "the run ended before its first cycle was recorded; run it again")
    with _memory(name):
        door.check(batches)
    return Trace(header, batches, is_complete=is_complete and content.endswith(_END_OF_STREAM))


_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


@contextmanager
def _memory(name: str) -> Iterator[None]:
    """Memory that runs out is no run that was killed."""
    try:
        yield
    except MemoryError:
        raise LargeTraceError(name, "columns that fit this machine's memory", "more") from None


def _batches(reader: pa.ipc.RecordBatchStreamReader, door: Door) -> tuple[list[pa.RecordBatch], bool]:
    """The whole batches of a stream, and whether nothing was wrong behind them: a run that is killed leaves half a cycle at the end."""
    batches: list[pa.RecordBatch] = []
    try:
        while True:
            batch = reader.read_next_batch()
            batch.validate(full=True)  # damaged offsets would be read outside the file's memory later on
            door.count(batch)
            batches.append(batch)
    except StopIteration:
        return batches, True
    except (MemoryError, TraceError):
        raise
    except (pa.ArrowException, OSError):
        return batches, False


def _place(name: str, index: Any, count: int, do: str) -> int:  # noqa: ANN401  whatever was passed
    """A number of something that there is."""
    at = whole_number(name, index, -sys.maxsize)
    if not 0 <= at < count:
        raise OutOfRangeError(f"a {name} in [0, {count - 1}]" if count else f"a {name}", str(at), do)
    return at


@contextmanager
def _damage(expected: str) -> Iterator[None]:
    """Around a look into columns that were not read from a file, and so were not checked."""
    with foreign(expected, "the record is damaged", into=TraceError):
        yield


_LAWS_OF_CYCLE = ("last_top", "p_rows", "q_rows", "q_row")


def _without_laws(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """A dictionary for each cycle, of everything but laws."""
    nodes = batch.column("nodes")
    kept = [field for field in nodes.type.value_type if not pa.types.is_list(field.type)]
    bare = pa.StructArray.from_arrays([nodes.values.field(field.name) for field in kept], fields=kept)
    columns = {name: batch.column(name) for name in batch.schema.names if name not in _LAWS_OF_CYCLE}
    columns["nodes"] = pa.ListArray.from_arrays(nodes.offsets, bare)
    rows: list[dict[str, Any]] = pa.RecordBatch.from_pydict(columns).to_pylist()
    return rows


def _with_laws(batch: pa.RecordBatch) -> Cycle:
    """The one cycle of a batch. Laws are read column by column: a large tree has thousands of entries, and a dictionary for each is slow."""
    (row,) = _without_laws(batch)
    nodes = batch.column("nodes").flatten()
    for field in nodes.type:
        if pa.types.is_list(field.type):
            for node, entries in zip(row["nodes"], _entries(nodes.field(field.name)), strict=True):
                node[field.name] = entries
    names = set(batch.schema.names)
    if "last_top" in names:
        (row["last_top"],) = _entries(batch.column("last_top"))
    if "p_rows" in names:
        row |= {name: _rows(batch.column(name)) for name in ("p_rows", "q_rows")}
        row["q_row"] = tuple(batch.column("q_row").to_pylist()[0] or ())
    return _cycle(row)


def _entries(laws: pa.ListArray) -> list[tuple[Entry, ...]]:
    """The recorded entries of each law."""
    flat = laws.flatten()
    entries = map(Entry, *(flat.field(field.name).to_pylist() for field in flat.type))
    return [tuple(islice(entries, count or 0)) for count in laws.value_lengths().to_pylist()]


def _rows(laws: pa.ListArray) -> np.ndarray | None:
    """The whole laws of one cycle, float[R, V]; None where none were recorded."""
    if laws.null_count:
        return None
    rows = laws.flatten()
    flat: np.ndarray = rows.flatten().to_numpy(zero_copy_only=False, writable=True)
    return flat.reshape(len(rows), -1) if len(rows) else np.zeros((0, 0))


def _tree(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The nodes, if they are numbered, hang together and know their depth: every reader walks them by these."""
    for i, node in enumerate(nodes):
        above = 0 if node.parent == -1 else nodes[node.parent].depth if 0 <= node.parent < i else None
        if node.id != i or above is None or node.depth != above + 1:
            got = f"node {i} with id {node.id}, parent {node.parent} and depth {node.depth}"
            raise TraceError("nodes that are numbered, hang together and know their depth", got, "the record is damaged")
    return nodes


def _cycle(row: dict[str, Any]) -> Cycle:
    row["nodes"] = _tree(tuple(Node(**node) for node in row["nodes"]))
    row["committed"] = tuple(row["committed"])
    row["times_ms"] = dict(zip(STAGES, row["times_ms"], strict=True))
    return as_given_out(Cycle(**row))
