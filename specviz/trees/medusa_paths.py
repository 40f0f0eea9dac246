"""A fixed list of paths of ranks: Medusa's sparse tree (2401.10774, section 2.1.2 and appendix on tree construction).

The path (0, 2) is the third likeliest token after the likeliest one. Tokens are picked by rank, so the shape is the same in every cycle.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from specviz.errors import UnexpectedValueError
from specviz.trees.layout import DraftingSession, finish, grow, largest
from specviz.types import ROOT, Controller, Drafter, DraftTree, Proposal, Sketch

Path = tuple[int, ...]


def grow_paths(accuracy: Sequence[Sequence[float]], nodes: int) -> tuple[Path, ...]:
    """The ``nodes`` paths of the largest value, each with all its beginnings; the value is the product of accuracies along the path.

    Args:
        accuracy: ``accuracy[d][r]``, how often the guess of rank r at depth d was right, in [0, 1], measured on held-out text;
            non-increasing in r, or a better rank would be left out for a worse one.
        nodes: how many.

    Returns:
        Paths in the order they were chosen: best first, a beginning before what follows it. Fewer where ranks and depths run out.

    Raises:
        ValueError: for accuracies that are no probabilities or rise with the rank.
    """
    for depth, row in enumerate(accuracy):
        if not all(0.0 <= a <= 1.0 for a in row) or list(row) != sorted(row, reverse=True):
            raise UnexpectedValueError("accuracies in [0, 1] that do not rise with the rank", f"{list(row)} at depth {depth}")
    chosen: list[Path] = []
    queue: list[tuple[float, int, Path, float]] = []  # -value, depth, path, value of its parent
    _offer(queue, accuracy, (0,), 1.0)
    while queue and len(chosen) < nodes:
        value, depth, path, parent_value = heapq.heappop(queue)
        chosen.append(path)
        _offer(queue, accuracy, (*path[:-1], path[-1] + 1), parent_value)
        _offer(queue, accuracy, (*path, 0), -value)
    return tuple(chosen)


def _offer(queue: list[tuple[float, int, Path, float]], accuracy: Sequence[Sequence[float]], path: Path, parent_value: float) -> None:
    depth, rank = len(path) - 1, path[-1]
    if depth < len(accuracy) and rank < len(accuracy[depth]):
        heapq.heappush(queue, (-parent_value * accuracy[depth][rank], depth, path, parent_value))


ACCURACY = ((0.6, 0.15, 0.07, 0.04, 0.03, 0.02, 0.015, 0.012, 0.01, 0.008),) * 5
"""A table to start from; measure your own."""

PATHS = grow_paths(ACCURACY, 32)


def check_paths(paths: Sequence[Path]) -> None:
    """Raise ValueError unless every path's beginnings are in the list, ranks are >= 0 and none is listed twice."""
    known = set(paths)
    if len(known) != len(paths):
        raise UnexpectedValueError("every path once", f"{len(paths) - len(known)} repeated")
    for path in paths:
        if not path or min(path) < 0:
            raise UnexpectedValueError("paths of ranks >= 0", str(path))
        if len(path) > 1 and path[:-1] not in known:
            raise UnexpectedValueError(f"the beginning {path[:-1]} of the path {path} in the list", "none", "a token needs the one before it")


def build(drafter: Drafter, controller: Controller, session: DraftingSession, *, paths: tuple[Path, ...] = PATHS) -> DraftTree:
    """Pick the token of every path; the controller's levels and the room may cut the longest ones.

    Raises:
        ValueError: see :func:`check_paths`.
    """
    check_paths(paths)
    ranks: dict[Path, list[int]] = {}
    for path in paths:
        ranks.setdefault(path[:-1], []).append(path[-1])
    path_of: dict[int, Path] = {ROOT: ()}

    def expand(sketch: Sketch, level: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        added: list[int] = []
        for node, proposal in zip(level, proposals, strict=True):
            wanted = sorted(ranks[path_of[node]])[: session.slots - len(sketch)]
            for rank, child in _pick(sketch, node, proposal, wanted):
                path_of[child] = (*path_of[node], rank)
                added.append(child)
        return [node for node in added if path_of[node] in ranks]  # a leaf costs no pass

    return finish(grow(drafter, controller, session, expand), "deterministic")


def _pick(sketch: Sketch, node: int, proposal: Proposal, ranks: Sequence[int]) -> list[tuple[int, int]]:
    """Add the tokens of these ranks, as far as there are so many; (rank, node) of each."""
    if not ranks:
        return []
    if proposal.law is None:
        tokens, row = list(proposal.tokens), -1
    else:
        tokens, row = largest(proposal.law, ranks[-1] + 1), sketch.add_law(proposal.law)
    return [(rank, sketch.add(tokens[rank], node, row)) for rank in ranks if rank < len(tokens)]
