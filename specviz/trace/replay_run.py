"""A whole run judged again by every rule: what each would have accepted of the very drafts that were recorded, and the bound.

Two views, for two questions. ``accepted`` keeps the recorded drafts and averages over the coins alone: how lucky was this run, and
which rule makes most of what was drafted? ``first`` averages over the drafts as well, at the first place of every cycle: there a
bound exists that no lossless rule can pass (2502.18779), and the distance to it is what the rule leaves behind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from specviz.errors import UnexpectedValueError
from specviz.theory.rules import RATES, Rate, bound, place
from specviz.trace.replay import Recorded, find_rule, rebuild, require_exact
from specviz.trace.replay_odds import cut, reach
from specviz.trace.store import Trace
from specviz.types import ROOT, Rule
from specviz.verifiers import VERIFIERS

LARGEST_PROGRAMME = 64
"""Vocabulary above which ``transport``, a linear programme at every place, is left out unless asked for by name."""
_DRAWS_AT_A_PLACE = 64


@dataclass(frozen=True)
class PlaceRates:
    """How often one place is passed, averaged over drafts and coins.

    Attributes:
        cycle: number of the cycle.
        node: the siblings were drafted after this one; -1 is the root.
        siblings: k, how many. It is taken as settled before they were drawn, which holds for all trees but DySpec's.
        sampling: how they were drawn.
        bound: the most any lossless rule passes.
        rates: rule -> rate, for the rules that have a formula and can judge such siblings.
    """

    cycle: int
    node: int
    siblings: int
    sampling: str
    bound: float
    rates: dict[str, Rate]


@dataclass(frozen=True)
class RuleRun:
    """What one rule would have done with a run's drafts.

    Attributes:
        rule: its name.
        is_lossless: whether it keeps the run's own output law: lossless at the run's temperature (``greedy`` is at 0 alone).
        accepted: for every cycle the expected number of accepted drafts, given the recorded draft, over the coins; none behind the end of the text.
        first: for every cycle how often it passes the first place, over drafts and coins; None where it has no formula or
            nothing was drafted.
    """

    rule: str
    is_lossless: bool
    accepted: list[Rate]
    first: list[Rate | None]

    @property
    def tokens_per_cycle(self) -> Rate:
        """Expected tokens per cycle, the last one counted; no end-of-text cut is applied."""
        mean = _mean(self.accepted)
        return Rate(1.0 + mean.value, mean.error)

    @property
    def acceptance(self) -> Rate:
        """Mean of ``first`` over the cycles that have it."""
        return _mean([found for found in self.first if found is not None])


@dataclass(frozen=True)
class RunReplay:
    """A run under every rule.

    Attributes:
        recorded_rule: the rule the run was made with.
        recorded: accepted drafts of every cycle, as they were recorded.
        rules: rule -> what it would have done.
        refused: rule -> why it cannot judge this run.
        bounds: for every cycle the most any lossless rule passes its first place; nan where nothing was drafted.
    """

    recorded_rule: str
    recorded: list[int]
    rules: dict[str, RuleRun]
    refused: dict[str, str]
    bounds: list[float]

    @property
    def bound(self) -> float:
        """Mean of ``bounds`` over the cycles that drafted."""
        known = [value for value in self.bounds if not math.isnan(value)]
        return float(np.mean(known)) if known else math.nan

    def missed(self, rule: str) -> list[float]:
        """For every cycle what ``rule`` leaves of the bound at its first place; nan where there is no formula or no draft."""
        pairs = zip(self.bounds, self.rules[rule].first, strict=True)
        return [most - found.value if found is not None else math.nan for most, found in pairs]

    def table(self) -> list[dict[str, object]]:
        """A row per rule, best first: tokens per cycle and first-place acceptance with their 95 % half widths, and the gap."""
        rows = []
        for run in self.rules.values():
            tokens, first = run.tokens_per_cycle, run.acceptance
            rows.append(
                {
                    "rule": run.rule,
                    "is_lossless": run.is_lossless,
                    "tokens_per_cycle": tokens.value,
                    "tokens_per_cycle_error": tokens.error,
                    "acceptance": first.value,
                    "acceptance_error": first.error,
                    "bound": self.bound,
                    "gap": self.bound - first.value,
                }
            )
        return sorted(rows, key=lambda row: (-float(str(row["tokens_per_cycle"])), str(row["rule"])))


def replay_run(trace: Trace, rules: Iterable[str | Rule] | None = None, *, draws: int = 400, seed: int = 0) -> RunReplay:
    """Judge all cycles of a run by every rule, at the recorded drafts.

    Expectations over coins are exact for every rule that reports its thresholds truly (all that ship do); any other is tossed
    ``draws`` times a cycle. Rates at a first place are exact but for ``recursive`` with three and more siblings without
    replacement over a large vocabulary. Every value says which by its ``error``.

    Args:
        trace: of detail ``exact``.
        rules: names or rules of your own; None for all that are registered.
        draws: tosses a cycle, where coins must be tossed.
        seed: of the tosses.

    Raises:
        ValueError: unless the trace is of detail ``exact``; when a rule does not exist.
    """
    require_exact(trace)
    chosen = [find_rule(rule, trace) for rule in (VERIFIERS if rules is None else rules)]
    refused: dict[str, str] = {}
    if rules is None and trace.header.vocab_size > LARGEST_PROGRAMME:
        chosen = [rule for rule in chosen if rule.name != "transport"]
        refused["transport"] = f"a linear programme over {trace.header.vocab_size} tokens at every place; ask for it by name: rules=['transport']"
    cycles = [rebuild(trace, i) for i in range(len(trace))]
    drafts = [cut(c.tree, c.p, [node for node in range(len(c.tree)) if node not in c.behind]) for c in cycles]
    firsts = [_rates(seen, ROOT, _DRAWS_AT_A_PLACE) if len(seen.tree) else None for seen in cycles]
    is_greedy = trace.header.verifier == "greedy"
    found: dict[str, RuleRun] = {}
    for rule in chosen:
        try:
            accepted = [reach(rule, tree, p, draws=draws, seed=seed)[1] if len(tree) else Rate(0.0) for tree, p in drafts]
        except (ValueError, ImportError) as error:  # scipy, which transport needs, is optional
            refused[rule.name] = str(error)
            continue
        is_lossless = rule.lossless and (rule.name == "greedy") == is_greedy
        found[rule.name] = RuleRun(rule.name, is_lossless, accepted, [first.rates.get(rule.name) if first else None for first in firsts])
    recorded = [len(c.verdict.path) for c in cycles]
    return RunReplay(trace.header.verifier, recorded, found, refused, [first.bound if first else math.nan for first in firsts])


def rates_at(trace: Trace, cycle: int, node: int = ROOT, *, draws: int = 256) -> PlaceRates:
    """Every rule's rate and the bound for the siblings drafted after ``node`` (-1 for the first level), over drafts and coins.

    Raises:
        ValueError: when nothing was drafted there; unless the trace is of detail ``exact``.
    """
    seen = rebuild(trace, cycle)
    if not seen.tree.children(node):
        raise UnexpectedValueError(f"a node of cycle {cycle} with drafted children", str(node), "-1 is the root")
    return _rates(seen, node, draws)


def _rates(seen: Recorded, node: int, draws: int) -> PlaceRates:
    tree = seen.tree
    children = tree.children(node)
    tokens = [tree.tokens[child] for child in children]
    rows = {tree.q_row[child] for child in children}
    if tree.sampling != "deterministic" and len(rows) > 1 and any((tree.q[row] != tree.q[min(rows)]).any() for row in rows):
        return PlaceRates(seen.cycle, node, len(children), tree.sampling, math.nan, {})  # several drafters: no formula
    picked = tokens if tree.sampling == "deterministic" else tokens[:-1] if tree.sampling == "greedy" else None
    q = None if tree.sampling == "deterministic" else tree.q[min(rows)]
    at = place(seen.p[node + 1], q, len(children), tree.sampling, picked=picked, draws=draws)
    judges = {
        name: known.formula for name, known in RATES.items() if tree.sampling in known.samplings and not (known.chains_only and len(children) > 1)
    }
    by_formula = {formula: formula(at) for formula in judges.values()}  # rules that differ only further down share one
    return PlaceRates(seen.cycle, node, len(children), tree.sampling, bound(at), {name: by_formula[formula] for name, formula in judges.items()})


def _mean(rates: Sequence[Rate]) -> Rate:
    """The mean; drawn values are independent, so their errors add in squares."""
    if not rates:
        return Rate(math.nan)
    return Rate(float(np.mean([r.value for r in rates])), math.sqrt(sum(r.error**2 for r in rates)) / len(rates))
