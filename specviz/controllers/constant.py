"""Always draft the same number of tokens."""

from __future__ import annotations

from specviz.controllers.levels import check_gamma, depth
from specviz.types import DraftTree, Sketch, Verdict


class Constant:
    """Stop at depth ``gamma``."""

    def __init__(self, gamma: int) -> None:
        self.gamma = check_gamma(gamma)

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether the tree is still shallower than gamma."""
        return depth(sketch) < self.gamma

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """A constant learns nothing."""
