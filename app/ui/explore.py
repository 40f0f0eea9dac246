"""Shows an explorable on a page: its question, its controls bound to the address, and the picture that follows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from specviz.explorables import Choice, Control, Slider, find_explorable
from ui.charts import show


def explorable(name: str, key: str, given: Mapping[str, Any] | None = None, *, prefix: str = "", start: Mapping[str, Any] | None = None) -> None:
    """Draw it with its controls at the side. Controls keep their value when another explorable with one of that name takes its place.

    Args:
        name: of ``specviz.explorables.EXPLORABLES``.
        key: of the chart on this page.
        given: objects in place of controls, such as runs at hand.
        prefix: before the controls' words in the address; explorables that stand on a page together need different ones.
        start: values to begin with in place of the declared ones.
    """
    found = find_explorable(name)
    st.markdown(f"**Try this.** {found.question}")
    with st.container(key=f"bench_{key}"):
        main, side = st.columns([2.5, 1], gap="medium")
    with side:
        values = dict(given or {})
        for control_name, control in _controls(name, values):
            values[control_name] = _input(prefix + control_name, control, (start or {}).get(control_name, control.value))
    with main:
        show(found.figure(values), key=key)


def _controls(name: str, values: dict[str, Any]) -> Iterator[tuple[str, Control]]:
    """The controls one after the other: bounds and options of a later one may depend on what was chosen in the earlier ones."""
    found = find_explorable(name)
    for control_name in found.controls:
        if control_name not in values:
            yield control_name, found.controls_at(values)[control_name]


def _input(name: str, control: Control, start: Any) -> Any:
    start = control.fit(start)
    st.session_state[name] = _wished(name, control, start)
    if isinstance(control, Choice):
        value: Any = st.selectbox(control.label, control.grid(), key=name, help=control.help or None)
    elif control.low == control.high:
        value = control.value
    else:
        kind = int if isinstance(control.step, int) else float
        low, high = kind(float(str(control.low))), kind(float(str(control.high)))
        value = st.slider(control.label, low, high, step=kind(control.step), key=name, help=control.help or None)
    _write(name, value, start)
    return value


def _wished(name: str, control: Control, start: Any) -> Any:
    """What the reader set, else what the address asks for, else the default; made to fit, and what is none of it ignored."""
    for wish in (st.session_state.get(name), st.query_params.get(name)):
        if wish is not None:
            with suppress(ValueError):
                return control.fit(wish) if isinstance(control, Slider) else control.fit(str(wish))
    return start


def _write(name: str, value: object, start: object) -> None:
    """The address names what is not the default."""
    wanted = None if value == start else f"{value:g}" if isinstance(value, float) else str(value)
    if wanted is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != wanted:
        st.query_params[name] = wanted
