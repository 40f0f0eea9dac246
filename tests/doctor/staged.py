"""Patients on a clock of their own: every pass takes the time it was given, so that no noise of the machine reaches a claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from specviz.doctor import runs
from specviz.engine import clock, costs, stream
from specviz.model.pair import Pair

Cost = Callable[[int, int], float]
"""Seconds of a pass over m tokens behind a text of some length."""

READERS = (runs, clock, costs, stream)
TICK = 1e-5


@dataclass
class Clock:
    """Moves when a pass is made, and a little whenever it is read: the work between."""

    now: float = 0.0
    tick: float = TICK

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def stage(patch: pytest.MonkeyPatch, pair: Pair, target: Cost, draft: Cost, tick: float = TICK) -> Pair:
    """Give both models' passes their times. The two need a folder each only where the test says so: a self-draft is its target's twin."""
    watch = Clock(tick=tick)
    for module in READERS:
        patch.setattr(module, "perf_counter", watch)
    for model, cost in ((pair.target, target), (pair.draft, draft)):
        patch.setattr(model, "score", _timed(model.score, model, cost, watch))
    return pair


def _timed(score: Callable[..., Any], model: Any, cost: Cost, watch: Clock) -> Callable[..., Any]:
    def timed(tokens: list[int], *rest: Any, **named: Any) -> Any:
        watch.now += cost(len(tokens), model.cache.length)
        return score(tokens, *rest, **named)

    return timed
