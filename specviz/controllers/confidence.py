"""Stop after a token that the draft itself is not sure of: the confidence threshold (2404.18911, section 3.3; 2405.04304)."""

from __future__ import annotations

from specviz.controllers.levels import check_gamma, depth, last_level, probability
from specviz.errors import UnexpectedValueError
from specviz.types import DraftTree, Sketch, Verdict


class Confidence:
    """Stop when no token of the last level has a draft probability of ``confidence`` or more; that level is still submitted.

    Safe although it looks at drawn tokens: whatever was drawn is verified, only what was not drawn yet is left out.
    """

    def __init__(self, gamma: int, *, confidence: float = 0.4) -> None:
        self.gamma = check_gamma(gamma)
        if not 0.0 <= confidence <= 1.0:
            raise UnexpectedValueError("a confidence in [0, 1]", str(confidence), "0 never stops early, 0.4 is a good start")
        self.confidence = confidence

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether the draft was sure of some token of the last level."""
        if depth(sketch) >= self.gamma:
            return False
        level = last_level(sketch)
        return not level or any(probability(sketch, sketch.laws, node) >= self.confidence for node in level)

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """A fixed threshold learns nothing."""
