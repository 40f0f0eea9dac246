"""What a learner has done in the course: kept in one small file on the learner's machine, handed in and merged as the same file.

Nothing leaves the machine by itself. The file says which exercises were tried and solved and which mistakes were recognised; it holds no code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from specviz.errors import UnexpectedTypeError, UnexpectedValueError, UnreadableFileError, foreign, shown, words
from specviz.files import whole_file
from specviz.locking import held

FORMAT = 1
MOST_BYTES = 1_000_000
_MOST = 1_000_000
"""Tries of one task, and the like; more is no count."""
_LONGEST_DATE = 40
_WAIT_S = 10.0
"""How long to wait for another process that is writing; it takes milliseconds."""
_AGAIN = "export it again"
_DO = "free some room, or set SPECVIZ_PROGRESS to a file you may write"
Kind = Literal["exercise", "prediction"]


@dataclass(frozen=True)
class Task:
    """How one exercise or prediction went.

    Attributes:
        kind: ``exercise`` or ``prediction``.
        tries: answers that were checked, or guesses that were revealed; a stub not yet written does not count.
        solved: whether an answer was right, or a guess close.
        solved_at_try: the try that was; 0 for none.
        mistakes: recognised mistakes by name, and how often each was made.
        hints: hints shown.
        saw_solution: whether the solution was shown before the task was solved.
        last: when it was last worked on, ISO 8601, UTC.
    """

    kind: Kind = "exercise"
    tries: int = 0
    solved: bool = False
    solved_at_try: int = 0
    mistakes: Mapping[str, int] = field(default_factory=dict)
    hints: int = 0
    saw_solution: bool = False
    last: str = ""

    def tried(self, *, is_right: bool, mistake: str = "") -> Task:
        """This and one more try."""
        mistakes = {**self.mistakes, mistake: self.mistakes.get(mistake, 0) + 1} if mistake else self.mistakes
        first = self.tries + 1 if is_right and not self.solved else self.solved_at_try
        return replace(self, tries=self.tries + 1, solved=self.solved or is_right, solved_at_try=first, mistakes=mistakes, last=_now())

    def hinted(self) -> Task:
        """This and one more hint."""
        return replace(self, hints=self.hints + 1, last=_now())

    def shown(self) -> Task:
        """This with the solution seen, if it was not solved before."""
        return replace(self, saw_solution=self.saw_solution or not self.solved, last=_now())

    def merged(self, other: Task) -> Task:
        """The further of two records of one task; counts are not added, for both may hold the same tries."""
        further, less = (self, other) if (self.solved, self.tries) >= (other.solved, other.tries) else (other, self)
        names = {**less.mistakes, **further.mistakes}
        return replace(
            further,
            mistakes={name: max(self.mistakes.get(name, 0), other.mistakes.get(name, 0)) for name in names},
            hints=max(self.hints, other.hints),
            saw_solution=self.saw_solution and other.saw_solution if further.solved else self.saw_solution or other.saw_solution,
            last=max(self.last, other.last),
        )


@dataclass(frozen=True)
class Progress:
    """A learner's name and tasks: ``tasks[chapter][task]``."""

    learner: str = ""
    tasks: Mapping[str, Mapping[str, Task]] = field(default_factory=dict)

    def of(self, chapter: str, task: str) -> Task | None:
        """The record of one task; None where it was never worked on."""
        return self.tasks.get(chapter, {}).get(task)

    def having(self, chapter: str, task: str, record: Task) -> Progress:
        """This with one record replaced."""
        return replace(self, tasks={**self.tasks, chapter: {**self.tasks.get(chapter, {}), task: record}})

    def noted(self, chapter: str, task: str, kind: Kind, event: str, **details: bool | str) -> Progress:
        """This after something happened to a task: ``tried`` (is_right, mistake), ``hinted`` or ``shown``."""
        record = self.of(chapter, task) or Task(kind)
        return self.having(chapter, task, getattr(record, event)(**details))

    def merged(self, other: Progress) -> Progress:
        """Both together, task by task; the name is this one's if it has one."""
        together = replace(self, learner=self.learner or other.learner)
        for chapter, name, record in other:
            mine = together.of(chapter, name)
            together = together.having(chapter, name, record if mine is None else mine.merged(record))
        return together

    def __iter__(self) -> Iterator[tuple[str, str, Task]]:
        """Every (chapter, task, record)."""
        for chapter, tasks in self.tasks.items():
            for name, record in tasks.items():
                yield chapter, name, record

    def as_json(self) -> str:
        """The file's text."""
        tasks = {chapter: {name: asdict(record) for name, record in of.items()} for chapter, of in self.tasks.items()}
        return json.dumps({"specviz_progress": FORMAT, "learner": self.learner, "tasks": tasks}, indent=1, ensure_ascii=False) + "\n"


