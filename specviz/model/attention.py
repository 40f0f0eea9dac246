"""Who sees whom: masks over a growing tree, and attention over the cache.

A pass over n tokens is told who sees whom among the last slots alone, bool[n, T] with T >= n: a tree's own mask, or a part of it. All slots
before those are seen by every token.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.kernels.split_attention import visible
from specviz.types import depths_of

_FEW = 64
"""Queries of a pass whose mask may be repeated for every head of a group."""


class Bias:
    """What a pass adds to its scores, [n, S] or [B, 1, n, S]: 0 or -inf. One object serves all layers, so that nothing is made once a layer."""

    def __init__(self, scores: Tensor) -> None:
        self.scores = scores
        self._repeated: Tensor | None = None

    @property
    def shape(self) -> torch.Size:
        """That of the scores."""
        return self.scores.shape

    def repeated(self, times: int) -> Tensor:
        """Its rows ``times`` over, once for each head of a group; a model has one size of groups."""
        if self._repeated is None:
            self._repeated = torch.cat([self.scores] * times, dim=-2)
        return self._repeated


class Sight:
    """What n tokens of a pass see, said by numbers on the device, whose sizes do not grow with the text: all slots before ``start``, and some after.

    Attributes:
        start: int64[1], the first slot that not every token sees; below 0 where the text is shorter than T.
        among: bool[n, T], who sees whom of the T slots from there on; nobody sees what comes after those.
    """

    def __init__(self, start: Tensor, among: Tensor) -> None:
        self.start, self.among = start, among

    def bias(self, span: int, dtype: torch.dtype) -> Bias:
        """The same as numbers to add to the scores over the first ``span`` slots."""
        return Bias(additive(visible(self.start, self.among, span), dtype))


def attend(queries: Tensor, keys: Tensor, values: Tensor, bias: Bias | None, *, is_causal: bool = False) -> Tensor:
    """Attention of n new positions of B texts over all S; queries [B, H, n, d], keys and values [B, H_kv, S, d]; returns [B, H, n, d]."""
    is_shared = queries.shape[1] != keys.shape[1]
    if is_shared and bias is not None and queries.device.type == "cuda" and queries.shape[2] <= _FEW:
        return attend_in_groups(queries, keys, values, bias)
    scores = None if bias is None else bias.scores
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=scores, is_causal=is_causal, enable_gqa=is_shared)


def attend_in_groups(queries: Tensor, keys: Tensor, values: Tensor, bias: Bias) -> Tensor:
    """The same where several heads share their keys: the queries of such heads are more rows of one head.

    On CUDA the quick kernels take a mask or shared keys, not both; this way the keys need no copies.
    """
    texts, heads, n, width = queries.shape
    sharing = heads // keys.shape[1]
    rows = queries.reshape(texts, keys.shape[1], sharing * n, width)
    mixed = F.scaled_dot_product_attention(rows, keys, values, attn_mask=bias.repeated(sharing))
    return mixed.reshape(texts, heads, n, width)


def additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """A mask bool[n, S] as numbers to add to the scores, 0 or -inf: made once a pass, not once a layer."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, float("-inf"))


def causal_mask(n: int, prefix: int, device: torch.device) -> Tensor:
    """Causal: n new positions after ``prefix`` old ones, each seeing all before it and itself: bool[n, prefix + n]."""
    return torch.ones(n, prefix + n, dtype=torch.bool, device=device).tril(prefix)


def bias_over(mask: Tensor | None, n: int, prefix: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Numbers to add to the scores of n new positions after ``prefix`` old ones, [n, prefix + n]; ``mask`` bool[n, T], None is causal."""
    last = _among_new(n, dtype, device) if mask is None else additive(mask.to(device), dtype)
    bias = torch.zeros(n, prefix + n, dtype=dtype, device=device)
    bias[:, prefix + n - last.shape[1] :] = last
    return bias


@lru_cache(maxsize=64)
def _among_new(n: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return additive(causal_mask(n, 0, device), dtype)


def tree_mask(parents: Sequence[int]) -> Tensor:
    """Who sees whom among the root and its N drafted nodes: bool[N+1, N+1], row 0 the root; a node sees its ancestors and itself.

    Where the tree stands behind a text, all of them also see the text: that is not said here.
    """
    n = len(parents)
    parent_of = np.asarray(parents, dtype=np.int64) + 1  # row 0 is the root's
    mask = np.eye(n + 1, dtype=bool)
    mask[:, 0] = True
    for level in _levels(parents):  # all nodes of one depth at once: the cost is the tree's depth, not its size
        mask[level + 1] |= mask[parent_of[level]]
    return torch.from_numpy(mask)


def _levels(parents: Sequence[int]) -> list[np.ndarray]:
    """The nodes of depth 2, 3, …; those of depth 1 see the root, whose column is filled already."""
    depths = depths_of(parents)
    by_depth = np.asarray(depths, dtype=np.int64)
    return [np.flatnonzero(by_depth == depth) for depth in range(2, max(depths, default=0) + 1)]
