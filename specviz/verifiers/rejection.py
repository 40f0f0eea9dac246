"""Speculative sampling: accept with probability min(1, p/q), else draw from what q left of p."""

from __future__ import annotations

from specviz.types import Array, DraftTree, Sampling, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.siblings import drafts
from specviz.verifiers.walk import one_by_one, walk


class Rejection:
    """The rule of 2211.17192 (Algorithm 1) and 2302.01318 (Algorithm 2) for a chain; lossless at any temperature.

    A deterministic draft (a copied token, an argmax) is a one-hot q: accepted with probability p(x), and on refusal the
    last token comes from p without x.
    """

    name = "rejection"
    lossless = True
    chains_only = True
    is_joint = False
    samplings: frozenset[Sampling] = frozenset({"iid", "without_replacement", "deterministic"})

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node of a chain; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        return walk(tree, p, u, lambda children, row: one_by_one(row, drafts(tree, children)))
