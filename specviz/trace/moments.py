"""Recorded runs that each show one thing, and where in them to look; chosen and written by ``tools/moments.py``."""

from __future__ import annotations

import json
from dataclasses import dataclass

from specviz.trace import store


@dataclass(frozen=True)
class Moment:
    """A place in a recorded run.

    Attributes:
        run: name of the recorded run, as :func:`specviz.load_trace` takes it.
        shows: what happens there.
        look: what to look at.
        cycle, node: the place; a ``node`` of -1 is the cycle's last token.
        beside: another run to set beside it; empty where one is enough.
    """

    run: str
    shows: str
    look: str
    cycle: int
    node: int
    beside: str = ""

    @property
    def address(self) -> str:
        """Where the app shows it, from the server's address on."""
        return f"explorer?trace={self.run}&cycle={self.cycle}&node={self.node}"


def moments() -> list[Moment]:
    """All of them, in the order in which they teach; none where the recorded runs are missing."""
    path = store.SAMPLES / store.MOMENTS / "moments.json"
    return [Moment(**each) for each in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
