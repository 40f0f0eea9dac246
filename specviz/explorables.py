"""Explorables: a drawing, the controls that change it, and one question to ask of it, declared once as plain data.

``specviz.widgets.explore(name)`` shows one in Jupyter, the app shows the same one in Streamlit; neither is imported here.
A front asks ``controls_at(values)`` which controls there are for the values so far, and draws ``figure(values)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go

from specviz.figures import (
    acceptance_by_k,
    cache_slots,
    coupling_at,
    coupling_map,
    distributions,
    draft_tree,
    mask_and_cache,
    method_map,
    missed_acceptance,
    place_rates,
    roofline_curve,
    rules_against_bound,
    speedup_curve,
    theme,
    token_strip,
    tree_value,
)
from specviz.figures.caches import STAGES, is_chain
from specviz.figures.grown import grown_tree
from specviz.figures.history import SHOWS
from specviz.figures.lab import lossy_prices
from specviz.figures.lengths import acceptance_by_temperature, best_lengths, geometric_law, speedup_surface
from specviz.figures.loss import batch_map, loss_conditions
from specviz.figures.measured import MeasuredPoint, recorded_points
from specviz.figures.shaper import WAYS, rule_at_place
from specviz.figures.verify import verify_price
from specviz.labs.growing import SHAPES as GROWN, grow
from specviz.labs.laws import tempered
from specviz.labs.markov import MOST as MOST_LETTERS, markov_pair
from specviz.labs.place import LEAST, MOST, PRESETS, preset
from specviz.theory.acceptance import alpha as overlap
from specviz.theory.papers import ALIGNMENTS
from specviz.theory.roofline import MACHINES, SHAPES, Machine, Shape
from specviz.theory.serving import Serving
from specviz.theory.speedup import Floats, speedup
from specviz.trace import Trace, load_trace, sample_names
from specviz.trace.replay_run import RunReplay, replay_run
from specviz.types import Costs, Sampling
from specviz.verifiers import VERIFIERS

Values = Mapping[str, Any]
Bound = float | Callable[[Values], float]
"""A number, or what it is for the controls declared before this one."""


@dataclass(frozen=True)
class Slider:
    """A number between two bounds; a whole number when ``step`` is one."""

    label: str
    low: Bound
    high: Bound
    value: float
    step: float = 1
    help: str = ""

    def at(self, values: Values) -> Slider:
        """The slider with its bounds for these values, and its own value between them."""
        low, high = (bound(values) if callable(bound) else bound for bound in (self.low, self.high))
        placed = replace(self, low=low, high=max(low, high))
        return replace(placed, value=placed.fit(self.value))

    def fit(self, value: float | str) -> float:
        """The nearest value the slider can take; its bounds must be numbers by now."""
        if callable(self.low) or callable(self.high):
            raise TypeError(f"expected a slider with known bounds, got {self.label!r}; ask at(values) first")
        steps = round((float(value) - self.low) / self.step)
        steps = min(max(steps, 0), int((self.high - self.low) / self.step + 1e-9))
        fitted = self.low + steps * self.step
        return round(fitted) if isinstance(self.step, int) else round(fitted, 10)

    def grid(self, count: int = 3) -> list[float]:
        """At most ``count`` values from one bound to the other, for tests and galleries."""
        return sorted({self.fit(x) for x in np.linspace(float(self.low), float(self.high), count)})  # type: ignore[arg-type]  # fit checks


@dataclass(frozen=True)
class Choice:
    """One of several options, which may depend on the controls declared before this one. The first is the default."""

    label: str
    options: tuple[str, ...] | Callable[[Values], Sequence[str]]
    help: str = ""

    def at(self, values: Values) -> Choice:
        """The menu with its options.

        Raises:
            LookupError: when there are none.
        """
        options = tuple(self.options(values) if callable(self.options) else self.options)
        if not options:
            raise LookupError(
                f"expected something to choose for {self.label!r}, got nothing; give it by name instead, as in explore(name, trace=run.trace)"
            )
        return replace(self, options=options)

    @property
    def value(self) -> str:
        """The default."""
        return self.grid()[0]

    def fit(self, value: object) -> str:
        """``value`` when it is an option, else the default."""
        return str(value) if value in self.grid() else self.value

    def grid(self, count: int | None = None) -> list[str]:
        """The options, at most ``count`` of them; they must be known by now."""
        if callable(self.options):
            raise TypeError(f"expected a menu with known options, got {self.label!r}; ask at(values) first")
        return list(self.options)[:count]


Control = Slider | Choice


@dataclass(frozen=True)
class Explorable:
    """A drawing with controls.

    Attributes:
        title: what it is.
        question: one line that gives the controls a purpose.
        draw: called with one keyword argument per control; returns the figure.
        controls: by the name of the argument; later ones may depend on earlier ones.
    """

    title: str
    question: str
    draw: Callable[..., go.Figure]
    controls: Mapping[str, Control] = field(default_factory=dict)

    def settle(self, values: Values | None = None) -> dict[str, Any]:
        """A value for every control: those given, made to fit, and defaults. What is no menu's text or number is kept as it is.

        Raises:
            TypeError: for a name that is no control.
        """
        given = dict(values or {})
        if unknown := given.keys() - self.controls.keys():
            raise TypeError(f"expected controls among {', '.join(self.controls)}, got {', '.join(sorted(unknown))}")
        settled: dict[str, Any] = {}
        for name, control in self.controls.items():
            if name in given and not isinstance(given[name], str | int | float):
                settled[name] = given[name]  # an object in place of its name: a run at hand instead of a recorded one
                continue
            placed = control.at(settled)
            settled[name] = placed.fit(given[name]) if name in given else placed.value
        return settled

    def controls_at(self, values: Values | None = None) -> dict[str, Control]:
        """The controls to show for these values, with bounds and options filled in; values given as objects need none."""
        settled = self.settle(values)
        shown = {name: control for name, control in self.controls.items() if isinstance(settled[name], str | int | float)}
        return {name: control.at(settled) for name, control in shown.items()}

    def figure(self, values: Values | None = None) -> go.Figure:
        """Draw it for these values."""
        return self.draw(**self.settle(values))


def _speedup(*, alpha: float, gamma: int, c: float, slope: float) -> go.Figure:
    """The speed-up over the draft length, with the length chosen marked and the price of verifying many tokens drawn in."""
    longest = 24

    def verify(m: Floats) -> Floats:
        return np.asarray(1 + slope * (m - 1))

    lengths = np.arange(longest + 1)
    curve = speedup(alpha, lengths, c, verify)
    here, best = float(curve[gamma]), int(np.argmax(curve))
    figure = speedup_curve(alpha=alpha, c=c, longest=longest).update_traces(
        line_color=theme.BADGES["modelled"], line_width=3, selector={"mode": "lines"}
    )
    hover = "γ = %{x}: %{y:.2f}×<extra></extra>"
    figure.add_scatter(
        x=lengths.tolist(),
        y=curve.tolist(),
        mode="lines",
        name=f"verifying costs {1 + slope * gamma:.2f} passes at γ = {gamma}",
        line={"color": theme.look("rejected").colour, "width": 2.5, "dash": "dash"},
        showlegend=slope > 0,
        visible=slope > 0,
        hovertemplate=hover,
    )
    figure.add_scatter(
        x=[gamma],
        y=[here],
        mode="markers+text",
        name="chosen",
        text=[f"{here:.2f}×"],
        textposition="top center",
        textfont={"size": 15},
        marker={"symbol": "circle", "size": 14, "color": theme.INK},
        showlegend=False,
        hovertemplate=hover,
    )
    chosen = f"Chosen: length {gamma}, {here:.2f} times; the best length at these costs is {best}, {float(curve[best]):.2f} times."
    figure.layout.meta = {"alt": f"{theme.alt_text(figure)} {chosen}"}
    return figure


def _run(*, trace: Trace | str, view: str, cycle: int, node: int) -> go.Figure:
    """One view of one moment of a recorded run."""
    run = _trace(trace)
    if view == "laws":
        return distributions(run, cycle=cycle, node=node)
    return token_strip(run, cycle=cycle, refused=True) if view == "text" else draft_tree(run, cycle=cycle, node=node)


def _roofline(*, machine: Machine | str, model: Shape | str, m: int, batch: int, context: int) -> go.Figure:
    """The least time of a pass; the context is given in thousands of positions."""
    able = MACHINES[machine] if isinstance(machine, str) else machine
    asked = SHAPES[model] if isinstance(model, str) else model
    return roofline_curve(asked, able, m=m, batch=batch, context=1000 * context)


def _caches(*, trace: Trace | str, cycle: int, stage: str) -> go.Figure:
    """Both caches at one stage of a cycle."""
    return cache_slots(_trace(trace), cycle=cycle, stage=stage)


def _chain_names() -> tuple[str, ...]:
    """The recorded runs that drafted chains."""
    return _chains_among(tuple(sample_names()))


@cache
def _chains_among(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if all(is_chain(cycle) for cycle in load_trace(name).outline()))


def _trace(source: Trace | str) -> Trace:
    return load_trace(source) if isinstance(source, str) else source


_DRAWN: dict[str, Sampling] = {
    "with replacement": "iid",
    "without replacement": "without_replacement",
    "all but the last picked": "greedy",
}
_LOSSY = ", lossy"


def _rules(values: Values) -> list[str]:
    """The rules that can judge so many drafts drawn so, the lossless first; ``greedy`` has no coin and judges temperature 0 alone."""
    able = (
        rule
        for rule in VERIFIERS.values()
        if rule.name != "greedy" and _DRAWN[values["drawn"]] in rule.samplings and not (rule.chains_only and values["k"] > 1)
    )
    ranked = sorted(able, key=lambda rule: (not rule.lossless, rule.name == "naive"))  # the baseline last among the lossless
    return [rule.name if rule.lossless else rule.name + _LOSSY for rule in ranked]


def _coupling(*, shape: str, distance: float, k: int, drawn: str, rule: str) -> go.Figure:
    """Five tokens, a few drafts, any rule: which draft goes to which output."""
    here = preset(shape, 5)
    q = (1.0 - distance) * here.p + distance * here.q
    return coupling_map(here.p, q, k=k, rule=rule.removesuffix(_LOSSY), sampling=_DRAWN[drawn], names=here.names)


def _bound(*, shape: str, distance: float, heat: float, view: str) -> go.Figure:
    """Every rule against the bound: bars for one way of drawing, or lines as k grows."""
    here = preset(shape, MOST)
    p, q = tempered(here.p, heat), (1.0 - distance) * here.p + distance * here.q
    if view in _DRAWN:
        return rules_against_bound(place_rates(p, q, ks=range(1, 6), samplings=[_DRAWN[view]], draws=64), sampling=_DRAWN[view])
    return acceptance_by_k(place_rates(p, q, ks=range(1, MOST + 1), draws=64))


def _tree_value(*, first: float, caught: float, c: float, slope: float) -> go.Figure:
    """The best trees at made-up acceptances and costs."""
    acceptance = [first, *((1.0 - first) * caught * (1.0 - caught) ** b for b in range(7))]
    return tree_value(acceptance, costs=Costs(c, ((1, 1.0), (65, 1.0 + slope * 64))))


def _grown(*, shape: str, nodes: int, levels: int, quality: float, seed: int) -> go.Figure:
    """A tree grown by a real builder over the lab's tiny language."""
    return grown_tree(grow(shape, markov_pair(MOST_LETTERS, quality), nodes=nodes, levels=levels, seed=seed))


