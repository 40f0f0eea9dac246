"""Recursive rejection sampling: the next sibling is tested against what the refused ones left of p."""

from __future__ import annotations

from specviz.types import SAMPLINGS, Array, DraftTree, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.siblings import drafts
from specviz.verifiers.walk import one_by_one, walk


class Recursive:
    """Accept sibling j with probability min(1, P(x)/q_j(x)); on refusal P becomes norm((P - q_j)+) and j + 1 is next.

    Lossless for any sampling, because q_j is the law sibling j was really drawn from given those before it:
    ``iid``: q itself (SpecInfer, 2305.09781, section 4.3); ``without_replacement``: q without the earlier siblings,
    renormalised (RSD, 2402.14160; Sequoia, 2402.12374; DySpec, 2410.11744); ``deterministic``: one-hot, which amounts to
    sampling from p and following the child that was hit (EAGLE-2, 2406.16858); ``greedy``: one-hot but for the last.
    """

    name = "recursive"
    lossless = True
    chains_only = False
    is_joint = False
    samplings = frozenset(SAMPLINGS)

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        return walk(tree, p, u, lambda children, row: one_by_one(row, drafts(tree, children)))
