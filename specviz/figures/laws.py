"""The two laws at one node's place, what they share, what is left, and the coin that decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import coin, theme, words
from specviz.figures.pieces import LAST
from specviz.trace import Cycle, Entry, Node, Trace

_ROW, _COIN, _GAP, _FOOT = 30, 60, 66, 8
_SMALLEST = 1e-5
"""Left end of a logarithmic axis."""
_DONE = {"accepted": "was accepted", "rejected": "was refused", "ignored": "was never examined", "pruned": "was cut before the target saw it"}


@dataclass(frozen=True)
class _Row:
    """One token of the union of the laws; None where its probability is below what was recorded.

    Token None is the sum over all others: written, not drawn, so that it does not set the scale.
    """

    token: int | None
    text: str
    p: float | None
    q: float | None
    residual: float | None

    @property
    def label(self) -> str:
        return self.text if self.token is None else words.label(self.text, self.token, 18)

    @property
    def overlap(self) -> float:
        return min(self.p or 0.0, self.q or 0.0) if self.token is not None else 0.0


def distributions(trace: Trace, *, cycle: int, node: int, top: int = 10, log: bool = False) -> go.Figure:
    """Draw p and q at a node's place as paired bars, their overlap, the residual, and the coin against its threshold.

    With ``node=-1`` the cycle's last token: the law it was drawn from and its coin.

    Args:
        trace: the recorded run, of detail ``full`` or ``exact``.
        cycle: which cycle.
        node: which node of it, -1 for the last token.
        top: how many tokens are shown; the drafted one always is, the others are added up in a last row.
        log: whether probabilities are drawn on a logarithmic axis.

    Raises:
        IndexError: when there is no such cycle or node.
        ValueError: when the trace holds no laws (detail ``light``).
    """
    if trace.header.detail == "light":
        raise UnexpectedValueError("a trace with laws (detail 'full' or 'exact')", "detail 'light'", "record the run again with detail='full'")
    if node == LAST:
        return _last(trace, trace.cycle(cycle), top, log)
    return _at_node(trace, trace.cycle(cycle), trace.node(cycle, node), top, log)


def _at_node(trace: Trace, cycle: Cycle, node: Node, top: int, log: bool) -> go.Figure:
    rows = _rows(cycle, node, top)
    is_greedy = words.is_greedy(trace)
    figure = _card(_title(node), _subtitle(trace, cycle, node), len(rows), alt=_alt(node, rows, is_greedy), coin_strip=True)
    _draw_overlap(figure, rows)
    _draw_pair(figure, rows, node)
    _draw_residual(figure, rows)
    _set_axes(figure, rows, node.token, log, split=0.63)
    coin.draw_threshold(figure, node, is_greedy=is_greedy)
    _head(figure, 0.0, "p and q at this place" + _alpha_words(node))
    _head(figure, 0.70, "residual ∝ (p − q)<sub>+</sub>")
    return theme.steady(figure)


def _rows(cycle: Cycle, node: Node, top: int) -> list[_Row]:
    """The likeliest tokens of either law, the drafted one among them, then all others together."""
    p, q = _recorded(node.top_p), _recorded(node.top_q or (Entry(node.token, node.text, 1.0),))
    left = _recorded(node.top_residual)
    if not any(n.parent == node.parent for n in cycle.nodes[: node.id]):  # the first of its siblings: its p and q are the laws' own
        p.setdefault(node.token, node.p)
        q.setdefault(node.token, node.q)
    texts = {e.token: e.text for e in (*node.top_residual, *node.top_q, *node.top_p)} | {node.token: node.text}
    order = sorted(texts, key=lambda t: (-max(p.get(t, 0.0), q.get(t, 0.0)), t))
    kept = order[: max(1, top)]
    if node.token not in kept:
        kept[-1] = node.token
    p_else, q_else = _missing(p), _missing(q)
    rows = [_Row(t, texts[t], p.get(t, p_else), q.get(t, q_else), left.get(t, _missing(left))) for t in kept]
    others = [max(0.0, 1 - sum(law.get(t, 0.0) for t in kept)) if law else None for law in (p, q, left)]
    if any(mass is not None and mass > 0.002 for mass in others):
        rows.append(_Row(None, "all others", *others))
    return rows


def _recorded(law: Sequence[Entry]) -> dict[int, float]:
    return {entry.token: entry.prob for entry in law}


def _missing(law: dict[int, float]) -> float | None:
    """What a token that was not recorded has: nothing if the record is the whole law, else unknown."""
    return 0.0 if sum(law.values()) > 0.9999 else None


def _draw_overlap(figure: go.Figure, rows: Sequence[_Row]) -> None:
    figure.add_bar(
        x=[row.overlap for row in rows], y=list(range(len(rows))), width=0.94, offset=-0.47, orientation="h", name="overlap min(p, q)",
        marker={"color": theme.rgba(theme.OVERLAP, 0.75), "line": {"color": "#8C8300", "width": 1}}, hoverinfo="skip",
    )  # fmt: skip


def _draw_pair(figure: go.Figure, rows: Sequence[_Row], node: Node) -> None:
    for letter, name, colour, offset in (("p", "p, the target's law", theme.TARGET, -0.34), ("q", "q, the draft's law", theme.DRAFT, 0.04)):
        values = [getattr(row, letter) for row in rows]
        hatch = {"shape": "/", "size": 6, "solidity": 0.3, "fgcolor": theme.HATCH, "bgcolor": colour} if letter == "q" else {}
        figure.add_bar(
            x=[0.0 if row.token is None else v or 0.0 for row, v in zip(rows, values, strict=True)],
            y=list(range(len(rows))), width=0.30, offset=offset, orientation="h", name=name,
            marker={"color": colour, "line": {"color": theme.INK, "width": 0.6}, "pattern": hatch},
            text=[f"{letter} = {words.number(v)}" if row.token in (node.token, None) else "" for row, v in zip(rows, values, strict=True)],
            textposition="outside", textfont={"size": 12}, cliponaxis=False, constraintext="none",
            hovertext=[_hover(row) for row in rows], hoverinfo="text",
        )  # fmt: skip


def _draw_residual(figure: go.Figure, rows: Sequence[_Row]) -> None:
    values = [row.residual or 0.0 for row in rows]
    drawn = [0.0 if row.token is None else value for row, value in zip(rows, values, strict=True)]
    colour = theme.look("corrected").colour
    figure.add_bar(
        x=drawn, y=list(range(len(rows))), width=0.56, offset=-0.28, orientation="h", xaxis="x2", yaxis="y2", showlegend=False, name="residual",
        marker={"color": colour, "line": {"color": theme.INK, "width": 0.6}}, hovertext=[_hover(row) for row in rows], hoverinfo="text",
        text=[words.number(v) if v >= 0.01 else "" for v in values], textposition="outside", textfont={"size": 12}, cliponaxis=False,
        constraintext="none",
    )  # fmt: skip
    if not any(values):
        figure.add_annotation(text="nothing is left:<br>p ≤ q everywhere", xref="x2 domain", yref="y2 domain", x=0.5, y=0.5, showarrow=False)


def _hover(row: _Row) -> str:
    def shown(value: float | None) -> str:
        return "below the recorded entries" if value is None else words.number(value)

    head = row.text if row.token is None else f"<b>{words.quoted(row.text, row.token, 40)}</b>  token {row.token}"
    both = "" if row.token is None else f"<br>min(p, q)  {words.number(row.overlap)}"
    return f"{head}<br>p (target)  {shown(row.p)}<br>q (draft)   {shown(row.q)}{both}<br>residual    {shown(row.residual)}"


def _alpha_words(node: Node) -> str:
    return ": overlap not measured" if math.isnan(node.alpha) else f": they share α = {words.number(node.alpha)}"


def _title(node: Node) -> str:
    chosen = theme.look(node.state)
    return f"{chosen.glyph} {words.quoted(node.text, node.token)} {_DONE[node.state]}"


def _subtitle(trace: Trace, cycle: Cycle, node: Node) -> str:
    parts = [f"Cycle {cycle.cycle}, node {node.id}, draft {node.depth}."]
    if words.is_greedy(trace):
        parts.append(words.law_words(trace))
        return " ".join(parts)
    said = words.coin_words(node)
    parts += [said[0].upper() + said[1:] + ".", words.law_words(trace)]
    if len(node.top_q) <= 1 and node.q == 1.0:
        parts.append("The token was copied or picked, not drawn: q is 1 on it.")
    law = _recorded(node.top_p).get(node.token)
    if law is not None and abs(law - node.p) > 1e-3:
        parts.append(
            f"Siblings were refused before it; the rule compared what they had left: p = {words.number(node.p)}, q = {words.number(node.q)}."
        )
    return " ".join(parts)


def _alt(node: Node, rows: Sequence[_Row], is_greedy: bool) -> str:
    best = ", ".join(f"{words.plain(r.text, r.token)} p {words.number(r.p)} q {words.number(r.q)}" for r in rows[:3])
    decided = "exact match at temperature 0" if is_greedy else words.coin_words(node).replace("&lt;", "<")
    share = "overlap not measured" if math.isnan(node.alpha) else f"overlap alpha {words.number(node.alpha)}"
    token = words.plain(node.text, node.token)
    return f"Target and draft laws where {token} was drafted, which {_DONE[node.state]} ({decided}); {share}. Likeliest: {best}."


def _last(trace: Trace, cycle: Cycle, top: int, log: bool) -> go.Figure:
    """The law of the cycle's last token; its coin along the steps of that law where all of them were recorded."""
    rows = _last_rows(cycle, top)
    kind = theme.look(cycle.last_kind)
    has_coin = not words.is_greedy(trace)
    has_ladder = has_coin and coin.covers(cycle.last_top)
    token = words.plain(cycle.last_text, cycle.last_token)
    alt = f"The law from which the last token {token} of cycle {cycle.cycle} was drawn ({cycle.last_kind}), p = {words.number(_chosen(rows, cycle))}."
    title = f"{kind.glyph} {words.quoted(cycle.last_text, cycle.last_token)} {kind.meaning.split(':')[0]}"
    figure = _card(title, _last_subtitle(trace, cycle, has_coin, has_ladder), len(rows), alt=alt, coin_strip=has_ladder)
    drawn = [0.0 if row.token is None else row.p or 0.0 for row in rows]
    figure.add_bar(
        x=drawn, y=list(range(len(rows))), width=0.6, offset=-0.3, orientation="h", name=f"the law the {kind.word} token was drawn from",
        marker={"color": kind.colour, "line": {"color": theme.INK, "width": 0.6}}, text=[words.number(row.p) for row in rows], textposition="outside",
        textfont={"size": 12}, cliponaxis=False, constraintext="none", hoverinfo="skip",
    )  # fmt: skip
    if has_ladder:
        coin.draw_ladder(figure, cycle)
    _set_axes(figure, rows, cycle.last_token, log, split=1.0, has_coin=has_ladder)
    return theme.steady(figure)


