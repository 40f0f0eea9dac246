"""Rules against the bound: how often each passes one place with k drafts, and the most that any lossless rule could."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.theory.rules import RATES, bound, place, rate
from specviz.types import SAMPLINGS, Sampling

_HEIGHT = 330
DRAWN_AS: dict[str, str] = {
    "iid": "with replacement",
    "without_replacement": "without replacement",
    "greedy": "the likeliest k − 1 picked, the last drawn",
    "deterministic": "the likeliest k picked",
}
_CLOSE = 1e-9


@dataclass(frozen=True)
class RuleRate:
    """How often a rule passes a place (or many, on average) with k drafts.

    Attributes:
        rules: names of the rules that share this rate: at one place several have one formula.
        k: drafts.
        sampling: how they were drawn.
        acceptance: the rate, float in [0, 1].
        error: half its 95 % interval, 0 where it is exact.
        bound: the most any lossless rule reaches.
        gap_error: half the 95 % interval of bound - acceptance, place by place; equals ``error`` for one place.
    """

    rules: tuple[str, ...]
    k: int
    sampling: str
    acceptance: float
    error: float
    bound: float
    gap_error: float

    @property
    def name(self) -> str:
        """The rules' names."""
        return ", ".join(self.rules)


@dataclass(frozen=True)
class RuleRates:
    """Rates to draw and where they come from.

    Attributes:
        rates: one per group of rules, k and way of drawing; the rule that is the bound itself is left out.
        badge: ``modelled`` or ``measured``.
        source: a sentence on it, plain text.
        interval: what an error bar is, plain text; empty where nothing is estimated.
    """

    rates: tuple[RuleRate, ...]
    badge: str
    source: str
    interval: str


def place_rates(
    p: ArrayLike, q: ArrayLike, *, ks: Iterable[int] = (1, 2, 3, 4), samplings: Iterable[Sampling] = ("iid", "without_replacement"), draws: int = 256
) -> RuleRates:
    """Every rule's rate at one place, from its formula (``specviz.theory.rules``).

    Args:
        p: float[V], the target's law.
        q: float[V], the draft's law.
        ks: numbers of drafts.
        samplings: ways of drawing.
        draws: sequences drawn for a rate that has no short sum.

    Raises:
        ValueError: for laws that are none.
    """
    found = []
    for sampling in samplings:
        for k in ks:
            at = place(p, q, k, sampling, draws=draws)
            most = bound(at)
            for names in _groups(sampling, k):
                value = rate(names[0], at)
                found.append(RuleRate(names, k, sampling, value.value, value.error, most, value.error))
    estimated = any(r.error > 1e-6 for r in found)
    interval = f"Bars: 95 % intervals of rates that are drawn, {draws} sequences each." if estimated else ""
    return RuleRates(tuple(found), "modelled", f"One place, p and q over {words.count(np.size(p), 'token')}, from formulas.", interval)


def report_rates(report: Mapping[str, Any], *, temperature: float | None = None) -> RuleRates:
    """The rates in what ``specviz.bench.rules.rule_gap`` measured, means over places of real text.

    Args:
        report: its JSON.
        temperature: which of the report's; the highest by default.

    Raises:
        ValueError: for a temperature that was not measured.
    """
    known = sorted({float(row["temperature"]) for row in report["rows"]})
    chosen = known[-1] if temperature is None else temperature
    if chosen not in known:
        raise UnexpectedValueError(f"a measured temperature ({', '.join(f'{t:g}' for t in known)})", f"{chosen:g}")
    rows = {(row["sampling"], row["k"], row["rule"]): row for row in report["rows"] if row["temperature"] == chosen}
    found = []
    for sampling, k in dict.fromkeys((sampling, k) for sampling, k, _ in rows):
        for names in _groups(sampling, k):
            measured = tuple(name for name in names if (sampling, k, name) in rows)
            if measured:
                row = rows[sampling, k, measured[0]]
                drawn = row["drawn_error"]
                errors = ((row[name] ** 2 + drawn**2) ** 0.5 for name in ("acceptance_error", "gap_error"))
                found.append(RuleRate(measured, k, sampling, row["acceptance"], next(errors), row["bound"], next(errors)))
    places = next(iter(rows.values()))["places"]
    models = " and ".join(str(report["pair"][part].get("id", part)) for part in ("target", "draft"))
    source = f"{words.count(places, 'place')} of text written by {models} at temperature {chosen:g}, means."
    return RuleRates(tuple(found), "measured", source, "Bars: 95 % intervals over places.")


