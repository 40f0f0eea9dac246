"""Traces on disk: one Arrow IPC stream a run, one record batch a cycle, readable up to the last whole cycle after a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa

from specviz.trace.schema import FORMAT, FORMAT_VERSION, METADATA_KEY, STAGES, Cycle, Detail, Entry, Header, Node, as_given_out, schema

SAMPLES = Path(__file__).parent / "samples"
MOMENTS = "moments"
"""Below ``SAMPLES``: the runs that :mod:`specviz.trace.moments` lists."""
DETAILS: tuple[Detail, ...] = get_args(Detail)


class TraceError(ValueError):
    """A file that is no trace, is damaged before its first cycle, or comes from a newer version."""


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
        if not 0 <= index < len(self):
            raise IndexError(f"expected a cycle in [0, {len(self) - 1}], got {index}; this run has {len(self)} cycles")
        if index not in self._cycles:
            batch, row = self._where[index]
            try:
                self._cycles[index] = _with_laws(self.batches[batch].slice(row, 1))
            except (TypeError, ValueError) as error:
                raise TraceError(f"expected a whole cycle {index}, got {error}; the file is damaged") from None
        return self._cycles[index]

    def node(self, cycle: int, node: int) -> Node:
        """One node of one cycle.

        Raises:
            IndexError: when there is no such cycle or node.
        """
        nodes = self.cycle(cycle).nodes
        if not 0 <= node < len(nodes):
            raise IndexError(f"expected a node in [0, {len(nodes) - 1}] of cycle {cycle}, got {node}")
        return nodes[node]

    def outline(self) -> list[Cycle]:
        """All cycles without their laws: what figures of a whole run need, many times quicker to read than :attr:`cycles`."""
        if not len(self):
            return []
        (whole,) = self.table.combine_chunks().to_batches()
        try:
            return [_cycle(row) for row in _without_laws(whole)]
        except (TypeError, ValueError) as error:
            raise TraceError(f"expected whole cycles, got {error}; the file is damaged") from None

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
    def table(self) -> pa.Table:
        """The whole record as one Arrow table, a row a cycle."""
        return pa.Table.from_batches(self.batches, schema=schema(self.header.detail))

    def save(self, path: str | Path) -> Path:
        """Write the trace to ``path`` as it was recorded, one batch a cycle; return the path."""
        path = Path(path)
        with TraceWriter(path, self.header) as writer:
            for batch in self.batches:
                writer.write(batch)
        return path

    def to_bytes(self) -> bytes:
        """The trace as a file's content, for a download."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, _schema_with(self.header)) as writer:
            for batch in self.batches:
                writer.write_batch(batch)
        content: bytes = sink.getvalue().to_pybytes()
        return content


class TraceWriter:
    """Writes one batch a cycle and flushes it, so that a killed run keeps every whole cycle.

    A finished ``light`` file is rewritten as one compressed batch: what a batch costs in framing would outweigh what it holds.
    """

    def __init__(self, path: str | Path, header: Header) -> None:
        self.path = Path(path)
        self.header = header
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("wb")
        self._writer = pa.ipc.new_stream(self._file, _schema_with(header), options=_options(header))
        self._file.flush()

    def __enter__(self) -> TraceWriter:
        """Return the writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append one cycle and hand it to the operating system."""
        self._writer.write_batch(batch)
        self._file.flush()

    def close(self) -> None:
        """End the stream; a second call does nothing."""
        if self._file.closed:
            return
        self._writer.close()
        self._file.close()
        if self.header.detail == "light":
            _merge_batches(self.path)


