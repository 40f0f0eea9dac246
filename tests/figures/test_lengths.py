from __future__ import annotations

import json

import numpy as np
import pytest

from specviz.figures import alt_text
from specviz.figures.lengths import acceptance_by_temperature, best_lengths, geometric_law, lengths_compared, speedup_surface
from specviz.theory.speedup import best_gamma, expected_tokens, general_speedup


def named(figure, name):
    [trace] = [trace for trace in figure.data if trace.name and trace.name.startswith(name)]
    return trace


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
def test_the_geometric_bars_are_a_law_with_the_theorys_mean(alpha):
    bars = np.array(geometric_law(alpha, 5).data[0].y)
    assert bars.sum() == pytest.approx(1)
    assert 1 + bars @ np.arange(6) == pytest.approx(float(expected_tokens(alpha, 5)))


def test_two_kinds_of_cycles_keep_at_least_as_much_and_stay_probabilities():
    for spread in (0.1, 0.5):
        squares = np.array(named(geometric_law(0.7, 6, spread=spread), "half the cycles").y)
        assert squares.sum() == pytest.approx(1)
        assert squares.min() >= 0
        assert 1 + squares @ np.arange(7) > float(expected_tokens(0.7, 6))


def test_measured_cycles_stand_beside_the_law_and_in_the_title():
    figure = geometric_law(0.5, 2, counts=[5, 3, 2])
    assert list(named(figure, "measured").y) == [0.5, 0.3, 0.2]
    assert "1.70 measured" in figure.layout.title.text
    assert {a.text for a in figure.layout.annotations} >= {"measured", "modelled"}


def test_bad_counts_and_lengths_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        geometric_law(0.5, 0)
    for counts in ([1, 2], [0, 0, 0]):
        with pytest.raises(ValueError, match="0 to 2"):
            geometric_law(0.5, 2, counts=counts)


def test_the_surface_is_the_formula_and_its_dots_are_its_tops():
    figure = speedup_surface(c=0.1, slope=0.05, other=0.1, longest=8, at=(4, 0.7))
    heat = named(figure, "speed-up")
    z, alphas = np.array(heat.z), np.array(heat.y)
    row = int(np.argmin(np.abs(alphas - 0.7)))
    wanted = general_speedup(expected_tokens(0.7, np.arange(1, 9)), np.arange(1, 9), 0.1, 1 + 0.05 * np.arange(1, 9), 0.1)
    np.testing.assert_allclose(z[row], wanted)
    dots = dict(zip(named(figure, "best length").y, named(figure, "best length").x, strict=True))
    assert dots[0.7] == wanted.argmax() + 1
    assert min(dots) > 0.0, "where nothing pays there is no best length"
    assert f"{wanted[3]:.2f} times" in alt_text(figure)


def test_the_table_of_best_lengths_is_the_packages_own():
    figure = best_lengths(slope=0.02, longest=12, at=(0.8, 0.1))
    texts = np.array(named(figure, "best length").text, dtype=int)
    assert texts[3, 15] == best_gamma(0.8, 0.1, lambda m: 1 + 0.02 * (m - 1), limit=12)
    assert str(texts[3, 15]) in figure.layout.title.text
    assert (texts[:, 0] <= texts[:, -1]).all()


def test_curves_and_repeats_are_all_shown_with_their_medians():
    figure = lengths_compared({"one": ([1, 2], [1.2, 1.1])}, measured={1: [1.0, 1.4, 1.1], 2: [0.9, 1.0, 1.3]})
    assert list(named(figure, "measured").y) == [1.1, 1.0]
    assert len(named(figure, "repeats").x) == 6
    assert "length 1: 1.10 times" in alt_text(figure)
    with pytest.raises(ValueError, match="at least one"):
        lengths_compared({})


def test_temperatures_are_drawn_with_their_places():
    figure = acceptance_by_temperature([0.5, 1.0], {"mean": [0.4, 0.6]}, singles=[[0.1, 0.2], [0.7, 0.8]], source="measured")
    assert sum(trace.name == "single" for trace in figure.data) == 2
    assert "mean: 0.5 → 0.40, 1 → 0.60" in alt_text(figure)


def test_all_of_them_travel_as_json():
    for figure in (geometric_law(0.5, 3, spread=0.2), speedup_surface(c=0.1), best_lengths(), acceptance_by_temperature([1.0], {"a": [0.5]})):
        assert json.loads(figure.to_json())["layout"]["meta"]["alt"]