def _groups(sampling: str, k: int) -> list[tuple[str, ...]]:
    """Names of the rules that can judge these drafts, together where one formula serves them; without ``transport``, which is the bound."""
    by_formula: dict[Any, list[str]] = {}
    for name, known in RATES.items():
        if name != "transport" and sampling in known.samplings and not (known.chains_only and k > 1):
            by_formula.setdefault(known.formula, []).append(name)
    return [tuple(names) for names in by_formula.values()]


def _series(rules: Sequence[str]) -> theme.Series:
    """A rule looks the same in every picture: by the place of its formula in the table of rules."""
    formulas = list(dict.fromkeys(known.formula for name, known in RATES.items() if name != "transport"))
    return theme.SERIES[formulas.index(RATES[rules[0]].formula) % len(theme.SERIES)]


def rules_against_bound(found: RuleRates, *, sampling: Sampling = "iid") -> go.Figure:
    """Draw each rule's rate as bars, a group per k, and the bound as a line above every group.

    Args:
        found: from :func:`place_rates` or :func:`report_rates`.
        sampling: which way of drawing.

    Raises:
        ValueError: when there is no rate for it.
    """
    rates = _chosen(found, sampling)
    ks = sorted({r.k for r in rates})
    groups = list(dict.fromkeys(r.name for r in rates if r.k == max(ks))) or []
    groups = list(dict.fromkeys([*(r.name for r in rates if r.k == min(ks)), *groups]))
    figure = theme.card(
        f"Rules against the bound, drafts drawn {DRAWN_AS[sampling]}"
        if sampling in {"iid", "without_replacement"}
        else f"Rules against the bound: {DRAWN_AS[sampling]}",
        f"How often one of k drafts is given out. The line is the most any lossless rule can reach. {words.safe(found.source)} {found.interval}",
        height=_HEIGHT,
        alt=_alt(rates, f"drafts {DRAWN_AS[sampling]}, {found.badge}"),
        badges=[found.badge],
    )
    for name in groups:
        _draw_bars(figure, [r for r in rates if r.name == name], [[r.name for r in rates if r.k == k] for k in ks], ks)
    _draw_bounds(figure, rates, ks)
    highest = max(max(r.bound, r.acceptance + r.error) for r in rates)
    figure.update_xaxes(
        tickvals=list(range(len(ks))), ticktext=[f"k = {k}" for k in ks], range=[-0.5, len(ks) - 0.5], fixedrange=True, showgrid=False,
        title={"text": "drafts at one place"}, ticks="",
    )  # fmt: skip
    figure.update_yaxes(title={"text": "given out as drafted"}, tickformat=".0%", range=[0, min(1.0, highest) * 1.1], fixedrange=True)
    figure.update_layout(barmode="overlay")
    return theme.steady(figure)


def _chosen(found: RuleRates, sampling: str) -> list[RuleRate]:
    rates = [r for r in found.rates if r.sampling == sampling]
    if not rates:
        raise UnexpectedValueError(
            f"rates for one of {', '.join(SAMPLINGS)}", f"none for {sampling!r}", f"there are {sorted({r.sampling for r in found.rates})}"
        )
    return rates


def _draw_bars(figure: go.Figure, rates: Sequence[RuleRate], present: Sequence[Sequence[str]], ks: Sequence[int]) -> None:
    """One rule's bars; each group is as wide as all and is shared by the rules it has."""
    look = _series(rates[0].rules)
    places = [ks.index(r.k) for r in rates]
    widths = [0.8 / len(present[i]) for i in places]
    lefts = [i - 0.4 + present[i].index(r.name) * w for i, r, w in zip(places, rates, widths, strict=True)]
    errors = [r.error for r in rates]
    figure.add_bar(
        x=[left + width / 2 for left, width in zip(lefts, widths, strict=True)], y=[r.acceptance for r in rates], width=[w * 0.86 for w in widths],
        name=rates[0].name, hovertext=[_hover(r) for r in rates], hoverinfo="text",
        marker={
            "color": look.colour,
            "pattern": {"shape": look.pattern, "size": 6, "solidity": 0.2, "fgcolor": theme.mix(look.colour, 0.55), "bgcolor": look.colour},
        },
        error_y={"type": "data", "array": errors, "thickness": 1.5, "width": 4, "color": theme.INK} if max(errors) > 1e-6 else None,
    )  # fmt: skip


