"""WHAT SHAPE is proposed: one file per idea."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from specviz.trees import chain, dyspec, eagle2, medusa_paths, opt_tree, planned, rsd, sequoia, specinfer
from specviz.types import DraftTree, Sampling


@dataclass(frozen=True)
class Tree:
    """A shape and what it can be put together with.

    Attributes:
        build: ``build(drafter, controller, session, **settings)``; what follows the star in its signature are the shape's settings.
        samplings: how its siblings may be drawn at temperature > 0, its own way first.
        summary: what it does, in one line, with its source.
        has_siblings: whether several tokens may stand at one place.
        needs_law: whether the shape itself follows the draft's probabilities, so that a drafter that copies tokens cannot fill it.
        settles_counts: whether the number of children at a place is settled before any of them is drawn. Where a drawn token decides whether
            another sibling follows, a rule that judges siblings jointly, by their number, takes the draft for what it is not, and the
            output is wrong; rules that take one sibling after the other stay exact.
        by_level: whether it grows level by level; a controller that decides between levels has nothing to decide otherwise.
        needs_shape: whether the controller says what to draft, not only how long.
    """

    build: Callable[..., DraftTree]
    samplings: tuple[Sampling, ...]
    summary: str
    has_siblings: bool = True
    needs_law: bool = False
    settles_counts: bool = True
    by_level: bool = True
    needs_shape: bool = False


_WITHOUT: tuple[Sampling, ...] = ("without_replacement",)
_PICKED: tuple[Sampling, ...] = ("deterministic",)

TREES: dict[str, Tree] = {
    "chain": Tree(chain.build, ("iid", "deterministic"), "one token after another (2211.17192)", has_siblings=False),
    "specinfer": Tree(
        specinfer.build, ("iid", "without_replacement", "deterministic", "greedy"), "a fixed number of children on every level (2305.09781)"
    ),
    "medusa-paths": Tree(medusa_paths.build, _PICKED, "a fixed list of paths of ranks (2401.10774)"),
    "sequoia": Tree(sequoia.build, ("without_replacement", "deterministic"), "the best fixed tree for measured acceptances (2402.12374)"),
    "rsd-c": Tree(rsd.build_constant, _WITHOUT, "constant branching without replacement (2402.14160)", needs_law=True),
    "rsd-s": Tree(rsd.build_beam, _WITHOUT, "a stochastic beam without replacement (2402.14160)", needs_law=True, settles_counts=False),
    "dyspec": Tree(
        dyspec.build, _WITHOUT, "the likeliest slot next, one at a time (2410.11744)", needs_law=True, settles_counts=False, by_level=False
    ),
    "dyspec-threshold": Tree(
        dyspec.build_threshold, _WITHOUT, "every slot likely enough, level by level (2410.11744)", needs_law=True, settles_counts=False
    ),
    "eagle-2": Tree(eagle2.build, _PICKED, "expand by confidence, then keep the best (2406.16858)", needs_law=True),
    "opt-tree": Tree(opt_tree.build, _PICKED, "the best tokens over all layers, while a layer pays (2406.17276)", needs_law=True),
    "planned": Tree(planned.build, ("without_replacement", "deterministic"), "the shape that the controller plans", needs_shape=True),
}
