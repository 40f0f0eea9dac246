"""Always draft the same number of tokens."""

from __future__ import annotations

from specviz.types import DraftTree, Sketch, Verdict


class Constant:
    """Stop at depth ``gamma``."""

    def __init__(self, gamma: int) -> None:
        if gamma < 0:
            raise ValueError(f"expected gamma >= 0, got {gamma}; 0 drafts nothing, 4 is a good start")
        self.gamma = gamma

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether the tree is still shallower than gamma."""
        return (max(sketch.depths) if sketch.depths else 0) < self.gamma

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """A constant learns nothing."""
