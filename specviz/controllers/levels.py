"""What controllers read of a draft: its depth, its last level, and how sure the draft was there."""

from __future__ import annotations

from collections.abc import Sequence

from specviz.errors import UnexpectedValueError
from specviz.types import ROOT, Array, DraftTree, Sketch

Growth = Sketch | DraftTree
"""A draft that grows, or one that is finished."""


def check_gamma(gamma: int) -> int:
    """Return it; raise ValueError unless it is a number of levels."""
    if gamma < 0:
        raise UnexpectedValueError("gamma >= 0", str(gamma), "0 drafts nothing, 4 is a good start")
    return gamma


def depth(sketch: Sketch) -> int:
    """Levels so far."""
    return max(sketch.depths, default=0)


def last_level(sketch: Sketch) -> list[int]:
    """The nodes of the deepest level."""
    deepest = depth(sketch)
    return [node for node, d in enumerate(sketch.depths) if d == deepest]


def probability(draft: Growth, laws: Sequence[Array] | Array, node: int) -> float:
    """The draft's probability of a node's token; 1 for a copied one."""
    row = draft.q_row[node]
    return float(laws[row][draft.tokens[node]]) if row >= 0 else 1.0


def confidence(draft: Growth, laws: Sequence[Array] | Array, level: Sequence[int]) -> float:
    """How sure the draft is of a level, in [0, 1]: its probability of the tokens drafted there, averaged over the places of the level.

    A place counts by its path's probability. Where one token stands at a place, the law's largest entry is taken instead of the token's:
    it says as much about the law and does not depend on the draw. A copied token counts as 1.
    """
    places: dict[int, list[int]] = {}
    for node in level:
        places.setdefault(draft.parents[node], []).append(node)
    if len(places) == 1:  # a chain's only place needs no weight, and the way back to the root is long
        return _coverage(draft, laws, level)
    weights = {place: _path_probability(draft, laws, place) for place in places}
    total = sum(weights.values())
    if not total > 0.0:
        return 0.0
    return sum(weights[place] * _coverage(draft, laws, nodes) for place, nodes in places.items()) / total


def _coverage(draft: Growth, laws: Sequence[Array] | Array, nodes: Sequence[int]) -> float:
    row = draft.q_row[nodes[0]]
    if len(nodes) == 1 and row >= 0:
        return float(laws[row].max())
    distinct = {draft.tokens[node]: node for node in nodes}
    return min(1.0, sum(probability(draft, laws, node) for node in distinct.values()))


def _path_probability(draft: Growth, laws: Sequence[Array] | Array, node: int) -> float:
    value = 1.0
    while node != ROOT:
        value *= probability(draft, laws, node)
        node = draft.parents[node]
    return value
