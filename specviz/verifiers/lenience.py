"""Lenience: the target is taken for 1/lenience times as favourable as it is. Lossy."""

from __future__ import annotations

from array_api_compat import array_namespace

from specviz.errors import UnexpectedValueError
from specviz.types import Array, DraftTree, Sampling, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.residual import acceptance
from specviz.verifiers.siblings import drafts
from specviz.verifiers.walk import Look, Looks, walk


class Lenience:
    """Accept with probability min(1, p(x) / (l q(x))), NOT lossless for l < 1 (2211.17192, appendix A.5).

    A refusal draws from norm((p - min(q, p/l))+), which is the plain residual norm((p - q)+); the choice of residual is ours.
    No token is given out more than p(x)/l + what the residual adds.

    Args:
        lenience: l in (0, 1]; 1 is the rule ``rejection``.

    Raises:
        ValueError: for a lenience outside (0, 1].
    """

    name = "lenience"
    lossless = False
    chains_only = True
    is_joint = False
    samplings: frozenset[Sampling] = frozenset({"iid", "without_replacement", "deterministic"})

    def __init__(self, lenience: float = 0.5) -> None:
        if not 0.0 < lenience <= 1.0:
            raise UnexpectedValueError("lenience in (0, 1]", str(lenience), "1 is lossless, 0.5 accepts up to twice as often")
        self.lenience = lenience

    def output_law(self, p: Array, q: Array) -> Array:
        """Law of the token given out at one place with one draft from q, float[V]."""
        xp = array_namespace(p, q)
        stays = xp.minimum(q, p / self.lenience)
        left = xp.clip(p - q, 0.0, None)
        total = left.sum()
        return stays + (1.0 - stays.sum()) * (left / total if float(total) > 0.0 else p)

    def total_variation(self, p: Array, q: Array) -> float:
        """How far that law is from p, in closed form: sum (min(q, p/l) - p)+; falls to 0 as l rises to 1."""
        xp = array_namespace(p, q)
        return float(xp.clip(xp.minimum(q, p / self.lenience) - p, 0.0, None).sum())

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node of a chain; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        return walk(tree, p, u, lambda children, row: self._look_at(tree, children, row))

    def _look_at(self, tree: DraftTree, children: list[int], p: Array) -> Looks:
        (draft,) = drafts(tree, children)
        px, qx = float(p[draft.token]), draft.chance
        yield Look(draft.node, px, qx, acceptance(px, self.lenience * qx))
        return draft.surplus(p)[0]
