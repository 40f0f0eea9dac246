"""One cycle's drafts as a tree, with what became of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.figures.layout import Place, curve, place
from specviz.figures.pieces import LAST, piece_before
from specviz.trace import Cycle, Node, Trace

By = Literal["q", "p"]
_NAMES = {"q": "draft's probability q", "p": "target's probability p"}
_EXAMINED = ("accepted", "rejected")
_WIDTH = 640
"""Pixels the drawing has on a narrow card; labels are cut to what fits there."""
_ROOMY = 44
"""Pixels of a row above which a label stands over its marker."""
_HALO = ", ".join(f"{x}px {y}px 1px {theme.CARD}" for x in (-3, -1, 1, 3) for y in (-2, 0, 2))
"""Keeps a label readable where it lies on an edge."""


@dataclass(frozen=True)
class _Drawing:
    """One cycle with the place of every node and how dense it is; key -1 is the last token, key None the root."""

    cycle: Cycle
    places: dict[int | None, Place]
    row: float
    depth: int
    by: By

    @property
    def is_last_kept(self) -> bool:
        return len(self.cycle.committed) > len(self.cycle.path)

    @property
    def columns(self) -> float:
        """The drawing's width in columns, the last one's labels included."""
        return self.depth + 1.2

    def size(self, node: int) -> float:
        """Marker diameter: the area grows with the probability; a dense tree gets smaller markers, but what was examined stays clear."""
        largest = max(7.0, min(26.0, self.row * 0.6))
        if node == LAST:
            return max(12.0, largest * 0.8)  # it was not drafted: there is no q, and its size says nothing
        n = self.cycle.nodes[node]
        weight = n.q if self.by == "q" else n.p
        smallest = max(5.0, largest * 0.3, 9.0 if n.state in _EXAMINED else 0.0)
        share = 0.0 if math.isnan(weight) else math.sqrt(min(1.0, max(0.0, weight)))
        return smallest + max(0.0, largest - smallest) * share


def draft_tree(trace: Trace, *, cycle: int = 0, node: int | None = None, by: By = "q") -> go.Figure:
    """Draw the drafts of one cycle left to right from the last committed token; siblings top to bottom as they were drawn.

    Glyph and colour say the state, the marker's area the probability named by ``by``. The markers of all drafts and of the
    last token are the trace named ``nodes``, with ``customdata = [cycle, node]``; node is -1 for the last token.

    Args:
        trace: the recorded run.
        cycle: which cycle.
        node: the node to ring, -1 for the last token; None rings nothing.
        by: ``q`` or ``p``.

    Raises:
        IndexError: when there is no such cycle or node.
        ValueError: when ``by`` is neither.
    """
    if by not in _NAMES:
        raise ValueError(f"expected by to be 'q' or 'p', got {by!r}")
    record = trace.cycle(cycle)
    if node not in (None, LAST):
        trace.node(cycle, node)
    places = place([n.parent for n in record.nodes], stop=record.path[-1] if record.path else LAST)
    rows = 1 + max(p.y for p in places.values())
    row = _row_height(rows)
    drawing = _Drawing(record, places, row, max(p.x for p in places.values()), by)
    height = round(max(150, rows * row + 40))
    figure = theme.card(_title(record), _subtitle(trace, record, by), height=height, alt=_alt(record), badges=["measured"], bottom=theme.BARE)
    _draw_edges(figure, drawing)
    _draw_root(figure, drawing, trace)
    _draw_labels(figure, drawing, node)
    if node is not None:
        _draw_ring(figure, drawing, node)
    _draw_nodes(figure, drawing)
    figure.add_traces([theme.legend_entry(state) for state in theme.LOOKS if state in {n.state for n in record.nodes} | {record.last_kind}])
    _set_axes(figure, drawing, rows)
    return theme.steady(figure)


def _row_height(rows: float) -> float:
    """Pixels a row of the tree gets: roomy for few, never more than a page for many."""
    return 50 if rows <= 8 else max(8.5, min(30, 1300 / rows))


def _set_axes(figure: go.Figure, drawing: _Drawing, rows: float) -> None:
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
    figure.update_yaxes(visible=False, range=[rows - 0.35, -0.8], fixedrange=True)


def _draw_edges(figure: go.Figure, drawing: _Drawing) -> None:
    """One trace per style: what was never examined below, the way that was taken on top."""
    groups: dict[str, list[tuple[Place, Place]]] = {}
    for n in drawing.cycle.nodes:
        groups.setdefault(n.state, []).append((drawing.places[_key(n.parent)], drawing.places[n.id]))
    stop = drawing.cycle.path[-1] if drawing.cycle.path else None
    groups[drawing.cycle.last_kind] = [(drawing.places[stop], drawing.places[LAST])]
    for state in ("pruned", "ignored", "rejected", "accepted", "corrected", "bonus"):
        if state in groups:
            chosen = theme.look(state)
            is_taken = state in ("accepted", "corrected", "bonus")
            line = {"color": chosen.colour if state != "ignored" else theme.LINE, "width": 4 if is_taken else 1.4, "dash": chosen.dash}
            x, y = curve(groups[state])
            figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name=f"edges {state}")


def _key(parent: int) -> int | None:
    return None if parent < 0 else parent


def _draw_root(figure: go.Figure, drawing: _Drawing, trace: Trace) -> None:
    before = piece_before(trace, drawing.cycle.cycle)
    text = "start" if before is None else words.label(before.text, before.token, 12)
    at = drawing.places[None]
    figure.add_scatter(
        x=[at.x], y=[at.y], mode="markers+text", text=[text], textposition="top center", name="root", showlegend=False,
        textfont={"family": theme.MONO, "size": 13, "color": theme.MUTED}, cliponaxis=False,
        marker={"symbol": "square", "size": 12, "color": theme.MUTED}, hoverinfo="text",
        hovertext=[f"last committed token before the cycle<br>{words.count(drawing.cycle.prefix, 'token')} of text so far"],
    )  # fmt: skip


def _draw_ring(figure: go.Figure, drawing: _Drawing, node: int) -> None:
    at = drawing.places[node]
    figure.add_scatter(
        x=[at.x], y=[at.y], mode="markers", hoverinfo="skip", showlegend=False, name="selected",
        marker={"symbol": "circle-open", "size": drawing.size(node) + 11, "color": theme.INK, "line": {"width": 2.5}},
    )  # fmt: skip


def _draw_nodes(figure: go.Figure, drawing: _Drawing) -> None:
    cycle, places = drawing.cycle, drawing.places
    ids = [n.id for n in cycle.nodes] + [LAST]
    looks = [theme.look(n.state) for n in cycle.nodes] + [theme.look(cycle.last_kind)]
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
        hovertext=[_hover(n, cycle) for n in cycle.nodes] + [_last_hover(drawing)],
        hoverinfo="text",
    )


def _line_colour(look: theme.Look) -> str:
    return look.colour if look.symbol.endswith("open") else theme.INK


def _draw_labels(figure: go.Figure, drawing: _Drawing, node: int | None) -> None:
    """Token texts, as many as there is room for (the rest are in the hovers): one trace for what was examined, one for the rest."""
    nodes = drawing.cycle.nodes
    shown = [n.id for n in nodes if _is_labelled(n, drawing.row)]
    bright = [i for i in shown if nodes[i].state in _EXAMINED]
    _draw_texts(figure, drawing, [*bright, LAST], node, name="labels", colour=theme.INK)
    if muted := [i for i in shown if i not in set(bright)]:
        _draw_texts(figure, drawing, muted, node, name="labels of the rest", colour=theme.MUTED)


def _draw_texts(figure: go.Figure, drawing: _Drawing, ids: list[int], node: int | None, *, name: str, colour: str) -> None:
    """Texts above their markers where rows are roomy, else to the right."""
    cycle, is_roomy = drawing.cycle, drawing.row >= _ROOMY
    parents = {n.parent for n in cycle.nodes} | {cycle.path[-1] if cycle.path else LAST}
    limit = max(4, int(_WIDTH / drawing.columns / 7.8) - (1 if is_roomy else 2))
    entries = [(cycle.last_text, cycle.last_token) if i == LAST else (cycle.nodes[i].text, cycle.nodes[i].token) for i in ids]
    figure.add_scatter(
        x=[drawing.places[i].x for i in ids],
        y=[drawing.places[i].y for i in ids],
        mode="markers+text",
        name=name,
        showlegend=False,
        cliponaxis=False,
        hoverinfo="skip",
        text=[words.label(text, token, limit) for text, token in entries],
        textposition=["top center" if is_roomy and i in parents and i != LAST else "middle right" for i in ids],
        textfont={"family": theme.MONO, "size": 13 if drawing.row >= 24 else 12, "color": colour, "shadow": _HALO},
        # an unseen marker keeps the text clear of the seen one, and of its ring
        marker={"opacity": 0, "size": [(drawing.size(i) + (16 if i == node else 8)) / 0.8 for i in ids]},
    )


def _is_labelled(n: Node, row: float) -> bool:
    return row >= 15 or n.state == "accepted" or (n.state == "rejected" and row >= 12)


def _hover(n: Node, cycle: Cycle) -> str:
    chosen = theme.look(n.state)
    lines = [
        f"<b>{words.quoted(n.text, n.token, 40)}</b>  token {n.token}",
        f"{chosen.glyph} {chosen.word}: {chosen.meaning}",
        f"node {n.id}, draft {n.depth}",
        f"p (target)    {words.number(n.p)}",
        f"q (draft)     {words.number(n.q)}",
        f"min(1, p/q)   {words.number(words.ratio(n))}",
        words.coin_words(n),
    ]
    if n.state == "accepted" and cycle.path.index(n.id) >= len(cycle.committed):
        lines.append("accepted, then cut: the text had ended before it")
    return "<br>".join(lines)


def _last_hover(drawing: _Drawing) -> str:
    cycle = drawing.cycle
    chosen = theme.look(cycle.last_kind)
    lines = [f"<b>{words.quoted(cycle.last_text, cycle.last_token, 40)}</b>  token {cycle.last_token}"]
    lines.append(f"{chosen.glyph} {chosen.word}: {chosen.meaning}")
    lines.append(f"coin u = {words.number(cycle.last_u)}" if drawing.is_last_kept else "drawn, not kept: the text had ended before it")
    return "<br>".join(lines)


def _title(cycle: Cycle) -> str:
    return f"Cycle {cycle.cycle}: {len(cycle.nodes)} drafted, {len(cycle.path)} accepted, {words.count(len(cycle.committed), 'token')} gained"


def _subtitle(trace: Trace, cycle: Cycle, by: By) -> str:
    parts = [f"Method {words.safe(trace.header.method)}."]
    if not cycle.nodes:
        return " ".join([*parts, "Nothing was drafted: the target's pass gave one token."])
    parts.append(f"Marker area: {_NAMES[by]}. Thick: the accepted path and the token the target added.")
    if len(cycle.committed) <= len(cycle.path):
        parts.append("The text ended inside the block: what came after is not kept.")
    if words.is_greedy(trace):
        parts.append("Greedy run: a draft stays only if it is the target's likeliest token.")
    return " ".join(parts)


def _alt(cycle: Cycle) -> str:
    path = ", ".join(words.plain(cycle.nodes[i].text, cycle.nodes[i].token) for i in cycle.path) or "none"
    states = ", ".join(f"{sum(n.state == s for n in cycle.nodes)} {theme.look(s).word}" for s in ("accepted", "rejected", "ignored", "pruned"))
    last = words.plain(cycle.last_text, cycle.last_token)
    size = f"{words.count(len(cycle.nodes), 'node')} ({states})"
    return f"Draft tree of cycle {cycle.cycle}: {size}. Accepted path: {path}. Last token: {last}, {cycle.last_kind}."
