"""One cycle's drafts as a tree, with what became of each, or what would have become of each under another rule or coin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, tree_words, words
from specviz.figures.layout import curve, fitting
from specviz.figures.pieces import LAST, piece_before
from specviz.figures.tree_places import EXAMINED, LINE, Drawing, behind_label, box_of, by_importance, drawing_of, is_above, limit_of, stop_of, text_of
from specviz.figures.tree_words import By
from specviz.trace import Cycle, Trace
from specviz.trace.replay import Replay, as_cycle

_HALO = ", ".join(f"{x}px {y}px 1px {theme.CARD}" for x in (-3, -1, 1, 3) for y in (-2, 0, 2))
"""Keeps a label readable where it lies on an edge."""
_GHOST, _FAINT = "#DDE2E7", "#CDD3D9"
CHANGED = theme.BADGES["modelled"]
"""Colour of what a replay changed: it was worked out, not recorded."""


def draft_tree(trace: Trace, *, cycle: int = 0, node: int | None = None, by: By = "q", replay: Replay | None = None) -> go.Figure:
    """Draw the drafts of one cycle left to right from the last committed token; siblings top to bottom as they were drawn.

    Glyph and colour say the state, the marker's area the probability named by ``by``. The markers of all drafts and of the
    last token are the trace named ``nodes``, with ``customdata = [cycle, node]``; node is -1 for the last token.

    Args:
        trace: the recorded run.
        cycle: which cycle.
        node: the node to ring, -1 for the last token; None rings nothing.
        by: ``q`` or ``p``.
        replay: draw what it decided about this cycle, with the recorded path as a grey band and a ring on what changed.

    Raises:
        IndexError: when there is no such cycle or node.
        ValueError: when ``by`` is neither, or the replay is of another tree.
    """
    if by not in tree_words.NAMES:
        raise UnexpectedValueError("by to be 'q' or 'p'", repr(by))
    recorded = trace.cycle(cycle)
    if node not in (None, LAST):
        trace.node(cycle, node)
    drawing = drawing_of(recorded if replay is None else as_cycle(trace, cycle, replay), by, None if replay is None else recorded)
    figure = _card(trace, drawing, replay)
    _draw_edges(figure, drawing)
    _draw_root(figure, drawing, trace)
    _draw_labels(figure, drawing, node)
    if drawing.ghost in drawing.places:
        _draw_ghost(figure, drawing)
    if replay is not None and replay.changed:
        _draw_rings(figure, drawing, replay.changed, name="changed", colour=CHANGED)
    if node is not None:
        _draw_rings(figure, drawing, [node], name="selected", colour=theme.INK)
    _draw_nodes(figure, drawing)
    shown = {n.state for n in drawing.cycle.nodes} | {drawing.cycle.last_kind}
    figure.add_traces([theme.legend_entry(state) for state in theme.LOOKS if state in shown])
    _set_axes(figure, drawing)
    return theme.steady(figure)


def _card(trace: Trace, drawing: Drawing, replay: Replay | None) -> go.Figure:
    height = round(max(110, drawing.bottom - drawing.top))
    alt = tree_words.alt(drawing.cycle)
    if replay is None or drawing.before is None:
        said = tree_words.title(drawing.cycle), tree_words.subtitle(trace, drawing.cycle, drawing.by)
        return theme.card(*said, height=height, alt=alt, badges=["measured"], bottom=theme.BARE)
    title = tree_words.replay_title(replay.rule, drawing.cycle, drawing.before)
    alt = f"Judged again by {replay.rule}; {words.count(len(replay.changed), 'node')} judged otherwise than in the record. {alt}"
    subtitle = tree_words.replay_subtitle(drawing.by, len(replay.changed))
    return theme.card(title, subtitle, height=height, alt=alt, badges=["modelled"], bottom=theme.BARE)


def _set_axes(figure: go.Figure, drawing: Drawing) -> None:
    deepest = max((n.depth for n in drawing.cycle.nodes), default=0)
    ticks = list(range(1, deepest + 1))
    figure.update_xaxes(
        range=[-0.35, drawing.columns - 0.35],
        tickvals=[0, *ticks],
        ticktext=["committed" if deepest <= 8 else "", *[f"draft {t}" if deepest <= 8 else str(t) for t in ticks]],
        side="top",
        ticks="",
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(visible=False, range=[drawing.bottom, drawing.top], fixedrange=True)


def _draw_edges(figure: go.Figure, drawing: Drawing) -> None:
    """One trace per style: the recorded path lowest, what was never examined above it, the way that was taken on top."""
    if drawing.before is not None:
        last = drawing.ghost if drawing.ghost in drawing.places else LAST
        _draw_lines(figure, drawing, list(_taken(drawing.before, last)), {"color": _GHOST, "width": 13}, "recorded path")
    groups: dict[str, list[tuple[int, int]]] = {}
    for n in drawing.cycle.nodes:
        groups.setdefault(n.state, []).append((n.parent, n.id))
    groups[drawing.cycle.last_kind] = [(stop_of(drawing.cycle), LAST)]
    for state in ("pruned", "ignored", "rejected", "accepted", "corrected", "bonus"):
        if state in groups:
            chosen = theme.look(state)
            is_taken = state in ("accepted", "corrected", "bonus")
            line = {"color": chosen.colour if state != "ignored" else theme.LINE, "width": 4 if is_taken else 1.4, "dash": chosen.dash}
            if state == "ignored" and drawing.is_tight:
                line |= {"color": _FAINT, "width": 1, "dash": "solid"}  # dots of many lines side by side would flicker
            _draw_lines(figure, drawing, groups[state], line, f"edges {state}")


def _taken(cycle: Cycle, last: int) -> Iterator[tuple[int, int]]:
    """The edges of the accepted path and of the last token."""
    parent = LAST
    for node in [*cycle.path, last]:
        yield parent, node
        parent = node


def _draw_lines(figure: go.Figure, drawing: Drawing, edges: Sequence[tuple[int, int]], line: dict[str, Any], name: str) -> None:
    # an edge that leads to a row below bends only behind its parent's label
    leave = [0.14 if drawing.is_roomy else behind_label(drawing, parent) for parent, _ in edges]
    x, y = curve([(drawing.places[_key(a)], drawing.places[b]) for a, b in edges], leave=leave, arrive=0.86)
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name=name)


def _key(parent: int) -> int | None:
    return None if parent < 0 else parent


def _draw_root(figure: go.Figure, drawing: Drawing, trace: Trace) -> None:
    before = piece_before(trace, drawing.cycle.cycle)
    text = "start" if before is None else words.label(before.text, before.token, 12)
    at = drawing.places[None]
    figure.add_scatter(
        x=[at.x], y=[at.y], mode="markers+text", text=[text], textposition="top center", name="root", showlegend=False,
        textfont={"family": theme.MONO, "size": 13, "color": theme.MUTED}, cliponaxis=False,
        marker={"symbol": "square", "size": 12, "color": theme.MUTED}, hoverinfo="text",
        hovertext=[f"last committed token before the cycle<br>{words.count(drawing.cycle.prefix, 'token')} of text so far"],
    )  # fmt: skip


def _draw_ghost(figure: go.Figure, drawing: Drawing) -> None:
    """The last token of the record, where the recorded path ended and this one does not."""
    before = drawing.before or drawing.cycle
    at = drawing.places[drawing.ghost]
    figure.add_scatter(
        x=[at.x], y=[at.y], mode="markers+text", name="recorded last token", showlegend=False, cliponaxis=False, hoverinfo="text",
        text=[words.label(before.last_text, before.last_token, 10)], textposition="middle right",
        textfont={"family": theme.MONO, "size": 12, "color": theme.MUTED, "shadow": _HALO},
        marker={"symbol": theme.look(before.last_kind).symbol, "size": 12, "color": theme.CARD, "line": {"width": 1.5, "color": theme.MUTED}},
        hovertext=["in the record: " + tree_words.last_hover(before, is_kept=before.is_last_kept)],
    )  # fmt: skip


def _draw_rings(figure: go.Figure, drawing: Drawing, nodes: Sequence[int], *, name: str, colour: str) -> None:
    figure.add_scatter(
        x=[drawing.places[node].x for node in nodes], y=[drawing.places[node].y for node in nodes], mode="markers", hoverinfo="skip",
        showlegend=name == "changed", name=name,
        marker={"symbol": "circle-open", "size": [drawing.size(node) + 11 for node in nodes], "color": colour, "line": {"width": 2.5}},
    )  # fmt: skip


def _draw_nodes(figure: go.Figure, drawing: Drawing) -> None:
    cycle, places = drawing.cycle, drawing.places
    ids = [n.id for n in cycle.nodes] + [LAST]
    looks = [theme.look(n.state) for n in cycle.nodes] + [theme.look(cycle.last_kind)]
    groups = tree_words.siblings(cycle)
    hidden = [i for i, look in zip(ids, looks, strict=True) if look.symbol.endswith("open")]
    if hidden:  # an open circle is empty, not a window on the edge below it; a trace of nothing would upset the order of what is drawn
        figure.add_scatter(
            x=[places[i].x for i in hidden], y=[places[i].y for i in hidden], mode="markers", name="ground", showlegend=False, hoverinfo="skip",
            marker={"symbol": "circle", "size": [drawing.size(i) for i in hidden], "color": theme.CARD}, cliponaxis=False,
        )  # fmt: skip
    figure.add_scatter(
        x=[places[i].x for i in ids],
        y=[places[i].y for i in ids],
        mode="markers",
        name="nodes",
        showlegend=False,
        cliponaxis=False,
        marker={
            "symbol": [look.symbol for look in looks],
            "color": [look.colour for look in looks],
            "size": [drawing.size(i) for i in ids],
            "opacity": [1.0] * len(cycle.nodes) + [1.0 if drawing.is_last_kept else 0.35],
            "line": {"width": [2 if look.symbol.endswith("open") else 1 for look in looks], "color": [_line_colour(look) for look in looks]},
        },
        customdata=[[cycle.cycle, i] for i in ids],
        hovertext=[tree_words.hover(n, cycle, groups.get(n.parent, [])) for n in cycle.nodes]
        + [tree_words.last_hover(cycle, is_kept=drawing.is_last_kept)],
        hoverinfo="text",
    )


def _line_colour(look: theme.Look) -> str:
    return look.colour if look.symbol.endswith("open") else theme.INK


def _draw_labels(figure: go.Figure, drawing: Drawing, node: int | None) -> None:
    """Token texts, as many as there is room for (the rest are in the hovers): one trace for what was examined, one for the rest."""
    nodes = drawing.cycle.nodes
    shown = fitting(((i, box_of(drawing, i)) for i in by_importance(nodes, node)), LINE)
    bright = [i for i in shown if i == LAST or nodes[i].state in EXAMINED]
    _draw_texts(figure, drawing, bright, node, name="labels", colour=theme.INK)
    if muted := [i for i in shown if i not in set(bright)]:
        _draw_texts(figure, drawing, muted, node, name="labels of the rest", colour=theme.MUTED)


def _draw_texts(figure: go.Figure, drawing: Drawing, ids: list[int], node: int | None, *, name: str, colour: str) -> None:
    """Texts above their markers where rows are roomy, else to the right."""
    figure.add_scatter(
        x=[drawing.places[i].x for i in ids],
        y=[drawing.places[i].y for i in ids],
        mode="markers+text",
        name=name,
        showlegend=False,
        cliponaxis=False,
        hoverinfo="skip",
        text=[words.label(*text_of(drawing, i), limit_of(drawing, i)) for i in ids],
        textposition=["top center" if is_above(drawing, i) else "middle right" for i in ids],
        textfont={"family": theme.MONO, "size": 13 if drawing.narrowest >= 24 else 12, "color": colour, "shadow": _HALO},
        # an unseen marker keeps the text clear of the seen one, and of its ring
        marker={"opacity": 0, "size": [(drawing.size(i) + (16 if i == node else 8)) / 0.8 for i in ids]},
    )
