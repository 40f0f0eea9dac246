"""The schedule of Hugging Face's assisted generation: two more after a full acceptance, one less after a refusal.

Source: transformers, assisted generation, schedule "heuristic"; discussed in 2405.04304, section 2.
"""

from __future__ import annotations

from specviz.controllers.levels import check_gamma, depth
from specviz.types import DraftTree, Sketch, Verdict

START = 5


class Heuristic:
    """Begin with 5 levels; +2 after a cycle that accepted a whole path, else -1; between 1 and ``limit``.

    ``gamma`` is the number of levels of the cycle to come.
    """

    def __init__(self, gamma: int) -> None:
        self.limit = check_gamma(gamma)
        self.gamma = min(START, gamma)

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether the tree is still shallower than this cycle's gamma."""
        return depth(sketch) < self.gamma

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """Lengthen or shorten the next draft; a cycle in which nothing was drafted says nothing."""
        if len(tree):
            wanted = self.gamma + 2 if verdict.kind == "bonus" else max(1, self.gamma - 1)
            self.gamma = min(wanted, self.limit)
