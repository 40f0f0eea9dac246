"""Tokens a second as ratios with their spread: our engine beside ``transformers``, and methods beside plain decoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words

_ROW, _MARK = 46, 24
_LOOKS = tuple((look.colour, look.symbol) for look in (theme.SERIES[0], theme.SERIES[2], theme.SERIES[1], theme.SERIES[3]))
Ratio = Mapping[str, float]
"""A ratio with its ``median``, ``min`` and ``max``."""


def data_types(report: Mapping[str, Any]) -> list[str]:
    """The data types that were measured."""
    return [name for name, part in report.items() if isinstance(part, Mapping) and "ratios" in part]


def speed_ratios(report: Mapping[str, Any], *, ratios: Sequence[str] | None = None, targets: Mapping[str, float] | None = None) -> go.Figure:
    """Draw each ratio's median with its smallest and largest round, a mark for each data type.

    Args:
        report: its JSON.
        ratios: names of ratios; all but those of recording by default.
        targets: what was aimed at, by the name of the ratio; drawn as a tick.

    Raises:
        ValueError: for a report without ratios.
    """
    types = data_types(report)
    if not types:
        raise UnexpectedValueError("a report of specviz bench peers", f"one without ratios: {', '.join(report)}")
    names = list(ratios or (name for name in report[types[0]]["ratios"] if "recorded" not in name))
    listed = "; ".join(f"{name}: " + ", ".join(f"{kind} {report[kind]['ratios'][name]['median']:.2f}" for kind in types) for name in names)
    where = _where(report)
    figure = theme.card(
        "Tokens a second, ours over theirs and over plain decoding",
        f"Whole calls, greedy, {report['prompts']} prompts × {report['new_tokens']} tokens; medians of {report['repeats']} interleaved rounds, bars "
        f"from the smallest to the largest; {words.safe(where)}." + (" Ticks: what was aimed at." if targets else ""),
        height=_ROW * len(names),
        alt=f"Ratios of tokens a second, medians, measured on {where}. {listed}.",
        badges=["measured"],
    )
    _rows(figure, names, {kind: [report[kind]["ratios"][name] for name in names] for kind in types})
    if targets:
        _targets(figure, names, targets)
    return theme.steady(figure)


def method_speeds(report: Mapping[str, Any]) -> go.Figure:
    """Draw the best chain, the best tree and every automatic choice by kind of text, from what ``specviz bench methods`` wrote.

    Raises:
        ValueError: for a report without kinds of text.
    """
    families = report.get("families")
    if not families:
        raise UnexpectedValueError("a report of specviz bench methods", f"one without kinds of text: {', '.join(report)}")
    picked = {kind: best_methods(row) for kind, row in families.items()}
    labels = list(dict.fromkeys(label for found in picked.values() for label in found))
    series = {label: [picked[kind][label][1] for kind in families] for label in labels}
    where = f"{report['dtype']}, {_where(report)}"
    listed = "; ".join(
        f"{kind}: " + ", ".join(f"{label} ({name}) {r['median']:.2f}" for label, (name, r) in found.items()) for kind, found in picked.items()
    )
    figure = theme.card(
        "Tokens a second over plain decoding, by kind of text",
        f"Whole calls, temperature {report['settings']['temperature']:g}; medians of {report['settings']['repeats']} interleaved rounds, bars from "
        f"the smallest to the largest; {words.safe(where)}.",
        height=_MARK * len(labels) * len(families),
        alt=f"Speed-up of methods by kind of text, medians, measured on {where}. {listed}.",
        badges=["measured"],
    )
    _rows(figure, list(families), series)
    return theme.steady(figure)


def best_methods(family: Mapping[str, Any]) -> dict[str, tuple[str, Ratio]]:
    """Of one kind of text: what is worth a mark -> (name of the method, its speed-up)."""
    rows, choosing = family["methods"], list(family["choosing"])
    groups = {
        "best chain": [name for name in rows if name.startswith("chain") and name not in choosing],
        "best tree": [name for name in rows if not name.startswith(("chain", "autoregressive")) and name not in choosing],
    }
    best = {label: max(names, key=lambda name: rows[name]["speedup"]["median"]) for label, names in groups.items() if names}
    best |= {"expected gain" if "expected-gain" in name else name: name for name in choosing}
    return {label: (name, rows[name]["speedup"]) for label, name in best.items()}


def _where(report: Mapping[str, Any]) -> str:
    return f"{words.processor(report['machine'])}, {report['date']}"


def _rows(figure: go.Figure, names: Sequence[str], series: Mapping[str, Sequence[Ratio]]) -> None:
    """A row for each name, a mark in it for each of the series."""
    for place, ((label, found), (colour, symbol)) in enumerate(zip(series.items(), _LOOKS, strict=False)):
        offset = ((len(series) - 1) / 2 - place) * 0.75 / len(series)
        _marks(figure, label, found, [-row + offset for row in range(len(names))], colour, symbol)
    figure.add_vline(x=1, line={"color": theme.INK, "width": 1, "dash": "dot"})
    largest = max(ratio["max"] for found in series.values() for ratio in found)
    figure.update_xaxes(title={"text": "times as fast"}, range=[0, 1.18 * largest], ticksuffix="×", fixedrange=True)
    figure.update_yaxes(
        tickvals=[-row for row in range(len(names))], ticktext=[words.safe(name) for name in names], range=[-len(names) + 0.4, 0.6],
        fixedrange=True, tickcolor=theme.CARD, tickfont={"size": 12, "color": theme.INK},
    )  # fmt: skip


def _marks(figure: go.Figure, kind: str, found: Sequence[Ratio], rows: Sequence[float], colour: str, symbol: str) -> None:
    figure.add_scatter(
        x=[entry["median"] for entry in found], y=list(rows), mode="markers", name=kind, cliponaxis=False,
        marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 1, "color": theme.INK}},
        error_x={"type": "data", "symmetric": False, "thickness": 1.6, "width": 4, "color": colour,
                 "array": [entry["max"] - entry["median"] for entry in found], "arrayminus": [entry["median"] - entry["min"] for entry in found]},
        hovertext=[f"{kind}: {entry['median']:.3f}× ({entry['min']:.3f} to {entry['max']:.3f})" for entry in found], hoverinfo="text",
    )  # fmt: skip
    figure.add_scatter(
        x=[entry["max"] for entry in found], y=list(rows), mode="text", name=f"{kind} in figures",
        text=[f"\u2003{entry['median']:.2f}×" for entry in found],  # an em space, or the figure touches the mark of a short bar
        textposition="middle right", textfont={"size": 12, "color": theme.INK}, cliponaxis=False, showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def _targets(figure: go.Figure, names: Sequence[str], targets: Mapping[str, float]) -> None:
    rows = [(targets[name], -row) for row, name in enumerate(names) if name in targets]
    figure.add_scatter(
        x=[x for x, _ in rows], y=[y for _, y in rows], mode="markers", name="aimed at", hoverinfo="skip",
        marker={"symbol": "line-ns-open", "size": 30, "color": theme.INK, "line": {"width": 2}},
    )  # fmt: skip
