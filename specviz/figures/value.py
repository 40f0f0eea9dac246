"""What a tree of a given size is worth: Sequoia's dynamic programme beside a chain and k-ary trees, and what it buys at real costs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.figures.layout import curve, place
from specviz.theory.sequoia import best_size, best_tree, best_values
from specviz.theory.speedup import expected_tokens
from specviz.types import Costs

_TOP, _GAP, _SIDE = 270, 24, 0.27
_RAMP = ("#C9B8EA", "#A78BDB", "#8763C8", "#6B4FA0", "#46306F")
_LEVELS = (2, 4, 8)
_ARITIES = (2, 3)


@dataclass(frozen=True)
class _Curve:
    """A family of trees by size: drafted tokens, drafted levels of each, expected tokens per cycle of each."""

    name: str
    sizes: tuple[int, ...]
    levels: tuple[int, ...]
    values: tuple[float, ...]
    colour: str
    symbol: str = ""
    dash: str = "solid"

    def speedups(self, costs: Costs) -> tuple[float, ...]:
        """Tokens per target pass over one token: value / (levels c + v(size + 1))."""
        return tuple(value / (level * costs.draft + costs.v(n + 1)) for n, level, value in zip(self.sizes, self.levels, self.values, strict=True))


def tree_value(
    acceptance: Sequence[float], *, largest: int = 64, levels: Sequence[int] = _LEVELS, costs: Costs | None = None, arities: Sequence[int] = _ARITIES
) -> go.Figure:
    """Draw expected tokens per cycle over tree size: the best tree of at most so many levels, a chain, complete k-ary trees.

    With ``costs`` a second panel draws the speed-up each buys, and marks the best size and depth of all (``best_size`` over every
    depth up to the deepest of ``levels``); the tree itself is drawn beside it. All numbers follow from ``acceptance`` and ``costs``.

    Args:
        acceptance: a[0], a[1], …: how often the b-th child of a node is the accepted one (2402.12374, section 4.1); at most 1 in all.
        largest: most drafted tokens.
        levels: depths drawn, in drafted levels; that of the best tree is drawn as well.
        costs: c and v(m), in target passes over one token.
        arities: children per node of the complete trees drawn; only as many as ``acceptance`` has entries.

    Raises:
        ValueError: for acceptances that are none or exceed 1 together, or no sizes or levels.
    """
    rates = _checked(acceptance, largest, levels)
    best = _Best.find(rates, costs, largest, max(levels)) if costs else _Best.of_size(rates, largest, max(levels))
    curves = [*_best(rates, largest, {*levels, best.levels}), _chain(rates[0], largest), *_complete(rates, largest, arities)]
    height = _TOP * 2 + _GAP if costs else _TOP
    title = "Tokens per cycle by tree size" if costs is None else f"Best tree at these costs: {best.words}, {best.speedup:.2f}×"
    figure = theme.card(title, _subtitle(rates, costs), height=height, alt=_alt(curves, best, costs), badges=["modelled"])
    for line in curves:
        _draw_line(figure, line, line.values, "tokens per cycle", "")
        if costs:
            _draw_line(figure, line, line.speedups(costs), "times plain decoding", "2")
    if costs:
        _mark_best(figure, best)
    _draw_shape(figure, best)
    _set_axes(figure, curves, largest, costs, height)
    return theme.steady(figure)


def _checked(acceptance: Sequence[float], largest: int, levels: Sequence[int]) -> tuple[float, ...]:
    rates = tuple(float(a) for a in acceptance)
    if not rates or not all(a >= 0.0 for a in rates) or sum(rates) > 1.0 + 1e-9:
        raise UnexpectedValueError(
            "acceptances of a node's children that are at least 0 and at most 1 in all",
            str(list(acceptance)),
            "one child at most is accepted: measure each with the refusals before it",
        )
    if largest < 2 or not levels or min(levels) < 1:
        raise UnexpectedValueError("at least 2 tokens and levels of at least 1", f"{largest} and {list(levels)}")
    return rates


def _best(rates: tuple[float, ...], largest: int, levels: Collection[int]) -> list[_Curve]:
    """The dynamic programme, one curve per depth; sizes that no tree of the depth has end it."""
    values = best_values(rates, largest + 1, max(levels) + 1)
    curves = []
    for number, depth in enumerate(sorted(levels)):
        sizes = [n for n in range(depth, largest + 1) if np.isfinite(values[n + 1, depth + 1])]
        colour = _RAMP[round((number + 1) * (len(_RAMP) - 1) / len(levels))]
        found = tuple(float(values[n + 1, depth + 1]) for n in sizes)
        curves.append(_Curve(f"best, {words.count(depth, 'level')}", tuple(sizes), (depth,) * len(sizes), found, colour))
    return curves


def _chain(first: float, largest: int) -> _Curve:
    sizes = tuple(range(1, largest + 1))
    values = tuple(np.asarray(expected_tokens(first, np.array(sizes))).tolist())
    return _Curve("chain", sizes, sizes, values, theme.SERIES[1].colour, "", "dash")


def _complete(rates: tuple[float, ...], largest: int, arities: Sequence[int]) -> list[_Curve]:
    """Complete k-ary trees: every node has k children down to a depth; a point per depth."""
    curves = []
    for arity, look in zip((k for k in arities if 2 <= k <= len(rates)), theme.SERIES[2:], strict=False):
        mass, points, size, value = sum(rates[:arity]), [], 0, 1.0
        for depth in range(1, largest + 1):
            size, value = size + arity**depth, value + mass**depth
            if size > largest:
                break
            points.append((size, depth, value))
        if points:
            sizes, depths, values = zip(*points, strict=True)
            curves.append(_Curve(f"{arity}-ary", sizes, depths, values, look.colour, look.symbol, "dot"))
    return curves


@dataclass(frozen=True)
class _Best:
    """The tree that is drawn: its size and depth, its shape and what it is worth."""

    size: int
    levels: int
    parents: tuple[int, ...]
    value: float
    speedup: float

    @property
    def words(self) -> str:
        return f"{words.count(self.size, 'token')} on {words.count(self.levels, 'level')}"

    @staticmethod
    def find(rates: tuple[float, ...], costs: Costs, largest: int, deepest: int) -> _Best:
        size, levels, speedup = best_size(rates, costs.draft, costs.v, sizes=range(1, largest + 1), levels=range(1, deepest + 1))
        return _Best._made(rates, size, levels, speedup)

    @staticmethod
    def of_size(rates: tuple[float, ...], size: int, levels: int) -> _Best:
        return _Best._made(rates, size, levels, 0.0)

    @staticmethod
    def _made(rates: tuple[float, ...], size: int, levels: int, speedup: float) -> _Best:
        parents = best_tree(rates, size, levels)
        size = len(parents)
        return _Best(size, levels, parents, float(best_values(rates, size + 1, levels + 1)[size + 1, levels + 1]), speedup)


def _subtitle(rates: Sequence[float], costs: Costs | None) -> str:
    listed = ", ".join(f"{a:.2f}" for a in rates[:4]) + (", …" if len(rates) > 4 else "")
    text = f"A node’s first, second, … child is the accepted one with probability {listed}. Best: Sequoia’s dynamic programme; last token counted."
    if costs is None:
        return text
    price = ", ".join(f"v({m}) = {v:.2f}" for m, v in _few(costs.verify))
    return f"{text} Speed-up = tokens ÷ (levels · c + v(size + 1)), c = {costs.draft:.3g}, {price}."


def _few(verify: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """A few of the points of v, the last among them."""
    step = max(1, len(verify) // 3)
    return list(dict.fromkeys([*verify[step::step][:2], verify[-1]]))


def _draw_line(figure: go.Figure, line: _Curve, values: Sequence[float], unit: str, axis: str) -> None:
    figure.add_scatter(
        x=list(line.sizes), y=list(values), mode="lines+markers" if line.symbol else "lines", name=line.name + (" " if axis else ""),
        line={"color": line.colour, "width": 2 if line.dash != "solid" else 2.5, "dash": line.dash}, showlegend=not axis,
        marker={"symbol": line.symbol or "circle", "size": 8, "color": line.colour}, xaxis=f"x{axis}", yaxis=f"y{axis}", hoverinfo="text",
        hovertext=[
            f"<b>{line.name}</b><br>{words.count(n, 'token')}, {words.count(level, 'level')}<br>{value:.3f} {unit}"
            for n, level, value in zip(line.sizes, line.levels, values, strict=True)
        ],
    )  # fmt: skip


def _mark_best(figure: go.Figure, best: _Best) -> None:
    """The same tree in both panels: where it is fastest, and what it yields there."""
    for axis, y, text, below in (("", best.value, f"{best.value:.2f} tokens", True), ("2", best.speedup, f"<b>{best.speedup:.2f}×</b>", False)):
        figure.add_scatter(
            x=[best.size], y=[y], mode="markers", name=f"best{axis}", showlegend=False, xaxis=f"x{axis}", yaxis=f"y{axis}", cliponaxis=False,
            marker={"symbol": "circle", "size": 12, "color": theme.INK, "line": {"width": 2, "color": theme.CARD}}, hoverinfo="text",
            hovertext=[f"best at these costs: {best.words}<br>{best.value:.3f} tokens per cycle"],
        )  # fmt: skip
        figure.add_annotation(
            x=best.size, y=y, xref=f"x{axis}", yref=f"y{axis}", text=text, showarrow=False, font={"size": 13}, bgcolor=theme.rgba(theme.CARD, 0.85),
            borderpad=1, xanchor="left" if below else "center", yanchor="top" if below else "bottom",
            xshift=6 if below else 0, yshift=-6 if below else 8,
        )  # fmt: skip


def _draw_shape(figure: go.Figure, best: _Best) -> None:
    """The tree itself: depth to the right, siblings from top to bottom."""
    places = place(best.parents, stop=-1)
    places.pop(-1)
    at = [places[i] for i in range(best.size)]
    roots = [places[None if parent < 0 else parent] for parent in best.parents]
    on = {"xaxis": "x3", "yaxis": "y3", "showlegend": False}
    x, y = curve(list(zip(roots, at, strict=True)), steps=8)
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": theme.LINE, "width": 1.2}, hoverinfo="skip", name="edges", **on)
    size = max(4, min(9, 260 / max(8, best.size)))
    figure.add_scatter(
        x=[places[None].x, *(p.x for p in at)], y=[places[None].y, *(p.y for p in at)], mode="markers", name="tree", hoverinfo="text",
        hovertext=["the committed text", *(f"level {p.x}" for p in at)],
        marker={
            "size": [size + 1, *[size] * best.size], "symbol": ["square", *["circle"] * best.size], "color": [theme.MUTED, *[_RAMP[-2]] * best.size],
        },
        **on,
    )  # fmt: skip


def _set_axes(figure: go.Figure, curves: Sequence[_Curve], largest: int, costs: Costs | None, height: int) -> None:
    split, share = 1 - _SIDE - 0.03, _TOP / height
    highest = max(max(line.values) for line in curves)
    x = {"range": [0, largest * 1.03], "fixedrange": True, "domain": [0, split]}
    title = {"title": {"text": "drafted tokens"}}
    tokens = {"title": {"text": "tokens per cycle"}, "range": [1, 1 + (highest - 1) * 1.12], "fixedrange": True}
    figure.update_layout(xaxis={**x, "anchor": "y", **({"showticklabels": False} if costs else title)}, yaxis={"domain": [1 - share, 1], **tokens})
    if costs:
        fastest = max(max(line.speedups(costs)) for line in curves)
        figure.update_layout(
            xaxis2={**x, "anchor": "y2", **title},
            yaxis2={"domain": [0, share], "anchor": "x2", "title": {"text": "speed-up"}, "ticksuffix": "×", "range": [0, fastest * 1.18]},
        )
        figure.update_yaxes(fixedrange=True)
        line = {"color": theme.INK, "width": 1, "dash": "dot"}
        figure.add_shape(type="line", xref="x2", yref="y2", x0=0, x1=largest * 1.03, y0=1, y1=1, line=line, layer="below")
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        xaxis3={"domain": [1 - _SIDE, 1], "anchor": "y3", **hidden},
        yaxis3={"domain": [0, 1 - 26 / height], "anchor": "x3", "autorange": "reversed", **hidden},
    )
    what = "the fastest tree" if costs else f"the best of {largest} tokens"
    figure.add_annotation(
        text=f"<b>{what}</b>", xref="paper", yref="paper", x=1 - _SIDE, y=1, xanchor="left", yanchor="top", showarrow=False, font={"size": 12}
    )


def _alt(curves: Sequence[_Curve], best: _Best, costs: Costs | None) -> str:
    at = [(line.name, line.sizes[-1], line.values[-1]) for line in curves if line.sizes]
    listed = ", ".join(f"{name} with {words.count(size, 'token')} {value:.2f}" for name, size, value in at)
    text = f"Modelled tokens per cycle by tree size: {listed}."
    if costs is None:
        return text
    return f"{text} At these costs the best tree has {best.words} and is {best.speedup:.2f} times as fast as plain decoding."
