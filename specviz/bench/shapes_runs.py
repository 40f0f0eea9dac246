"""Runs with an oracle draft, timed cycle by cycle beside what their passes cost alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from specviz.bench.measure import cycles
from specviz.drafters import DRAFTERS, Maker
from specviz.drafters.independent import IndependentDrafter
from specviz.drafters.oracle import OracleDrafter
from specviz.engine.clock import synchronize
from specviz.engine.run import Stream
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import Method
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings
from specviz.trace.schema import Detail
from specviz.types import Drafter

ORACLE = "oracle"


class Passes:
    """Seconds of a pass over m tokens: measured for some m, straight between them."""

    def __init__(self, seconds: Mapping[int, float]) -> None:
        self._counts, self._seconds = list(seconds), list(seconds.values())

    def __call__(self, m: int) -> float:
        """A pass over ``m`` tokens."""
        return float(np.interp(m, self._counts, self._seconds))

    @property
    def v(self) -> dict[int, float]:
        """For each m a pass over m tokens, in passes over one."""
        return {m: round(taken / self(1), 4) for m, taken in zip(self._counts, self._seconds, strict=True)}


@dataclass(frozen=True)
class Way:
    """A way to decode.

    Attributes:
        method: with which drafter, tree and rule.
        detail: in what detail it is recorded; None writes nothing down.
        graphs: whether its cycles may be recorded as CUDA graphs, where that is done at all; single passes are.
    """

    method: Method
    detail: Detail | None = None
    graphs: bool = True


@dataclass(frozen=True)
class Taken:
    """One run beyond its first cycle.

    Attributes:
        seconds: of all these cycles.
        work: for each cycle the nodes in each pass of the draft, and the nodes that the target was shown.
        tokens: committed.
        accepted, refused: drafted places that kept a token, and that kept none.
        left_at: the new token at which the run left the text that the oracle knows; None where it never did, or there was no oracle.
    """

    seconds: float
    work: list[tuple[list[int], int]]
    tokens: int
    accepted: int
    refused: int
    left_at: int | None

    def predicted(self, target: Passes, draft: Passes) -> float:
        """Seconds that its passes take alone; for chains of γ tokens γc + v(γ+1) a cycle."""
        return sum(sum(map(draft, widths)) + target(nodes + 1) for widths, nodes in self.work)


@contextmanager
def oracle_registered(pair: Pair, continuation: Sequence[int], match: Sequence[float]) -> Iterator[list[OracleDrafter]]:
    """Let methods of this process name the drafter ``oracle`` for as long as this lasts.

    Holds the oracles made meanwhile, one a run, each with coins of its own.
    """
    made: list[OracleDrafter] = []

    def make(pair: Pair, sampling: SamplingSettings) -> Drafter:
        draft = IndependentDrafter(pair.draft, pair.target.config.vocab, sampling) if pair.draft else None
        made.append(OracleDrafter(continuation, match, draft, seed=len(made)))
        return made[-1]

    DRAFTERS[ORACLE] = Maker(make, has_law=pair.draft is not None)
    try:
        yield made
    finally:
        del DRAFTERS[ORACLE]


def take_turns(
    pair: Pair, prompt: list[int], ways: Mapping[str, Way], settings: RunSettings, rounds: int, oracles: list[OracleDrafter]
) -> dict[str, list[Taken]]:
    """Run every way ``rounds`` times after one round to warm up, turn by turn, so that a busy moment of the machine hits all alike."""
    taken: dict[str, list[Taken]] = {name: [] for name in ways}
    for index in range(rounds + 1):
        for name, way in ways.items():
            run = _take(pair, prompt, way, settings, oracles)
            if index:
                taken[name].append(run)
    return taken


def _take(pair: Pair, prompt: list[int], way: Way, settings: RunSettings, oracles: list[OracleDrafter]) -> Taken:
    oracles.clear()
    stream = Stream(pair, prompt, way.method, settings, way.detail, None) if way.detail else None
    steps = iter(stream) if stream else cycles(pair, Session(pair, prompt, settings), way.method, graphs=way.graphs)
    next(steps)  # reads the prompt, too
    oracle = oracles[0] if oracles else None
    if oracle:
        oracle.take()
    work: list[tuple[list[int], int]] = []
    tokens = accepted = refused = 0
    synchronize(pair.target.device)
    begin = perf_counter()
    for step in steps:
        work.append((oracle.take() if oracle else [1] * step.draft_calls, len(step.tree)))
        tokens += len(step.committed)
        accepted += len(step.verdict.path)
        refused += step.verdict.kind == "corrected" and len(step.committed) > len(step.verdict.path)
    if stream:
        _ = stream.trace  # what still waits to be written down is part of the price
    synchronize(pair.target.device)
    return Taken(perf_counter() - begin, work, tokens, accepted, refused, oracle.left_at if oracle else None)


def row(runs: Sequence[Taken], plain: Sequence[Taken], target: Passes, draft: Passes) -> dict[str, Any]:
    """The figures of one way to decode, beside plain decoding and beside what its passes cost alone; medians over its runs."""
    run = runs[0]  # all of them drafted and kept the same
    count = len(run.work)
    seconds = [taken.seconds / count for taken in runs]
    speeds = [ours.tokens / ours.seconds * theirs.seconds / theirs.tokens for ours, theirs in zip(runs, plain, strict=True)]
    predicted = run.predicted(target, draft) / count
    places = run.accepted + run.refused
    return {
        "cycle_ms": {name: round(1e3 * of(seconds), 4) for name, of in (("median", median), ("min", min), ("max", max))},
        "in_target_passes": round(median(seconds) / target(1), 4),
        "predicted": round(predicted / target(1), 4),
        "over_prediction": round(median(seconds) / predicted, 4),
        "nodes": max(nodes for _, nodes in run.work),
        "acceptance": round(run.accepted / places, 4) if places else None,
        "tokens_per_cycle": round(run.tokens / count, 4),
        "tokens_per_second": round(run.tokens / (count * median(seconds)), 2),
        "times_plain": round(median(speeds), 4),
        "left_text_at": run.left_at,
    }
