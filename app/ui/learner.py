"""A learner of the course: what this session has solved, guessed and written.

On a learner's own machine the record is the file that notebooks use. Nothing reaches the disk of a server that others can reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import streamlit as st

from specviz import progress
from specviz.course.checks import own_tasks
from specviz.progress import Progress
from ui import gate
from ui.said import plain

Key = tuple[str, str]
"""Chapter and task."""
UPLOAD = "progress_file"


@dataclass
class Learner:
    """One session's state.

    Attributes:
        record: tasks tried and solved, and the name.
        is_kept: whether the record is written to this machine's file; elsewhere a learner keeps it by downloading it.
        tasks: this session's own copies of the exercises and predictions, by chapter.
        guesses: predictions made.
        asked: predictions whose answer was asked for and has not been compared yet.
        replies: what was last said about a task, as HTML.
        answers: code written for an exercise.
        opened: by chapter, how many of its cells this reader has run.
    """

    record: Progress = field(default_factory=Progress)
    is_kept: bool = False
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    guesses: dict[Key, float] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)
    replies: dict[Key, str] = field(default_factory=dict)
    answers: dict[Key, str] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)

    def hear(self, chapter: str, task: str, kind: progress.Kind, event: str, **details: Any) -> None:
        """Note what happened to a task."""
        self.record = self.record.noted(chapter, task, kind, event, **details)
        if self.is_kept:
            progress.note(chapter, task, kind, event, details)

    def change(self, record: Progress) -> None:
        """Take a record as the learner's own: what a file brought, or another name."""
        self.record = record
        if self.is_kept:
            progress.change(lambda kept: replace(kept.merged(record), learner=record.learner))

    def task(self, chapter: str, name: str) -> Any:
        """This learner's copy of an exercise or a prediction."""
        if chapter not in self.tasks:
            self.tasks[chapter] = own_tasks(chapter, self.hear)
        return self.tasks[chapter][name]


def current() -> Learner:
    """The session's learner."""
    if "learner" not in st.session_state:
        st.session_state.learner = _arrive()
    found: Learner = st.session_state.learner
    return found


def _arrive() -> Learner:
    if not gate.is_own_machine():
        return Learner()
    try:
        return Learner(progress.load(), is_kept=True)
    except (OSError, ValueError) as error:
        st.session_state.progress_problem = f"Your progress is not kept: {error}."
        return Learner()


def may_run_code() -> bool:
    """Whether code that is typed into the page may run here: when the machine's owner says so (SPECVIZ_ALLOW_CODE=1), or on one's own machine."""
    return gate.may("SPECVIZ_ALLOW_CODE")


def panel() -> None:
    """Name, download and upload of the record."""
    learner = current()
    if learner.is_kept:
        st.caption("Your progress is kept on this machine, together with that of the notebooks. Download it to hand it in.")
    else:
        st.caption("Your progress stays in this window and is gone when you close or reload it. Download it, to go on later or to hand it in.")
        if gate.lacks_token():
            st.caption(f"{gate.NO_TOKEN} Then it is kept.")
    st.session_state.setdefault("learner_name", learner.record.learner)
    name = st.text_input("Name", max_chars=80, key="learner_name", placeholder="as your instructor knows you")
    if name != learner.record.learner:
        learner.change(replace(learner.record, learner=name))
    file = f"progress-{_plain(name) or 'specviz'}.json"
    disabled = not learner.record.tasks
    st.download_button(
        "Download", partial(_as_json, learner), file, "application/json", on_click="ignore", icon=":material/download:", key="get_progress",
        disabled=disabled, width="stretch", help="Nothing is solved yet." if disabled else None,
    )  # fmt: skip
    st.file_uploader("Take up a downloaded record", type=["json"], key=UPLOAD, on_change=take_upload)
    if problem := st.session_state.pop("progress_problem", None):
        st.error(plain(problem), icon=":material/error:")
    elif st.session_state.pop("progress_taken", False):
        st.success(f"{sum(task.solved for _, _, task in learner.record)} tasks are solved.", icon=":material/check_circle:")


def _as_json(learner: Learner) -> str:
    return learner.record.as_json()


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name).strip("-")


def take_upload() -> None:
    """Add an uploaded record to this session's; say kindly what is wrong with it."""
    file = st.session_state[UPLOAD]
    if file is None:
        return
    learner = current()
    if file.size > progress.MOST_BYTES:
        st.session_state.progress_problem = f"expected a record of progress under {progress.MOST_BYTES} bytes, got {file.size}"
        return
    try:
        read = progress.read(file.getvalue().decode("utf-8", errors="replace"), file.name)
        learner.change(learner.record.merged(read))
    except (OSError, ValueError) as error:
        st.session_state.progress_problem = str(error)
        return
    st.session_state.learner_name = learner.record.learner
    st.session_state.progress_taken = True
