"""A learner of the course: what this session has solved, guessed and written. Nothing of it reaches the server's disk."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from specviz import progress
from specviz.course.checks import own_tasks
from specviz.progress import Progress

Key = tuple[str, str]
"""Chapter and task."""
UPLOAD = "progress_file"


@dataclass
class Learner:
    """One session's state; a learner keeps it by downloading the record.

    Attributes:
        record: tasks tried and solved, and the name.
        tasks: this session's own copies of the exercises and predictions, by chapter.
        guesses: predictions made.
        asked: predictions whose answer was asked for and has not been compared yet.
        replies: what was last said about a task, as HTML.
        answers: code written for an exercise.
        opened: by chapter, how many of its cells this reader has run.
    """

    record: Progress = field(default_factory=Progress)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    guesses: dict[Key, float] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)
    replies: dict[Key, str] = field(default_factory=dict)
    answers: dict[Key, str] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)

    def hear(self, chapter: str, task: str, kind: progress.Kind, event: str, **details: Any) -> None:
        """Note what happened to a task."""
        self.record = self.record.noted(chapter, task, kind, event, **details)

    def task(self, chapter: str, name: str) -> Any:
        """This learner's copy of an exercise or a prediction."""
        if chapter not in self.tasks:
            self.tasks[chapter] = own_tasks(chapter, self.hear)
        return self.tasks[chapter][name]


def current() -> Learner:
    """The session's learner."""
    found: Learner = st.session_state.setdefault("learner", Learner())
    return found


def may_run_code() -> bool:
    """Whether code that is typed into the page may run on this machine.

    Only when its owner says so (SPECVIZ_ALLOW_CODE=1), or when the server listens on loopback alone and the browser calls it by such a
    name: a proxy in front of it brings other people in under another one.
    """
    said = os.environ.get("SPECVIZ_ALLOW_CODE")
    if said is not None:
        return said == "1"
    headers = st.context.headers
    hosts = [st.get_option("server.address"), *(urlsplit(f"//{host}").hostname for host in headers.get_all("Host"))]
    return all(_is_loopback(host) for host in hosts) and not headers.get_all("X-Forwarded-For") and not headers.get_all("Forwarded")


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def panel() -> None:
    """Name, download and upload of the record."""
    learner = current()
    st.caption("Your progress stays in this window and is gone when you close or reload it. Download it, to go on later or to hand it in.")
    st.session_state.setdefault("learner_name", learner.record.learner)
    name = st.text_input("Name", max_chars=80, key="learner_name", placeholder="as your instructor knows you")
    if name != learner.record.learner:
        learner.record = replace(learner.record, learner=name)
    file = f"progress-{_plain(name) or 'specviz'}.json"
    disabled = not learner.record.tasks
    st.download_button(
        "Download", partial(_as_json, learner), file, "application/json", on_click="ignore", icon=":material/download:", key="get_progress",
        disabled=disabled, width="stretch", help="Nothing is solved yet." if disabled else None,
    )  # fmt: skip
    st.file_uploader("Take up a downloaded record", type=["json"], key=UPLOAD, on_change=take_upload)
    if problem := st.session_state.pop("progress_problem", None):
        st.error(problem, icon=":material/error:")
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
        st.session_state.progress_problem = f"Expected a record of progress under {progress.MOST_BYTES} bytes, got {file.size}."
        return
    try:
        read = progress.read(file.getvalue().decode("utf-8", errors="replace"), file.name)
    except ValueError as error:
        st.session_state.progress_problem = str(error)
        return
    learner.record = learner.record.merged(read)
    st.session_state.learner_name = learner.record.learner
    st.session_state.progress_taken = True
