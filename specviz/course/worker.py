"""Runs a chapter's cells, one after the other, in a process of its own; :mod:`specviz.course.running` starts it.

A process, because chapters take the engine apart on purpose: they patch its functions and add rules and drafters to its registries. None of
that may reach the runs of other readers. Code comes in as a line of JSON on stdin, a :class:`Done` goes out as one for each; the end of stdin
ends the process, so that it does not outlive the server. Only the chapters' own cells are run here, never what a learner writes.
"""

from __future__ import annotations

import ast
import io
import json
import os
import sys
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass
from time import perf_counter
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO

from specviz.course import outputs
from specviz.course.checks import tutorial_folder
from specviz.course.outputs import Done, Output
from specviz.trace import Trace, load_trace

_FILE = "<cell>"


class Cells:
    """The names of a chapter as its cells define them."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__chapter__", "display": self._display}
        self._text, self._out = io.StringIO(), list[Output]()

    def run(self, code: str) -> Done:
        """Run a cell; errors are put out, not raised."""
        self._text, self._out, began = io.StringIO(), [], perf_counter()
        with redirect_stdout(self._text):
            try:
                self._display(self._evaluate(code))
            except BaseException as error:  # noqa: BLE001  whatever a cell raises, the reader must see it
                self._flush()
                self._out.append(_failed(error))
        self._flush()
        return Done(tuple(self._out), perf_counter() - began)

    def _evaluate(self, code: str) -> Any:
        """Run all statements; the value of the last one if it is an expression."""
        tree = ast.parse(code, _FILE)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, _FILE, "exec"), self.names)  # noqa: S102  the chapter's own cells
        return eval(compile(ast.Expression(last.value), _FILE, "eval"), self.names) if isinstance(last, ast.Expr) else None  # noqa: S307

    def _display(self, *values: Any) -> None:
        for value in values:
            self._flush()
            if value is not None:
                self._out.append(_output(value))

    def _flush(self) -> None:
        if text := self._text.getvalue():
            self._out.append(outputs.Printed(text))
        self._text.seek(0)
        self._text.truncate()


def _output(value: Any) -> Output:
    if isinstance(value, Output):
        return value
    if hasattr(value, "to_plotly_json") and hasattr(value, "data"):
        return outputs.Figure(value.to_json())
    html = value._repr_html_() if hasattr(value, "_repr_html_") else None
    return outputs.Html(html) if html else outputs.Printed(repr(value))


def _failed(error: BaseException) -> outputs.Failed:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _FILE]
    return outputs.Failed(type(error).__name__, str(error), (lines[-1] or 0) if lines else 0)


# ---------------------------------------------------------------------------------- what stands in for specviz.widgets here
def explore(name: str, **values: Any) -> outputs.Explorable:
    """Say which explorable is wanted, and where it begins."""
    traces = {key: value.to_bytes() for key, value in values.items() if isinstance(value, Trace)}
    plain = {key: _plain(value) for key, value in values.items() if key not in traces}
    return outputs.Explorable(name, plain, traces)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def play(trace: Trace | str, *, at: tuple[int, int] | None = None) -> outputs.Played:  # noqa: ARG001  the same call as in a notebook
    """Say which run is to be stepped through."""
    return outputs.Played((load_trace(trace) if isinstance(trace, str) else trace).to_bytes())


@dataclass(frozen=True)
class _Asked:
    """An exercise or a prediction as the chapter's cells meet it: learners answer it outside this process."""

    task: str

    def reveal(self, answer: float) -> outputs.Revealed:
        return outputs.Revealed(self.task, float(answer))

    def _silent(self, *_: Any) -> None:
        return None

    guess = check = hint = solution = _silent


class _Checks(SimpleNamespace):
    def __getattr__(self, task: str) -> _Asked:
        return _Asked(task)


def load_checks(chapter: str) -> _Checks:
    """The names of a chapter's exercises and predictions."""
    return _Checks(chapter=chapter)


def _stand_in() -> None:
    import specviz

    module = ModuleType("specviz.widgets", "The Jupyter front, as a page of the app needs it.")
    vars(module).update(explore=explore, play=play, load_checks=load_checks, tutorial_folder=tutorial_folder)
    sys.modules["specviz.widgets"] = specviz.widgets = module


def main(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there is nothing more to read."""
    _stand_in()
    cells = Cells()
    while line := asked.readline():
        done = cells.run(json.loads(line))
        try:
            answers.write(outputs.to_line(done))
        except TypeError as error:  # a value that no line can carry
            answers.write(outputs.to_line(Done((_failed(error),), done.seconds)))
        answers.flush()


def serve() -> None:
    """The process: answer on what was the standard output."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library writes to the standard output must not get between the answers
    main(sys.stdin.buffer, channel)
