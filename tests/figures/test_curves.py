from __future__ import annotations

from itertools import pairwise

import plotly.graph_objects as go
import pytest

from specviz.figures import measured_costs, speedup_curve
from specviz.theory.speedup import speedup
from tests.figures.make_trace import chain, make_trace, sample_chain, sample_plain

TIMES = (8.0, 0.0, 12.0, 1.0, 0.5, 0.5)
RUN = make_trace([chain(4, 4, times_ms=TIMES), chain(1, 4, seed=5, times_ms=TIMES)])
PLAIN = make_trace([chain(0, 0, times_ms=(0, 0, 10.0, 0.5, 0.25, 0.25)) for _ in range(8)], method="autoregressive")


def names(figure: go.Figure) -> list[str]:
    return [line.name for line in figure.data]


def badges(figure: go.Figure) -> set[str]:
    return {note.text for note in figure.layout.annotations if (note.name or "").startswith("badge-")}


def test_the_letters_are_read_off_the_record():
    costs = measured_costs(RUN, PLAIN)
    assert costs.gamma == 4
    assert costs.tau == pytest.approx(3.5)
    assert costs.alpha == pytest.approx(5 / 6)
    assert costs.c == pytest.approx(0.2)
    assert costs.v == pytest.approx(1.2)
    assert costs.other == pytest.approx(0.2)
    assert costs.predicted == pytest.approx(3.5 / (4 * 0.2 + 1.2))
    assert costs.speedup == pytest.approx((7 / 44) / (1 / 11))


def test_without_a_plain_run_nothing_measured_is_drawn():
    costs, figure = measured_costs(RUN), speedup_curve(RUN)
    assert (costs.v, costs.other, costs.speedup, costs.predicted) == (None, None, None, None)
    assert costs.c == pytest.approx(8 / 4 / 12)
    assert badges(figure) == {"modelled"}
    assert not any(name.startswith("measured") for name in names(figure))


def test_the_measured_point_lies_where_it_was_measured():
    figure = speedup_curve(RUN, compare=PLAIN)
    costs = measured_costs(RUN, PLAIN)
    point = next(line for line in figure.data if line.name.startswith("measured"))
    model = next(line for line in figure.data if line.name.startswith("modelled from"))
    assert (point.x[0], point.y[0]) == (costs.gamma, costs.speedup)
    assert (model.x[0], model.y[0]) == (costs.gamma, costs.predicted)
    assert point.marker.symbol != model.marker.symbol
    assert badges(figure) == {"measured", "modelled"}


def test_curves_are_the_formula():
    figure = speedup_curve(alpha=[0.6, 0.8], c=0.05, longest=8)
    lines = [line for line in figure.data if line.mode == "lines"]
    assert [list(line.x) for line in lines] == [list(range(9))] * 2
    assert list(lines[1].y) == pytest.approx([float(speedup(0.8, g, 0.05)) for g in range(9)])


def test_best_lengths_are_marked_where_they_are_in_sight():
    best = [(line.x[0], line.y[0]) for line in speedup_curve(alpha=[0.5, 0.9], c=0.05, longest=8).data if line.name == "best"]
    assert best == [(3, pytest.approx(1.6304, abs=5e-5))]


def test_one_alpha_may_be_a_number():
    assert names(speedup_curve(alpha=0.7)).count("modelled, α = 0.7") == 1


@pytest.mark.parametrize(("arguments", "said"), [({}, "0.1 assumed"), ({"c": 0.3}, "0.3 given"), ({"trace": RUN}, "this run's")])
def test_the_subtitle_says_where_c_comes_from(arguments: dict, said: str):
    assert said in speedup_curve(**arguments).layout.title.text


def test_labels_of_close_curves_do_not_overlap():
    figure = speedup_curve(c=1.2)
    heights = sorted(note.y for note in figure.layout.annotations if note.text.startswith("α"))
    gap = figure.layout.yaxis.range[1] * 0.04
    assert all(b - a >= gap for a, b in pairwise(heights))


def test_compare_must_be_plain_decoding_of_the_same_prompt():
    with pytest.raises(ValueError, match="plain decoding"):
        speedup_curve(RUN, compare=sample_chain(3))
    with pytest.raises(ValueError, match="same prompt"):
        speedup_curve(RUN, compare=sample_plain(3, prompt=("other",)))
    with pytest.raises(ValueError, match="a trace beside compare"):
        speedup_curve(compare=PLAIN)


def test_a_run_without_drafts_has_no_costs():
    with pytest.raises(ValueError, match="drafting method"):
        speedup_curve(PLAIN)
