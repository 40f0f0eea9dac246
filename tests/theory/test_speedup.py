"""The speedup formulas against worked values."""

from __future__ import annotations

import numpy as np
import pytest

from specviz.theory.speedup import best_gamma, expected_tokens, extra_operations, general_speedup, speedup

BEST = {
    0.5: {0.01: (5, 1.8750), 0.05: (3, 1.6304), 0.1: (2, 1.4583), 0.2: (1, 1.2500)},
    0.7: {0.01: (9, 2.9717), 0.05: (6, 2.3529), 0.1: (4, 1.9808), 0.2: (3, 1.5831)},
    0.8: {0.01: (14, 4.2316), 0.05: (8, 3.0921), 0.1: (6, 2.4696), 0.2: (4, 1.8676)},
    0.9: {0.01: (24, 7.4856), 0.05: (13, 4.6741), 0.1: (10, 3.4309), 0.2: (7, 2.3731)},
}


@pytest.mark.parametrize(("gamma", "tokens"), [(1, 1.8), (2, 2.44), (3, 2.952), (4, 3.3616), (5, 3.6893), (8, 4.3289)])
def test_expected_tokens_at_four_fifths(gamma: int, tokens: float):
    assert expected_tokens(0.8, gamma) == pytest.approx(tokens, abs=5e-5)


def test_expected_tokens_of_a_tree_level_by_level():
    assert expected_tokens(0.9, 4) == pytest.approx(4.0951, abs=5e-5)


@pytest.mark.parametrize("gamma", [0, 1, 7, 2.5])
def test_at_full_acceptance_every_draft_counts(gamma: float):
    assert expected_tokens(1.0, gamma) == gamma + 1
    assert expected_tokens(0.0, gamma) == 1


@pytest.mark.parametrize("miss", [1e-6, 1e-12, 1e-15])
def test_no_digits_are_lost_near_full_acceptance(miss: float):
    assert expected_tokens(1 - miss, 9) == pytest.approx(10 - 45 * miss, abs=45 * miss * 1e-3 + 1e-14)


def test_expected_tokens_broadcast():
    assert expected_tokens([[0.5], [0.8]], [1, 2, 3]).shape == (2, 3)


@pytest.mark.parametrize(("alpha", "c"), [(alpha, c) for alpha, row in BEST.items() for c in row])
def test_best_length_and_its_speedup(alpha: float, c: float):
    gamma, value = BEST[alpha][c]
    assert best_gamma(alpha, c) == gamma
    assert speedup(alpha, gamma, c) == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(("alpha", "c"), [(0.3, 0.2), (0.6, 0.5), (0.11, 0.1)])
def test_drafting_pays_when_acceptance_exceeds_the_cost(alpha: float, c: float):
    gamma = best_gamma(alpha, c)
    assert gamma >= 1
    assert speedup(alpha, gamma, c) >= (1 + alpha) / (1 + c) - 1e-12


def test_drafting_does_not_pay_when_it_costs_more_than_it_yields():
    assert best_gamma(0.2, 0.5) == 0
    assert speedup(0.2, 0, 0.5) == 1


def test_the_general_formula_is_the_simple_one_when_verifying_is_free():
    assert general_speedup(expected_tokens(0.8, 5), 5, 0.1) == pytest.approx(float(speedup(0.8, 5, 0.1)))


def test_other_work_slows_a_cycle_down():
    assert general_speedup(3.0, 4, 0.1, v=1.2, other=0.4) == pytest.approx(3.0 / 2.0)


def test_v_is_a_number_or_a_function_of_the_verified_tokens():
    assert speedup(0.8, 4, 0.1, v=1.5) == pytest.approx(3.3616 / 1.9)
    assert speedup(0.8, [2, 4], 0.1, v=lambda m: m / 5).tolist() == pytest.approx([2.44 / 0.8, 3.3616 / 1.4])


def test_extra_arithmetic():
    alpha, gamma, c_hat = 0.8, 4, 0.05
    assert extra_operations(alpha, gamma, c_hat) == pytest.approx((1 - alpha) * (gamma * c_hat + gamma + 1) / (1 - alpha ** (gamma + 1)))


@pytest.mark.parametrize(("alpha", "gamma", "said"), [(1.2, 3, "alpha"), (-0.1, 3, "alpha"), (0.5, -1, "gamma"), (float("nan"), 1, "alpha")])
def test_letters_out_of_range_are_refused(alpha: float, gamma: float, said: str):
    with pytest.raises(ValueError, match=f"expected {said}"):
        expected_tokens(alpha, gamma)


def test_a_cycle_that_costs_nothing_is_refused():
    with pytest.raises(ValueError, match="costs more than 0"):
        general_speedup(3.0, 0, 0.1, v=0.0)


# One H100 (989 Tflop/s in bf16, 3.35 TB/s) and Llama-3.1-8B (8.03e9 parameters, 131072 bytes of keys and values a token,
# 32 layers, 32 heads of 128): the cost table of the verification pass, from the roofline.
FLOPS, BANDWIDTH, PARAMETERS, KAPPA, WIDTH = 989e12, 3.35e12, 8.03e9, 131072, 32 * 32 * 128


def pass_time(batch: int, context: int, tokens: np.ndarray) -> np.ndarray:
    linear = np.maximum(2 * PARAMETERS / BANDWIDTH, 2 * PARAMETERS * batch * tokens / FLOPS)
    attention = np.maximum(batch * context * KAPPA / BANDWIDTH, 4 * batch * tokens * context * WIDTH / FLOPS)
    return linear + attention


@pytest.mark.parametrize(
    ("batch", "context", "gamma", "best"), [(256, 512, 1, 1.1686), (256, 4096, 3, 1.6255), (256, 32768, 4, 1.9151), (512, 0, 0, 1.0)]
)
def test_the_best_length_follows_batch_and_context(batch: int, context: int, gamma: int, best: float):
    def v(m: np.ndarray) -> np.ndarray:
        return pass_time(batch, context, m) / pass_time(batch, context, np.array(1.0))

    assert best_gamma(0.7, 0.1, v, limit=15) == gamma
    assert speedup(0.7, gamma, 0.1, v) == pytest.approx(best, abs=2e-3)


def test_with_arithmetic_the_limit_drafting_loses():
    assert speedup(0.7, 1, 0.1, lambda m: m) == pytest.approx(0.8095, abs=5e-5)
