"""Why sampled trees are lossless: every tree a builder may draw is tried, with its probability, and judged over all coins.

And what breaks it: drawing several tokens and keeping one for its value ("sample, then select").
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from specviz.coins import draw
from specviz.combinations import conflict_of
from specviz.controllers import CONTROLLERS
from specviz.controllers.constant import Constant
from specviz.controllers.planner import Planner
from specviz.methods import Method
from specviz.trees import TREES, layout, planned
from specviz.types import ROOT, Costs, DraftTree, Proposal, Sketch, Verdict
from specviz.verifiers import VERIFIERS
from tests.trees.drafting import Desk, Table, TableDrafter, all_drawn, build, paths
from tests.verifiers.enumeration import cells, random_table, words

V = 3
DRAWN = ("iid", "without_replacement", "greedy")
SMALL: dict[str, dict[str, Any]] = {
    "specinfer": {"branching": (2, 1)},
    "sequoia": {"nodes": 3, "acceptance": (0.6, 0.3)},
    "rsd-c": {"branching": (2, 1)},
    "rsd-s": {"width": 2},
    "dyspec": {"nodes": 3},
    "dyspec-threshold": {"nodes": 4, "threshold": 0.3},
}
WAYS = [(name, sampling) for name, tree in TREES.items() for sampling in tree.samplings if sampling in DRAWN]
JUDGED = [
    (name, sampling, rule.name)
    for name, sampling in WAYS
    for rule in VERIFIERS.values()
    if rule.lossless
    and rule.name != "greedy"
    and conflict_of("independent", name, rule.name, "planner" if TREES[name].needs_shape else "constant", sampling) is None
]


def joint(rule: Any, p: Table, draft: Callable[[], DraftTree], length: int) -> np.ndarray:
    """The exact law of the first ``length`` tokens that drafting and judging give out: float[V, V, ...]."""
    p, rest = cache(p), cache(lambda context, count: words(p, V, count, context))
    law = np.zeros((V,) * length)
    for tree, weight, _ in all_drawn(draft):
        contexts = paths(tree)
        for volume, verdict in cells(rule, tree, np.array([p(context) for context in [(), *contexts]])):
            start = contexts[verdict.path[-1]] if verdict.path else ()
            for token in np.flatnonzero(verdict.law):
                word = (*start, int(token))
                share = weight * volume * verdict.law[token]
                if len(word) <= length:
                    law[word] += share * rest(word, length - len(word))
                else:
                    law[word[:length]] += share
    return law


def options(name: str, sampling: str) -> dict[str, Any]:
    return SMALL.get(name, {}) | ({"sampling": sampling} if len(TREES[name].samplings) > 1 else {})


def instances(count: int) -> list[tuple[Table, Table, int]]:
    """Pairs of p and q with the seed of the coins that are no draws: plain laws, zeros, ties, one-hot, equal and disjoint ones, an even q."""
    shapes = ["plain", "zeros", "ties", "one-hot"]
    found: list[tuple[Table, Table, int]] = []
    for seed, (a, b) in zip(range(count), itertools.cycle(itertools.product(shapes, shapes)), strict=False):
        p, q = random_table(V, seed, a), random_table(V, seed + 1000, b)
        if seed % 9 == 7:
            q = p
        elif seed % 9 == 8:
            q = lambda _: np.full(V, 1 / V)  # noqa: E731
        elif seed % 18 == 4:
            p, q = (lambda _: np.array([0.7, 0.3, 0.0])), (lambda _: np.array([0.0, 0.0, 1.0]))
        found.append((p, q, seed))
    return found


@pytest.mark.parametrize(("name", "sampling", "rule"), JUDGED)
def test_every_drawn_tree_with_every_rule_that_judges_it_gives_out_the_targets_law(name: str, sampling: str, rule: str):
    worst = 0.0
    for p, q, seed in instances(12):
        found = joint(VERIFIERS[rule], p, lambda q=q, seed=seed: build(TREES[name].build, cache(q), 2, Desk(seed=seed), **options(name, sampling)), 3)
        worst = max(worst, float(np.abs(found - words(cache(p), V, 3)).max()))
    assert worst < 1e-12


def up_to_end(law: np.ndarray, end: int) -> dict[tuple[int, ...], float]:
    """The law of texts that end with their first end token, from that of texts which go on."""
    merged: dict[tuple[int, ...], float] = defaultdict(float)
    for word, share in np.ndenumerate(law):
        merged[word[: word.index(end) + 1] if end in word else word] += share
    return merged


@pytest.mark.parametrize(("name", "sampling", "rule"), JUDGED)
def test_leaving_out_what_would_come_behind_an_end_token_changes_no_text(name: str, sampling: str, rule: str):
    worst, end, cut = 0.0, 1, 0
    for p, q, seed in instances(12):

        def draft(q: Table = q, seed: int = seed) -> DraftTree:
            nonlocal cut
            tree = build(TREES[name].build, cache(q), 2, Desk(seed=seed, end_tokens=(end,)), **options(name, sampling))
            assert not any(parent != ROOT and tree.tokens[parent] == end for parent in tree.parents)
            cut += any(token == end for token, depth in zip(tree.tokens, tree.depths(), strict=True) if depth == 1)
            return tree

        found, wanted = (up_to_end(law, end) for law in (joint(VERIFIERS[rule], p, draft, 3), words(cache(p), V, 3)))
        worst = max(worst, *(abs(found[text] - wanted[text]) for text in wanted))
    assert cut > 5
    assert worst < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize(("name", "sampling"), [way for way in WAYS if way != ("rsd-c", "without_replacement")])  # specinfer draws that one too
def test_two_hundred_instances_of_every_drawn_tree_give_out_the_targets_law(name: str, sampling: str):
    rule = VERIFIERS["recursive" if TREES[name].has_siblings else "rejection"]
    worst = 0.0
    for p, law, seed in instances(200):
        q, gamma = cache(law), 2 if seed % 3 == 0 else 1
        found = joint(rule, p, lambda q=q, g=gamma, s=seed: build(TREES[name].build, q, g, Desk(seed=s), **options(name, sampling)), gamma)
        worst = max(worst, float(np.abs(found - words(cache(p), V, gamma)).max()))
    assert worst < 1e-12


@pytest.mark.parametrize(("name", "sampling"), WAYS)
def test_what_was_drawn_is_in_the_tree_in_the_order_of_drawing(name: str, sampling: str):
    """One draw a node, none taken back: greedy siblings are drawn last of their place, the others are all drawn."""
    for seed in range(4):
        q = random_table(V, seed)
        for tree, weight, drawn in all_drawn(lambda q=q, seed=seed: build(TREES[name].build, q, 2, Desk(seed=seed), **options(name, sampling))):
            places = [tree.children(node) for node in range(-1, len(tree))]
            expected = sorted(children[-1] for children in places if children) if sampling == "greedy" else range(len(tree))
            assert [tree.tokens[node] for node in expected] == drawn
            assert weight > 0
            assert tree.pruned == ()


@pytest.mark.parametrize("controller", [name for name, control in CONTROLLERS.items() if control.between_levels and not control.shapes])
@pytest.mark.parametrize("name", ["chain", "specinfer", "rsd-s"])
def test_a_controller_that_stops_between_levels_changes_nothing_in_the_law(name: str, controller: str):
    """Also one that looks at the tokens drawn: they are all submitted."""
    settings = {"expected-gain": {"costs": Costs(0.425)}, "confidence": {"confidence": 0.5}, "entropy": {"confidence": 0.55}}[controller]
    depths = set()
    for p, law, seed in instances(14):
        q = cache(law)

        def draft(q: Table = q, seed: int = seed) -> DraftTree:
            tree = TREES[name].build(
                TableDrafter(q), CONTROLLERS[controller].make(2, **settings), Desk(seed=seed), **options(name, TREES[name].samplings[0])
            )
            depths.add(max(tree.depths(), default=0))
            return tree

        rule = VERIFIERS["rejection" if name == "chain" else "recursive"]
        assert np.abs(joint(rule, p, draft, 3) - words(cache(p), V, 3)).max() < 1e-12
    assert {1, 2} <= depths


def test_what_was_planned_from_earlier_cycles_changes_nothing_in_the_law():
    """A chain while nothing was learned, then the tree that is asked for where the second sibling is accepted as often as the first."""
    planner = Planner(2, costs=Costs(0.02), nodes=5)
    siblings = DraftTree([0, 1], [ROOT, ROOT], np.full((1, V), 1 / V), [0, 0], "without_replacement")
    for _ in range(2):
        for p, law, seed in instances(14):
            q = cache(law)
            found = joint(VERIFIERS["recursive"], p, lambda q=q, s=seed: planned.build(TableDrafter(q), planner, Desk(seed=s)), 3)
            assert np.abs(found - words(cache(p), V, 3)).max() < 1e-12
        learned = planner.plan
        for cycle in range(20):
            planner.observe(siblings, Verdict([cycle % 2], 0, "bonus", [], None))
    assert learned is not None
    assert not learned.is_chain


@pytest.mark.parametrize("name", [name for name, tree in TREES.items() if not tree.settles_counts])
def test_a_joint_rule_is_wrong_where_a_drawn_token_decides_how_many_siblings_there_are_and_is_refused(name: str):
    """It takes k siblings for k draws whatever came; here that a second one came at all tells what the first was."""
    worst = 0.0
    for p, q, seed in instances(10):
        found = joint(VERIFIERS["transport"], p, lambda q=q, s=seed: build(TREES[name].build, cache(q), 2, Desk(seed=s), **SMALL[name]), 2)
        worst = max(worst, float(np.abs(found - words(cache(p), V, 2)).max()))
    assert worst > 0.01
    with pytest.raises(ValueError, match=f"'transport', which judges them jointly, got '{name}'"):
        Method(tree=name, verifier="transport")


# ------------------------------------------------------------------------------------------------------ sample, then select

P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])


def selected(drafter: TableDrafter, controller: Constant, session: Desk) -> DraftTree:
    """The bug: draw two tokens without replacement, submit only the one with the larger q as if it had been drawn from q."""
    sketch = Sketch(prefix=len(session.tokens))
    law = drafter.propose(sketch, [ROOT])[0].law
    tokens = [layout.draw(law, session.draft_coin(0))]
    tokens.append(layout.draw(layout.without(law, tokens), session.draft_coin(1)))
    sketch.add(max(tokens, key=lambda token: law[token]), ROOT, sketch.add_law(law))
    return layout.finish(sketch, "iid")


def test_sample_then_select_is_biased_by_the_known_amount_and_the_enumeration_sees_it():
    """Verification.md, section 5.5."""
    out = joint(VERIFIERS["rejection"], lambda _: P, lambda: build(selected, lambda _: Q), 1)
    np.testing.assert_allclose(out, [0.503571, 0.160714, 0.335714], atol=1e-6)
    assert np.abs(out - P).sum() / 2 == pytest.approx(0.139286, abs=1e-6)


@pytest.mark.parametrize("name", ["rsd-c", "rsd-s", "sequoia"])
def test_keeping_both_draws_is_exact(name: str):
    settings = {"rsd-c": {"branching": (2,)}, "rsd-s": {"width": 2}, "sequoia": {"nodes": 2, "acceptance": (0.5, 0.4)}}[name]
    out = joint(VERIFIERS["recursive"], lambda _: P, lambda: build(TREES[name].build, lambda _: Q, 1, **settings), 1)
    np.testing.assert_allclose(out, P, atol=1e-12)


def test_treating_the_selected_token_as_picked_is_exact():
    def honest(drafter: TableDrafter, controller: Constant, session: Desk) -> DraftTree:
        tree = selected(drafter, controller, session)
        return DraftTree(tree.tokens, tree.parents, tree.q, tree.q_row, "deterministic")

    out = joint(VERIFIERS["rejection"], lambda _: P, lambda: build(honest, lambda _: Q), 1)
    np.testing.assert_allclose(out, P, atol=1e-12)


def test_a_tree_of_drawn_tokens_refuses_to_hold_pruned_ones():
    sketch = Sketch(prefix=1)
    row = sketch.add_law(Q)
    for token in (0, 2):
        sketch.add(token, ROOT, row)
    assert layout.finish(sketch, "deterministic", [1], [0]).pruned[0].token == 0
    with pytest.raises(ValueError, match="keep all that was drawn"):
        layout.finish(sketch, "without_replacement", [1], [0])


def test_tokens_without_mass_are_never_drawn_and_end_the_siblings():
    law = np.array([0.0, 0.5, 0.0, 0.5])
    for sampling in ("without_replacement", "deterministic", "greedy"):
        for seed in range(20):
            sketch = Sketch(prefix=1)
            layout.add_siblings(sketch, ROOT, Proposal(law=law), 4, Desk(seed=seed), sampling)
            assert sorted(sketch.tokens) == [1, 3]
    assert draw(law, 0.999999999) == 3
