"""A drafter for benchmarks: a draft model's passes are run, but the target's own next token is proposed as often as was asked for.

It measures what an engine costs at a chosen acceptance where no trained draft is at hand. It is an instrument, not a method: no registry
lists it, and whatever it measured is labelled with :data:`LABEL`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from specviz.coins import Purpose, toss
from specviz.errors import UnexpectedValueError
from specviz.types import ROOT, Array, Context, Drafter, DraftTree, Proposal, Sketch, Verdict

LABEL = "oracle draft: acceptance is chosen, not earned"
_SIBLINGS = 16  # tokens proposed for a place where no model proposes any
_ROUNDING = 1e-9


def falling(match: float, count: int = 4) -> tuple[float, ...]:
    """How often the right token stands at rank 0, 1, ..., ``count`` - 1: match (1 - match)^rank, every rank finding it as often as the first."""
    return tuple(match * (1.0 - match) ** rank for rank in range(count))


class OracleDrafter:
    """Knows how the target goes on and says so with a chosen probability, place by place.

    The coin of a place is settled before the run, so every method that comes by drafts the right token there, or does not. Where the run has
    left the recorded text (in bf16 a near tie may fall differently in passes of different widths), nothing is known any more: the draft's own
    proposals stand, and :attr:`left_at` says where it happened.

    Args:
        continuation: the target's own greedy tokens after the prompt, recorded before.
        match: how often the right token is the likeliest proposed, the second likeliest, and so on; else it is the least likely one.
        drafter: whose passes are run and whose laws are proposed, two of their entries exchanged so that the right token has its rank; None
            proposes bare tokens, at no cost.
        seed: of the coins.

    Raises:
        ValueError: when ``match`` is no list of probabilities of different outcomes.
    """

    def __init__(self, continuation: Sequence[int], match: Sequence[float], drafter: Drafter | None = None, seed: int = 0) -> None:
        if not match or min(match) < 0.0 or sum(match) > 1.0 + _ROUNDING:
            raise UnexpectedValueError("match as probabilities of ranks, at least one and at most 1 in all", str(tuple(match)))
        self.has_law = drafter is not None and drafter.has_law
        self.capacity: int | None = getattr(drafter, "capacity", None)
        self.left_at: int | None = None
        self._continuation = list(continuation)
        ranks = np.searchsorted(np.cumsum(match), toss(seed, 0, Purpose.DRAFT, len(self._continuation)), side="right")
        self._ranks = [int(rank) if rank < len(match) else None for rank in ranks]
        self._drafter = drafter
        self._widths: list[int] = []

    def start(self, context: Context) -> None:
        """Begin a request; its prompt is the one the continuation was recorded after."""
        self._context, self._prompt, self._checked = context, len(context.tokens), 0
        self.left_at = None
        self._widths.clear()
        if self._drafter:
            self._drafter.start(context)

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        """What the draft proposes after each node; below the recorded text, with the right token at its rank."""
        if list(nodes) == [ROOT]:
            self._compare()
        self._widths.append(len(nodes))
        proposals = self._drafter.propose(sketch, nodes) if self._drafter else [Proposal(tokens=tuple(range(_SIBLINGS)))] * len(nodes)
        places = [self._place(sketch, node) for node in nodes]
        return [proposal if place is None else self._told(proposal, place) for proposal, place in zip(proposals, places, strict=True)]

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:
        """Hand the outcome on."""
        if self._drafter:
            self._drafter.observe(tree, p, verdict)

    def take(self) -> list[int]:
        """Nodes in each pass since the last time this was asked."""
        taken, self._widths = self._widths, []
        return taken

    def _compare(self) -> None:
        """Look whether what was committed since the last time is what was recorded."""
        new = self._context.tokens[self._prompt :]
        for place in range(self._checked, min(len(new), len(self._continuation))):
            if self.left_at is None and new[place] != self._continuation[place]:
                self.left_at = place
        self._checked = len(new)

    def _place(self, sketch: Sketch, node: int) -> int | None:
        """Where in the continuation the token after ``node`` stands; None off the recorded text and beyond its end."""
        if node == ROOT:
            place = self._checked if self.left_at is None else None
        else:
            before = self._place(sketch, sketch.parents[node])
            place = before + 1 if before is not None and sketch.tokens[node] == self._continuation[before] else None
        return place if place is not None and place < len(self._continuation) else None

    def _told(self, proposal: Proposal, place: int) -> Proposal:
        token, rank = self._continuation[place], self._ranks[place]
        if proposal.law is not None:
            return Proposal(law=_exchanged(proposal.law, token, rank))
        tokens = [other for other in proposal.tokens if other != token]
        if rank is not None:
            tokens.insert(rank, token)
        return Proposal(tokens=tuple(tokens))


def _exchanged(law: Tensor, token: int, rank: int | None) -> Tensor:
    """A law float[V] with two entries exchanged so that ``token`` has this rank, or the last one; the device is not waited for."""
    other = law.argmin().reshape(1) if rank is None else law.topk(rank + 1).indices[rank:]
    both = torch.cat((other, torch.full_like(other, token)))
    return law.scatter(0, both, law[both.flip(0)])
