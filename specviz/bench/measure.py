"""Fair timing: everything in one process, warmed up, interleaved, medians over repeats."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from specviz.drafters import DRAFTERS
from specviz.engine.clock import TimedDrafter
from specviz.engine.graphs import decoded
from specviz.engine.loop import decode
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import Method
from specviz.model.hardware import machine
from specviz.model.pair import Pair
from specviz.types import Step

Task = Callable[[list[int]], list[int]]
"""Prompt ids in, new ids out."""


def report_head(what: str) -> dict[str, Any]:
    """How every report begins: what was measured, when, on which machine, and how busy it was."""
    return {
        "what": what,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine() | {"load_before": round(os.getloadavg()[0], 2)},
    }


def pair_facts(pair: Pair) -> dict[str, str]:
    """Which pair was measured, at which data type."""
    draft = _last_name(pair.draft.name) if pair.draft else "no draft"
    return {"pair": f"{_last_name(pair.target.name)} with {draft}", "dtype": pair.placement.dtype_name}


def _last_name(name: str) -> str:
    return name.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Timing:
    """Seconds of one task: ``seconds[repeat][prompt]``, and the new tokens of each prompt."""

    seconds: list[list[float]]
    tokens: list[list[int]]

    @property
    def num_tokens(self) -> int:
        """New tokens over all prompts."""
        return sum(len(tokens) for tokens in self.tokens)

    def total(self, repeat: int) -> float:
        """Seconds of one repeat over all prompts."""
        return sum(self.seconds[repeat])

    def of(self, prompts: Sequence[bool]) -> Timing:
        """The part over some of the prompts, one mark for each."""
        return Timing([list(compress(taken, prompts)) for taken in self.seconds], list(compress(self.tokens, prompts)))

    @property
    def tokens_per_second(self) -> float:
        """New tokens over the median repeat's seconds, prompt processing included."""
        return self.num_tokens / median(self.total(r) for r in range(len(self.seconds)))


def interleave(tasks: dict[str, Task], prompts: Sequence[list[int]], repeats: int) -> dict[str, Timing]:
    """Time every task on every prompt, ``repeats`` times, changing task after every prompt so that a noisy minute hits all alike.

    The tasks of a prompt come in an order drawn anew each time, the same on every call: whoever comes first after another library finds the
    processor's caches full of that one's weights, and no task should always be that one. The first prompt is run once by every task before
    the clock starts.
    """
    names = list(tasks)
    tokens: dict[str, list[list[int]]] = {name: [] for name in tasks}
    seconds: dict[str, list[list[float]]] = {name: [[] for _ in range(repeats)] for name in tasks}
    for task in tasks.values():
        task(prompts[0])
    for repeat in range(repeats):
        for place, prompt in enumerate(prompts):
            for name in np.random.default_rng((repeat, place)).permutation(names).tolist():
                start = perf_counter()
                new = tasks[name](prompt)
                seconds[name][repeat].append(perf_counter() - start)
                if repeat == 0:
                    tokens[name].append(new)
    return {name: Timing(seconds[name], tokens[name]) for name in tasks}


def ratio(fast: Timing, slow: Timing) -> dict[str, float]:
    """How many times faster, per token: the median over repeats with the smallest and largest one."""
    values = [
        (fast.num_tokens / fast.total(r)) / (slow.num_tokens / slow.total(r)) for r in range(len(fast.seconds))
    ]  # repeat against repeat, since both saw the same noise
    return spread(values)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, smallest and largest, as reports have them."""
    return {"median": round(median(values), 3), "min": round(min(values), 3), "max": round(max(values), 3)}


def unrecorded(pair: Pair, method: Method, settings: RunSettings) -> Task:
    """Decode with our engine and write nothing down: what a recording is compared with."""

    def task(prompt: list[int]) -> list[int]:
        session = Session(pair, prompt, settings)
        for _ in cycles(pair, session, method):
            pass
        return session.tokens[session.prompt_length :]

    return task


def cycles(pair: Pair, session: Session, method: Method, *, graphs: bool = True) -> Generator[Step]:
    """Read the prompt, then decode, a step at a time; nothing is kept. Without ``graphs`` by the loop alone, even where cycles can be recorded."""
    drafter = prepared(pair, session, method)
    yield from (decoded if graphs else decode)(pair, session, drafter, method)


def prepared(pair: Pair, session: Session, method: Method) -> TimedDrafter | None:
    """Read the prompt with all models that the method uses; return its drafter."""
    drafter = TimedDrafter(DRAFTERS[method.drafter](pair, session.settings.sampling), pair.target.device) if method.drafter else None
    session.prefill()
    if drafter:
        drafter.start(session)
    return drafter