def _mask(*, trace: Trace | str, cycle: int, node: int) -> go.Figure:
    """Who sees whom in one pass over a tree, and where the slots go."""
    return mask_and_cache(_trace(trace), cycle=cycle, node=node)


def _lossy(*, shape: str, distance: float, heat: float) -> go.Figure:
    """What relaxed rules keep and cost at one place."""
    here = preset(shape, 6)
    return lossy_prices(replace(here, q=(1.0 - distance) * here.p + distance * here.q).heated(heat, heat))


_UNTOLD = "q at temperature 1"


def _one_draft(*, shape: str, p_heat: float, q_heat: float, told: str, replace_from: str) -> go.Figure:
    """One draft judged by the rule, or by the rule with something wrong."""
    place = preset(shape, 6)
    p, q = tempered(place.p, p_heat), tempered(place.q, q_heat)
    return rule_at_place(p, q, believed=place.q if told == _UNTOLD else None, replace_from=replace_from, names=place.names)


def _temperature(*, shape: str, size: int, draft_heat: float) -> go.Figure:
    """Acceptance at one place as it is heated: both laws, and the target's alone."""
    place, heats = preset(shape, size), np.round(np.geomspace(0.1, 4.0, 25), 3)
    both = [float(overlap(tempered(place.p, t), tempered(place.q, t))) for t in heats]
    fixed = [float(overlap(tempered(place.p, t), tempered(place.q, draft_heat))) for t in heats]
    return acceptance_by_temperature(heats.tolist(), {"both at T": both, f"target at T, draft at {draft_heat:g}": fixed})


