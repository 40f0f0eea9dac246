"""Requests in a batch, cycle by cycle, with acceptance by coin instead of by model: how far each row comes, and what is idle meanwhile.

A batch may let every row advance by what it accepted, or hold all rows to the shortest, so that they end at one place and no index is ragged
(the choice is discussed in 2310.18813); a row that is done may leave its seat empty, or to the next request.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

RAGGED, ALIKE = "each row by itself", "all rows alike"
STAY, JOIN = "stays empty", "goes to the next request"
_LEAST, _MOST = 0.02, 0.98  # acceptance of a row, whatever the spread


@dataclass(frozen=True)
class Turn:
    """One row in one cycle.

    Attributes:
        request: the number of the request in this seat, from 0.
        start: its new tokens when the cycle began.
        accepted: drafts accepted.
        kept: tokens committed; 1 + accepted at most, fewer where the text ends or another row held it back.
    """

    request: int
    start: int
    accepted: int
    kept: int


@dataclass(frozen=True)
class Setting:
    """What is played.

    Attributes:
        seats: rows that run at a time.
        requests: how many come.
        alpha, spread: acceptance of a drafted token; of request i it lies evenly in alpha ± spread.
        gamma: drafts per cycle.
        length, ragged_length: new tokens of a request, and by how many at most it is shorter.
        advance: :data:`RAGGED` or :data:`ALIKE`.
        seat: what becomes of a seat whose row is done, :data:`STAY` or :data:`JOIN`.
        seed: of lengths and coins.
    """

    seats: int = 8
    requests: int = 8
    alpha: float = 0.7
    spread: float = 0.2
    gamma: int = 4
    length: int = 40
    ragged_length: int = 0
    advance: str = RAGGED
    seat: str = STAY
    seed: int = 0


def play(setting: Setting) -> list[list[Turn | None]]:
    """For every cycle what each seat did; None where it is empty. Ends when every request is done."""
    rng = np.random.default_rng(setting.seed)
    lengths = setting.length - rng.integers(0, setting.ragged_length + 1, setting.requests)
    offsets = np.linspace(-1.0, 1.0, setting.requests) if setting.requests > 1 else np.zeros(1)
    rates = np.clip(setting.alpha + setting.spread * rng.permutation(offsets), _LEAST, _MOST) if setting.spread else [setting.alpha] * len(offsets)
    waiting = deque(range(setting.requests))
    seats: list[int | None] = [waiting.popleft() if waiting else None for _ in range(setting.seats)]
    done = [0] * setting.requests
    cycles: list[list[Turn | None]] = []
    while any(request is not None for request in seats):
        accepted = {request: _accepted(rng, rates[request], setting.gamma) for request in seats if request is not None}
        shortest = min(accepted.values())
        turns: list[Turn | None] = []
        for seat, request in enumerate(seats):
            if request is None:
                turns.append(None)
                continue
            taken = accepted[request] if setting.advance == RAGGED else shortest
            kept = min(taken + 1, int(lengths[request]) - done[request])
            turns.append(Turn(request, done[request], accepted[request], kept))
            done[request] += kept
            if done[request] == lengths[request]:
                seats[seat] = waiting.popleft() if setting.seat == JOIN and waiting else None
        cycles.append(turns)
        if setting.seat == STAY and waiting and all(request is None for request in seats):  # the next batch begins when all of this one are done
            seats = [waiting.popleft() if waiting else None for _ in range(setting.seats)]
    return cycles


def _accepted(rng: np.random.Generator, alpha: float, gamma: int) -> int:
    """Drafts accepted before the first refusal."""
    refused = np.flatnonzero(rng.random(gamma) >= alpha)
    return int(refused[0]) if len(refused) else gamma
