"""The Triton kernels of chain_judge.py; imported only where they are used, since Triton is not everywhere.

Two launches over blocks of V. The first decides how many drafts stay (γ comparisons, made by every program alike) and leaves the mass of each
block, of (p - q)+ and of p; the second writes the last token's law, and the program whose block the coin falls into draws the token.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from specviz.kernels.chain_judge import ChainVerdict

_BLOCK = 1024


@triton.jit
def _weigh(p, q, drafted, coins, allowed, numbers, masses, accepted_out, gamma, V, num_blocks, BLOCK: tl.constexpr):
    block = tl.program_id(0)
    limit = tl.load(allowed)
    accepted = tl.full((), 0, tl.int64)
    goes_on = limit >= 0
    for i in range(gamma):
        token = tl.load(drafted + i)
        px, qx = tl.load(p + i * V + token), tl.load(q + i * V + token)
        threshold = tl.where(px >= qx, (px > 0).to(px.dtype), px / tl.where(qx > 0, qx, 1))
        goes_on = goes_on & (tl.load(coins + i) < threshold) & (i < limit)
        accepted += goes_on.to(tl.int64)
        if block == 0:
            tl.store(numbers + i, px)
            tl.store(numbers + gamma + i, qx)
            tl.store(numbers + 2 * gamma + i, threshold)
    if block == 0:
        tl.store(accepted_out, accepted)
    places = block * BLOCK + tl.arange(0, BLOCK)
    is_in = places < V
    law = tl.load(p + accepted * V + places, mask=is_in, other=0)
    drawn_from = tl.load(q + accepted * V + places, mask=is_in & (accepted < limit), other=0)
    left = tl.where(accepted < limit, tl.maximum(law - drawn_from, 0), 0)
    tl.store(masses + block, tl.sum(left))
    tl.store(masses + num_blocks + block, tl.sum(law))


@triton.jit
def _draw(p, q, coins, allowed, masses, accepted_in, law_out, token_out, V, num_blocks, BLOCK: tl.constexpr, BLOCKS: tl.constexpr):
    block = tl.program_id(0)
    limit, accepted = tl.load(allowed), tl.load(accepted_in)
    blocks = tl.arange(0, BLOCKS)
    left_masses = tl.load(masses + blocks, mask=blocks < num_blocks, other=0)
    mass = tl.sum(left_masses)
    is_left = mass > 0  # else nothing was refused, or p = q: then the law is p
    scale = tl.where(is_left, mass, 1)
    row_masses = tl.load(masses + num_blocks + blocks, mask=blocks < num_blocks, other=0)
    sums = tl.where(is_left, left_masses, row_masses) / scale

    places = block * BLOCK + tl.arange(0, BLOCK)
    is_in = places < V
    law = tl.load(p + accepted * V + places, mask=is_in, other=0)
    drawn_from = tl.load(q + accepted * V + places, mask=is_in & (accepted < limit), other=0)
    law = tl.where(is_left, tl.maximum(law - drawn_from, 0), law) / scale
    tl.store(law_out + places, law, mask=is_in)

    # every program finds the same block: the first with mass whose end lies beyond the mark, or the last with mass where rounding leaves none
    ends = tl.cumsum(sums)
    mark = tl.load(coins + limit) * tl.sum(sums)
    chosen = tl.min(tl.where((ends > mark) & (sums > 0), blocks, BLOCKS))
    chosen = tl.where(chosen < BLOCKS, chosen, tl.max(tl.where(sums > 0, blocks, 0)))
    if block == chosen:
        before = tl.sum(tl.where(blocks < block, sums, 0))
        found = tl.min(tl.where((before + tl.cumsum(law) > mark) & (law > 0), places, V))
        last = tl.max(tl.where(law > 0, places, 0))
        tl.store(token_out, tl.where(found < V, found, last).to(tl.int64))


def judge(p: Tensor, q: Tensor, drafted: Tensor, coins: Tensor, allowed: Tensor) -> ChainVerdict:
    """See :func:`specviz.kernels.chain_judge.plain_chain_judge`."""
    gamma, vocab = len(drafted), p.shape[1]
    num_blocks = triton.cdiv(vocab, _BLOCK)
    numbers = p.new_empty(3, gamma)
    masses = p.new_empty(2, num_blocks)
    accepted, token = (torch.empty(1, dtype=torch.int64, device=p.device) for _ in range(2))
    law = p.new_empty(vocab)
    _weigh[(num_blocks,)](p, q, drafted, coins, allowed, numbers, masses, accepted, gamma, vocab, num_blocks, BLOCK=_BLOCK)
    blocks = triton.next_power_of_2(num_blocks)
    _draw[(num_blocks,)](p, q, coins, allowed, masses, accepted, law, token, vocab, num_blocks, BLOCK=_BLOCK, BLOCKS=blocks)
    return ChainVerdict(accepted, token, law, *numbers.unbind())
