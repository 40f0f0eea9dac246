from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest

from specviz.figures import block_html, legend_html, pieces, pieces_html, token_html
from specviz.figures.pieces import Piece, prompt_pieces
from tests.figures.make_trace import make_trace, sample_chain


class Reader(HTMLParser):
    """Collects the tags and the text a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list) -> None:  # noqa: ARG002 - the parser hands them over
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    return reader


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<b>", '" onmouseover="x', "&lt;", "'", "</span>"])
@pytest.mark.parametrize("state", ["accepted", "rejected", "corrected", "bonus", "prompt"])
def test_a_token_is_text_and_nothing_else(text: str, state: str):
    markup = pieces_html([Piece(text, state, 0, 0, 1)])
    assert read(markup).tags <= {"span", "s"}
    assert text in read(markup).text.replace("·", " ")
    assert 'onmouseover="x' not in markup


def test_a_stream_of_cycles_is_the_whole_run():
    trace = sample_chain(6)
    body = pieces_html(prompt_pieces(trace))
    for cycle in trace:
        body += pieces_html(pieces(cycle))
    assert block_html(body) == token_html(trace)


def test_the_text_can_be_read_and_copied():
    markup = token_html(make_trace([], prompt=("def", " f", "():", "\n    ", "return", "\n\n")))
    assert read(markup).text == "def f():⏎\n    return⏎\n⏎\n"
    assert "white-space:pre-wrap" in html.unescape(markup)


def test_states_are_marked_by_more_than_colour():
    marks = {s: read(pieces_html([Piece("x", s, 0, -1, 1)])).text for s in ("accepted", "rejected", "corrected", "bonus")}
    assert marks == {"accepted": "x", "rejected": "✕x", "corrected": "◆x", "bonus": "★x"}
    assert "<s " in pieces_html([Piece("x", "rejected", 0, 2, 1)])


def test_the_tooltip_says_state_and_place():
    markup = pieces_html([Piece(" x", "accepted", 3, 1, 9), Piece("y", "bonus", 3, -1, 9)])
    assert re.findall(r'title="([^"]*)"', markup) == ["·x · accepted · cycle 3, node 1", "y · bonus · cycle 3, last token"]


def test_only_the_chosen_cycle_is_outlined():
    trace = sample_chain(4)
    assert token_html(trace, cycle=2).count("box-shadow:") == len(trace.cycle(2).committed)
    assert "box-shadow:" not in token_html(trace)


def test_an_empty_token_shows_its_id():
    assert "‹5›" in read(pieces_html([Piece("", "bonus", 0, -1, 5)])).text


def test_the_legend_names_what_is_shown():
    assert "✕" not in legend_html()
    assert all(word in legend_html(refused=True) for word in ("accepted", "refused", "corrected", "bonus"))
