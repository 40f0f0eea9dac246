"""Choosing among picked tokens by their value, the draft's own estimate of how likely verification accepts a whole path.

For picked tokens only: drawn ones must never be chosen by what they turned out to be (see layout.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from specviz.trees.layout import finish, ranked
from specviz.types import ROOT, DraftTree, Proposal, Sketch


class Values:
    """The value of every node of a growing sketch: the product of the draft's probabilities along its path, 1 at the root."""

    def __init__(self) -> None:
        self._of: dict[int, float] = {ROOT: 1.0}

    def __getitem__(self, node: int) -> float:
        """The value of a node."""
        return self._of[node]

    def add_best(self, sketch: Sketch, level: Sequence[int], proposals: Sequence[Proposal], count: int, width: int | None = None) -> list[int]:
        """Add the ``count`` best children of a whole level, each node's ``width`` likeliest considered; best first.

        Ties go to the parent, then to the rank, that comes first.
        """
        if count < 1:
            return []
        found = [
            (-self._of[node] * q, i, rank, token)
            for i, (node, proposal) in enumerate(zip(level, proposals, strict=True))
            for rank, (token, q) in enumerate(ranked(proposal.law, width or count))
        ]
        rows: dict[int, int] = {}
        added = []
        for value, i, _, token in heapq.nsmallest(count, found):
            if i not in rows:
                rows[i] = sketch.add_law(proposals[i].law)
            child = sketch.add(token, level[i], rows[i])
            self._of[child] = -value
            added.append(child)
        return added

    def best(self, candidates: Sequence[int], count: int) -> list[int]:
        """The ``count`` candidates of the largest value, in the order they were added.

        A child is never worth more than its parent, and a tie goes to the one added first, so that whatever is kept is connected.
        """
        return sorted(heapq.nsmallest(max(count, 0), candidates, key=lambda node: (-self._of[node], node)))

    def cut(self, sketch: Sketch, count: int) -> DraftTree:
        """The tree of the sketch's ``count`` best nodes, and as many of the next best as its pruned ones."""
        kept = self.best(range(len(sketch)), count)
        others = sorted(set(range(len(sketch))) - set(kept))
        return finish(sketch, "deterministic", kept, self.best(others, len(kept)))

    def sum_of_best(self, candidates: Sequence[int], count: int) -> float:
        """The sum of the ``count`` largest values: how many of these tokens the draft expects to be accepted."""
        return sum(heapq.nlargest(count, (self._of[node] for node in candidates)))
