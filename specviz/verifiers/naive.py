"""Naive sampling: draw from the target, keep the child that happens to equal the draw."""

from __future__ import annotations

from specviz.types import SAMPLINGS, Array, DraftTree, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.siblings import picked
from specviz.verifiers.walk import one_by_one, walk


class Naive:
    """Sample y from p, go on at the child that equals y, else stop with y (2305.09781, section 4.3, as a baseline).

    Lossless for any children, however they were chosen, since q is not looked at; a place is passed with probability
    p(set of children). The draw is made child by child, each with its own coin: given that y is none of the earlier
    children, it is this one with probability p(x) / (1 - p(earlier)). So the decisions' q is 1, and a sibling that repeats
    a token is refused.
    """

    name = "naive"
    lossless = True
    chains_only = False
    is_joint = False
    samplings = frozenset(SAMPLINGS)

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        return walk(tree, p, u, lambda children, row: one_by_one(row, picked(tree, children)))
