"""The labs' pictures: what they draw is what was computed, and they read well for every shape."""

from __future__ import annotations

import re

import numpy as np
import pytest

from specviz.figures import theme
from specviz.figures.lab import lossy_prices, mass_flow
from specviz.figures.lossless import MOST_TEXTS, distances, outputs
from specviz.labs.decoder import Decoder, plain
from specviz.labs.fit import fit
from specviz.labs.markov import markov_pair
from specviz.labs.place import PRESETS, Place, preset
from tests.figures.test_all_figures import texts

HOSTILE = Place(("<b>x</b>", "$y$", "&lt;", "\n"), np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4]))


def named(figure, name):
    return next(drawn for drawn in figure.data if (drawn.name or "").startswith(name))


def lossless(vocab=4, length=2, bug=None, runs=20_000):
    pair = markov_pair(vocab)
    decoder, law = Decoder(pair, bug=bug), pair.law(length)
    return fit(plain(pair, length, runs, 0).counts, law), fit(decoder.run(length, runs, 0).counts, law), decoder


@pytest.mark.parametrize("name", PRESETS)
def test_kept_and_refused_make_q_and_kept_and_redrawn_make_p(name):
    here = preset(name, 6)
    figure = mass_flow(here)
    kept, refused, redrawn = (np.array(named(figure, glyph).x) for glyph in "●✕◆")
    assert kept + refused == pytest.approx(here.q, abs=1e-12)
    assert kept + redrawn == pytest.approx(here.p, abs=1e-12)
    assert refused.sum() == pytest.approx(redrawn.sum(), abs=1e-12)
    assert kept.sum() == pytest.approx(here.alpha, abs=1e-12)


def test_where_nothing_is_refused_no_residual_is_drawn():
    figure = mass_flow(preset("agree", 5))
    assert sum(sum(bar.x) for bar in figure.data if bar.xaxis == "x3" and bar.type == "bar") == 0.0
    assert any("nothing" in note.text for note in figure.layout.annotations)


@pytest.mark.parametrize("name", PRESETS)
def test_the_region_no_rule_reaches_holds_no_rule(name):
    here = preset(name, 5)
    figure = lossy_prices(here)
    for drawn in figure.data:
        if drawn.mode == "lines+markers+text":
            assert (np.array(drawn.y) >= np.array(drawn.x) - here.alpha - 1e-9).all()
    assert named(figure, "rejection").x == (pytest.approx(here.alpha),)


def test_no_token_becomes_a_tag_or_a_formula():
    allowed = re.compile(r"</?(?:b|br|sub|span)(?: style=[^<>]*)?>")
    figure = mass_flow(HOSTILE)
    drawn = list(texts(figure.to_dict()))
    assert any("&lt;b&gt;x" in text for text in drawn)  # it is there, as text
    for text in [*drawn, *texts(lossy_prices(HOSTILE).to_dict())]:
        assert "<" not in allowed.sub("", text.replace("&lt;", "")), text
        assert "$" not in text


def test_every_text_is_shown_or_counted_among_the_others():
    few, _, _ = lossless(4, 2)
    assert len(outputs(few, few, vocab=4, length=2).layout.xaxis2.ticktext) == 16
    plain_fit, spec, _ = lossless(5, 3)
    figure = outputs(plain_fit, spec, vocab=5, length=3)
    assert len(figure.layout.xaxis2.ticktext) == MOST_TEXTS + 1
    assert figure.layout.xaxis2.ticktext[-1] == f"{125 - MOST_TEXTS}<br>others"
    for name in ("plain decoding", "speculative"):
        assert sum(named(figure, name).y) == pytest.approx(1.0)
    assert sum(named(figure, "exact").y) == pytest.approx(1.0)


def test_texts_stand_likeliest_first():
    fitted, _, _ = lossless()
    exact = named(outputs(fitted, fitted, vocab=4, length=2), "exact").y
    assert list(exact) == sorted(exact, reverse=True)


def test_surprises_are_marked_where_the_decoder_is_wrong_and_hardly_where_it_is_right():
    plain_fit, wrong, _ = lossless(bug="residual")
    figure = outputs(plain_fit, wrong, vocab=4, length=2)
    assert list(named(figure, "speculative, off").marker.symbol).count("x") >= 6
    assert list(named(figure, "plain decoding, off").marker.symbol).count("x") <= 1


def test_the_diamond_lies_in_the_bar():
    plain_fit, wrong, decoder = lossless(bug="row")
    exact = float(np.abs(decoder.law(2) - decoder.pair.law(2)).sum() / 2)
    figure = distances(plain_fit, wrong, exact)
    low, high = named(figure, "speculative bar").x
    assert low <= named(figure, "speculative exact").x[0] <= high
    assert f"exact {exact:.4f}" in theme.alt_text(figure)


@pytest.mark.parametrize(
    "figure", [mass_flow(HOSTILE), lossy_prices(HOSTILE), outputs(*lossless()[:2], vocab=4, length=2), distances(*lossless()[:2], 0.0)]
)
def test_every_lab_picture_has_a_badge_and_words(figure):
    assert len(theme.alt_text(figure)) > 60
    assert any((note.name or "").startswith("badge-") for note in figure.layout.annotations)
