"""Recorded runs the app can show: the samples that ship, runs made here and files that were uploaded."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from specviz.errors import shown
from specviz.trace import Trace, TraceError, load_trace, read_trace, sample_names, store

MOST_BYTES = 1 << 30
"""What all runs of this server may come to; a class of thirty keeps dozens each."""
MOST_BYTES_EACH = 256 << 20
"""What one visitor's may."""
MOST_RUNS_EACH = 24
MINE = "my_runs"
_OWNER = "runs_owner"


@dataclass(frozen=True)
class _Kept:
    trace: Trace
    owner: str
    size: int


class Shelf:
    """Runs of this server under short names nobody can guess, so that a link to a moment of a run works after a reload.

    Whoever keeps too much loses their own oldest run. When the server as a whole has no room, whoever keeps most does: a visitor who fills the
    shelf pushes out nobody who keeps less.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_bytes_each: int = MOST_BYTES_EACH, most_runs_each: int = MOST_RUNS_EACH) -> None:
        self._most_bytes, self._most_bytes_each, self._most_runs_each = most_bytes, most_bytes_each, most_runs_each
        self._runs: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, trace: Trace, name: str, owner: str = "") -> str:
        """Keep a run and return its name; one that was kept by somebody else stays theirs.

        Raises:
            TraceError: when it is larger than all that one visitor may keep.
        """
        size = trace.size
        if size > self._most_bytes_each:
            got = f"one of {size / 1e6:.0f} MB"
            raise TraceError(f"a run of at most {self._most_bytes_each / 1e6:.0f} MB", got, "record a shorter one, or with detail='full'")
        with self._lock:
            known = self._runs.pop(name, None)
            self._runs[name] = known or _Kept(trace, owner, size)
            self._make_room(owner)
        return name

    def get(self, name: str) -> Trace | None:
        """The run of this name, or None when it is not, or no longer, there."""
        with self._lock:
            if name in self._runs:
                self._runs.move_to_end(name)
                return self._runs[name].trace
            return None

    def _make_room(self, owner: str) -> None:
        while self._is_too_much(owner):
            self._drop_oldest(owner)
        while sum(kept.size for kept in self._runs.values()) > self._most_bytes:
            held = Counter[str]()
            for kept in self._runs.values():
                held[kept.owner] += kept.size
            self._drop_oldest(held.most_common(1)[0][0])

    def _is_too_much(self, owner: str) -> bool:
        sizes = [kept.size for kept in self._runs.values() if kept.owner == owner]
        return len(sizes) > self._most_runs_each or sum(sizes) > self._most_bytes_each

    def _drop_oldest(self, owner: str) -> None:
        del self._runs[next(name for name, kept in self._runs.items() if kept.owner == owner)]


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The server's one shelf."""
    return Shelf()


def keep_live(trace: Trace) -> str:
    """Keep a run made here; return its name."""
    return _mine(shelf().put(trace, f"run-{secrets.token_hex(5)}", _owner()))


def keep_upload(content: bytes, filename: str) -> str:
    """Read an uploaded file and keep it; the same content gets the same name.

    Raises:
        TraceError: when the file is no trace, is damaged, holds no cycle, is larger than a stranger's may be, or is of a newer version.
    """
    trace = read_trace(content, name=filename)
    if not len(trace):
        raise TraceError(f"at least one cycle in {shown(filename)}", "none", "record a run that makes a token")
    return _mine(shelf().put(trace, f"file-{hashlib.sha256(content).hexdigest()[:10]}", _owner()))


def _owner() -> str:
    """Who this visitor is, for the shelf."""
    return str(st.session_state.setdefault(_OWNER, secrets.token_hex(8)))


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
