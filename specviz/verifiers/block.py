"""Block verification: the chain is tested as a whole, and the longest prefix that passes is kept."""

from __future__ import annotations

from specviz.coins import draw
from specviz.types import Array, Decision, DraftTree, Sampling, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.residual import acceptance, survival
from specviz.verifiers.siblings import Draft, drafts
from specviz.verifiers.walk import undecided


class Block:
    """Keep the longest prefix whose coin is below h_i (2403.10444, Algorithm 2); lossless, never shorter on average than ``rejection``.

    c_0 = 1, c_i = min(1, c_(i-1) p(x_i)/q(x_i)) is how much of the prefix's own probability is left to give; it may rise
    again. h_i = S_i / (S_i + 1 - c_i) with S_i = sum (c_i p_i - q_i)+, and h = c at the last node. A refusal after n tokens
    draws from norm((c_n p_n - q_n)+). The coins are looked at from the end, so nodes before the last accepted one have no
    threshold of their own: they are accepted with it.
    """

    name = "block"
    lossless = True
    chains_only = True
    is_joint = False
    samplings: frozenset[Sampling] = frozenset({"iid", "without_replacement", "deterministic"})

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node of a chain; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        decisions = undecided(tree, p, u)
        n = len(tree)
        chain = [next(drafts(tree, [i])) for i in range(n)]
        weights = _weights(decisions)
        kept = n
        while kept and not self._passes(kept, chain, p, weights, decisions):
            kept -= 1
        for i in range(kept - 1):  # carried by a later token: their own coins do not matter
            decisions[i] = Decision("accepted", decisions[i].p, decisions[i].q, decisions[i].u, None)
        law = p[n] if kept == n else chain[kept].surplus(p[kept], weights[kept])[0]
        return Verdict(list(range(kept)), draw(law, float(u[n])), "bonus" if kept == n else "corrected", decisions, law)

    @staticmethod
    def _passes(length: int, chain: list[Draft], p: Array, weights: list[float], decisions: list[Decision]) -> bool:
        """Look at the coin of the prefix of this length and write down what it decided."""
        weight = weights[length]
        threshold = weight if length == len(chain) else survival(weight, chain[length].surplus(p[length], weight)[1])
        seen = decisions[length - 1]
        is_accepted = seen.u < threshold
        decisions[length - 1] = Decision("accepted" if is_accepted else "rejected", seen.p, seen.q, seen.u, threshold)
        return is_accepted


def _weights(drafted: list[Decision]) -> list[float]:
    """c_0 .. c_N of the chain."""
    weights = [1.0]
    for node in drafted:
        weights.append(acceptance(weights[-1] * node.p, node.q))
    return weights
