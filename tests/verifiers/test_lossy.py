"""Lossy rules: the total variation distance they cause, by their own formula and by enumeration, and what they keep."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from specviz.verifiers.lenience import Lenience
from specviz.verifiers.top_m import TopM
from specviz.verifiers.typical import Typical
from tests.verifiers.enumeration import enumerate_tree, max_depth, random_table
from tests.verifiers.instances import KINDS, laws

P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
RULES = {
    "typical": Typical(),
    "typical, low": Typical(0.3, 0.9),
    "lenience": Lenience(),
    "lenience 0.8": Lenience(0.8),
    "top-m": TopM(),
    "top-1": TopM(1),
}


def variation(law: np.ndarray, p: np.ndarray) -> float:
    return float(np.abs(law - p).sum() / 2)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_distance_it_names_is_the_enumerated_one_on_27_random_places(name: str, kind: str):
    rule = RULES[name]
    for seed in range(27):
        vocab = 2 + seed % 5
        p, q = (table(()) for table in laws(kind, vocab, seed))
        found = enumerate_tree(rule, lambda _, p=p: p, lambda _, q=q: q, (-1,), "iid", vocab)
        assert rule.total_variation(p, q) == pytest.approx(variation(found.first, p), abs=1e-12)
        assert np.abs(rule.output_law(p, q) - found.first).max() <= 1e-12
        assert rule.total_variation(torch.from_numpy(p), torch.from_numpy(q)) == pytest.approx(rule.total_variation(p, q), abs=1e-14)


@pytest.mark.parametrize("name", RULES)
def test_a_picked_draft_costs_what_its_one_hot_law_says(name: str):
    rule, q = RULES[name], np.array([0.1, 0.7, 0.2])
    found = enumerate_tree(rule, lambda _: P, lambda _: q, (-1,), "deterministic", 3)
    assert rule.total_variation(P, np.eye(3)[1]) == pytest.approx(variation(found.first, P), abs=1e-12)


@pytest.mark.parametrize("rule", [Typical(1.0, 50.0), Lenience(1.0), TopM(0)], ids=lambda rule: rule.name)
def test_the_strict_end_of_every_knob_is_lossless(rule):
    for kind in KINDS:
        p, q = laws(kind, 3, 4)
        for parents in [(-1,), (-1, 0), *([] if rule.chains_only else [(-1, -1), (-1, -1, 0)])]:
            assert enumerate_tree(rule, p, q, parents, "iid", 3).error <= 1e-12
        assert rule.total_variation(p(()), q(())) == pytest.approx(0.0, abs=1e-15)


def test_the_distance_of_lenience_grows_as_it_gets_milder():
    for seed in range(30):
        p, q = (random_table(5, s)(()) for s in (seed, seed + 99))
        costs = [Lenience(knob).total_variation(p, q) for knob in (1.0, 0.8, 0.5, 0.2, 1e-9)]
        assert costs == sorted(costs)
        assert costs[-1] == pytest.approx(variation(q, p))  # everything is kept


def test_keeping_everything_costs_the_distance_of_the_draft_and_keeping_some_may_cost_more():
    p, q = (random_table(5, s)(()) for s in (3, 4))
    assert TopM(5).total_variation(p, q) == pytest.approx(variation(q, p))
    assert Typical(0.0).total_variation(p, q) == pytest.approx(variation(q, p))
    assert TopM(1).total_variation(P, P) == pytest.approx(0.25)  # a perfect draft spoilt by a rule
    assert TopM(3).total_variation(P, P) == 0.0


@pytest.mark.parametrize(
    ("knob", "accepted", "law", "cost"), [(0.8, 0.75, (0.45, 0.30, 0.25), 0.05), (0.5, 0.9, (0.3, 0.3, 0.4), 0.2), (1.0, 0.7, (0.5, 0.3, 0.2), 0.0)]
)
def test_golden_lenience(knob: float, accepted: float, law: tuple[float, ...], cost: float):
    found = enumerate_tree(Lenience(knob), lambda _: P, lambda _: Q, (-1,), "iid", 3)
    assert found.accepted == pytest.approx(accepted, abs=1e-12)
    assert found.first.tolist() == pytest.approx(law, abs=1e-12)
    assert Lenience(knob).total_variation(P, Q) == pytest.approx(cost, abs=1e-12)


def test_golden_typical_acceptance():
    p = np.array([0.5, 0.3, 0.15, 0.05])
    assert -np.sum(p * np.log(p)) == pytest.approx(1.142120, abs=1e-6)
    assert float(Typical().limits(p)) == 0.09
    assert (p > Typical().limits(p)).tolist() == [True, True, True, False]
    uniform = np.full(50, 0.02)
    assert float(Typical().limits(uniform)) == pytest.approx(0.006)
    assert (uniform > Typical().limits(uniform)).all()
    assert float(Typical().limits(np.array([0.0, 1.0]))) == 0.09  # a sure target: the floor, not 1


def picked(tokens: tuple[int, ...], parents: tuple[int, ...]) -> DraftTree:
    return DraftTree(tokens, parents, None, [-1] * len(tokens), "deterministic")


def test_typical_takes_the_longest_path_then_the_likeliest():
    p = np.array([0.5, 0.3, 0.19, 0.01])
    tree = picked((0, 1, 2, 3, 0), (-1, -1, 1, 0, 1))
    verdict = Typical().judge(tree, np.tile(p, (6, 1)), np.zeros(6))
    # 0 alone is likelier than 1, but 1 goes on: with 2, and likelier with 0; 3 is below the limit
    assert (verdict.path, verdict.kind) == ([1, 4], "bonus")
    assert [d.state for d in verdict.decisions] == ["rejected", "accepted", "rejected", "rejected", "accepted"]
    assert [d.threshold for d in verdict.decisions] == [0.0, 1.0, 0.0, 0.0, 1.0]
    below = Typical().judge(picked((3, 0), (-1, 0)), np.tile(p, (3, 1)), np.zeros(3))
    assert ([d.state for d in below.decisions], below.kind) == (["rejected", "ignored"], "corrected")


def test_of_equal_paths_the_first_is_taken():
    verdict = Typical().judge(picked((0, 0), (-1, -1)), np.tile(P, (3, 1)), np.zeros(3))
    assert verdict.path == [0]


def test_top_m_follows_the_first_child_that_is_good_enough():
    p = np.array([0.1, 0.4, 0.3, 0.2])
    tree = picked((0, 2, 1, 3), (-1, -1, -1, 1))
    verdict = VERIFIERS["top-m"].judge(tree, np.tile(p, (5, 1)), np.zeros(5))
    assert [d.state for d in verdict.decisions] == ["rejected", "accepted", "ignored", "rejected"]
    assert (verdict.path, verdict.kind) == ([1], "corrected")


def test_top_m_gives_ties_to_the_lowest_id_and_keeps_nothing_impossible():
    assert TopM(2).kept(np.array([0.2, 0.4, 0.2, 0.2])).tolist() == [True, True, False, False]
    assert TopM(3).kept(np.array([0.0, 1.0, 0.0])).tolist() == [False, True, False]
    assert TopM(2).kept(torch.tensor([0.2, 0.4, 0.2, 0.2])).tolist() == [True, True, False, False]


@pytest.mark.parametrize("name", ["typical", "lenience", "top-m"])
def test_a_lossy_rule_shows_as_such_in_the_enumeration(name: str):
    p, q = random_table(3, 1), random_table(3, 2)
    parents = (-1, 0)
    assert enumerate_tree(VERIFIERS[name], p, q, parents, "iid", 3).error > 1e-2
    assert max_depth(parents) == 2


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Typical(floor=1.5), r"floor in \[0, 1\].*1.5"),
        (lambda: Typical(entropy_factor=-1), "entropy_factor >= 0.*-1"),
        (lambda: Lenience(0.0), r"lenience in \(0, 1\], got 0.0"),
        (lambda: Lenience(1.1), "got 1.1"),
        (lambda: TopM(-1), "m >= 0, got -1"),
    ],
)
def test_knobs_outside_their_range_are_refused(make, said: str):
    with pytest.raises(ValueError, match=said):
        make()
