"""A run as one page that needs no server and no network: text, figures, and every cycle's tree."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from specviz.figures import CONFIG, acceptance_by_position, alt_text, draft_tree, legend_html, theme, timeline, token_html as text_html
from specviz.trace import Trace, summarise
from ui import style

MOST_TREES = 60
"""Trees on the page; a browser draws more of them slowly."""

_CSS = f"body {{ font-family: {theme.SANS}; color: {theme.INK}; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; line-height: 1.5; }}"


def page(trace: Trace, name: str) -> str:
    """The whole document; plotly's script is inside, so it is about five megabytes."""
    stats = summarise(trace)
    header = trace.header
    figures = [timeline(trace)]
    if stats.drafted:
        figures.append(acceptance_by_position(trace))
    shown = min(len(trace), MOST_TREES)
    figures += [draft_tree(trace, cycle=cycle) for cycle in range(shown)]
    rest = "" if shown == len(trace) else f"<p>Trees of the first {shown} of {len(trace)} cycles.</p>"
    about = (
        f"{escape(header.method)} on {escape(str(header.target.get('id', 'a target')))}, temperature {header.settings.get('temperature', 0):g}, "
        f"seed {header.seed}, {escape(header.device)} {escape(header.dtype)}. {stats.tokens} tokens in {stats.cycles} passes of the target: "
        f"<b>{stats.tokens_per_cycle:.2f} tokens per pass</b> {style.badge('measured')}."
    )
    drawn = "".join(_figure(figure, is_first=place == 0) for place, figure in enumerate(figures))
    body = f"<h1>specviz: {escape(name)}</h1><p>{about}</p>{legend_html()}{text_html(trace)}{rest}{drawn}"
    head = f'<meta charset="utf-8"><title>specviz: {escape(name)}</title><style>{_CSS}{style.CSS}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _figure(figure: go.Figure, *, is_first: bool) -> str:
    drawn = str(figure.to_html(full_html=False, include_plotlyjs=is_first, config=CONFIG))
    return f'<div role="img" aria-label="{escape(alt_text(figure))}">{drawn}</div>'
