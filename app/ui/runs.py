"""Recorded runs the app can show: the samples that ship, runs made here and files that were uploaded."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from pathlib import Path

import streamlit as st

from specviz.trace import Trace, TraceError, load_trace, read_trace, sample_names, store

KEPT = 64
"""Runs kept in memory for the whole server; the oldest gives way. A class of thirty fits twice."""
MINE = "my_runs"


class Shelf:
    """Runs of this server under short names nobody can guess, so that a link to a moment of a run works after a reload."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._runs: OrderedDict[str, Trace] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, trace: Trace, name: str) -> str:
        """Keep a run and return its name."""
        with self._lock:
            self._runs[name] = trace
            self._runs.move_to_end(name)
            while len(self._runs) > self._limit:
                self._runs.popitem(last=False)
        return name

    def get(self, name: str) -> Trace | None:
        """The run of this name, or None when it is not, or no longer, there."""
        with self._lock:
            if name in self._runs:
                self._runs.move_to_end(name)
            return self._runs.get(name)


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The server's one shelf."""
    return Shelf()


def keep_live(trace: Trace) -> str:
    """Keep a run made here; return its name."""
    return _mine(shelf().put(trace, f"run-{secrets.token_hex(5)}"))


def keep_upload(content: bytes, filename: str) -> str:
    """Read an uploaded file and keep it; the same content gets the same name.

    Raises:
        TraceError: when the file is no trace, is damaged, holds no cycle or is of a newer version.
    """
    trace = read_trace(content, name=filename)
    if not len(trace):
        raise TraceError(f"at least one cycle in {shown(filename)}", "none", "record a run that makes a token")
    _probe(trace, filename)
    return _mine(shelf().put(trace, f"file-{hashlib.sha256(content).hexdigest()[:10]}"))


def _probe(trace: Trace, filename: str) -> None:
    """Read every cycle once, so that a file with broken rows is refused at the door and not in the middle of a page."""
    try:
        for cycle in trace:
            _ = cycle.path
    except (KeyError, TypeError, ValueError) as error:
        raise TraceError(f"expected readable cycles in {filename!r}, got a row that is not ({error}); the file is damaged") from None


def _mine(name: str) -> str:
    mine: list[str] = st.session_state.setdefault(MINE, [])
    if name not in mine:
        mine.append(name)
    return name


def names() -> list[str]:
    """What this reader can choose from: the samples, then their own runs, newest first."""
    mine = [name for name in reversed(st.session_state.get(MINE, [])) if shelf().get(name) is not None]
    return [*samples(), *mine]


def samples() -> list[str]:
    """The recorded runs that ship, the plainest example first."""
    return sorted(sample_names(), key=lambda name: name != "chain")


def find(name: str) -> Trace | None:
    """A run by name: a sample's, or one on the shelf; None when there is none."""
    if name in sample_names():
        path = store.sample_path(name)
        return _sample(str(path), path.stat().st_mtime_ns)
    return shelf().get(name)


@st.cache_resource(show_spinner=False, max_entries=32)
def _sample(path: str, changed: int) -> Trace:  # noqa: ARG001  a sample recorded anew is another one
    return load_trace(Path(path))


def title(name: str) -> str:
    """What a run is called in a menu."""
    trace = find(name)
    if trace is None:
        return name
    about = f"{len(trace)} cycles, temperature {trace.header.settings.get('temperature', 0):g}"
    if name in sample_names():
        return f"recorded: {name}, {about}"
    return f"{'your run' if name.startswith('run-') else 'your file'}: {trace.header.method}, {about} ({name.rpartition('-')[2][:4]})"


def first_question(trace: Trace) -> tuple[int, int] | None:
    """The refusal most worth a look: the token its draft was surest of; None when nothing was refused."""
    refused = [(node.q, cycle.cycle, node.id) for cycle in trace for node in cycle.nodes if node.state == "rejected"]
    # a copied token always claims q = 1: then the target's own doubt decides
    refused.sort(key=lambda entry: (-entry[0], entry[1]))
    return (refused[0][1], refused[0][2]) if refused else None
