"""What ``specviz doctor`` found of acceptance, of the best settings, and of where drafting stops paying. See :mod:`specviz.figures.diagnosis`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words

_HEIGHT = 320


def acceptance_found(report: Mapping[str, Any]) -> go.Figure:
    """Draw acceptance by draft position with Wilson's 95 % intervals, beside the one number that the model takes for all.

    Raises:
        ValueError: when nothing was examined.
    """
    rows = [row for row in report["positions"] if row["examined"]]
    if not rows or not report["choice"]:
        raise UnexpectedValueError("a diagnosis with examined drafts", "none", "give more prompts or tokens")
    rates, alpha = [row["accepted"] / row["examined"] for row in rows], report["choice"]["alpha"]["value"]
    figure = theme.card(
        f"{alpha:.0%} of the examined drafts were accepted",
        "By draft position, given that all before it were accepted; bars: Wilson 95 % intervals. Dashed: the one acceptance that the formula takes.",
        height=_HEIGHT - 40,
        alt="Acceptance by draft position, measured: "
        + ", ".join(f"{row['position']}: {rate:.0%} of {row['examined']}" for row, rate in zip(rows, rates, strict=True))
        + f". All together {alpha:.0%}.",
        badges=["measured"],
    )
    look = theme.look("accepted")
    figure.add_bar(
        x=[row["position"] for row in rows], y=rates, width=0.62, name="accepted / examined",
        marker={"color": look.tint, "line": {"color": look.colour, "width": 1.5}},
        error_y={"type": "data", "symmetric": False, "thickness": 1.8, "width": 6, "color": theme.INK,
                 "array": [max(row["high"] - rate, 0.0) for row, rate in zip(rows, rates, strict=True)],
                 "arrayminus": [max(rate - row["low"], 0.0) for row, rate in zip(rows, rates, strict=True)]},
        hovertext=[f"draft {r['position']}: {r['accepted']} of {r['examined']}, {r['low']:.0%} to {r['high']:.0%}" for r in rows], hoverinfo="text",
    )  # fmt: skip
    figure.add_scatter(
        x=[0.5, rows[-1]["position"] + 0.5], y=[alpha, alpha], mode="lines", name=f"α = {alpha:.2f}, all positions", hoverinfo="skip",
        line={"color": theme.BADGES["modelled"], "width": 2, "dash": "dash"},
    )  # fmt: skip
    ticks = [f"{row['position']}<br><span style='font-size:12px'>{row['accepted']} of {row['examined']}</span>" for row in rows]
    step = max(1, -(-len(rows) // 10))
    figure.update_xaxes(
        title={"text": "draft position (below: accepted of examined)"}, tickvals=[row["position"] for row in rows][::step], ticktext=ticks[::step],
        range=[0.4, rows[-1]["position"] + 0.6], fixedrange=True, showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(title={"text": "accepted"}, range=[0, 1.04], tickformat=".0%", fixedrange=True)
    return theme.steady(figure)


def settings_found(report: Mapping[str, Any]) -> go.Figure:
    """Draw the modelled speed-up over the length of a chain, the best one, the run's own with what was measured, and the best tree.

    Raises:
        ValueError: when no draft was examined.
    """
    choice = report.get("choice")
    if not choice:
        raise UnexpectedValueError("a diagnosis with a choice of settings", "none: no draft was examined", "give more prompts or tokens")
    values, best = choice["by_length"], choice["gamma"]
    figure = theme.card(
        f"The best chain: γ = {best}, {choice['chain']['value']:.2f}×" if best else "No chain pays at these costs",
        f"Modelled from the measured c, v and other work, acceptance {choice['alpha']['value']:.2f} at every position. {_tree_words(choice)}",
        height=_HEIGHT,
        alt=_settings_alt(report, choice),
        badges=["measured", "modelled"] if choice["now"] else ["modelled"],
    )
    purple = theme.BADGES["modelled"]
    figure.add_scatter(
        x=list(range(len(values))), y=values, mode="lines", name="a chain, modelled", line={"color": purple, "width": 3},
        hovertemplate="γ = %{x}: %{y:.2f}×<extra>modelled</extra>",
    )  # fmt: skip
    _point(figure, best, choice["chain"]["value"], f"best: γ = {best}", "triangle-up", purple)
    if choice["tree"]:
        tree = choice["tree"]
        _point(figure, tree["levels"], tree["speedup"]["value"], f"best tree: {tree['nodes']} nodes", "pentagon", theme.SERIES[1].colour)
    if choice["now"]:
        own = len(report["positions"])
        _point(figure, own, choice["now"]["value"], f"this run, modelled: γ = {own}", "circle-open", purple)
        _point(figure, own, report["speed"]["measured"]["value"], "this run, measured", "diamond", theme.BADGES["measured"])
    figure.add_hline(y=1, line={"color": theme.INK, "width": 1, "dash": "dot"})
    shown = max(best, len(report["positions"]), choice["tree"]["levels"] if choice["tree"] else 0)
    figure.update_xaxes(
        title={"text": "γ, drafted tokens per cycle; levels of a tree"}, range=[-0.4, min(len(values), 2 * shown + 6)], fixedrange=True
    )
    figure.update_yaxes(title={"text": "times plain decoding"}, rangemode="tozero", ticksuffix="×", fixedrange=True)
    return theme.steady(figure)


def _point(figure: go.Figure, x: float, y: float, name: str, symbol: str, colour: str) -> None:
    figure.add_scatter(
        x=[x], y=[y], mode="markers", name=f"{name}, {y:.2f}×", hovertemplate=f"{name}: %{{y:.2f}}×<extra></extra>", cliponaxis=False,
        marker={"symbol": symbol, "size": 15, "color": colour, "line": {"width": 2.5 if symbol.endswith("open") else 1.5, "color": theme.INK}},
    )  # fmt: skip


def _tree_words(choice: Mapping[str, Any]) -> str:
    tree = choice["tree"]
    if not tree:
        return f"Too few places ({choice['places']}) to say which tree would be best."
    return f"The best tree has {tree['nodes']} nodes on {tree['levels']} levels: {tree['speedup']['value']:.2f}×."


def _settings_alt(report: Mapping[str, Any], choice: Mapping[str, Any]) -> str:
    text = f"Modelled speed-up over the length of a chain: best at {choice['gamma']}, {choice['chain']['value']:.2f} times. {_tree_words(choice)}"
    if choice["now"]:
        own, measured = len(report["positions"]), report["speed"]["measured"]["value"]
        text += f" This run at length {own}: {choice['now']['value']:.2f} times modelled, {measured:.2f} times measured."
    return text


def limits_found(report: Mapping[str, Any]) -> go.Figure:
    """Draw the modelled speed-up over the length of the text (costs measured) and over rows in a batch (v measured, then extrapolated).

    Raises:
        ValueError: when nothing was timed.
    """
    limits = report.get("limits")
    if not limits:
        raise UnexpectedValueError("a diagnosis with limits", "none: nothing was timed", "examine a pair whose models load together")
    contexts, batch = limits["contexts"], limits["batch"]
    ends = _ends(limits)
    figure = theme.card(
        f"It stops paying {ends[0]}, and {ends[1]}" if limits["stops_at"] or limits["batch_stops_at"] else _throughout(limits),
        "Left: c and v measured behind growing texts. Right: v(m) measured, hollow where it is extrapolated; each row’s memory of its text is not "
        "counted. Tokens a cycle as in this run.",
        height=_HEIGHT - 30,
        alt="Modelled speed-up by context: "
        + ", ".join(f"{p['context']}: {p['speedup']:.2f}" for p in contexts)
        + f". By rows in a batch: {', '.join(f'{rows}: {worth:.2f}' for rows, worth in batch)}. It stops paying {ends[0]} and {ends[1]}.",
        badges=["modelled"],
        bottom=theme.AXIS - 40,
    )
    _line(figure, [p["context"] for p in contexts], [p["speedup"] for p in contexts], "", [True] * len(contexts), "speed-up by context")
    _line(figure, [r for r, _ in batch], [w for _, w in batch], "2", [r < limits["extrapolated_from"] for r, _ in batch], "speed-up by batch")
    top = 1.15 * max(1.2, *(p["speedup"] for p in contexts), *(w for _, w in batch))
    _halves(figure, [p["context"] for p in contexts], [r for r, _ in batch], top)
    for x, axis in ((limits["stops_at"], "x"), (limits["batch_stops_at"], "x2")):
        if x:
            _stop(figure, x, axis)
    figure.add_annotation(
        x=_log(limits["typical"]), y=top, xref="x", yref="y", text="these runs", showarrow=True, ay=22, ax=0, arrowhead=0, yanchor="top",
        font={"size": 12, "color": theme.MUTED}, arrowcolor=theme.LINE,
    )  # fmt: skip
    return theme.steady(figure)


def _throughout(limits: Mapping[str, Any]) -> str:
    return f"It pays throughout: up to {limits['longest']} tokens of text, and up to {words.count(limits['batch'][-1][0], 'row')}"


def _ends(limits: Mapping[str, Any]) -> tuple[str, str]:
    text = f"from about {limits['stops_at']} tokens of text on" if limits["stops_at"] else f"nowhere within {limits['longest']} tokens of text"
    rows = f"from {limits['batch_stops_at']} rows on" if limits["batch_stops_at"] else f"nowhere within {words.count(limits['batch'][-1][0], 'row')}"
    return text, rows


def _line(figure: go.Figure, x: Sequence[float], y: Sequence[float], axis: str, is_measured: Sequence[bool], name: str) -> None:
    purple = theme.BADGES["modelled"]
    figure.add_scatter(
        x=list(x), y=list(y), mode="lines+markers", name=name, showlegend=False, xaxis=f"x{axis}", yaxis=f"y{axis}",
        line={"color": purple, "width": 2.5},
        marker={"symbol": ["circle" if known else "circle-open" for known in is_measured], "size": 9, "color": purple, "line": {"width": 2}},
        hovertemplate="%{x}: %{y:.2f}×<extra></extra>",
    )  # fmt: skip


def _stop(figure: go.Figure, x: float, axis: str) -> None:
    where = {"xref": axis, "yref": axis.replace("x", "y")}
    figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, line={"color": theme.look("rejected").colour, "width": 2, "dash": "dot"}, **where)
    figure.add_annotation(
        x=_log(x), y=0, text=f"<b>{x:g}</b>", showarrow=False, xanchor="left", yanchor="bottom", xshift=5, font={"size": 13}, **where
    )


def _halves(figure: go.Figure, contexts: Sequence[float], rows: Sequence[float], top: float) -> None:
    for axis, domain, values, title in (("", [0, 0.56], contexts, "tokens of text before the cycle"), ("2", [0.63, 1], rows, "rows in the batch")):
        figure.update_layout({
            f"xaxis{axis}": {"domain": domain, "anchor": f"y{axis}", "type": "log", "tickvals": list(values), "fixedrange": True,
                             "title": {"text": title}, "ticktext": [f"{value:g}" for value in values],
                             "range": [_log(values[0]) - 0.06, _log(values[-1]) + 0.06]},
            f"yaxis{axis}": {"anchor": f"x{axis}", "range": [0, top], "ticksuffix": "×", "fixedrange": True, "nticks": 6},
        })  # fmt: skip
        figure.add_shape(
            type="line", xref=f"x{axis} domain", yref=f"y{axis}", x0=0, x1=1, y0=1, y1=1, line={"color": theme.INK, "width": 1, "dash": "dot"}
        )
    figure.update_layout(yaxis={"title": {"text": "times plain decoding"}})


def _log(value: float) -> float:
    """Where a value stands on a logarithmic axis, for marks, which plotly takes so."""
    return math.log10(max(value, 1e-9))
