"""Exact match of a whole tree on the device of its laws: which nodes lie on the path that the target itself would have taken.

The rule is :class:`specviz.verifiers.greedy.Greedy`; a tree is its parent pointers, a chain the simplest one. The twin follows all nodes to the
root at once by doubling pointers; on a CUDA card one Triton program walks down instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from specviz.kernels.fallback import loaded_or_plain


class GreedyPath(NamedTuple):
    """The path.

    Attributes:
        stays: bool[N], the accepted nodes.
        accepted: int64[1], how many.
        token: int64[1], the last token.
        row: int64[1], the row of p that it is the likeliest of.
    """

    stays: Tensor
    accepted: Tensor
    token: Tensor
    row: Tensor


PathFinder = Callable[[Tensor, Tensor, Tensor, Tensor], GreedyPath]
"""(best int64[N+1], tokens int64[N], parents int64[N], allowed int64[1]) -> the path; only the first ``allowed`` nodes count."""


def plain_greedy_path(best: Tensor, tokens: Tensor, parents: Tensor, allowed: Tensor) -> GreedyPath:
    """The twin, on any device; ``best`` is the target's most likely token after the root and after every node, parents stand before children."""
    n = len(tokens)
    nodes = torch.arange(n, device=best.device)
    matches = (tokens == best.index_select(0, parents + 1)) & (nodes < allowed)
    is_twin = (parents.unsqueeze(1) == parents) & (tokens.unsqueeze(1) == tokens) & (nodes.unsqueeze(1) > nodes)
    matches &= ~is_twin.any(1)  # of siblings with one token the first is taken
    stays = torch.cat((torch.ones_like(allowed, dtype=torch.bool), matches))  # place 0 is the root
    above = torch.cat((torch.zeros_like(allowed), parents + 1))
    for _ in range(n.bit_length()):
        stays = stays & stays.index_select(0, above)
        above = above.index_select(0, above)
    row = (stays * torch.arange(n + 1, device=best.device)).amax(0, keepdim=True)  # the deepest stands last
    return GreedyPath(stays[1:], stays[1:].sum(0, keepdim=True), best.index_select(0, row), row)


def greedy_path(device: torch.device) -> PathFinder:
    """The quickest on this device: the kernel on a CUDA card that has Triton, else the twin."""
    if device.type != "cuda":
        return plain_greedy_path
    finder: PathFinder = loaded_or_plain("kernels of greedy paths", device, "find", plain_greedy_path, _examples)
    return finder


def _examples(device: torch.device) -> list[tuple[Tensor, ...]]:
    """A tree with siblings of one token, whole and cut short."""
    best, tokens, parents = (torch.tensor(row, device=device) for row in ([5, 1, 7, 2, 9, 4], [5, 5, 7, 1, 2], [-1, -1, 0, 0, 3]))
    return [(best, tokens, parents, torch.tensor([count], device=device)) for count in (5, 4, 0)]
