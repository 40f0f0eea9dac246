"""All that a rule may do with one drafted tree, over every coin: nothing is tossed.

A rule compares node i's coin with a threshold that depends only on what it decided before, and each node is looked at under one
history at most. So the unit cube of coins falls into at most N + 1 parts of the same path, found by following the thresholds the
rule itself reports. A rule that does not keep to this is noticed, and its coins are tossed many times instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specviz.coins import Purpose, toss
from specviz.theory.acceptance import Z_95
from specviz.theory.rules import Rate
from specviz.trace.replay import ALMOST_ONE
from specviz.types import ROOT, Array, DraftTree, Rule, Verdict

Floats = NDArray[np.float64]


class UnpredictableRuleError(ArithmeticError):
    """The thresholds a rule reports do not say what its coins do."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A path a rule may accept: its probability over the coins, and one verdict that has it (``law``: what the last token is drawn from)."""

    probability: float
    verdict: Verdict


def outcomes(rule: Rule, tree: DraftTree, p: Array) -> Iterator[Outcome]:
    """Every path ``rule`` may accept in ``tree``, with its exact probability.

    Args:
        rule: judges.
        tree: the draft, as recorded.
        p: float[N+1, V].

    Raises:
        UnpredictableRuleError: when a coin on one side of the reported threshold decides otherwise than it says.
        ValueError: when the rule cannot judge this tree.
    """
    todo: list[tuple[float, dict[int, tuple[bool, float]]]] = [(1.0, {})]
    while todo:
        weight, decided = todo.pop()
        verdict = rule.judge(tree, p, _coins(len(tree), decided))
        if any((node in verdict.path) != is_accepted for node, (is_accepted, _) in decided.items()):
            raise UnpredictableRuleError(f"expected the rule {rule.name!r} to accept a node exactly when its coin is below the threshold it reports")
        for node in verdict.path:
            threshold = verdict.decisions[node].threshold
            if threshold is None or node in decided:
                continue
            if threshold < 1.0:
                todo.append((weight * (1.0 - threshold), {**decided, node: (False, threshold)}))
            decided[node] = (True, threshold)
            weight *= min(threshold, 1.0)
        yield Outcome(weight, verdict)


def _coins(n: int, decided: dict[int, tuple[bool, float]]) -> Floats:
    """Coins at the very edge of what was decided, and 0 (accept) for the rest."""
    u = np.zeros(n + 1)
    for node, (is_accepted, threshold) in decided.items():
        u[node] = math.nextafter(min(threshold, 1.0), 0.0) if is_accepted else min(threshold, ALMOST_ONE)
    return u


def reach(rule: Rule, tree: DraftTree, p: Array, *, draws: int = 400, seed: int = 0) -> tuple[Floats, Rate]:
    """How often each node ends up accepted, float[N], and the expected number of accepted nodes, over the coins at this very draft.

    Exact by :func:`outcomes`; for a rule it cannot follow, the mean of ``draws`` tosses with its 95 % interval.
    """
    reached = np.zeros(len(tree))
    try:
        for outcome in outcomes(rule, tree, p):
            reached[outcome.verdict.path] += outcome.probability
    except UnpredictableRuleError:
        return _tossed(rule, tree, p, draws, seed)
    return reached, Rate(float(reached.sum()))


def _tossed(rule: Rule, tree: DraftTree, p: Array, draws: int, seed: int) -> tuple[Floats, Rate]:
    reached, lengths = np.zeros(len(tree)), []
    for i in range(draws):
        path = rule.judge(tree, p, toss(seed, i, Purpose.VERIFY, len(tree) + 1)).path
        reached[path] += 1.0 / draws
        lengths.append(len(path))
    error = Z_95 * float(np.std(lengths, ddof=1)) / math.sqrt(draws)
    return reached, Rate(float(np.mean(lengths)), error or 1.0 / draws)


def cut(tree: DraftTree, p: Array, kept: Sequence[int]) -> tuple[DraftTree, Array]:
    """The tree with only the nodes ``kept`` (ascending, parents included), and its rows of p.

    The cut may depend on a node's place (depth, rank among its siblings), never on its token: choosing among drawn tokens by
    their value is no draft from q any more.
    """
    place = {old: new for new, old in enumerate(kept)} | {ROOT: ROOT}
    smaller = DraftTree([tree.tokens[i] for i in kept], [place[tree.parents[i]] for i in kept], tree.q, [tree.q_row[i] for i in kept], tree.sampling)
    return smaller, p[[0, *(i + 1 for i in kept)]]