def _merge_batches(path: Path) -> None:
    with pa.ipc.open_stream(path) as reader:
        table, full_schema = reader.read_all().combine_chunks(), reader.schema
    partial = path.with_name(path.name + ".partial")
    with pa.ipc.new_stream(partial, full_schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    partial.replace(path)


def _options(header: Header) -> pa.ipc.IpcWriteOptions:
    # whole rows are mostly near-zero tails; what grows cycle by cycle is small otherwise, and stays readable by every Arrow reader
    return pa.ipc.IpcWriteOptions(compression="zstd" if header.detail == "exact" else None)


def _schema_with(header: Header) -> pa.Schema:
    return schema(header.detail).with_metadata({METADATA_KEY: json.dumps(asdict(header), ensure_ascii=False).encode()})


def load_trace(path: str | Path) -> Trace:
    """Read a trace from a file, or one of the recorded samples by its name (``chain``, ``prompt-lookup`` …).

    A run that was killed is read up to its last whole cycle (``trace.is_complete`` is False then).

    Raises:
        FileNotFoundError: when there is neither such a file nor such a sample.
        TraceError: when the file is no specviz trace, is damaged before its first cycle, or is of a newer version.
    """
    source = Path(path)
    if not source.exists():
        sample = sample_path(str(path))
        if not sample.exists():
            raise FileNotFoundError(f"expected a trace file or one of the samples ({', '.join(sample_names())}), got {str(path)!r}, which is neither")
        source = sample
    return read_trace(source.read_bytes(), name=source.name)


def sample_names() -> list[str]:
    """Names of the recorded runs that ship with the package: one of each method first, then those that show one thing each."""
    return [path.stem for folder in (SAMPLES, SAMPLES / MOMENTS) for path in sorted(folder.glob("*.arrow"))]


def sample_path(name: str) -> Path:
    """The file of a recorded run that ships; there may be none of this name."""
    path = SAMPLES / f"{name}.arrow"
    return path if path.exists() else SAMPLES / MOMENTS / path.name


def read_trace(content: bytes, name: str = "file") -> Trace:
    """Read a trace from a file's content; see :func:`load_trace`."""
    try:
        reader = pa.ipc.open_stream(pa.BufferReader(content))
        metadata = reader.schema.metadata or {}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TraceError(
            f"expected an Arrow IPC stream written by specviz, got {name!r}, which is none ({error}); record one with specviz run --save run.arrow"
        ) from None
    header = _header(metadata, name)
    if not reader.schema.equals(schema(header.detail)):
        raise TraceError(f"expected the columns of a {header.detail!r} trace in {name!r}, got {len(reader.schema)} columns of other names or types")
    batches: list[pa.RecordBatch] = []
    is_complete = True
    try:
        while True:
            batch = reader.read_next_batch()
            batch.validate(full=True)  # damaged offsets would be read outside the file's memory later on
            batches.append(batch)
    except StopIteration:
        is_complete = content.endswith(_END_OF_STREAM)
    except (pa.ArrowException, OSError):
        is_complete = False  # the run was killed while it wrote this cycle; every cycle before it is whole
    if not batches and not is_complete:
        raise TraceError(f"expected at least one whole cycle in {name!r}, got none; the run ended before its first cycle was recorded")
    return Trace(header, batches, is_complete=is_complete)


_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def _header(metadata: dict[bytes, bytes], name: str) -> Header:
    if METADATA_KEY not in metadata:
        raise TraceError(f"expected a specviz header in {name!r}, got an Arrow stream of something else; is it the right file?")
    try:
        raw = json.loads(metadata[METADATA_KEY])
    except ValueError as error:
        raise TraceError(f"expected a JSON header in {name!r}, got unreadable text ({error}); the file is damaged") from None
    if not isinstance(raw, dict):
        raise TraceError(f"expected a JSON object as header in {name!r}, got {type(raw).__name__}; the file is damaged")
    if raw.get("format") != FORMAT or not isinstance(raw.get("format_version"), int):
        raise TraceError(f"expected format {FORMAT!r} in {name!r}, got {raw.get('format')!r}")
    if raw["format_version"] > FORMAT_VERSION:
        found = raw["format_version"]
        raise TraceError(f"expected format version {FORMAT_VERSION} or older in {name!r}, got {found}; install a newer specviz to read it")
    _check_header(raw, name)
    known = {f.name for f in fields(Header)}
    try:
        return Header(**{key: value for key, value in raw.items() if key in known})
    except TypeError as error:
        raise TraceError(f"expected a complete header in {name!r}, got one with fields missing ({error})") from None


_KINDS: dict[str, type] = {
    "method": str,
    "prompt": str,
    "prompt_tokens": list,
    "prompt_pieces": list,
    "settings": dict,
    "target": dict,
    "draft": dict,
}


def _check_header(raw: dict[str, Any], name: str) -> None:
    """What every reader counts on; the rest is only shown."""
    for field, kind in _KINDS.items():
        if not isinstance(raw.get(field), kind):
            raise TraceError(
                f"expected {field} to be a {kind.__name__} in the header of {name!r}, got {type(raw.get(field)).__name__}; it is damaged"
            )
    if raw.get("detail") not in DETAILS:
        raise TraceError(f"expected detail {', '.join(DETAILS)} in {name!r}, got {raw.get('detail')!r}; the header is damaged")
    if len(raw["prompt_tokens"]) != len(raw["prompt_pieces"]):
        raise TraceError(f"expected a piece of text per prompt token in {name!r}, got {len(raw['prompt_pieces'])} for {len(raw['prompt_tokens'])}")


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
            raise ValueError(f"node {i} with id {node.id}, parent {node.parent} and depth {node.depth}")
    return nodes


def _cycle(row: dict[str, Any]) -> Cycle:
    row["nodes"] = _tree(tuple(Node(**node) for node in row["nodes"]))
    row["committed"] = tuple(row["committed"])
    row["times_ms"] = dict(zip(STAGES, row["times_ms"], strict=True))
    return as_given_out(Cycle(**row))
