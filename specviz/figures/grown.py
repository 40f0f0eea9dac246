"""A tree that a builder grew over the lab's tiny language: its shape, what it cut, and how often each node is accepted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.figures.layout import Place, curve, place
from specviz.labs.growing import Grown
from specviz.labs.markov import LETTERS

_ROOMY, _FULL, _TIGHT = 36, 560, 9
"""Pixels of a row with few rows, of all rows together, and the least a row keeps."""
_LARGEST, _LEAST = 30.0, 4.0
"""Pixels of a marker: one that is always accepted, and one that hardly ever is."""


def grown_tree(grown: Grown) -> go.Figure:
    """Draw a grown tree from left to right, siblings from top to bottom; the area of a node says how often verification accepts it.

    What the builder scored and cut again is drawn as open grey circles.

    Args:
        grown: from ``specviz.labs.growing.grow``.
    """
    tree = grown.tree
    parents = [*tree.parents, *(cut.parent for cut in tree.pruned)]
    tokens = [*tree.tokens, *(cut.token for cut in tree.pruned)]
    places = place(parents, stop=-1)
    places.pop(-1)
    rows = 1 + int(max(spot.y for spot in places.values()))
    row = max(_TIGHT, min(_ROOMY, _FULL / rows))
    figure = theme.card(_title(grown), _subtitle(grown), height=round(rows * row + 30), alt=_alt(grown), badges=["modelled"], bottom=theme.BARE)
    _draw_edges(figure, places, parents, len(tree))
    _draw_cut(figure, grown, [places[node] for node in range(len(tree), len(parents))])
    _draw_nodes(figure, grown, places, tokens, has_names=row >= 14)
    deepest = max(spot.x for spot in places.values())
    figure.update_xaxes(
        range=[-0.3, deepest + 0.5], tickvals=list(range(deepest + 1)), ticktext=["text", *map(str, range(1, deepest + 1))], side="top", ticks="",
        showgrid=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[rows - 0.4, -0.8], fixedrange=True)
    return theme.steady(figure)


def _title(grown: Grown) -> str:
    size = f"{words.count(len(grown.tree), 'token')} on {words.count(grown.levels, 'level')}"
    return f"{words.safe(grown.shape)}: {size}, {grown.tokens_per_cycle:.2f} tokens per cycle"


def _subtitle(grown: Grown) -> str:
    passes = f"{grown.passes} pass" + ("" if grown.passes == 1 else "es")
    cut = " Open circles: scored by the draft, cut before verification." if grown.tree.pruned else ""
    return f"Took {passes} of the draft. Area of a node: how often it is accepted, over all coins.{cut}"


def _draw_edges(figure: go.Figure, places: dict[int | None, Place], parents: Sequence[int], kept: int) -> None:
    for nodes, line in ((range(kept), {"color": theme.MUTED, "width": 1.6}), (range(kept, len(parents)), {"color": theme.GRID, "width": 1.2})):
        x, y = curve([(places[None if parents[node] < 0 else parents[node]], places[node]) for node in nodes], steps=8)
        figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name="edges")
    root = places[None]
    figure.add_scatter(
        x=[root.x], y=[root.y], mode="markers", marker={"symbol": "square", "size": 11, "color": theme.MUTED}, showlegend=False, name="root",
        hovertext=["the text so far"], hoverinfo="text", cliponaxis=False,
    )  # fmt: skip


def _draw_cut(figure: go.Figure, grown: Grown, places: Sequence[Place]) -> None:
    look = theme.look("pruned")
    figure.add_scatter(
        x=[spot.x for spot in places], y=[spot.y for spot in places], mode="markers", name=look.word, showlegend=bool(places),
        marker={"symbol": look.symbol, "size": 7, "color": look.colour, "line": {"width": 1.2, "color": look.colour}}, hoverinfo="text",
        hovertext=[f"‘{LETTERS[cut.token]}’, cut before verification<br>q {words.number(cut.q)}" for cut in grown.tree.pruned], cliponaxis=False,
    )  # fmt: skip


def _draw_nodes(figure: go.Figure, grown: Grown, places: dict[int | None, Place], tokens: Sequence[int], *, has_names: bool) -> None:
    shown = range(len(grown.tree))
    reached = grown.reached
    said = [
        f"<b>‘{LETTERS[tokens[i]]}’</b><br>accepted {words.number(float(reached[i]))} of the time<br>"
        f"given its parent {words.number(float(grown.rates[i]))}<br>the draft’s own estimate {words.number(float(grown.confidence[i]))}"
        for i in shown
    ]
    figure.add_scatter(
        x=[places[i].x for i in shown], y=[places[i].y for i in shown], mode="markers+text" if has_names else "markers", name="drafted",
        text=[LETTERS[tokens[i]] for i in shown], textposition="top center", textfont={"family": theme.MONO, "size": 12}, showlegend=False,
        marker={
            "symbol": "circle", "size": np.maximum(_LEAST, _LARGEST * np.sqrt(reached)).tolist(), "color": theme.DRAFT, "opacity": 1,
            "line": {"width": 1, "color": theme.INK},
        },
        hovertext=said, hoverinfo="text", cliponaxis=False,
    )  # fmt: skip


def _alt(grown: Grown) -> str:
    first = [(LETTERS[grown.tree.tokens[node]], grown.reached[node]) for node in grown.tree.children(-1)]
    listed = ", ".join(f"{token} {share:.2f}" for token, share in first)
    return (
        f"A draft tree grown by {grown.shape}: {words.count(len(grown.tree), 'token')} on {words.count(grown.levels, 'level')}, "
        f"{grown.tokens_per_cycle:.2f} tokens per cycle expected. First level, with how often each is accepted: {listed}."
    )
