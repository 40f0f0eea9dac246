"""Drafting without models: a drafter that reads a table, a session made of a few numbers, and every tree that a builder may draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch

from specviz.controllers.constant import Constant
from specviz.types import ROOT, DraftTree, Proposal, Sketch

Context = tuple[int, ...]
Table = Callable[[Context], np.ndarray]

KINDS: dict[str, Callable[[np.ndarray], Any]] = {"numpy": np.array, "torch": torch.tensor}


def paths(tree: DraftTree | Sketch) -> list[Context]:
    """The tokens from the root to every node."""
    found: list[Context] = []
    for token, parent in zip(tree.tokens, tree.parents, strict=True):
        found.append((*(found[parent] if parent != ROOT else ()), token))
    return found


@dataclass
class TableDrafter:
    """Proposes the table's law after every node; ``asked`` holds the nodes of every pass."""

    table: Table
    kind: str = "numpy"
    has_law: bool = True
    asked: list[list[int]] = field(default_factory=list)

    def start(self, context: Any) -> None: ...

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        self.asked.append(list(nodes))
        contexts = paths(sketch)
        return [self._proposal(contexts[node] if node != ROOT else ()) for node in nodes]

    def _proposal(self, context: Context) -> Proposal:
        law = self.table(context)
        if self.has_law:
            return Proposal(law=KINDS[self.kind](law))
        return Proposal(tokens=tuple(np.argsort(-law, kind="stable")[: 2 + len(context) % 2].tolist()))

    def observe(self, tree: Any, p: Any, verdict: Any) -> None: ...


@dataclass
class Desk:
    """What a builder needs of a session."""

    room: int = 8
    slots: int = 10_000
    is_greedy: bool = False
    seed: int = 0
    tokens: list[int] = field(default_factory=lambda: [0])
    end_tokens: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.coins = np.random.default_rng(self.seed).random(256).tolist()

    def draft_coin(self, node: int) -> float:
        return float(self.coins[node])


class Shaped(Constant):
    """Constant; a tree that asks for a shape gets two chains side by side."""

    def children(self, node: int) -> tuple[int, ...]:
        return (0, 1) if node == ROOT else (node + 2,)


def build(
    builder: Callable[..., DraftTree], table: Table, gamma: int = 3, desk: Desk | None = None, kind: str = "numpy", **settings: Any
) -> DraftTree:
    """Build one tree over a table."""
    return builder(TableDrafter(table, kind), Shaped(gamma), desk or Desk(), **settings)


class Oracle:
    """Stands in for ``draw``: follows a script, then takes the first token that can come, and notes what else could have."""

    def __init__(self, script: Sequence[int]) -> None:
        self.script = list(script)
        self.taken: list[int] = []
        self.weight = 1.0
        self.untried: list[list[int]] = []

    def __call__(self, law: Any, coin: float) -> int:  # noqa: ARG002  the script decides, not the coin
        weights = np.asarray(law, dtype=float)
        possible = np.flatnonzero(weights > 0).tolist()
        number = len(self.taken)
        token = self.script[number] if number < len(self.script) else possible[0]
        if number >= len(self.script):
            self.untried += [[*self.taken, other] for other in possible[1:]]
        self.taken.append(token)
        self.weight *= weights[token] / weights.sum()
        return token


def all_drawn(draft: Callable[[], DraftTree]) -> Iterator[tuple[DraftTree, float, list[int]]]:
    """Every tree that ``draft`` may build, with its probability and the tokens drawn on the way; coins for anything but tokens stay."""
    scripts: list[list[int]] = [[]]
    with pytest.MonkeyPatch.context() as patch:
        while scripts:
            oracle = Oracle(scripts.pop())
            for module in ("layout", "rsd", "dyspec"):
                patch.setattr(f"specviz.trees.{module}.draw", oracle)
            yield draft(), oracle.weight, oracle.taken
            scripts += oracle.untried
