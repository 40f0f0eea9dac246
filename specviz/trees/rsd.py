"""Trees drawn without replacement (Recursive Speculative Decoding, 2402.14160): constant branching, and a stochastic beam.

The beam keeps, on every level, the W sequences whose perturbed log-probability is largest. A perturbed score is a Gumbel variable,
G = -log t with t an exponential arrival time of rate exp(log-probability), so the beam is the W earliest arrivals of a race: a
node's first child arrives together with the node, each further child after a wait of rate (path probability x mass not yet drawn).
That draws the same beams as the paper's chain of conditioned Gumbels without its delicate logarithms. Which token arrives next does
not depend on when it arrives, so the number of children a node gets says nothing about their values, and the tree stays lossless.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

from specviz.coins import draw
from specviz.trees import specinfer
from specviz.trees.layout import DraftingSession, finish, grow, sampling_of, without
from specviz.trees.ranking import Values
from specviz.types import ROOT, Array, Controller, Drafter, DraftTree, Proposal, Sketch


def build_constant(drafter: Drafter, controller: Controller, session: DraftingSession, *, branching: tuple[int, ...] = (2, 2, 2)) -> DraftTree:
    """RSD-C (section 3.2.1): ``branching[d]`` children of every node of level d, drawn without replacement."""
    return specinfer.build(drafter, controller, session, branching=branching, sampling="without_replacement")


def build_beam(drafter: Drafter, controller: Controller, session: DraftingSession, *, width: int = 4) -> DraftTree:
    """RSD-S (section 3.2.2): the ``width`` likeliest perturbed sequences of every level; the likeliest plain ones at temperature 0."""
    drawn = sampling_of("without_replacement", drafter, session)
    values, race = Values(), _Race(session, most=width * controller.gamma)

    def expand(sketch: Sketch, nodes: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        count = min(width, session.slots - len(sketch))
        if drawn == "deterministic":
            return values.add_best(sketch, nodes, proposals, count)
        return race.next_level(sketch, nodes, proposals, count)

    return finish(grow(drafter, controller, session, expand), drawn)


@dataclass(eq=False)
class _Runner:
    """A node whose next child is on its way; ``left`` float[V] is the law without the children that arrived."""

    node: int
    row: int
    left: Array


class _Race:
    """Arrivals of sequences. Node i's token is drawn by coin i, the wait after it by coin ``most`` + i."""

    def __init__(self, session: DraftingSession, most: int) -> None:
        self._session, self._most = session, most
        self._arrived = {ROOT: 0.0}
        self._weights = {ROOT: 1.0}

    def next_level(self, sketch: Sketch, nodes: Sequence[int], proposals: Sequence[Proposal], width: int) -> list[int]:
        runners = [_Runner(node, sketch.add_law(p.law), without(p.law, ())) for node, p in zip(nodes, proposals, strict=True)]
        queue = [(self._arrived[runner.node], i) for i, runner in enumerate(runners)]
        heapq.heapify(queue)
        added: list[int] = []
        while queue and len(added) < width:
            time, i = heapq.heappop(queue)
            added.append(self._arrive(sketch, runners[i], time))
            rate = self._weights[runners[i].node] * float(runners[i].left.sum())
            if rate > 0.0:
                heapq.heappush(queue, (time - log1p(-self._session.draft_coin(self._most + added[-1])) / rate, i))
        return added

    def _arrive(self, sketch: Sketch, runner: _Runner, time: float) -> int:
        token = draw(runner.left, self._session.draft_coin(len(sketch)))
        child = sketch.add(token, runner.node, runner.row)
        self._arrived[child] = time
        self._weights[child] = self._weights[runner.node] * float(runner.left[token])
        runner.left[token] = 0.0
        return child