_NO_POINTS = "none"


def _surface(*, gamma: int, alpha: float, c: float, slope: float, points: Sequence[MeasuredPoint] | str) -> go.Figure:
    """The speed-up over length and acceptance, with measured runs on it."""
    measured = () if points == _NO_POINTS else recorded_points() if isinstance(points, str) else points
    return speedup_surface(c=c, slope=slope, at=(gamma, alpha), points=measured)


_AN_8B = next(iter(SHAPES))


def _loses(*, alpha: float, gamma: int, draft: float, batch: int, thousands: int, other: float, machine: Machine | str, view: str) -> go.Figure:
    """Which side of the line, and what would cross it."""
    able = MACHINES[machine] if isinstance(machine, str) else machine
    at = Serving(alpha, gamma, draft, draft, batch, 1024 * thousands, other)
    return (batch_map if view == "batch and text" else loss_conditions)(at, SHAPES[_AN_8B], able)


def _verify(*, machine: Machine | str, model: Shape | str, m: int, context: int) -> go.Figure:
    """The price of checking many tokens, by batch; the context is given in thousands of positions."""
    able = MACHINES[machine] if isinstance(machine, str) else machine
    return verify_price(SHAPES[model] if isinstance(model, str) else model, able, m=m, context=1000 * context)


def _exact_names() -> tuple[str, ...]:
    """The recorded runs that hold whole laws and drafted something."""
    return tuple(name for name in sample_names() if _is_exact(load_trace(name)))


