"""Trees that the real builders grow over the lab's tiny language, and what verification makes of them: exactly, only drafts are tossed for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from specviz.coins import Purpose, toss
from specviz.errors import UnexpectedValueError
from specviz.labs.laws import Floats
from specviz.labs.markov import Pair
from specviz.theory.trees import expected_tokens, from_thresholds, path_probabilities
from specviz.trees import TREES
from specviz.trees.medusa_paths import ACCURACY, grow_paths
from specviz.types import ROOT, Array, DraftTree, Proposal, Sketch, Verdict
from specviz.verifiers.siblings import drafts
from specviz.verifiers.walk import one_by_one

SHAPES = ("sequoia", "medusa-paths", "dyspec", "eagle-2", "opt-tree", "chain")
"""Names of ``TREES`` that :func:`grow` knows how to give a budget."""
MOST = 4096
"""Nodes a draft may have at most, those that are cut again included."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A tree that was grown.

    Attributes:
        shape: who grew it.
        tree: the draft.
        passes: of the draft, to grow it.
        confidence: float[N], the product of the draft's probabilities along each node's path.
        rates: float[N], how often each node is accepted given that its parent was, over the coins.
    """

    shape: str
    tree: DraftTree
    passes: int
    confidence: Floats
    rates: Floats

    @property
    def reached(self) -> Floats:
        """How often each node is accepted, float[N]."""
        return path_probabilities(self.tree.parents, self.rates)

    @property
    def tokens_per_cycle(self) -> float:
        """Expected tokens of the cycle, the last one counted."""
        return expected_tokens(self.tree.parents, self.rates)

    @property
    def levels(self) -> int:
        """Depth of the deepest node."""
        return max(self.tree.depths(), default=0)


def grow(shape: str, pair: Pair, *, nodes: int, levels: int, seed: int = 0) -> Grown:
    """Let a builder of ``TREES`` grow a tree at the start of a text.

    Args:
        shape: a name of :data:`SHAPES`.
        pair: the draft proposes, the target judges.
        nodes: most drafted tokens.
        levels: most levels.
        seed: of the drafts that are drawn.

    Raises:
        ValueError: for an unknown shape, or a budget below 1.
    """
    if shape not in SHAPES:
        raise UnexpectedValueError(f"a shape among {', '.join(SHAPES)}", repr(shape))
    if nodes < 1 or levels < 1:
        raise UnexpectedValueError("at least 1 node and 1 level", f"{nodes} and {levels}")
    drafter = _Drafter(pair)
    tree = _builder(shape, nodes)(drafter, _Levels(min(levels, nodes)), _Session(pair, levels, seed))
    p = pair.p[[pair.start, *tree.tokens]]
    return Grown(shape, tree, drafter.passes, _confidence(tree), acceptance(tree, p))


def acceptance(tree: DraftTree, p: Array) -> Floats:
    """How often the rule ``recursive`` accepts each node given that its parent was accepted, float[N], over all coins.

    Args:
        tree: the draft.
        p: float[N+1, V], the target's laws.
    """
    thresholds = np.zeros(len(tree))
    for parent in sorted(set(tree.parents)):
        for look in one_by_one(p[parent + 1], drafts(tree, tree.children(parent))):
            thresholds[look.node] = look.threshold
    return from_thresholds(tree.parents, thresholds)


def _confidence(tree: DraftTree) -> Floats:
    values = np.ones(len(tree) + 1)  # the last entry is the root's: index -1
    for node, (parent, token) in enumerate(zip(tree.parents, tree.tokens, strict=True)):
        values[node] = values[parent] * tree.q[tree.q_row[node], token]
    return values[:-1]


def _builder(shape: str, nodes: int) -> Callable[..., DraftTree]:
    build = TREES[shape].build
    if shape == "chain":
        return build
    return partial(build, paths=grow_paths(ACCURACY, nodes)) if shape == "medusa-paths" else partial(build, nodes=nodes)


class _Drafter:
    """Proposes the law of the last token, and counts how often it was asked."""

    has_law = True

    def __init__(self, pair: Pair) -> None:
        self.passes = 0
        self._pair = pair

    def start(self, context: object) -> None:
        """Nothing to remember."""

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        self.passes += 1
        return [Proposal(law=self._pair.q[self._pair.start if node == ROOT else sketch.tokens[node]]) for node in nodes]

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:
        """Nothing to forget."""


class _Session:
    """The start of a text, with room for some levels."""

    is_greedy = False
    slots = MOST
    end_tokens = ()

    def __init__(self, pair: Pair, levels: int, seed: int) -> None:
        self.tokens = [pair.start]
        self.room = levels
        self._coins = toss(seed, 0, Purpose.DRAFT, MOST)

    def draft_coin(self, node: int) -> float:
        return float(self._coins[node])


class _Levels:
    """Stops at a depth."""

    def __init__(self, gamma: int) -> None:
        self.gamma = gamma

    def wants_more(self, sketch: Sketch) -> bool:
        return max(sketch.depths, default=0) < self.gamma

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """Nothing to learn."""
