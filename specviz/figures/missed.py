"""What a rule left behind in a recorded run: cycle by cycle its acceptance at the first place against the most any rule could take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.theory.rules import RATES, Rate
from specviz.trace import Trace
from specviz.trace.replay_run import RuleRun, RunReplay, replay_run

_HEIGHT, _SPLIT = 330, 0.70
_STRIP = -0.075
"""Where, below the bars, it stands what really happened."""


@dataclass(frozen=True)
class _Cycle:
    """The first place of a cycle: rate and bound over drafts and coins, and whether one of its drafts was really accepted."""

    number: int
    siblings: int
    rate: Rate
    bound: float
    state: str

    @property
    def missed(self) -> float:
        return max(0.0, self.bound - self.rate.value)


def missed_acceptance(trace: Trace, *, rule: str | None = None, replay: RunReplay | None = None) -> go.Figure:
    """Draw for every cycle what a rule takes at the first place, what the bound allows beyond, and what really happened there.

    Rates and bounds average over drafts and coins (2502.18779); the laws they follow from are the recorded ones. At the right the
    means of all rules that can judge the run.

    Args:
        trace: of detail ``exact``.
        rule: the run's own by default; one that has a formula (``specviz.theory.rules.RATES``).
        replay: what ``specviz.trace.replay_run.replay_run`` found for this trace; found here when not given, which takes seconds.

    Raises:
        ValueError: unless the trace is of detail ``exact``; when nothing was drafted; for a rule that has no rate here.
    """
    found = replay_run(trace) if replay is None else replay
    run = _run(found, rule)
    cycles = _cycles(trace, found, run)
    most, took = float(np.mean([c.bound for c in cycles])), float(np.mean([c.rate.value for c in cycles]))
    title = f"{words.safe(run.rule)}: {took:.1%} taken, {most:.1%} possible"
    figure = theme.card(title, _subtitle(cycles, took, most), height=_HEIGHT, alt=_alt(run, cycles, took, most), badges=["measured", "modelled"])
    _draw_cycles(figure, run.rule, cycles)
    _draw_happened(figure, cycles)
    _draw_means(figure, found, run.rule, most)
    _set_axes(figure, cycles)
    return theme.steady(figure)


def _run(found: RunReplay, rule: str | None) -> RuleRun:
    name = found.recorded_rule if rule is None else rule
    known = [run.rule for run in found.rules.values() if any(first is not None for first in run.first)]
    if not known:
        raise UnexpectedValueError("a run that drafted tokens", "none", "choose a run of a drafting method")
    if name not in known:
        why = found.refused.get(name, "it has no formula for one place" if name in found.rules else "it was not replayed")
        raise UnexpectedValueError(f"a rule with a rate in this run ({', '.join(known)})", f"{name!r}: {why}", "name another with rule=…")
    return found.rules[name]


def _cycles(trace: Trace, found: RunReplay, run: RuleRun) -> list[_Cycle]:
    """The cycles that drafted and have a bound."""
    if len(trace) != len(found.bounds):
        raise UnexpectedValueError(f"the replay of this run, {len(trace)} cycles", f"one of {len(found.bounds)}", "replay this trace")
    cycles = []
    for number, (most, rate) in enumerate(zip(found.bounds, run.first, strict=True)):
        if rate is None or math.isnan(most):
            continue
        first = [node for node in trace.cycle(number).nodes if node.parent < 0 and node.state != "pruned"]
        state = "accepted" if any(node.state == "accepted" for node in first) else "rejected"
        cycles.append(_Cycle(number, len(first), rate, most, state))
    return cycles


def _subtitle(cycles: Sequence[_Cycle], took: float, most: float) -> str:
    share = f", {(most - took) / most:.1%} of what was possible" if most > 0.0 else ""
    happened = sum(c.state == "accepted" for c in cycles) / len(cycles)
    text = f"Mean over drafts and coins at each cycle’s first place. Missed: {max(0.0, most - took):.3f} a cycle{share}. "
    return f"{text}Below the bars: what happened with the coins of this run, {happened:.1%} accepted."


def _draw_cycles(figure: go.Figure, rule: str, cycles: Sequence[_Cycle]) -> None:
    x, hover = [c.number for c in cycles], [_hover(rule, c) for c in cycles]
    errors = [c.rate.error for c in cycles]
    shared = {"x": x, "width": 0.86, "hovertext": hover, "hoverinfo": "text"}
    figure.add_bar(
        y=[c.rate.value for c in cycles], name="taken", marker={"color": theme.look("accepted").colour},
        error_y={"type": "data", "array": errors, "thickness": 1.2, "width": 2, "color": theme.INK} if max(errors) > 1e-6 else None, **shared,
    )  # fmt: skip
    colour = theme.look("rejected").colour
    figure.add_bar(
        y=[c.missed for c in cycles], base=[c.rate.value for c in cycles], name="missed: the bound allows it",
        marker={"color": colour, "pattern": {"shape": "/", "size": 5, "solidity": 0.35, "fgcolor": theme.CARD, "bgcolor": colour}}, **shared,
    )  # fmt: skip


def _hover(rule: str, c: _Cycle) -> str:
    sure = f" ± {c.rate.error:.3f}" if c.rate.error > 1e-6 else ""
    lines = [f"<b>cycle {c.number}</b>, {words.count(c.siblings, 'draft')} at its first place", f"{words.safe(rule)} takes {c.rate.value:.3f}{sure}"]
    happened = theme.look(c.state)
    return "<br>".join([*lines, f"the bound: {c.bound:.3f}, missed {c.missed:.3f}", f"in this run: {happened.glyph} {happened.word}"])


def _draw_happened(figure: go.Figure, cycles: Sequence[_Cycle]) -> None:
    for state in ("accepted", "rejected"):
        own = [c for c in cycles if c.state == state]
        look = theme.look(state)
        figure.add_scatter(
            x=[c.number for c in own], y=[_STRIP] * len(own), mode="markers", name=f"really {look.word}", hoverinfo="text", cliponaxis=False,
            marker={"symbol": look.symbol, "size": max(3, min(8, 420 // max(1, len(cycles)))), "color": look.colour},
            hovertext=[f"cycle {c.number}: {look.word}" for c in own],
        )  # fmt: skip


def _draw_means(figure: go.Figure, found: RunReplay, rule: str, most: float) -> None:
    """Every rule's mean, the best on top, with the bound as a line."""
    means: dict[object, tuple[list[str], Rate]] = {}
    for run in found.rules.values():
        if run.rule in RATES and run.rule != "transport" and any(first is not None for first in run.first):
            means.setdefault(RATES[run.rule].formula, ([], run.acceptance))[0].append(run.rule)
    ranked = sorted(means.values(), key=lambda pair: -pair[1].value)
    rows = [-place for place in range(len(ranked))]
    names = [", ".join(group) for group, _ in ranked]
    values = [mean.value for _, mean in ranked]
    errors = [mean.error for _, mean in ranked]
    blue = theme.look("accepted").colour
    figure.add_bar(
        x=values, y=rows, orientation="h", width=0.34, xaxis="x2", yaxis="y2", showlegend=False, name="means", hoverinfo="text",
        hovertext=[f"<b>{name}</b><br>mean {value:.4f}, missed {max(0.0, most - value):.4f}" for name, value in zip(names, values, strict=True)],
        marker={"color": [blue if rule in group else theme.OTHER for group, _ in ranked]},
        error_x={"type": "data", "array": errors, "thickness": 1.2, "width": 3, "color": theme.INK} if max(errors) > 1e-6 else None,
    )  # fmt: skip
    for row, name, value in zip(rows, names, values, strict=True):
        figure.add_annotation(
            text=f"{words.safe(name)} <b>{value:.3f}</b>", xref="x2", yref="y2", x=0, y=row + 0.2, xanchor="left", yanchor="bottom",
            showarrow=False, font={"size": 12}, xshift=-3,
        )  # fmt: skip
    lowest = min(rows[-1], -3) - 0.4
    ends = [lowest + 0.15, 0.6]
    figure.add_scatter(
        x=[most, most], y=ends, mode="lines", line={"color": theme.INK, "width": 2.5}, name="the bound", xaxis="x2", yaxis="y2", hoverinfo="text",
        hovertext=[f"the bound: {most:.4f}"] * 2,
    )  # fmt: skip
    figure.update_layout(yaxis2={"anchor": "x2", "range": [lowest, 0.75], "visible": False, "fixedrange": True})


