"""What all trees share: picking a token from a proposal, and turning a sketch into a tree."""

from __future__ import annotations

from typing import Protocol

from array_api_compat import array_namespace

from specviz.coins import draw
from specviz.types import Drafter, DraftTree, Proposal, Sketch


class DraftingSession(Protocol):
    """What building a tree needs to know of a session."""

    tokens: list[int]

    @property
    def room(self) -> int:
        """Most tokens that are worth drafting now."""

    @property
    def is_greedy(self) -> bool:
        """Whether drafts are the most likely tokens instead of draws."""

    def draft_coin(self, node: int) -> float:
        """The coin that draws this node."""


def pick(proposal: Proposal, sketch: Sketch, session: DraftingSession) -> tuple[int | None, int]:
    """The token to draft next and the row of q it comes from; (None, -1) when there is nothing to propose."""
    if proposal.law is None:
        return (proposal.tokens[0] if proposal.tokens else None), -1
    row = sketch.add_law(proposal.law)
    if session.is_greedy:
        return int(proposal.law.argmax()), row
    return draw(proposal.law, session.draft_coin(len(sketch))), row


def finish(sketch: Sketch, drafter: Drafter, session: DraftingSession) -> DraftTree:
    """The finished tree. What was picked, not drawn, is declared deterministic: it is judged as a one-hot law."""
    is_drawn = drafter.has_law and not session.is_greedy
    q = array_namespace(*sketch.laws).stack(sketch.laws) if sketch.laws else None
    return DraftTree(sketch.tokens, sketch.parents, q, sketch.q_row, "iid" if is_drawn else "deterministic")
