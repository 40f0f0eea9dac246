"""Every tree: well formed, within its bounds, drawn from the laws it states, and the golden shapes of the papers."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from specviz.controllers.constant import Constant
from specviz.trees import TREES, chain, dyspec, eagle2, opt_tree, rsd, specinfer
from specviz.trees.medusa_paths import PATHS
from specviz.types import ROOT, DraftTree
from tests.trees.drafting import Context, Desk, Shaped, Table, TableDrafter, build, paths
from tests.verifiers.enumeration import random_table

WAYS = [(name, sampling) for name, tree in TREES.items() for sampling in tree.samplings]
BUDGET = {name: {"nodes": 9} for name in ("sequoia", "dyspec", "dyspec-threshold", "eagle-2", "opt-tree")}
VOCAB = 6


def options(name: str, sampling: str) -> dict[str, Any]:
    takes_sampling = len(TREES[name].samplings) > 1
    return BUDGET.get(name, {}) | ({"sampling": sampling} if takes_sampling else {})


def fixed(law: list[float]) -> Table:
    return lambda _: np.array(law)


def groups(tree: DraftTree) -> list[list[int]]:
    """The children of every node that has some, the root included."""
    return [children for node in range(-1, len(tree)) if (children := tree.children(node))]


@settings(max_examples=120, deadline=None)
@given(
    way=st.sampled_from(WAYS),
    seed=st.integers(0, 10_000),
    shape=st.sampled_from(["plain", "zeros", "ties", "one-hot"]),
    gamma=st.integers(0, 4),
    room=st.integers(-1, 4),
    slots=st.sampled_from([1, 2, 5, 1000]),
    is_greedy=st.booleans(),
    ends=st.sampled_from([(), (0,), (1, 4)]),
)
def test_every_tree_keeps_its_bounds_and_states_the_laws_its_tokens_came_from(way, seed, shape, gamma, room, slots, is_greedy, ends):
    name, sampling = way
    table = random_table(VOCAB, seed, shape)
    tree = build(TREES[name].build, table, gamma, Desk(room, slots, is_greedy, seed, end_tokens=ends), **options(name, sampling))
    assert max(tree.depths(), default=0) <= max(0, min(gamma, room))
    assert not any(parent != ROOT and tree.tokens[parent] in ends for parent in tree.parents), "nothing is drafted behind an end token"
    assert len(tree) <= slots
    assert len(tree) <= BUDGET.get(name, {"nodes": 10_000})["nodes"]
    assert tree.sampling == ("deterministic" if is_greedy else sampling)
    contexts = paths(tree)
    for node, (token, row) in enumerate(zip(tree.tokens, tree.q_row, strict=True)):
        law = table(contexts[node][:-1])
        np.testing.assert_array_equal(np.asarray(tree.q[row]), law)
        assert law[token] > 0.0
    if tree.sampling != "iid":
        for siblings in groups(tree):
            assert len({tree.tokens[node] for node in siblings}) == len(siblings)
    if min(gamma, room) > 0:
        assert len(tree) > 0


@pytest.mark.parametrize(("name", "sampling"), WAYS)
@pytest.mark.parametrize("is_greedy", [False, True])
def test_numpy_and_torch_laws_give_the_same_tree(name: str, sampling: str, is_greedy: bool):
    for seed in range(6):
        trees = [
            build(TREES[name].build, random_table(VOCAB, seed), 3, Desk(8, 1000, is_greedy, seed), kind, **options(name, sampling))
            for kind in ("numpy", "torch")
        ]
        assert len({(tree.tokens, tree.parents, tree.q_row, tree.sampling, tree.pruned) for tree in trees}) == 1
        np.testing.assert_array_equal(trees[0].q, trees[1].q.numpy())


@pytest.mark.parametrize("name", TREES)
def test_at_temperature_0_siblings_are_the_most_likely_tokens(name: str):
    for seed in range(5):
        table = random_table(VOCAB, seed)
        tree = build(TREES[name].build, table, 3, Desk(is_greedy=True), **BUDGET.get(name, {}))
        contexts = paths(tree)
        for siblings in groups(tree):
            found = [tree.tokens[node] for node in siblings]
            ranking = np.argsort(-table(contexts[siblings[0]][:-1]), kind="stable").tolist()
            if name == "medusa-paths":  # fixed ranks, whatever the law
                parent = tuple(
                    np.argsort(-table(contexts[siblings[0]][:d]), kind="stable").tolist().index(t) for d, t in enumerate(contexts[siblings[0]][:-1])
                )
                assert found == [ranking[path[-1]] for path in sorted(PATHS) if path[:-1] == parent and path[-1] < VOCAB]
            else:
                assert set(found) == set(ranking[: len(found)])
                assert found[0] == ranking[0]


@pytest.mark.parametrize("name", [name for name, tree in TREES.items() if not tree.needs_law])
def test_a_drafter_that_copies_fills_the_shapes_that_need_no_law(name: str):
    table = random_table(VOCAB, 3)
    tree = TREES[name].build(TableDrafter(table, has_law=False), Shaped(3), Desk())
    assert (tree.sampling, tree.q) == ("deterministic", None)
    assert set(tree.q_row) == {-1}
    for context in paths(tree):
        assert context[-1] in np.argsort(-table(context[:-1]), kind="stable")[:3]
    if TREES[name].has_siblings:
        assert not tree.is_chain()


def test_a_chain_draws_node_i_with_coin_i():
    desk = Desk(seed=5)
    tree = build(chain.build, fixed([0.25] * 4), 4, desk)
    assert tree.is_chain()
    assert [token / 4 <= desk.draft_coin(i) < (token + 1) / 4 for i, token in enumerate(tree.tokens)] == [True] * 4


@given(branching=st.lists(st.integers(1, 3), min_size=1, max_size=4))
@settings(deadline=None, max_examples=30)
def test_an_expansion_vector_gives_its_number_of_nodes_on_every_level(branching: list[int]):
    tree = build(specinfer.build, fixed([0.3, 0.3, 0.4]), 9, Desk(room=9), branching=tuple(branching))
    assert [tree.depths().count(d + 1) for d in range(len(branching))] == np.cumprod(branching).tolist()
    assert len(tree) == sum(np.cumprod(branching))


def test_greedy_siblings_are_the_top_ones_and_one_draw_from_the_rest():
    last = set()
    for seed in range(30):
        tree = build(specinfer.build, fixed([0.1, 0.4, 0.2, 0.3]), 1, Desk(seed=seed), branching=(3,), sampling="greedy")
        assert tree.tokens[:2] == (1, 3)
        last.add(tree.tokens[2])
    assert last == {0, 2}


# ------------------------------------------------------------------------------------------------------------------ DySpec

DYSPEC_LAW = [0.6, 0.3, 0.1]
DYSPEC_WALK = [(0,), (0, 0), (1,), (0, 0, 0), (1, 0), (0, 1), (0, 0, 0, 0), (1, 0, 0)]  # verification.md, section 4.4
DYSPEC_REACHED = [1, 0.6, 0.4, 0.36, 0.3, 0.24, 0.216, 0.18]


def test_dyspec_walks_its_heap_as_in_the_golden_example():
    tree = build(dyspec.build, fixed(DYSPEC_LAW), 8, Desk(is_greedy=True), nodes=8)
    assert paths(tree) == DYSPEC_WALK


@pytest.mark.parametrize("threshold", [0.5, 0.38, 0.32, 0.23, 0.19])
def test_the_threshold_variant_fills_exactly_the_slots_that_are_likely_enough(threshold: float):
    tree = build(dyspec.build_threshold, fixed(DYSPEC_LAW), 8, Desk(is_greedy=True), threshold=threshold)
    assert set(paths(tree)) == {path for path, reached in zip(DYSPEC_WALK, DYSPEC_REACHED, strict=True) if reached >= threshold}


def test_dyspec_asks_for_a_law_only_when_its_slot_is_reached():
    drafter = TableDrafter(random_table(VOCAB, 1))
    tree = dyspec.build(drafter, Constant(8), Desk(), nodes=12)
    inner = {parent for parent in tree.parents if parent != ROOT}
    assert sorted(node for asked in drafter.asked for node in asked) == [ROOT, *sorted(inner)]


@pytest.mark.parametrize("seed", range(20))
def test_dyspec_reaches_slots_in_falling_order(seed: int):
    """The chance that a node's slot is reached, recomputed from the finished tree."""
    table = random_table(VOCAB, seed)
    tree = build(dyspec.build, table, 8, Desk(seed=seed), nodes=16)
    contexts, reached, accepted = paths(tree), {}, {ROOT: 1.0}
    for parent in [ROOT, *range(len(tree))]:
        left, open_ = table(contexts[parent] if parent != ROOT else ()), accepted[parent]
        for node in tree.children(parent):
            chance = left[tree.tokens[node]] / left.sum()
            reached[node], accepted[node] = open_, open_ * chance
            open_ *= 1.0 - chance
            left[tree.tokens[node]] = 0.0
    order = [reached[node] for node in range(len(tree))]
    assert all(a >= b - 1e-12 for a, b in itertools.pairwise(order))


