"""The Triton kernels of split_attention.py; imported only where they are used, since Triton is not everywhere.

The first gives every program some rows (queries of the heads that share keys) and one part of the slots; it leaves the largest score, the mass
and the weighted values of its part. The second merges the parts of a row. Nothing depends on the length of the text but numbers on the device,
so that a recording serves all lengths.
"""

from __future__ import annotations

from functools import cache

import torch
import triton
import triton.language as tl
from torch import Tensor

_SLOTS = 64  # read at a time
_MOST_ROWS = 64  # of a program
_MOST_PARTS = 64


@triton.jit
def _attend_part(
    queries,
    keys,
    values,
    start_in,
    among,
    mixed_out,
    top_out,
    mass_out,
    scale,
    key_head,
    key_slot,
    value_head,
    value_slot,
    rows,
    n,
    T,
    D,
    PARTS: tl.constexpr,
    ROWS: tl.constexpr,
    SLOTS: tl.constexpr,
    WIDTH: tl.constexpr,
):
    head, part = tl.program_id(0).to(tl.int64), tl.program_id(1)
    start = tl.load(start_in)
    end = start + T
    row = tl.program_id(2) * ROWS + tl.arange(0, ROWS)
    dims = tl.arange(0, WIDTH)
    is_row, is_dim = row < rows, dims < D
    asked = tl.load(queries + (head * rows + row[:, None]) * D + dims[None, :], mask=is_row[:, None] & is_dim[None, :], other=0)

    blocks = (end + SLOTS - 1) // SLOTS
    each = (blocks + PARTS - 1) // PARTS
    top = tl.full((ROWS,), float("-inf"), tl.float32)
    mass = tl.zeros((ROWS,), tl.float32)
    mixed = tl.zeros((ROWS, WIDTH), tl.float32)
    for block in range(part * each, tl.minimum((part + 1) * each, blocks)):
        slot = block * SLOTS + tl.arange(0, SLOTS)
        is_slot, place = slot < end, slot - start
        is_number = is_slot[:, None] & is_dim[None, :]
        key = tl.load(keys + head * key_head + slot[:, None] * key_slot + dims[None, :], mask=is_number, other=0)
        value = tl.load(values + head * value_head + slot[:, None] * value_slot + dims[None, :], mask=is_number, other=0)
        inside = (place >= 0) & is_slot
        seen = tl.load(among + (row % n)[:, None] * T + place[None, :], mask=is_row[:, None] & inside[None, :], other=1)
        scores = tl.dot(asked, tl.trans(key), input_precision="ieee") * scale
        scores = tl.where(is_slot[None, :] & (seen != 0), scores, float("-inf"))
        higher = tl.maximum(top, tl.max(scores, 1))
        against = tl.where(higher == float("-inf"), 0.0, higher)  # a row that sees none of this part
        weights = tl.exp(scores - against[:, None])
        kept = tl.exp(top - against)
        mass = mass * kept + tl.sum(weights, 1)
        mixed = mixed * kept[:, None] + tl.dot(weights.to(value.dtype), value, input_precision="ieee")
        top = higher
    place = (head * PARTS + part) * rows + row
    tl.store(top_out + place, top, mask=is_row)
    tl.store(mass_out + place, mass, mask=is_row)
    tl.store(mixed_out + place[:, None] * D + dims[None, :], mixed, mask=is_row[:, None] & is_dim[None, :])


@triton.jit
def _merge(mixed_in, top_in, mass_in, out, rows, D, PARTS: tl.constexpr, WIDTH: tl.constexpr):
    head, row = tl.program_id(0).to(tl.int64), tl.program_id(1)
    dims, places = tl.arange(0, WIDTH), (head * PARTS + tl.arange(0, PARTS)) * rows + row
    is_dim = dims < D
    top = tl.load(top_in + places)
    weights = tl.exp(top - tl.max(top))  # of a part of which nothing is seen: 0
    mixed = tl.load(mixed_in + places[:, None] * D + dims[None, :], mask=is_dim[None, :], other=0)
    total = tl.sum(weights * tl.load(mass_in + places))
    mixed = tl.sum(weights[:, None] * mixed, 0) / total
    tl.store(out + (head * rows + row) * D + dims, mixed.to(out.dtype.element_ty), mask=is_dim)


def attend(queries: Tensor, keys: Tensor, values: Tensor, start: Tensor, among: Tensor) -> Tensor:
    """See :func:`specviz.kernels.split_attention.plain_split_attention`; the last dimension of keys and values lies close."""
    heads, n, width = queries.shape
    kv_heads = len(keys)
    rows = heads // kv_heads * n
    tile = max(16, min(_MOST_ROWS, triton.next_power_of_2(rows)))  # a matrix unit takes 16 rows at least
    tiles, size = triton.cdiv(rows, tile), max(16, triton.next_power_of_2(width))
    parts = _parts(kv_heads * tiles, queries.device)
    mixed = queries.new_empty((kv_heads, parts, rows, width), dtype=torch.float32)
    top, mass = (queries.new_empty((kv_heads, parts, rows), dtype=torch.float32) for _ in range(2))
    out = torch.empty_like(queries, memory_format=torch.contiguous_format)
    _attend_part[(kv_heads, parts, tiles)](
        queries.contiguous(), keys, values, start, among.view(torch.int8), mixed, top, mass, width**-0.5,
        *keys.stride()[:2], *values.stride()[:2], rows, n, among.shape[1], width,
        PARTS=parts, ROWS=tile, SLOTS=_SLOTS, WIDTH=size,
    )  # fmt: skip
    _merge[(kv_heads, rows)](mixed, top, mass, out, rows, width, PARTS=parts, WIDTH=size)
    return out


def _parts(programs: int, device: torch.device) -> int:
    """Parts of the slots, a power of two, so that every multiprocessor has some two programs."""
    wanted = max(1, 2 * _multiprocessors(device) // programs)
    return min(_MOST_PARTS, 1 << (wanted.bit_length() - 1))


@cache
def _multiprocessors(device: torch.device) -> int:
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 4
