"""Which parts go together: every drafter x tree x way to draw x rule x controller, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from specviz.controllers import CONTROLLERS
from specviz.drafters import DRAFTERS
from specviz.trees import TREES
from specviz.types import Sampling
from specviz.verifiers import VERIFIERS


def has_law(drafter: str) -> bool:
    """Whether this drafter's proposals carry a law; one that does not say so has one."""
    return bool(getattr(DRAFTERS[drafter], "has_law", True))


def conflict_of(drafter: str, tree: str, verifier: str, controller: str, sampling: Sampling) -> str | None:
    """Why these parts do not go together, naming both sides; None when they do."""
    conflicts = (
        _drafter_conflict(drafter, tree, controller, sampling),
        _rule_conflict(tree, verifier, sampling),
        _controller_conflict(tree, controller),
    )
    return next((conflict for conflict in conflicts if conflict), None)


def _drafter_conflict(drafter: str, tree: str, controller: str, sampling: Sampling) -> str | None:
    shape = TREES[tree]
    if has_law(drafter):
        if sampling in shape.samplings:
            return None
        return f"expected sampling {' or '.join(shape.samplings)} for the tree {tree!r}, got {sampling!r}; leave it out, or choose a tree that has it"
    if sampling != "deterministic":
        return f"expected sampling 'deterministic' for the drafter {drafter!r}, which copies tokens, got {sampling!r}; leave it out"
    if shape.needs_law:
        return f"expected a drafter with a law for the tree {tree!r}, which follows its probabilities, got {drafter!r}, which copies tokens"
    if CONTROLLERS[controller].needs_law:
        return f"expected a drafter with a law for the controller {controller!r}, which looks at it, got {drafter!r}, which copies tokens"
    return None


def _rule_conflict(tree: str, verifier: str, sampling: Sampling) -> str | None:
    shape, rule = TREES[tree], VERIFIERS[verifier]
    if sampling not in rule.samplings:
        can = " or ".join(sorted(rule.samplings))
        return (
            f"expected a tree sampled {can} for the rule {verifier!r}, got the tree {tree!r} sampled {sampling}; choose a rule that judges {sampling}"
        )
    if shape.has_siblings and rule.chains_only:
        return f"expected a chain for the rule {verifier!r}, got the tree {tree!r}, which has siblings; choose a rule made for several drafts"
    if rule.is_joint and not shape.settles_counts:
        return (
            f"expected a tree that settles how many siblings it draws before it draws them for the rule {verifier!r}, which judges them jointly, "
            f"got {tree!r}, where a drawn token decides whether another follows; choose a rule that takes one sibling after the other"
        )
    return None


def _controller_conflict(tree: str, controller: str) -> str | None:
    if TREES[tree].needs_shape != CONTROLLERS[controller].shapes:
        shaping = next(name for name, control in CONTROLLERS.items() if control.shapes)
        shaped = next(name for name, shape in TREES.items() if shape.needs_shape)
        return (
            f"expected the tree {shaped!r} and the controller {shaping!r} together, for one fills what the other plans, "
            f"got the tree {tree!r} and the controller {controller!r}"
        )
    if CONTROLLERS[controller].between_levels and not TREES[tree].by_level:
        return f"expected a tree that grows level by level for the controller {controller!r}, got {tree!r}, which takes one token at a time"
    return None


def combinations() -> Iterator[tuple[str, str, Sampling, str, str, str | None]]:
    """Every drafter x tree x way to draw x rule x controller with its conflict, None where they go together."""
    for drafter, tree, verifier, controller in product(DRAFTERS, TREES, VERIFIERS, CONTROLLERS):
        ways: tuple[Sampling, ...] = TREES[tree].samplings if has_law(drafter) else ("deterministic",)
        for sampling in ways:
            yield drafter, tree, sampling, verifier, controller, conflict_of(drafter, tree, verifier, controller, sampling)
