"""What an exercise is: a task, cases with known results, and the mistakes people make, each with a name.

``check(answer)`` never raises: it says what is right, which mistake it recognises, or on which case the answer differs.
Expected results come from the package's own functions, never from a copy kept here.
"""

from __future__ import annotations

import html
import inspect
import textwrap
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Function = Callable[..., Any]
Tell = Callable[..., None]
"""Hears what happened to a task: ``tell("tried", is_right=True, mistake="")``, ``tell("hinted")``, ``tell("shown")``."""
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Reply:
    """What a check says; notebooks show it as a coloured line, a terminal as text."""

    is_passed: bool
    message: str
    mistake: str = ""
    is_attempted: bool = True

    def __bool__(self) -> bool:
        return self.is_passed

    def __repr__(self) -> str:
        return f"{self._look[1]} {self.message}"

    @property
    def _look(self) -> tuple[str, str]:
        if not self.is_attempted:
            return "#8A929B", "○"
        return ("#009E73", "✓") if self.is_passed else ("#D55E00", "✗")

    def _repr_html_(self) -> str:
        colour, glyph = self._look
        text = html.escape(self.message).replace("\n", "<br>")
        return f'<div style="{_BOX};border-left:6px solid {colour}"><b>{glyph}</b> {text}</div>'


@dataclass(frozen=True)
class Note:
    """A hint or a solution."""

    title: str
    text: str
    is_code: bool = False

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text}"

    def _repr_html_(self) -> str:
        text = html.escape(self.text)
        body = f"<pre style='margin:6px 0;overflow-x:auto;background:#F6F8FA;color:#1B1F24'>{text}</pre>" if self.is_code else f"<br>{text}"
        return f'<div style="{_BOX};border-left:6px solid #56B4E9"><b>{html.escape(self.title)}</b>{body}</div>'


_BOX = "background:#FFFFFF;color:#1B1F24;padding:8px 14px;max-width:76ch;white-space:normal"


@dataclass(frozen=True)
class Mistake:
    """A wrong way to solve an exercise: its name, why it is wrong, and a function that makes it."""

    name: str
    why: str
    function: Function


@dataclass
class Exercise:
    """One exercise.

    Attributes:
        task: what to write, in one sentence.
        reference: the package's own answer, taken on every case.
        cases: arguments to try.
        model: a solution a learner could have written; its source is what ``solution()`` shows.
        mistakes: what to recognise, the most telling first.
        hints: given one by one.
        praise: what a right answer means.
        tell: hears of every try, hint and look at the solution; nobody does unless ``load_checks`` says who.
    """

    task: str
    reference: Function
    cases: Sequence[tuple[Any, ...]]
    model: Function
    mistakes: Sequence[Mistake]
    hints: Sequence[str]
    praise: str
    tell: Tell = field(default=lambda *_, **__: None, repr=False)
    _given: int = field(default=0, repr=False)

    def check(self, answer: Function) -> Reply:
        """Try ``answer`` on every case and say how it did."""
        reply = self._judge(answer)
        if reply.is_attempted:
            self.tell("tried", is_right=reply.is_passed, mistake=reply.mistake)
        return reply

    def _judge(self, answer: Function) -> Reply:
        if not callable(answer):
            return Reply(False, f"Expected your function, got {type(answer).__name__}. Give the function's name without brackets.")
        try:
            given = [_call(answer, case) for case in self.cases]
        except NotImplementedError:
            return self._open()
        except Exception as error:  # noqa: BLE001  the learner's code may raise anything, and the reply should say what
            return Reply(False, f"Your function raised {type(error).__name__}: {error}. Try {_shown(self.cases[0])} by hand.")
        if all(value is None or value is Ellipsis for value in given):
            return self._open()
        wanted = [self.reference(*case) for case in self.cases]
        wrong = [i for i, pair in enumerate(zip(given, wanted, strict=True)) if not _is_same(*pair)]
        if not wrong:
            return Reply(True, self.praise)
        for mistake in self.mistakes:
            if all(_is_same(value, _call(mistake.function, case)) for value, case in zip(given, self.cases, strict=True)):
                return Reply(False, f"{mistake.name[0].upper()}{mistake.name[1:]}. {mistake.why}", mistake.name)
        first = wrong[0]
        head = f"{len(wrong)} of {len(self.cases)} cases differ. For {_shown(self.cases[first])} "
        return Reply(False, f"{head}expected {_value(wanted[first])}, got {_value(given[first])}.")

    def _open(self) -> Reply:
        return Reply(False, f"Not written yet. {self.task}", is_attempted=False)

    def hint(self) -> Note:
        """The next hint; after the last one, the last again."""
        number = min(self._given, len(self.hints) - 1)
        self._given += 1
        self.tell("hinted")
        return Note(f"Hint {number + 1} of {len(self.hints)}", self.hints[number])

    def solution(self) -> Note:
        """One way to write it."""
        self.tell("shown")
        return Note("One solution", textwrap.dedent(inspect.getsource(self.model)).strip(), is_code=True)


def _call(function: Function, case: tuple[Any, ...]) -> Any:
    """A call on copies: an answer that changes its arguments must not spoil the next case."""
    with np.errstate(all="ignore"):
        return function(*deepcopy(case))


def _is_same(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool | np.bool_):
        return isinstance(given, bool | np.bool_) and bool(given) == bool(wanted)
    try:
        given, wanted = np.asarray(given, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return given.shape == wanted.shape and bool(np.allclose(given, wanted, rtol=0, atol=TOLERANCE, equal_nan=True))


def _value(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, separator=", ", suppress_small=True)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _shown(case: tuple[Any, ...]) -> str:
    return f"({', '.join(_value(value) for value in case)})"
