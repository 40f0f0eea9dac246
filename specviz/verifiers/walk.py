"""What top-down rules share: from the root down, one group of siblings at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from specviz.coins import draw
from specviz.types import ROOT, Array, Decision, DraftTree, Verdict
from specviz.verifiers.residual import acceptance
from specviz.verifiers.siblings import Draft, at, drafted_chances


@dataclass(frozen=True)
class Look:
    """One sibling that is examined now: it is accepted when its coin is below ``threshold``."""

    node: int
    p: float
    q: float
    threshold: float


Looks = Generator[Look, None, Array]
"""The siblings of one place in the order they are examined; returns the law that is left when all of them were refused."""

LookAt = Callable[[list[int], Array], Looks]
"""A rule at one place: (the children, p there float[V]) -> what to look at."""


def one_by_one(p: Array, siblings: Iterable[Draft]) -> Looks:
    """Recursive rejection: each sibling against what the ones before it left of p (2305.09781, section 4.3; 2402.14160)."""
    for draft in siblings:
        px, qx = float(p[draft.token]), draft.chance
        yield Look(draft.node, px, qx, acceptance(px, qx))
        p, _ = draft.surplus(p)
    return p


def walk(tree: DraftTree, p: Array, u: Array, look_at: LookAt) -> Verdict:
    """Go from the root to the accepted child until all children are refused (corrected) or there are none (bonus)."""
    decisions = undecided(tree, p, u)
    path: list[int] = []
    node = ROOT
    while children := tree.children(node):
        accepted, left = _first_accepted(look_at(children, p[node + 1]), u, decisions)
        if accepted is None:
            return Verdict(path, draw(left, float(u[len(tree)])), "corrected", decisions, left)
        path.append(accepted)
        node = accepted
    return Verdict(path, draw(p[node + 1], float(u[len(tree)])), "bonus", decisions, p[node + 1])


def undecided(tree: DraftTree, p: Array, u: Array) -> list[Decision]:
    """Every node as ``ignored``, with p and q as drafted; a rule overwrites those it decides."""
    px = at(p, [parent + 1 for parent in tree.parents], tree.tokens)
    return [Decision("ignored", px[i], qx, float(u[i]), None) for i, qx in enumerate(drafted_chances(tree))]


def _first_accepted(looks: Looks, u: Array, decisions: list[Decision]) -> tuple[int | None, Array]:
    while True:
        try:
            look = next(looks)
        except StopIteration as end:
            return None, end.value
        coin = float(u[look.node])
        is_accepted = coin < look.threshold
        decisions[look.node] = Decision("accepted" if is_accepted else "rejected", look.p, look.q, coin, look.threshold)
        if is_accepted:
            return look.node, None
