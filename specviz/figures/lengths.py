"""How many tokens a cycle yields and what that is worth: the geometric law, the speed-up over all its letters, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError
from specviz.figures import theme
from specviz.figures.measured import MeasuredPoint, add_points
from specviz.theory.acceptance import wilson
from specviz.theory.speedup import best_gamma, expected_tokens, general_speedup

Floats = NDArray[np.float64]
_HEIGHT = 350


def geometric_law(alpha: float, gamma: int, *, counts: Sequence[int] | None = None, spread: float = 0.0) -> go.Figure:
    """Draw how many of gamma drafts a cycle keeps if each stays with probability alpha whatever happened before, and what cycles did.

    Args:
        alpha: acceptance, in [0, 1].
        gamma: drafted tokens, at least 1.
        counts: int[gamma + 1], measured cycles that kept 0, 1, …, gamma drafts.
        spread: with more than 0, draw beside it what comes out when half of the cycles have alpha + spread and half alpha - spread, the
            mean being the same; cut so that both stay in [0, 1].

    Raises:
        ValueError: for a gamma below 1, or counts of another length or without any cycle.
    """
    if gamma < 1:
        raise UnexpectedValueError("at least one drafted token", f"gamma {gamma}")
    if counts is not None and (len(counts) != gamma + 1 or sum(counts) == 0):
        raise UnexpectedValueError(f"the cycles that kept 0 to {gamma} drafts", str(list(counts)))
    kept, shares, tau = np.arange(gamma + 1), _shares(alpha, gamma), float(expected_tokens(alpha, gamma))
    title = f"{tau:.2f} tokens per cycle if every draft stays with probability {alpha:.2f}"
    if counts is not None:
        title = f"Tokens per cycle: {1 + np.dot(kept, counts) / sum(counts):.2f} measured, {tau:.2f} by the geometric law"
    figure = theme.card(
        title,
        "How many drafts a cycle keeps. The last bar holds all cycles that ran out of drafts before one was refused. "
        + ("Diamonds: measured, with 95 % intervals." if counts is not None else ""),
        height=_HEIGHT - 60,
        alt=f"Modelled share of cycles that keep 0 to {gamma} drafts at acceptance {alpha:.2f}: {', '.join(f'{s:.3f}' for s in shares)}. "
        + (f"Measured cycles: {', '.join(map(str, counts))}." if counts is not None else ""),
        badges=["measured", "modelled"] if counts is not None else ["modelled"],
    )
    figure.add_bar(
        x=kept.tolist(), y=shares.tolist(), name=f"(1 − α) αⁿ, and α<sup>γ</sup> at the end; α = {alpha:.2f}", width=0.7,
        marker={"color": [*[theme.look("accepted").tint] * gamma, theme.look("bonus").tint], "line": {"color": theme.INK, "width": 1}},
        hovertemplate="%{x} drafts kept: %{y:.1%} of cycles<extra>modelled</extra>",
    )  # fmt: skip
    if spread > 0.0:
        _add_mixture(figure, alpha, gamma, min(spread, alpha, 1.0 - alpha))
    if counts is not None:
        _add_counts(figure, counts)
    figure.update_xaxes(title={"text": "drafts kept in a cycle"}, dtick=1, range=[-0.6, gamma + 0.6], fixedrange=True, showgrid=False)
    figure.update_yaxes(title={"text": "share of cycles"}, tickformat=".0%", rangemode="tozero", fixedrange=True)
    return theme.steady(figure)


def _shares(alpha: float, gamma: int) -> Floats:
    """How often 0, 1, …, gamma drafts are kept by the geometric law, float[gamma + 1]."""
    kept = np.arange(gamma + 1)
    return np.asarray(np.where(kept < gamma, (1 - alpha) * alpha**kept, alpha**gamma))


def _add_mixture(figure: go.Figure, alpha: float, gamma: int, spread: float) -> None:
    """Cycles of two kinds, as many of each; with the same mean they keep at least as much."""
    kinds = (alpha - spread, alpha + spread)
    shares = np.mean([_shares(kind, gamma) for kind in kinds], axis=0)
    tau = float(np.mean(expected_tokens(kinds, gamma)))
    figure.add_scatter(
        x=list(range(gamma + 1)), y=shares.tolist(), mode="markers", name=f"half the cycles {kinds[0]:.2f}, half {kinds[1]:.2f}: τ = {tau:.2f}",
        marker={"symbol": "square", "size": 11, "color": theme.BADGES["modelled"], "line": {"width": 1, "color": theme.INK}},
        hovertemplate="%{x} drafts kept: %{y:.1%} of cycles<extra>two kinds of cycles</extra>",
    )  # fmt: skip
    figure.layout.meta = {"alt": f"{theme.alt_text(figure)} Two kinds of cycles, {kinds[0]:.2f} and {kinds[1]:.2f}: {tau:.2f} tokens per cycle."}


def _add_counts(figure: go.Figure, counts: Sequence[int]) -> None:
    total = sum(counts)
    shares = [n / total for n in counts]
    bounds = [wilson(n, total) for n in counts]
    figure.add_scatter(
        x=list(range(len(counts))), y=shares, mode="markers", name=f"measured, {total} cycles",
        marker={"symbol": "diamond", "size": 11, "color": theme.BADGES["measured"], "line": {"width": 1.5, "color": theme.INK}},
        error_y={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 5, "color": theme.INK,
            "array": [high - s for s, (_, high) in zip(shares, bounds, strict=True)],
            "arrayminus": [s - low for s, (low, _) in zip(shares, bounds, strict=True)],
        },
        hovertext=[f"{i} drafts kept: {n} of {total} cycles" for i, n in enumerate(counts)], hoverinfo="text",
    )  # fmt: skip


def speedup_surface(
    *, c: float, slope: float = 0.0, other: float = 0.0, longest: int = 16, at: tuple[int, float] | None = None, points: Sequence[MeasuredPoint] = ()
) -> go.Figure:
    """Draw the speed-up over draft length and acceptance, the line where nothing is gained, and the best length for every acceptance.

    Args:
        c: a draft step, in target passes.
        slope: what each further token verified costs: v(m) = 1 + slope (m - 1).
        other: the rest of a cycle, in target passes; plain decoding has none.
        longest: the longest draft drawn.
        at: (gamma, alpha) to mark.
        points: measured runs, each in the colour of its own speed-up.
    """
    gammas, alphas = np.arange(1, longest + 1), np.round(np.arange(0.0, 1.0001, 0.025), 4)
    values = _modelled(alphas[:, None], gammas[None, :], c, slope, other)
    figure = theme.card(
        f"Speed-up over length and acceptance, c = {c:g}",
        f"τ / (γ c + v + o), acceptance independent; v(m) = 1 + {slope:g} (m − 1), o = {other:g}. Blue is faster than plain decoding, orange slower; "
        "dots: the best length for each acceptance.",
        height=_HEIGHT + 20,
        alt=_surface_alt(values, alphas, gammas, c, slope, other),
        badges=["modelled"],
    )
    colours = theme.around_one(float(np.quantile(values, 0.98)))
    figure.add_heatmap(
        x=gammas.tolist(), y=alphas.tolist(), z=values.tolist(), **colours,
        colorbar={"title": {"text": "speed-up", "side": "right"}, "ticksuffix": "×", "thickness": 14, "outlinewidth": 0},
        hovertemplate="γ = %{x}, α = %{y:.3f}: %{z:.2f}×<extra></extra>", name="speed-up",
    )  # fmt: skip
    contour = {"start": 1.0, "end": 1.0, "size": 1.0, "coloring": "none"}
    figure.add_contour(
        x=gammas.tolist(), y=alphas.tolist(), z=values.tolist(), contours=contour, line={"color": theme.INK, "width": 3}, showscale=False,
        name="no gain: 1×", hoverinfo="skip", showlegend=True,
    )  # fmt: skip
    best = values.argmax(axis=1)
    pays = values.max(axis=1) > 1.0
    figure.add_scatter(
        x=gammas[best][pays].tolist(), y=alphas[pays].tolist(), mode="markers", name="best length", hoverinfo="skip",
        marker={"symbol": "circle", "size": 6, "color": theme.INK},
    )  # fmt: skip
    add_points(figure, points, colours)
    if at is not None:
        _mark(figure, at, float(_modelled(np.array(at[1]), np.array(at[0]), c, slope, other)))
    figure.update_xaxes(title={"text": "γ, drafted tokens per cycle"}, range=[0.5, longest + 0.5], fixedrange=True, showgrid=False, dtick=2)
    figure.update_yaxes(title={"text": "α, acceptance"}, range=[-0.013, 1.013], fixedrange=True, showgrid=False)
    return theme.steady(figure)


def _mark(figure: go.Figure, at: tuple[int, float], value: float) -> None:
    figure.add_scatter(
        x=[at[0]], y=[at[1]], mode="markers+text", name="chosen", text=[f"<b>{value:.2f}×</b>"], textfont={"size": 15, "color": theme.INK},
        textposition="top center" if at[1] < 0.9 else "bottom center", showlegend=False, cliponaxis=False,
        marker={"symbol": "square-open", "size": 26, "color": theme.INK, "line": {"width": 3}},
        hovertemplate=f"γ = {at[0]}, α = {at[1]:g}: {value:.2f}×<extra></extra>",
    )  # fmt: skip
    figure.layout.meta = {"alt": f"{theme.alt_text(figure)} Chosen: length {at[0]}, acceptance {at[1]:g}: {value:.2f} times."}


def _modelled(alpha: Floats, gamma: NDArray[np.int64], c: float, slope: float, other: float) -> Floats:
    return general_speedup(expected_tokens(alpha, gamma), gamma, c, 1.0 + slope * gamma, other)


def _surface_alt(values: Floats, alphas: Floats, gammas: NDArray[np.int64], c: float, slope: float, other: float) -> str:
    rows = []
    for alpha in (0.5, 0.7, 0.8, 0.9):
        line = values[int(np.argmin(np.abs(alphas - alpha)))]
        rows.append(f"acceptance {alpha:g}: best length {gammas[line.argmax()]}, {line.max():.2f} times")
    lost = float((values < 1.0).mean())
    return (
        f"Speed-up over draft length and acceptance at c = {c:g}, slope {slope:g}, other {other:g}. {'; '.join(rows)}. {lost:.0%} of the area loses."
    )


_BEST_ALPHAS = np.round(np.arange(0.05, 0.951, 0.05), 2)
_BEST_COSTS = np.array([0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8])


def best_lengths(*, slope: float = 0.0, longest: int = 32, at: tuple[float, float] | None = None) -> go.Figure:
    """Draw the best draft length over acceptance and cost of a draft step; 0 where drafting does not pay.

    Args:
        slope: what each further token verified costs: v(m) = 1 + slope (m - 1).
        longest: the longest draft considered.
        at: (alpha, c) to mark, between the cells if need be.
    """

    def best_at(alpha: float, c: float) -> int:
        return best_gamma(alpha, c, lambda m: 1 + slope * (m - 1), limit=longest)

    best = np.array([[best_at(float(a), float(c)) for a in _BEST_ALPHAS] for c in _BEST_COSTS])
    some = range(3, len(_BEST_ALPHAS), 5)
    listed = "; ".join(f"c = {c:g}: {', '.join(f'{_BEST_ALPHAS[i]:g} → {row[i]}' for i in some)}" for c, row in zip(_BEST_COSTS, best, strict=True))
    figure = theme.card(
        "The best draft length" if at is None else f"At α = {at[0]:g} and c = {at[1]:g} the best draft length is {best_at(*at)}",
        f"For each acceptance α and each price c of a draft step, v(m) = 1 + {slope:g} (m − 1). Zero: do not draft. Lengths up to {longest}.",
        height=_HEIGHT + 20,
        alt=f"Best draft length over acceptance and cost of a draft step, slope {slope:g}. {listed}."
        + ("" if at is None else f" Chosen: acceptance {at[0]:g}, cost {at[1]:g}: length {best_at(*at)}."),
        badges=["modelled"],
        bottom=theme.AXIS - 40,
    )
    figure.add_heatmap(
        x=list(range(len(_BEST_ALPHAS))), y=list(range(len(_BEST_COSTS))), z=np.log1p(best).tolist(), showscale=False, xgap=2, ygap=2, zmin=0,
        zmax=float(np.log1p(longest)), colorscale=[[0, theme.LOSS], [0.15, theme.LOSS], [0.1501, "#EAF1F7"], [1, theme.GAIN]],
        text=best.tolist(), texttemplate="%{text}", textfont={"size": 12}, hoverinfo="skip", name="best length",
    )  # fmt: skip
    if at is not None:
        figure.add_scatter(
            x=[float(np.interp(at[0], _BEST_ALPHAS, range(len(_BEST_ALPHAS))))], y=[float(np.interp(at[1], _BEST_COSTS, range(len(_BEST_COSTS))))],
            mode="markers", name="chosen", showlegend=False, hoverinfo="skip",
            marker={"symbol": "square-open", "size": 28, "color": theme.INK, "line": {"width": 3}},
        )  # fmt: skip
    x = {"tickvals": list(range(1, len(_BEST_ALPHAS), 2)), "ticktext": [f"{a:g}" for a in _BEST_ALPHAS[1::2]], "title": {"text": "α, acceptance"}}
    y = {"tickvals": list(range(len(_BEST_COSTS))), "ticktext": [f"{c:g}" for c in _BEST_COSTS], "title": {"text": "c, a draft step in passes"}}
    figure.update_xaxes(fixedrange=True, showgrid=False, **x)
    figure.update_yaxes(fixedrange=True, showgrid=False, **y)
    return theme.steady(figure)


def lengths_compared(
    curves: Mapping[str, tuple[Sequence[int], Sequence[float]]], *, measured: Mapping[int, Sequence[float]] | None = None
) -> go.Figure:
    """Draw modelled speed-ups over the draft length, and measured ones on them.

    Args:
        curves: name -> (lengths, speed-ups), each modelled.
        measured: length -> speed-ups of repeated runs; their median is marked, all of them are shown.

    Raises:
        ValueError: without any curve.
    """
    if not curves:
        raise UnexpectedValueError("at least one modelled curve", "none")
    points = {gamma: float(np.median(values)) for gamma, values in sorted((measured or {}).items())}
    tops = {name: max(zip(values, gammas, strict=True)) for name, (gammas, values) in curves.items()}
    figure = theme.card(
        "Speed-up by draft length" + (": measured points, modelled curves" if points else ""),
        "; ".join(f"{name}: best at γ = {gamma}, {value:.2f}×" for name, (value, gamma) in tops.items())
        + (". Small diamonds: single repeats; large: their median." if points else "."),
        height=_HEIGHT,
        alt="Speed-up over draft length. "
        + "; ".join(f"{name} (modelled): best at length {gamma}, {value:.2f} times" for name, (value, gamma) in tops.items())
        + (". Measured: " + ", ".join(f"length {g}: {v:.2f} times" for g, v in points.items()) if points else "")
        + ".",
        badges=["measured", "modelled"] if points else ["modelled"],
    )
    for place, (name, (gammas, values)) in enumerate(curves.items()):
        look = theme.SERIES[place % len(theme.SERIES)]
        figure.add_scatter(
            x=list(gammas), y=list(values), mode="lines+markers", name=name, line={"color": look.colour, "width": 2.5},
            marker={"symbol": look.symbol, "size": 7, "color": look.colour}, hovertemplate="γ = %{x}: %{y:.2f}×<extra>modelled</extra>",
        )  # fmt: skip
    if points:
        _add_measured(figure, measured or {}, points)
    figure.add_hline(y=1, line={"color": theme.INK, "width": 1, "dash": "dot"}, annotation={"text": "no gain", "font": {"size": 12}})
    figure.update_xaxes(title={"text": "γ, drafted tokens per cycle"}, rangemode="tozero", fixedrange=True)
    figure.update_yaxes(title={"text": "speed-up over plain decoding"}, ticksuffix="×", rangemode="tozero", fixedrange=True)
    return theme.steady(figure)


def _add_measured(figure: go.Figure, measured: Mapping[int, Sequence[float]], points: Mapping[int, float]) -> None:
    singles = [(gamma, value) for gamma, values in measured.items() for value in values if len(values) > 1]
    colour = theme.BADGES["measured"]
    figure.add_scatter(
        x=[g for g, _ in singles], y=[v for _, v in singles], mode="markers", showlegend=False, name="repeats",
        marker={"symbol": "diamond-open", "size": 7, "color": colour}, hovertemplate="γ = %{x}: %{y:.2f}×<extra>one repeat</extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=list(points), y=list(points.values()), mode="markers", name="measured",
        marker={"symbol": "diamond", "size": 14, "color": colour, "line": {"width": 1.5, "color": theme.INK}},
        hovertemplate="γ = %{x}: %{y:.2f}×<extra>measured</extra>",
    )  # fmt: skip


def acceptance_by_temperature(
    temperatures: Sequence[float], curves: Mapping[str, ArrayLike], *, singles: ArrayLike | None = None, source: str = "modelled"
) -> go.Figure:
    """Draw acceptance over temperature: named curves thick, single places thin.

    Args:
        temperatures: float[K].
        curves: name -> float[K].
        singles: float[n, K], single places behind the curves.
        source: the badge: ``modelled``, or ``measured`` for laws of a recorded run.
    """
    values = {name: np.asarray(curve, dtype=np.float64) for name, curve in curves.items()}
    listed = "; ".join(f"{name}: " + ", ".join(f"{t:g} → {v:.2f}" for t, v in zip(temperatures, row, strict=True)) for name, row in values.items())
    thin = "" if singles is None else " Thin lines: single places."
    figure = theme.card(
        "Acceptance by temperature",
        f"α = Σ min(p, q), each law taken to the power 1/T and scaled to sum 1.{thin}",
        height=_HEIGHT - 40,
        alt=f"Acceptance over temperature. {listed}.",
        badges=[source],
    )
    for row in [] if singles is None else np.asarray(singles, dtype=np.float64):
        figure.add_scatter(
            x=list(temperatures),
            y=row.tolist(),
            mode="lines",
            line={"color": theme.LINE, "width": 1},
            showlegend=False,
            hoverinfo="skip",
            name="single",
        )
    for place, (name, row) in enumerate(values.items()):
        look = theme.SERIES[place % len(theme.SERIES)]
        figure.add_scatter(
            x=list(temperatures), y=row.tolist(), mode="lines+markers", name=name, line={"color": look.colour, "width": 3},
            marker={"symbol": look.symbol, "size": 8, "color": look.colour}, hovertemplate="T = %{x:.2f}: %{y:.1%}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title={"text": "T, temperature"}, fixedrange=True)
    figure.update_yaxes(title={"text": "α, drafts accepted"}, tickformat=".0%", range=[-0.02, 1.04], fixedrange=True)
    return theme.steady(figure)
