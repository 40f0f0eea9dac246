"""Top-m: keep a draft that is among the target's m most likely tokens. Lossy."""

from __future__ import annotations

from array_api_compat import array_namespace

from specviz.errors import UnexpectedValueError
from specviz.types import SAMPLINGS, Array, DraftTree, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.lossy import output_when_kept, variation_when_kept
from specviz.verifiers.siblings import drafts
from specviz.verifiers.walk import Look, Looks, walk


class TopM:
    """Follow the first child that is one of the target's m most likely tokens; NOT lossless (a relaxed exact match).

    The lowest id wins a tie, and a token the target never says is not kept. No coin of a node is looked at (thresholds are
    0 or 1); where no child is kept the last token is drawn from p.

    Args:
        m: how many of the target's tokens are good enough, >= 0; 0 keeps nothing.

    Raises:
        ValueError: for a negative m.
    """

    name = "top-m"
    lossless = False
    chains_only = False
    is_joint = False
    samplings = frozenset(SAMPLINGS)

    def __init__(self, m: int = 2) -> None:
        if m < 0:
            raise UnexpectedValueError("m >= 0", str(m), "0 keeps nothing, 1 only the target's favourite")
        self.m = m

    def kept(self, p: Array) -> Array:
        """The tokens that are good enough, bool[V]."""
        xp = array_namespace(p)
        ranked = xp.argsort(-p, stable=True)  # of equals the lowest id first
        kept = xp.zeros_like(p, dtype=xp.bool)
        kept[ranked[: self.m]] = True
        return kept & (p > 0.0)

    def output_law(self, p: Array, q: Array) -> Array:
        """Law of the token given out at one place with one draft from q, float[V]."""
        return output_when_kept(p, q, self.kept(p))

    def total_variation(self, p: Array, q: Array) -> float:
        """How far that law is from p, in closed form."""
        return variation_when_kept(p, q, self.kept(p))

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        return walk(tree, p, u, lambda children, row: self._look_at(tree, children, row))

    def _look_at(self, tree: DraftTree, children: list[int], p: Array) -> Looks:
        kept = self.kept(p)
        for draft in drafts(tree, children):
            yield Look(draft.node, float(p[draft.token]), draft.chance, float(kept[draft.token]))
        return p
