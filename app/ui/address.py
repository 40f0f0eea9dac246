"""Menus whose choice stands in the address in short words: Streamlit's own binding would write the long ones that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def read(word: str, options: Sequence[T], default: T) -> None:
    """Before the menu of key ``word`` is drawn: take its value from the address on a first visit; what is no option is ignored."""
    if word not in st.session_state or st.session_state[word] not in options:
        asked = st.query_params.get(word)
        st.session_state[word] = next((option for option in options if asked in {str(option), _word(option)}), default)


def write(word: str, default: object) -> None:
    """After it: the address says what was chosen, unless it is the default."""
    value = st.session_state[word]
    wanted = None if value == default or value is None else _word(value)
    if st.query_params.get(word) == wanted:
        return
    if wanted is None:
        del st.query_params[word]
    else:
        st.query_params[word] = wanted


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
