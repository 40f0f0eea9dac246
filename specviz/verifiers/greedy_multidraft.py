"""The rule that matches greedy drafting (the top k-1 picked, the last sibling sampled): the sampled one is tested first."""

from __future__ import annotations

from specviz.types import Array, DraftTree, Sampling, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.siblings import drafts
from specviz.verifiers.walk import Looks, one_by_one, walk


class GreedyMultidraft:
    """Test the sampled sibling y against q' = norm(q without the picked set A); on refusal draw from norm((p - q')+).

    If that draw falls in A it is a draft too, and its subtree goes on. Passes a place with probability
    p(A) + sum over x not in A of min(p, q'), the most any rule can for these drafts (2502.18779, section 5). The draw from
    the residual is made pick by pick, each with its own coin, so N + 1 coins suffice. A is read off the tree: ties in q
    cannot be broken differently here and where it was drafted.
    """

    name = "greedy-multidraft"
    lossless = True
    chains_only = False
    is_joint = True
    samplings: frozenset[Sampling] = frozenset({"greedy"})

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)

        def look_at(children: list[int], row: Array) -> Looks:
            *picks, sampled = drafts(tree, children)
            return one_by_one(row, [sampled, *picks])

        return walk(tree, p, u, look_at)
