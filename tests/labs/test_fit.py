"""The chi-square test and the interval of the distance: sizes, merging, and that they hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from specviz.labs.fit import chi_square, fit

LAW = np.array([0.4, 0.3, 0.2, 0.06, 0.03, 0.009, 0.001])


def test_without_rare_texts_it_is_pearsons_test():
    law = np.array([0.5, 0.3, 0.2])
    seen = np.array([480, 330, 190])
    statistic, cells, merged, p_value = chi_square(seen, law * 1000)
    expected = stats.chisquare(seen, law * 1000)
    assert (cells, merged) == (3, 0)
    assert statistic == pytest.approx(expected.statistic)
    assert p_value == pytest.approx(expected.pvalue)


def test_texts_expected_less_than_five_times_share_a_cell_that_expects_five():
    seen = np.array([41, 29, 20, 6, 3, 1, 0])
    _, cells, merged, _ = chi_square(seen, LAW * 100)
    assert merged == 4  # 0.1 + 0.9 + 3 = 4: one more is needed
    assert cells == 4
    expected = stats.chisquare([41, 29, 20, 10], [40, 30, 20, 10])
    assert chi_square(seen, LAW * 100)[3] == pytest.approx(expected.pvalue)


def test_a_text_that_cannot_be_is_fatal():
    found = fit(np.array([50, 49, 1]), np.array([0.5, 0.5, 0.0]))
    assert found.p_value == 0.0
    assert found.has_failed


def test_a_law_with_one_text_leaves_nothing_to_test():
    assert fit(np.array([100, 0]), np.array([1.0, 0.0])).p_value == 1.0


def test_p_values_of_a_right_sampler_are_even():
    """400 samples; were the merged cells wrong, the p-values would pile up at an end."""
    rng = np.random.default_rng(0)
    values = [chi_square(rng.multinomial(3000, LAW), LAW * 3000)[3] for _ in range(400)]
    assert stats.kstest(values, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.1])
def test_the_interval_holds_the_true_distance_nearly_always(shift):
    other = LAW + np.array([shift, -shift, 0, 0, 0, 0, 0])
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(100):
        found = fit(rng.multinomial(2000, other), LAW, seed=seed)
        held += found.low <= shift + 1e-12 and shift <= found.high + 1e-12
    assert held >= 93


def test_the_interval_holds_with_many_rare_texts():
    law = np.random.default_rng(2).dirichlet(np.full(512, 0.3))
    rng = np.random.default_rng(3)
    assert sum(fit(rng.multinomial(20_000, law), law, seed=seed).low == 0.0 for seed in range(60)) >= 54


def test_surprises_are_in_standard_deviations():
    found = fit(np.array([600, 400]), np.array([0.5, 0.5]))
    assert found.surprise == pytest.approx([100 / np.sqrt(500), -100 / np.sqrt(500)])
    assert found.distance == pytest.approx(0.1)


@pytest.mark.parametrize("counts", [np.array([1, 2]), np.array([0, 0, 0])])
def test_counts_that_fit_no_law_are_refused(counts):
    with pytest.raises(ValueError, match="expected counts of 3 texts"):
        fit(counts, np.array([0.2, 0.3, 0.5]))
