"""Who holds a pair, and how a thread waits for it: a model has one memory, so runs take turns, and whoever waits long is told for whom."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

FIRST_WORD_S = 3.0
"""Seconds of waiting before anything is said."""
NEXT_WORD_S = 60.0
"""Seconds before it is said again; three times as many each time."""


@dataclass(eq=False)
class Holder:
    """The run that holds a pair, and the thread that reads it."""

    what: str = "a run"
    thread: threading.Thread = field(default_factory=threading.current_thread)
    since: float = field(default_factory=monotonic)

    def __str__(self) -> str:
        """What it is, since when, and whether anybody still reads it."""
        state = "" if self.thread.is_alive() else ", which has ended"
        return f"{self.what}, begun {monotonic() - self.since:.0f} s ago in the thread {self.thread.name!r}{state}"


def wait_for(lock: threading.Lock, holder: Callable[[], Holder | None]) -> None:
    """Take the lock; while it is not to be had, say now and then who holds it."""
    patience = FIRST_WORD_S
    while not lock.acquire(timeout=patience):
        held_by = holder()
        if held_by is not None and not held_by.thread.is_alive() and patience == FIRST_WORD_S:
            gc.collect()  # a stream that nobody can reach any more closes as soon as it is found
            if lock.acquire(blocking=False):
                return
        warnings.warn(
            f"waiting for {held_by or 'another run'}: it holds this pair until it is read to its end or closed (stream.close(), or "
            "`with specviz.stream(…) as steps:`); a second pair, from another load_pair, would not have to wait",
            RuntimeWarning,
            stacklevel=2,
        )
        patience = NEXT_WORD_S if patience == FIRST_WORD_S else 3 * patience
