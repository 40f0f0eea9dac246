"""One place for colour, glyph and words: every picture takes its look from here.

Colours are Okabe and Ito's; each also has a glyph and a word, so nothing rests on colour alone. Pictures are drawn on an
explicit white card, never on a transparent one: tints and outlines keep the contrast they were checked at in a light app,
a dark notebook, a slide and an export alike. Streamlit should show them with ``theme=None`` so that it does not repaint them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError

CONFIG: dict[str, Any] = {
    "showSendToCloud": False,  # the "share" button uploads the data; a recorded prompt is nobody else's business
    "displaylogo": False,
    "responsive": True,
    "displayModeBar": "hover",
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "specviz"},
}
"""The Plotly configuration every front passes on: no upload, no logo, nothing fetched."""

SANS = "Inter, 'Source Sans Pro', 'Segoe UI', system-ui, -apple-system, 'Liberation Sans', Arial, sans-serif"
MONO = "'JetBrains Mono', 'Source Code Pro', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
INK, MUTED, LINE, GRID, CARD = "#1B1F24", "#57606A", "#AEB5BD", "#E7EAEE", "#FFFFFF"

TARGET = "#009E73"
"""p, the target's law, and the time spent in the target."""
DRAFT = "#56B4E9"
"""q, the draft's law, and the time spent drafting; bars of q are hatched as well."""
HATCH = "#11506F"
"""The lines over the draft's bars."""
OTHER = "#B9C0C8"
OVERLAP = "#F0E442"
"""min(p, q)."""
GAIN, EVEN, LOSS = "#3E7CB1", "#FFFFFF", "#F2B48C"
"""Faster than plain decoding, as fast, slower."""


@dataclass(frozen=True)
class Look:
    """How a state looks and what it is called: plotly symbol, plain-text glyph, short word and what it means."""

    colour: str
    symbol: str
    glyph: str
    word: str
    meaning: str
    dash: str = "solid"

    @property
    def tint(self) -> str:
        """The colour, light enough to read dark text on."""
        return rgba(self.colour, 0.17)


LOOKS: dict[str, Look] = {
    "accepted": Look("#0072B2", "circle", "●", "accepted", "drafted, and the target agreed"),
    "rejected": Look("#D55E00", "x", "✕", "refused", "drafted, and the target said no", "dash"),
    "corrected": Look("#E69F00", "diamond", "◆", "corrected", "drawn from the target's side after a refusal"),
    "bonus": Look("#CC79A7", "star", "★", "bonus", "drawn from the target itself: nothing was refused"),
    "ignored": Look("#8A929B", "circle-open", "○", "ignored", "drafted, never examined", "dot"),
    "pruned": Look("#8A929B", "circle-open", "○", "pruned", "scored by the tree builder, cut before the target saw it", "dot"),
    "prompt": Look("#8A929B", "line-ew-open", "", "prompt", "given, not generated"),
}
BADGES = {"measured": "#0B6B50", "modelled": "#6B4FA0", "literature": "#7A5200"}


@dataclass(frozen=True)
class Series:
    """How one of several things of a kind looks (rules, shapes of trees): colour, plotly symbol and bar pattern, no state's own."""

    colour: str
    symbol: str
    pattern: str


SERIES: tuple[Series, ...] = (
    Series("#332288", "circle", ""),
    Series("#44AA99", "square", "\\"),
    Series("#CC6677", "diamond", "."),
    Series("#B8A13C", "triangle-up", "x"),
    Series("#882255", "cross", "-"),
    Series("#117733", "pentagon", "+"),
)
"""Paul Tol's muted colours, told apart by colour-blind readers and from the colours of the states; the pattern and symbol say it again."""


def rgba(colour: str, opacity: float) -> str:
    """``#RRGGBB`` with an opacity, as CSS."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def mix(colour: str, share: float) -> str:
    """``#RRGGBB`` mixed with the card's white, as ``#RRGGBB``: what :func:`rgba` looks like there, where no opacity is wanted."""
    return "#" + "".join(f"{round(255 + (int(colour[i : i + 2], 16) - 255) * share):02X}" for i in (1, 3, 5))


def around_one(most: float) -> dict[str, Any]:
    """The colours of a map of speed-ups from 0 to ``most``, 2 at least: blue above 1, orange below, white at 1."""
    top = max(2.0, most)
    return {"zmin": 0.0, "zmax": top, "colorscale": [[0, LOSS], [1.0 / top, EVEN], [1, GAIN]]}


def look(state: str) -> Look:
    """The look of a state.

    Raises:
        ValueError: for a state that has none.
    """
    if state not in LOOKS:
        raise UnexpectedValueError(f"a state among {', '.join(LOOKS)}", repr(state))
    return LOOKS[state]


_AXIS = {
    "gridcolor": GRID,
    "linecolor": LINE,
    "zeroline": False,
    "ticks": "outside",
    "tickcolor": LINE,
    "ticklen": 4,
    "tickfont": {"size": 12, "color": MUTED},
    "title": {"font": {"size": 13, "color": INK}, "standoff": 8},
    "automargin": True,
}
TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": SANS, "size": 13, "color": INK},
        "paper_bgcolor": CARD,
        "plot_bgcolor": CARD,
        "hoverlabel": {"bgcolor": "#FFFFFF", "bordercolor": LINE, "font": {"family": MONO, "size": 12, "color": INK}, "align": "left"},
        "legend": {
            "orientation": "h",
            "yref": "container",
            "y": 0.0,
            "yanchor": "bottom",
            "x": 0.0,
            "xanchor": "left",
            "font": {"size": 12},
            "itemsizing": "trace",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "hovermode": "closest",
        "dragmode": False,
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "bargap": 0.2,
        "modebar": {"bgcolor": "rgba(255,255,255,0.9)", "color": MUTED, "activecolor": INK},
    }
)

