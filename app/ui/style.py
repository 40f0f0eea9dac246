"""How the app looks beyond Streamlit's own theme, and the few pieces of HTML several pages need."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

import streamlit as st

from specviz.figures import theme

ICON = Path(__file__).with_name("icon.svg")
"""The page's icon; a Material one would be fetched from the network."""
_LONG = 32
"""Letters of a cell; a figure has fewer."""
CSS = f"""
h1 {{ font-size: 1.9rem !important; padding: 0 0 .2rem !important; }}
h3 {{ font-size: 1.2rem !important; padding: .3rem 0 0 !important; }}
.st-key-gate_memory {{ display: none; }}
.st-key-cycle {{ min-width: 15rem; }}
@media (max-width: 1080px) {{
  .st-key-stage > div > .stHorizontalBlock, [class*="st-key-bench"] > div > .stHorizontalBlock {{ flex-wrap: wrap; }}
  .st-key-stage > div > .stHorizontalBlock > .stColumn, [class*="st-key-bench"] > div > .stHorizontalBlock > .stColumn {{ min-width: 100%; }}
}}
.block-container {{ padding-top: 3.6rem; padding-bottom: 3rem; padding-left: 2rem; padding-right: 2rem; max-width: 1280px; }}
@media (max-width: 900px) {{ .block-container {{ padding-left: 1rem; padding-right: 1rem; }} }}
.sv-lead {{ font-size: 1.06rem; line-height: 1.55; color: {theme.INK}; max-width: 62rem; margin: 0; }}
.sv-legend {{ display: flex; flex-wrap: wrap; gap: .35rem 1.15rem; font-size: .86rem; color: {theme.INK}; margin: .1rem 0 .2rem; }}
.sv-legend b {{ font-weight: 600; }}
.sv-legend .m {{ color: {theme.MUTED}; }}
.sv-badge {{ display: inline-block; border: 1px solid; border-radius: 4px; padding: 0 .4em; font-size: .76rem; line-height: 1.5; }}
.sv-facts {{ display: flex; flex-wrap: wrap; gap: .6rem; margin: .15rem 0; }}
.sv-fact {{ flex: 1 1 8.2rem; border: 1px solid {theme.GRID}; border-radius: 8px; padding: .55rem .75rem; background: {theme.CARD}; }}
.sv-fact .v {{ font-size: 1.42rem; font-weight: 600; line-height: 1.25; color: {theme.INK}; }}
.sv-fact .k {{ font-size: .8rem; color: {theme.MUTED}; line-height: 1.35; }}
.sv-verdict {{ border-left: 5px solid; border-radius: 6px; padding: .6rem .9rem; background: {theme.CARD}; line-height: 1.5; }}
.sv-verdict .t {{ font-size: 1.08rem; font-weight: 600; }}
.sv-lane {{ overflow-y: auto; display: flex; flex-direction: column-reverse; border: 1px solid {theme.GRID}; border-radius: 8px; }}
.sv-lane > div {{ margin-bottom: auto; }}
.sv-tok {{ font-family: {theme.MONO}; background: #F0F2F4; border-radius: 4px; padding: .05em .35em; white-space: pre; }}
.sv-muted {{ color: {theme.MUTED}; font-size: .88rem; }}
.sv-table {{ border-collapse: collapse; width: 100%; font-size: .9rem; }}
.sv-table td {{ border-bottom: 1px solid {theme.GRID}; padding: .3rem .5rem .3rem 0; vertical-align: top; color: {theme.INK}; }}
.sv-table td:nth-child(2) {{ font-variant-numeric: tabular-nums; font-weight: 600; white-space: nowrap; padding-right: 1.1rem; }}
.sv-table tr td.long:nth-child(n) {{ white-space: normal; overflow-wrap: anywhere; }}
.sv-table td:nth-child(3) {{ color: {theme.MUTED}; }}
.sv-caption {{ border-top: 3px solid; padding-top: .45rem; font-size: .95rem; line-height: 1.5; color: {theme.INK}; }}
.sv-caption b {{ display: block; margin-bottom: .1rem; }}
"""


def apply() -> None:
    """Add the app's style sheet to the page."""
    st.html(f"<style>{CSS}</style>")


def badge(kind: str) -> str:
    """Where a number comes from, as HTML: ``measured``, ``modelled`` or ``literature``."""
    return f'<span class="sv-badge" style="color:{theme.BADGES[kind]};border-color:{theme.BADGES[kind]}">{kind}</span>'


def legend(states: Iterable[str] = ("accepted", "rejected", "corrected", "bonus", "ignored"), *, meanings: bool = True) -> str:
    """Glyph, colour and word of every state, and what it means."""
    return '<div class="sv-legend">' + "".join(_entry(state, meanings) for state in states) + "</div>"


def _entry(state: str, meanings: bool) -> str:
    look = theme.look(state)
    meaning = f' <span class="m">{escape(look.meaning)}</span>' if meanings else ""
    return f"<span>{glyph(state)} <b>{escape(look.word)}</b>{meaning}</span>"


def glyph(state: str) -> str:
    """The glyph of a state in its colour."""
    look = theme.look(state)
    return f'<span style="color:{look.colour};-webkit-text-stroke:.4px {theme.INK}">{look.glyph}</span>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A row of boxes: a value and what it is. Values and names are escaped; a name may end in a badge of its own."""
    boxes = (f'<div class="sv-fact"><div class="v">{escape(value)}</div><div class="k">{name}</div></div>' for value, name in rows)
    return '<div class="sv-facts">' + "".join(boxes) + "</div>"


def table(rows: Iterable[tuple[str, str, str]]) -> str:
    """Name, value and convention of figures; all escaped. What is long is no figure, and may break into lines."""
    cells = ("".join(f"<td{' class=long' if len(cell) > _LONG else ''}>{escape(cell)}</td>" for cell in row) for row in rows)
    return '<table class="sv-table">' + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
