"""The models of the live run: loaded once for the whole server, one run at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from ui import gate

if TYPE_CHECKING:
    from specviz.model.pair import Pair

SHIPPED = "tiny"
DTYPES = ("auto", "float32", "bfloat16")
_WAIT_S = 0.15


@st.cache_resource(show_spinner="Loading the models …", max_entries=4)
def shipped_pair(draft: str, dtype: str) -> Pair:
    """The pair that ships with the package; ``draft`` is one of its drafts, empty for the usual one."""
    from specviz.model.pair import load_pair

    return _warm(load_pair(SHIPPED, draft=draft or None, dtype=dtype))


@st.cache_resource(show_spinner="Loading your models …", max_entries=1)
def own_pair(target: str, draft: str, dtype: str) -> Pair:
    """A reader's own pair: folders or hub ids.

    Raises:
        FileNotFoundError: when a checkpoint is not there or the hub cannot be reached.
        ValueError: when the two do not go together.
    """
    from specviz.model.pair import load_pair

    return _warm(load_pair(target=target, draft=draft or None, dtype=dtype))


def _warm(pair: Pair) -> Pair:
    """Run a few tokens: the first passes set buffers and kernels up, and would be counted against whoever runs first."""
    from specviz.engine.run import generate

    for method in ("autoregressive", "chain" if pair.draft is not None else "prompt-lookup"):
        generate(pair, "def f(x):\n", method=method, max_new_tokens=6, detail="light")
    return pair


def load(target: str, draft: str, dtype: str) -> Pair:
    """The reader's own pair where a target is named and may be; else the shipped one with that draft. Raises as :func:`own_pair`."""
    return own_pair(target, draft, dtype) if target and may_name_models() else shipped_pair(draft, dtype)


def choose_draft(key: str) -> str:
    """A choice between the drafts that ship."""
    from specviz.model.pair import DEFAULT_DRAFT, shipped_drafts

    names = shipped_drafts(SHIPPED)
    note = "Of the shipped models: small, medium, large. A larger draft agrees with the target more often, and costs more."
    return str(st.selectbox("Draft model", names, index=names.index(DEFAULT_DRAFT), key=key, help=note))


def may_name_models() -> bool:
    """Whether readers may name folders of this machine: on their own one, or when the operator says so (SPECVIZ_ALLOW_PATHS=1)."""
    return gate.may("SPECVIZ_ALLOW_PATHS")


def own_models(key: str, note: str, shipped_draft: str) -> tuple[str, str]:
    """Target and draft as :func:`load` takes them: two fields for a reader's own pair, where they are allowed, else ``shipped_draft``.

    ``key`` begins the names of the fields' values.
    """
    if not may_name_models():
        if gate.lacks_token():
            st.caption(f"Your own models: {gate.NO_TOKEN}")
        return "", shipped_draft
    with st.expander("Your own models"):
        st.caption(f"A folder on this machine or a Hugging Face id. {note}Empty: the pair that ships with specviz.")
        target = st.text_input("Target", key=f"{key}_target", placeholder="Qwen/Qwen3-0.6B or /models/target").strip()
        draft = st.text_input("Draft", key=f"{key}_draft", placeholder="may stay empty for prompt-lookup").strip()
    return (target, draft) if target else ("", shipped_draft)


@st.cache_resource(show_spinner=False)
def turns() -> threading.Lock:
    """Held by the one run that has its turn: two at once would share the processor, and neither would measure anything."""
    return threading.Lock()


@contextmanager
def turn(on_wait: Callable[[], None]) -> Iterator[None]:
    """Wait for a turn and hold it.

    ``on_wait`` is called a few times a second meanwhile. It should draw something, because that is where Streamlit ends a
    script whose reader pressed Stop.
    """
    lock = turns()
    while not lock.acquire(timeout=_WAIT_S):
        on_wait()
    try:
        yield
    finally:
        lock.release()
