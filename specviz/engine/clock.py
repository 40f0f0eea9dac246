"""Where the time of a cycle goes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from time import perf_counter

import torch

from specviz.types import Array, Context, Drafter, DraftTree, Proposal, Sketch, Times, Verdict


def synchronize(device: torch.device) -> None:
    """Wait for the device, so that a clock read next to it means something."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


class Stopwatch:
    """Laps of one cycle."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._start = self._last = perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Count the time since the last lap as ``stage``."""
        synchronize(self._device)
        now = perf_counter()
        self._laps[stage] = now - self._last
        self._last = now

    def times(self, draft: float) -> Times:
        """The cycle's times; the part of building the tree that the drafter itself took is ``draft``."""
        laps = self._laps
        other = perf_counter() - self._start - sum(laps.values())
        return Times(draft, max(laps["build"] - draft, 0.0), laps["verify"], laps["judge"], laps["commit"], other)


class Marks:
    """Moments of a cycle as the device comes to them, so that nobody waits for it between them: events on a card, elsewhere the clock."""

    def __init__(self, device: torch.device, count: int) -> None:
        self._events = [torch.cuda.Event(enable_timing=True) for _ in range(count)] if device.type == "cuda" else None
        self._moments = [0.0] * count

    def set(self, number: int) -> None:
        """Mark that the device has done all that it was told so far."""
        if self._events is not None:
            self._events[number].record()
        else:
            self._moments[number] = perf_counter()

    def wait(self) -> None:
        """Wait until the device has come to the last mark."""
        if self._events is not None:
            self._events[-1].synchronize()

    def gaps(self) -> list[float]:
        """Seconds between neighbouring marks; ask after :meth:`wait`."""
        if self._events is not None:
            return [one.elapsed_time(two) / 1e3 for one, two in pairwise(self._events)]
        return [two - one for one, two in pairwise(self._moments)]


class TimedDrafter:
    """A drafter with a clock and a counter around its proposals."""

    def __init__(self, drafter: Drafter, device: torch.device) -> None:
        self._drafter = drafter
        self._device = device
        self.has_law = drafter.has_law
        self.capacity: int | None = getattr(drafter, "capacity", None)  # most drafters have no memory that could be full
        self.seconds = 0.0
        self.calls = 0

    def start(self, context: Context) -> None:
        """Begin a request."""
        self._drafter.start(context)

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        """Propose, timed; only a model's proposals count as calls."""
        begin = perf_counter()
        proposals = self._drafter.propose(sketch, nodes)
        synchronize(self._device)
        self.seconds += perf_counter() - begin
        self.calls += self.has_law
        return proposals

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:
        """Learn the outcome."""
        self._drafter.observe(tree, p, verdict)

    def take(self) -> tuple[float, int]:
        """Seconds and model calls since the last time this was asked."""
        taken = self.seconds, self.calls
        self.seconds, self.calls = 0.0, 0
        return taken
