"""The speedup formula as curves over the draft length, and where a measured run lies among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme
from specviz.theory.speedup import best_gamma, general_speedup, speedup
from specviz.trace import Trace, summarise

_HEIGHT = 380
_ALPHAS = (0.5, 0.6, 0.7, 0.8, 0.9)
_RAMP = ("#C9B8EA", "#A78BDB", "#8763C8", "#6B4FA0", "#46306F")
_OWN = "#0072B2"


@dataclass(frozen=True)
class Costs:
    """What a run measured of the formula's letters.

    Attributes:
        alpha: accepted / examined draft positions, all positions together.
        gamma: mean draft positions per cycle (levels, for a tree).
        tau: tokens per cycle, last one counted.
        c: time per draft position / one plain target step.
        v: the verifying pass / one plain target step; None when no plain run was given.
        other: everything else in a cycle, in plain target steps; None likewise.
        speedup: tokens per second over the plain run's; None likewise.
    """

    alpha: float
    gamma: float
    tau: float
    c: float
    v: float | None
    other: float | None
    speedup: float | None

    @property
    def predicted(self) -> float | None:
        """Speedup the general formula gives for the run's own tau, gamma, c and v, all other time left out."""
        return None if self.v is None else float(general_speedup(self.tau, self.gamma, self.c, self.v))


def measured_costs(trace: Trace, compare: Trace | None = None) -> Costs:
    """Read alpha, gamma, tau, c, v and the speedup off a recorded run and a plain one on the same prompt.

    Without ``compare`` the target step in c is this run's own pass, and v, other and speedup are None.

    Raises:
        ValueError: when the run drafted nothing, or ``compare`` is no plain decoding of the same prompt.
    """
    stats = summarise(trace)
    levels = sum(p.drafted for p in stats.positions)
    examined = sum(p.examined for p in stats.positions)
    if not levels or not examined or not stats.verify_s:
        raise UnexpectedValueError("a run that drafted tokens", f"{trace.header.method!r} with none", "choose a run of a drafting method")
    verify = stats.verify_s / stats.cycles
    step = verify if compare is None else _plain_step(trace, compare)
    plain = None if compare is None else summarise(compare)
    return Costs(
        alpha=sum(p.accepted for p in stats.positions) / examined,
        gamma=levels / stats.cycles,
        tau=stats.tokens_per_cycle,
        c=stats.draft_s / levels / step,
        v=None if plain is None else verify / step,
        other=None if plain is None else stats.other_s / stats.cycles / step,
        speedup=None if plain is None else stats.tokens_per_second / plain.tokens_per_second,
    )


def _plain_step(trace: Trace, compare: Trace) -> float:
    """Seconds of one plain target step."""
    stats = summarise(compare)
    if stats.drafted or not stats.verify_s:
        raise UnexpectedValueError("compare to be a run of plain decoding", f"{compare.header.method!r} which drafted", "use autoregressive")
    if compare.header.prompt_tokens != trace.header.prompt_tokens:
        raise UnexpectedValueError("compare to be a run on the same prompt", "another prompt", "record both runs with one prompt")
    return stats.verify_s / stats.cycles


def speedup_curve(
    trace: Trace | None = None,
    *,
    compare: Trace | None = None,
    alpha: float | Sequence[float] | None = None,
    c: float | None = None,
    longest: int = 16,
) -> go.Figure:
    """Draw S(γ) = E(α, γ) / (1 + c γ) for several α, and on it what this run measured and what its own numbers predict.

    Args:
        trace: a recorded drafting run; without it only the formula is drawn.
        compare: plain decoding of the same prompt; without it nothing measured is drawn.
        alpha: the acceptance, or several; 0.5 to 0.9 by default.
        c: cost of a draft step in target steps; the run's own by default, 0.1 without a run.
        longest: the longest draft drawn.

    Raises:
        ValueError: when ``compare`` comes without ``trace``, or see :func:`measured_costs`.
    """
    if compare is not None and trace is None:
        raise UnexpectedValueError("a trace beside compare", "compare alone", "pass the drafting run first")
    costs = None if trace is None else measured_costs(trace, compare)
    cost = c if c is not None else costs.c if costs else 0.1
    alphas = _ALPHAS if alpha is None else (float(alpha),) if isinstance(alpha, int | float) else tuple(alpha)
    longest = max(longest, int(np.ceil(costs.gamma)) + 1) if costs else longest
    has_point = costs is not None and costs.speedup is not None
    badges = ["measured", "modelled"] if has_point else ["modelled"]
    bottom = theme.AXIS if costs else theme.AXIS - 40  # the formula alone has no legend
    alt = _alt(costs, alphas, cost)
    figure = theme.card(_title(costs, cost, has_point), _subtitle(costs, cost, c), height=_HEIGHT, alt=alt, badges=badges, bottom=bottom)
    for place, value in enumerate(alphas):
        _draw_curve(figure, value, cost, longest, _RAMP[round(place * (len(_RAMP) - 1) / max(1, len(alphas) - 1))])
    if costs is not None:
        _draw_own(figure, costs, cost, longest)
    top = 1.07 * max(max(line.y) for line in figure.data)
    _label_ends(figure, alphas, cost, longest, gap=top * 0.05)
    figure.add_hline(
        y=1,
        line={"color": theme.INK, "width": 1, "dash": "dot"},
        annotation={"text": "no gain", "font": {"size": 12}},
        annotation_position="bottom left" if top > 1.2 else "top left",
    )
    figure.update_xaxes(
        title={"text": "γ, drafted tokens per cycle"}, range=[-0.3, longest * 1.1 + 0.3], dtick=2 if longest > 10 else 1, fixedrange=True
    )
    figure.update_yaxes(title={"text": "speedup over plain decoding"}, range=[0, max(top, 1.1)], ticksuffix="×", fixedrange=True)
    return theme.steady(figure)


