"""One place, some drafts, any rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from specviz.explorables.controls import Choice, Explorable, Slider, Values
from specviz.figures import (
    acceptance_by_k,
    coupling_map,
    place_rates,
    rules_against_bound,
)
from specviz.figures.lab import lossy_prices
from specviz.figures.lengths import acceptance_by_temperature
from specviz.figures.shaper import WAYS, rule_at_place
from specviz.labs.laws import tempered
from specviz.labs.place import LEAST, MOST, PRESETS, preset
from specviz.theory.acceptance import alpha as overlap
from specviz.types import Sampling
from specviz.verifiers import VERIFIERS

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


def _lossy(*, shape: str, distance: float, heat: float) -> go.Figure:
    """What relaxed rules keep and cost at one place."""
    here = preset(shape, 6)
    return lossy_prices(replace(here, q=(1.0 - distance) * here.p + distance * here.q).heated(heat, heat))


RULES: dict[str, Explorable] = {
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
    "temperature": Explorable(
        title="Temperature against acceptance",
        question="Cool both laws towards 0, then heat them: where does the curve end on each side, and must it rise or fall between?",
        draw=_temperature,
        controls={
            "shape": Choice("the draft", tuple(PRESETS)),
            "size": Slider("tokens", LEAST, MOST, 6, 1),
            "draft_heat": Slider("the draft's temperature, second curve", 0.2, 3.0, 1.0, 0.1),
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
}
