from __future__ import annotations

import math
from dataclasses import replace

import pytest

from specviz.figures import words
from tests.figures.make_trace import chain, drafted, make_trace, sample_chain, sample_plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\n", "⏎"),
        (" the", "·the"),
        ("\t\r", "⇥␍"),
        ("\x1b[0m", "\\x1b[0m"),
        ("\u202eabc", "\\u202eabc"),
        ("\u200b", "\\u200b"),
        ("\ufffd", "\ufffd"),
        ("né", "né"),
        ("🙂", "🙂"),
        ("\U000e0041", "\\ue0041"),
    ],
)
def test_everything_in_a_token_can_be_seen(text: str, shown: str):
    assert words.visible(text) == shown


def test_an_empty_token_shows_its_id():
    assert words.visible("", 7) == "‹7›"
    assert words.visible("") == "‹empty›"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("<b>", "&lt;b&gt;"), ("a & b", "a &amp; b"), ("&lt;", "&amp;lt;"), ("$x$", "&#36;x&#36;"), ("<a href='x'>", "&lt;a href='x'&gt;")],
)
def test_plotly_draws_letters_not_tags(text: str, drawn: str):
    assert words.safe(text) == drawn


def test_a_label_is_cut_before_it_is_escaped():
    assert words.label("<<<<<<<<", limit=4) == "&lt;&lt;&lt;…"


@pytest.mark.parametrize(("value", "shown"), [(0.25, "0.250"), (0.0, "0.000"), (2e-5, "2.0e-05"), (math.nan, "not measured"), (None, "not measured")])
def test_numbers_never_pretend(value: float | None, shown: str):
    assert words.number(value) == shown


def test_plurals():
    assert [words.count(n, noun) for n, noun in [(1, "pass"), (2, "pass"), (0, "token")]] == ["1 pass", "2 passes", "0 tokens"]


def test_the_ratio_is_capped_and_may_be_undefined():
    node = drafted(0, -1, 1, "accepted")
    assert words.ratio(replace(node, p=0.6, q=0.3)) == 1
    assert words.ratio(replace(node, p=0.1, q=0.4)) == pytest.approx(0.25)
    assert words.ratio(replace(node, p=0.0, q=0.4)) == 0
    assert math.isnan(words.ratio(replace(node, p=0.1, q=0.0)))
    assert math.isnan(words.ratio(replace(node, p=math.nan)))


def test_the_coins_words_follow_the_record():
    node = drafted(0, -1, 1, "accepted", u=0.1, threshold=0.4)
    assert words.coin_words(node) == "coin u = 0.100 &lt; threshold 0.400: accepted"
    assert words.coin_words(replace(node, state="rejected", u=0.4)) == "coin u = 0.400 ≥ threshold 0.400: refused"
    assert words.coin_words(replace(node, threshold=None)) == "accepted without a coin of its own"
    assert words.coin_words(replace(node, state="ignored", threshold=None)).startswith("no coin")
    assert words.coin_words(replace(node, state="pruned", threshold=None)).startswith("no coin")


def test_two_runs_are_told_apart_by_what_differs():
    assert words.names(sample_chain(2), sample_plain(2)) == ["chain", "autoregressive"]
    hot, cold = make_trace([chain(1, 2)], temperature=0.8), make_trace([chain(1, 2)], temperature=0.0)
    assert words.names(hot, cold) == ["chain, temperature 0.8", "chain, temperature 0"]
    assert words.names(hot, hot) == ["chain, first run", "chain, second run"]
