"""The Triton kernel of greedy_path.py: one program that walks from the root to the child the target would have chosen, until there is none."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from specviz.kernels.greedy_path import GreedyPath


@triton.jit
def _walk(best, tokens, parents, allowed, stays_out, numbers_out, n, SIZE: tl.constexpr):
    nodes = tl.arange(0, SIZE)
    is_in = nodes < n
    token = tl.load(tokens + nodes, mask=is_in, other=-1)
    parent = tl.load(parents + nodes, mask=is_in, other=-2)
    is_in = is_in & (nodes < tl.load(allowed))
    stays = nodes < 0
    count = tl.full((), 0, tl.int64)
    node = tl.full((), -1, tl.int32)
    wanted = tl.load(best)
    for _ in range(n):
        child = tl.min(tl.where(is_in & (parent == node) & (token == wanted), nodes, SIZE))  # the first of siblings with one token
        is_found = child < SIZE
        stays = stays | (nodes == child)
        count += is_found.to(tl.int64)
        node = tl.where(is_found, child, node)
        is_in = is_in & is_found  # the end of the path: nothing more is found
        wanted = tl.load(best + node + 1)
    tl.store(stays_out + nodes, stays.to(tl.int8), mask=nodes < n)
    tl.store(numbers_out, count)
    tl.store(numbers_out + 1, wanted)
    tl.store(numbers_out + 2, (node + 1).to(tl.int64))


def find(best: Tensor, tokens: Tensor, parents: Tensor, allowed: Tensor) -> GreedyPath:
    """See :func:`specviz.kernels.greedy_path.plain_greedy_path`."""
    n = len(tokens)
    stays = torch.empty(n, dtype=torch.int8, device=best.device)
    numbers = torch.empty(3, dtype=torch.int64, device=best.device)
    _walk[(1,)](best, tokens, parents, allowed, stays, numbers, n, SIZE=triton.next_power_of_2(max(n, 1)))
    return GreedyPath(stays.to(torch.bool), *numbers.split(1))
