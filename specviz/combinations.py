"""Which parts go together: every drafter x tree x way to draw x rule x controller, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from specviz.controllers import CONTROLLERS
from specviz.drafters import DRAFTERS
from specviz.errors import UnexpectedValueError
from specviz.trees import TREES
from specviz.types import Sampling
from specviz.verifiers import VERIFIERS


def has_law(drafter: str) -> bool:
    """Whether this drafter's proposals carry a law; one that does not say so has one."""
    return bool(getattr(DRAFTERS[drafter], "has_law", True))


def needs_of(drafter: str | None) -> frozenset[str]:
    """What a pair has to offer for this drafter; nothing for plain decoding, or where the drafter names nothing."""
    return frozenset() if drafter is None else getattr(DRAFTERS[drafter], "needs", frozenset())


class Conflict(NamedTuple):
    """Why parts do not go together: the three parts of an error."""

    expected: str
    got: str
    do: str = ""


def conflict_of(drafter: str, tree: str, verifier: str, controller: str, sampling: Sampling) -> Conflict | None:
    """Why these parts do not go together, naming both sides; None when they do."""
    conflicts = (
        _drafter_conflict(drafter, tree, controller, sampling),
        _rule_conflict(tree, verifier, sampling),
        _controller_conflict(tree, controller),
    )
    return next((conflict for conflict in conflicts if conflict), None)


def _drafter_conflict(drafter: str, tree: str, controller: str, sampling: Sampling) -> Conflict | None:
    shape = TREES[tree]
    if has_law(drafter):
        if sampling in shape.samplings:
            return None
        ways = " or ".join(shape.samplings)
        return Conflict(f"sampling {ways} for the tree {tree!r}", repr(sampling), "leave it out, or choose a tree that has it")
    copies = f"{drafter!r}, which copies tokens"
    if sampling != "deterministic":
        return Conflict(f"sampling 'deterministic' for the drafter {copies}", repr(sampling), "leave it out")
    if shape.needs_law:
        return Conflict(f"a drafter with a law for the tree {tree!r}, which follows its probabilities", copies)
    if CONTROLLERS[controller].needs_law:
        return Conflict(f"a drafter with a law for the controller {controller!r}, which looks at it", copies)
    return None


def _rule_conflict(tree: str, verifier: str, sampling: Sampling) -> Conflict | None:
    shape, rule = TREES[tree], VERIFIERS[verifier]
    if sampling not in rule.samplings:
        can = " or ".join(sorted(rule.samplings))
        return Conflict(
            f"a tree sampled {can} for the rule {verifier!r}", f"the tree {tree!r} sampled {sampling}", f"choose a rule that judges {sampling}"
        )
    if shape.has_siblings and rule.chains_only:
        return Conflict(f"a chain for the rule {verifier!r}", f"the tree {tree!r}, which has siblings", "choose a rule made for several drafts")
    if rule.is_joint and not shape.settles_counts:
        return Conflict(
            f"a tree that settles how many siblings it draws before it draws them for the rule {verifier!r}, which judges them jointly",
            f"{tree!r}, where a drawn token decides whether another follows",
            "choose a rule that takes one sibling after the other",
        )
    return None


def _controller_conflict(tree: str, controller: str) -> Conflict | None:
    if TREES[tree].needs_shape != CONTROLLERS[controller].shapes:
        shaping = next(name for name, control in CONTROLLERS.items() if control.shapes)
        shaped = next(name for name, shape in TREES.items() if shape.needs_shape)
        return Conflict(
            f"the tree {shaped!r} and the controller {shaping!r} together, for one fills what the other plans",
            f"the tree {tree!r} and the controller {controller!r}",
        )
    if CONTROLLERS[controller].between_levels and not TREES[tree].by_level:
        return Conflict(f"a tree that grows level by level for the controller {controller!r}", f"{tree!r}, which takes one token at a time")
    return None


def combinations() -> Iterator[tuple[str, str, Sampling, str, str, str | None]]:
    """Every drafter x tree x way to draw x rule x controller with its conflict, None where they go together."""
    for drafter, tree, verifier, controller in product(DRAFTERS, TREES, VERIFIERS, CONTROLLERS):
        ways: tuple[Sampling, ...] = TREES[tree].samplings if has_law(drafter) else ("deterministic",)
        for sampling in ways:
            conflict = conflict_of(drafter, tree, verifier, controller, sampling)
            yield drafter, tree, sampling, verifier, controller, None if conflict is None else str(UnexpectedValueError(*conflict))
