"""Attention of the few tokens of a pass over a long memory: all slots before a start are seen by all, a few behind it by a mask of their own.

PyTorch's attention takes such a mask only as numbers for every slot, and gives a whole head to one part of the card: with few tokens and few
heads most of the card stands idle. The kernel splits the slots among many parts, each with a softmax of its own, and merges those
(flash-decoding, 2311.01282); its mask is as large as the tree, however long the text.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.kernels.fallback import loaded_or_plain

_APART = 1e-3

SplitAttention = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
"""(queries [H, n, d], keys and values [H_kv, S, d], start int64[1], among bool[n, T]) -> [H, n, d]; see :class:`specviz.model.attention.Sight`."""


def visible(start: Tensor, among: Tensor, span: int) -> Tensor:
    """Who sees whom of the first ``span`` slots, bool[n, span]: all before ``start``, ``among`` bool[n, T] from there on, nothing after that."""
    window = among.shape[1]
    places = torch.arange(span, device=among.device) - start
    return ((places < 0) | among.index_select(1, places.clamp(0, window - 1))) & (places < window)


def plain_split_attention(queries: Tensor, keys: Tensor, values: Tensor, start: Tensor, among: Tensor) -> Tensor:
    """The twin, on any device."""
    mask, is_shared = visible(start, among, keys.shape[1]), len(queries) != len(keys)
    return F.scaled_dot_product_attention(queries[None], keys[None], values[None], attn_mask=mask, enable_gqa=is_shared)[0]


def split_attention(device: torch.device) -> SplitAttention | None:
    """The kernel on a CUDA card that has Triton; None elsewhere, where the twin has nothing to offer."""
    if device.type != "cuda":
        return None
    # a card may multiply float32 in parts of fewer digits
    kernel: SplitAttention = loaded_or_plain("kernels of attention", device, "attend", plain_split_attention, examples, _APART)
    return None if kernel is plain_split_attention else kernel


def examples(device: torch.device) -> list[tuple[Tensor, ...]]:
    """A chain and a tree behind long and short texts, heads with keys of their own and shared ones: arguments of a :data:`SplitAttention`."""
    draw = torch.Generator().manual_seed(0)
    problems = []
    for heads, kv_heads, width, slots, n, window, start in (
        (2, 2, 64, 300, 1, 1, 211),
        (8, 2, 128, 512, 8, 8, 500),
        (6, 1, 80, 130, 5, 16, 100),
        (4, 4, 16, 64, 4, 8, -3),
        (4, 2, 32, 96, 64, 64, 0),
    ):
        parts = [torch.randn(count, size, width, generator=draw) for count, size in ((heads, n), (kv_heads, slots), (kv_heads, slots))]
        among = torch.rand(n, window, generator=draw) < 0.5
        among[:, max(0, -start) : max(0, -start) + 1] = True  # every token sees something
        problems.append(tuple(part.to(device) for part in (*parts, torch.tensor([start]), among)))
    return problems
