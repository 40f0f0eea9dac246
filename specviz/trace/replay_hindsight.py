"""What length, or what size, the drafts of a run should have had: each recorded draft cut shorter, and paid for at given costs.

Only what was drafted can be judged, so the answer never exceeds the recorded length. A cut goes by a node's place alone (its depth,
its rank among its siblings), so a cut draft is one that might have been drafted so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from specviz.errors import UnexpectedValueError
from specviz.theory.rules import Rate
from specviz.trace.replay import Recorded, find_rule, rebuild, require_exact
from specviz.trace.replay_odds import Floats, cut, reach
from specviz.trace.store import Trace
from specviz.types import ROOT, DraftTree, Rule

Verify = Callable[[int], float]
"""v(m): a target pass over m tokens, in passes over one."""


@dataclass(frozen=True)
class Choice:
    """One length or size.

    Attributes:
        value: levels drafted (gamma), or nodes.
        tokens_per_cycle: expected over the coins at the recorded drafts, the last token counted; at their own context each, so
            a cycle that was drafted shorter keeps its length.
        cost: of a mean cycle, in target passes over one token: levels c + v(nodes + 1).
        speedup: tokens per target pass over one token, which is what plain decoding needs for one.
    """

    value: int
    tokens_per_cycle: Rate
    cost: float

    @property
    def speedup(self) -> float:
        """Tokens per unit of cost."""
        return self.tokens_per_cycle.value / self.cost


@dataclass(frozen=True)
class Hindsight:
    """All choices of one kind (``gamma`` or ``nodes``) under one rule."""

    kind: str
    rule: str
    choices: list[Choice]

    @property
    def best(self) -> Choice:
        """The quickest; the smallest of equals."""
        return max(self.choices, key=lambda choice: (round(choice.speedup, 12), -choice.value))


def best_gamma(trace: Trace, c: float, v: Verify | None = None, *, rule: str | Rule | None = None, draws: int = 400) -> Hindsight:
    """Every draft length from 0 to the longest recorded one, under ``rule`` (None: the run's own).

    Args:
        trace: of detail ``exact``.
        c: one draft step, in target passes over one token; 0 for a drafter that copies.
        v: v(m), the cost of a target pass over m tokens; None for "as cheap as one" (1). ``Costs.v`` of ``specviz.types`` fits.
        rule: name, or a rule of your own.
        draws: tosses a cycle, for rules that do not report thresholds.

    Raises:
        ValueError: unless the trace is of detail ``exact``; when the rule cannot judge it; for a negative cost.
    """
    cycles, chosen = _cycles(trace), find_rule(rule, trace)
    depths = [seen.tree.depths() for seen in cycles]
    longest = max((max(depth, default=0) for depth in depths), default=0)
    choices = []
    for gamma in range(longest + 1):
        kept = [[i for i, depth in enumerate(of) if depth <= gamma] for of in depths]
        choices.append(_choice(gamma, cycles, kept, chosen, _Cost(c, v), draws))
    return Hindsight("gamma", chosen.name, choices)


def best_size(
    trace: Trace, c: float, v: Verify | None = None, *, rule: str | Rule | None = None, sizes: Sequence[int] | None = None, draws: int = 400
) -> Hindsight:
    """Tree sizes up to the largest recorded one: of every tree the nodes whose places were worth most in this run are kept.

    A place is worth the product, along its path, of how often a child of each rank was accepted over the whole run, as in Sequoia's
    model (2402.12374); it does not depend on the tokens of a cycle.

    Args:
        trace: of detail ``exact``, of a method that drafts trees (a chain works too: its sizes are its lengths).
        c: one level of drafting; v: see :func:`best_gamma`.
        v: see :func:`best_gamma`.
        rule: see :func:`best_gamma`.
        sizes: node counts to try; None for about three a doubling.
        draws: see :func:`best_gamma`.

    Raises:
        ValueError: as :func:`best_gamma`, and for trees sampled ``greedy`` with siblings: without its last sibling, which is the
            sampled one, such a place was not drafted so.
    """
    cycles, chosen = _cycles(trace), find_rule(rule, trace)
    if any(seen.tree.sampling == "greedy" and not seen.tree.is_chain() for seen in cycles):
        raise UnexpectedValueError(
            "siblings of which the last may be left out",
            "trees sampled 'greedy', whose last sibling is the sampled one",
            "ask for best_gamma, or record a tree of another sampling",
        )
    worth = _worth(cycles, chosen, draws)
    largest = max((len(seen.tree) for seen in cycles), default=0)
    choices = []
    for size in _sizes(largest) if sizes is None else sorted({min(size, largest) for size in sizes}):
        kept = [sorted(np.argsort(-of, kind="stable")[:size].tolist()) for of in worth]
        choices.append(_choice(size, cycles, kept, chosen, _Cost(c, v), draws))
    return Hindsight("nodes", chosen.name, choices)


@dataclass(frozen=True)
class _Cost:
    """Cost of a cycle, in target passes over one token."""

    c: float
    v: Verify | None

    def __post_init__(self) -> None:
        if not self.c >= 0.0:
            raise UnexpectedValueError("the cost c of a draft step >= 0", str(self.c))

    def of(self, tree: DraftTree) -> float:
        verify = 1.0 if self.v is None else float(self.v(len(tree) + 1))
        if not verify > 0.0:
            raise UnexpectedValueError("the cost v(m) of a target pass > 0", f"v({len(tree) + 1}) = {verify}")
        return self.c * max(tree.depths(), default=0) + verify


def _cycles(trace: Trace) -> list[Recorded]:
    require_exact(trace)
    if not len(trace):
        raise UnexpectedValueError("a run of at least one cycle", "none", "record a run that makes a token")
    return [rebuild(trace, i) for i in range(len(trace))]


def _choice(value: int, cycles: Sequence[Recorded], kept: Sequence[Sequence[int]], rule: Rule, cost: _Cost, draws: int) -> Choice:
    accepted, costs = [], []
    for seen, nodes in zip(cycles, kept, strict=True):
        costs.append(cost.of(cut(seen.tree, seen.p, nodes)[0]))
        tree, p = cut(seen.tree, seen.p, [node for node in nodes if node not in seen.behind])
        accepted.append(reach(rule, tree, p, draws=draws)[1] if len(tree) else Rate(0.0))
    error = float(np.sqrt(sum(r.error**2 for r in accepted))) / len(accepted)
    return Choice(value, Rate(1.0 + float(np.mean([r.value for r in accepted])), error), float(np.mean(costs)))


def _worth(cycles: Sequence[Recorded], rule: Rule, draws: int) -> list[Floats]:
    """The worth of every node's place, float[N] a cycle; it never rises along a path nor from sibling to sibling."""
    came: dict[int, float] = {}
    passed: dict[int, float] = {}
    ranks = [_ranks(seen.tree) for seen in cycles]
    for seen, of in zip(cycles, ranks, strict=True):
        reached = reach(rule, seen.tree, seen.p, draws=draws)[0] if len(seen.tree) else np.zeros(0)
        for node, rank in enumerate(of):
            parent = seen.tree.parents[node]
            came[rank] = came.get(rank, 0.0) + (1.0 if parent == ROOT else float(reached[parent]))
            passed[rank] = passed.get(rank, 0.0) + float(reached[node])
    rates, lowest = {}, 1.0
    for rank in sorted(came):
        lowest = min(lowest, passed[rank] / came[rank] if came[rank] else 0.0)
        rates[rank] = lowest
    return [_products(seen.tree, of, rates) for seen, of in zip(cycles, ranks, strict=True)]


def _ranks(tree: DraftTree) -> list[int]:
    seen: dict[int, int] = {}
    ranks = []
    for parent in tree.parents:
        ranks.append(seen.get(parent, 0))
        seen[parent] = ranks[-1] + 1
    return ranks


def _products(tree: DraftTree, ranks: Sequence[int], rates: dict[int, float]) -> Floats:
    worth = np.ones(len(tree))
    for node, parent in enumerate(tree.parents):
        worth[node] = rates[ranks[node]] * (1.0 if parent == ROOT else worth[parent])
    return worth


def _sizes(largest: int) -> list[int]:
    """0, 1, 2, 3, 4, 5, 6, 8, 10, 13, … and the largest."""
    steps = {round(2 ** (i / 3)) for i in range(40)}
    return [0, *sorted(step for step in steps if step < largest), *([largest] if largest else [])]