# -------------------------------------------------------------------------------------------------------- EAGLE-2, OPT-Tree


def test_eagle_2_keeps_and_prunes_as_in_the_golden_example():
    """Verification.md, section 4.5: K = 2, m = 4."""
    rows = {(): [0.6, 0.3, 0.1], (0,): [0.55, 0.35, 0.1], (1,): [0.9, 0.05, 0.05]}
    tree = build(eagle2.build, lambda context: np.array(rows[context]), 2, width=2, nodes=4)
    assert paths(tree) == [(0,), (1,), (0, 0), (1, 0)]
    values = [float(np.prod([rows[path[:d]][token] for d, token in enumerate(path)])) for path in paths(tree)]
    assert 1 + sum(values) == pytest.approx(1 + 1.5)
    assert [(cut.token, tree.tokens[cut.parent], cut.q) for cut in tree.pruned] == [(1, 0, 0.35), (1, 1, 0.05)]


def expansions(table: Table, depth: int, vocab: int) -> dict[Context, float]:
    """The value of every path of up to ``depth`` tokens."""
    values: dict[Context, float] = {(): 1.0}
    for length in range(1, depth + 1):
        for path in itertools.product(range(vocab), repeat=length):
            values[path] = values[path[:-1]] * float(table(path[:-1])[path[-1]])
    del values[()]
    return values


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("nodes", [1, 4, 11])
def test_opt_tree_is_the_best_of_all_paths(seed: int, nodes: int):
    table = random_table(4, seed)
    tree = build(opt_tree.build, table, 4, nodes=nodes, threshold=1e-12)
    values = expansions(table, 4, 4)
    assert sorted((values[path] for path in paths(tree)), reverse=True) == pytest.approx(sorted(values.values(), reverse=True)[:nodes])


