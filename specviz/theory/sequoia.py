"""The best fixed tree for a vector of positional acceptances: Sequoia's dynamic programme (arXiv 2402.12374, section 4.1).

a[b] is the probability that the b-th child of a node is accepted (all earlier siblings refused), whatever the context. A tree's value is
the expected number of tokens of a cycle, the last one counted: the sum over its nodes, the root included, of the product of a along the path.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from specviz.arguments import whole_number
from specviz.errors import UnexpectedValueError, shown

Floats = NDArray[np.float64]
_LARGEST_TABLE = 1 << 24
"""Entries of the table that the search fills: 256 MB."""
_MOST_WORK = 1 << 29
"""Additions of the search, twice over: a second or so, about 2 000 nodes on six levels; a pass over more pays nowhere."""


def best_values(acceptance: Sequence[float], nodes: int, levels: int) -> Floats:
    """F[m, l], the value of the best tree of exactly m nodes (root included) with at most l levels of nodes; -inf where there is none.

    Args:
        acceptance: a[0], a[1], ..., in [0, 1]; as many children as entries are considered.
        nodes: largest m.
        levels: largest l.

    Returns:
        float[nodes + 1, levels + 1].

    Raises:
        ValueError: when an entry is no probability or a size is below 1.
    """
    return _solve(_checked(acceptance, nodes, levels), nodes, levels).best.copy()


def best_tree(acceptance: Sequence[float], nodes: int, levels: int) -> tuple[int, ...]:
    """The best tree of at most ``nodes`` drafted tokens and ``levels`` drafted levels: parents int[N], -1 for the root's children.

    Parents stand before their children, level by level, siblings in the order of their rank. Arguments and errors as :func:`best_values`, but the
    root is not counted. It has fewer tokens only where ``acceptance`` has too few entries for so many on so few levels.
    """
    solution = _solve(_checked(acceptance, nodes, levels), nodes + 1, levels + 1)
    size = int(np.flatnonzero(np.isfinite(solution.best[:, levels + 1]))[-1])
    parents: list[int] = []
    level = [(-1, size, levels + 1)]  # node, nodes of its subtree, levels of its subtree
    while level:
        below: list[tuple[int, int, int]] = []
        for node, count, depth in level:
            for part in solution.children(count, depth):
                parents.append(node)
                below.append((len(parents) - 1, part, depth - 1))
        level = below
    return tuple(parents)


def best_size(
    acceptance: Sequence[float], draft: float, verify: Callable[[int], float], *, sizes: Iterable[int], levels: Iterable[int]
) -> tuple[int, int, float]:
    """The tree size and depth with the most tokens per unit of time (section 4.3): maximise F(m, l) / ((l - 1) c + v(m)).

    Args:
        acceptance: as for :func:`best_values`.
        draft: c, one pass of the draft, in target passes over one token; a level costs one.
        verify: v(m), a target pass over m tokens (the root is one of them), in the same unit.
        sizes: drafted tokens to choose from.
        levels: drafted levels to choose from.

    Returns:
        Drafted tokens, drafted levels, and tokens per target pass over one token, which is the speedup over plain decoding.
    """
    pairs = [(n, d) for n in sizes for d in levels if 1 <= d <= n]
    if not pairs:
        raise UnexpectedValueError("sizes and levels with 1 <= levels <= size", "none", "try sizes=range(1, 65), levels=range(1, 9)")
    best = best_values(acceptance, max(n for n, _ in pairs) + 1, max(d for _, d in pairs) + 1)
    rates = {(n, d): float(best[n + 1, d + 1]) / (d * draft + verify(n + 1)) for n, d in pairs}
    nodes, depth = max(rates, key=lambda pair: (rates[pair], -pair[0], -pair[1]))
    return nodes, depth, rates[nodes, depth]


def _checked(acceptance: Sequence[float], nodes: int, levels: int) -> tuple[float, ...]:
    values = tuple(float(a) for a in acceptance)
    if not values or not all(0.0 <= a <= 1.0 for a in values):
        raise UnexpectedValueError("at least one acceptance, each in [0, 1]", shown(list(acceptance)))
    if whole_number("the number of nodes", nodes, -sys.maxsize) < 1 or whole_number("the number of levels", levels, -sys.maxsize) < 1:
        raise UnexpectedValueError("at least 1 node and 1 level", f"{nodes} and {levels}")
    entries = (min(len(values), nodes - 1) + 1) * nodes * levels
    if entries > _LARGEST_TABLE or entries * nodes > _MOST_WORK:
        got = f"{nodes} nodes, {levels} levels and {len(values)} acceptances"
        raise UnexpectedValueError("a tree whose best shape is found within a second or so", got, "ask for fewer nodes or levels")
    return values


@dataclass(frozen=True, eq=False)
class _Solution:
    """``best`` F[m, l]; ``exact`` T[b, m, l], the best with exactly b children at the root; -inf where there is no such tree.

    ``split`` [b, m, l]: how many nodes of that tree stand before its b-th child's subtree.
    """

    best: Floats
    exact: Floats
    split: NDArray[np.int64]

    def children(self, nodes: int, levels: int) -> list[int]:
        """Sizes of the subtrees below the root of the best tree of this size, first child first."""
        parts = []
        for rank in range(int(np.argmax(self.exact[:, nodes, levels])), 0, -1):
            before = int(self.split[rank, nodes, levels])
            parts.append(nodes - before)
            nodes = before
        return parts[::-1]


@lru_cache(maxsize=64)
def _solve(acceptance: tuple[float, ...], nodes: int, levels: int) -> _Solution:
    ranks = min(len(acceptance), nodes - 1)
    best = np.full((nodes + 1, levels + 1), -np.inf)
    exact = np.full((ranks + 1, nodes + 1, levels + 1), -np.inf)
    split = np.zeros((ranks + 1, nodes + 1, levels + 1), dtype=np.int64)
    best[1, 1:] = exact[0, 1, 1:] = 1.0
    for m in range(2, nodes + 1):
        for rank in range(1, min(ranks, m - 1) + 1):
            before = np.arange(rank, m)  # nodes up to and with the earlier children's subtrees
            below = best[m - before, :-1]  # the new child's subtree has one level less
            worth = np.where(np.isfinite(below), acceptance[rank - 1] * np.where(np.isfinite(below), below, 0.0), -np.inf)
            total = exact[rank - 1, before, 1:] + worth
            chosen = total.argmax(axis=0)
            exact[rank, m, 1:] = total[chosen, np.arange(levels)]
            split[rank, m, 1:] = before[chosen]
        best[m] = exact[:, m].max(axis=0)
    return _Solution(best, exact, split)
