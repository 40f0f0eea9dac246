"""What single passes cost here and now: interleaved rounds behind a text of a given length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np

from specviz.doctor.diagnosis import Figure, PassCosts, Point
from specviz.engine.costs import fill, in_rounds, repeat, steadied, time_together
from specviz.errors import UnexpectedValueError
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings, law

MOST = 64
FEW_COUNTS = (1, 2, 4, 8, 16, 32, 64)
_ROUND_S = 8.0
"""A round over every count may take so long; where it would take longer only the few are timed."""


class PassClock:
    """Times target passes over 1..64 tokens, and draft passes, behind ``context`` tokens of ``text`` (repeated as needed), some rounds at a time.

    Every round runs every pass once, so that a noisy minute hits all alike, and in the company it has in a run: see :func:`time_together`. Asked
    between the repeats of whole runs, it sees the same minutes as they do: where other machines share the memory's bandwidth, v(m) is another
    in a slow minute than in a quick one. Passes that do not fit the memory are left out.

    Args:
        pair: whose passes.
        text: tokens to stand behind.
        context: how many of them.
        sampling: how laws are made.
        steps: draft passes of a cycle; 0 where nothing drafts with a model.

    Raises:
        ValueError: when not even two tokens fit behind the context.
    """

    def __init__(self, pair: Pair, text: Sequence[int], context: int, sampling: SamplingSettings, *, steps: int) -> None:
        most = min(MOST, pair.drafted_context - context)
        if most < 2:
            raise UnexpectedValueError(f"a context of at most {pair.drafted_context - 2} tokens", str(context), "load the pair with a larger context")
        self.context = context
        self._pair, self._text, self._sampling, self._steps = pair, text, sampling, steps
        self._counts: Sequence[int] = range(1, most + 1)
        self._few = [m for m in FEW_COUNTS if m <= most]
        self._target, self._draft, self._laws = (defaultdict[int, list[float]](list) for _ in range(3))

    def time(self, rounds: int) -> None:
        """Time every pass ``rounds`` times more, after a round that warms up."""
        with self._pair.held():
            if not self._target and self._widest_s() * len(self._counts) / 2 > _ROUND_S:
                self._counts = self._few
            target, draft = passes_behind(self._pair, self._text, self.context, self._counts, self._few, self._steps, rounds)
            laws = time_laws(self._pair.target, self._text, self._sampling, self._few, rounds)
        for known, new in ((self._target, target), (self._draft, draft), (self._laws, laws)):
            for m, seconds in new.items():
                known[m] += seconds

    def _widest_s(self) -> float:
        """Seconds of the widest pass."""
        widest = self._counts[-1]
        return passes_behind(self._pair, self._text, self.context, [1, widest], [], 0, 1)[0][widest][0]

    @property
    def costs(self) -> PassCosts:
        """What passes cost by all rounds so far, of which medians count."""
        rounds, one = len(self._target[1]), median(self._target[1])
        points = _points(self._draft, one)
        first = points[0] if points else Point(1, 0.0, 0.0, 0.0)
        by = f"median of {rounds} interleaved rounds behind {self.context} tokens, between the repeats of the runs, smallest and largest"
        return PassCosts(
            context=self.context,
            rounds=rounds,
            target_ms=Figure(one * 1e3, "measured", by, min(self._target[1]) * 1e3, max(self._target[1]) * 1e3),
            c=Figure(first.value, "measured", by if points else "nothing drafts with a model", first.low, first.high),
            v=_points(self._target, one),
            draft_v=points,
            laws=_points(self._laws, one),
        )


def passes_behind(
    pair: Pair, text: Sequence[int], context: int, counts: Sequence[int], draft_counts: Sequence[int], steps: int, rounds: int
) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """:func:`time_together` behind ``context`` tokens of ``text``; without ``steps`` of the draft, the target alone.

    The memories are filled anew, unless they are longer already and can be cut back.
    """
    draft = pair.draft if steps else None
    for model in (pair.target, draft):
        if model is not None:
            if model.cache.length < context:
                fill(model, text, context)
            model.cache.rollback(context)
    read = {m: repeat(text, context, m) for m in {*counts, *draft_counts}}
    return time_together(pair.target, draft, read, counts, draft_counts, steps=steps, rounds=rounds)


def time_laws(model: Model, text: Sequence[int], sampling: SamplingSettings, counts: Sequence[int], rounds: int) -> dict[int, list[float]]:
    """Seconds of turning the logits of each of ``counts`` rows into laws, a figure a round after one to warm up; uses the model's memory."""
    model.cache.rollback(0)
    logits = {}
    for count in counts:
        logits[count] = model.score(repeat(text, 0, count))
        model.cache.rollback(0)
    return in_rounds(lambda count: law(logits[count], sampling), counts, rounds, model.device)


def _points(times: Mapping[int, list[float]], one: float) -> tuple[Point, ...]:
    return tuple(Point(m, median(s) / one, min(s) / one, max(s) / one) for m, s in times.items())


@dataclass(frozen=True)
class Curve:
    """v(m) from measured points, smoothed so that it never falls beyond one token: noise is no reason to draft more.

    Straight between the points, and on beyond the last along the line through the upper half of them.
    """

    points: tuple[Point, ...]

    @property
    def most(self) -> int:
        """The largest m that was measured."""
        return self.points[-1].m if self.points else 1

    @cached_property
    def _known(self) -> tuple[list[int], list[float]]:
        values = steadied([point.value for point in self.points])
        first = sum(point.m == 1 for point in self.points)
        return [point.m for point in self.points], values[:first] + never_falling(values[first:])

    def __call__(self, m: float) -> float:
        """A pass over m tokens, in target passes; 0 where there are no points: nothing is passed through a model."""
        if not self.points:
            return 0.0
        inside = float(np.interp(m, *self._known))
        return inside if m <= self.most else inside + self._slope * (m - self.most)

    @cached_property
    def _slope(self) -> float:
        upper = [(m, value) for m, value in zip(*self._known, strict=True) if 2 * m >= self.most]
        return max(float(np.polyfit([m for m, _ in upper], [value for _, value in upper], 1)[0]), 0.0) if len(upper) > 1 else 0.0


def never_falling(values: Sequence[float]) -> list[float]:
    """The nearest values, by least squares, that never fall: neighbours that do are replaced by their mean (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while blocks and blocks[-1][0] > mean:
            before, size = blocks.pop()
            mean, count = (mean * count + before * size) / (count + size), count + size
        blocks.append((mean, count))
    return [mean for mean, count in blocks for _ in range(count)]
