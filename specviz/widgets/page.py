"""One HTML page out of text and figures, with everything it needs inside: no server, no network."""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from specviz.figures import CONFIG, alt_text, theme

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body{{font-family:{font};max-width:980px;margin:24px auto;padding:0 16px;color:{ink};background:#fff}}
</style></head><body>
<h1 style="font-size:22px">{title}</h1>
"""


def page(title: str, parts: Sequence[str | go.Figure]) -> str:
    """Build the page.

    Args:
        title: plain text; escaped here.
        parts: HTML that is safe already, and figures; plotly's code is written once, with the first figure.
    """
    out = [_HEAD.format(title=html.escape(title), font=theme.SANS, ink=theme.INK)]
    has_code = False
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        body = part.to_html(full_html=False, include_plotlyjs=not has_code, config=CONFIG)
        out.append(f'<div role="img" aria-label="{html.escape(alt_text(part))}">{body}</div>')
        has_code = True
    return "\n".join([*out, "</body></html>"])
