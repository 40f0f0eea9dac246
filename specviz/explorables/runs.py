"""Recorded runs: their cycles, caches, masks, and what their rule left behind."""

from __future__ import annotations

from functools import cache, lru_cache

import plotly.graph_objects as go

from specviz.explorables.controls import Choice, Explorable, Slider, Values
from specviz.figures import (
    cache_slots,
    coupling_at,
    distributions,
    draft_tree,
    mask_and_cache,
    missed_acceptance,
    token_strip,
)
from specviz.figures.caches import STAGES, is_chain
from specviz.trace import Trace, load_trace, sample_names
from specviz.trace.replay_run import RunReplay, replay_run


def _run(*, trace: Trace | str, view: str, cycle: int, node: int) -> go.Figure:
    """One view of one moment of a recorded run."""
    run = _trace(trace)
    if view == "laws":
        return distributions(run, cycle=cycle, node=node)
    return token_strip(run, cycle=cycle, refused=True) if view == "text" else draft_tree(run, cycle=cycle, node=node)


def _caches(*, trace: Trace | str, cycle: int, stage: str) -> go.Figure:
    """Both caches at one stage of a cycle."""
    return cache_slots(_trace(trace), cycle=cycle, stage=stage)


def _chain_names() -> tuple[str, ...]:
    """The recorded runs that drafted chains, those with a draft model before the others: they have two caches to show."""
    return _chains_among(tuple(sample_names()))


def _tree_names() -> list[str]:
    """The recorded runs that drafted trees with branches."""
    chains = _chain_names()
    return [name for name in sample_names() if name not in chains]


@cache
def _chains_among(names: tuple[str, ...]) -> tuple[str, ...]:
    traces = {name: load_trace(name) for name in names}
    chains = [name for name, trace in traces.items() if all(is_chain(cycle) for cycle in trace.outline())]
    return tuple(sorted(chains, key=lambda name: not traces[name].header.draft))


def _trace(source: Trace | str) -> Trace:
    return load_trace(source) if isinstance(source, str) else source


def _mask(*, trace: Trace | str, cycle: int, node: int) -> go.Figure:
    """Who sees whom in one pass over a tree, and where the slots go."""
    return mask_and_cache(_trace(trace), cycle=cycle, node=node)


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


_EVERY = "every cycle"


def _missed(*, trace: Trace | str, rule: str, view: str, cycle: int) -> go.Figure:
    """What a rule leaves of the bound over a whole run, or one place of it."""
    run = _trace(trace)
    if view == _EVERY or not run.cycle(cycle).nodes:
        return missed_acceptance(run, rule=rule, replay=_replayed(trace))
    return coupling_at(run, cycle=cycle, node=0, rule=rule) if view == "which draft goes where" else distributions(run, cycle=cycle, node=0)


_CYCLE = Slider("cycle", 0, lambda values: len(_trace(values["trace"])) - 1, 0, 1)

RUNS: dict[str, Explorable] = {
    "recorded-run": Explorable(
        title="A recorded run, cycle by cycle",
        question="Find a cycle in which nothing was refused. What did the target's pass yield there that a refusal does not?",
        draw=_run,
        controls={
            "trace": Choice("recorded run", lambda _: sample_names()),
            "view": Choice("view", ("tree", "laws", "text"), "the draft tree, the laws at one node, or the whole text"),
            "cycle": _CYCLE,
            "node": Slider("node (−1 is the last token)", -1, lambda values: len(_trace(values["trace"]).cycle(values["cycle"]).nodes) - 1, 0, 1),
        },
    ),
    "caches": Explorable(
        title="Two caches, stage by stage",
        question="Find a cycle in which all drafts were accepted. Which committed tokens are missing from the draft's cache after it?",
        draw=_caches,
        controls={
            "trace": Choice("recorded run", lambda _: list(_chain_names())),
            "cycle": _CYCLE,
            "stage": Choice("stage", STAGES, "before the cycle, after drafting, after the target's pass, after the commit"),
        },
    ),
    "tree-mask": Explorable(
        title="A tree in one pass: who sees whom, and what is kept",
        question="Find a node whose row has a gap. Which nodes stand in the gap, and why must it not see them?",
        draw=_mask,
        controls={
            "trace": Choice("recorded run", lambda _: _tree_names(), "runs that drafted trees"),
            "cycle": _CYCLE,
            "node": Slider("node (−1 lights none)", -1, lambda values: len(_trace(values["trace"]).cycle(values["cycle"]).nodes) - 1, 0, 1),
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
            "cycle": _CYCLE,
        },
    ),
}
