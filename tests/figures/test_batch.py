"""Pictures of batches: the figures they state are those of what was played or measured."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from specviz.bench.batch import crossing
from specviz.figures import alt_text
from specviz.figures.batch import batch_speeds, row_cursors
from specviz.labs.seats import Setting, Turn, play


def report() -> dict[str, Any]:
    """What ``specviz bench batch`` would write, with numbers made by hand."""

    def row(batch: int, method: str, times: float) -> dict[str, Any]:
        speedup = {"median": times, "min": times - 0.1, "max": times + 0.1}
        return {"batch": batch, "method": method, "tokens_per_second": 100.0 * batch * times, "tau": 3.0, "speedup": speedup}

    speeds = {"autoregressive": (1.0, 1.0, 1.0), "chain:gamma=4": (1.8, 1.2, 0.8), "sequoia:nodes=16": (1.6, 1.4, 1.1)}
    rows = [row(batch, name, times[place]) for place, batch in enumerate((1, 4, 16)) for name, times in speeds.items()]
    return {
        "what": "made by hand", "date": "2026-12-01", "machine": {"processor": "p", "cores": 2, "load_before": 0.1}, "pair": "target with draft",
        "dtype": "float32", "settings": {"new_tokens": 9, "temperature": 0.0, "repeats": 2, "prompts": 7}, "rows": rows,
        "crossing": {"chain:gamma=4": 8.0, "sequoia:nodes=16": None},
    }  # fmt: skip


def test_the_cursors_count_what_was_played():
    cycles = [[Turn(0, 0, 2, 3), Turn(1, 0, 1, 1)], [Turn(0, 3, 0, 1), None]]
    figure = row_cursors(cycles, gamma=3)
    assert "2 cycles, 5 tokens: 2.5 a pass" in alt_text(figure)
    assert "25% of the places" in alt_text(figure)
    assert "1 judged token" in alt_text(figure)
    lanes = {trace.name: trace for trace in figure.data if trace.type == "heatmap"}
    assert [list(row) for row in lanes["kept"].z] == [[3, 1], [1, None]]
    assert [list(row) for row in lanes["empty"].z] == [[None, None], [None, 0]]
    paths = {trace.name: list(trace.y) for trace in figure.data if trace.type == "scatter" and trace.mode == "lines"}
    assert paths == {"request 1": [0, 3, 4], "request 2": [0, 1]}


@pytest.mark.parametrize("seats", [1, 16])
def test_cursors_of_any_batch_fit_their_axes(seats: int):
    cycles = play(Setting(seats=seats, requests=20, ragged_length=30))
    figure = row_cursors(cycles, gamma=4)
    assert figure.layout.xaxis.range == (0.5, len(cycles) + 0.5) == figure.layout.xaxis2.range
    assert max(max(trace.y) for trace in figure.data if trace.type == "scatter" and trace.mode == "lines") <= figure.layout.yaxis2.range[1]


def test_a_batch_without_a_cycle_is_refused():
    with pytest.raises(ValueError, match="expected at least one cycle"):
        row_cursors([], gamma=4)


def test_the_speeds_are_those_of_the_report_and_the_crossing_is_marked():
    figure = batch_speeds(report())
    lines = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data if trace.mode == "lines+markers"}
    assert lines == {"chain:gamma=4": ([1, 4, 16], [1.8, 1.2, 0.8]), "sequoia:nodes=16": ([1, 4, 16], [1.6, 1.4, 1.1])}
    marked = next(trace for trace in figure.data if trace.name == "stops paying")
    assert (list(marked.x), list(marked.y)) == ([8.0], [1.0])
    assert "chain:gamma=4 at B = 8" in alt_text(figure)
    never = copy.deepcopy(report())
    never["crossing"] = dict.fromkeys(never["crossing"])
    assert "none of them" in alt_text(batch_speeds(never))


def test_another_report_is_refused():
    with pytest.raises(ValueError, match="expected a report of specviz bench batch"):
        batch_speeds({"families": {}})


@pytest.mark.parametrize(
    ("points", "at"),
    [
        ([(1, 2.0), (4, 0.5)], 2.5),
        ([(1, 1.5), (2, 1.2), (4, 0.8)], 2.8),
        ([(1, 0.9), (2, 0.8)], None),
        ([(1, 1.5), (8, 1.1)], None),
        ([(1, 1.0)], None),
    ],
)
def test_the_crossing_lies_between_the_sizes_on_a_logarithmic_scale(points, at):
    """From 2.0 at 1 to 0.5 at 4, two doublings: two thirds of the way, 2 ** (4 / 3)."""
    assert crossing(points) == at
