"""Typical acceptance: keep whatever the target finds plausible. Lossy."""

from __future__ import annotations

import math

from array_api_compat import array_namespace

from specviz.coins import draw
from specviz.errors import UnexpectedValueError
from specviz.types import ROOT, SAMPLINGS, Array, Decision, DraftTree, State, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.lossy import output_when_kept, variation_when_kept
from specviz.verifiers.siblings import at
from specviz.verifiers.walk import undecided


class Typical:
    """Keep x when p(x) > min(floor, entropy_factor exp(-H(p))), H in nats; NOT lossless (Medusa, 2401.10774, section 2.3.1).

    Of all root-to-node paths of kept tokens the longest wins, then the one the target finds likelier, then the first. No
    coin of a node is looked at (thresholds are 0 or 1); the last token is drawn from p after the path.

    Args:
        floor: the hard limit epsilon, in [0, 1]; above it a token is kept however sure the target is of another. 1 keeps nothing.
        entropy_factor: delta; the limit falls below the floor where the target is unsure.

    Raises:
        ValueError: for knobs outside their range.
    """

    name = "typical"
    lossless = False
    chains_only = False
    is_joint = False
    samplings = frozenset(SAMPLINGS)

    def __init__(self, floor: float = 0.09, entropy_factor: float = 0.3) -> None:
        if not 0.0 <= floor <= 1.0 or not entropy_factor >= 0.0:
            raise UnexpectedValueError("floor in [0, 1] and entropy_factor >= 0", f"{floor} and {entropy_factor}", "the paper's are 0.09 and 0.3")
        self.floor = floor
        self.entropy_factor = entropy_factor

    def limits(self, p: Array) -> Array:
        """The probability a token must exceed, float[...], for laws p float[..., V]."""
        xp = array_namespace(p)
        entropy = -xp.sum(p * xp.log(xp.where(p > 0.0, p, xp.ones_like(p))), axis=-1)
        return xp.clip(self.entropy_factor * xp.exp(-entropy), None, self.floor)

    def output_law(self, p: Array, q: Array) -> Array:
        """Law of the token given out at one place with one draft from q, float[V]."""
        return output_when_kept(p, q, p > self.limits(p))

    def total_variation(self, p: Array, q: Array) -> float:
        """How far that law is from p, in closed form."""
        return variation_when_kept(p, q, p > self.limits(p))

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF."""
        check_input(self, tree, p, u)
        rows = [parent + 1 for parent in tree.parents]
        limits = self.limits(p).tolist()
        scores: dict[int, tuple[int, float]] = {ROOT: (0, 0.0)}  # of every node whose whole path is kept: depth, log p
        for node, (parent, px) in enumerate(zip(tree.parents, at(p, rows, tree.tokens), strict=True)):
            if parent in scores and px > limits[parent + 1]:
                depth, score = scores[parent]
                scores[node] = depth + 1, score + math.log(px)
        last = max(scores, key=lambda node: scores[node])  # the first of equals
        path = _path(tree, last)
        decisions = [self._decision(seen, node, path, tree.parents[node] in scores) for node, seen in enumerate(undecided(tree, p, u))]
        law = p[last + 1]
        return Verdict(path, draw(law, float(u[len(tree)])), "corrected" if tree.children(last) else "bonus", decisions, law)

    @staticmethod
    def _decision(seen: Decision, node: int, path: list[int], is_reached: bool) -> Decision:
        if not is_reached:
            return seen
        state: State = "accepted" if node in path else "rejected"
        return Decision(state, seen.p, seen.q, seen.u, float(state == "accepted"))


def _path(tree: DraftTree, node: int) -> list[int]:
    path: list[int] = []
    while node != ROOT:
        path.append(node)
        node = tree.parents[node]
    return path[::-1]