def _last_rows(cycle: Cycle, top: int) -> list[_Row]:
    kept = list(cycle.last_top[: max(1, top)])
    kept += [e for e in cycle.last_top[len(kept) :] if e.token == cycle.last_token]
    rows = [_Row(e.token, e.text, e.prob, None, None) for e in kept]
    if cycle.last_token not in {e.token for e in kept}:
        rows.append(_Row(cycle.last_token, cycle.last_text, None, None, None))
    others = 1 - sum(e.prob for e in kept)
    return [*rows, _Row(None, "all others", others, None, None)] if others > 0.002 else rows


def _chosen(rows: Sequence[_Row], cycle: Cycle) -> float | None:
    return next((row.p for row in rows if row.token == cycle.last_token), None)


def _last_subtitle(trace: Trace, cycle: Cycle, has_coin: bool, has_ladder: bool) -> str:
    parts = [f"Cycle {cycle.cycle}, last token, {cycle.last_kind}."]
    if not has_coin:
        return " ".join([*parts, f"Temperature 0: the likeliest token, no coin; law shown at temperature {trace.header.law_temperature:g}."])
    if has_ladder:
        parts.append("The law laid end to end in the order of token ids: the coin takes the token it falls on.")
    else:
        parts.append(f"Coin u = {words.number(cycle.last_u)}, along the whole law by token id; only its likeliest entries were recorded.")
    return " ".join([*parts, words.law_words(trace)])


