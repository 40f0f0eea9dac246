"""The optimum of k drafted siblings: hand-worked values, all subsets, and the linear programme itself."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from scipy.optimize import linprog

from specviz.theory import transport
from specviz.theory.acceptance import total_variation
from specviz.theory.transport import optimal_acceptance
from tests.theory.places import SPECIAL, random_law, tuples_of

X = (0.1, 0.2, 0.3, 0.4), (0.6, 0.25, 0.1, 0.05)
Y = (0.4, 0.3, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4)
Z = (0.5, 0.3, 0.15, 0.05), (0.25, 0.25, 0.25, 0.25)


SHARP = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def by_subsets(p, q, k, *, replacement):
    drafted = list(tuples_of(q, k, replacement=replacement))
    sizes = range(len(p) + 1)
    subsets = (set(h) for size in sizes for h in itertools.combinations(range(len(p)), size))
    return 1 + min(sum(p[x] for x in h) - sum(c for t, c in drafted if h.issuperset(t)) for h in subsets)


def by_linear_programme(p, q, k, *, replacement, fallback=False):
    """Maximise the mass of (tuple, output) pairs whose output is a member, under both marginals."""
    drafted = list(tuples_of(q, k, replacement=replacement, fallback=fallback))
    pairs = [(i, x) for i, (t, _) in enumerate(drafted) for x in sorted(set(t))]
    limits = np.array([c for _, c in drafted] + list(p))
    matrix = np.zeros((len(limits), len(pairs)))
    for column, (i, x) in enumerate(pairs):
        matrix[i, column] = matrix[len(drafted) + x, column] = 1.0
    found = linprog(-np.ones(len(pairs)), A_ub=matrix, b_ub=limits, method="highs-ds", options=SHARP)
    assert found.success
    return -found.fun


@pytest.mark.parametrize(
    ("laws", "k", "replacement", "expected"),
    [
        (X, 2, True, 0.5775),
        (X, 3, True, 0.685875),
        (Y, 2, True, 0.79),
        (Z, 2, True, 0.9375),
        (X, 2, False, 0.725),
        (X, 3, False, 0.979700855),
        (Y, 2, False, 0.834523810),
        (Z, 2, False, 1.0),
    ],
)
def test_the_worked_examples_come_out(laws, k, replacement, expected):
    assert optimal_acceptance(*laws, k, replacement) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("replacement", [True, False])
def test_sorted_prefixes_reach_the_best_of_all_subsets(replacement):
    rng = np.random.default_rng(1)
    for _ in range(60):
        size = int(rng.integers(2, 7))
        k = int(rng.integers(1, min(size, 4) + 1))
        p, q = random_law(rng, size), random_law(rng, size)
        assert optimal_acceptance(p, q, k, replacement) == pytest.approx(by_subsets(p, q, k, replacement=replacement), abs=1e-11)


@pytest.mark.parametrize("replacement", [True, False])
def test_no_coupling_does_better_and_one_does_as_well(replacement):
    rng = np.random.default_rng(2)
    for index in range(300):
        size = int(rng.integers(2, 7))
        k = int(rng.integers(1, min(size, 4 if size < 5 else 3) + 1))
        p, q = SPECIAL[index % len(SPECIAL)](random_law(rng, size), random_law(rng, size))
        assert optimal_acceptance(p, q, k, replacement) == pytest.approx(by_linear_programme(p, q, k, replacement=replacement), abs=1e-9)


@pytest.mark.parametrize("replacement", [True, False])
def test_one_draft_is_one_minus_total_variation(replacement):
    rng = np.random.default_rng(3)
    for size in (2, 17, 5000):
        p, q = random_law(rng, size), random_law(rng, size)
        assert optimal_acceptance(p, q, 1, replacement) == pytest.approx(1 - float(total_variation(p, q)), abs=1e-12)


@pytest.mark.parametrize("replacement", [True, False])
def test_more_drafts_never_accept_less(replacement):
    rng = np.random.default_rng(4)
    for _ in range(20):
        p, q = random_law(rng, 40), random_law(rng, 40)
        rates = [optimal_acceptance(p, q, k, replacement) for k in (1, 2, 3, 5, 8, 16, 17, 30)]
        assert all(later >= earlier - 1e-12 for earlier, later in itertools.pairwise(rates))
        assert rates[-1] > rates[0]


def test_drawing_all_tokens_accepts_always():
    p, q = random_law(np.random.default_rng(5), 6), random_law(np.random.default_rng(6), 6)
    assert optimal_acceptance(p, q, 6, replacement=False) == pytest.approx(1.0, abs=1e-12)
    assert optimal_acceptance(p, q, 60, replacement=False) == pytest.approx(1.0, abs=1e-12)


def test_a_draw_that_goes_on_evenly_after_q_is_spent_reaches_its_linear_programme():
    rng = np.random.default_rng(9)
    for _ in range(60):
        size = int(rng.integers(3, 6))
        p, q = random_law(rng, size), random_law(rng, size) * (np.arange(size) < rng.integers(1, size - 1))
        q, k = q / q.sum(), int(rng.integers(np.count_nonzero(q) + 1, size + 1))
        most = by_linear_programme(p, q, k, replacement=False, fallback=True)
        assert optimal_acceptance(p, q, k, replacement=False, fallback=True) == pytest.approx(most, abs=1e-9)
        assert most >= optimal_acceptance(p, q, k, replacement=False) - 1e-12


def test_tokens_the_draft_never_proposes_are_out_of_reach():
    p, q = (0.25, 0.25, 0.5), (0.5, 0.5, 0.0)
    assert optimal_acceptance(p, q, 2, replacement=False) == pytest.approx(0.5, abs=1e-12)
    assert optimal_acceptance(p, q, 5, replacement=True) == pytest.approx(0.5, abs=1e-12)


def test_a_nearly_one_hot_draft_still_counts_its_second_choice():
    """The second draw comes from what is left, however little that is: here (0.7, 0.3) of 1e-30."""
    q = np.array([1.0, 0.7e-30, 0.3e-30])
    p = np.array([0.2, 0.5, 0.3])
    assert optimal_acceptance(p, q, 2, replacement=False) == pytest.approx(0.2 + 0.5 + 0.3, abs=1e-12)
    assert optimal_acceptance(np.array([0.0, 0.9, 0.1]), q, 2, replacement=False) == pytest.approx(0.7 + 0.1, abs=1e-12)


def test_both_ways_to_count_arrivals_agree():
    rng = np.random.default_rng(7)
    q = random_law(rng, 300)
    times = np.array([0.01, 1.0, 30.0, 3e3, 1e6])
    for k in (1, 2, 9, 16):
        slow = transport._waiting_by_recursion(q, times, k)
        for quick, exact in zip(transport._waiting_by_powers(q, times, k), slow, strict=True):
            np.testing.assert_allclose(quick, exact[: len(quick)], atol=1e-13)
            assert exact[len(quick) :].max(initial=0.0) < 1e-15


def test_times_at_which_nobody_can_have_arrived_are_summed_at_once():
    outside, times, weights = np.linspace(0, 1, 7), np.array([1e-6, 0.01, 0.4, 30.0]), np.array([0.2, 0.3, 0.4, 0.5])
    np.testing.assert_allclose(transport._all_waiting(outside, times, weights), np.exp(-np.outer(outside, times)) @ weights, atol=1e-15)


def test_float32_rows_are_normalised_first():
    rng = np.random.default_rng(8)
    p, q = random_law(rng, 50_000), random_law(rng, 50_000)
    assert optimal_acceptance(p.astype(np.float32), q.astype(np.float32), 4, replacement=False) == pytest.approx(
        optimal_acceptance(p, q, 4, replacement=False), abs=1e-5
    )


@pytest.mark.parametrize(
    ("p", "q", "k", "words"),
    [
        ([0.5, 0.5], [1.0], 1, "one vocabulary"),
        ([0.5, 0.6], [0.5, 0.5], 1, "expected p to be a law"),
        ([0.5, 0.5], [1.5, -0.5], 1, "expected q to be a law"),
        ([0.5, float("nan")], [0.5, 0.5], 1, "expected p to be a law"),
        ([[0.5, 0.5]], [[0.5, 0.5]], 1, "one row at a time"),
        ([], [], 1, "one row at a time"),
        ([0.5, 0.5], [0.5, 0.5], 0, "whole number >= 1, got 0"),
        ([0.5, 0.5], [0.5, 0.5], 1.5, "whole number >= 1, got 1.5"),
        ([0.5, 0.5], [0.5, 0.5], True, "whole number >= 1, got True"),
    ],
)
def test_input_that_is_no_law_is_refused_by_name(p, q, k, words):
    with pytest.raises(ValueError, match=words):
        optimal_acceptance(p, q, k, replacement=True)


@pytest.mark.slow
@pytest.mark.parametrize(("replacement", "limit"), [(True, 0.050), (False, 0.500)])
@pytest.mark.parametrize("k", [1, 2, 8])
@pytest.mark.parametrize("spread", [2.0, 8.0])
def test_a_vocabulary_of_150_000_takes_no_longer_than_promised(spread, k, replacement, limit):
    rng = np.random.default_rng(10)
    p, q = (np.exp(rng.normal(size=150_000) * spread) for _ in range(2))
    p, q = p / p.sum(), q / q.sum()
    seconds = []
    for _ in range(5):
        start = time.process_time()  # of this process alone: other work on the machine is not its fault
        optimal_acceptance(p, q, k, replacement)
        seconds.append(time.process_time() - start)
    assert min(seconds) < limit
