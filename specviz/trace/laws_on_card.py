"""Summaries of laws that stay on their card until a batch of cycles is written down: each copy to the host would wait for all that was begun."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import device

from specviz.trace.law_summary import LawSummary
from specviz.trace.schema import TOP
from specviz.types import Array

LARGEST_VOCABULARY = 1 << 24
"""Token ids are kept as float32, beside what belongs to them: up to here they are exact."""
_CYCLES = 64  # as many as are written down at a time


class LawsOnCard:
    """One block of a card's memory for the summaries of some cycles, copied to the host as a whole when the first of them is asked for.

    A row of it is a row of ``LawSummary``: its largest entries, their tokens, and the number that goes with it (entropies, refused mass).
    """

    def __init__(self) -> None:
        self._block: Array = None
        self._used = 0
        self._kept: list[KeptLaws] = []

    def keep(self, xp: Any, refused: Array, entropy: Array, tokens: Array, probs: Array) -> KeptLaws:  # noqa: ANN401  an array namespace is a module
        """Keep one step's numbers, see :class:`LawSummary`; ``entropy`` float[2N] holds those of p, then those of q."""
        rows, top = tuple(probs.shape)
        self._reserve(xp, probs, rows)
        part = self._block[self._used : self._used + rows]
        part[:, :top] = probs
        part[:, TOP : TOP + top] = tokens
        part[: len(entropy), -1] = entropy
        part[len(entropy) : rows - 1, -1] = refused
        self._kept.append(KeptLaws(self, self._used, rows, top))
        self._used += rows
        return self._kept[-1]

    def fetch(self) -> None:
        """Copy what is kept to the host, at once, and begin anew."""
        rows = np.asarray(self._block[: self._used].cpu()).copy()  # the block is written over from here on, wherever it lies
        for kept in self._kept:
            kept.take(rows)
        self._kept, self._used = [], 0

    def release(self) -> None:
        """Copy what is kept, and let go of the card's memory."""
        if self._kept:
            self.fetch()
        self._block = None

    def _reserve(self, xp: Any, like: Array, rows: int) -> None:  # noqa: ANN401  an array namespace is a module
        if self._block is not None and self._used + rows <= self._block.shape[0]:
            return
        if self._kept:
            self.fetch()
        if self._block is None or rows > self._block.shape[0]:
            self._block = xp.zeros((_CYCLES * rows, 2 * TOP + 1), dtype=xp.float32, device=device(like))


class KeptLaws:
    """One step's part of the block."""

    def __init__(self, store: LawsOnCard, first: int, rows: int, top: int) -> None:
        self._store, self._first, self._rows, self._top = store, first, rows, top
        self._own: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> None:
        """Cut this step's rows out of the block's."""
        self._own = rows[self._first : self._first + self._rows]

    def on_host(self) -> LawSummary:
        """The summary; the first that is asked for brings all of the block."""
        if self._own is None:
            self._store.fetch()
        assert self._own is not None  # noqa: S101  fetching hands every step its rows
        n = (self._rows - 1) // 3
        probs, tokens, numbers = self._own[:, : self._top], self._own[:, TOP : TOP + self._top], self._own[:, -1]
        return LawSummary(numbers[2 * n : 3 * n], numbers[:n], numbers[n : 2 * n], tokens.astype(np.int64), probs)
