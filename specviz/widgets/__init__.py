"""The Jupyter front: the same pictures as everywhere, with controls around them. torch is never loaded here.

    from specviz import widgets
    widgets.play(run.trace)          # step through a recorded run
    widgets.explore("speedup")       # a picture with sliders and a question
    widgets.live(pair)               # a prompt box, a run, a player
    widgets.load_checks("01_first_run")   # the exercises of a chapter

Importing this also tells Plotly's notebook renderers to show no upload button and to fetch nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specviz.course.checks import load_checks, tutorial_folder
from specviz.explorables import Explorable
from specviz.trace import Trace, load_trace
from specviz.widgets.explorer import Explorer
from specviz.widgets.live import LiveRun
from specviz.widgets.player import TracePlayer
from specviz.widgets.renderers import configure_renderers

if TYPE_CHECKING:
    from specviz.model.pair import Pair

__all__ = ["Explorer", "LiveRun", "TracePlayer", "explore", "live", "load_checks", "play", "tutorial_folder"]

configure_renderers()


def play(trace: Trace | str, *, at: tuple[int, int] | None = None) -> TracePlayer:
    """A player for a recorded run.

    Args:
        trace: the run, or a file or sample that ``specviz.load_trace`` knows.
        at: (cycle, node) to begin with; node -1 is the token the target added.
    """
    return TracePlayer(load_trace(trace) if isinstance(trace, str) else trace, at=at)


def explore(name: str | Explorable, **values: Any) -> Explorer:
    """An explorable with its controls; values given as objects (``trace=run.trace``) take the place of a menu."""
    return Explorer(name, **values)


def live(pair: Pair, prompt: str = "def quicksort(") -> LiveRun:
    """A prompt box for a loaded pair."""
    return LiveRun(pair, prompt)
