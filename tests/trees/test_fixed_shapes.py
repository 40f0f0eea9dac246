"""Shapes that are worked out beforehand: Sequoia's dynamic programme and its choice of size, Medusa's list of paths."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from specviz.theory.sequoia import best_size, best_tree, best_values
from specviz.trees import medusa_paths, sequoia
from specviz.trees.medusa_paths import Path, check_paths, grow_paths
from specviz.types import ROOT, Costs
from tests.trees.drafting import Desk, build, paths
from tests.verifiers.enumeration import random_table

GOLDEN = (0.6, 0.2, 0.1)
UNCAPPED = [1, 1.6, 1.96, 2.176, 2.376, 2.5056, 2.6256, 2.7456, 2.8456, 2.92336, 2.99536, 3.06736, 3.13936, 3.19936, 3.25936, 3.306016]


def value(parents: Sequence[int], acceptance: Sequence[float]) -> float:
    """Expected tokens of a tree whose siblings stand in the order of their rank."""
    reached: list[float] = []
    for node, parent in enumerate(parents):
        rank = parents[:node].count(parent)
        reached.append((1.0 if parent == ROOT else reached[parent]) * acceptance[rank])
    return 1.0 + sum(reached)


def by_heap(acceptance: Sequence[float], nodes: int, levels: int) -> float:
    """The other way to the same value for non-increasing vectors: the paths of the largest products."""
    total, queue = 0.0, [(-1.0, 1, 0)]
    for _ in range(nodes):
        if not queue:
            return -np.inf
        product, depth, rank = heapq.heappop(queue)
        total -= product
        if depth < levels:
            heapq.heappush(queue, (product * acceptance[0], depth + 1, 0))
        if depth > 1 and rank + 1 < len(acceptance) and acceptance[rank] > 0:
            heapq.heappush(queue, (product / acceptance[rank] * acceptance[rank + 1], depth, rank + 1))
    return total


def test_the_programme_gives_the_golden_values():
    """Verification.md, section 4.3."""
    np.testing.assert_allclose(best_values(GOLDEN, 16, 17)[1:, 17], UNCAPPED, atol=1e-12)
    assert best_values(GOLDEN, 8, 3)[[4, 8], 3] == pytest.approx([2.16, 2.56])
    assert best_values(GOLDEN, 16, 4)[[8, 16], 4] == pytest.approx([2.716, 3.164])


def test_the_programme_rebuilds_the_golden_tree_of_eight_nodes():
    parents = best_tree(GOLDEN, 7, 7)
    ranks: list[Path] = []
    for node, parent in enumerate(parents):
        ranks.append((*(ranks[parent] if parent != ROOT else ()), parents[:node].count(parent)))
    assert set(ranks) == {(0,), (0, 0), (0, 0, 0), (1,), (0, 0, 0, 0), (0, 1), (1, 0)}


@pytest.mark.parametrize("seed", range(60))
def test_the_programme_equals_the_heap_and_its_tree_has_its_value(seed: int):
    rng = np.random.default_rng(seed)
    acceptance = tuple(np.sort(rng.dirichlet(np.ones(5))[: rng.integers(1, 6)])[::-1])
    for nodes, levels in itertools.product((1, 2, 5, 13), (2, 3, 6)):
        best = best_values(acceptance, nodes, levels)[nodes, levels]
        assert best == pytest.approx(by_heap(acceptance, nodes, levels), abs=1e-12)
        if np.isfinite(best) and nodes > 1:
            parents = best_tree(acceptance, nodes - 1, levels - 1)
            assert len(parents) == nodes - 1
            assert value(parents, acceptance) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_no_tree_of_its_size_is_better_also_for_vectors_that_rise(seed: int):
    acceptance = tuple(np.random.default_rng(seed).dirichlet(np.ones(4))[:3])
    for nodes in range(1, 7):
        every = itertools.product(*(range(-1, i) for i in range(nodes)))
        best = max((value(p, acceptance) for p in every if all(p.count(x) <= 3 for x in p)), default=0.0)
        assert value(best_tree(acceptance, nodes, nodes), acceptance) == pytest.approx(best, abs=1e-12)


def test_too_few_ranks_for_a_size_give_the_largest_tree_there_is():
    assert best_tree((0.5,), 9, 3) == (-1, 0, 1)


@pytest.mark.parametrize("bad", [(), (1.2,), (-0.1,)])
def test_acceptances_that_are_none_are_refused(bad: tuple[float, ...]):
    with pytest.raises(ValueError, match="expected at least one acceptance"):
        best_values(bad, 4, 4)


@pytest.mark.parametrize(("nodes", "levels"), [(4096, 6), (2048, 64), (2, 10**8)])
def test_a_shape_that_would_be_searched_for_longer_than_a_second_or_so_is_refused(nodes: int, levels: int):
    with pytest.raises(ValueError, match="ask for fewer nodes or levels"):
        best_tree(sequoia.ACCEPTANCE, nodes, levels)


def test_size_and_depth_are_the_best_of_all_by_tokens_per_time():
    costs = Costs(0.1, ((1, 1.0), (8, 1.05), (16, 1.4), (64, 5.0)))
    nodes, depth, rate = best_size(GOLDEN, costs.draft, costs.v, sizes=range(1, 33), levels=range(1, 9))
    rates = {(n, d): value(best_tree(GOLDEN, n, d), GOLDEN) / (d * 0.1 + costs.v(n + 1)) for n in range(1, 33) for d in range(1, min(n, 8) + 1)}
    assert rate == pytest.approx(max(rates.values()))
    assert rates[nodes, depth] == pytest.approx(rate)


def test_a_dearer_pass_asks_for_a_smaller_tree_and_a_dearer_draft_for_a_flatter_one():
    sizes, levels = range(1, 41), range(1, 9)
    free, dear = ((lambda m, s=slope: 1 + s * (m - 1)) for slope in (0.001, 0.1))
    assert best_size(GOLDEN, 0.05, free, sizes=sizes, levels=levels)[0] > best_size(GOLDEN, 0.05, dear, sizes=sizes, levels=levels)[0]
    assert best_size(GOLDEN, 0.01, free, sizes=sizes, levels=levels)[1] > best_size(GOLDEN, 0.5, free, sizes=sizes, levels=levels)[1]


@pytest.mark.parametrize("is_greedy", [True, False])
def test_sequoia_fills_its_shape(is_greedy: bool):
    tree = build(sequoia.build, random_table(5, 1), 4, Desk(is_greedy=is_greedy), nodes=11, acceptance=GOLDEN)
    expected = best_tree(GOLDEN, 11, 4)
    assert sorted(map(len, paths(tree))) == sorted(map(len, paths(SimpleNamespace(tokens=[0] * 11, parents=expected))))  # type: ignore[arg-type]
    assert tree.parents == expected


def cycle(*nodes: tuple[int, str]) -> SimpleNamespace:
    return SimpleNamespace(nodes=[SimpleNamespace(parent=parent, state=state) for parent, state in nodes])


def test_measured_acceptance_counts_the_accepted_rank_of_every_place_that_was_reached():
    cycles = [
        cycle((-1, "accepted"), (-1, "ignored"), (0, "rejected"), (0, "accepted"), (1, "ignored"), (1, "ignored")),
        cycle((-1, "rejected"), (-1, "rejected"), (-1, "pruned"), (0, "ignored")),
        cycle((-1, "accepted")),
    ]
    assert sequoia.measured_acceptance(cycles, prior=0.0) == pytest.approx((2 / 4, 1 / 3))
    smoothed = sequoia.measured_acceptance(cycles, prior=2.0)
    assert smoothed == pytest.approx(((2 + 2 * sequoia.ACCEPTANCE[0]) / 6, (1 + 2 * sequoia.ACCEPTANCE[1]) / 5))
    with pytest.raises(ValueError, match="record a run with a tree"):
        sequoia.measured_acceptance([cycle()])


def test_measured_acceptance_never_rises_with_the_rank():
    cycles = [cycle((-1, "rejected"), (-1, "rejected"), (-1, "accepted"))] * 5
    measured = sequoia.measured_acceptance(cycles, prior=0.1)
    assert list(measured) == sorted(measured, reverse=True)


# ------------------------------------------------------------------------------------------------------------------- Medusa


@pytest.mark.parametrize("seed", range(10))
def test_grown_paths_are_the_best_of_all_connected_lists(seed: int):
    rng = np.random.default_rng(seed)
    accuracy = [sorted(rng.random(3), reverse=True) for _ in range(3)]
    values = {p: float(np.prod([accuracy[d][r] for d, r in enumerate(p)])) for n in (1, 2, 3) for p in itertools.product(range(3), repeat=n)}
    for nodes in (1, 5, 12, 39):
        chosen = grow_paths(accuracy, nodes)
        check_paths(chosen)
        assert len(chosen) == nodes
        assert [values[path] for path in chosen] == pytest.approx(sorted(values.values(), reverse=True)[:nodes])
    assert len(grow_paths(accuracy, 1000)) == 39


def test_paths_become_the_tokens_of_those_ranks():
    table = random_table(6, 8)
    tree = build(medusa_paths.build, table, 3, paths=((0,), (2,), (2, 1), (2, 1, 0), (0, 3)))

    def ranked(context: Path, rank: int) -> int:
        return int(np.argsort(-table(context), kind="stable")[rank])

    a, b = ranked((), 0), ranked((), 2)
    c = ranked((b,), 1)
    assert set(paths(tree)) == {(a,), (b,), (b, c), (b, c, ranked((b, c), 0)), (a, ranked((a,), 3))}


@pytest.mark.parametrize(
    ("bad", "words"), [(((0, 1),), "got none"), (((0,), (0,)), "every path once"), (((-1,),), "ranks >= 0"), (((),), "ranks >= 0")]
)
def test_lists_with_holes_are_refused(bad: tuple[Path, ...], words: str):
    with pytest.raises(ValueError, match=words):
        build(medusa_paths.build, random_table(3, 0), paths=bad)


@pytest.mark.parametrize("bad", [((0.2, 0.4),), ((1.3,),)])
def test_accuracies_that_rise_or_are_none_are_refused(bad: tuple[tuple[float, ...], ...]):
    with pytest.raises(ValueError, match="do not rise with the rank"):
        grow_paths(bad, 4)
