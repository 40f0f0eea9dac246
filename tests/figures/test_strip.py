from __future__ import annotations

import plotly.graph_objects as go
import pytest

from specviz.figures import theme, token_strip
from tests.figures.make_trace import chain, make_trace, sample_chain


def named(figure: go.Figure, name: str) -> go.Scatter:
    return next(line for line in figure.data if line.name == name)


def test_every_token_has_a_box_with_its_states_colour_and_glyph():
    trace = make_trace([chain(2, 4), chain(4, 4, seed=9)])
    tokens = named(token_strip(trace), "tokens")
    states = ["accepted", "accepted", "corrected"] + ["accepted"] * 4 + ["bonus"]
    assert list(tokens.marker.symbol) == [theme.look(s).symbol for s in states]
    assert list(tokens.marker.color) == [theme.look(s).colour for s in states]


def test_a_click_says_cycle_and_node():
    trace = make_trace([chain(2, 4), chain(0, 4, seed=9)])
    assert [list(d) for d in named(token_strip(trace), "tokens").customdata] == [[0, 0], [0, 1], [0, -1], [1, -1]]


def test_refused_drafts_are_struck_through():
    tokens = named(token_strip(make_trace([chain(2, 4)]), refused=True), "tokens")
    assert [text.startswith("<s>") for text in tokens.text] == [False, False, True, False]
    assert tokens.marker.symbol[2] == "x"


def test_the_cycle_under_the_cursor_is_outlined():
    trace = sample_chain(6)
    assert named(token_strip(trace, cycle=3), "cycle").line.color == theme.INK
    assert not any(line.name == "cycle" for line in token_strip(trace).data)


def test_an_unknown_cycle_is_refused():
    with pytest.raises(IndexError, match="expected a cycle in"):
        token_strip(sample_chain(2), cycle=2)


def test_boxes_wrap_and_do_not_overlap():
    tokens = named(token_strip(sample_chain(12), columns=40), "tokens")
    rows: dict[float, list[float]] = {}
    for x, y in zip(tokens.x, tokens.y, strict=True):
        rows.setdefault(y, []).append(x)
    assert len(rows) > 3
    assert all(row == sorted(set(row)) and row[-1] < 40 for row in rows.values())


def test_code_keeps_its_lines():
    prompt = ("def", " f", "():", "\n    ", "return", "\n", "x")
    boxes = named(token_strip(make_trace([], prompt=prompt)), "prompt")
    assert [round(y) for y in boxes.y] == [0, 0, 0, 1, 1, 1, 2]


def test_the_picture_grows_with_the_text():
    assert token_strip(sample_chain(30)).layout.height > token_strip(sample_chain(3)).layout.height


def test_a_token_longer_than_a_line_is_cut():
    boxes = named(token_strip(make_trace([], prompt=("x" * 500,)), columns=30), "prompt")
    assert boxes.text[0].endswith("…")
    assert len(boxes.text[0]) < 30
