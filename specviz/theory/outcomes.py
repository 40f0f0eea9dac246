"""All that a rule may do with one drafted tree, over every coin: nothing is tossed.

A rule compares node i's coin with a threshold that depends only on what it decided before, and each node is looked at under one
history at most. So the unit cube of coins falls into at most N + 1 parts of the same path, found by following the thresholds the
rule itself reports. A rule that does not keep to this is noticed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from specviz.errors import UnsolvedError
from specviz.types import Array, DraftTree, Rule, Verdict

Floats = NDArray[np.float64]

ALMOST_ONE = math.nextafter(1.0, 0.0)
"""The largest coin."""


class UnpredictableRuleError(UnsolvedError):
    """The thresholds a rule reports do not say what its coins do."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A path a rule may accept: its probability over the coins, and one verdict that has it (``law``: what the last token is drawn from).

    ``coins`` says which coins bring it about: for each node whose coin matters, whether it is below the threshold (True), and the threshold.
    """

    probability: float
    verdict: Verdict
    coins: Mapping[int, tuple[bool, float]] = field(default_factory=dict)


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
            raise UnpredictableRuleError(
                f"the rule {rule.name!r} to accept a node exactly when its coin is below the threshold it reports", "another answer"
            )
        for node in verdict.path:
            threshold = verdict.decisions[node].threshold
            if threshold is None or node in decided:
                continue
            if threshold < 1.0:
                todo.append((weight * (1.0 - threshold), {**decided, node: (False, threshold)}))
            decided[node] = (True, threshold)
            weight *= min(threshold, 1.0)
        yield Outcome(weight, verdict, decided)


def _coins(n: int, decided: dict[int, tuple[bool, float]]) -> Floats:
    """Coins at the very edge of what was decided, and 0 (accept) for the rest."""
    u = np.zeros(n + 1)
    for node, (is_accepted, threshold) in decided.items():
        u[node] = math.nextafter(min(threshold, 1.0), 0.0) if is_accepted else min(threshold, ALMOST_ONE)
    return u
