"""The chosen tokens of a run with their log-probabilities, picked out of each cycle's distributions and put together when asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from specviz.types import Array, Step


@dataclass(frozen=True)
class TokenLogprob:
    """One new token of a run.

    Attributes:
        token: its id.
        log_p: log of the target's probability of it given all before it, in the distribution that was in force: after temperature, top-k, top-p
            and whatever else was asked for; of a greedy run at temperature 1. Minus infinity where a lossy rule let a token pass that p excludes.
        log_q: the same of the distribution that the draft drew it from; None where nothing drafted it (a cycle's last token) or it was copied.
        provenance: ``accepted``, ``corrected`` or ``bonus``.
    """

    token: int
    log_p: float
    log_q: float | None
    provenance: str


class _Picked(NamedTuple):
    """What one cycle committed: p float[n] at its tokens; q float[m] at those of its drafted tokens that have a distribution."""

    tokens: tuple[int, ...]
    kind: str
    is_drawn: list[bool]
    accepted: int
    p: Array
    q: Array


class Logprobs:
    """Collects a run's steps. On a card the picked numbers stay there, and nobody waits for them, until they are asked for."""

    def __init__(self) -> None:
        self._cycles: list[_Picked] = []

    def add(self, step: Step) -> None:
        """Take one cycle."""
        tree, committed = step.tree, step.committed
        path = step.verdict.path[: len(committed)]  # the end of the text may cut a cycle short
        rows = [0, *(node + 1 for node in step.verdict.path)][: len(committed)]
        drawn = [node for node in path if tree.q_row[node] >= 0]
        q = _picked(tree.q, [tree.q_row[node] for node in drawn], [tree.tokens[node] for node in drawn]) if drawn else None
        is_drawn = [tree.q_row[node] >= 0 for node in path]
        self._cycles.append(_Picked(committed, step.verdict.kind, is_drawn, len(step.verdict.path), _picked(step.p, rows, list(committed)), q))

    def listed(self) -> list[TokenLogprob]:
        """An entry for every token so far."""
        return [entry for cycle in self._cycles for entry in _entries(cycle)]


def _picked(rows: Array, numbers: list[int], tokens: list[int]) -> Array:
    """rows[numbers[i], tokens[i]] for every i; of a processor's tensor through numpy, which is quicker for so few."""
    is_here = hasattr(rows, "numpy") and rows.device.type == "cpu"
    return (rows.numpy() if is_here else rows)[numbers, tokens]


def _entries(cycle: _Picked) -> list[TokenLogprob]:
    q = iter([] if cycle.q is None else cycle.q.tolist())
    drafted = [_log(next(q)) if is_drawn else None for is_drawn in cycle.is_drawn]
    q_of = [*drafted, None]
    states = ["accepted"] * cycle.accepted + [cycle.kind]
    numbers = zip(cycle.tokens, cycle.p.tolist(), q_of, states, strict=False)  # cut where the text ended
    return [TokenLogprob(token, _log(p), log_q, state) for token, p, log_q, state in numbers]


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0.0 else -math.inf