_SIDE, _TITLE, _LINE_HEIGHT = 20, 44, 21
BARE, AXIS = 44, 106
"""Pixels below the drawing: for a legend alone, or for an axis with its title and a legend of two lines."""
_WRAP = 96
"""Letters of a subtitle's line: what fits the narrowest card."""
_NARROWEST, _LETTER, _BADGE = 610, 9.2, 82
"""Pixels: the narrowest card, which stands beside an explorable's controls on a page of the course; a title's letter; a badge."""


def card(title: str, subtitle: str, *, height: int, alt: str, badges: Sequence[str] = (), bottom: int = AXIS) -> go.Figure:
    """An empty picture with its heading, badges and alt text.

    Args:
        title: plotly's pseudo-HTML, so tokens in it must be safe already; broken into lines where it would run under the badges.
        subtitle: plain or safe text, wrapped here.
        height: pixels of the drawing area; heading and legend come on top.
        alt: what the picture shows, for a reader who does not see it.
        badges: where its numbers come from (``measured``, ``modelled``, ``literature``).
        bottom: pixels kept below for an axis and the legend (:data:`AXIS`), or for the legend alone (:data:`BARE`).
    """
    heading = wrap(title, int((_NARROWEST - 2 * _SIDE - _BADGE * len(badges)) / _LETTER))
    lines = wrap(subtitle)
    top = _TITLE + _LINE_HEIGHT * (len(heading) - 1 + len(lines)) + 14
    small = "<br>".join(f'<span style="font-size:12px;color:{MUTED}">{line}</span>' for line in lines)
    figure = go.Figure(layout={"template": TEMPLATE, "meta": {"alt": alt}})
    figure.update_layout(
        height=height + top + bottom,
        margin={"l": _SIDE, "r": _SIDE, "t": top, "b": bottom},
        showlegend=True,
        title={
            "text": f"<b>{'<br>'.join(heading)}</b>" + (f"<br>{small}" if small else ""),
            "font": {"size": 16},
            "x": 0,
            "xref": "container",
            "y": 1 - 24 / (height + top + bottom),
            "yref": "container",
            "xanchor": "left",
            "yanchor": "top",
            "pad": {"l": _SIDE},
        },
    )
    for place, kind in enumerate(reversed(badges)):
        badge(figure, kind, place=place)
    return figure


def wrap(text: str, width: int = _WRAP) -> list[str]:
    """Break a subtitle into lines of at most ``width`` letters as they are seen: tags and entities count as what they draw."""
    lines: list[str] = []
    room = 0
    for word in filter(None, re.split(r" (?![^<]*>)", text)):  # not at no-break spaces, and not within a tag
        length = len(html.unescape(re.sub(r"<[^>]*>", "", word)))
        if lines and length + 1 <= room:
            lines[-1] += " " + word
            room -= length + 1
        else:
            lines.append(word)
            room = width - length
    return lines


def badge(figure: go.Figure, kind: str, *, place: int = 0) -> go.Figure:
    """Write in the upper right corner where the numbers come from; ``place`` counts badges from the right.

    Raises:
        ValueError: for an unknown kind.
    """
    if kind not in BADGES:
        raise UnexpectedValueError(f"a badge among {', '.join(BADGES)}", repr(kind))
    figure.add_annotation(
        name=f"badge-{kind}",
        text=kind,
        xref="paper",
        yref="paper",
        x=1,
        y=1,
        xanchor="right",
        yanchor="top",
        xshift=-place * _BADGE,
        yshift=figure.layout.margin.t - 10,
        showarrow=False,
        font={"size": 12, "color": BADGES[kind]},
        bgcolor=CARD,
        bordercolor=BADGES[kind],
        borderwidth=1,
        borderpad=3,
    )
    return figure


def alt_text(figure: go.Figure) -> str:
    """What the picture shows, in words; every figure of this package carries it in ``layout.meta``.

    Raises:
        ValueError: for a figure that has none.
    """
    meta = figure.layout.meta
    if not isinstance(meta, dict) or not meta.get("alt"):
        raise UnexpectedValueError("a figure with an alt text in layout.meta['alt']", "one without", "draw it with theme.card")
    return str(meta["alt"])


def steady(figure: go.Figure) -> go.Figure:
    """Keep everything as it is drawn when a reader selects a point: colours mean states here, and fading would hide them."""
    for drawn in figure.data:
        if "marker" not in drawn:  # a heat map: nothing of it can be selected
            continue
        shown = drawn.marker.opacity
        drawn.unselected = {"marker": {"opacity": shown if isinstance(shown, int | float) else 1}}
        if drawn.textfont and isinstance(drawn.textfont.color, str):
            drawn.unselected.textfont = {"color": drawn.textfont.color}
    return figure


def legend_entry(state: str) -> go.Scatter:
    """A legend line for a state, with its glyph."""
    chosen = look(state)
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=f"{chosen.word}",
        hoverinfo="skip",
        marker={"symbol": chosen.symbol, "color": chosen.colour, "size": 10, "line": outline(chosen.symbol)},
    )


def outline(symbol: str) -> dict[str, Any]:
    """The line around a marker: dark around filled ones, whose light colours would fade on white."""
    return {"width": 2} if symbol.endswith("open") else {"width": 1, "color": INK}
