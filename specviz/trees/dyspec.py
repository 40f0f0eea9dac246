"""DySpec: grow the tree where verification is likeliest to come by (2410.11744, Algorithms 1 and 2).

A slot is a place where one more token may be drawn: the next sibling under a node, or the first child of a node. Its value
estimates how likely verification reaches it, taking a token's draft probability R(y) for its acceptance: v (1 - R(y)) for the next
sibling, v R(y) for the first child. R is the draft's law without the siblings drawn before.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from specviz.coins import draw
from specviz.trees.layout import DraftingSession, finish, grow, sampling_of, without
from specviz.types import ROOT, Array, Controller, Drafter, DraftTree, Proposal, Sketch


@dataclass(eq=False)
class Slot:
    """Where one more child of ``parent`` may be drawn, from ``left`` float[V]; None until the drafter was asked."""

    parent: int
    value: float
    left: Array = None
    row: int = -1

    def fill(self, sketch: Sketch, session: DraftingSession, *, is_picked: bool) -> tuple[int, float]:
        """Draw the next child (pick the likeliest if ``is_picked``); return it with R(y). The slot becomes its next sibling's."""
        mass = float(self.left.sum())
        token = int(self.left.argmax()) if is_picked else draw(self.left, session.draft_coin(len(sketch)))
        chance = min(float(self.left[token]) / mass, 1.0)
        self.left[token] = 0.0
        self.value *= 1.0 - chance
        return sketch.add(token, self.parent, self.row), chance

    @property
    def has_mass(self) -> bool:
        """Whether a token is left to be drawn; where none is, there is no further sibling (no uniform fallback)."""
        return float(self.left.sum()) > 0.0


def build(drafter: Drafter, controller: Controller, session: DraftingSession, *, nodes: int = 32) -> DraftTree:
    """Draw ``nodes`` tokens, each time in the slot of the largest value (Algorithm 1); the controller's gamma bounds the depth.

    The drafter is asked for a slot's law when the slot is reached, so a leaf costs no pass.
    """
    drawn = sampling_of("without_replacement", drafter, session)
    budget, deepest = min(nodes, session.slots), min(controller.gamma, session.room)
    sketch = Sketch(prefix=len(session.tokens))
    # ties go to the slot that was opened first, which is also the order of the heap's second entry
    queue, opened = [(-1.0, 0, Slot(ROOT, 1.0))], 1
    while queue and deepest > 0 and len(sketch) < budget:
        _, _, slot = heapq.heappop(queue)
        if slot.left is None:
            _ask(drafter, sketch, [slot])
        reached = slot.value
        child, chance = slot.fill(sketch, session, is_picked=drawn == "deterministic")
        following = [slot] if slot.has_mass else []
        if sketch.depths[child] < deepest and sketch.tokens[child] not in session.end_tokens:
            following.append(Slot(child, reached * chance))
        for new in following:
            heapq.heappush(queue, (-new.value, opened, new))
            opened += 1
    return finish(sketch, drawn)


def build_threshold(drafter: Drafter, controller: Controller, session: DraftingSession, *, nodes: int = 64, threshold: float = 1 / 64) -> DraftTree:
    """Fill every slot whose value is at least ``threshold``, level by level (Algorithm 2): one pass a level, at most ``nodes`` tokens."""
    drawn = sampling_of("without_replacement", drafter, session)
    budget = min(nodes, session.slots)
    values = {ROOT: 1.0}

    def expand(sketch: Sketch, level: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        added: list[int] = []
        for node, proposal in zip(level, proposals, strict=True):
            slot = Slot(node, values[node], without(proposal.law, ()), sketch.add_law(proposal.law))
            while slot.value >= threshold and len(sketch) < budget and slot.has_mass:
                reached = slot.value
                child, chance = slot.fill(sketch, session, is_picked=drawn == "deterministic")
                values[child] = reached * chance
                added.append(child)
        return [child for child in added if values[child] >= threshold] if len(sketch) < budget else []

    return finish(grow(drafter, controller, session, expand), drawn)


def _ask(drafter: Drafter, sketch: Sketch, slots: Sequence[Slot]) -> None:
    for slot, proposal in zip(slots, drafter.propose(sketch, [slot.parent for slot in slots]), strict=True):
        slot.left, slot.row = without(proposal.law, ()), sketch.add_law(proposal.law)
