from __future__ import annotations

import plotly.graph_objects as go
import pytest

from specviz.figures import acceptance_by_position
from specviz.theory.acceptance import wilson
from tests.figures.make_trace import chain, make_trace, sample_plain, tree

RUN = make_trace([chain(n, 3, seed=i) for i, n in enumerate([0, 1, 1, 2, 3, 3, 3, 3])])


def named(figure: go.Figure, name: str) -> go.Scatter:
    return next(line for line in figure.data if line.name == name)


def test_both_conventions_are_the_counted_rates():
    figure = acceptance_by_position(RUN)
    assert list(named(figure, "conditional").y) == pytest.approx([7 / 8, 5 / 7, 4 / 5])
    assert list(named(figure, "unconditional").y) == pytest.approx([7 / 8, 5 / 8, 4 / 8])


def test_bars_are_wilson_intervals():
    line = named(acceptance_by_position(RUN), "conditional")
    low, high = wilson(5, 7)
    assert line.y[1] + line.error_y.array[1] == pytest.approx(high)
    assert line.y[1] - line.error_y.arrayminus[1] == pytest.approx(low)


def test_counts_are_said():
    figure = acceptance_by_position(RUN)
    assert "5 of 7" in named(figure, "conditional").hovertext[1]
    assert [tick.split(">")[-2].split("<")[0] for tick in figure.layout.xaxis.ticktext] == ["8", "7", "5"]


def test_a_position_that_was_never_examined_has_no_rate():
    figure = acceptance_by_position(make_trace([chain(0, 3)]))
    assert list(named(figure, "conditional").y) == [0.0, None, None]
    assert "never examined" in named(figure, "conditional").hovertext[1]


def test_two_runs_stand_side_by_side():
    figure = acceptance_by_position(RUN, compare=make_trace([tree([3, 2])], method="tree"))
    assert [line.name for line in figure.data] == ["conditional, chain", "unconditional, chain", "conditional, tree", "unconditional, tree"]
    assert named(figure, "conditional, tree").marker.symbol == "circle-open"
    assert len({line.x[0] for line in figure.data}) == 4


def test_a_second_run_without_drafts_is_refused():
    with pytest.raises(ValueError, match="choose a run of a drafting method"):
        acceptance_by_position(RUN, compare=sample_plain(4))
