"""Writes a run to its file, cycle by cycle, so that a killed one keeps every whole cycle and an older file gives way to no less than one."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from specviz.errors import UnreadableFileError, foreign, shown
from specviz.files import replacing
from specviz.locking import hold
from specviz.trace.header import header_bytes
from specviz.trace.schema import METADATA_KEY, Header, schema


class TraceWriter:
    """Writes one batch a cycle and flushes it, so that a killed run keeps every whole cycle.

    Whatever stood at the path stays until the first cycle is whole; then the new file takes its place in one step, and grows. Nobody else can
    write there meanwhile. A finished ``light`` file is rewritten as one compressed batch: what a batch costs in framing would outweigh what it holds.

    Raises:
        OccupiedFileError: when another run is writing there.
        UnreadableFileError: when nothing can be written there.
    """

    def __init__(self, path: str | Path, header: Header) -> None:
        with writing(Path(path)):
            self.path = Path(path).resolve()  # what a link points to gives way, not the link
            if self.path.exists() and not self.path.is_file():
                raise UnreadableFileError(f"a regular file at {shown(self.path.name)}", "a folder, pipe or device", "choose another name")
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self.header = header
        columns = schema_with(header)
        self._lock = hold(self.path, do="choose another name, or wait for the run that writes it")
        self._output = _Output()
        self._writer = pa.ipc.new_stream(self._output, columns, options=_options(header))
        self._has_begun = self._is_closed = False
        if not self.path.exists():
            self._begin_or_release()

    def __enter__(self) -> TraceWriter:
        """Return the writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def begin(self) -> None:
        """Put the file in its place, with what was written so far; happens by itself with the first cycle."""
        if self._has_begun:
            return
        with writing(self.path):
            self._output.move_to(self.path)
        self._has_begun = True

    def _begin_or_release(self) -> None:
        try:
            self.begin()
        except UnreadableFileError:
            self._lock.release()
            raise

    def write(self, batch: pa.RecordBatch) -> None:
        """Append one cycle and hand it to the operating system."""
        with writing(self.path):
            self._writer.write_batch(batch)
            self._output.flush()
        self.begin()

    def close(self) -> None:
        """End the stream and let others write there; a second call does nothing. A run without a cycle replaces no file that is there."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._finish()
        finally:
            self._output.close()
            self._lock.release()

    def _finish(self) -> None:
        with writing(self.path):
            self._writer.close()
            self._output.flush()
        if self._has_begun and self.header.detail == "light":
            self._output.close()
            with suppress(OSError, pa.ArrowException):  # no room for a second copy: the file is whole as it is
                _merge_batches(self.path)


class _Output(io.RawIOBase):
    """What Arrow writes to: memory, until there is a first cycle; then the file."""

    def __init__(self) -> None:
        super().__init__()
        self._to: IO[bytes] = io.BytesIO()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401  bytes or whatever else shows its memory
        return self._to.write(data)

    def flush(self) -> None:
        if not self._to.closed:
            self._to.flush()

    def move_to(self, path: Path) -> None:
        content = self._to.getvalue() if isinstance(self._to, io.BytesIO) else b""
        with replacing(path) as partial:
            partial.write_bytes(content)
        self._to = path.open("ab")

    def close(self) -> None:
        with suppress(OSError):  # what could not be written was said when it was tried
            self._to.close()
        super().close()


def writing(path: Path) -> AbstractContextManager[None]:
    """Around what may fail for want of room or rights: it becomes an error that names the file and no folder."""
    do = "free some room, or choose a folder you may write to"
    return foreign(f"to write {shown(path.name)}", do, into=UnreadableFileError, kinds=(OSError, pa.ArrowException, ValueError, RuntimeError))


def _merge_batches(path: Path) -> None:
    with pa.ipc.open_stream(path) as reader:
        table, full_schema = reader.read_all().combine_chunks(), reader.schema
    with replacing(path) as partial, pa.ipc.new_stream(partial, full_schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)


def _options(header: Header) -> pa.ipc.IpcWriteOptions:
    # whole rows are mostly near-zero tails; what grows cycle by cycle is small otherwise, and stays readable by every Arrow reader
    return pa.ipc.IpcWriteOptions(compression="zstd" if header.detail == "exact" else None)


def schema_with(header: Header) -> pa.Schema:
    """The columns of a run, with its header."""
    return schema(header.detail).with_metadata({METADATA_KEY: header_bytes(header)})
