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
    figure = theme.card(_title(record), _subtitle(trace, record, by), height=round(max(150, rows * row + 40)), alt=_alt(record), badges=["measured"])
    _draw_edges(figure, drawing)
    _draw_root(figure, drawing, trace)
    if node is not None:
        _draw_ring(figure, drawing, node)
    _draw_nodes(figure, drawing)
    figure.add_traces([theme.legend_entry(state) for state in theme.LOOKS if state in {n.state for n in record.nodes} | {record.last_kind}])
    _set_axes(figure, drawing, rows)
    return figure


def _row_height(rows: float) -> float:
    """Pixels a row of the tree gets: roomy for few, never more than a page for many."""
    if rows <= 8:
        return 48
    return max(8.5, min(34, 1300 / rows))


def _set_axes(figure: go.Figure, drawing: _Drawing, rows: float) -> None:
    deepest = max((n.depth for n in drawing.cycle.nodes), default=0)
    ticks = list(range(1, deepest + 1))
    # the last column needs room for its labels, which stand to the right of their markers
    figure.update_xaxes(
        range=[-0.35, drawing.depth + 0.75],
        tickvals=[0, *ticks],
        ticktext=["committed", *[f"draft {t}" if deepest <= 8 else str(t) for t in ticks]],
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
        marker={"symbol": "circle-open", "size": _size(_weight(drawing, node), drawing.row) + 13, "color": theme.INK, "line": {"width": 2.5}},
    )  # fmt: skip


def _weight(drawing: _Drawing, node: int) -> float:
    if node != LAST:
        n = drawing.cycle.nodes[node]
        return n.q if drawing.by == "q" else n.p
    return 0.5  # the last token was not drafted: no q, and its size says nothing


def _size(weight: float, row: float) -> float:
    """Marker diameter; the area grows with the probability, and a dense tree gets smaller ones."""
    largest = max(7.0, min(26.0, row * 0.75))
    smallest = max(5.0, largest * 0.3)
    return smallest if math.isnan(weight) else smallest + (largest - smallest) * math.sqrt(min(1.0, max(0.0, weight)))


def _draw_nodes(figure: go.Figure, drawing: _Drawing) -> None:
    cycle, places = drawing.cycle, drawing.places
    ids = [n.id for n in cycle.nodes] + [LAST]
    looks = [theme.look(n.state) for n in cycle.nodes] + [theme.look(cycle.last_kind)]
    parents = {n.parent for n in cycle.nodes} | set(cycle.path[-1:])
    figure.add_scatter(
        x=[places[i].x for i in ids],
        y=[places[i].y for i in ids],
        mode="markers+text",
        name="nodes",
        showlegend=False,
        cliponaxis=False,
        text=_labels(drawing),
        textposition=["top center" if i in parents and i != LAST else "middle right" for i in ids],
        textfont={"family": theme.MONO, "size": 13 if drawing.row >= 24 else 12, "color": [_label_colour(n.state) for n in cycle.nodes] + [theme.INK]},
        marker={
            "symbol": [look.symbol for look in looks],
            "color": [look.colour for look in looks],
            "size": [_size(_weight(drawing, i), drawing.row) for i in ids],
            "opacity": [1.0] * len(cycle.nodes) + [1.0 if drawing.is_last_kept else 0.35],
            "line": {"width": [2 if look.symbol.endswith("open") else 1 for look in looks], "color": [_line_colour(look) for look in looks]},
        },
        customdata=[[cycle.cycle, i] for i in ids],
        hovertext=[_hover(n, cycle) for n in cycle.nodes] + [_last_hover(drawing)],
        hoverinfo="text",
    )


def _line_colour(look: theme.Look) -> str:
    return look.colour if look.symbol.endswith("open") else theme.INK


def _label_colour(state: str) -> str:
    return theme.INK if state in _EXAMINED else theme.MUTED


def _labels(drawing: _Drawing) -> list[str]:
    """Token texts, as many as the rows have room for; the others are in the hovers."""
    nodes = drawing.cycle.nodes
    limit = max(4, min(16, 64 // max(1, drawing.depth)))
    shown = {n.id for n in nodes if drawing.row >= 15 or n.state == "accepted" or (n.state == "rejected" and drawing.row >= 12)}
    texts = [f" {words.label(n.text, n.token, limit)} " if n.id in shown else "" for n in nodes]
    return [*texts, f" {words.label(drawing.cycle.last_text, drawing.cycle.last_token, limit)} "]


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
    lines = [f"<b>{words.quoted(cycle.last_text, cycle.last_token, 40)}</b>  token {cycle.last_token}", f"{chosen.glyph} {chosen.word}: {chosen.meaning}"]
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
    return f"Draft tree of cycle {cycle.cycle}: {words.count(len(cycle.nodes), 'node')} ({states}). Accepted path: {path}. Last token: {last}, {cycle.last_kind}."
