"""HOW LONG to draft: one file per idea.

Every controller only stops drafting and takes nothing back that was drafted, so the output is the target's own whatever it decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from specviz.controllers.confidence import Confidence
from specviz.controllers.constant import Constant
from specviz.controllers.entropy import EntropyBound
from specviz.controllers.gain import ExpectedGain
from specviz.controllers.heuristic import Heuristic
from specviz.controllers.planner import Planner
from specviz.types import Controller


@dataclass(frozen=True)
class Control:
    """A controller and what it can be put together with.

    Attributes:
        make: ``make(gamma, **settings)``, gamma the most levels; what follows the star in its signature are its settings.
        summary: what it does, in one line, with its source.
        between_levels: whether it decides while a tree grows level by level; otherwise gamma is settled before the cycle.
        needs_law: whether it looks at the draft's laws, which a drafter that copies tokens has not.
        shapes: whether it plans what to draft, for a tree that leaves this to it.
    """

    make: Callable[..., Controller]
    summary: str
    between_levels: bool = True
    needs_law: bool = True
    shapes: bool = False


CONTROLLERS: dict[str, Control] = {
    "constant": Control(Constant, "the same number of levels in every cycle", between_levels=False, needs_law=False),
    "heuristic": Control(Heuristic, "two levels more after a full acceptance, one less after a refusal", between_levels=False, needs_law=False),
    "confidence": Control(Confidence, "stop after a token that the draft is not sure of (2404.18911, 2405.04304)"),
    "entropy": Control(EntropyBound, "AdaEDL: stop where the draft's entropy is high (2410.18351)"),
    "expected-gain": Control(ExpectedGain, "draft on while the next level pays at measured costs", needs_law=False),
    "planner": Control(Planner, "plain, a chain or a tree, by what is expected to pay at measured costs", needs_law=False, shapes=True),
}
