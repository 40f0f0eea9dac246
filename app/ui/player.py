"""The recorded run that plays on the first page: prepared here, animated in the browser.

The animation is a small script of our own: a Plotly chart in Streamlit cannot start by itself, and a timed fragment would
draw on the server for every reader of a class, several times a second. Geometry, colours and words come from specviz.figures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from specviz.figures import theme, words
from specviz.figures.layout import Place, place
from specviz.figures.pieces import LAST, Piece, piece_before, pieces
from specviz.trace import Cycle, Trace

_HERE = Path(__file__).parent
_LABEL = 14
_HTML = '<div class="player"></div>'


def play(name: str, trace: Trace, on_asked: Callable[[], None]) -> tuple[int, int] | None:
    """Show the player; return ``(cycle, node)`` when the reader clicked a drafted token in this very run of the page."""
    component = st.components.v2.component("specviz_player", html=_HTML, css=_read("player.css"), js=_read("player.js"))
    result = component(data=_cached(name, trace.header.started, len(trace), trace), key="player", on_asked_change=on_asked)
    asked = result.get("asked")
    return (int(asked[0]), int(asked[1])) if asked else None


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@st.cache_data(show_spinner=False, max_entries=8)
def _cached(name: str, started: str, length: int, _trace: Trace) -> dict[str, Any]:  # noqa: ARG001  they tell recordings apart
    return script(_trace)


def script(trace: Trace) -> dict[str, Any]:
    """Everything the animation draws, as plain data; token texts stay text and are never markup."""
    temperature = trace.header.settings.get("temperature", 0)
    return {
        "id": hashlib.sha256(trace.header.started.encode() + trace.text.encode()).hexdigest()[:12],
        "prompt": trace.header.prompt,
        "method": trace.header.method,
        "temperature": f"{temperature:g}",
        "looks": {state: asdict(look) | {"tint": look.tint} for state, look in theme.LOOKS.items()},
        "cycles": [_cycle(trace, cycle) for cycle in trace],
    }


def _cycle(trace: Trace, cycle: Cycle) -> dict[str, Any]:
    places = place([node.parent for node in cycle.nodes], stop=cycle.path[-1] if cycle.path else LAST)
    if [node.parent for node in cycle.nodes] == list(range(-1, len(cycle.nodes) - 1)):
        # a chain stays a straight line whatever the verdict, which must not show before it is known
        places = {key: Place(p.x, 1.0 if key == LAST and cycle.last_kind == "corrected" else 0.0) for key, p in places.items()}
    before = piece_before(trace, cycle.cycle)
    nodes = [
        {"id": n.id, "parent": n.parent, "text": _label(n.text, n.token), "state": n.state, "p": words.number(n.p), "q": words.number(n.q)}
        | {"x": places[n.id].x, "y": places[n.id].y}
        for n in cycle.nodes
    ]
    last = {
        "id": LAST,
        "parent": cycle.path[-1] if cycle.path else LAST,
        "text": _label(cycle.last_text, cycle.last_token),
        "state": cycle.last_kind,
        "x": places[LAST].x,
        "y": places[LAST].y,
        "kept": cycle.is_last_kept,
    }
    root = {"text": _label(before.text, before.token) if before else "start", "y": places[None].y}
    return {"nodes": nodes, "last": last, "root": root, "pieces": [_piece(piece) for piece in pieces(cycle)]}


def _piece(piece: Piece) -> dict[str, str]:
    return {"text": piece.text, "state": piece.state}


def _label(text: str, token: int) -> str:
    return words.clip(words.visible(text, token), _LABEL)
