"""What ``specviz doctor`` found, drawn: where a cycle's time goes, and from predicted to measured speed-up term by term.

All take the report as JSON has it (``Diagnosis.as_plain``, ``specviz doctor --json``), so that a saved one needs neither models nor torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words

_PARTS = {
    "draft": (theme.DRAFT, "/", theme.HATCH),
    "build": ("#8A929B", ".", theme.CARD),
    "verify": (theme.TARGET, "", theme.CARD),
    "judge": (theme.OTHER, "", theme.CARD),
    "commit": (theme.MUTED, "", theme.CARD),
    "host": ("#D5DADF", "x", theme.MUTED),
}
"""Colour, pattern and its colour of a part of the cycle; ``host`` is what no stage claims, the loop itself."""
_LANE, _ROW = 74, 25
_NAMED = 0.055
_RUNGS = (
    ("passes alone", "from_costs", "passes alone promise", None),
    ("predicted", "predicted", "predicted: with other work", "predicted"),
    ("measured", "measured", "measured: decoding alone", "measured"),
    ("whole call", "whole_call", "with the prompt’s reading", "whole call"),
    ("recorded", "recorded", "recorded at full", "recorded"),
)


def cycle_split(report: Mapping[str, Any]) -> go.Figure:
    """Draw one mean cycle part by part, and on the same clock what plain decoding takes for as many tokens.

    Raises:
        ValueError: when nothing was timed.
    """
    cycle, speed = _need(report, "cycle"), _need(report, "speed")
    ms, tau, times = cycle["ms"], speed["tau"]["value"], speed["measured"]["value"]
    total = sum(ms.values())
    plain = total * times
    shares = ", ".join(f"{part} {100 * value / total:.0f} %" for part, value in ms.items())
    figure = theme.card(
        f"A cycle: {total:.2f} ms for {tau:.2f} tokens; plain decoding: {plain:.2f} ms for as many",
        "The mean cycle of the median repeat, nothing recorded. Above it plain decoding on the same clock, one pass a token.",
        height=2 * _LANE,
        alt=f"A cycle takes {total:.2f} ms for {tau:.2f} tokens ({shares}); plain decoding takes {plain:.2f} ms for as many.",
        badges=["measured"],
    )
    _plain_lane(figure, tau, plain)
    start = 0.0
    for part, value in ms.items():
        _part(figure, part, value, start, total, max(total, plain))
        start += value
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title={"text": "milliseconds"}, range=[0, 1.02 * max(total, plain)], fixedrange=True)
    figure.update_yaxes(
        tickvals=[1, 0], ticktext=["plain decoding", "this method"], range=[-0.55, 1.55], fixedrange=True, showgrid=False, tickcolor=theme.CARD,
        tickfont={"size": 13, "color": theme.INK},
    )  # fmt: skip
    return theme.steady(figure)


def _plain_lane(figure: go.Figure, tau: float, plain: float) -> None:
    """One bar a token; the last may be a part of one."""
    step, whole = plain / tau, int(tau)
    widths = [step] * whole + ([plain - whole * step] if tau - whole > 0.01 else [])
    figure.add_bar(
        y=[1] * len(widths), x=widths, base=[i * step for i in range(len(widths))], orientation="h", width=0.62, name="a plain pass",
        marker={"color": theme.mix(theme.TARGET, 0.45), "line": {"color": theme.CARD, "width": 2}}, showlegend=False, hoverinfo="text",
        hovertext=[f"a plain step: {step:.3f} ms a token"] * len(widths),
    )  # fmt: skip


def _part(figure: go.Figure, part: str, value: float, start: float, total: float, widest: float) -> None:
    colour, pattern, over = _PARTS[part]
    share = value / total
    figure.add_bar(
        y=[0], x=[value], base=[start], orientation="h", width=0.62, name=f"{part} {100 * share:.1f} %",
        marker={"color": colour, "line": {"color": theme.CARD, "width": 1},
                "pattern": {"shape": pattern, "size": 7, "solidity": 0.2, "fgcolor": over, "bgcolor": colour}},
        hovertext=[f"<b>{part}</b>: {value:.3f} ms, {100 * share:.1f} % of the cycle"], hoverinfo="text",
    )  # fmt: skip
    if value / widest > _NAMED:
        figure.add_annotation(
            x=start + value / 2, y=0, text=f"<b>{part}</b> {100 * share:.0f} %", showarrow=False, font={"size": 13}, bgcolor="rgba(255,255,255,0.82)",
            borderpad=2,
        )  # fmt: skip


@dataclass(frozen=True)
class _Bar:
    """A line of the bridge: from where to where, how it was obtained, and whether it is a rung or a term."""

    label: str
    start: float
    end: float
    how: str
    is_rung: bool
    low: float | None = None
    high: float | None = None
    note: str = ""


def speed_bridge(report: Mapping[str, Any]) -> go.Figure:
    """Draw the way from what passes alone promise to what was measured: every rung a bar, every term between them a step.

    The terms of a stage add up to its step exactly (``specviz.doctor.gap``).

    Raises:
        ValueError: when nothing was timed.
    """
    speed = _need(report, "speed")
    bars = _bridge(speed)
    measured, predicted = speed["measured"]["value"], speed["predicted"]["value"]
    terms = "; ".join(f"{bar.label} {bar.end - bar.start:+.3f}" for bar in bars if not bar.is_rung)
    figure = theme.card(
        f"{measured:.2f}× measured, {predicted:.2f}× predicted ({100 * (predicted / measured - 1):+.1f} %)",
        "Times plain decoding. Bars are what was modelled or measured (whiskers: smallest and largest repeat), steps are what lies between; "
        "they add up exactly.",
        height=_ROW * len(bars) + 10,
        alt="From predicted to measured speed-up: "
        + "; ".join(f"{bar.label} {bar.end:.2f} times ({bar.how})" for bar in bars if bar.is_rung)
        + f". Terms: {terms}.",
        badges=["measured", "modelled"],
        bottom=theme.AXIS,
    )
    rows = {id(bar): -place for place, bar in enumerate(bars)}
    for kind in ("modelled", "measured"):
        own = [bar for bar in bars if bar.is_rung and bar.how == kind]
        _rungs(figure, kind, own, [rows[id(bar)] for bar in own])
    for name, colour, sign in (("brings", theme.GAIN, 1), ("costs", theme.LOSS, -1)):
        own = [bar for bar in bars if not bar.is_rung and (bar.end - bar.start) * sign > 0]
        _steps(figure, name, colour, own, [rows[id(bar)] for bar in own])
    _labels(figure, bars, rows)
    top = max(max(bar.start, bar.end, bar.high or 0.0) for bar in bars)
    figure.add_vline(x=1, line={"color": theme.INK, "width": 1, "dash": "dot"})
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title={"text": "times plain decoding"}, range=[0, 1.16 * max(top, 1.0)], ticksuffix="×", fixedrange=True)
    ticks = [f"<b>{bar.label}</b>" if bar.is_rung else words.safe(bar.label) for bar in bars]
    figure.update_yaxes(
        tickvals=list(rows.values()), ticktext=ticks, range=[-len(bars) + 0.4, 0.6], fixedrange=True, showgrid=False, tickcolor=theme.CARD,
        tickfont={"size": 12, "color": theme.INK},
    )  # fmt: skip
    return theme.steady(figure)


def _bridge(speed: Mapping[str, Any]) -> list[_Bar]:
    bars: list[_Bar] = []
    at = 0.0
    for _, key, label, stage in _RUNGS:
        for term in (term for term in speed["terms"] if stage is not None and term["stage"] == stage):
            bars.append(_Bar(term["name"], at, at + term["speedup"], term["how"], False, note=f"{term['passes']:+.3f} plain steps a cycle"))
            at += term["speedup"]
        found = speed[key]
        at = found["value"]
        bars.append(_Bar(label, 0.0, at, found["how"], True, found["low"], found["high"], found["by"]))
    return bars


def _rungs(figure: go.Figure, kind: str, bars: list[_Bar], rows: list[int]) -> None:
    colour = theme.mix(theme.BADGES[kind], 0.8)
    figure.add_bar(
        x=[bar.end for bar in bars], y=rows, orientation="h", width=0.66, name=kind, hoverinfo="text",
        marker={"color": colour,
                "pattern": {"shape": "/" if kind == "modelled" else "", "size": 7, "solidity": 0.15, "fgcolor": theme.CARD, "bgcolor": colour}},
        hovertext=[f"<b>{bar.label}</b>: {bar.end:.3f}×, {bar.how}<br>{'<br>'.join(theme.wrap(words.safe(bar.note), 70))}" for bar in bars],
        error_x={"type": "data", "symmetric": False, "thickness": 1.5, "width": 5, "color": theme.INK,
                 "array": [(bar.high or bar.end) - bar.end for bar in bars], "arrayminus": [bar.end - (bar.low or bar.end) for bar in bars]},
    )  # fmt: skip


def _steps(figure: go.Figure, name: str, colour: str, bars: list[_Bar], rows: list[int]) -> None:
    figure.add_bar(
        x=[bar.end - bar.start for bar in bars], base=[bar.start for bar in bars], y=rows, orientation="h", width=0.5, name=name, hoverinfo="text",
        marker={"color": colour, "line": {"color": theme.INK, "width": 0.8}}, showlegend=bool(bars),
        hovertext=[f"{words.safe(bar.label)}: {bar.end - bar.start:+.3f}×, {bar.how}<br>{bar.note}" for bar in bars],
    )  # fmt: skip


def _labels(figure: go.Figure, bars: list[_Bar], rows: Mapping[int, int]) -> None:
    """The number of every bar, behind its end."""
    for bar in bars:
        text = f"<b>{bar.end:.2f}×</b>" if bar.is_rung else f"{bar.end - bar.start:+.3f}"
        figure.add_annotation(
            x=max(bar.start, bar.end, bar.high or 0.0), y=rows[id(bar)], text=text, showarrow=False, xanchor="left", xshift=5,
            font={"size": 12, "color": theme.INK if bar.is_rung else theme.MUTED},
        )  # fmt: skip


def _need(report: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found = report.get(part)
    if not found:
        raise UnexpectedValueError(f"a diagnosis with {part!r}", "one without: nothing was timed", "examine a pair whose models load together")
    return dict(found)
