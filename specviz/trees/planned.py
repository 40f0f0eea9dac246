"""The shape that the controller plans from what it has learned: nothing, a chain or a tree (see ``controllers/planner.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from specviz.trees.layout import DraftingSession, fill
from specviz.types import Controller, Drafter, DraftTree, Sampling


class ShapingController(Controller, Protocol):
    """HOW LONG and what shape."""

    def children(self, node: int) -> Sequence[int]:
        """The nodes planned below this one (-1 for the root), by rank."""


def build(drafter: Drafter, controller: ShapingController, session: DraftingSession, *, sampling: Sampling = "without_replacement") -> DraftTree:
    """Fill the planned shape; it was settled before the cycle, so that any rule for siblings drawn so may judge it."""
    return fill(drafter, controller, session, controller.children, sampling)
