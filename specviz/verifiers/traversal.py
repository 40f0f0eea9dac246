"""Traversal verification: leaves first, so a refused node can still be saved by what follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specviz.coins import draw
from specviz.types import ROOT, SAMPLINGS, Array, Decision, DraftTree, Kind, State, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.residual import acceptance, survival
from specviz.verifiers.siblings import Draft, drafts
from specviz.verifiers.walk import undecided


@dataclass(eq=False)
class Place:
    """A node while its subtree is taken apart: its weight w, what is left of p after it, its children still to visit."""

    node: int
    weight: float
    law: Array
    children: Iterator[Draft]
    drawn: Draft | None = None
    p: float = 1.0
    q: float = 1.0


class Traversal:
    """Judge leaves in depth-first order; the first one accepted brings its whole path (2505.12398, Algorithm 2).

    A child of token x has the weight w = min(1, w_parent p(x)/q(x)); a leaf is accepted with probability w. A refused leaf
    is deleted: with S = sum (w p - q)+ at its parent, p there becomes norm((w p - q)+), w becomes S / (S + 1 - w), and the
    next sibling follows; a parent without children left is a leaf itself. The root's weight stays 1, so this ends. Each node
    is a leaf at most once: N coins suffice, and the nodes above the accepted leaf have no threshold of their own.
    Weights are worked out when a node is reached, after all updates above it, so nothing has to be recomputed.

    Lossless; on a chain it has the law of ``block``. The paper draws siblings without replacement; the same steps with each
    sibling's own law serve the other samplings (shown by enumeration in the tests).
    """

    name = "traversal"
    lossless = True
    chains_only = False
    is_joint = False
    samplings = frozenset(SAMPLINGS)

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        decisions = undecided(tree, p, u)
        families: dict[int, list[int]] = {}
        for node, parent in enumerate(tree.parents):
            families.setdefault(parent, []).append(node)
        path = [Place(ROOT, 1.0, p[0], drafts(tree, families.get(ROOT, [])))]
        while True:
            place = path[-1]
            draft = next(place.children, None)
            if draft is not None:
                px, qx = float(place.law[draft.token]), draft.chance
                weight = acceptance(place.weight * px, qx)
                path.append(Place(draft.node, weight, p[draft.node + 1], drafts(tree, families.get(draft.node, [])), draft, px, qx))
            elif place.drawn is None or float(u[place.node]) < place.weight:
                break
            else:
                decisions[place.node] = _decision(place, u, "rejected", place.weight)
                _refuse(path[-2], place.drawn)
                path.pop()
        leaf = path[-1]
        for above in path[1:]:
            decisions[above.node] = _decision(above, u, "accepted", above.weight if above is leaf else None)
        kind: Kind = "corrected" if leaf.node in families else "bonus"
        return Verdict([place.node for place in path[1:]], draw(leaf.law, float(u[len(tree)])), kind, decisions, leaf.law)


def _decision(place: Place, u: Array, state: State, threshold: float | None) -> Decision:
    return Decision(state, place.p, place.q, float(u[place.node]), threshold)


def _refuse(parent: Place, child: Draft) -> None:
    """Take a refused child out of its parent: first the law, then the weight, both from the old weight."""
    parent.law, mass = child.surplus(parent.law, parent.weight)
    parent.weight = survival(parent.weight, mass)
