"""Tokens and numbers as text: made visible, shortened, and escaped before they reach a drawing.

Plotly reads ``<b>``, ``<a href=…>``, ``&lt;`` and ``$…$`` in every text it draws, and tokens may hold any of them.
"""

from __future__ import annotations

import html
import math
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from specviz.trace import Node, Trace

_MARKS = {"\n": "⏎", "\r": "␍", "\t": "⇥", " ": "·"}
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, zero-width and direction marks, halves of a pair, unassigned


def visible(text: str, token: int | None = None) -> str:
    r"""A token's text with everything shown: newline ⏎, tab ⇥, space ·, unprintable characters as ``\x1b``, nothing as ‹id›.

    The result is not escaped; see :func:`safe`.
    """
    if not text:
        return "‹empty›" if token is None else f"‹{token}›"
    return "".join(map(_letter, text))


@lru_cache(maxsize=1 << 14)
def _letter(letter: str) -> str:
    if letter in _MARKS:
        return _MARKS[letter]
    if unicodedata.category(letter) not in _HIDDEN:
        return " " if letter.isspace() else letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def clip(text: str, limit: int) -> str:
    """At most ``limit`` letters, the last one an ellipsis when something was cut."""
    return text if len(text) <= limit else text[: max(1, limit - 1)] + "…"


def safe(text: str) -> str:
    """Text that plotly draws letter by letter: no tag, no entity, no formula."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def label(text: str, token: int | None = None, limit: int = 24) -> str:
    """A token ready to be drawn: visible, short, escaped."""
    return safe(clip(visible(text, token), limit))


def quoted(text: str, token: int | None = None, limit: int = 24) -> str:
    """:func:`label` between quotation marks, for sentences."""
    return f"‘{label(text, token, limit)}’"


def plain(text: str, token: int | None = None, limit: int = 24) -> str:
    """A token for an alt text: visible and short; alt texts are no HTML and need no escaping."""
    return f"'{clip(visible(text, token), limit)}'"


def number(value: float | None) -> str:
    """A probability in a few digits; what was not measured says so."""
    if value is None or math.isnan(value):
        return "not measured"
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.001 else f"{value:.1e}"


def count(amount: int, noun: str) -> str:
    """``1 token``, ``3 tokens``."""
    return f"{amount} {noun}" + ("" if amount == 1 else "es" if noun.endswith("s") else "s")


def ratio(node: Node) -> float:
    """min(1, p / q) of a node; NaN where it is not defined."""
    if not node.q > 0 or math.isnan(node.p):
        return math.nan
    return min(1.0, node.p / node.q)


def coin_words(node: Node) -> str:
    """How the coin decided, in words; the sign is the recorded one."""
    if node.state == "pruned":
        return "no coin: cut by the tree builder before the target saw it"
    if node.state == "ignored":
        return "no coin: the walk stopped or turned off before it"
    verdict = "accepted" if node.state == "accepted" else "refused"
    if node.threshold is None or math.isnan(node.threshold):
        return f"{verdict} without a coin of its own"
    sign = "&lt;" if node.u < node.threshold else "≥"
    return f"coin u = {number(node.u)} {sign} threshold {number(node.threshold)}: {verdict}"


def names(trace: Trace, compare: Trace | None = None) -> list[str]:
    """A name for each run: its method, and where both share one, what else tells them apart. Not escaped."""
    if compare is None:
        return [trace.header.method]
    headers = [trace.header, compare.header]
    if headers[0].method != headers[1].method:
        return [header.method for header in headers]
    facts = [
        {**h.settings, "seed": h.seed, "target": h.target.get("id"), "draft": h.draft.get("id"), "device": h.device, "dtype": h.dtype}
        for h in headers
    ]
    keys = [key for key in facts[0] if facts[0].get(key) != facts[1].get(key)][:2]
    told = [", ".join(f"{key} {_plain_value(fact.get(key))}" for key in keys) for fact in facts] if keys else ["first run", "second run"]
    return [clip(f"{header.method}, {difference}", 36) for header, difference in zip(headers, told, strict=True)]


def _plain_value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def is_greedy(trace: Trace) -> bool:
    """Whether the run decoded at temperature 0."""
    return trace.header.settings.get("temperature") == 0


def law_words(trace: Trace) -> str:
    """At which temperature the drawn laws were recorded, and what that means for a greedy run."""
    at = f"{trace.header.law_temperature:g}"
    if is_greedy(trace):
        return f"Greedy run (temperature 0): only the target's likeliest token passes, so a threshold is 1 or 0; laws shown at temperature {at}."
    return f"Laws at the run's temperature {at}."


def processor(machine: Mapping[str, object]) -> str:
    """The processor of a report's machine and its cores."""
    return f"{machine.get('processor', 'unknown processor')}, {machine.get('cores', '?')} cores"
