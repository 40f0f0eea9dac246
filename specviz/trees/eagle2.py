"""EAGLE-2's dynamic tree: expand the most confident nodes, then keep the best of all (2406.16858, section 4).

A node's confidence is its draft probability, its value the product along its path. Tokens are picked, never drawn, so cutting some
afterwards is harmless: the rule judges each as a one-hot law, and what was cut is recorded as pruned.
"""

from __future__ import annotations

from collections.abc import Sequence

from specviz.trees.layout import DraftingSession, grow
from specviz.trees.ranking import Values
from specviz.types import Controller, Drafter, DraftTree, Proposal, Sketch


def build(drafter: Drafter, controller: Controller, session: DraftingSession, *, nodes: int = 32, width: int = 8) -> DraftTree:
    """Expand and rerank.

    Args:
        drafter: who proposes; its probabilities are the confidences.
        controller: how many levels are expanded.
        session: room.
        nodes: m, the drafted tokens that are kept for verification.
        width: K, the nodes of a level that are expanded, and the children each is given.
    """
    values = Values()

    def expand(sketch: Sketch, level: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        # of a level's candidates no more than ``nodes`` can be among the best of all
        added = values.add_best(sketch, level, proposals, min(width * len(level), nodes), width)
        return values.best(added, width)

    sketch = grow(drafter, controller, session, expand)
    return values.cut(sketch, min(nodes, session.slots))