def _draw_bounds(figure: go.Figure, rates: Sequence[RuleRate], ks: Sequence[int]) -> None:
    most = {r.k: r.bound for r in rates}
    x = [value for i in range(len(ks)) for value in (i - 0.44, i + 0.44, None)]
    y = [value for k in ks for value in (most[k], most[k], None)]
    figure.add_scatter(x=x, y=y, mode="lines", name="the bound", line={"color": theme.INK, "width": 3}, hoverinfo="skip")
    figure.add_scatter(
        x=list(range(len(ks))), y=[most[k] for k in ks], mode="markers", marker={"size": 16, "opacity": 0.0}, showlegend=False, name="bounds",
        hovertext=[f"<b>k = {k}</b><br>the most any lossless rule reaches: {most[k]:.4f}" for k in ks], hoverinfo="text",
    )  # fmt: skip
    for i, k in enumerate(ks):
        above = max(most[k], *(r.acceptance + r.error for r in rates if r.k == k))  # clear of the error bars
        figure.add_annotation(x=i, y=above, text=f"<b>{most[k]:.3f}</b>", yanchor="bottom", yshift=2, showarrow=False, font={"size": 12})


def _hover(r: RuleRate) -> str:
    sure = f" ± {r.error:.4f}" if r.error > 1e-6 else ""
    unsure = f" ± {r.gap_error:.4f}" if r.gap_error > 1e-6 else ""
    reached = f"{r.acceptance / r.bound:.1%} of it" if r.bound > 0.0 else "nothing can pass"
    lines = [
        f"<b>{words.safe(r.name)}, k = {r.k}</b>",
        f"{words.safe(DRAWN_AS.get(r.sampling, r.sampling))}",
        f"given out as drafted: {r.acceptance:.4f}{sure}",
    ]
    return "<br>".join([*lines, f"bound: {r.bound:.4f}, {reached}", f"left behind: {max(0.0, r.bound - r.acceptance):.4f}{unsure}"])


def acceptance_by_k(found: RuleRates, *, samplings: Sequence[Sampling] = ("iid", "without_replacement")) -> go.Figure:
    """Draw how the rates grow with the number of drafts: a panel per way of drawing, the bound of each on top of its rules.

    Every panel also shows the other panels' bounds as thin lines, so that the ways of drawing can be compared.

    Args:
        found: from :func:`place_rates` or :func:`report_rates`, with several k.
        samplings: one panel each, at most three.

    Raises:
        ValueError: when there is no rate for one of them, or too many panels.
    """
    if not 1 <= len(samplings) <= 3:
        raise UnexpectedValueError("one to three ways of drawing", str(len(samplings)))
    panels = [_chosen(found, sampling) for sampling in samplings]
    figure = theme.card(
        "Acceptance as k grows",
        f"How often one of k drafts is given out. Shaded: what the best rule leaves of the bound. {words.safe(found.source)} {found.interval}",
        height=_HEIGHT,
        alt=" ".join(_alt(rates, f"drafts {DRAWN_AS[sampling]}, {found.badge}") for rates, sampling in zip(panels, samplings, strict=True)),
        badges=[found.badge],
    )
    shown: set[str] = set()
    for place_, (rates, sampling) in enumerate(zip(panels, samplings, strict=True)):
        axis = "" if place_ == 0 else str(place_ + 1)
        others = [other for other in panels if other is not rates]
        _draw_panel(figure, rates, others, axis, shown)
        _set_panel(figure, sampling, rates, place_, len(panels))
    lowest = min(r.acceptance - r.error for rates in panels for r in rates)
    bottom = max(0.0, min(0.9, lowest) - 0.08)
    figure.update_yaxes(range=[bottom, 1.02 if max(r.bound for rates in panels for r in rates) > 0.9 else None], tickformat=".0%", fixedrange=True)
    figure.update_layout(yaxis={"title": {"text": "given out as drafted"}})
    return theme.steady(figure)