def place() -> Path:
    """Where this learner's file is: ``SPECVIZ_PROGRESS`` if that is set, else in the user's data folder."""
    from platformdirs import user_data_path

    named = os.environ.get("SPECVIZ_PROGRESS")
    return Path(named).expanduser() if named else user_data_path("specviz", appauthor=False) / "progress.json"


def load(path: Path | None = None) -> Progress:
    """Read a file; an empty record where there is none.

    Raises:
        ValueError: for a file that is not a record of progress; it is left as it is.
        OSError: for one that cannot be read.
    """
    path = place() if path is None else path
    with foreign(f"a file of progress that can be read at {shown(path.name)}", into=UnreadableFileError, kinds=(OSError,)):
        if not path.exists():
            return Progress()
        if not path.is_file():
            raise UnexpectedValueError("a file of progress", f"{shown(path.name)}, which is no regular file", "name the file that was exported")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    return read(content.decode("utf-8", errors="replace"), path.name)


def read(text: str, name: str = "this file") -> Progress:
    """Read a file's text; raises as :func:`load`."""
    name = words(name)
    if len(text) > MOST_BYTES:
        raise UnexpectedValueError(f"a record of progress under {MOST_BYTES} bytes in {name}", "a longer file", "is it another file?")
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair can be read and never written
    except (ValueError, RecursionError) as error:
        raise UnexpectedValueError(f"a record of progress in {name}", f"no JSON ({words(error, 80)})", _AGAIN) from None
    if not isinstance(found, dict) or found.get("specviz_progress") != FORMAT:
        version = found.get("specviz_progress") if isinstance(found, dict) else None
        raise UnexpectedValueError(f"a record of progress of format {FORMAT} in {name}", shown(version), f"{_AGAIN} with this version")
    try:
        tasks = {chapter: {task: _task(record) for task, record in of.items()} for chapter, of in found["tasks"].items()}
        return Progress(_text(found["learner"]), tasks)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        got = f"something else ({type(error).__name__}: {words(error)})"
        raise UnexpectedValueError(f"learner and tasks in {name}", got, _AGAIN) from None


def save(progress: Progress, path: Path | None = None) -> Path:
    """Write a file as a whole or not at all; returns where.

    Raises:
        OSError: when it cannot be written.
    """
    path = place() if path is None else path
    with whole_file("the file of progress", path, _DO) as partial:
        partial.write_text(progress.as_json(), encoding="utf-8")
    return path


def change(how: Callable[[Progress], Progress], path: Path | None = None) -> Progress:
    """Read a file, change what it says and write it, with nobody else writing in between; returns what it says now.

    Raises:
        ValueError, OSError: as :func:`load` and :func:`save`.
    """
    path = place() if path is None else path
    with foreign(f"to write {shown(path.name)}", _DO, into=UnreadableFileError, kinds=(OSError,)):
        path.parent.mkdir(parents=True, exist_ok=True)
    with held(path, _WAIT_S, "try again"):
        changed = how(load(path))
        save(changed, path)
    return changed


def note(chapter: str, name: str, kind: Kind, event: str, details: Mapping[str, Any]) -> None:
    """Write down that something happened to a task: ``tried`` (is_right, mistake), ``hinted`` or ``shown``.

    An exercise never fails over its record: where the file cannot be read or written, nothing is kept and a warning says so once.
    """
    try:
        change(lambda mine: mine.noted(chapter, name, kind, event, **details))
    except Exception as error:  # noqa: BLE001  a promise: whatever is wrong with the file, the exercise goes on
        _warn(words(error))


def _warn(why: str) -> None:
    import warnings

    warnings.warn(f"your progress is not kept: {why}", stacklevel=4)


def _task(record: Mapping[str, Any]) -> Task:
    known = {f.name for f in fields(Task)}
    task = Task(**{name: value for name, value in record.items() if name in known})
    counts = (task.tries, task.solved_at_try, task.hints, *task.mistakes.values())
    flags = (task.solved, task.saw_solution)
    last: Any = task.last  # whatever the file holds
    is_dated = isinstance(last, str) and len(last) <= _LONGEST_DATE
    if not (
        is_dated
        and task.kind in ("exercise", "prediction")
        and all(type(n) is int and 0 <= n <= _MOST for n in counts)
        and all(type(b) is bool for b in flags)
    ):
        raise UnexpectedValueError("a record of a task", f"no record of a task: {shown(dict(record))}")
    return task


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UnexpectedTypeError("a learner's name as text", shown(value))
    return value


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
