"""The simplest tree: one token after another (2211.17192, section 2; 2302.01318)."""

from __future__ import annotations

from collections.abc import Sequence

from specviz.trees.layout import DraftingSession, add_siblings, finish, grow, sampling_of
from specviz.types import Controller, Drafter, DraftTree, Proposal, Sampling, Sketch


def build(drafter: Drafter, controller: Controller, session: DraftingSession, *, sampling: Sampling = "iid") -> DraftTree:
    """Draft a chain until the controller, the drafter or the room left says stop."""
    drawn = sampling_of(sampling, drafter, session)

    def expand(sketch: Sketch, nodes: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        return add_siblings(sketch, nodes[0], proposals[0], 1, session, drawn)

    return finish(grow(drafter, controller, session, expand), drawn)
