"""AdaEDL: stop where the draft's entropy says that acceptance will be low (2410.18351, sections 3 and 4).

The estimate 1 - sqrt(0.2 H(q)) comes from Pinsker's inequality with the unknown cross term taken as a multiple of the entropy. It is no
bound: a sure draft may be surely wrong. It only decides when to stop, so the output stays exact.
"""

from __future__ import annotations

from math import sqrt

from array_api_compat import array_namespace

from specviz.controllers.levels import check_gamma, depth, last_level
from specviz.errors import UnexpectedValueError
from specviz.types import Array, DraftTree, Sketch, Verdict

SHARE = 0.2  # of the entropy, in place of the divergence from p
TARGET = 0.9  # acceptance aimed at
STEP = 0.01
MEMORY_OF_RATE = 0.5
MEMORY_OF_BOUND = 0.9


def entropy(law: Array) -> float:
    """H(law) in nats, 0 log 0 = 0."""
    xp = array_namespace(law)
    logs = xp.log(xp.where(law > 0, law, xp.ones_like(law)))
    return max(0.0, -float((law * logs).sum()))


def estimated_acceptance(law: Array) -> float:
    """1 - sqrt(0.2 H), not below 0: the draft's guess how likely a token drawn from ``law`` float[V] is accepted (equation 6)."""
    return max(0.0, 1.0 - sqrt(SHARE * entropy(law)))


class EntropyBound:
    """Stop when every law of the last level has an estimated acceptance below a bound that adapts; that level is still submitted.

    Args:
        gamma: most levels.
        confidence: the bound to begin with. It rises where less than 0.9 of the draft is accepted, and falls otherwise unless all of the
            longest draft was.
    """

    def __init__(self, gamma: int, *, confidence: float = 0.3) -> None:
        self.gamma = check_gamma(gamma)
        if not 0.0 <= confidence <= 1.0:
            raise UnexpectedValueError("a confidence in [0, 1]", str(confidence), "0 never stops early, 0.3 is a good start")
        self.bound = confidence
        self._rate = TARGET

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether some law of the last level promises enough."""
        if depth(sketch) >= self.gamma:
            return False
        rows = {sketch.q_row[node] for node in last_level(sketch)}
        return not rows or any(estimated_acceptance(sketch.laws[row]) >= self.bound for row in rows)

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """Move the bound; a cycle in which nothing was drafted says nothing."""
        if not len(tree):
            return
        levels = max(tree.depths())
        self._rate = MEMORY_OF_RATE * self._rate + (1 - MEMORY_OF_RATE) * len(verdict.path) / levels
        wanted = self.bound
        if self._rate < TARGET:
            wanted += STEP
        elif len(verdict.path) < self.gamma:
            wanted -= STEP
        self.bound = min(1.0, max(0.0, MEMORY_OF_BOUND * self.bound + (1 - MEMORY_OF_BOUND) * wanted))
