"""K-SEQ: every sibling is tested against the same p, made smaller by one factor that leaves enough for all."""

from __future__ import annotations

from array_api_compat import array_namespace

from specviz.errors import UnexpectedValueError
from specviz.types import Array, DraftTree, Sampling, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.residual import acceptance
from specviz.verifiers.walk import Look, Looks, walk

_ROUNDING = 1e-13
"""What sums over a vocabulary lose: below it p = q, where the root is k-fold and would be found at 1.0001 instead of 1."""


class KSeq:
    """Accept sibling j with probability min(1, p(x) / (rho q(x))), all with one rho and the original p (2310.15141, Algorithm 2).

    rho is the smallest valid factor in [1, k] for the k siblings of a place, found anew at each; it accepts at least
    1 - (1 - 1/k)^k of what the best rule would. Refused all, the last token comes from
    norm(p - min(q, p/rho) (1 + (1-beta) + ... + (1-beta)^(k-1))), beta = sum min(q, p/rho).

    The k drafts of a place are the children of the node that was accepted there. Of K drafted sequences those that began
    with another copy of the same token do not go on with it (the paper's sequence version lets them).
    """

    name = "k-seq"
    lossless = True
    chains_only = False
    is_joint = True
    samplings: frozenset[Sampling] = frozenset({"iid"})

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF.

        Raises:
            ValueError: when siblings were drawn from different laws; the factor is one for all.
        """
        check_input(self, tree, p, u)
        return walk(tree, p, u, lambda children, row: self._look_at(tree, children, row))

    @staticmethod
    def _look_at(tree: DraftTree, children: list[int], p: Array) -> Looks:
        q = _common_law(tree, children)
        rho = smallest_factor(p, q, len(children))
        for node in children:
            px, qx = float(p[tree.tokens[node]]), float(q[tree.tokens[node]])
            yield Look(node, px, qx, acceptance(px, rho * qx))
        return _left(p, q, rho, len(children))


def smallest_factor(p: Array, q: Array, k: int) -> float:
    """rho*, the smallest valid factor in [1, k] for k i.i.d. drafts, to the last bits (2310.15141, section 4).

    A factor is valid when the siblings together take no more than p: looks(beta(rho)) <= rho, where looks is the mean number
    of siblings examined and beta = sum min(q, p/rho). For a fixed split of the tokens into those with p < rho q and the
    others, beta is A/rho + B, and the root is found by bisection on numbers. A split made for a smaller rho overrates beta,
    so its root is never too large; splitting anew there climbs to rho* in a few rounds, each one pass over the laws.
    """
    xp = array_namespace(p, q)
    rho, better = 0.0, 1.0
    while better > rho:
        rho = better
        is_scaled = p < rho * q
        scaled = float(xp.sum(xp.where(is_scaled, p, xp.zeros_like(p))))
        whole = float(xp.sum(xp.where(is_scaled, xp.zeros_like(q), q)))
        better = _root(scaled, whole, rho, k)
    return rho


def _root(scaled: float, whole: float, low: float, k: int) -> float:
    """Where looks(scaled/rho + whole) falls to rho, in [low, k]: the upper, valid end of a bisection down to neighbours."""
    if _looks(scaled / low + whole, k) <= low + _ROUNDING:
        return low
    high = float(k)
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _looks(scaled / middle + whole, k) > middle else (low, middle)
    return high


def _looks(beta: float, k: int) -> float:
    """1 + (1-beta) + ... + (1-beta)^(k-1) = (1 - (1-beta)^k) / beta, without the division."""
    return sum((1.0 - beta) ** j for j in range(k))


def _left(p: Array, q: Array, rho: float, k: int) -> Array:
    xp = array_namespace(p, q)
    taken = xp.minimum(q, p / rho)
    left = xp.clip(p - taken * _looks(float(taken.sum()), k), 0.0, None)  # a valid rho leaves nothing below 0 but by rounding
    total = left.sum()
    return left / total if float(total) > 0.0 else p


def _common_law(tree: DraftTree, children: list[int]) -> Array:
    first, *others = {tree.q_row[node] for node in children}
    if any(not bool((tree.q[row] == tree.q[first]).all()) for row in others):
        raise UnexpectedValueError(
            "siblings drawn from one law for the rule 'k-seq'",
            f"rows {sorted((first, *others))} of q, which differ",
            "draft them from one model, or choose 'recursive'",
        )
    return tree.q[first]
