"""How often a rule accepts what was drafted, over every coin: exact by following its thresholds, tossed many times where they do not say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from specviz.coins import Purpose, toss
from specviz.theory.acceptance import Z_95
from specviz.theory.outcomes import UnpredictableRuleError, outcomes
from specviz.theory.rules import Rate
from specviz.types import ROOT, Array, DraftTree, Rule

Floats = NDArray[np.float64]


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
    if len(kept) == len(tree):
        return tree, p
    place = {old: new for new, old in enumerate(kept)} | {ROOT: ROOT}
    smaller = DraftTree([tree.tokens[i] for i in kept], [place[tree.parents[i]] for i in kept], tree.q, [tree.q_row[i] for i in kept], tree.sampling)
    return smaller, p[[0, *(i + 1 for i in kept)]]
