"""The coin of a decision, drawn on [0, 1]: against a threshold, or along the steps of a law."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.trace import Cycle, Entry, Node

_AXES = {"xaxis": "x3", "yaxis": "y3"}
_NARROW = 0.2
"""A part of the bar too narrow for its words."""


def set_axes(figure: go.Figure, domain: tuple[float, float]) -> None:
    """Put the coin's own axes (x3, y3) into a strip of the figure."""
    figure.update_layout(
        xaxis3={
            "domain": [0, 1],
            "anchor": "y3",
            "range": [-0.004, 1.004],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis3={"domain": list(domain), "anchor": "x3", "range": [0, 1.7], "visible": False, "fixedrange": True},
    )


def draw_threshold(figure: go.Figure, node: Node, *, is_greedy: bool) -> None:
    """Draw [0, threshold) as "accept", the rest as "refuse", and the coin where it fell."""
    if node.threshold is None or math.isnan(node.threshold) or is_greedy:
        figure.update_layout(xaxis3={"tickvals": []})  # no coin, so nothing to measure
    if node.threshold is None or math.isnan(node.threshold):
        _part(figure, 0.0, 1.0, "ignored", "no coin was looked at")
        return
    threshold = min(1.0, max(0.0, node.threshold))
    if is_greedy:
        words_here = "accept: the target's likeliest token" if threshold else "refuse: not the target's likeliest token"
        _part(figure, 0.0, 1.0, "accepted" if threshold else "rejected", f"{words_here} (temperature 0, no coin)")
        return
    sign = words.number(threshold)
    _part(figure, 0.0, threshold, "accepted", f"accept if u &lt; {sign}", u=node.u)
    _part(figure, threshold, 1.0, "rejected", f"refuse if u ≥ {sign}", u=node.u)
    _coin(figure, node.u)


def draw_ladder(figure: go.Figure, cycle: Cycle) -> None:
    """Draw the law of the last token end to end in the order of token ids, and the coin on it (inverse CDF)."""
    at = 0.0
    for entry in sorted(cycle.last_top, key=lambda entry: entry.token):
        state = cycle.last_kind if entry.token == cycle.last_token else "ignored"
        _part(figure, at, at + entry.prob, state, words.label(entry.text, entry.token, max(1, int(entry.prob * 60))), u=cycle.last_u, narrow=0.035)
        at += entry.prob
    _coin(figure, cycle.last_u)


def covers(law: Sequence[Entry]) -> bool:
    """Whether the recorded entries are, up to rounding, the whole law, so that its steps can be drawn where they are."""
    return sum(entry.prob for entry in law) > 0.999


def _part(figure: go.Figure, left: float, right: float, state: str, text: str, *, u: float = math.nan, narrow: float = _NARROW) -> None:
    """One part of the bar; its words keep away from a coin that fell into it."""
    if right <= left:
        return
    anchor = "middle" if not left <= u < right else "end" if u < (left + right) / 2 else "start"
    chosen = theme.look(state)
    figure.add_bar(
        x=[right - left], y=[0.5], base=[left], width=1.0, orientation="h", showlegend=False, name=f"coin {state}",
        marker={"color": theme.rgba(chosen.colour, 0.30), "line": {"color": chosen.colour, "width": 1}},
        text=[f" {chosen.glyph} {text} " if right - left > narrow else ""], textposition="inside", insidetextanchor=anchor, textangle=0,
        textfont={"size": 12, "color": theme.INK}, constraintext="none",
        hovertext=[f"{chosen.glyph} {text}<br>from {words.number(left)} to {words.number(right)}"], hoverinfo="text", **_AXES,
    )  # fmt: skip


def _coin(figure: go.Figure, u: float) -> None:
    figure.add_scatter(
        x=[u, u], y=[0.0, 1.12], mode="lines", line={"color": theme.INK, "width": 2}, hoverinfo="skip", showlegend=False, name="coin line", **_AXES
    )  # fmt: skip
    side = "middle right" if u < 0.8 else "middle left"
    figure.add_scatter(
        x=[u], y=[1.28], mode="markers+text", text=[f" coin u = {words.number(u)} "], textposition=side, textfont={"size": 13},
        marker={"symbol": "triangle-down", "size": 12, "color": theme.INK}, hoverinfo="skip", showlegend=False, name="coin", cliponaxis=False,
        **_AXES,
    )  # fmt: skip
