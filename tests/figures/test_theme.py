from __future__ import annotations

import plotly.graph_objects as go
import pytest

from specviz.figures import theme


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def over_card(colour: str, opacity: float) -> str:
    parts = [round(int(colour[i : i + 2], 16) * opacity + 255 * (1 - opacity)) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


@pytest.mark.parametrize(
    ("state", "colour", "symbol"),
    [
        ("accepted", "#0072B2", "circle"),
        ("rejected", "#D55E00", "x"),
        ("corrected", "#E69F00", "diamond"),
        ("bonus", "#CC79A7", "star"),
        ("ignored", theme.LOOKS["pruned"].colour, "circle-open"),
        ("pruned", theme.LOOKS["ignored"].colour, "circle-open"),
    ],
)
def test_states_look_as_the_design_says(state: str, colour: str, symbol: str):
    assert (theme.look(state).colour, theme.look(state).symbol) == (colour, symbol)


def test_no_two_examined_states_share_a_glyph_or_a_word():
    states = [theme.look(s) for s in ("accepted", "rejected", "corrected", "bonus", "ignored")]
    assert len({s.glyph for s in states}) == len({s.word for s in states}) == len({s.symbol for s in states}) == 5


def test_text_is_readable_on_the_card_and_on_every_tint():
    assert contrast(theme.INK, theme.CARD) > 7
    assert contrast(theme.MUTED, theme.CARD) > 4.5
    assert all(contrast(theme.INK, over_card(look.colour, 0.30)) > 4.5 for look in theme.LOOKS.values())
    assert all(contrast(colour, theme.CARD) > 4.5 for colour in theme.BADGES.values())


def test_open_markers_stand_out_without_an_outline():
    assert contrast(theme.look("ignored").colour, theme.CARD) >= 3


def test_an_unknown_state_is_named():
    with pytest.raises(ValueError, match="'maybe'"):
        theme.look("maybe")


def test_the_upload_button_is_off():
    assert theme.CONFIG["showSendToCloud"] is False
    assert theme.CONFIG["displaylogo"] is False


def test_a_figure_without_alt_text_is_refused():
    with pytest.raises(ValueError, match="alt text"):
        theme.alt_text(go.Figure())


def test_an_unknown_badge_is_refused():
    with pytest.raises(ValueError, match="'guessed'"):
        theme.badge(theme.card("t", "s", height=100, alt="a"), "guessed")


def test_a_long_title_is_broken_before_it_runs_under_the_badges():
    title = "At best, a pass over <i>5 tokens</i> takes 1.08× the time of one"
    plain, badged = (theme.card(title, "s", height=100, alt="a", badges=badges) for badges in ([], ["modelled", "literature"]))
    assert title in plain.layout.title.text
    first, second = badged.layout.title.text.split("</b>")[0].split("<br>")
    assert f"{first} {second}" == f"<b>{title}"
    assert len(first) < 60
    assert badged.layout.margin.t == plain.layout.margin.t + 21, "the drawing keeps its height"


def test_a_line_is_not_broken_within_a_tag():
    assert theme.wrap('a <b style="x: y z">b</b> c', width=3) == ['a <b style="x: y z">b</b>', "c"]


def test_badges_stand_side_by_side():
    figure = theme.card("t", "s", height=100, alt="a", badges=["measured", "modelled"])
    assert {(note.text, note.xshift) for note in figure.layout.annotations} == {("measured", -82), ("modelled", 0)}


def test_a_subtitle_wraps_by_what_is_seen():
    word = "<sup>&lt;&lt;&lt;&lt;</sup>"
    assert len(theme.wrap(" ".join([word] * 20), width=99)) == 1
    assert [len(line) for line in theme.wrap("ab " * 10, width=8)] == [8, 8, 8, 2]


def test_a_subtitle_keeps_no_break_spaces():
    assert theme.wrap("aaaa c\u00a0=\u00a01", width=8) == ["aaaa", "c\u00a0=\u00a01"]
