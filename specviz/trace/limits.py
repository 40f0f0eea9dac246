"""How much of a file is read: a trace may come from a stranger, and a few kilobytes can ask for all the memory there is.

What the columns come to is told before any of them is unpacked, from the lengths that Arrow writes in front of every compressed buffer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from specviz.errors import UnexpectedValueError, shown

_SIZE = 8
"""Bytes in front of a compressed buffer that say how long it is unpacked."""


class TraceError(UnexpectedValueError):
    """A file that is no trace, is damaged before its first cycle, is larger than what is read, or comes from a newer version."""


class LargeTraceError(TraceError):
    """A file beyond what is read of one."""

    def __init__(self, name: str, most: str, got: str) -> None:
        do = "record a shorter run or with detail='full'; your own file takes load_trace(path, limits=...)"
        super().__init__(f"{most} in {shown(name)}", got, do)


@dataclass(frozen=True)
class Limits:
    """The most that a trace may hold.

    Attributes:
        columns: bytes of all columns, unpacked.
        header: bytes of the header; a prompt of 100 000 tokens takes 2 MB.
        cycles: cycles.
        nodes: drafted nodes of one cycle.
        all_nodes: drafted nodes of all cycles.
        tokens: tokens of the prompt and the new text.
        entries: recorded entries of one distribution.
        letters: characters of a token's text.
    """

    columns: int
    header: int
    cycles: int
    nodes: int
    all_nodes: int
    tokens: int
    entries: int = 256
    letters: int = 4096


OWN = Limits(columns=4 << 30, header=64 << 20, cycles=1_000_000, nodes=4096, all_nodes=20_000_000, tokens=2_000_000)
"""For files of one's own: hours of decoding with whole distributions, or a million tokens without."""
STRANGERS = Limits(columns=128 << 20, header=1 << 20, cycles=5000, nodes=1024, all_nodes=100_000, tokens=50_000)
"""For what others send: whatever passes is drawn in seconds and kept in some hundred megabytes."""


def require_room(content: bytes, limits: Limits, name: str) -> None:
    """Raise :class:`TraceError` when the columns of this stream would unpack to more than ``limits.columns``.

    A stream that is damaged passes up to the damage: whoever reads it finds that as well.
    """
    total = 0
    for size in _unpacked_sizes(content):
        total += size
        if total > limits.columns:
            got = f"{len(content)} bytes that unpack to {_megabytes(total)} or more"
            raise LargeTraceError(name, f"columns of at most {_megabytes(limits.columns)}", got)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _unpacked_sizes(content: bytes) -> Iterator[int]:
    """What each record batch of a stream comes to."""
    try:
        reader = pa.ipc.MessageReader.open_stream(pa.BufferReader(content))
        while True:
            message = reader.read_next_message()
            if message.type == "record batch":
                yield _unpacked(memoryview(message.metadata), memoryview(message.body))
    except (StopIteration, pa.ArrowException, OSError, struct.error):
        return


def _unpacked(metadata: memoryview, body: memoryview) -> int:
    """Bytes of a record batch's buffers: those of a compressed one stand in its first eight bytes, -1 for one that was left as it is.

    ``metadata`` is a flatbuffer, whose offsets Arrow has checked: a Message (its third field) with a RecordBatch (buffers third, compression fourth).
    """
    batch = _follow(metadata, _field(metadata, _follow(metadata, 0), 2))
    buffers = _field(metadata, batch, 2)
    if not buffers:
        return 0
    is_compressed = _field(metadata, batch, 3) != 0
    vector = _follow(metadata, buffers)
    (count,) = struct.unpack_from("<I", metadata, vector)
    total = 0
    for offset, length in struct.iter_unpack("<qq", metadata[vector + 4 : vector + 4 + 16 * count]):
        has_size = is_compressed and length >= _SIZE and 0 <= offset <= len(body) - _SIZE
        total += max(length, struct.unpack_from("<q", body, offset)[0] if has_size else 0)
    return total


def _follow(data: memoryview, at: int) -> int:
    """Where the offset that stands at ``at`` leads to."""
    return at + int(struct.unpack_from("<I", data, at)[0])


def _field(data: memoryview, table: int, number: int) -> int:
    """Where a field of a flatbuffer's table is; 0 when it was left out."""
    (back,) = struct.unpack_from("<i", data, table)
    vtable = table - back
    (size,) = struct.unpack_from("<H", data, vtable)
    slot = 4 + 2 * number
    if slot >= size:
        return 0
    (offset,) = struct.unpack_from("<H", data, vtable + slot)
    return table + int(offset) if offset else 0
