"""Measured runs on modelled maps, and v(m) by batch."""

from __future__ import annotations

import pytest

from specviz.figures import alt_text, measured_costs
from specviz.figures.lengths import speedup_surface
from specviz.figures.measured import MeasuredPoint, diagnosed_point, trace_point
from specviz.figures.verify import verify_price
from specviz.theory.roofline import MACHINES, SHAPES, verify_cost
from tests.figures import make_diagnosis as made
from tests.figures.make_trace import make_trace, sample_chain, sample_plain, tree

CHAIN, PLAIN = sample_chain(6), sample_plain(20)


def test_a_recorded_chain_becomes_a_point_with_the_letters_it_measured():
    point, costs = trace_point("mine", CHAIN, [PLAIN]), measured_costs(CHAIN, PLAIN)
    assert point is not None
    assert (point.gamma, point.alpha, point.speedup, point.c) == (costs.gamma, costs.alpha, costs.speedup, costs.c)
    assert 1 + point.slope * point.gamma == pytest.approx(max(1.0, costs.v))


def test_what_cannot_be_measured_is_no_point():
    branching = make_trace([tree([3, 2, 2])], method="tree")
    assert trace_point("no plain run", CHAIN, []) is None
    assert trace_point("a tree", branching, [PLAIN]) is None
    assert trace_point("plain itself", PLAIN, [PLAIN]) is None


def test_a_diagnosis_becomes_a_point():
    point = diagnosed_point(made.diagnosis().as_plain)
    assert point is not None
    assert (point.gamma, point.alpha, point.speedup, point.c) == (4, made.ALPHA, 1.33, made.C)
    assert point.slope == pytest.approx(0.03)
    assert point.other == pytest.approx(0.5 / made.TARGET_MS)  # build, judge, commit and host
    assert diagnosed_point(made.apart().as_plain) is None


def test_points_are_filled_with_the_colour_of_what_was_measured():
    points = (MeasuredPoint("<b>a</b>", 4, 0.7, 1.5, 0.1, 0.02, 0.1), MeasuredPoint("b", 6, 0.5, 0.8, 0.2, 0.0, 0.0))
    figure = speedup_surface(c=0.1, slope=0.02, points=points)
    heat, drawn = (next(t for t in figure.data if t.name == name) for name in ("speed-up", "measured runs"))
    assert list(drawn.marker.color) == [1.5, 0.8]
    assert (drawn.marker.cmin, drawn.marker.cmax) == (heat.zmin, heat.zmax)
    assert drawn.marker.colorscale == heat.colorscale
    assert "<b>a" not in drawn.hovertext[0].removeprefix("<b>")
    assert "1.50 times at length 4.0" in alt_text(figure)
    assert {note.name for note in figure.layout.annotations} >= {"badge-measured", "badge-modelled"}
    assert "badge-measured" not in {note.name for note in speedup_surface(c=0.1).layout.annotations}


def test_a_point_s_model_is_the_formula_at_its_own_letters():
    assert MeasuredPoint("x", 2, 0.5, 1.0, 0.1, 0.05, 0.2).modelled == pytest.approx(1.75 / (0.2 + 1.1 + 0.2))


def test_the_price_of_checking_is_the_roofline_s_for_every_batch():
    shape, machine = SHAPES["8 B weights, 16 bits"], MACHINES["H100 SXM"]
    figure = verify_price(shape, machine, m=5, context=1000, batches=(1, 64))
    for batch in (1, 64):
        line = next(trace for trace in figure.data if trace.name == f"B = {batch}")
        assert line.y[31] == pytest.approx(verify_cost(shape, machine, 32, context=1000, batch=batch))
    assert len(alt_text(figure)) > 60