def _draw_panel(figure: go.Figure, rates: Sequence[RuleRate], others: Sequence[Sequence[RuleRate]], axis: str, shown: set[str]) -> None:
    on = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    most = dict(sorted({r.k: r.bound for r in rates}.items()))
    ks = list(most)
    best = [max(r.acceptance for r in rates if r.k == k) for k in ks]
    figure.add_scatter(
        x=[*ks, *reversed(ks)], y=[*most.values(), *reversed(best)], fill="toself", fillcolor=theme.rgba(theme.look("corrected").colour, 0.22),
        mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False, name=f"left behind{axis}", **on,
    )  # fmt: skip
    for other in others:
        compared = dict(sorted({r.k: r.bound for r in other}.items()))
        figure.add_scatter(
            x=list(compared), y=list(compared.values()), mode="lines", line={"color": theme.OTHER, "width": 2, "dash": "dash"}, hoverinfo="skip",
            name="the other way’s bound", showlegend="other" not in shown, **on,
        )  # fmt: skip
        shown.add("other")
    for name in dict.fromkeys(r.name for r in rates):
        own = sorted((r for r in rates if r.name == name), key=lambda r: r.k)
        look = _series(own[0].rules)
        errors = [r.error for r in own]
        figure.add_scatter(
            x=[r.k for r in own], y=[r.acceptance for r in own], mode="lines+markers", name=name, showlegend=name not in shown,
            line={"color": look.colour, "width": 2}, marker={"symbol": look.symbol, "size": 8, "color": look.colour}, cliponaxis=False,
            error_y={"type": "data", "array": errors, "thickness": 1.2, "width": 3, "color": look.colour} if max(errors) > 1e-6 else None,
            hovertext=[_hover(r) for r in own], hoverinfo="text", **on,
        )  # fmt: skip
        shown.add(name)
    figure.add_scatter(
        x=ks, y=list(most.values()), mode="lines+markers", name="the bound", showlegend="bound" not in shown, cliponaxis=False,
        line={"color": theme.INK, "width": 3}, marker={"symbol": "circle", "size": 7, "color": theme.INK},
        hovertext=[f"<b>k = {k}</b><br>the most any lossless rule reaches: {value:.4f}" for k, value in most.items()], hoverinfo="text", **on,
    )  # fmt: skip
    shown.add("bound")


def _set_panel(figure: go.Figure, sampling: str, rates: Sequence[RuleRate], number: int, count: int) -> None:
    axis = "" if number == 0 else str(number + 1)
    width = (1 - 0.045 * (count - 1)) / count
    left = number * (width + 0.045)
    ks = sorted({r.k for r in rates})
    x = {"domain": [left, left + width], "anchor": f"y{axis}", "tickvals": ks, "range": [ks[0] - 0.25, ks[-1] + 0.25], "fixedrange": True}
    y = {"anchor": f"x{axis}", "showticklabels": number == 0} | ({"matches": "y"} if number else {})
    figure.update_layout({f"xaxis{axis}": {**x, "title": {"text": "k, drafts at one place"}}, f"yaxis{axis}": y})
    figure.add_annotation(
        text=f"<b>{DRAWN_AS[sampling]}</b>", xref="paper", yref="paper", x=left, y=1, xanchor="left", yanchor="bottom", yshift=4, showarrow=False,
        font={"size": 13},
    )  # fmt: skip


def _alt(rates: Sequence[RuleRate], what: str) -> str:
    parts = []
    for k in sorted({r.k for r in rates}):
        own = [r for r in rates if r.k == k]
        parts.append(f"k = {k}: bound {own[0].bound:.3f}, " + ", ".join(f"{r.name} {r.acceptance:.3f}" for r in own))
    return f"How often one of k drafts is given out, {what}. " + "; ".join(parts) + "."
