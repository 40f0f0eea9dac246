"""Bars that can be dragged: how a reader shapes p and q. The browser keeps each law a law and sends it when a bar is let go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from specviz.figures import theme, words
from specviz.labs.place import Place, checked

_HERE = Path(__file__).parent
_KEY = "shaper"
_HTML = """
<div class="shaper"><div class="head"><b>Drag the bars</b>
<span><i style="background:#009E73"></i>p, the target</span><span><i style="background:#56B4E9"></i>q, the draft</span>
<span><i style="background:#F0E442"></i>overlap min(p, q)</span></div><div class="stage"></div>
<p class="hint">Pull one up and the others of its law make room. With keys: Tab to a bar, then arrows, Page up and down, Home, End.</p></div>
"""


def shape(place: Place, on_shaped: Callable[[], None]) -> None:
    """Show the laws of ``place``; when the reader has changed one, ``on_shaped`` is called and :func:`shaped` has it."""
    html = _HTML.replace("#009E73", theme.TARGET).replace("#56B4E9", theme.DRAFT).replace("#F0E442", theme.OVERLAP)
    component = st.components.v2.component("specviz_shaper", html=html, css=_read("shaper.css"), js=_read("shaper.js"))
    data = {
        "names": [words.visible(name) for name in place.names],
        "p": place.p.tolist(),
        "q": place.q.tolist(),
        "looks": {"p": theme.TARGET, "q": theme.DRAFT, "hatch": theme.HATCH},
    }
    component(data=data, key=_KEY, on_shaped_change=on_shaped)


def shaped(names: tuple[str, ...]) -> Place | None:
    """The laws a reader has just shaped; None for anything that is none, which only a meddled page sends."""
    sent = st.session_state[_KEY].get("shaped")
    try:
        return checked(names, sent["p"], sent["q"])
    except (TypeError, KeyError, ValueError):
        return None


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
