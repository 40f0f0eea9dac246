"""The generated text as a strip of token boxes, each marked by how it came to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.figures.pieces import Piece, prompt_pieces, trace_pieces
from specviz.trace import Trace

_ROW = 40
"""Pixels a line of boxes takes."""
_TOP, _BOTTOM = 0.44, 0.40
_SHOWN = ("prompt", "accepted", "rejected", "corrected", "bonus")


@dataclass(frozen=True)
class _Box:
    piece: Piece
    left: float
    right: float
    row: int

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


def token_strip(trace: Trace, *, cycle: int | None = None, refused: bool = False, columns: int = 78) -> go.Figure:
    """Draw the prompt and the generated text as wrapped token boxes, coloured and marked by state.

    Every token carries ``customdata = [cycle, node]``; node is -1 for a cycle's last token and for the prompt, whose cycle
    is -1 as well.

    Args:
        trace: the recorded run.
        cycle: the cycle to outline.
        refused: also show the drafts that were refused, struck through, before the token that took their place.
        columns: letters a line holds; 78 fit a card 700 pixels wide.

    Raises:
        IndexError: when there is no such cycle.
    """
    if cycle is not None:
        trace.cycle(cycle)
    new = trace_pieces(trace, refused=refused)
    boxes = _place([*prompt_pieces(trace), *new], columns)
    rows = 1 + max((box.row for box in boxes), default=0)
    alt = _alt(trace, new, cycle)
    figure = theme.card(_title(trace), _subtitle(cycle, refused), height=rows * _ROW, alt=alt, badges=["measured"], bottom=theme.BARE)
    _draw_boxes(figure, boxes)
    if cycle is not None:
        figure.add_trace(_outline(box for box in boxes if box.piece.cycle == cycle))
    figure.add_trace(_tokens([box for box in boxes if box.piece.state == "prompt"], "prompt"))
    figure.add_trace(_tokens([box for box in boxes if box.piece.state != "prompt"], "tokens"))
    present = {piece.state for piece in new}
    figure.add_traces([theme.legend_entry(state) for state in _SHOWN if state in present])
    figure.update_xaxes(visible=False, range=[-0.3, columns + 0.3], fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], fixedrange=True)
    return theme.steady(figure)


def _place(pieces: Iterable[Piece], columns: int) -> list[_Box]:
    """Give every token a box: as wide as its text, wrapped at ``columns``, a new line where the text has one."""
    boxes: list[_Box] = []
    at, row = 0.0, 0
    for piece in pieces:
        width = min(len(_shown(piece, columns)), columns - 1) + 1.0
        if at and (at + width > columns or _opens_line(piece)):
            at, row = 0.0, row + 1
        boxes.append(_Box(piece, at, at + width, row))
        at += width
        if piece.text.endswith("\n") and piece.state != "rejected":
            at, row = 0.0, row + 1
    return boxes


def _opens_line(piece: Piece) -> bool:
    """Whether a token breaks the line and goes on after it, as a newline with the next line's indentation does."""
    return "\n" in piece.text and not piece.text.endswith("\n") and piece.state != "rejected"


def _shown(piece: Piece, columns: int) -> str:
    return words.clip(words.visible(piece.text, piece.token), columns - 1)


def _draw_boxes(figure: go.Figure, boxes: Sequence[_Box]) -> None:
    for state in _SHOWN:
        x: list[float | None] = []
        y: list[float | None] = []
        for box in boxes:
            if box.piece.state == state:
                _add_rectangle(x, y, box.left + 0.08, box.right - 0.08, box.row)
        chosen = theme.look(state)
        if x:
            line = {"width": 1, "color": chosen.colour if state == "rejected" else theme.rgba(chosen.colour, 0.4), "dash": chosen.dash}
            figure.add_scatter(
                x=x, y=y, mode="lines", fill="toself", fillcolor=chosen.tint, line=line, hoverinfo="skip", showlegend=False, name=f"boxes {state}"
            )


def _outline(boxes: Iterable[_Box]) -> go.Scatter:
    """A dark line around the tokens of one cycle, line by line."""
    rows: dict[int, list[_Box]] = {}
    for box in boxes:
        rows.setdefault(box.row, []).append(box)
    x: list[float | None] = []
    y: list[float | None] = []
    for row, members in rows.items():
        _add_rectangle(x, y, members[0].left, members[-1].right, row, pad=0.03)
    return go.Scatter(x=x, y=y, mode="lines", line={"width": 2.5, "color": theme.INK}, hoverinfo="skip", showlegend=False, name="cycle")


def _add_rectangle(x: list[float | None], y: list[float | None], left: float, right: float, row: int, pad: float = 0.0) -> None:
    x += [left, right, right, left, left, None]
    top, bottom = row - _TOP - pad, row + _BOTTOM + pad
    y += [top, top, bottom, bottom, top, None]


def _tokens(boxes: Sequence[_Box], name: str) -> go.Scatter:
    """The texts with their glyphs below: one trace, so that a click selects."""
    looks = [theme.look(box.piece.state) for box in boxes]
    return go.Scatter(
        x=[box.centre for box in boxes],
        y=[box.row + 0.22 for box in boxes],
        mode="markers+text",
        name=name,
        showlegend=False,
        text=[_text(box) for box in boxes],
        textposition="top center",
        textfont={"family": theme.MONO, "size": 13, "color": theme.MUTED if name == "prompt" else theme.INK},
        marker={
            "symbol": [look.symbol for look in looks],
            "color": [look.colour for look in looks],
            "size": [4 if name == "prompt" else 8 for _ in boxes],
            "opacity": 0 if name == "prompt" else 1,
            "line": {"width": 0.8, "color": theme.INK},
        },
        customdata=[[box.piece.cycle, box.piece.node] for box in boxes],
        hovertext=[_hover(box.piece) for box in boxes],
        hoverinfo="text",
        cliponaxis=False,
    )


def _text(box: _Box) -> str:
    text = words.safe(words.clip(words.visible(box.piece.text, box.piece.token), int(box.right - box.left - 1)))
    return f"<s>{text}</s>" if box.piece.state == "rejected" else text


def _hover(piece: Piece) -> str:
    chosen = theme.look(piece.state)
    lines = [f"<b>{words.quoted(piece.text, piece.token, 60)}</b>  token {piece.token}", f"{chosen.glyph} {chosen.word}: {chosen.meaning}"]
    if piece.cycle >= 0:
        lines.append(f"cycle {piece.cycle}" + (f", node {piece.node}" if piece.node >= 0 else ", last token of the cycle"))
    return "<br>".join(lines)


def _title(trace: Trace) -> str:
    return f"{words.count(len(trace.tokens), 'token')} from {words.count(len(trace), 'target pass')}"


def _subtitle(cycle: int | None, refused: bool) -> str:
    parts = ["Prompt in grey; blue tokens cost no target pass of their own."]
    if refused:
        parts.append("Struck through: drafts the target refused there.")
    if cycle is not None:
        parts.append(f"Outlined: cycle {cycle}.")
    return " ".join(parts)


def _alt(trace: Trace, new: Sequence[Piece], cycle: int | None) -> str:
    counts = {state: sum(piece.state == state for piece in new) for state in ("accepted", "corrected", "bonus")}
    listed = ", ".join(f"{amount} {state}" for state, amount in counts.items())
    size = f"{words.count(len(trace.tokens), 'new token')} in {words.count(len(trace), 'cycle')}"
    text = f"Token strip of a {trace.header.method} run: {size} ({listed})."
    return text + ("" if cycle is None else f" Cycle {cycle} is outlined.")
