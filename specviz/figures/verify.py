"""v(m), the price of checking m tokens in one pass: by the roofline for batches of any size, and as a pair was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.theory.roofline import Machine, Shape, verify_cost

_HEIGHT, _LONGEST = 340, 64
_RAMP = ("#A78BDB", "#8763C8", "#6B4FA0", "#46306F")
_BATCHES = (1, 4, 16, 64)


def verify_price(shape: Shape, machine: Machine, *, m: int = 5, context: int = 0, batches: Sequence[int] = _BATCHES) -> go.Figure:
    """Draw v(m) by the roofline, a line for each number of requests that share the pass.

    Args:
        shape: the target.
        machine: what it runs on.
        m: tokens to mark.
        context: positions in the cache of every request.
        batches: numbers of requests.
    """
    tokens = np.arange(1, _LONGEST + 1)
    lines = {batch: [verify_cost(shape, machine, float(n), context=context, batch=batch) for n in tokens] for batch in batches}
    at = {batch: line[m - 1] for batch, line in lines.items()}
    listed = ", ".join(f"{value:.2f} with {words.count(batch, 'request')}" for batch, value in at.items())
    figure = theme.card(
        f"v({m}) = {at[batches[0]]:.2f} alone, {at[batches[-1]]:.2f} in a batch of {batches[-1]}",
        f"v(m) = time of a pass over m tokens ÷ over one, at best: {words.safe(shape.name)} on {words.safe(machine.name)}, {context} cached "
        "positions a request. Dashed: every token costs a pass of its own, and nothing is won by checking together.",
        height=_HEIGHT,
        alt=f"Modelled price of checking m tokens in one pass of {shape.name} on {machine.name}. At {m} tokens: {listed}.",
        badges=["modelled", *([machine.source] if machine.source in theme.BADGES else [])],
    )
    top = 1.12 * max(2.0, *(max(line) for line in lines.values()))
    _diagonal(figure, min(top, _LONGEST))
    for place, (batch, line) in enumerate(lines.items()):
        colour = _RAMP[round(place * (len(_RAMP) - 1) / max(1, len(lines) - 1))]
        figure.add_scatter(
            x=tokens.tolist(), y=line, mode="lines", name=f"B = {batch}", line={"color": colour, "width": 2.5},
            hovertemplate=f"B = {batch}, m = %{{x}}: v = %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=[m] * len(at), y=list(at.values()), mode="markers", name="chosen", showlegend=False, hoverinfo="skip",
        marker={"symbol": "circle", "size": 10, "color": theme.INK},
    )  # fmt: skip
    _axes(figure, min(top, 1.05 * _LONGEST), _LONGEST)
    return theme.steady(figure)


def measured_price(report: Mapping[str, Any]) -> go.Figure:
    """Draw the passes that ``specviz doctor --json`` timed: v(m) of the target and the draft's passes, smallest to largest round.

    Raises:
        ValueError: when nothing was timed.
    """
    costs = report.get("costs")
    if not costs:
        raise UnexpectedValueError("a diagnosis with timed passes", "one without", "examine a pair whose models load together")
    v, draft, c = costs["v"], costs["draft_v"], costs["c"]["value"]
    last, drafts = v[-1], f"c = {c:.3f}, " if draft else ""
    figure = theme.card(
        f"Passes of this pair: {drafts}v({last['m']}) = {last['value']:.2f}",
        f"Behind {costs['context']} tokens of text; medians of {costs['rounds']} interleaved rounds, bars from the smallest to the largest. "
        f"A target pass over one token takes {costs['target_ms']['value']:.2f} ms. Dashed: every token costs a pass of its own.",
        height=_HEIGHT,
        alt="Measured price of checking m tokens in one pass: "
        + ", ".join(f"v({p['m']}) = {p['value']:.2f}" for p in v if p["m"] in (1, 2, 4, 8, 16, 32, 64))
        + (f". A draft pass over one token costs {c:.3f}." if draft else "."),
        badges=["measured"],
    )
    top = 1.12 * max(2.0, *(p["value"] for p in (*v, *draft)))
    _diagonal(figure, min(top, last["m"]))
    for name, points, colour, symbol in (
        ("target pass, v(m)", v, theme.TARGET, "circle"),
        ("draft pass over m tokens", draft, theme.DRAFT, "square"),
    ):
        if points:
            _measured(figure, name, points, colour, symbol)
    _axes(figure, top, last["m"])
    return theme.steady(figure)


def _measured(figure: go.Figure, name: str, points: Sequence[Mapping[str, float]], colour: str, symbol: str) -> None:
    figure.add_scatter(
        x=[p["m"] for p in points], y=[p["value"] for p in points], mode="lines+markers", name=name,
        line={"color": colour, "width": 2}, marker={"symbol": symbol, "size": 6, "color": colour, "line": {"width": 0.8, "color": theme.INK}},
        error_y={"type": "data", "symmetric": False, "thickness": 1, "width": 0, "color": theme.rgba(colour, 0.6),
                 "array": [p["high"] - p["value"] for p in points], "arrayminus": [p["value"] - p["low"] for p in points]},
        hovertext=[f"{name}<br>m = {p['m']}: {p['value']:.2f} ({p['low']:.2f} to {p['high']:.2f})" for p in points], hoverinfo="text",
    )  # fmt: skip


def _diagonal(figure: go.Figure, to: float) -> None:
    figure.add_scatter(
        x=[1, to], y=[1, to], mode="lines", name="m passes", line={"color": theme.look("rejected").colour, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )  # fmt: skip


def _axes(figure: go.Figure, top: float, longest: int) -> None:
    figure.update_xaxes(title={"text": "m, tokens in the pass (γ drafts and the one before them)"}, range=[0, longest + 1.5], fixedrange=True)
    figure.update_yaxes(title={"text": "passes over one token"}, range=[0, top], fixedrange=True)
