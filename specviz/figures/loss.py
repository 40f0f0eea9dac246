"""Where speculation loses: the speed-up as one letter moves and the others stay, and over batch and length of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.theory.roofline import Machine, Shape
from specviz.theory.serving import Serving, served_speedup

_ROW, _GAP, _COLUMNS = 168, 74, 3
_MAP = 360


@dataclass(frozen=True)
class _Letter:
    """One letter of a :class:`Serving`: its field, what it is called, the values it is moved over."""

    field: str
    name: str
    short: str
    values: tuple[float, ...]
    is_log: bool = False
    is_whole: bool = False

    def write(self, value: float) -> str:
        """A value as the picture writes it."""
        if self.field == "context":
            return f"{value / 1024:.0f} k" if value >= 1024 else f"{value:.0f}"
        return f"{value:.0f}" if self.is_whole else f"{value:.2f}"


LETTERS: tuple[_Letter, ...] = (
    _Letter("alpha", "α, acceptance", "α", tuple(np.round(np.linspace(0.0, 1.0, 81), 4).tolist())),
    _Letter("draft", "size of the draft ÷ target", "draft", tuple(np.round(np.linspace(0.0, 1.0, 81), 4).tolist())),
    _Letter("gamma", "γ, drafted tokens", "γ", tuple(range(1, 25)), is_whole=True),
    _Letter("batch", "B, requests in the batch", "B", tuple(np.unique(np.geomspace(1, 512, 60).round()).tolist()), is_log=True, is_whole=True),
    _Letter("context", "positions in each cache", "context", tuple(np.geomspace(64, 131072, 60).round().tolist()), is_log=True, is_whole=True),
    _Letter("other", "other work of a cycle, plain steps", "other work", tuple(np.round(np.linspace(0.0, 3.0, 61), 4).tolist())),
)


def loss_conditions(at: Serving, shape: Shape, machine: Machine) -> go.Figure:
    """Draw the speed-up over each letter, the others kept, with the line at 1 and where each curve crosses it.

    Args:
        at: where things stand; marked in every panel.
        shape: the target.
        machine: what it runs on; memory and arithmetic decide c and v (``specviz.theory.serving``).
    """
    now = served_speedup(at, shape, machine)
    curves = [_curve(letter, at, shape, machine) for letter in LETTERS]
    exits = [_exit(letter, at, values) for letter, values in zip(LETTERS, curves, strict=True)]
    rows = -(-len(LETTERS) // _COLUMNS)
    figure = theme.card(
        _title(now), _subtitle(now, exits, shape, machine), height=rows * _ROW + (rows - 1) * _GAP,
        alt=_alt(now, at, exits, shape, machine), badges=["modelled", *_sources(machine)], bottom=theme.AXIS - 20,
    )  # fmt: skip
    top = 1.12 * max(2.0, now, *(max(values) for values in curves))
    for place, (letter, values) in enumerate(zip(LETTERS, curves, strict=True)):
        _panel(figure, place, rows, letter, values, top)
        _mark(figure, place, letter, at, values, now)
    return theme.steady(figure)


def _curve(letter: _Letter, at: Serving, shape: Shape, machine: Machine) -> list[float]:
    def worth(value: float) -> float:
        moved: dict[str, Any] = {letter.field: int(value) if letter.is_whole else value}
        return served_speedup(replace(at, **moved), shape, machine)

    return [worth(value) for value in letter.values]


def crossings(letter: _Letter, values: Sequence[float]) -> list[float]:
    """Where the curve crosses 1: for a whole letter the first value on the other side, else the point between two values."""
    found = []
    pairs = list(zip(letter.values, values, strict=True))
    for (a, below), (b, above) in pairwise(pairs):
        if (below >= 1.0) != (above >= 1.0):
            found.append(b if letter.is_whole else a + (b - a) * (1.0 - below) / (above - below))
    return found


def _exit(letter: _Letter, at: Serving, values: Sequence[float]) -> str:
    """The nearest crossing, in words; empty when moving this letter alone changes nothing."""
    found = crossings(letter, values)
    if not found:
        return ""
    here = float(getattr(at, letter.field))
    nearest = min(found, key=lambda value: abs(value - here))
    return f"{letter.short} {'above' if nearest > here else 'below'} {letter.write(nearest)}"


def _panel(figure: go.Figure, place: int, rows: int, letter: _Letter, values: Sequence[float], top: float) -> None:
    """One small picture: what is above the line in blue, below it in orange."""
    axis, column, row = "" if place == 0 else str(place + 1), place % _COLUMNS, place // _COLUMNS
    x, ones = list(letter.values), [1.0] * len(values)
    shared: dict[str, Any] = {"x": x, "xaxis": f"x{axis}", "yaxis": f"y{axis}", "mode": "lines", "hoverinfo": "skip"}
    for name, side, colour in (("faster than plain decoding", np.maximum, theme.GAIN), ("slower", np.minimum, theme.LOSS)):
        figure.add_scatter(y=ones, line={"width": 0}, showlegend=False, name="one", **shared)
        figure.add_scatter(
            y=side(values, 1.0).tolist(), line={"width": 0}, fill="tonexty", fillcolor=theme.rgba(colour, 0.45), name=name, legendgroup=name,
            showlegend=place == 0, marker={"color": colour}, **shared,
        )  # fmt: skip
    figure.add_scatter(
        **shared | {"hoverinfo": "text"}, y=list(values), line={"color": theme.INK, "width": 2.2}, name=letter.field, showlegend=False,
        hovertext=[f"{letter.name}: {letter.write(v)}<br>{worth:.2f}×" for v, worth in zip(x, values, strict=True)],
    )  # fmt: skip
    width, high = 1 / _COLUMNS, (_ROW * rows + _GAP * (rows - 1))
    left, bottom = column * width, ((rows - 1 - row) * (_ROW + _GAP)) / high
    figure.update_layout({
        f"xaxis{axis}": {"domain": [left + (0.035 if column else 0.0), left + width - 0.012], "anchor": f"y{axis}", "fixedrange": True,
                         "showgrid": False, "title": {"text": letter.name, "standoff": 4}, **_ticks(letter)},
        f"yaxis{axis}": {"domain": [bottom, bottom + _ROW / high], "anchor": f"x{axis}", "range": [0, top], "fixedrange": True, "nticks": 5,
                         "ticksuffix": "×", "showticklabels": column == 0},
    })  # fmt: skip
    figure.add_shape(
        type="line", xref=f"x{axis} domain", yref=f"y{axis}", x0=0, x1=1, y0=1, y1=1, line={"color": theme.INK, "width": 1, "dash": "dot"}
    )


def _ticks(letter: _Letter) -> dict[str, Any]:
    low, high = letter.values[0], letter.values[-1]
    if not letter.is_log:
        return {"range": [low - 0.03 * (high - low), high + 0.03 * (high - low)], "nticks": 6}
    powers = [2.0**n for n in range(int(np.log2(low)), int(np.log2(high)) + 1, 3 if letter.field == "batch" else 2)]
    return {
        "type": "log",
        "range": [np.log10(low) - 0.06, np.log10(high) + 0.06],
        "tickvals": powers,
        "ticktext": [letter.write(power) for power in powers],
    }


def _mark(figure: go.Figure, place: int, letter: _Letter, at: Serving, values: Sequence[float], now: float) -> None:
    """Where things stand, and where the curve crosses the line."""
    axis = "" if place == 0 else str(place + 1)
    where = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "showlegend": False}
    found = crossings(letter, values)[:2]
    figure.add_scatter(
        x=found, y=[1.0] * len(found), mode="markers+text", name="crossing", text=[f"<b>{letter.write(x)}</b>" for x in found],
        textposition="bottom center", textfont={"size": 12, "color": theme.INK}, cliponaxis=False, hoverinfo="skip",
        marker={"symbol": "line-ns-open", "size": 11, "color": theme.INK, "line": {"width": 2}}, **where,
    )  # fmt: skip
    here = min(max(float(getattr(at, letter.field)), letter.values[0]), letter.values[-1])
    figure.add_scatter(
        x=[here], y=[now], mode="markers", name="where things stand", cliponaxis=False, hoverinfo="text",
        hovertext=[f"{letter.name}: {letter.write(float(getattr(at, letter.field)))}<br>{now:.2f}×"],
        marker={"symbol": "diamond", "size": 13, "color": theme.look("corrected").colour, "line": {"width": 2, "color": theme.INK}}, **where,
    )  # fmt: skip


def _title(now: float) -> str:
    return f"{now:.2f}× plain decoding: " + ("speculation pays here" if now > 1.0 else "speculation loses here")


def _subtitle(now: float, exits: Sequence[str], shape: Shape, machine: Machine) -> str:
    known = [name for name in exits if name]
    way = "It would lose with" if now > 1.0 else "It would pay with"
    told = f"{way} {', or '.join(known)} (one letter moved, the others kept). " if known else "No single letter changes that. "
    return f"{told}{words.safe(shape.name)} on {words.safe(machine.name)}; pass times by the roofline. Diamond: where things stand."


def _alt(now: float, at: Serving, exits: Sequence[str], shape: Shape, machine: Machine) -> str:
    known = "; ".join(name for name in exits if name) or "none"
    return (
        f"Modelled speed-up of a chain on {machine.name}, {shape.name}, as one of six letters moves. Now: acceptance {at.alpha:g}, "
        f"length {at.gamma}, draft of size {at.draft:g}, {at.batch} requests, {at.context} cached positions, other work {at.other:g}: "
        f"{now:.2f} times plain decoding. "
        f"The line at 1 is crossed with: {known}."
    )


def _sources(machine: Machine) -> list[str]:
    return [machine.source] if machine.source in theme.BADGES and machine.source != "modelled" else []


def batch_map(at: Serving, shape: Shape, machine: Machine) -> go.Figure:
    """Draw the speed-up over requests in a batch and length of their texts, with the line where nothing is gained.

    Args:
        at: the other letters, and the point that is marked.
        shape: the target.
        machine: what it runs on.
    """
    rows, contexts = np.unique(np.geomspace(1, 512, 46).round()), np.geomspace(256, 131072, 46).round()
    values = np.array([[served_speedup(replace(at, batch=int(b), context=int(n)), shape, machine) for b in rows] for n in contexts])
    now, lost = served_speedup(at, shape, machine), float((values < 1.0).mean())
    figure = theme.card(
        f"Batch and length of text: {now:.2f}× where you stand",
        f"α = {at.alpha:g}, γ = {at.gamma}, draft {at.draft:g} of the target, its cache {at.draft_cache:g} of the target’s. {words.safe(shape.name)} "
        f"on {words.safe(machine.name)}, roofline. Blue is faster than plain decoding of the same batch, orange slower.",
        height=_MAP,
        alt=f"Modelled speed-up over batch size and context on {machine.name}. {lost:.0%} of the area loses. At {at.batch} requests and {at.context} "
        f"positions it is {now:.2f} times; at the largest batch {values[0, -1]:.2f} times with short texts and {values[-1, -1]:.2f} with long ones.",
        badges=["modelled", *_sources(machine)],
    )
    figure.add_heatmap(
        x=np.log2(rows).tolist(), y=np.log2(contexts).tolist(), z=values.tolist(), name="speed-up", zsmooth="best",
        **theme.around_one(float(values.max())),
        customdata=[[[int(b), int(n)] for b in rows] for n in contexts],
        hovertemplate="%{customdata[0]} requests, %{customdata[1]} positions: %{z:.2f}×<extra></extra>",
        colorbar={"title": {"text": "speed-up", "side": "right"}, "ticksuffix": "×", "thickness": 14, "outlinewidth": 0},
    )  # fmt: skip
    figure.add_contour(
        x=np.log2(rows).tolist(), y=np.log2(contexts).tolist(), z=values.tolist(), showscale=False, name="no gain: 1×", hoverinfo="skip",
        showlegend=True, line={"color": theme.INK, "width": 3}, contours={"start": 1.0, "end": 1.0, "size": 1.0, "coloring": "none"},
    )  # fmt: skip
    figure.add_scatter(
        x=[float(np.log2(max(at.batch, 1)))], y=[float(np.log2(max(at.context, contexts[0])))], mode="markers+text", name="where things stand",
        text=[f"<b>{now:.2f}×</b>"], textposition="middle right", textfont={"size": 15}, cliponaxis=False, hoverinfo="skip",
        marker={"symbol": "diamond", "size": 15, "color": theme.look("corrected").colour, "line": {"width": 2, "color": theme.INK}},
    )  # fmt: skip
    powers, lengths = range(10), range(8, 18, 2)
    figure.update_xaxes(
        title={"text": "B, requests that share the pass"},
        tickvals=list(powers),
        ticktext=[str(2**n) for n in powers],
        fixedrange=True,
        showgrid=False,
    )
    figure.update_yaxes(
        title={"text": "positions in each cache"}, tickvals=list(lengths), ticktext=[_Letter("context", "", "", ()).write(2**n) for n in lengths],
        fixedrange=True, showgrid=False,
    )  # fmt: skip
    return theme.steady(figure)
