"""Batches: how far each row comes cycle by cycle, and tokens a second against the number of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.labs.seats import Turn

_LANE, _FAN = 22, 190
_RAMP = [[0.0, "#E8F4EF"], [0.5, "#57BB9A"], [1.0, "#00664B"]]
_EMPTY = "#D9DEE4"
_LINES = ("#A78BDB", "#8763C8", "#6B4FA0", "#46306F")


def row_cursors(cycles: Sequence[Sequence[Turn | None]], *, gamma: int) -> go.Figure:
    """Draw a batch: above every seat's tokens cycle by cycle, below how far each request has come.

    Args:
        cycles: for every cycle what each seat did, None where it is empty (``specviz.labs.seats.play``).
        gamma: drafts per cycle.

    Raises:
        ValueError: without a cycle.
    """
    if not cycles:
        raise UnexpectedValueError("at least one cycle", "none", "play a batch with a request in it")
    seats, turns = len(cycles[0]), [turn for cycle in cycles for turn in cycle if turn]
    kept, room = sum(turn.kept for turn in turns), seats * len(cycles)
    empty = room - len(turns)
    held_back = sum(max(0, turn.accepted + 1 - turn.kept) for turn in turns)
    said = (
        f"{words.count(len(cycles), 'cycle')}, {kept} tokens: {kept / len(cycles):.1f} a pass of the target. "
        f"{empty / room:.0%} of the places in the passes went to empty seats; {held_back} judged tokens were right and not kept."
    )
    lanes, most = _LANE * seats, max(turn.start + turn.kept for turn in turns)
    figure = theme.card(
        f"{words.count(seats, 'row')}, {kept / len(turns):.2f} tokens a row and cycle",
        f"{said} Above: tokens that each seat kept in each cycle, from 1 to γ + 1 = {gamma + 1}; grey is an empty seat. Below: how far each request "
        "has come; a dot where it ends.",
        height=lanes + _FAN + 60,
        alt=f"A batch of {seats} rows with {gamma} drafts a cycle, modelled. {said}",
        badges=["modelled"],
        bottom=54,
    )
    split = (_FAN + 45) / (lanes + _FAN + 60)
    _lanes(figure, cycles, gamma)
    _fan(figure, cycles)
    end = len(cycles) + 0.5
    figure.update_layout(
        showlegend=False,
        xaxis={"range": [0.5, end], "domain": [0, 1], "anchor": "y", "showgrid": False, "showticklabels": False, "ticks": "", "fixedrange": True},
        yaxis={"range": [seats + 0.5, 0.5], "domain": [split, 1], "title": {"text": "seat"}, "showgrid": False, "fixedrange": True,
               "tickvals": list(range(1, seats + 1, max(1, seats // 8)))},
        xaxis2={"range": [0.5, end], "domain": [0, 1], "anchor": "y2", "title": {"text": "cycle, one pass of the target for all rows"},
                "fixedrange": True},
        yaxis2={"range": [0, 1.06 * most], "domain": [0, (_FAN - 10) / (lanes + _FAN + 60)], "anchor": "x2", "title": {"text": "new tokens"},
                "fixedrange": True},
    )  # fmt: skip
    return theme.steady(figure)


def _lanes(figure: go.Figure, cycles: Sequence[Sequence[Turn | None]], gamma: int) -> None:
    seats = len(cycles[0])
    by_seat = [[cycle[seat] for cycle in cycles] for seat in range(seats)]
    common = {"x": list(range(1, len(cycles) + 1)), "y": list(range(1, seats + 1)), "xgap": 1.5, "ygap": 2, "hoverinfo": "text"}
    figure.add_heatmap(
        z=[[None if turn else 0 for turn in lane] for lane in by_seat], colorscale=[[0, _EMPTY], [1, _EMPTY]], showscale=False, name="empty",
        hovertext=[["" if turn else f"cycle {i}, seat {seat}: empty" for i, turn in enumerate(lane, 1)] for seat, lane in enumerate(by_seat, 1)],
        **common,
    )  # fmt: skip
    figure.add_heatmap(
        z=[[turn.kept if turn else None for turn in lane] for lane in by_seat], zmin=0, zmax=gamma + 1, colorscale=_RAMP, name="kept",
        hovertext=[[_hover(i, seat, turn, gamma) if turn else "" for i, turn in enumerate(lane, 1)] for seat, lane in enumerate(by_seat, 1)],
        colorbar={"title": {"text": "kept", "side": "top"}, "thickness": 10, "len": 0.5, "y": 1, "yanchor": "top",
                  "tickvals": sorted({1, gamma + 1})},
        **common,
    )  # fmt: skip


def _hover(cycle: int, seat: int, turn: Turn, gamma: int) -> str:
    return f"cycle {cycle}, seat {seat}: request {turn.request + 1}<br>{turn.accepted} of {gamma} drafts accepted, {turn.kept} tokens kept"


def _fan(figure: go.Figure, cycles: Sequence[Sequence[Turn | None]]) -> None:
    paths: dict[int, tuple[list[float], list[int]]] = {}
    for number, cycle in enumerate(cycles, 1):
        for turn in cycle:
            if turn:
                xs, ys = paths.setdefault(turn.request, ([number - 1 + 0.5], [turn.start]))
                xs.append(number + 0.5)
                ys.append(turn.start + turn.kept)
    for request, (xs, ys) in paths.items():
        colour = _LINES[request % len(_LINES)]
        figure.add_scatter(
            x=xs, y=ys, mode="lines", line={"color": colour, "width": 1.6, "shape": "hv"}, xaxis="x2", yaxis="y2",
            name=f"request {request + 1}", hovertemplate=f"request {request + 1}: %{{y}} new tokens<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=[xs[-1] for xs, _ in paths.values()], y=[ys[-1] for _, ys in paths.values()], mode="markers", xaxis="x2", yaxis="y2",
        marker={"size": 6, "color": theme.INK}, name="ends", hoverinfo="skip", cliponaxis=False,
    )  # fmt: skip


def batch_speeds(report: Mapping[str, Any]) -> go.Figure:
    """Draw what ``specviz bench batch --json`` wrote: the speed-up of every method against the number of requests, and where it falls through 1.

    Raises:
        ValueError: for a report without batches.
    """
    rows = report.get("rows")
    if not rows or "batch" not in rows[0]:
        raise UnexpectedValueError("a report of specviz bench batch", f"one without batches: {', '.join(report)}")
    methods = [name for name in dict.fromkeys(row["method"] for row in rows) if name != "autoregressive"]
    found = {name: [row for row in rows if row["method"] == name] for name in methods}
    sizes = sorted({row["batch"] for row in rows})
    ends = {name: at for name, at in report["crossing"].items() if at}
    plain = {row["batch"]: row["tokens_per_second"] for row in rows if row["method"] == "autoregressive"}
    where = f"{words.processor(report['machine'])}, {report['date']}"
    stops = ", ".join(f"{name} at B = {at:g}" for name, at in ends.items()) or "none of them within these sizes"
    listed = "; ".join(f"{name}: " + ", ".join(f"B={row['batch']} {row['speedup']['median']:.2f}" for row in found[name]) for name in methods)
    figure = theme.card(
        "What drafting is worth when requests share every pass",
        f"Tokens a second of all rows over plain decoding of the same batch, {words.safe(report['pair'])}, {report['dtype']}; medians of "
        f"{report['settings']['repeats']} interleaved rounds, bars from the smallest to the largest; {words.safe(where)}. Plain decoding: "
        f"{plain[sizes[0]]:.0f} tokens/s at B = {sizes[0]}, {plain[sizes[-1]]:.0f} at B = {sizes[-1]}. Stops paying: {words.safe(stops)}.",
        height=340,
        alt=f"Speed-up by number of requests, medians, measured on {where}. {listed}. Stops paying: {stops}.",
        badges=["measured"],
    )
    for name, look in zip(methods, theme.SERIES * 2, strict=False):
        ratios = [row["speedup"] for row in found[name]]
        figure.add_scatter(
            x=[row["batch"] for row in found[name]], y=[ratio["median"] for ratio in ratios], mode="lines+markers", name=words.safe(name),
            line={"color": look.colour, "width": 2}, marker={"symbol": look.symbol, "size": 8, "line": {"width": 0.8, "color": theme.INK}},
            error_y={"type": "data", "symmetric": False, "thickness": 1, "width": 0,
                     "array": [ratio["max"] - ratio["median"] for ratio in ratios],
                     "arrayminus": [ratio["median"] - ratio["min"] for ratio in ratios]},
            hovertext=[
                f"{words.safe(name)}, B = {row['batch']}<br>{row['speedup']['median']:.2f}× plain, {row['tokens_per_second']:.0f} tokens/s, "
                f"{row['tau']:.2f} tokens per cycle" for row in found[name]
            ], hoverinfo="text",
        )  # fmt: skip
    figure.add_scatter(
        x=list(ends.values()), y=[1.0] * len(ends), mode="markers", name="stops paying", hoverinfo="skip", showlegend=bool(ends),
        marker={"symbol": "x", "size": 10, "color": theme.look("rejected").colour, "line": {"width": 1, "color": theme.INK}},
    )  # fmt: skip
    figure.add_hline(y=1, line={"color": theme.INK, "width": 1, "dash": "dot"})
    top = 1.1 * max(row["speedup"]["max"] for row in rows)
    figure.update_xaxes(
        title={"text": "B, requests in the batch"}, type="log", tickvals=sizes, ticktext=[str(size) for size in sizes], fixedrange=True
    )
    figure.update_yaxes(title={"text": "times plain decoding"}, range=[0, top], ticksuffix="×", fixedrange=True)
    return theme.steady(figure)
