"""The models of the live run: loaded once for the whole server, one run at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from ui import address, gate

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

    for method in ("autoregressive", None):  # plain decoding, and the best that the pair can do
        generate(pair, "def f(x):\n", method=method, max_new_tokens=6, detail="light")
    return pair


def load(target: str, draft: str, dtype: str) -> Pair:
    """The reader's own pair where a target is named and may be; else the shipped one with that draft. Raises as :func:`own_pair`."""
    return own_pair(target, draft, dtype) if target and may_name_models() else shipped_pair(draft, dtype)


ASKED_OF = {"draft model": "the field “Draft” under “Your own models”"}
"""Where the app takes what a drafter needs."""


def offers(target: str, draft: str) -> frozenset[str]:
    """What the pair that :func:`load` would give has for drafters; the shipped one has everything."""
    from specviz.model.pair import DRAFT_MODEL

    return frozenset({DRAFT_MODEL} if draft or not target else ())


def check_method(method: str, target: str, draft: str) -> None:
    """Say what is wrong with a method for these models before anything is loaded.

    Raises:
        ValueError: for a method that is none, or that they have not everything for.
    """
    from specviz.methods import choose_method

    choose_method(method, offers(target if may_name_models() else "", draft), ASKED_OF)


def named(key: str) -> tuple[str, str]:
    """What the fields of :func:`own_models` say, wherever on the page they come: target and draft, empty where the shipped pair runs."""
    target, draft = (str(st.session_state.get(f"{key}_{field}") or "").strip() for field in ("target", "draft"))
    return (target, draft) if target and may_name_models() else ("", "")


def choose_method(key: str, own: tuple[str, str], *, drafting: bool = False) -> str:
    """A choice between the methods that these models have everything for; with ``drafting`` without plain decoding.

    Models with other parts bring another best method with them.
    """
    from specviz.methods import METHODS, default_method, possible

    given = offers(*own)
    if st.session_state.setdefault(f"{key}_offers", given) != given:
        st.session_state[f"{key}_offers"] = given
        st.session_state.pop(key, None)
    names = [name for name in possible(given) if not drafting or METHODS[name].drafter is not None]
    address.read(key, names, default_method(given))
    return str(st.selectbox("Method", names, key=key))


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
    with st.expander("Your own models", expanded=any(named(key))):  # what runs is seen
        st.caption(f"A folder or a .gguf file on this machine, or a Hugging Face id. {note}Empty: the pair that ships with specviz.")
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
