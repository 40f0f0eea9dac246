"""A fixed number of children for every node of a level: the expansion vector of SpecInfer (2305.09781, section 3).

``(k1, k2, ...)`` gives k1 * k2 * ... nodes on a level. ``(k, 1, 1, ...)`` is k independent chains, the shape of SpecTr
(2310.15141); drawn without replacement, a constant vector is RSD-C (2402.14160, section 3.2.1).
"""

from __future__ import annotations

from collections.abc import Sequence

from specviz.trees.layout import DraftingSession, add_siblings, finish, grow, sampling_of
from specviz.types import ROOT, Controller, Drafter, DraftTree, Proposal, Sampling, Sketch


def build(
    drafter: Drafter,
    controller: Controller,
    session: DraftingSession,
    *,
    branching: tuple[int, ...] = (1, 1, 3, 1, 1, 1, 1, 1),
    sampling: Sampling = "iid",
) -> DraftTree:
    """Give every node of level d - 1 ``branching[d]`` children; levels end with the vector.

    Args:
        drafter: who proposes.
        controller: how many levels of the vector are drafted.
        session: coins and room.
        branching: children of every node, by level.
        sampling: how siblings are drawn.
    """
    drawn = sampling_of(sampling, drafter, session)

    def expand(sketch: Sketch, nodes: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        depth = 0 if nodes[0] == ROOT else sketch.depths[nodes[0]]
        added: list[int] = []
        for node, proposal in zip(nodes, proposals, strict=True):
            # the count is settled before anything is drawn: see layout.py
            count = min(branching[depth], session.slots - len(sketch))
            added += add_siblings(sketch, node, proposal, count, session, drawn)
        return added if depth + 1 < len(branching) else []

    return finish(grow(drafter, controller, session, expand), drawn)
