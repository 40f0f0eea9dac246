"""What the distribution lab shows, kept through reruns and in the address, so that a teacher can link to it.

The address names a shape (``shape=uniform&tokens=6``), a node of a recorded run (``from=chain.3.1&tokens=8``), or the laws themselves
(``p=50-30-20&q=…``, with ``from`` for the tokens' names).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from specviz.errors import OutOfRangeError, UnexpectedValueError, shown
from specviz.labs.place import LEAST, MOST, NAMES, PRESETS, Place, at_node, preset, read_law, resized, write_law
from specviz.trace import TraceError
from ui import runs
from ui.said import plain

FIRST, SIZE = "disagree", 6
_KEY = "placed"
_WORDS = ("shape", "from", "p", "q", "tokens")


@dataclass(frozen=True, eq=False)
class Placed:
    """A place before its temperatures, and where it came from: the name of a shape, of a node (``run.cycle.node``), or neither.

    ``is_own`` when the laws were changed by hand since.
    """

    place: Place
    shape: str = ""
    node: str = ""
    is_own: bool = False

    def address(self) -> dict[str, str]:
        """The words of the address that bring it back."""
        if self.shape:
            return {"shape": self.shape, "tokens": str(self.place.size)}
        source = {"from": self.node} if self.node else {}
        if self.node and not self.is_own:
            return source
        return {**source, "p": write_law(self.place.p), "q": write_law(self.place.q)}


def arrive() -> Placed:
    """The place to show: what the reader last made, or what the address asks for; says what in it cannot be."""
    asked = {word: st.query_params[word] for word in _WORDS if word in st.query_params}
    if _KEY not in st.session_state or (asked and asked != st.session_state.get("placed_address")):
        st.session_state[_KEY] = _from_address(asked)
    found: Placed = st.session_state[_KEY]
    return found


def keep(placed: Placed) -> None:
    """Show this place from now on."""
    st.session_state[_KEY] = placed


def write_address(placed: Placed) -> None:
    """Make the address say what is shown."""
    words = placed.address()
    st.session_state.placed_address = words
    for word in _WORDS:
        if st.query_params.get(word) != words.get(word):
            if word in words:
                st.query_params[word] = words[word]
            elif word in st.query_params:
                del st.query_params[word]


def of_shape(name: str, size: int) -> Placed:
    """A known shape."""
    return Placed(preset(name, size), shape=name)


def of_node(run: str, cycle: int, node: int) -> Placed:
    """A recorded node's laws.

    Raises:
        LookupError: when there is no such run, cycle or node.
        ValueError: when its record holds no laws.
    """
    trace = runs.find(run)
    if trace is None:
        raise OutOfRangeError("a run that is here", shown(run), "runs made here are kept until the server restarts")
    return Placed(at_node(trace, cycle, node), node=f"{run}.{cycle}.{node}")


def sized(placed: Placed, size: int) -> Placed:
    """The same with more or fewer tokens; a cut shape of one's own, or a recorded one, is no longer what it was called."""
    return of_shape(placed.shape, size) if placed.shape else Placed(resized(placed.place, size), is_own=True)


def by_hand(placed: Placed, place: Place) -> Placed:
    """The laws a reader has set, over the tokens there were."""
    return replace(placed, place=place, shape="", is_own=True)


def _from_address(asked: dict[str, str]) -> Placed:
    try:
        return _read(asked)
    except (LookupError, ValueError, TraceError) as error:
        st.warning(f"The address asks for laws that cannot be shown: {plain(error)}. This is the shape ‘{FIRST}’.")
        return of_shape(FIRST, SIZE)


def _read(asked: dict[str, str]) -> Placed:
    size = _whole(asked.get("tokens", str(SIZE)))
    if "from" in asked:
        run, cycle, node = [*asked["from"].rsplit(".", 2), "", ""][:3]
        placed = of_node(run, _whole(cycle), _whole(node))
    else:
        placed = of_shape(asked.get("shape", FIRST), size)
    if "p" not in asked and "q" not in asked:
        return placed
    p, q = (read_law(asked[word]) if word in asked else None for word in ("p", "q"))
    p, q = (p if p is not None else _even(q)), (q if q is not None else _even(p))
    if len(p) != len(q):
        raise UnexpectedValueError("as many weights in q as in p", f"{len(q)} and {len(p)}")
    names = placed.place.names if placed.node and placed.place.size == len(p) else NAMES[: len(p)]
    return Placed(Place(names, p, q), node=placed.node if placed.place.names == names else "", is_own=True)


def _whole(text: str) -> int:
    if not re.fullmatch("-?[0-9]{1,9}", text):
        raise UnexpectedValueError("a whole number", shown(text))
    return int(text)


def _even(other: np.ndarray | None) -> np.ndarray:
    count = len(other) if other is not None else SIZE
    return np.full(count, 1.0 / count)


__all__ = ["FIRST", "LEAST", "MOST", "PRESETS", "SIZE", "Placed", "arrive", "by_hand", "keep", "of_node", "of_shape", "sized", "write_address"]