def _card(title: str, subtitle: str, rows: int, *, alt: str, coin_strip: bool) -> go.Figure:
    height = rows * _ROW + _FOOT + (_COIN + _GAP if coin_strip else 0)
    figure = theme.card(title, subtitle, height=height, alt=alt, badges=["measured"])
    figure.update_layout(barmode="overlay")
    return figure


def _set_axes(figure: go.Figure, rows: Sequence[_Row], token: int, log: bool, split: float, *, has_coin: bool = True) -> None:
    bars = len(rows) * _ROW + _FOOT
    height = bars + (_COIN + _GAP if has_coin else 0)
    top = bars / height
    largest = max((max(row.p or 0, row.q or 0) for row in rows if row.token is not None), default=1.0)
    scale = {"type": "log", "range": [math.log10(_SMALLEST), 0.35], "dtick": 1, "tickformat": "~g"}
    scale = scale if log else {"range": [0, min(1.0, largest) * 1.22]}
    ticks = [("▶ " if row.token == token else "") + row.label for row in rows]
    font = {"family": theme.MONO, "size": 13, "color": theme.INK}
    left = {"tickvals": list(range(len(rows))), "ticktext": ticks, "tickfont": font, "ticks": "", "ticklabelstandoff": 6}
    around = {"range": [len(rows) - 0.5, -0.5], "domain": [0, top], "showgrid": False, "fixedrange": True}
    figure.update_layout(
        xaxis={"domain": [0, split], "anchor": "y", "fixedrange": True, "title": {"text": "probability"}, "nticks": 6, **scale},
        yaxis={"anchor": "x", **around, **left},
    )
    if split < 1:
        figure.update_layout(
            xaxis2={
                "domain": [0.70, 1],
                "anchor": "y2",
                "range": [0, 1.2],
                "tickvals": [0, 0.5, 1],
                "fixedrange": True,
                "title": {"text": "probability"},
            },
            yaxis2={"anchor": "x2", "showticklabels": False, "ticks": "", **around},
        )
    if has_coin:
        coin.set_axes(figure, (1 - _COIN / height, 1))
    for place, row in enumerate(rows):
        if row.token == token:
            box = {"x0": 0, "x1": 1, "y0": place - 0.5, "y1": place + 0.5, "fillcolor": "#F1F3F5", "line": {"width": 0}, "layer": "below"}
            figure.add_shape(type="rect", xref="paper", yref="y", name="drafted", **box)


def _head(figure: go.Figure, x: float, text: str) -> None:
    figure.add_annotation(
        text=f"<b>{text}</b>", xref="paper", yref="y domain", x=x, y=1, xanchor="left", yanchor="bottom", showarrow=False, font={"size": 13}, yshift=2
    )
