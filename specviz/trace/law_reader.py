"""Reads laws where the engine left them: on a card every step's at once, on a processor those of a few steps together."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from specviz.trace.law_summary import LawSummary, largest, measure, to_numpy
from specviz.trace.laws_on_card import LARGEST_VOCABULARY, KeptLaws, LawsOnCard
from specviz.trace.schema import TOP
from specviz.types import Array, Step

_ENTRIES = 1 << 18
"""Numbers in the laws that wait on a processor: what its caches still hold, a few cycles of a small vocabulary and none of a large one."""


class LawReader:
    """Summarises laws through blocks of memory that are used again and again: fresh memory for each step would cost more than the arithmetic.

    On a processor the arithmetic of one step is so little that beginning it costs as much, so the laws of some steps wait for each other.
    """

    def __init__(self) -> None:
        self._block: Array = None
        self._logs: Array = None
        self._xp: Any = None
        self._store = LawsOnCard()
        self._waiting: list[WaitingLaws] = []
        self._entries = 0

    def read(self, step: Step) -> WaitingLaws | KeptLaws:
        """Take the laws of one step; what they came down to is there when it is asked for."""
        if is_on_card(step.p):
            block, logs = self._memory(step.p, 3 * len(step.tree) + 1)
            refused, entropy = measure(self._xp, [step], block, logs)
            probs, tokens = block.topk(min(TOP, block.shape[1]))
            return self._store.keep(self._xp, refused, entropy, tokens, probs)
        self._waiting.append(WaitingLaws(self, step))
        self._entries += sum(laws.shape[0] * laws.shape[1] for laws in (step.p, step.tree.q) if laws is not None)
        waiting = self._waiting[-1]
        if self._entries >= _ENTRIES:
            self.read_waiting()
        return waiting

    def read_waiting(self) -> None:
        """Summarise what waits, and let go of its laws."""
        waiting, self._waiting, self._entries = self._waiting, [], 0
        steps = [laws.step for laws in waiting]
        n = sum(len(step.tree) for step in steps)
        block, logs = self._memory(steps[0].p, 3 * n + len(steps))
        refused, entropy = measure(np, steps, to_numpy(block), to_numpy(logs))
        summary, first = LawSummary(refused, entropy[:n], entropy[n:], *largest(block)), 0
        for place, laws in enumerate(waiting):
            first = laws.take(summary, place, first)

    def release(self) -> None:
        """Summarise what still waits, bring to the host what is left on a card, and let go of the memory."""
        if self._waiting:
            self.read_waiting()
        self._store.release()
        self._block = self._logs = None

    def _memory(self, like: Array, rows: int) -> tuple[Array, Array]:
        """Two blocks float32[rows, V] on the laws' own device."""
        if self._block is None or self._block.shape[0] < rows:
            if is_on_card(like) and like.shape[1] > LARGEST_VOCABULARY:
                limit = f"a vocabulary of at most {LARGEST_VOCABULARY} to record laws on a card"
                raise ValueError(f"expected {limit}, got {like.shape[1]}; record with detail='light'")
            self._xp = array_namespace(like)
            self._block, self._logs = (self._xp.zeros((rows, like.shape[1]), dtype=self._xp.float32, device=device(like)) for _ in range(2))
        return self._block[:rows], self._logs[:rows]


class WaitingLaws:
    """One step's laws, or its part of a summary of several steps."""

    def __init__(self, reader: LawReader, step: Step) -> None:
        self._reader = reader
        self._step: Step | None = step
        self._summary: LawSummary | None = None
        self._place, self._nodes = 0, slice(0)

    @property
    def step(self) -> Step:
        """Whose laws they are, until they were summarised."""
        assert self._step is not None  # noqa: S101  asked for while it waits
        return self._step

    def take(self, summary: LawSummary, place: int, first: int) -> int:
        """Keep the place in a summary that begins with node ``first``, and let go of the laws; returns the first node of the next one."""
        end = first + len(self.step.tree)
        self._summary, self._place, self._nodes, self._step = summary, place, slice(first, end), None
        return end

    def on_host(self) -> LawSummary:
        """The step's summary; the first that is asked for reads all that wait."""
        if self._summary is None:
            self._reader.read_waiting()
        assert self._summary is not None  # noqa: S101  reading hands every step its place
        return self._summary.of_step(self._place, self._nodes)


def is_on_card(rows: Array) -> bool:
    """Whether an array is a tensor on another device than the processor."""
    return hasattr(rows, "topk") and rows.device.type != "cpu"
