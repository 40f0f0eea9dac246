"""One model for several texts: each has a seat, which looks like the model and has a memory of its own; passes are made together."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from itertools import accumulate, chain
from math import prod
from typing import Any

import torch
from torch import Tensor

from specviz.model.cache import KVCache
from specviz.model.footprint import TooLargeError, free_memory, gib
from specviz.model.loader import Model
from specviz.model.memory import Part, Ragged

MOST_TOGETHER = 64
"""A pass over more tokens of one text than this is made alone: it fills the machine by itself, and others would only be padded to its length."""


@dataclass(frozen=True)
class Ask:
    """A pass that a text waits for; see :meth:`Model.score`."""

    tokens: list[int]
    positions: list[int] | None = None
    mask: Tensor | None = None
    rows: int | None = None


class Seat(Model):
    """A model as one of several texts sees it: the same weights, its own memory; its passes are made by whoever answers ``wait``."""

    def __init__(self, model: Model, cache: KVCache, wait: Callable[[Seat, Ask], Tensor]) -> None:
        self._alone = copy(model)
        self._alone.cache, self._alone.capacity = cache, cache.capacity
        self._alone.fixed = None  # what is recorded over a memory holds it for good, and this one ends with the batch
        vars(self).update(vars(self._alone))  # all that the model knows of itself
        self._wait = wait

    def score(self, tokens: list[int], positions: list[int] | None = None, mask: Tensor | None = None, rows: int | None = None) -> Tensor:
        """As the model's own, made together with those of other seats."""
        self.cache.reserve(len(tokens))
        return self._wait(self, Ask(tokens, positions, mask, rows))

    def score_alone(self, ask: Ask) -> Tensor:
        """Make a pass at once, for this text alone."""
        return self._alone.score(ask.tokens, ask.positions, ask.mask, ask.rows)

    def describe(self) -> dict[str, Any]:
        """The model's own facts."""
        return self._alone.describe()


class Seats:
    """The seats of one model. Those taken lie side by side in one buffer, so that a pass over all of them copies nothing."""

    def __init__(self, model: Model, most: int, capacity: int, wait: Callable[[Seat, Ask], Tensor]) -> None:
        """Reserve memory for ``most`` texts of ``capacity`` positions each; ``wait`` gives the logits of a pass when it was made.

        Raises:
            TooLargeError: when there is not so much memory.
        """
        self.model = model
        self._capacity = capacity
        self._buffer = None if not model.is_native else _stack(model.cache.buffer, most, capacity)
        self._taken: list[Seat] = []
        self._wait = wait
        if self._buffer is None and most > 1:
            warnings.warn(f"{model.name!r} runs {model.how}: the passes of a batch are made one after another", stacklevel=2)

    def take(self) -> Seat:
        """A seat with an empty memory."""
        if self._buffer is None:
            cache = self.model.new_cache(self._capacity)
        else:
            cache = KVCache(self.model.config, self._capacity, self.model.device, self.model.dtype, self._buffer[:, :, len(self._taken)])
        seat = Seat(self.model, cache, self._wait)
        self._taken.append(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """Give a seat back; the last one moves into its place."""
        last = self._taken.pop()
        if last is not seat:
            place = self._taken.index(seat)
            self._taken[place] = last
            if self._buffer is not None:
                last.cache.move(self._buffer[:, :, place])

    def score(self, asks: Mapping[Seat, Ask]) -> dict[Seat, Tensor]:
        """Make these passes: the short ones as one, the long ones alone. Logits float32[rows, V] for each."""
        short = [seat for seat in self._taken if seat in asks and len(asks[seat].tokens) <= MOST_TOGETHER]
        together = {} if self._buffer is None or len(short) < 2 else self._together(self._buffer, short, [asks[seat] for seat in short])
        return together | {seat: seat.score_alone(ask) for seat, ask in asks.items() if seat not in together}

    def _together(self, buffer: Tensor, seats: list[Seat], asks: list[Ask]) -> dict[Seat, Tensor]:
        device = self.model.device
        parts = [Part(self._taken.index(seat), len(ask.tokens), ask.mask) for seat, ask in zip(seats, asks, strict=True)]
        memory = Ragged(buffer[:, :, : len(self._taken)], [seat.cache for seat in self._taken], parts)
        positions = [ask.positions or range(seat.cache.length, seat.cache.length + len(ask.tokens)) for seat, ask in zip(seats, asks, strict=True)]
        numbers = [list(chain(*(ask.tokens for ask in asks))), list(chain(*positions))]
        rows = [len(ask.tokens) if ask.rows is None else ask.rows for ask in asks]
        ends = accumulate(len(ask.tokens) for ask in asks)
        wanted = [place for end, count in zip(ends, rows, strict=True) for place in range(end - count, end)]
        tokens, where = torch.tensor(numbers, device=device).unbind()
        logits = self.model.transformer.forward_rows(tokens, where, memory, torch.tensor(wanted, device=device))
        for seat, ask in zip(seats, asks, strict=True):
            seat.cache.advance(len(ask.tokens))
        return dict(zip(seats, logits.split(rows), strict=True))


def _stack(buffer: Tensor, most: int, capacity: int) -> Tensor:
    """Memory for ``most`` texts, of the kind of one text's buffer: [2, L, B, H_kv, capacity, d]."""
    shape = (*buffer.shape[:2], most, buffer.shape[2], capacity, buffer.shape[4])
    needed, free = prod(shape) * buffer.element_size(), free_memory(buffer.device)
    if free is not None and needed > free:
        raise TooLargeError(
            f"at most {gib(free)}, which is free on {buffer.device.type}",
            f"{gib(needed)} for {most} rows of {capacity} positions",
            "choose fewer rows at a time, or fewer new tokens",
        )
    return buffer.new_zeros(shape)
