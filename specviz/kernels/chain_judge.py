"""Speculative sampling of a chain on the laws' own device: how many drafts stay, what a refusal leaves of p, and the last token.

The rule is :class:`specviz.verifiers.rejection.Rejection` (2211.17192, Algorithm 1), of which nothing is decided on the host here: no shape
depends on what is drawn, so a cycle with it can be recorded. On a CUDA card two Triton kernels stand for the twin's thirty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from specviz.kernels.fallback import loaded_or_plain
from specviz.kernels.inverse_cdf import inverse_cdf


class ChainVerdict(NamedTuple):
    """What became of a chain of γ drafts.

    Attributes:
        accepted: int64[1], how many of them stay.
        token: int64[1], the last token.
        law: float[V], what it was drawn from.
        p, q: float[γ], both laws at every drafted token.
        thresholds: float[γ]; a draft stays when its coin is below.
    """

    accepted: Tensor
    token: Tensor
    law: Tensor
    p: Tensor
    q: Tensor
    thresholds: Tensor


ChainJudge = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], ChainVerdict]
"""(p float[γ+1, V], q float[γ, V], drafted int64[γ], coins float[γ+1], allowed int64[1]) -> the verdict."""


def plain_chain_judge(p: Tensor, q: Tensor, drafted: Tensor, coins: Tensor, allowed: Tensor) -> ChainVerdict:
    """The twin, on any device.

    Only the first ``allowed`` drafts count, as if no more had been drafted: the coin after theirs draws the last token.
    """
    px, qx = at(p[:-1], drafted), at(q, drafted)
    thresholds = torch.where(px >= qx, (px > 0).to(px.dtype), px / qx)
    steps = torch.arange(len(drafted), device=p.device)
    stays = (coins[:-1] < thresholds) & (steps < allowed)
    accepted = stays.to(torch.int64).cumprod(0).sum(0, keepdim=True)
    law = p.index_select(0, accepted)[0]
    if len(drafted):
        left = (law - q.index_select(0, accepted.clamp(max=len(drafted) - 1))[0]).clamp(min=0.0)
        mass = left.sum(0, keepdim=True)
        law = torch.where((accepted < allowed) & (mass > 0), left / mass, law)  # nothing is left where p = q: then p itself
    return ChainVerdict(accepted, inverse_cdf(law, coins.index_select(0, allowed)), law, px, qx, thresholds)


def at(laws: Tensor, tokens: Tensor) -> Tensor:
    """Each law's probability of its token: laws [n, V], tokens int64[n] -> [n]."""
    return laws.gather(1, tokens.unsqueeze(1)).squeeze(1)


def chain_judge(device: torch.device) -> ChainJudge:
    """The quickest judge of chains on this device: the kernels on a CUDA card that has Triton, else the twin."""
    if device.type != "cuda":
        return plain_chain_judge
    judge: ChainJudge = loaded_or_plain("kernels of chains", device, "judge", plain_chain_judge, _examples)
    return judge


def _examples(device: torch.device) -> list[tuple[Tensor, ...]]:
    """What the kernels have to get right before they are used: a refusal, an acceptance to the end, and equal laws, over two blocks of V."""
    numbers = torch.arange(3 * 2500, dtype=torch.float64, device=device).reshape(3, 2500)
    laws = torch.softmax(torch.sin(numbers * 12.9898) * 3.0, dim=-1)
    drafted, allowed = torch.tensor([3, 2400], device=device), torch.tensor([2], device=device)
    examples: list[tuple[Tensor, ...]] = []
    for draft, coin in ((laws[[2, 0]], 0.99), (laws[[2, 0]], 0.0), (laws[:2], 1 - 2**-53)):
        coins = torch.tensor([coin, coin, 0.6], dtype=torch.float64, device=device)
        examples.append((laws, draft, drafted, coins, allowed))
    return examples
