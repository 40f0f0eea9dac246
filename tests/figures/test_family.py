"""Pictures of the shipped family: every figure of the report is in them, nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from specviz.figures import alt_text, family_figures, refusals_by_class, training_curves

FAMILIES = ["code", "story", "maths"]


def speed(best: float) -> dict[str, Any]:
    return {"best": {"median": best, "min": best - 0.1, "max": best + 0.2}}


REPORT: dict[str, Any] = {
    "dtype": "float32",
    "date": "2026-11-21",
    "machine": {"processor": "A <b>fast</b> one", "cores": 2},
    "drafts": {
        name: {
            "families": {
                family: {
                    "alpha": 0.5 + 0.1 * i + 0.01 * k,
                    "match": 0.6,
                    "speed": speed(1.5 + 0.2 * i),
                    "refused_by_class": {"mark": {"refused": 0.1, "tokens": 300}, "remembered": {"refused": 0.45, "tokens": 40}},
                }
                for k, family in enumerate(FAMILIES)
            }
        }
        for i, name in enumerate(["draft-s", "draft-m"])
    },
}


def test_every_draft_is_shown_for_every_kind_of_text_with_its_mean():
    figure = family_figures(REPORT)
    assert [list(trace.y) for trace in figure.data] == [pytest.approx([0.5, 0.51, 0.52]), pytest.approx([0.6, 0.61, 0.62])]
    assert [trace.name for trace in figure.data] == ["draft-s (mean 0.51)", "draft-m (mean 0.61)"]
    assert list(figure.layout.xaxis.ticktext) == FAMILIES
    assert "draft-m 0.61" in alt_text(figure)


def test_speed_shows_the_spread_of_its_rounds_and_where_nothing_is_won():
    figure = family_figures(REPORT, "speed")
    assert list(figure.data[0].error_y.array) == pytest.approx([0.2] * 3)
    assert list(figure.data[0].error_y.arrayminus) == pytest.approx([0.1] * 3)
    assert figure.layout.shapes[0].y0 == 1.0


def test_a_machine_with_markup_in_its_name_stays_text():
    assert "<b>fast</b>" not in family_figures(REPORT).layout.title.text


def test_refusals_come_with_intervals_and_counts():
    figure = refusals_by_class(REPORT, "draft-s", "story")
    bar = figure.data[0]
    assert list(bar.x) == ["remembered", "mark"]
    assert list(bar.y) == [0.45, 0.1]
    assert bar.error_y.array[0] > bar.error_y.array[1] > 0  # 40 tokens say less than 300
    assert "remembered 45% of 40" in alt_text(figure)


def row(tokens: int, loss: float, alpha: float | None = None) -> dict[str, float]:
    figures = {"tokens": tokens, "held_out": loss, "held_out/code": loss + 1, "held_out/maths": loss - 1}
    return figures if alpha is None else figures | {"alpha": alpha, "alpha/code": alpha, "alpha/maths": alpha}


STAGES: dict[str, Any] = {
    "draft-m-text": {"tokens": 2_000_000, "curve": [row(1_000_000, 3.0), row(2_000_000, 2.5)]},
    "draft-m-distil": {"tokens": 1_000_000, "curve": [row(1_000_000, 2.4, 0.7)]},
}


def test_stages_follow_each_other_and_the_mean_is_among_the_lines():
    figure = training_curves(STAGES)
    assert [trace.name for trace in figure.data] == ["code", "maths", "mean"]
    assert list(figure.data[2].x) == [1.0, 2.0, 3.0]
    assert list(figure.data[0].y) == [4.0, 3.5, 3.4]


def test_agreement_is_drawn_from_the_stages_that_have_a_teacher():
    figure = training_curves(STAGES, "alpha")
    assert list(figure.data[0].x) == [3.0]
    assert list(figure.data[0].y) == [0.7]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: family_figures(REPORT, "beta"), "a measure among alpha, match, speed"),
        (lambda: refusals_by_class(REPORT, "draft-x"), "a measured draft"),
        (lambda: training_curves(STAGES, "beta"), "a measure among held_out"),
        (lambda: training_curves({"target": STAGES["draft-m-text"]}, "alpha"), "only distillation has a teacher"),
    ],
)
def test_what_is_not_there_is_refused(call: Any, words: str):
    with pytest.raises(ValueError, match=words):
        call()
