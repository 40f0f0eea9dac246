"""Tokens a second against the number of requests that share every pass, and where drafting stops paying."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import log2
from statistics import median
from time import perf_counter
from typing import Any

from specviz.bench.measure import pair_facts, prepared, report_head, spread
from specviz.engine.batch import Batch, capacity_for
from specviz.engine.clock import synchronize
from specviz.engine.loop import decode
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.errors import UnexpectedValueError
from specviz.methods import Method, find_method
from specviz.model.pair import Pair
from specviz.types import Step

PLAIN = "autoregressive"
METHODS = ("chain:gamma=1", "chain:gamma=2", "chain:gamma=4", "chain:gamma=8", "sequoia:nodes=16")
BATCHES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Taken:
    """One batch: seconds from the moment all prompts were read to the end of the last row, new tokens and cycles of all rows."""

    seconds: float
    tokens: int
    cycles: int

    @property
    def rate(self) -> float:
        """Tokens a second of all rows together."""
        return self.tokens / self.seconds


def bench_batch(
    pair: Pair,
    prompts: Sequence[list[int]],
    methods: Sequence[str] = METHODS,
    batches: Sequence[int] = BATCHES,
    *,
    new_tokens: int = 96,
    temperature: float = 0.0,
    repeats: int = 3,
) -> dict[str, Any]:
    """Decode batches of 1, 2, 4, ... requests plainly and with every method.

    All requests of a batch begin together and go on to ``new_tokens``, whatever they say, so every row is worth the same; a row that accepts
    more ends earlier, and its seat stays empty: that the slowest row decides is part of what is measured.

    Args:
        pair: target and draft.
        prompts: token ids; a batch takes as many as it needs, from the first on, and from the first again.
        methods: names of ``specviz.METHODS``, with settings.
        batches: numbers of requests.
        new_tokens: new tokens of every request.
        temperature: 0 for greedy.
        repeats: timed rounds after one that warms up; methods take turns within each.

    Returns:
        JSON-ready: ``rows`` (for each batch and method tokens a second, tokens per cycle, speed-up over plain decoding of the same batch) and
        ``crossing`` (method -> the number of requests at which that speed-up falls through 1; None where it does not).

    Raises:
        ValueError: without prompts, or for a batch of no request.
    """
    if not prompts or min(batches, default=0) < 1:
        raise UnexpectedValueError("prompts, and batches of at least one request", f"{len(prompts)} prompts and {list(batches)}")
    endless = _endless(pair)
    settings = RunSettings(new_tokens, temperature)
    chosen = {name: find_method(name)[1] for name in (PLAIN, *methods)}
    rows = []
    for count in batches:
        texts = [prompts[i % len(prompts)] for i in range(count)]
        rounds = [{name: _run(endless, texts, method, settings) for name, method in chosen.items()} for _ in range(repeats + 1)][1:]
        rows += [_row(count, name, [taken[name] for taken in rounds], [taken[PLAIN] for taken in rounds]) for name in chosen]
    return report_head("decoding of whole batches that begin together, prompts apart; medians of interleaved rounds") | {
        **pair_facts(pair),
        "settings": {"new_tokens": new_tokens, "temperature": temperature, "repeats": repeats, "prompts": len(prompts)},
        "rows": rows,
        "crossing": {name: crossing([(row["batch"], row["speedup"]["median"]) for row in rows if row["method"] == name]) for name in methods},
    }


def crossing(points: Sequence[tuple[int, float]]) -> float | None:
    """Where a speed-up that is above 1 first falls through it, between two numbers of requests on a logarithmic scale; None if it never does."""
    for (before, high), (after, low) in pairwise(sorted(points)):
        if high >= 1.0 > low:
            return round(float(2 ** (log2(before) + (log2(after) - log2(before)) * (high - 1.0) / (high - low))), 1)
    return None


def _endless(pair: Pair) -> Pair:
    """The same pair, whose texts have no end."""
    target = copy(pair.target)
    target.config = replace(target.config, end_tokens=())
    return replace(pair, target=target)


def _run(pair: Pair, texts: Sequence[list[int]], method: Method, settings: RunSettings) -> Taken:
    sessions: list[Session] = []
    read: list[float] = []

    def start(text: list[int], row: Pair) -> Generator[Step]:
        session = Session(row, text, settings)
        drafter = prepared(row, session, method)
        synchronize(row.target.device)
        sessions.append(session)
        read.append(perf_counter())
        yield from decode(row, session, drafter, method)

    capacity = capacity_for(pair, max(map(len, texts)) + settings.max_new_tokens, method)
    cycles = sum(1 for _ in Batch(pair, [partial(start, text) for text in texts], capacity=capacity, most=len(texts)))
    return Taken(perf_counter() - max(read), sum(session.num_new for session in sessions), cycles)


def _row(count: int, method: str, taken: Sequence[Taken], plain: Sequence[Taken]) -> dict[str, Any]:
    ratios = [ours.rate / theirs.rate for ours, theirs in zip(taken, plain, strict=True)]
    return {
        "batch": count,
        "method": method,
        "tokens_per_second": round(median(each.rate for each in taken), 1),
        "tau": round(taken[0].tokens / taken[0].cycles, 3),
        "speedup": spread(ratios),
    }
