"""Where speculation loses: every curve is the model's, every crossing lies on the line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specviz.figures import alt_text
from specviz.figures.loss import LETTERS, batch_map, crossings, loss_conditions
from specviz.theory.roofline import MACHINES, SHAPES
from specviz.theory.serving import Serving, served_speedup

SHAPE, CARD = SHAPES["8 B weights, 16 bits"], MACHINES["H100 SXM"]
AT = Serving(batch=8, context=1024)


def worth(at: Serving) -> float:
    return served_speedup(at, SHAPE, CARD)


@pytest.mark.parametrize("place", range(len(LETTERS)))
def test_each_panel_moves_one_letter_and_keeps_the_others(place):
    letter, figure = LETTERS[place], loss_conditions(AT, SHAPE, CARD)
    [curve] = [trace for trace in figure.data if trace.name == letter.field]
    for x, y in list(zip(curve.x, curve.y, strict=True))[::15]:
        assert y == pytest.approx(worth(replace(AT, **{letter.field: int(x) if letter.is_whole else x})))


def test_a_crossing_is_where_the_speed_up_is_one():
    for letter in LETTERS:
        if not letter.is_whole:
            values = [worth(replace(AT, **{letter.field: x})) for x in letter.values]
            for x in crossings(letter, values):
                assert worth(replace(AT, **{letter.field: x})) == pytest.approx(1.0, abs=0.01)


def test_a_whole_letter_crosses_at_the_first_value_on_the_other_side():
    gamma = next(letter for letter in LETTERS if letter.field == "gamma")
    at = Serving(alpha=0.5, draft=0.2)
    [first] = crossings(gamma, [worth(replace(at, gamma=int(n))) for n in gamma.values])
    assert worth(replace(at, gamma=int(first))) < 1.0 <= worth(replace(at, gamma=int(first) - 1))


@pytest.mark.parametrize(("at", "says"), [(AT, "pays here"), (replace(AT, alpha=0.1), "loses here"), (Serving(batch=512), "loses here")])
def test_the_title_names_the_side_of_the_line(at, says):
    figure = loss_conditions(at, SHAPE, CARD)
    assert says in figure.layout.title.text
    assert (worth(at) > 1.0) is ("pays" in says)
    assert f"{worth(at):.2f} times" in alt_text(figure)
    stands = [trace for trace in figure.data if trace.name == "where things stand"]
    assert len(stands) == len(LETTERS)
    assert all(trace.y[0] == pytest.approx(worth(at)) for trace in stands)


def test_a_machine_that_is_only_assumed_gets_no_badge_for_it():
    names = [note.name for note in loss_conditions(AT, SHAPE, MACHINES["a laptop's processor"]).layout.annotations if note.name]
    assert names == ["badge-modelled"]


def test_the_map_is_the_model_over_batch_and_text():
    figure = batch_map(AT, SHAPE, CARD)
    heat = next(trace for trace in figure.data if trace.name == "speed-up")
    data = np.array(heat.customdata)
    for row, column in ((0, 0), (0, -1), (-1, -1), (20, 30)):
        batch, context = data[row, column]
        assert np.array(heat.z)[row, column] == pytest.approx(worth(replace(AT, batch=int(batch), context=int(context))))
    assert np.array(heat.z)[0, -1] < 1.0 < np.array(heat.z)[-1, -1], "a full batch loses with short texts and not with long ones"