def _draw_curve(figure: go.Figure, alpha: float, c: float, longest: int, colour: str, *, name: str = "", width: float = 2) -> None:
    """One modelled curve, its best length marked and its α written at its end."""
    gammas = np.arange(longest + 1)
    values = speedup(alpha, gammas, c)
    best = best_gamma(alpha, c)
    figure.add_scatter(
        x=gammas.tolist(), y=values.tolist(), mode="lines", line={"color": colour, "width": width}, name=name or f"modelled, α = {alpha:g}",
        hovertext=[f"modelled: α = {alpha:.3g}, c = {c:.3g}<br>γ = {g}: {s:.2f}×" for g, s in zip(gammas, values, strict=True)],
        showlegend=bool(name), hoverinfo="text",
    )  # fmt: skip
    if best > longest:
        return
    figure.add_scatter(
        x=[best], y=[float(values[best])], mode="markers",
        marker={"symbol": "triangle-up", "size": 10, "color": colour, "line": {"width": 1, "color": theme.INK}},
        showlegend=False, name="best", hoverinfo="text", hovertext=[f"best length for α = {alpha:.3g}: γ = {best}, {values[best]:.2f}×"],
    )  # fmt: skip


def _label_ends(figure: go.Figure, alphas: Sequence[float], c: float, longest: int, gap: float) -> None:
    """Write each α at its curve's end, pushed apart where curves come close."""
    below = -gap
    for value in sorted(alphas):
        y = max(float(speedup(value, longest, c)), below + gap)
        below = y
        figure.add_annotation(x=longest, y=y, text=f"α = {value:g}", xanchor="left", xshift=6, showarrow=False, font={"size": 12}, bgcolor=theme.CARD)


def _draw_own(figure: go.Figure, costs: Costs, c: float, longest: int) -> None:
    _draw_curve(figure, costs.alpha, c, longest, _OWN, name=f"modelled, this run's α = {costs.alpha:.2f}", width=3.5)
    if costs.speedup is None or costs.predicted is None:
        return
    figure.add_scatter(
        x=[costs.gamma, costs.gamma], y=[costs.predicted, costs.speedup], mode="lines", line={"color": theme.INK, "width": 1.5, "dash": "dot"},
        hoverinfo="skip", showlegend=False, name="gap",
    )  # fmt: skip
    figure.add_scatter(
        x=[costs.gamma], y=[costs.predicted], mode="markers", name=f"modelled from its τ, c, v: {costs.predicted:.2f}×",
        marker={"symbol": "circle-open", "size": 22, "color": theme.BADGES["modelled"], "line": {"width": 3}},
        hoverinfo="text", hovertext=[f"modelled: τ / (γ c + v) = {costs.predicted:.2f}×<br>{_letters(costs)}"],
    )  # fmt: skip
    figure.add_scatter(
        x=[costs.gamma], y=[costs.speedup], mode="markers", name=f"measured: {costs.speedup:.2f}×",
        marker={"symbol": "diamond", "size": 13, "color": theme.BADGES["measured"], "line": {"width": 1.5, "color": theme.INK}},
        hoverinfo="text", hovertext=[f"measured: {costs.speedup:.2f}× the plain run's tokens per second<br>{_letters(costs)}"],
    )  # fmt: skip


def _letters(costs: Costs) -> str:
    text = f"γ = {costs.gamma:.2f}, τ = {costs.tau:.2f}, c = {costs.c:.3f}"
    return text if costs.v is None else f"{text}, v = {costs.v:.2f}, other = {costs.other:.2f} target steps"


def _title(costs: Costs | None, c: float, has_point: bool) -> str:
    if costs is not None and has_point:
        return f"This run: {costs.speedup:.2f}× measured, {costs.predicted:.2f}× modelled"
    return f"How much faster, by draft length, at c = {c:.3g}"


def _subtitle(costs: Costs | None, c: float, given: float | None) -> str:
    source = "given" if given is not None else "this run's" if costs else "assumed"
    parts = [f"Curves: (1 − α<sup>γ+1</sup>) / ((1 − α)(1 + cγ)), c = {c:.3g} {source}; triangles mark the best length."]
    if costs is None:
        return parts[0]
    if costs.v is None:
        return f"{parts[0]} c is taken over this run's own target pass; give compare, a plain run, to see a measured speedup."
    gap = f"Not in the model: {costs.other:.2f} target steps of other work a cycle, and the plain run's own."
    return f"{parts[0]} Run: τ = {costs.tau:.2f}, v = {costs.v:.2f}. {gap}"


def _alt(costs: Costs | None, alphas: Sequence[float], c: float) -> str:
    best = ", ".join(f"alpha {a:g}: best length {best_gamma(a, c)}, {float(speedup(a, best_gamma(a, c), c)):.2f} times" for a in alphas)
    text = f"Modelled speedup over draft length at c = {c:.3g}. {best}."
    if costs is None or costs.speedup is None:
        return text
    return f"{text} This run measured {costs.speedup:.2f} times at length {costs.gamma:.1f}; its own numbers predict {costs.predicted:.2f} times."
