"""Speculative sampling: accept with probability min(1, p/q), else draw from what q left of p."""

from __future__ import annotations

from specviz.coins import draw
from specviz.types import Array, Decision, DraftTree, Sampling, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.residual import residual, without


class Rejection:
    """The rule of 2211.17192 (Algorithm 1) and 2302.01318 (Algorithm 2) for a chain; lossless at any temperature.

    A deterministic draft (a copied token, an argmax) is a one-hot q: accepted with probability p(x), and on refusal the
    last token comes from p without x.
    """

    name = "rejection"
    lossless = True
    samplings: frozenset[Sampling] = frozenset({"iid", "without_replacement", "deterministic"})

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node of a chain; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u, is_chain=True)
        n = len(tree)
        is_picked = tree.sampling == "deterministic"
        decisions: list[Decision] = []
        for i, (token, row) in enumerate(zip(tree.tokens, tree.q_row, strict=True)):
            px = float(p[i, token])
            qx = 1.0 if is_picked else float(tree.q[row, token])
            coin = float(u[i])
            # strict, so that p(x) = 0 is refused even by a coin of 0; a product, so that q(x) = 0 divides nothing
            is_accepted = coin * qx < px
            threshold = min(1.0, px / qx) if qx > 0.0 else float(px > 0.0)
            decisions.append(Decision("accepted" if is_accepted else "rejected", px, qx, coin, threshold))
            if not is_accepted:
                left = without(p[i], token) if is_picked else residual(p[i], tree.q[row])
                decisions += [self._ignored(tree, p, u, j) for j in range(i + 1, n)]
                return Verdict(list(range(i)), draw(left, float(u[n])), "corrected", decisions, left)
        return Verdict(list(range(n)), draw(p[n], float(u[n])), "bonus", decisions, p[n])

    @staticmethod
    def _ignored(tree: DraftTree, p: Array, u: Array, i: int) -> Decision:
        q = 1.0 if tree.sampling == "deterministic" else float(tree.q[tree.q_row[i], tree.tokens[i]])
        return Decision("ignored", float(p[i, tree.tokens[i]]), q, float(u[i]), None)
