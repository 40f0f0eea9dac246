"""Reads laws where the engine left them: on a card every step's at once, on a processor those of a few steps together."""

from __future__ import annotations

import threading

import numpy as np
from array_api_compat import array_namespace, device

from specviz.errors import UnexpectedValueError
from specviz.trace.law_summary import LawSummary, largest, measure, to_numpy
from specviz.trace.laws_on_card import LARGEST_VOCABULARY, KeptLaws, LawsOnCard
from specviz.trace.schema import TOP
from specviz.types import Array, Step

_ENTRIES = 1 << 18
"""Numbers in the laws that wait on a processor: what its caches still hold, a few cycles of a small vocabulary and none of a large one."""
_KEPT = 1 << 21
"""Numbers of a block that outlives its run: 8 MB, so that short runs need not begin with fresh memory."""


class LawReader:
    """Summarises laws through blocks of memory that are used again and again: fresh memory would cost as much as the arithmetic.

    On a processor the arithmetic of one step is so little that beginning it costs as much, so the laws of some steps wait for each other.
    """

    def __init__(self) -> None:
        self._on_card = _Blocks()
        self._store = LawsOnCard()
        self._waiting: list[WaitingLaws] = []
        self._entries = 0

    def read(self, step: Step) -> WaitingLaws | KeptLaws:
        """Take the laws of one step; what they came down to is there when it is asked for."""
        if is_on_card(step.p):
            return self._read_on_card(step)
        waiting = WaitingLaws(self, step)
        self._waiting.append(waiting)
        self._entries += sum(laws.shape[0] * laws.shape[1] for laws in (step.p, step.tree.q) if laws is not None)
        if self._entries >= _ENTRIES:
            self.read_waiting()
        return waiting

    def read_waiting(self) -> None:
        """Summarise what waits, and let go of its laws."""
        waiting, self._waiting, self._entries = self._waiting, [], 0
        steps = [laws.step for laws in waiting]
        n = sum(len(step.tree) for step in steps)
        block, logs = _of_thread.blocks.rows(3 * n + len(steps), steps[0].p)
        refused, entropy = measure(np, steps, to_numpy(block), to_numpy(logs))
        summary, first = LawSummary(refused, entropy[:n], entropy[n:], *largest(block)), 0
        for place, laws in enumerate(waiting):
            end = first + len(laws.step.tree)
            laws.take(summary, place, slice(first, end))
            first = end

    def release(self) -> None:
        """Summarise what still waits, bring to the host what is left on a card, and let go of the memory that is large or on a card."""
        if self._waiting:
            self.read_waiting()
        self._store.release()
        self._on_card.release()
        _of_thread.blocks.release(beyond=_KEPT)

    def _read_on_card(self, step: Step) -> KeptLaws:
        if step.p.shape[1] > LARGEST_VOCABULARY:
            limit = f"a vocabulary of at most {LARGEST_VOCABULARY} to record laws on a card"
            raise UnexpectedValueError(limit, str(step.p.shape[1]), "record with detail='light'")
        xp = array_namespace(step.p)
        block, logs = self._on_card.rows(3 * len(step.tree) + 1, step.p)
        refused, entropy = measure(xp, [step], block, logs)
        probs, tokens = block.topk(min(TOP, block.shape[1]))
        return self._store.keep(xp, refused, entropy, tokens, probs)


class _Blocks:
    """Two blocks float32[rows, V] that stay while what is asked for fits them."""

    def __init__(self) -> None:
        self._made: tuple[Array, Array] | None = None

    def rows(self, rows: int, like: Array) -> tuple[Array, Array]:
        """The first ``rows`` of both, of the kind and on the device of the laws ``like`` [_, V]; what they hold is left from before."""
        made = self._made
        if made is None or type(made[0]) is not type(like) or made[0].shape[1] != like.shape[1] or made[0].shape[0] < rows:
            xp, vocab = array_namespace(like), like.shape[1]
            shape = (max(rows, 3 * _ENTRIES // (2 * vocab)), vocab)  # what waits together mostly needs
            made = self._made = xp.empty(shape, dtype=xp.float32, device=device(like)), xp.empty(shape, dtype=xp.float32, device=device(like))
        return made[0][:rows], made[1][:rows]

    def release(self, beyond: int = 0) -> None:
        """Let go of blocks of more than so many numbers."""
        if self._made is not None and self._made[0].shape[0] * self._made[0].shape[1] > beyond:
            self._made = None


class _OfThread(threading.local):
    """A thread's own blocks: nothing is kept in them from one use to the next, so that all its runs may share them."""

    def __init__(self) -> None:
        self.blocks = _Blocks()


_of_thread = _OfThread()


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

    def take(self, summary: LawSummary, place: int, nodes: slice) -> None:
        """Keep the step's place and nodes in a summary, and let go of the laws."""
        self._summary, self._place, self._nodes, self._step = summary, place, nodes, None

    def on_host(self) -> LawSummary:
        """The step's summary; the first that is asked for reads all that wait."""
        if self._summary is None:
            self._reader.read_waiting()
        assert self._summary is not None  # noqa: S101  reading hands every step its place
        return self._summary.of_step(self._place, self._nodes)


def is_on_card(rows: Array) -> bool:
    """Whether an array is a tensor on another device than the processor."""
    return hasattr(rows, "topk") and rows.device.type != "cpu"
