"""Checks what a learner wrote, in a process that is ended after some seconds.

The process is for endless loops and crashes. It is no sandbox: the code may do whatever its server's user may, so a server that others reach
must not come here at all; who may is decided by the app (``ui.learner.may_run_code``).
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from typing import Any

from specviz.course.chapters import load_chapter
from specviz.course.checks import own_tasks

SECONDS = 10.0
_STARTING_S = 60.0
_FILE = "<your code>"
_MOST_TEXT = 4000


@dataclass(frozen=True)
class Reply:
    """What a check said.

    Attributes:
        message: in words.
        is_passed: whether the answer is right.
        mistake: the name of a recognised mistake.
        is_attempted: False for a stub.
        is_checked: False when the code did not get as far as the check, which is no try.
        printed: what the code printed.
    """

    message: str
    is_passed: bool = False
    mistake: str = ""
    is_attempted: bool = True
    is_checked: bool = True
    printed: str = ""


def try_answer(chapter: str, task: str, code: str, function: str, seconds: float = SECONDS) -> Reply:
    """Run a learner's code and check the function it defines.

    Args:
        chapter: its name.
        task: the exercise.
        code: what the learner wrote.
        function: the name of the function to check.
        seconds: for the code; starting the process comes on top.
    """
    from specviz.course.running import start

    asked = json.dumps({"chapter": chapter, "task": task, "code": code, "function": function, "seconds": seconds})
    with tempfile.TemporaryDirectory(prefix="specviz-answer-", ignore_cleanup_errors=True) as folder:
        process = start("specviz.course.answering", folder)
        try:
            answer, _ = process.communicate(asked.encode(), timeout=seconds + _STARTING_S)
            return Reply(**json.loads(answer.decode().splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return _too_long(seconds)
        except (ValueError, IndexError, TypeError):
            return Reply("Your code ended Python before it could be checked. Does it call exit()?", is_checked=False)
        finally:
            process.kill()
            process.wait(10)


def _too_long(seconds: float) -> Reply:
    return Reply(f"Your code was given up after {seconds:g} seconds. Is there a loop that never ends?", is_checked=False)


def judge(chapter: str, task: str, code: str, function: str) -> Reply:
    """As :func:`try_answer`, here and without a limit."""
    names: dict[str, Any] = {"__name__": "__answer__"}
    exec(f"import numpy as np\n{load_chapter(chapter).imports()}", names)  # noqa: S102  the chapter's own lines
    text = io.StringIO()
    with redirect_stdout(text):
        try:
            exec(compile(code, _FILE, "exec"), names)  # noqa: S102  that is what this process is for
        except Exception as error:  # noqa: BLE001  learners' code raises everything
            return Reply(_said(error), is_checked=False, printed=text.getvalue()[:_MOST_TEXT])
        if function not in names:
            return Reply(f"Expected a function called {function}, found none. Keep its name.", is_checked=False)
        found = own_tasks(chapter, lambda *_, **__: None)[task].check(names[function])
    return Reply(found.message, found.is_passed, found.mistake, found.is_attempted, printed=text.getvalue()[:_MOST_TEXT])


def _said(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"Python cannot read line {error.lineno}: {error.msg}."
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _FILE]
    return f"Line {lines[-1] if lines else '?'} raised {type(error).__name__}: {error}."


def serve() -> None:
    """The process: answer one question."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the code writes by other ways than print must not get into the answer
    asked = json.load(sys.stdin)
    seconds, lock = asked.pop("seconds"), threading.Lock()

    def say(reply: Reply) -> None:
        with lock:
            channel.write(json.dumps(asdict(reply)) + "\n")
            channel.flush()
            os._exit(0)

    own_tasks(asked["chapter"], lambda *_, **__: None)  # imported before the clock starts
    timer = threading.Timer(seconds, say, [_too_long(seconds)])
    timer.daemon = True
    timer.start()
    say(judge(**asked))
