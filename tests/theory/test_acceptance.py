"""The acceptance formulas against worked values and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from specviz.theory.acceptance import alpha, expected_tokens_by_position, residual, total_variation, wilson
from specviz.theory.speedup import expected_tokens

P, Q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
laws = st.lists(st.floats(0.01, 1.0), min_size=5, max_size=5).map(lambda w: np.array(w) / sum(w))


def test_the_worked_example_overlaps_in_seven_tenths():
    assert alpha(P, Q) == pytest.approx(0.7, abs=1e-15)


def test_the_worked_examples_residual_is_one_hot():
    np.testing.assert_allclose(residual(P, Q), (1, 0, 0), atol=1e-15)


@pytest.mark.parametrize(("gamma", "accepted"), [(1, 0.7), (2, 1.19), (3, 1.533), (4, 1.7731)])
def test_the_worked_examples_expected_accepted_drafts(gamma: int, accepted: float):
    assert expected_tokens(float(alpha(P, Q)), gamma) - 1 == pytest.approx(accepted, abs=1e-12)
    assert expected_tokens_by_position([0.7] * gamma) - 1 == pytest.approx(accepted, abs=1e-12)


@given(laws, laws)
def test_acceptance_is_one_minus_total_variation(p: np.ndarray, q: np.ndarray):
    assert alpha(p, q) == pytest.approx(1 - total_variation(p, q), abs=1e-12)


@given(laws, laws)
def test_accepting_and_replacing_together_give_the_target(p: np.ndarray, q: np.ndarray):
    np.testing.assert_allclose(np.minimum(p, q) + (1 - alpha(p, q)) * residual(p, q), p, atol=1e-12)


def test_nothing_left_falls_back_to_the_target():
    np.testing.assert_allclose(residual(P, P), P)


def test_laws_come_in_any_number():
    p, q = np.array([[P, Q], [P, P]]), np.array([[Q, Q], [Q, P]])
    np.testing.assert_allclose(alpha(p, q), [[0.7, 1.0], [0.7, 1.0]])
    assert residual(p, q).shape == p.shape


@pytest.mark.parametrize(("p", "q"), [((0.5, 0.5), (0.5, 0.3, 0.2)), ((0.5, 0.6), (0.5, 0.5)), ((1.5, -0.5), (0.5, 0.5))])
def test_what_is_no_pair_of_laws_is_refused(p: tuple[float, ...], q: tuple[float, ...]):
    with pytest.raises(ValueError, match="expected p"):
        alpha(p, q)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(8, 10, 0.4901625, 0.9433178), (0, 10, 0.0, 0.2775328), (10, 10, 0.7224672, 1.0), (81, 263, 0.2552904, 0.3662067)],
)
def test_wilson_agrees_with_published_values(successes: int, trials: int, low: float, high: float):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=2e-4)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_and_stays_in_the_unit_interval(counts: tuple[int, int]):
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1


def test_no_trials_say_nothing():
    assert all(math.isnan(bound) for bound in wilson(0, 0))


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ValueError, match="5 of 4"):
        wilson(5, 4)


def test_position_dependent_acceptance_multiplies_along_the_chain():
    assert expected_tokens_by_position([0.9, 0.5, 0.2]) == pytest.approx(1 + 0.9 + 0.45 + 0.09)
    assert expected_tokens_by_position([]) == 1
    with pytest.raises(ValueError, match="never examined"):
        expected_tokens_by_position([0.5, math.nan])
