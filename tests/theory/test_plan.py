"""The plan is the best of all trees, found without trying them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod

import numpy as np
import pytest

from specviz.theory.plan import Plan, best_chain, best_plan
from specviz.theory.sequoia import best_size
from specviz.types import ROOT


def trees(nodes: int) -> Iterator[tuple[int, ...]]:
    """Every tree of this many nodes in which parents stand before their children."""
    if nodes == 0:
        yield ()
        return
    for smaller in trees(nodes - 1):
        yield from ((*smaller, parent) for parent in range(ROOT, nodes - 1))


def measured(parents: Sequence[int], table: Sequence[Sequence[float]], draft: float, verify: Callable[[int], float]) -> float:
    """Tokens per unit of time of a tree, from the definitions; 0 where the table has no such place."""
    paths: list[tuple[tuple[int, int], ...]] = []
    for node, parent in enumerate(parents):
        rank = sum(other == parent for other in parents[:node])
        above = () if parent == ROOT else paths[parent]
        paths.append((*above, (len(above), rank)))
    if any(depth >= len(table) or rank >= len(table[depth]) for path in paths for depth, rank in path):
        return 0.0
    tokens = 1.0 + sum(prod(table[depth][rank] for depth, rank in path) for path in paths)
    widths: dict[int, set[int]] = {}
    for node, parent in enumerate(parents):
        widths.setdefault(len(paths[node]), set()).add(parent)
    return tokens / (sum(draft * verify(len(places)) for places in widths.values()) + verify(len(parents) + 1))


def table_of(rng: np.random.Generator, levels: int, ranks: int) -> list[list[float]]:
    return [sorted(rng.dirichlet([1.0] * (ranks + 1))[:-1].tolist(), reverse=True) for _ in range(levels)]


@pytest.mark.parametrize("seed", range(12))
def test_the_plan_is_the_best_of_all_trees(seed: int):
    rng = np.random.default_rng(seed)
    table, draft, slope = table_of(rng, 3, 2), rng.uniform(0, 0.3), rng.uniform(0, 0.2)

    def verify(m: int) -> float:
        return 1.0 + slope * (m - 1)

    plan = best_plan(table, draft, verify, nodes=6)
    best = max(measured(parents, table, draft, verify) for n in range(7) for parents in trees(n))
    assert plan.rate == pytest.approx(best, abs=1e-12)
    if plan.parents:
        assert measured(plan.parents, table, draft, verify) == pytest.approx(plan.rate, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_with_one_vector_for_all_depths_it_is_sequoias_tree(seed: int):
    rng = np.random.default_rng(seed)
    row = table_of(rng, 1, 4)[0]
    plan = best_plan([row] * 5, 0.1, lambda m: 1.0 if m < 9 else 1.0 + 0.2 * (m - 8), nodes=16)

    def of_one_level(m: int) -> float:  # as Sequoia counts: a level costs one pass, however wide
        return 1.0 if m < 9 else 1.0 + 0.2 * (m - 8)

    rate = best_size(row, 0.1, of_one_level, sizes=range(1, 17), levels=range(1, 6))[2]
    assert plan.rate == pytest.approx(rate, abs=1e-12)


def test_a_chain_is_as_long_as_pays():
    chain = best_chain([[0.8, 0.1]] * 12, 0.1, lambda _: 1.0)
    assert chain.is_chain
    lengths = [(1 - 0.8 ** (n + 1)) / 0.2 / (1 + 0.1 * n) for n in range(13)]
    assert len(chain.parents) == int(np.argmax(lengths))
    assert chain.rate == pytest.approx(max(lengths))


def test_nothing_is_planned_where_nothing_pays():
    assert best_plan([[0.1, 0.05]] * 4, 0.5, float, nodes=8) == Plan()
    assert best_plan([[0.9]] * 4, 0.0, lambda _: 1.0, nodes=0) == Plan()
    assert best_plan([], 0.0, lambda _: 1.0, nodes=4) == Plan()
    assert Plan().rate == 1.0


def test_free_siblings_are_all_taken_and_no_place_is_used_twice():
    plan = best_plan([[0.4, 0.3, 0.2]] * 2, 0.0, lambda _: 1.0, nodes=64)
    assert len(plan.parents) == 3 + 9
    assert plan.tokens == pytest.approx(1 + 0.9 + 0.81)


@pytest.mark.parametrize("table", [[[0.6, 0.5]], [[1.2]], [[-0.1]], [[]]])
def test_acceptances_that_cannot_be_are_refused(table: list[list[float]]):
    with pytest.raises(ValueError, match="expected acceptances of siblings"):
        best_plan(table, 0.1, lambda _: 1.0, nodes=4)
