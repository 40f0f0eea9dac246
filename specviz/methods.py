"""METHODS: a method is a drafter, a tree, a rule and a controller, under the name its paper gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specviz.controllers import CONTROLLERS
from specviz.drafters import DRAFTERS
from specviz.trees import TREES
from specviz.verifiers import VERIFIERS


@dataclass(frozen=True)
class Method:
    """A way to decode.

    Attributes:
        drafter: WHO proposes, a name of ``DRAFTERS``; None decodes plainly, one token a pass.
        tree: WHAT SHAPE, a name of ``TREES``.
        verifier: the accept/reject rule at temperature > 0, a name of ``VERIFIERS``. At temperature 0 every lossless rule
            is the exact match, and ``greedy`` is used.
        controller: HOW LONG, a name of ``CONTROLLERS``.
        gamma: most levels drafted in a cycle; a run may ask for another number.
        source: where it comes from.
        summary: what it does, in one line.

    Raises:
        ValueError: when a part has no such name.
    """

    drafter: str | None = "independent"
    tree: str = "chain"
    verifier: str = "rejection"
    controller: str = "constant"
    gamma: int = 4
    source: str = ""
    summary: str = ""

    def __post_init__(self) -> None:
        parts: dict[str, Mapping[str, object]] = {"drafter": DRAFTERS, "tree": TREES, "verifier": VERIFIERS, "controller": CONTROLLERS}
        for part, known in parts.items():
            name = getattr(self, part)
            if name not in known and not (part == "drafter" and name is None):
                raise ValueError(f"expected the {part} to be one of {', '.join(known)}, got {name!r}")
        if self.gamma < 0:
            raise ValueError(f"expected gamma >= 0, got {self.gamma}")


METHODS: dict[str, Method] = {
    "autoregressive": Method(drafter=None, gamma=0, summary="plain decoding: one token a pass of the target"),
    "chain": Method(
        source="2211.17192, 2302.01318",
        summary="a smaller model drafts a few tokens, the target checks them in one pass",
    ),
    "prompt-lookup": Method(
        drafter="prompt-lookup",
        gamma=10,
        source="n-gram copying; surveyed in 2401.07851",
        summary="copies what followed the last time these words stood in the text; no draft model",
    ),
}


def find_method(method: str | Method) -> tuple[str, Method]:
    """The method of this name with its name; a :class:`Method` is taken as it is.

    Raises:
        ValueError: when there is no such method.
    """
    if isinstance(method, Method):
        names = [name for name, known in METHODS.items() if known == method]
        return (names[0] if names else f"{method.drafter}/{method.tree}/{method.verifier}/{method.controller}"), method
    if method not in METHODS:
        raise ValueError(f"expected a method ({', '.join(METHODS)}) or a specviz.Method, got {method!r}")
    return method, METHODS[method]
