"""Runs of chapters, one for all readers of a server: cells run once, in order, in a process apart, and what they put out is kept.

Nothing in a run is any learner's own: guesses and answers to exercises never enter it. So one run serves a class.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from specviz.course.chapters import Chapter
from specviz.course.outputs import Done, Failed, from_line

MOST_ALIVE = 2
"""Processes kept for going on; each holds the models. The longest unused gives way, and what it put out stays."""
_ROOT = Path(__file__).resolve().parents[2]
_POLL_S = 0.3


class Worker:
    """A process that runs cells; it ends when this object is closed or its server is gone."""

    def __init__(self) -> None:
        self.home = tempfile.TemporaryDirectory(prefix="specviz-course-")
        self.process = start("specviz.course.worker", self.home.name)
        self._answers: queue.SimpleQueue[Done | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, code: str) -> None:
        """Begin a cell."""
        if self.process.stdin is not None:
            with suppress(OSError):  # the process is gone: the answer says so
                self.process.stdin.write(json.dumps(code).encode() + b"\n")
                self.process.stdin.flush()

    def answer(self, seconds: float) -> Done | None:
        """What the cell put out, or None after so many seconds without an answer."""
        try:
            return self._answers.get(timeout=seconds) or Done((Failed("ProcessEnded", "the process that runs this chapter ended unexpectedly"),), 0.0)
        except queue.Empty:
            return None

    def _listen(self) -> None:
        with suppress(OSError, ValueError):  # the process ended, in the middle of a line or after one
            while self.process.stdout is not None and (line := self.process.stdout.readline()):
                self._answers.put(from_line(line))
        self._answers.put(None)

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait(10)
        with suppress(OSError):
            self.home.cleanup()


def start(module: str, folder: str) -> subprocess.Popen[bytes]:
    """Start one of the course's programs in an empty folder, with this package importable."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", f"from {module} import serve; serve()"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe)  # noqa: S603  our own


class Run:
    """One chapter's run: ``done[i]`` is what cell i put out, for as far as anybody has run it."""

    def __init__(self, chapter: Chapter) -> None:
        self.chapter, self.done = chapter, dict[int, Done]()
        self._worker: Worker | None = None
        self._reached = 0  # the cells this process has run; a new one begins again
        self._asked = False
        self.busy = threading.Lock()

    @property
    def failed(self) -> int | None:
        """The first cell that went wrong; nothing after it is run until it is tried again."""
        return next((number for number in sorted(self.done) if self.done[number].failure), None)

    @property
    def is_alive(self) -> bool:
        """Whether there is a process to go on with."""
        return self._worker is not None

    def missing(self, upto: int) -> list[int]:
        """The cells before ``upto`` that have not run."""
        return [cell.number for cell in self.chapter.cells[:upto] if cell.number not in self.done]

    def forget_failure(self) -> None:
        """Let the cell that went wrong be tried again, in a new process."""
        if (number := self.failed) is not None and self.busy.acquire(timeout=10):
            try:
                self.close()
                self.done = {key: done for key, done in self.done.items() if key < number}
            finally:
                self.busy.release()

    def run_to(self, upto: int, on_wait: Callable[[int], None]) -> None:
        """Run every cell before ``upto`` that has not run; the caller holds ``busy``.

        Args:
            upto: one more than the number of the last cell.
            on_wait: called several times a second with the number of the running cell. It may raise, which is how Streamlit ends a script:
                the cell runs on, and its output is collected by whoever asks next.
        """
        while self.missing(upto) and self.failed is None:
            if self._worker is None:
                self._worker, self._reached = Worker(), 0
            number, worker = self._reached, self._worker
            if not self._asked:
                worker.ask(self.chapter.cells[number].code)
                self._asked = True
            on_wait(number)
            while (done := worker.answer(_POLL_S)) is None:
                on_wait(number)
            self._asked, self._reached = False, number + 1
            self.done.setdefault(number, done)
            if done.failure:
                self.close()

    def close(self) -> None:
        """End the process; what was put out stays."""
        worker, self._worker, self._asked, self._reached = self._worker, None, False, 0
        if worker is not None:
            worker.close()


class Shelf:
    """The server's runs by chapter; a chapter or weights that have changed make another run."""

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[str, object], Run] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, chapter: Chapter, weights: object) -> Run:
        """The run of a chapter with these weights."""
        key = (chapter.name, (hash(chapter), weights))
        with self._lock:
            for old in [other for other in self._runs if other[0] == key[0] and other != key]:
                self._runs.pop(old).close()
            run = self._runs.setdefault(key, Run(chapter))
            self._runs.move_to_end(key)
            return run

    def make_room(self, wanted: Run) -> None:
        """Before ``wanted`` starts a process: end those that were not used for longest."""
        with self._lock:
            alive = [run for run in self._runs.values() if run.is_alive and run is not wanted]
        for run in alive[: max(0, len(alive) + 1 - MOST_ALIVE)]:
            if run.busy.acquire(blocking=False):
                try:
                    run.close()
                finally:
                    run.busy.release()


def weights_stamp() -> tuple[tuple[str, int, int], ...]:
    """The files of the models that ship, with sizes and times: another pair gives other runs. Reads no weight."""
    folder = Path(__file__).resolve().parents[1] / "zoo" / "weights"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((path.relative_to(folder).as_posix(), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
