"""Rules against the bound: the bars are the rates, the line is the bound, errors are shown where there are some."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from specviz.figures import RuleRates, acceptance_by_k, place_rates, report_rates, rules_against_bound, theme
from specviz.theory.rules import RATES, place, rate
from specviz.theory.transport import optimal_acceptance
from tests.figures.reading import heading

P = np.arange(12, 0, -1) / 78.0
Q = np.roll(P, 3)
FOUND = place_rates(P, Q, ks=(1, 2, 4), samplings=("iid", "without_replacement", "greedy"), draws=40)


def report(temperatures=(0.6, 1.0)) -> dict:
    """What bench.rules writes, with numbers that tell the rows apart."""
    rows = []
    for t in temperatures:
        for k in (1, 2):
            for sampling in ("iid", "without_replacement"):
                for i, rule in enumerate(name for name, known in RATES.items() if sampling in known.samplings and not (known.chains_only and k > 1)):
                    acceptance = 0.3 + 0.1 * k + 0.01 * i + 0.1 * t
                    rows.append({
                        "temperature": t, "k": k, "sampling": sampling, "rule": rule, "places": 24, "bound": 0.8, "acceptance": acceptance,
                        "acceptance_error": 0.03, "gap": 0.8 - acceptance, "gap_error": 0.02, "largest_gap": 0.5, "drawn_error": 0.04,
                    })  # fmt: skip
    return {"pair": {"target": {"id": "big<b>"}, "draft": {"id": "small"}}, "rows": rows}


def bars(figure) -> dict[str, list[float]]:
    return {t.name: list(t.y) for t in figure.data if t.type == "bar"}


def test_bars_are_the_rates_and_the_line_is_the_bound():
    figure = rules_against_bound(FOUND)
    for name, heights in bars(figure).items():
        first = name.split(", ")[0]
        ks = (1, 2, 4)[: len(heights)]
        assert heights == pytest.approx([rate(first, place(P, Q, k, "iid")).value for k in ks])
    line = next(t for t in figure.data if t.name == "the bound")
    assert [y for y in line.y if y is not None][::2] == pytest.approx([optimal_acceptance(P, Q, k, True) for k in (1, 2, 4)])


def test_rules_of_one_formula_share_a_bar_and_the_bound_itself_has_none():
    assert set(bars(rules_against_bound(FOUND))) == {"rejection, block", "naive", "recursive, traversal", "k-seq"}
    assert {"greedy-multidraft", "recursive, traversal"} <= set(bars(rules_against_bound(FOUND, sampling="greedy")))


def test_no_bar_stands_in_another():
    figure = rules_against_bound(FOUND)
    spans = sorted((x - w / 2, x + w / 2) for t in figure.data if t.type == "bar" for x, w in zip(t.x, t.width, strict=True))
    assert all(left[1] <= right[0] + 1e-12 for left, right in pairwise(spans))


def test_a_rate_that_was_drawn_shows_its_interval_and_an_exact_one_none():
    figure = rules_against_bound(FOUND, sampling="without_replacement")
    found = {t.name: t.error_y.array for t in figure.data if t.type == "bar"}
    assert found["recursive, traversal"][:2] == (0.0, 0.0)
    assert found["recursive, traversal"][2] > 0.0
    assert found["rejection, block"] is None
    assert "40 sequences" in heading(figure)
    assert "interval" not in rules_against_bound(place_rates(P, Q, ks=(1, 2))).layout.title.text


def test_a_report_is_drawn_with_its_intervals_and_badge():
    found = report_rates(report(), temperature=0.6)
    recursive = next(r for r in found.rates if (r.rules[0], r.k, r.sampling) == ("recursive", 2, "iid"))
    assert recursive.acceptance == pytest.approx(0.3 + 0.2 + 0.02 + 0.06, abs=0.02)
    assert recursive.error == pytest.approx(0.05)
    assert recursive.gap_error == pytest.approx((0.02**2 + 0.04**2) ** 0.5)
    figure = rules_against_bound(found)
    assert next(t for t in figure.data if t.name == "recursive, traversal").error_y.array[1] == pytest.approx(0.05)
    assert {note.text for note in figure.layout.annotations if (note.name or "").startswith("badge")} == {"measured"}
    assert "24 places" in heading(figure)
    assert "big&lt;b&gt;" in figure.layout.title.text.replace("<br>", " ")


def test_the_hottest_temperature_is_the_default_and_others_must_have_been_measured():
    assert "temperature 1," in report_rates(report()).source
    with pytest.raises(ValueError, match=r"temperature \(0.6, 1\), got 0.8"):
        report_rates(report(), temperature=0.8)


def test_a_report_really_measured_can_be_drawn():
    from specviz.bench.rules import _row

    rates = np.array([0.5, 0.7])
    row = _row(1.0, 2, "iid", "recursive", np.array([0.6, 0.8]), rates, np.zeros(2))
    found = report_rates({"pair": {"target": {"id": "t"}, "draft": {"id": "d"}}, "rows": [row]})
    assert found.rates[0].acceptance == pytest.approx(0.6)
    assert found.rates[0].error == pytest.approx(row["acceptance_error"])
    assert theme.alt_text(rules_against_bound(found))


def test_lines_grow_with_k_below_their_bound_in_every_panel():
    figure = acceptance_by_k(FOUND)
    for axis in ("y", "y2"):
        most = next(list(t.y) for t in figure.data if t.name == "the bound" and (t.yaxis or "y") == axis)
        own = [t for t in figure.data if t.name in {"recursive, traversal", "naive", "k-seq"} and (t.yaxis or "y") == axis]
        assert len(own) == (3 if axis == "y" else 2)
        for line in own:
            assert all(a <= b + 0.02 for a, b in zip(line.y, most, strict=True))
            assert list(line.y) == sorted(line.y)
    titles = [note.text for note in figure.layout.annotations]
    assert "<b>with replacement</b>" in titles
    assert "<b>without replacement</b>" in titles


def test_each_panel_shows_the_other_ways_bound():
    figure = acceptance_by_k(FOUND)
    other = next(t for t in figure.data if t.name == "the other way’s bound" and (t.yaxis or "y") == "y")
    assert list(other.y) == pytest.approx([optimal_acceptance(P, Q, k, False) for k in (1, 2, 4)])


def test_what_is_not_there_is_not_drawn():
    with pytest.raises(ValueError, match="got none for 'deterministic'"):
        rules_against_bound(FOUND, sampling="deterministic")
    with pytest.raises(ValueError, match="one to three ways"):
        acceptance_by_k(FOUND, samplings=())
    with pytest.raises(ValueError, match="got none for 'iid'"):
        acceptance_by_k(RuleRates((), "modelled", "", ""))
