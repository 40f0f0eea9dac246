"""What the doctor found, drawn: every bar is its number, the steps add up, nothing is drawn of what was not measured."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from specviz.figures import alt_text
from specviz.figures.diagnosis import cycle_split, speed_bridge
from specviz.figures.diagnosis_limits import acceptance_found, limits_found, settings_found
from specviz.figures.verify import measured_price
from tests.figures import make_diagnosis as made
from tests.figures.reading import heading

REPORT = json.loads(json.dumps(made.diagnosis().as_plain))  # as a file has it
ALL = (cycle_split, speed_bridge, acceptance_found, settings_found, limits_found, measured_price)


def named(figure, name):
    [found] = [trace for trace in figure.data if trace.name.startswith(name)]
    return found


@pytest.mark.parametrize("draw", ALL)
def test_every_picture_has_an_alt_text_and_its_badges_and_travels_as_json(draw):
    figure = draw(REPORT)
    assert len(alt_text(figure)) > 60
    assert any((note.name or "").startswith("badge-") for note in figure.layout.annotations)
    assert "<script>" not in figure.to_json()
    assert json.loads(figure.to_json())["layout"]["height"] == figure.layout.height


def test_the_parts_of_a_cycle_lie_end_to_end():
    figure = cycle_split(REPORT)
    parts = [named(figure, part) for part in made.MS]
    ends = [0.0]
    for part in parts:
        assert part.base[0] == pytest.approx(ends[-1])
        ends.append(part.base[0] + part.x[0])
    assert [part.x[0] for part in parts] == list(made.MS.values())
    assert ends[-1] == pytest.approx(sum(made.MS.values()))


def test_plain_decoding_takes_the_cycle_s_time_times_the_speed_up():
    bars = named(cycle_split(REPORT), "a plain pass")
    assert sum(bars.x) == pytest.approx(sum(made.MS.values()) * 1.33)
    assert len(bars.x) == 3  # 2.6 tokens: two whole passes and a part of one
    assert bars.x[2] / bars.x[0] == pytest.approx(0.6)


def test_the_bridge_leads_from_rung_to_rung():
    figure = speed_bridge(REPORT)
    modelled, measured = named(figure, "modelled"), named(figure, "measured")
    assert list(modelled.x) == [1.35, 1.40]
    assert list(measured.x) == [1.33, 1.26, 1.21]
    steps = {
        y: (base, base + x)
        for trace in (named(figure, "brings"), named(figure, "costs"))
        for y, base, x in zip(trace.y, trace.base, trace.x, strict=True)
    }
    rungs = dict(zip((*modelled.y, *measured.y), (*modelled.x, *measured.x), strict=True))
    for row in sorted(steps, reverse=True):  # each step begins where the row above ends
        above = rungs.get(row + 1, steps.get(row + 1, (0, 0))[1])
        assert steps[row][0] == pytest.approx(above)
    assert len(steps) == len(made.gap().terms)
    assert all(steps[row + 1][1] == pytest.approx(rungs[row]) for row in rungs if row + 1 in steps)


def test_acceptance_by_position_stands_with_its_counts_and_intervals():
    figure = acceptance_found(REPORT)
    bars = named(figure, "accepted / examined")
    rows = made.diagnosis().positions
    assert list(bars.y) == pytest.approx([row.rate for row in rows])
    assert list(bars.error_y.array) == pytest.approx([row.high - row.rate for row in rows])
    assert "142 of 200" in figure.layout.xaxis.ticktext[0]


def test_the_best_length_is_the_top_of_the_curve_and_the_own_one_is_on_it():
    figure = settings_found(REPORT)
    curve = named(figure, "a chain")
    best = named(figure, "best: γ")
    assert best.y[0] == max(curve.y)
    assert curve.y[best.x[0]] == best.y[0]
    assert named(figure, "this run, modelled").y[0] == curve.y[4]
    assert named(figure, "this run, measured").y[0] == 1.33
    assert "12 nodes" in alt_text(figure)


def test_a_method_that_is_no_chain_and_has_no_tree_shows_the_curve_alone():
    report = made.diagnosis(choice=replace(made.choice(), now=None, tree=None, places=9)).as_plain
    figure = settings_found(report)
    assert [trace.name.split(":")[0].split(",")[0] for trace in figure.data] == ["a chain", "best"]
    assert "Too few places (9)" in alt_text(figure)


def test_where_it_stops_is_marked_only_where_it_does():
    def lines(figure):
        return {shape.xref: shape.x0 for shape in figure.layout.shapes if shape.xref in {"x", "x2"}}

    assert lines(limits_found(REPORT)) == {"x": 742, "x2": 3}
    never = limits_found(made.diagnosis(limits=replace(made.limits(), stops_at=None, batch_stops_at=None)).as_plain)
    assert lines(never) == {}
    assert "pays throughout: up to 1000 tokens of text, and up to 64 rows" in heading(never)
    once = limits_found(made.diagnosis(limits=replace(made.limits(), stops_at=None)).as_plain)
    assert "nowhere within 1000 tokens of text, and from 3 rows on" in heading(once)


def test_extrapolated_points_are_hollow():
    batch = named(limits_found(REPORT), "speed-up by batch")
    assert list(batch.marker.symbol) == ["circle"] * 3 + ["circle-open"] * 4


def test_passes_are_drawn_from_the_smallest_to_the_largest_round():
    figure = measured_price(REPORT)
    target = named(figure, "target pass")
    assert list(target.y) == pytest.approx([made.v(m) for m in target.x])
    assert list(target.error_y.array) == pytest.approx([0.1 * made.v(m) for m in target.x])
    assert "c = 0.270" in figure.layout.title.text
    alone = replace(made.costs(), draft_v=())
    assert all(not trace.name.startswith("draft") for trace in measured_price(made.diagnosis(costs=alone).as_plain).data)


@pytest.mark.parametrize("draw", ALL)
def test_what_was_not_measured_is_not_drawn(draw):
    with pytest.raises(ValueError, match="expected a diagnosis with"):
        draw(made.apart().as_plain)
