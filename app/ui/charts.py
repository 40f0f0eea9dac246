"""The one place where a figure reaches the page: configuration, words for a screen reader and width are never forgotten."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from specviz.figures import theme

Picked = tuple[int, int]


def show(figure: go.Figure, key: str) -> None:
    """Draw a figure that nobody clicks."""
    st.plotly_chart(figure, key=key, width="stretch", theme=None, config=theme.CONFIG, alt=theme.alt_text(figure))


def show_clickable(figure: go.Figure, key: str, on_pick: Callable[[Picked | None], None]) -> None:
    """Draw a figure whose markers carry ``customdata = [cycle, node]``.

    ``on_pick`` gets the marker that was clicked, or None when a click took the selection away: Plotly does so when the marker
    that was clicked last is clicked again, whatever was chosen by other means meanwhile.
    """
    # Plotly fades what is not selected; the choice is marked by `ring` instead, so that keys and clicks mark it alike
    figure.update_traces(selector={"type": "scatter"}, unselected={"marker": {"opacity": 1}, "textfont": {"color": theme.INK}})
    st.plotly_chart(
        figure,
        key=key,
        width="stretch",
        theme=None,
        config=theme.CONFIG,
        alt=theme.alt_text(figure),
        on_select=lambda: on_pick(picked(st.session_state[key])),
        selection_mode="points",
    )


def picked(event: dict[str, dict[str, list[dict[str, list[int]]]]]) -> Picked | None:
    """The ``(cycle, node)`` in a selection event, or None."""
    for point in event["selection"]["points"]:
        data = point.get("customdata")
        if data is not None and len(data) == 2:
            return int(data[0]), int(data[1])
    return None


def ring(figure: go.Figure, key: str, node: int) -> None:
    """Mark a node of the tree drawn under ``key``.

    A figure that changes is a new chart to Streamlit and loses its selection; a style sheet marks the node without touching it.
    """
    names = [trace.name for trace in figure.data]
    markers = figure.data[names.index("nodes")]
    place = next((i for i, data in enumerate(markers.customdata) if data[1] == node), None)
    if place is None:
        return
    path = f".st-key-{key} .scatterlayer > g.trace:nth-of-type({names.index('nodes') + 1}) .points > path.point:nth-of-type({place + 1})"
    st.html(
        f"<style>{path} {{ stroke: {theme.INK} !important; stroke-width: 5px !important; paint-order: stroke;"
        f" filter: drop-shadow(0 0 1px #fff) drop-shadow(0 0 5px {theme.INK}); }}</style>"
    )
