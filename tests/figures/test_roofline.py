from __future__ import annotations

import pytest

from specviz.figures import alt_text, roofline_curve
from specviz.theory.roofline import MACHINES, SHAPES, Machine, crossing, pass_seconds, verify_cost

SHAPE, CARD = SHAPES["8 B weights, 16 bits"], MACHINES["H100 SXM"]


def line(figure, name):
    [found] = [drawn for drawn in figure.data if drawn.name == name]
    return found


@pytest.mark.parametrize("where", [{}, {"batch": 64}, {"batch": 16, "context": 8000}])
def test_the_solid_line_is_the_least_time(where):
    bound = line(roofline_curve(SHAPE, CARD, **where), "least time of the pass")
    assert list(bound.y) == pytest.approx([1e3 * pass_seconds(SHAPE, CARD, m, **where) for m in bound.x])
    assert any(m == pytest.approx(crossing(SHAPE, CARD, **where)) for m in bound.x), "the corner is drawn as a corner"


def test_the_chosen_number_of_tokens_is_marked_with_its_price():
    figure = roofline_curve(SHAPE, CARD, m=8, batch=128)
    price = verify_cost(SHAPE, CARD, 8, batch=128)
    assert price > 1
    assert line(figure, "chosen").text == (f"v(8) = {price:.2f}",)
    assert f"{price:.2f}" in figure.layout.title.text
    assert f"v(8) is {price:.2f}" in alt_text(figure)


def test_measured_passes_are_points_in_sight():
    figure = roofline_curve(SHAPE, CARD, measured={1: 0.1, 700: 0.5})
    points = line(figure, "measured passes")
    assert (list(points.x), list(points.y)) == ([1, 700], [100.0, 500.0])
    assert 10 ** figure.layout.xaxis.range[1] > 700
    assert 10 ** figure.layout.yaxis.range[1] > 500
    badges = {note.text for note in figure.layout.annotations if (note.name or "").startswith("badge-")}
    assert badges == {"modelled", "literature", "measured"}


def test_a_machine_without_arithmetic_to_spare_has_no_flat_part():
    figure = roofline_curve(SHAPE, Machine("slow", 1e12, 1e11))
    assert "Arithmetic is the limit from the first token on" in figure.layout.title.text
