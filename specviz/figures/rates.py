"""Acceptance by draft position, with how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.theory.acceptance import wilson
from specviz.trace import PositionStats, Trace, summarise

_HEIGHT = 300


def acceptance_by_position(trace: Trace, *, compare: Trace | None = None) -> go.Figure:
    """Draw the acceptance at draft position 1, 2, … in both conventions, each with its Wilson 95 % interval.

    Conditional: accepted / examined, given that all drafts before were accepted. Unconditional: accepted / drafted. In a
    tree a position is a level, and counts as accepted when one of its nodes was.

    Args:
        trace: the recorded run.
        compare: another run, drawn beside it with open markers.

    Raises:
        ValueError: when a run drafted nothing.
    """
    runs = [trace] if compare is None else [trace, compare]
    names = words.names(trace, compare)
    positions = [_positions(run) for run in runs]
    figure = theme.card(_title(names), _subtitle(names), height=_HEIGHT, alt=_alt(names, positions), badges=["measured"])
    for place, (name, rows) in enumerate(zip(names, positions, strict=True)):
        _draw(figure, words.safe(name), rows, is_conditional=True, place=place, among=len(runs))
        _draw(figure, words.safe(name), rows, is_conditional=False, place=place, among=len(runs))
    deepest = max(len(rows) for rows in positions)
    ticks = [f"{i}<br><span style='font-size:12px'>{_counts(positions, i)}</span>" for i in range(1, deepest + 1)]
    step = max(1, -(-deepest // 12))
    figure.update_xaxes(
        title={"text": "draft position (below: cycles that examined it)"}, range=[0.5, deepest + 0.5], fixedrange=True, showgrid=False,
        tickvals=list(range(1, deepest + 1, step)), ticktext=ticks[::step],
    )  # fmt: skip
    figure.update_yaxes(title={"text": "accepted"}, range=[-0.02, 1.04], tickformat=".0%", fixedrange=True)
    return theme.steady(figure)


def _positions(trace: Trace) -> list[PositionStats]:
    rows = summarise(trace).positions
    if not rows:
        raise UnexpectedValueError("a run that drafted tokens", f"{trace.header.method!r} with none", "choose a run of a drafting method")
    return rows


def _counts(positions: Sequence[Sequence[PositionStats]], position: int) -> str:
    return " / ".join(str(rows[position - 1].examined) if position <= len(rows) else "-" for rows in positions)


def _draw(figure: go.Figure, run: str, rows: Sequence[PositionStats], *, is_conditional: bool, place: int, among: int) -> None:
    trials = [r.examined if is_conditional else r.drafted for r in rows]
    rates = [r.accepted / n if n else None for r, n in zip(rows, trials, strict=True)]
    bounds = [wilson(r.accepted, n) if n else (0.0, 0.0) for r, n in zip(rows, trials, strict=True)]
    word = "conditional" if is_conditional else "unconditional"
    shift = ((place - (among - 1) / 2) * 2 + (-0.5 if is_conditional else 0.5)) * 0.1
    figure.add_scatter(
        x=[r.position + shift for r in rows], y=rates, mode="lines+markers", cliponaxis=False,
        name=f"{word}, {run}" if among > 1 else word,
        line={"color": _colour(is_conditional), "width": 1.5, "dash": "dot" if place else "solid"}, marker=_marker(is_conditional, place),
        error_y={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
            "array": [high - rate if rate is not None else 0.0 for rate, (_, high) in zip(rates, bounds, strict=True)],
            "arrayminus": [rate - low if rate is not None else 0.0 for rate, (low, _) in zip(rates, bounds, strict=True)],
        },
        hovertext=[_hover(run, r, n, word, b) for r, n, b in zip(rows, trials, bounds, strict=True)], hoverinfo="text",
    )  # fmt: skip


def _colour(is_conditional: bool) -> str:
    return theme.look("accepted").colour if is_conditional else theme.MUTED


def _marker(is_conditional: bool, place: int) -> dict[str, Any]:
    symbol = ("circle" if is_conditional else "square") + ("-open" if place else "")
    return {"symbol": symbol, "size": 10, "color": _colour(is_conditional), "line": {"width": 2 if place else 1, "color": _colour(is_conditional)}}


def _hover(run: str, row: PositionStats, trials: int, word: str, bounds: tuple[float, float]) -> str:
    rate = f"{row.accepted / trials:.1%}" if trials else "never examined"
    lines = [
        f"<b>{run}, draft {row.position}</b>",
        f"{word}: {row.accepted} of {trials} = {rate}",
        f"95 % interval {bounds[0]:.1%} to {bounds[1]:.1%}",
        f"drafted {row.drafted}, examined {row.examined}, accepted {row.accepted}",
    ]
    return "<br>".join(lines)


def _title(names: Sequence[str]) -> str:
    # two long names would run into the badge; the legend has them
    return "Acceptance by draft position" + (f": {words.safe(names[0])}" if len(names) == 1 else "")


def _subtitle(names: Sequence[str]) -> str:
    text = "Conditional: accepted / examined, all before it accepted. Unconditional: accepted / drafted. Bars: Wilson 95 % intervals over cycles."
    return text + (f" Open markers: {words.safe(names[1])}." if len(names) > 1 else "")


def _alt(names: Sequence[str], positions: Sequence[Sequence[PositionStats]]) -> str:
    parts = []
    for name, rows in zip(names, positions, strict=True):
        listed = ", ".join(f"{r.position}: {r.conditional:.0%} of {r.examined}" if r.examined else f"{r.position}: never examined" for r in rows)
        parts.append(f"{name}: {listed}")
    return "Conditional acceptance by draft position, measured. " + ". ".join(parts) + "."
