"""Runs a chapter's cells for a page, and draws what they put out."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import plotly.io as pio
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from specviz.course import outputs
from specviz.course.chapters import Chapter
from specviz.course.outputs import Done
from specviz.course.running import Run, Shelf, weights_stamp
from specviz.trace import Trace, read_trace
from ui import learner, models
from ui.charts import show
from ui.played import stepper
from ui.said import plain

WANTED = "cells_wanted"
"""In the session's state: the chapter and the number of cells that are to be run when the page has been painted."""


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The server's runs."""
    return Shelf()


def run_of(chapter: Chapter) -> Run:
    """The chapter's run on this server."""
    return shelf().of(chapter, weights_stamp())


def want(chapter: Chapter, upto: int) -> None:
    """Ask for every cell before ``upto``; a cell that went wrong is tried again."""
    run = run_of(chapter)
    if run.failed is not None and run.failed < upto:
        run.forget_failure()
    st.session_state[WANTED] = (chapter.name, upto)


def is_open(chapter: Chapter, upto: int) -> bool:
    """Whether this reader has not run every cell before ``upto``."""
    return learner.current().opened.get(chapter.name, 0) < upto


def has_failed(chapter: Chapter, upto: int) -> bool:
    """Whether one of the cells before ``upto`` went wrong."""
    failed = run_of(chapter).failed
    return failed is not None and failed < upto


def wanted(chapter: Chapter) -> int:
    """How many cells are to be run; 0 for none."""
    name, upto = st.session_state.get(WANTED, ("", 0))
    return upto if name == chapter.name else 0


def opened(chapter: Chapter, number: int) -> Done | None:
    """What a cell put out, if this reader has run it; other readers' runs are not shown before one's own guess."""
    return run_of(chapter).done.get(number) if number < learner.current().opened.get(chapter.name, 0) else None


def execute(chapter: Chapter, status: DeltaGenerator, on_done: Callable[[int, Done], None]) -> None:
    """Run what is wanted; ``on_done`` draws each cell as it ends."""
    upto, run, reader = wanted(chapter), run_of(chapter), learner.current()
    first = reader.opened.get(chapter.name, 0)

    def wait() -> None:
        status.markdown(":material/hourglass_top: Waiting for another run on this server to end …")

    def say(number: int) -> None:
        status.markdown(f":material/hourglass_top: Running cell {number + 1} of {upto} …")
        take(number)

    def take(number: int) -> None:
        """Draw what has ended since the last time."""
        for place in range(reader.opened.get(chapter.name, 0), number):
            reader.opened[chapter.name] = place + 1
            on_done(place, run.done[place])

    if run.missing(upto) and run.failed is None:
        shelf().make_room(run)
        with models.turn(wait), run.busy:
            run.run_to(upto, say)
    last = upto if run.failed is None else min(upto, run.failed + 1)
    take(max(first, last))
    st.session_state.pop(WANTED, None)


def draw(done: Done, key: str, replies: Callable[[outputs.Revealed], None]) -> None:
    """What a cell put out, except its explorable, which has a place of its own."""
    for place, output in enumerate(done.outputs):
        _draw(output, f"{key}_{place}", replies)


def _draw(output: outputs.Output, key: str, replies: Callable[[outputs.Revealed], None]) -> None:
    match output:
        case outputs.Printed():
            st.html(f'<pre class="sv-out">{escape(output.text.rstrip())}</pre>')
        case outputs.Html():
            st.html(f'<div class="sv-frame">{output.html}</div>')
        case outputs.Figure():
            show(pio.from_json(output.json), key=key)
        case outputs.Played():
            stepper(_trace(output.trace), key)
        case outputs.Revealed():
            replies(output)
        case outputs.Failed():
            where = f" (line {output.line})" if output.line else ""
            st.error(f"This cell did not get to its end{where}. {plain(output.error)}: {plain(output.message)}", icon=":material/error:")


@st.cache_resource(show_spinner=False, max_entries=32)
def _trace(content: bytes) -> Trace:
    return read_trace(content, name="a chapter's run")


def start_of(found: outputs.Explorable) -> tuple[dict[str, Any], dict[str, Any]]:
    """(objects in place of controls, values to begin with) of an explorable that was run."""
    given: dict[str, Any] = {key: _trace(content) for key, content in found.traces.items()}
    plain = {key: value for key, value in found.values.items() if isinstance(value, str | int | float)}
    return given | {key: value for key, value in found.values.items() if key not in plain}, plain