def _set_axes(figure: go.Figure, cycles: Sequence[_Cycle]) -> None:
    figure.update_layout(
        barmode="overlay",
        xaxis={
            "domain": [0, _SPLIT], "anchor": "y", "range": [cycles[0].number - 0.6, cycles[-1].number + 0.6], "title": {"text": "cycle"},
            "showgrid": False, "fixedrange": True, "nticks": 12,
        },
        yaxis={"anchor": "x", "range": [-0.13, 1.02], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%", "fixedrange": True,
               "title": {"text": "passed at the first place"}},
        xaxis2={"domain": [_SPLIT + 0.05, 1], "anchor": "y2", "range": [0, 1.0], "tickformat": ".0%", "nticks": 4, "fixedrange": True,
                "title": {"text": "mean over cycles"}, "showgrid": False},
    )  # fmt: skip


def _alt(run: RuleRun, cycles: Sequence[_Cycle], took: float, most: float) -> str:
    worst = max(cycles, key=lambda c: c.missed)
    return (
        f"Acceptance at the first place of {words.count(len(cycles), 'cycle')} under the rule {run.rule}: {took:.3f} on average, "
        f"the bound is {most:.3f}. "
        f"Most was missed in cycle {worst.number}: {worst.rate.value:.3f} of {worst.bound:.3f}."
    )
