"""How long a pass over m tokens must take: the time to move the weights against the time to compute with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.theory.roofline import Machine, Shape, compute_seconds, crossing, memory_seconds, pass_seconds, verify_cost

_HEIGHT = 340
_SMALLEST, _LARGEST = 64, 4096


def roofline_curve(
    shape: Shape,
    machine: Machine,
    *,
    m: int | None = None,
    context: int = 0,
    batch: int = 1,
    measured: Mapping[int, float] | None = None,
) -> go.Figure:
    """Draw the least time of a pass over the number of its tokens: flat while memory is the limit, rising once arithmetic is.

    Args:
        shape: what the model asks for.
        machine: what the machine can do.
        m: a number of tokens to mark, with its price v(m).
        context: positions in the cache of every request.
        batch: requests that share a pass, each with m tokens.
        measured: seconds of real passes over some numbers of tokens, drawn as points.
    """
    where = {"context": context, "batch": batch}
    star = crossing(shape, machine, **where)
    longest = _longest(star, m, measured)
    tokens = np.unique(np.append(np.geomspace(1, longest, 80), np.clip(star, 1, longest)))
    moving = np.full(len(tokens), memory_seconds(shape, machine, **where))
    computing = np.array([compute_seconds(shape, machine, count, **where) for count in tokens])
    figure = theme.card(
        _title(shape, machine, m, star, where), _subtitle(shape, machine, where), height=_HEIGHT,
        alt=_alt(shape, machine, m, star, where, measured), badges=_badges(machine, measured),
    )  # fmt: skip
    _line(figure, tokens, moving, "moving weights and cache", theme.TARGET, "dash")
    _line(figure, tokens, computing, "computing", theme.look("rejected").colour, "dot")
    _line(figure, tokens, np.maximum(moving, computing), "least time of the pass", theme.INK, "solid")
    _mark_crossing(figure, star, longest)
    if m is not None:
        _mark_chosen(figure, m, pass_seconds(shape, machine, m, **where), verify_cost(shape, machine, m, **where))
    if measured:
        _draw_measured(figure, measured)
    _set_axes(figure, moving, computing, longest, measured)
    return theme.steady(figure)


def _longest(star: float, m: int | None, measured: Mapping[int, float] | None) -> int:
    """Where the drawing ends: a power of two past everything worth seeing."""
    wanted = max(_SMALLEST, 4 * star, m or 1, *(measured or {}))
    return int(2 ** np.ceil(np.log2(min(wanted, max(_LARGEST, m or 1, *(measured or {}))))))


def _line(figure: go.Figure, tokens: np.ndarray, seconds: np.ndarray, name: str, colour: str, dash: str) -> None:
    is_bound = dash == "solid"
    figure.add_scatter(
        x=tokens.tolist(), y=(1e3 * seconds).tolist(), mode="lines", name=name, opacity=1 if is_bound else 0.9,
        line={"color": colour, "width": 3.5 if is_bound else 2, "dash": dash},
        hovertemplate=f"{name}<br>m = %{{x:.0f}}: %{{y:.4g}} ms<extra></extra>",
    )  # fmt: skip


def _mark_crossing(figure: go.Figure, star: float, longest: int) -> None:
    if not 1 <= star <= longest:
        return
    figure.add_shape(type="line", xref="x", yref="paper", x0=star, x1=star, y0=0, y1=1, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=np.log10(star), y=0, yref="paper", yanchor="bottom", xanchor="left", xshift=6, yshift=4, showarrow=False,
        text=f"m* = {star:.0f}" if star >= 10 else f"m* = {star:.1f}", font={"size": 14, "color": theme.INK}, bgcolor=theme.CARD,
    )  # fmt: skip


def _mark_chosen(figure: go.Figure, m: int, seconds: float, price: float) -> None:
    figure.add_scatter(
        x=[m], y=[1e3 * seconds], mode="markers+text", name="chosen", showlegend=False, text=[f"v({m}) = {price:.2f}"], textposition="top left",
        textfont={"size": 15}, marker={"symbol": "circle", "size": 14, "color": theme.INK},
        hovertemplate=f"m = {m}: at least %{{y:.4g}} ms, {price:.2f} times the least time over one token<extra></extra>",
    )  # fmt: skip


def _draw_measured(figure: go.Figure, measured: Mapping[int, float]) -> None:
    counts = sorted(measured)
    one = measured.get(1)
    hover = [f"measured: m = {n}, {1e3 * measured[n]:.4g} ms" + (f"<br>v({n}) = {measured[n] / one:.2f}" if one else "") for n in counts]
    figure.add_scatter(
        x=counts, y=[1e3 * measured[n] for n in counts], mode="lines+markers", name="measured passes", hovertext=hover, hoverinfo="text",
        line={"color": theme.BADGES["measured"], "width": 1},
        marker={"symbol": "diamond", "size": 11, "color": theme.BADGES["measured"], "line": {"width": 1.5, "color": theme.INK}},
    )  # fmt: skip


def _set_axes(figure: go.Figure, moving: np.ndarray, computing: np.ndarray, longest: int, measured: Mapping[int, float] | None) -> None:
    times = [moving[0], computing[-1], *(measured or {}).values()]
    low = min(moving[0] / 4, *times)
    decades = range(int(np.floor(np.log10(1e3 * low))), int(np.ceil(np.log10(1e3 * max(times)))) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in ((1, 2, 5) if len(decades) < 5 else (1,))]
    powers = 2 ** np.arange(0, int(np.log2(longest)) + 1, 1 if longest <= 512 else 2)
    figure.update_xaxes(
        title={"text": "m, tokens in the pass of each request"}, type="log", range=[-0.03, np.log10(longest) + 0.03], fixedrange=True,
        tickvals=powers.tolist(), ticktext=[str(power) for power in powers],
    )  # fmt: skip
    figure.update_yaxes(
        title={"text": "milliseconds"}, type="log", range=[np.log10(1e3 * low) - 0.05, np.log10(1e3 * max(times)) + 0.15], fixedrange=True,
        tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks],
    )  # fmt: skip


def _title(shape: Shape, machine: Machine, m: int | None, star: float, where: Mapping[str, int]) -> str:
    if m is not None:
        return f"At best, a pass over {m} tokens takes {verify_cost(shape, machine, m, **where):.2f}× the time over one"
    return (
        f"At best, a pass over up to {star:.0f} tokens takes as long as over one" if star > 1 else "Arithmetic is the limit from the first token on"
    )


def _subtitle(shape: Shape, machine: Machine, where: Mapping[str, int]) -> str:
    facts = f"{words.safe(shape.name)} on {words.safe(machine.name)}: {_amount(machine.bandwidth)}B/s, {_amount(machine.compute)} operations/s"
    facts += f" ({machine.source}); {words.count(where['batch'], 'request')}, {where['context']} cached positions each."
    return f"{facts} Lines are lower bounds: no pass is quicker than the solid one."


def _amount(value: float) -> str:
    """Three digits and a prefix: 3.35 T."""
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g} {prefix}"
    return f"{value:.3g} "


def _badges(machine: Machine, measured: Mapping[int, float] | None) -> list[str]:
    kinds = ["modelled", *([machine.source] if machine.source in theme.BADGES else []), *(["measured"] if measured else [])]
    return list(dict.fromkeys(kinds))


def _alt(
    shape: Shape, machine: Machine, m: int | None, star: float, where: Mapping[str, int], measured: Mapping[int, float] | None
) -> str:  # fmt: skip
    floor = 1e3 * memory_seconds(shape, machine, **where)
    text = f"Least time of a pass of {shape.name} on {machine.name} over the number of its tokens. Moving weights and cache takes {floor:.3g} ms. "
    text += f"Computing takes as long at {star:.3g} tokens and longer beyond."
    if m is not None:
        text += f" On a machine that meets these bounds, v({m}) is {verify_cost(shape, machine, m, **where):.2f}."
    if measured:
        text += " Measured: " + ", ".join(f"{n} tokens {1e3 * measured[n]:.3g} ms" for n in sorted(measured)) + "."
    return text