@pytest.mark.parametrize("seed", range(12))
def test_eagle_2_with_a_frontier_of_everything_is_the_best_of_all_paths(seed: int):
    table = random_table(3, seed)
    tree = build(eagle2.build, table, 3, nodes=10, width=27)
    values = expansions(table, 3, 3)
    assert sorted((values[path] for path in paths(tree)), reverse=True) == pytest.approx(sorted(values.values(), reverse=True)[:10])


def test_what_was_cut_is_worth_no_more_than_what_was_kept():
    for seed in range(20):
        table = random_table(VOCAB, seed)
        tree = build(eagle2.build, table, 4, nodes=7, width=3)
        values = expansions(table, 4, VOCAB)
        everything = [*paths(tree)]
        for cut in tree.pruned:
            everything.append((*(everything[cut.parent] if cut.parent != ROOT else ()), cut.token))
            assert cut.q == table(everything[-1][:-1])[cut.token]
        worths = [values[path] for path in everything]
        assert 0 < len(tree.pruned) <= len(tree)
        assert min(worths[: len(tree)]) >= max(worths[len(tree) :])


@pytest.mark.parametrize("delta", [0.01, 0.1, 0.3, 0.6, 0.85, 0.995])
def test_opt_tree_drafts_layers_until_one_adds_too_little(delta: float):
    law, nodes = fixed([0.9, 0.05, 0.05]), 8
    values = expansions(law, 7, 3)
    expected = [sum(sorted((v for path, v in values.items() if len(path) <= d), reverse=True)[:nodes]) for d in range(8)]
    layers = next((d for d in range(1, 7) if expected[d] - expected[d - 1] <= delta), 6)
    drafter = TableDrafter(law)
    opt_tree.build(drafter, Constant(6), Desk(), nodes=nodes, threshold=delta)
    assert len(drafter.asked) == layers


# ------------------------------------------------------------------------------------------------------------------- RSD-S


def test_a_stochastic_beam_draws_sequences_without_replacement():
    """Arrivals on level 2 follow the law of all two-token sequences, each drawn once: checked by chi-square on ordered pairs."""
    from scipy import stats

    table = cache(random_table(3, 4))
    law = {path: value for path, value in expansions(table, 2, 3).items() if len(path) == 2}
    pairs = list(itertools.permutations(law, 2))
    runs, counts = 12_000, dict.fromkeys(pairs, 0)
    for seed in range(runs):
        tree = build(rsd.build_beam, table, 2, Desk(seed=seed), width=2)
        deep = [path for path in paths(tree) if len(path) == 2]
        counts[deep[0], deep[1]] += 1
    expected = {(a, b): runs * law[a] * law[b] / (1 - law[a]) for a, b in pairs}
    often = [pair for pair in pairs if expected[pair] >= 8]
    seen = [counts[pair] for pair in often] + [runs - sum(counts[pair] for pair in often)]
    should = [expected[pair] for pair in often] + [runs - sum(expected[pair] for pair in often)]
    assert len(often) > 30
    assert stats.chisquare(seen, should).pvalue > 1e-3


def test_a_beam_has_its_width_on_every_level():
    tree = build(rsd.build_beam, random_table(VOCAB, 2), 4, width=3)
    assert [tree.depths().count(d) for d in (1, 2, 3, 4)] == [3, 3, 3, 3]
