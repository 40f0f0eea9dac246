"""The formulas of every rule at one place, against hand-worked values and against the rules themselves over every draft."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from specviz.theory import rules
from specviz.theory.rules import RATES, bound, k_seq_factor, place, rate
from specviz.trace.replay_odds import reach
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from specviz.verifiers.k_seq import smallest_factor
from tests.theory.places import SPECIAL, random_law, tuples_of

X = (0.1, 0.2, 0.3, 0.4), (0.6, 0.25, 0.1, 0.05)
Y = (0.4, 0.3, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4)
Z = (0.5, 0.3, 0.15, 0.05), (0.25, 0.25, 0.25, 0.25)
COLUMNS = ((X, 2), (X, 3), (Y, 2), (Z, 2))
GOLDEN = [  # verification.md, section 2
    ("recursive", "iid", (0.5325, 0.602625, 0.72, 0.825)),
    ("k-seq", "iid", (0.550560386, 0.634037493, 0.75, 0.847597051)),
    ("transport", "iid", (0.5775, 0.685875, 0.79, 0.9375)),
    ("recursive", "without_replacement", (0.6475, 0.833333333, 0.764285714, 0.85)),
    ("transport", "without_replacement", (0.725, 0.979700855, 0.834523810, 1.0)),
    ("greedy-multidraft", "greedy", (0.675, 0.933333333, 0.766666667, 1.0)),
]
JUDGED = [(name, sampling) for name, known in RATES.items() for sampling in sorted(known.samplings)]


@pytest.mark.parametrize(("rule", "sampling", "expected"), GOLDEN)
def test_the_worked_examples_come_out(rule, sampling, expected):
    found = [rate(rule, place(p, q, k, sampling)) for (p, q), k in COLUMNS]
    assert [r.value for r in found] == pytest.approx(expected, abs=1e-9)
    assert all(r.is_exact for r in found)


def test_the_worked_factors_come_out():
    assert [k_seq_factor(*laws, k) for laws, k in COLUMNS] == pytest.approx([1.6704025757937786, 2.226916619, 1.5, 1.390388203], abs=1e-9)


def test_naive_sampling_of_the_worked_example_comes_out():
    assert rate("naive", place(*X, 2, "iid")).value == pytest.approx(0.2675, abs=1e-12)
    assert rate("rejection", place(*X, 1, "iid")).value == pytest.approx(0.45, abs=1e-12)


def drafted(q, k, sampling):
    """Every tuple of siblings this way of drafting may give, with its probability."""
    if sampling in ("iid", "without_replacement"):
        return list(tuples_of(q, k, replacement=sampling == "iid", fallback=True))
    picked = tuple(np.argsort(-q, kind="stable")[:k].tolist())
    if sampling == "deterministic":
        return [(picked, 1.0)]
    tail = np.where(np.isin(np.arange(len(q)), picked[: k - 1]), 0.0, q)
    tail = tail if tail.sum() > 0 else np.where(np.isin(np.arange(len(q)), picked[: k - 1]), 0.0, 1.0)
    return [((*picked[: k - 1], y), chance / tail.sum()) for y, chance in enumerate(tail.tolist())]


def averaged(rule, p, q, k, sampling):
    """How often the rule itself accepts one of k siblings, over every draft and every coin."""
    total = 0.0
    for tokens, chance in drafted(q, k, sampling):
        if chance > 0:
            tree = DraftTree(tokens, [-1] * k, q[None], [0] * k, sampling)
            total += chance * reach(rule, tree, np.tile(p, (k + 1, 1)))[1].value
    return total


@pytest.mark.parametrize(("name", "sampling"), [case for case in JUDGED if case[0] != "transport"])
def test_a_formula_says_what_its_rule_does_over_every_draft_and_coin(name, sampling):
    rng = np.random.default_rng(11)
    for index in range(100):
        size = int(rng.integers(2, 6))
        k = 1 if RATES[name].chains_only else int(rng.integers(1, min(size, 4 if size < 5 else 3) + 1))
        p, q = SPECIAL[index % len(SPECIAL)](random_law(rng, size), random_law(rng, size))
        at = place(p, q, k, sampling)
        assert rate(name, at).value == pytest.approx(averaged(VERIFIERS[name], p, q, k, sampling), abs=1e-11)
        assert rate(name, at).value <= bound(at) + 1e-11


@pytest.mark.parametrize("sampling", sorted(RATES["transport"].samplings))
def test_the_optimal_coupling_reaches_the_bound(sampling):
    rng = np.random.default_rng(12)
    for index in range(24):
        size, k = int(rng.integers(2, 5)), int(rng.integers(1, 3))
        p, q = SPECIAL[index % len(SPECIAL)](random_law(rng, size), random_law(rng, size))
        assert bound(place(p, q, k, sampling)) == pytest.approx(averaged(VERIFIERS["transport"], p, q, k, sampling), abs=1e-7)


def test_every_rule_with_a_formula_is_registered_with_what_it_can_judge():
    for name, known in RATES.items():
        assert (known.samplings, known.chains_only) == (VERIFIERS[name].samplings, VERIFIERS[name].chains_only)


def test_the_factor_is_the_one_the_rule_uses():
    rng = np.random.default_rng(13)
    for _ in range(100):
        p, q, k = random_law(rng, 6), random_law(rng, 6), int(rng.integers(1, 5))
        assert k_seq_factor(p, q, k) == pytest.approx(smallest_factor(p, q, k), abs=1e-12)


@pytest.mark.parametrize("name", ["recursive", "naive"])
def test_what_is_drawn_agrees_with_what_is_summed(name, monkeypatch):
    rng = np.random.default_rng(14)
    misses = 0
    for seed in range(30):
        p, q = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))
        at = place(p, q, 3, "without_replacement", draws=200, seed=seed)
        exact = rate(name, at)
        with monkeypatch.context() as patch:
            patch.setattr(rules, "_MOST_PREFIXES", 0)
            drawn = rate(name, at)
        assert exact.is_exact
        assert not drawn.is_exact
        misses += abs(drawn.value - exact.value) > drawn.error
    assert misses <= 5  # 95 % intervals: 1.5 expected


def test_more_siblings_pass_more_often_and_never_more_than_the_bound():
    rng = np.random.default_rng(15)
    for _ in range(5):
        p, q = random_law(rng, 400), random_law(rng, 400)
        for name, sampling in (("recursive", "iid"), ("k-seq", "iid"), ("greedy-multidraft", "greedy"), ("naive", "iid")):
            found = [rate(name, place(p, q, k, sampling)).value for k in range(1, 9)]
            assert all(later >= earlier - 1e-12 for earlier, later in itertools.pairwise(found))
            assert all(value <= bound(place(p, q, k, sampling)) + 1e-12 for k, value in enumerate(found, start=1))


def test_a_nearly_one_hot_draft_keeps_the_digits_of_its_tail():
    q = np.array([1.0, 0.7e-18, 0.3e-18])
    p = np.array([0.0, 0.7, 0.3])
    # the first is refused for sure, the second then comes from (0.7, 0.3), which is p itself
    assert rate("recursive", place(p, q, 2, "without_replacement")).value == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"p": (0.5, 0.6, 0.1)}, "expected p to be a law"),
        ({"q": (0.5, 0.5)}, "one vocabulary, got 3 and 2"),
        ({"k": 0}, "whole number >= 1, got 0"),
        ({"k": True}, "whole number >= 1, got True"),
        ({"sampling": "beam"}, "one of iid, without_replacement, deterministic, greedy, got 'beam'"),
        ({"q": None}, "give picked"),
    ],
)
def test_a_place_that_is_none_is_refused(change, words):
    given = {"p": (0.2, 0.3, 0.5), "q": (0.5, 0.3, 0.2), "k": 2, "sampling": "iid"} | change
    with pytest.raises(ValueError, match=words):
        place(**given)


@pytest.mark.parametrize(
    ("rule", "k", "sampling", "words"),
    [
        ("typical", 1, "iid", "expected a rule with a formula .*, got 'typical'"),
        ("k-seq", 2, "greedy", "sampled iid for the rule 'k-seq', got 'greedy'"),
        ("rejection", 2, "iid", "one draft at a place for the rule 'rejection', got 2"),
    ],
)
def test_a_rule_that_cannot_judge_a_place_is_named(rule, k, sampling, words):
    with pytest.raises(ValueError, match=words):
        rate(rule, place(*X, k, sampling))
