"""Draft on while the next level is expected to bring more than it costs, at the machine's measured costs.

Tokens per unit of time, over many cycles, are most when a level is drafted exactly if its expected tokens exceed the rate reached so far
times its cost (renewal reward; Dinkelbach 1967). For a constant acceptance this is the best fixed length of 2211.17192, section 3.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from specviz.controllers.levels import check_gamma, confidence, depth, last_level
from specviz.types import Costs, DraftTree, Sketch, Verdict

BINS = 10
FORGET = 0.98
PRIOR = 4.0
IDLE = 24  # cycles without a draft before one is tried again: texts change


@dataclass
class _Rates:
    """How often a level was accepted, by how sure the draft was of it; each bin begins with some observations at its own middle."""

    accepted: list[float] = field(default_factory=lambda: [PRIOR * (i + 0.5) / BINS for i in range(BINS)])
    seen: list[float] = field(default_factory=lambda: [PRIOR] * BINS)
    mean_accepted: float = 0.85 * PRIOR  # a draft that is put to use mostly agrees with its target
    mean_seen: float = PRIOR

    def of(self, sureness: float) -> float:
        """Acceptance to expect of a level the draft is this sure of."""
        i = min(int(sureness * BINS), BINS - 1)
        return self.accepted[i] / self.seen[i]

    @property
    def mean(self) -> float:
        """Acceptance to expect of a level not drafted yet."""
        return self.mean_accepted / self.mean_seen

    def learn(self, sureness: float, *, is_accepted: bool) -> None:
        """Count one level that verification looked at."""
        i = min(int(sureness * BINS), BINS - 1)
        self.accepted[i] = FORGET * self.accepted[i] + is_accepted
        self.seen[i] = FORGET * self.seen[i] + 1.0
        self.mean_accepted = FORGET * self.mean_accepted + is_accepted
        self.mean_seen = FORGET * self.mean_seen + 1.0


def is_worth_drafting(reach: float, mean: float, rate: float, costs: Costs, *, drafted: int, left: int, width: int = 1) -> bool:
    """Whether some number of further levels is expected to bring more tokens than their time is worth.

    Args:
        reach: chance that the draft so far is accepted to its end.
        mean: acceptance to expect of a level that is not drafted yet.
        rate: tokens that a unit of time, a target pass over one token, brings elsewhere.
        costs: of a draft pass and of target passes.
        drafted: nodes so far.
        left: levels that may still come.
        width: nodes of a further level.
    """
    tokens, before = 0.0, costs.v(drafted + 1)
    for levels in range(1, left + 1):
        reach *= mean
        tokens += reach
        if tokens > rate * (levels * costs.draft + costs.v(drafted + levels * width + 1) - before):
            return True
    return False


class ExpectedGain:
    """Stop when no number of further levels is expected to pay.

    Args:
        gamma: most levels.
        costs: of a draft pass and of target passes; see ``specviz.engine.costs``.
    """

    def __init__(self, gamma: int, *, costs: Costs) -> None:
        self.gamma = check_gamma(gamma)
        self.costs = costs
        self._rates = _Rates()
        self._tokens = self._time = 1.0  # plain decoding, to begin with
        self._reach = 1.0
        self._sureness: list[float] = []  # of this cycle's levels, as far as each is a single node
        self._idle = 0

    @property
    def rate(self) -> float:
        """Tokens per target pass over one token, lately; never below plain decoding's 1, which is always to be had."""
        return max(1.0, self._tokens / self._time)

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether some number of further levels is expected to pay."""
        deep = depth(sketch)
        if deep == 0:
            self._reach, self._sureness = 1.0, []
            if self._idle >= IDLE:
                return self.gamma > 0
        elif deep < self.gamma:
            sureness = confidence(sketch, sketch.laws, last_level(sketch))
            self._reach *= self._rates.of(sureness)
            if len(sketch) == deep:
                self._sureness.append(sureness)
        width = max(1, sketch.depths.count(deep)) if deep else 1
        return is_worth_drafting(self._reach, self._rates.mean, self.rate, self.costs, drafted=len(sketch), left=self.gamma - deep, width=width)

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """Learn how often levels are accepted, and what a cycle brought and cost."""
        depths = tree.depths()
        levels = max(depths, default=0)
        self._idle = 0 if levels else self._idle + 1
        for level in range(1, min(levels, len(verdict.path) + 1) + 1):
            self._rates.learn(self._sureness_of(tree, depths, level), is_accepted=level <= len(verdict.path))
        self._tokens = FORGET * self._tokens + len(verdict.path) + 1
        self._time = FORGET * self._time + levels * self.costs.draft + self.costs.v(len(tree) + 1)

    def _sureness_of(self, tree: DraftTree, depths: Sequence[int], level: int) -> float:
        """How sure the draft was of a level of the finished tree."""
        if level <= len(self._sureness):
            return self._sureness[level - 1]
        return confidence(tree, tree.q, [node for node, d in enumerate(depths) if d == level])