def _is_exact(trace: Trace) -> bool:
    return trace.header.detail == "exact" and any(cycle.nodes for cycle in trace.outline())


@lru_cache(maxsize=4)
def _replayed(trace: Trace | str) -> RunReplay:
    """A run under every rule: seconds of work, so kept."""
    return replay_run(_trace(trace))


def _rated(values: Values) -> list[str]:
    """The rules with a rate at this run's places, its own first."""
    found = _replayed(values["trace"])
    rated = [name for name, run in found.rules.items() if any(first is not None for first in run.first)]
    return sorted(rated, key=lambda name: name != found.recorded_rule)


def _missed(*, trace: Trace | str, rule: str, view: str, cycle: int) -> go.Figure:
    """What a rule leaves of the bound over a whole run, or one place of it."""
    run = _trace(trace)
    if view == _EVERY or not run.cycle(cycle).nodes:
        return missed_acceptance(run, rule=rule, replay=_replayed(trace))
    return coupling_at(run, cycle=cycle, node=0, rule=rule) if view == "which draft goes where" else distributions(run, cycle=cycle, node=0)


_EVERY = "every cycle"

EXPLORABLES: dict[str, Explorable] = {
    "speedup": Explorable(
        title="How much faster?",
        question="Find the draft length where the curve turns. Now make the draft slower (c): does the best length grow or shrink, and when is it 0?",
        draw=_speedup,
        controls={
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05, "the overlap of the two laws, averaged over places"),
            "gamma": Slider("γ, drafted tokens per cycle", 0, 24, 4, 1),
            "c": Slider("c, cost of a draft step in passes", 0.0, 1.0, 0.1, 0.02),
            "slope": Slider(
                "price of each further token verified",
                0.0,
                0.5,
                0.0,
                0.02,
                "v(m) = 1 + price·(m − 1): 0 while memory is the limit, more in large batches",
            ),
        },
    ),
    "coupling": Explorable(
        title="Which draft goes to which output?",
        question="With one draft, which rows have cells off the diagonal, and which columns? Take a second draft: which refusals does it save?",
        draw=_coupling,
        controls={
            "shape": Choice("the draft", tuple(PRESETS), "what the draft’s law is like"),
            "distance": Slider("how far q is from p", 0.0, 1.0, 1.0, 0.1, "0: the same law"),
            "k": Slider("k, drafts at this place", 1, 3, 1, 1),
            "drawn": Choice("drafts are drawn", tuple(_DRAWN)),
            "rule": Choice("rule", _rules, "those that can judge such drafts"),
        },
    ),
    "rules-and-bound": Explorable(
        title="How good could any rule be?",
        question="Guess first: with two drafts, how far is each rule from the bound? And does drawing without replacement raise the bound?",
        draw=_bound,
        controls={
            "shape": Choice("the draft", tuple(PRESETS), "what the draft’s law is like"),
            "distance": Slider("how far q is from p", 0.0, 1.0, 0.6, 0.1, "0: the same law at temperature 1"),
            "heat": Slider("temperature of the target’s law p", 0.2, 3.0, 1.0, 0.1),
            "view": Choice("drafts are drawn", (*_DRAWN, "both ways, as k grows")),
        },
    ),
    "tree-value": Explorable(
        title="Which tree pays?",
        question="Make each further token to verify dearer: does the fastest tree get smaller, shallower, or both? When is it a chain?",
        draw=_tree_value,
        controls={
            "first": Slider("acceptance of the first child", 0.05, 0.95, 0.6, 0.05),
            "caught": Slider("share of the refusals each further sibling catches", 0.0, 0.9, 0.35, 0.05),
            "c": Slider("c, cost of a draft step in passes", 0.0, 0.5, 0.08, 0.02),
            "slope": Slider("price of each further token verified", 0.0, 0.1, 0.01, 0.005, "v(m) = 1 + price·(m − 1)"),
        },
    ),
    "roofline": Explorable(
        title="How long must a pass take?",
        question="With one request, how many tokens can a pass verify for the price of one? Now raise the requests: where does v(m) leave 1?",
        draw=_roofline,
        controls={
            "machine": Choice("machine", tuple(MACHINES), "data-sheet bandwidth and arithmetic; nobody reaches both"),
            "model": Choice("model", tuple(SHAPES)),
            "m": Slider("m, tokens verified in one pass", 1, 64, 5, 1, "γ drafts and the token before them"),
            "batch": Slider("B, requests that share the pass", 1, 128, 1, 1, "they share the weights; each has a cache of its own"),
            "context": Slider("thousands of positions in each cache", 0, 64, 0, 1),
        },
    ),
    "caches": Explorable(
        title="Two caches, stage by stage",
        question="Find a cycle in which all drafts were accepted. Which committed tokens are missing from the draft's cache after it?",
        draw=_caches,
        controls={
            "trace": Choice("recorded run", lambda _: list(_chain_names())),
            "cycle": Slider("cycle", 0, lambda values: len(_trace(values["trace"])) - 1, 0, 1),
            "stage": Choice("stage", STAGES, "before the cycle, after drafting, after the target's pass, after the commit"),
        },
    ),
    "recorded-run": Explorable(
        title="A recorded run, cycle by cycle",
        question="Find a cycle in which nothing was refused. What did the target's pass yield there that a refusal does not?",
        draw=_run,
        controls={
            "trace": Choice("recorded run", lambda _: sample_names()),
            "view": Choice("view", ("tree", "laws", "text"), "the draft tree, the laws at one node, or the whole text"),
            "cycle": Slider("cycle", 0, lambda values: len(_trace(values["trace"])) - 1, 0, 1),
            "node": Slider("node (−1 is the last token)", -1, lambda values: len(_trace(values["trace"]).cycle(values["cycle"]).nodes) - 1, 0, 1),
        },
    ),
    "one-draft": Explorable(
        title="One draft: kept, refused, replaced",
        question="With everything right, what comes out? Now tell the rule something false, or replace from p: which tokens come out too often?",
        draw=_one_draft,
        controls={
            "shape": Choice("the draft", tuple(PRESETS), "what the draft's law is like"),
            "p_heat": Slider("temperature of the target's law p", 0.2, 3.0, 1.0, 0.1),
            "q_heat": Slider("temperature the draft is drawn at", 0.2, 3.0, 1.0, 0.1),
            "told": Choice("what the rule takes for q", ("the law drawn from", _UNTOLD), "the test and the residual both use it"),
            "replace_from": Choice("a refused draft", tuple(WAYS), "residual is the rule; p and never are two bugs"),
        },
    ),
    "temperature": Explorable(
        title="Temperature against acceptance",
        question="Cool both laws towards 0, then heat them: where does the curve end on each side, and must it rise or fall between?",
        draw=_temperature,
        controls={
            "shape": Choice("the draft", tuple(PRESETS)),
            "size": Slider("tokens", LEAST, MOST, 6, 1),
            "draft_heat": Slider("the draft's own temperature, for the second curve", 0.2, 3.0, 1.0, 0.1),
        },
    ),
    "geometric-law": Explorable(
        title="How many drafts does a cycle keep?",
        question="Spread the acceptance between cycles and keep its mean: does a cycle yield more tokens or fewer?",
        draw=lambda *, alpha, gamma, spread: geometric_law(alpha, gamma, spread=spread),
        controls={
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05),
            "gamma": Slider("γ, drafted tokens per cycle", 1, 16, 6, 1),
            "spread": Slider("spread: half of the cycles α + spread, half α − spread", 0.0, 0.5, 0.0, 0.05),
        },
    ),
    "speedup-surface": Explorable(
        title="The speed-up over every length and acceptance",
        question="Raise the price of verifying: where does the loss (orange) grow first, at short drafts or at long ones?",
        draw=_surface,
        controls={
            "gamma": Slider("γ, drafted tokens per cycle", 1, 16, 4, 1),
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05),
            "c": Slider("c, cost of a draft step in passes", 0.0, 1.0, 0.1, 0.02),
            "slope": Slider("price of each further token verified", 0.0, 0.5, 0.02, 0.02, "v(m) = 1 + price·(m − 1)"),
            "points": Choice("measured runs on it", (_NO_POINTS, "recorded"), "each filled with the colour of its own speed-up"),
        },
    ),
    "best-length": Explorable(
        title="The best draft length",
        question="Along which line does the best length become 0 when verifying is free, and where does that line go when it is not?",
        draw=lambda *, alpha, c, slope: best_lengths(slope=slope, at=(alpha, c)),
        controls={
            "alpha": Slider("α, acceptance of one drafted token", 0.05, 0.95, 0.7, 0.05),
            "c": Slider("c, cost of a draft step in passes", 0.01, 0.8, 0.1, 0.01),
            "slope": Slider("price of each further token verified", 0.0, 0.5, 0.0, 0.02, "v(m) = 1 + price·(m − 1)"),
        },
    ),
    "method-map": Explorable(
        title="The map of methods, year by year",
        question="In which order did the cells get their first method, and which of them is still thin?",
        draw=lambda *, until, show, alignment: method_map(until=until, show=show, alignment=alignment),
        controls={
            "until": Slider("up to the year", 2018, 2025, 2025, 1),
            "show": Choice("show", tuple(SHOWS)),
            "alignment": Choice("draft", ("any", *ALIGNMENTS), "whether the draft was made to agree with the target"),
        },
    ),
    "lossy-rules": Explorable(
        title="What giving up exactness buys",
        question="Let the draft equal the target (distance 0): which rules still change the law, and which of their settings do it most?",
        draw=_lossy,
        controls={
            "shape": Choice("the draft", tuple(PRESETS), "what the draft's law is like"),
            "distance": Slider("how far q is from p", 0.0, 1.0, 1.0, 0.1, "0: the same law"),
            "heat": Slider("temperature of both laws", 0.2, 3.0, 1.0, 0.1),
        },
    ),
    "tree-mask": Explorable(
        title="A tree in one pass: who sees whom, and what is kept",
        question="Find a node whose row has a gap. Which nodes stand in the gap, and why must it not see them?",
        draw=_mask,
        controls={
            "trace": Choice("recorded run", lambda _: sample_names()[::-1]),
            "cycle": Slider("cycle", 0, lambda values: len(_trace(values["trace"])) - 1, 0, 1),
            "node": Slider("node (−1 lights none)", -1, lambda values: len(_trace(values["trace"]).cycle(values["cycle"]).nodes) - 1, 0, 1),
        },
    ),
    "tree-builder": Explorable(
        title="Who grows which tree?",
        question="Give every builder the same budget: which tree yields most? Now spoil the draft: which one still finds something?",
        draw=_grown,
        controls={
            "shape": Choice("builder", GROWN),
            "nodes": Slider("most drafted tokens", 1, 24, 12, 1),
            "levels": Slider("most levels", 1, 8, 5, 1),
            "quality": Slider("quality of the draft", 0.0, 1.0, 0.6, 0.1, "0: it knows nothing of the target, 1: it equals it"),
            "seed": Slider("seed of the drawn drafts", 0, 9, 0, 1, "picked trees do not look at it"),
        },
    ),
    "verify-price": Explorable(
        title="What does it cost to check many tokens at once?",
        question="Guess first: with 64 requests in the batch, what does it cost to check five tokens? Which machine keeps it free longest?",
        draw=_verify,
        controls={
            "machine": Choice("machine", tuple(MACHINES), "data-sheet bandwidth and arithmetic; nobody reaches both"),
            "model": Choice("model", tuple(SHAPES)),
            "m": Slider("m, tokens verified in one pass", 1, 64, 5, 1, "γ drafts and the token before them"),
            "context": Slider("thousands of positions in each cache", 0, 64, 0, 1),
        },
    ),
    "where-it-loses": Explorable(
        title="Where speculation loses",
        question="Which letter must move least to cross the line? Fill the batch until it loses: which other letter brings it back?",
        draw=_loses,
        controls={
            "view": Choice("view", ("one letter at a time", "batch and text"), "six curves, or a map of batch and length of text"),
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05),
            "gamma": Slider("γ, drafted tokens per cycle", 1, 24, 4, 1),
            "draft": Slider("size of the draft ÷ target", 0.0, 1.0, 0.1, 0.05, "its weights, its arithmetic and its cache"),
            "batch": Slider("B, requests in the batch", 1, 512, 1, 1, "they share the weights; each has a cache of its own"),
            "thousands": Slider("thousands of positions in each cache", 0, 128, 1, 1),
            "other": Slider("other work of a cycle, in plain steps", 0.0, 3.0, 0.0, 0.1, "judging, commits, the host"),
            "machine": Choice("machine", tuple(MACHINES), "an 8 B model on a machine at its data-sheet figures"),
        },
    ),
    "missed-acceptance": Explorable(
        title="What did the rule leave behind?",
        question="Find the cycle where most was missed, and look at its place: which refusal would the bound have saved?",
        draw=_missed,
        controls={
            "trace": Choice("recorded run", lambda _: _exact_names(), "runs that hold whole laws (detail exact)"),
            "rule": Choice("rule", _rated, "those with a formula for one place; the run's own first"),
            "view": Choice("view", (_EVERY, "which draft goes where", "the laws there"), "the whole run, or the first place of one cycle"),
            "cycle": Slider("cycle", 0, lambda values: len(_trace(values["trace"])) - 1, 0, 1),
        },
    ),
}


def find_explorable(name: str) -> Explorable:
    """The explorable of this name.

    Raises:
        ValueError: when there is none.
    """
    if name not in EXPLORABLES:
        raise ValueError(f"expected an explorable ({', '.join(EXPLORABLES)}), got {name!r}")
    return EXPLORABLES[name]
