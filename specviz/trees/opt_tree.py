"""OPT-Tree: the n tokens that the draft itself expects to bring most, layer after layer (2406.17276, section 3).

The draft's estimate of a node is the product of its probabilities along the path; E, the sum over the n best nodes of all layers so
far, is what the tree is expected to bring. A further layer is drafted while it adds more than it costs.
"""

from __future__ import annotations

from collections.abc import Sequence

from specviz.trees.layout import DraftingSession, grow
from specviz.trees.ranking import Values
from specviz.types import Controller, Drafter, DraftTree, Proposal, Sketch


def build(drafter: Drafter, controller: Controller, session: DraftingSession, *, nodes: int = 32, threshold: float = 0.2) -> DraftTree:
    """The ``nodes`` best tokens over all layers.

    Args:
        drafter: who proposes; its probabilities are the estimates.
        controller: most layers.
        session: room.
        nodes: n, the drafted tokens; also the width of a layer, since no more of one can be among the n best.
        threshold: delta, the tokens a layer has to add to E for another to be drafted: c at least, for a layer costs a draft pass.
    """
    budget, values = min(nodes, session.slots), Values()
    expected = 0.0

    def expand(sketch: Sketch, level: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        nonlocal expected
        layer = values.add_best(sketch, level, proposals, budget)
        before, expected = expected, values.sum_of_best(range(len(sketch)), budget)
        return layer if expected - before > threshold else []

    sketch = grow(drafter, controller, session, expand)
    return values.cut(sketch, budget)
