"""What a figure says, as a reader sees it."""

from __future__ import annotations

import re

import plotly.graph_objects as go


def heading(figure: go.Figure) -> str:
    """Title and subtitle without tags, in one line wherever they were broken."""
    return " ".join(re.sub(r"<[^>]*>", " ", figure.layout.title.text).split())
