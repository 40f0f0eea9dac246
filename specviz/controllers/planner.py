"""Plain, a chain or a tree, and of what size: chosen as the run goes on, from what was accepted and what passes cost here.

A chain is drafted by :class:`ExpectedGain`, which also knows when plain decoding is best. A tree takes over where it is expected to bring
more tokens per unit of time than the best chain (``specviz.theory.plan``). What is drafted depends on earlier cycles only, so the output
is the target's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specviz.arguments import whole_number
from specviz.controllers.acceptances import Acceptances
from specviz.controllers.gain import ExpectedGain
from specviz.controllers.levels import depth
from specviz.theory.plan import Plan, best_chain, best_plan
from specviz.theory.trees import children_of
from specviz.types import Costs, DraftTree, Sketch, Verdict

FIRST, EVERY = 4, 16  # cycles before the first plan, and between plans
LEAD = 1.15
"""What a tree has to promise over a chain. Chances are estimates, of which the best of many trees is the luckiest, and a chain's length is
chosen token by token: replayed on the shipped family's texts at the costs of a 2-core processor, 1.05 gave up to 8 % of the speed away, 1.15
at most 2 %."""


class Planner:
    """Plans the shape of the draft for the tree ``planned``.

    Args:
        gamma: most levels.
        costs: of a draft pass and of target passes; see ``specviz.engine.costs``.
        nodes: most drafted tokens of a tree.
    """

    def __init__(self, gamma: int, *, costs: Costs, nodes: int = 48) -> None:
        whole_number("nodes", nodes, least=1, do="48 is a good start")
        self._gain = ExpectedGain(gamma, costs=costs)
        self.gamma, self.costs, self.nodes = gamma, costs, nodes
        self.plan: Plan | None = None
        self._children: Mapping[int, Sequence[int]] = {}
        self._acceptances = Acceptances(gamma)
        self._cycles = 0

    def children(self, node: int) -> Sequence[int]:
        """The nodes planned below this one (-1 for the root), by rank; without a plan one after the other."""
        return self._children.get(node, ()) if self.plan else (node + 1,)

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether another level is planned, or of a chain is expected to pay."""
        return depth(sketch) < self.gamma if self.plan else self._gain.wants_more(sketch)

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """Learn, and from time to time plan again."""
        if not self.plan:
            self._gain.observe(tree, verdict)
        self._acceptances.learn(tree, verdict)
        self._cycles += 1
        if self._cycles >= FIRST and (self._cycles - FIRST) % EVERY == 0:
            self._choose()

    def _choose(self) -> None:
        table = self._acceptances.table()
        tree = best_plan(table, self.costs.draft, self.costs.v, nodes=self.nodes)
        chain = best_chain(table, self.costs.draft, self.costs.v)
        self.plan = tree if not tree.is_chain and tree.rate > LEAD * chain.rate else None
        self._children = children_of(self.plan.parents) if self.plan else {}
