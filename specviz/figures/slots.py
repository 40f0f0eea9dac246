"""The slots of the target's cache around one pass: what the pass writes, what the commit keeps and where it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.figures.layout import Place, curve
from specviz.figures.pieces import LAST
from specviz.trace import Cycle

LIT = theme.INK
TEXT = "#DDE3E9"
LINE = 13
"""Pixels of a line of text."""
_ROOT = "#6E7781"
_WRITTEN, _KEPT = (0.0, 1.1), (1.75, 3.0)
"""Where the two columns of slots stand, from left to right."""


@dataclass(frozen=True)
class Pass:
    """One pass of the target as the cache saw it: the root is row 0, node i row i + 1; row r is written to slot ``start`` + r."""

    cycle: Cycle
    names: list[str]
    chosen: int | None

    @property
    def start(self) -> int:
        """Slots that held the text before the pass: all committed tokens but the last, which is the root."""
        return self.cycle.prefix - 1

    @property
    def rows(self) -> int:
        """Tokens in the pass, the root included."""
        return len(self.names)

    @cached_property
    def parents(self) -> list[int]:
        """The row of each row's parent; -1 for the root."""
        return [-1, *(node.parent + 1 for node in self.cycle.nodes[: self.rows - 1])]

    @cached_property
    def ancestors(self) -> list[list[int]]:
        """The rows each row sees besides itself, root first."""
        seen: list[list[int]] = [[]]
        for parent in self.parents[1:]:
            seen.append([*seen[parent], parent])
        return seen

    @cached_property
    def kept(self) -> list[int]:
        """The rows whose slots are kept, in the order they are packed behind the text: the root and the accepted path.

        Shorter than the path where the text ended inside it: that much the record says by the length of the cache.
        """
        return [0, *(node + 1 for node in self.cycle.path)][: self.cycle.cache_target - self.start]

    @property
    def prefix(self) -> float:
        """Columns the folded text takes."""
        return max(3.4, 0.1 * self.rows)

    @cached_property
    def row_height(self) -> float:
        """Pixels of a row: from comfortable for a chain to a hair for 256 nodes."""
        return max(2.7, min(26.0, 620 / (self.rows + 1)))

    @property
    def lit(self) -> int | None:
        """The selected row."""
        return None if self.chosen is None or not 0 <= self.chosen + 1 < self.rows or self.chosen == LAST else self.chosen + 1

    def state(self, row: int) -> str:
        """What became of a row's token; ``root`` for the root."""
        return "root" if row == 0 else self.cycle.nodes[row - 1].state


_INSIDE: dict[str, Any] = {
    "textposition": "inside",
    "insidetextanchor": "start",
    "textangle": 0,
    "constraintext": "none",
    "textfont": {"family": theme.MONO, "size": 12, "color": theme.INK},
    "orientation": "h",
    "hoverinfo": "text",
    "showlegend": False,
    "xaxis": "x2",
    "yaxis": "y2",
}


def draw_slots(figure: go.Figure, done: Pass) -> None:
    """Two columns of slots, as the pass leaves them and as the commit does, and between them what moves where."""
    _draw_text_slots(figure, done)
    _draw_moves(figure, done)
    rows = list(range(done.rows))
    _bars(figure, done, rows, rows, _WRITTEN, [fate(done, row) for row in rows], "written slots")
    said = [f"slot {done.start + to}: {who(done, row)}, kept" for to, row in enumerate(done.kept)]
    _bars(figure, done, done.kept, list(range(len(done.kept))), _KEPT, said, "kept slots")
    _draw_free(figure, done)


def _draw_text_slots(figure: go.Figure, done: Pass) -> None:
    """The slots of the text, folded into one bar above the first row, and the heads of both columns."""
    unit = 1 / done.row_height  # a pixel, in rows
    text = f" 0 to {done.start - 1}: text" if done.start > 1 else " 0: text" if done.start else " no text yet"
    figure.add_bar(
        x=[right - left for left, right in (_WRITTEN, _KEPT)], base=[_WRITTEN[0], _KEPT[0]], y=[-0.5 - 13 * unit] * 2, width=20 * unit,
        name="slots of the text", text=[text] * 2, marker={"color": TEXT}, hovertext=["the text so far: its keys and values stay"] * 2,
        **(_INSIDE | {"textfont": {"size": 12, "color": theme.INK}}),
    )  # fmt: skip
    for (left, _), head in ((_WRITTEN, "slots written"), (_KEPT, "slots kept")):
        figure.add_annotation(
            x=left, y=-0.5 - 26 * unit, xref="x2", yref="y2", text=f"<b>{head}</b>", showarrow=False, xanchor="left", yanchor="bottom",
            font={"size": 12}, xshift=-4,
        )  # fmt: skip


def _bars(figure: go.Figure, done: Pass, rows: Sequence[int], at: Sequence[int], sides: tuple[float, float], said: list[str], name: str) -> None:
    """A bar a slot, in the colour of what became of it; the lit row's is outlined."""
    left, right = sides
    kept, is_roomy = set(done.kept), done.row_height >= 8
    edges = [_ROOT if row == 0 else theme.look(done.state(row)).colour for row in rows]
    line = {
        "width": [2.5 if row == done.lit else 1 if is_roomy else 0 for row in rows],
        "color": [LIT if row == done.lit else edge for row, edge in zip(rows, edges, strict=True)],
    }
    colours = [theme.rgba(edge, 0.45 if row in kept else 0.13) for row, edge in zip(rows, edges, strict=True)]
    figure.add_bar(
        x=[right - left] * len(rows), base=[left] * len(rows), y=list(at), width=0.82 if is_roomy else 1.0, name=name,
        marker={"color": colours, "line": line}, text=[_slot_text(done, row) for row in rows], hovertext=said, **_INSIDE,
    )  # fmt: skip


def _slot_text(done: Pass, row: int) -> str:
    if done.row_height < LINE:
        return ""
    glyph = "■" if row == 0 else theme.look(done.state(row)).glyph
    return f" {glyph} {done.names[row]}"


def who(done: Pass, row: int) -> str:
    """A row's token in words."""
    return "the root" if row == 0 else f"node {row - 1} ‘{done.names[row]}’"


def fate(done: Pass, row: int) -> str:
    """What becomes of the slot a row was written to."""
    slot = f"slot {done.start + row}: {who(done, row)}"
    if row in done.kept:
        to = done.kept.index(row)
        return f"{slot}<br>kept, where it is" if to == row else f"{slot}<br>kept, moved to slot {done.start + to}"
    if row and done.cycle.is_behind_end(row - 1):
        return f"{slot}<br>the text ended before it: its slot is free again"
    if done.state(row) == "accepted":
        return f"{slot}<br>accepted, and the end of the text: nothing is read behind it, so its slot is free again"
    return f"{slot}<br>{theme.look(done.state(row)).word}: its slot is free again"


def _draw_moves(figure: go.Figure, done: Pass) -> None:
    """A line per kept row; the keys hold their true positions already (prefix + depth), so that moving them is all there is to do."""
    edges = [(Place(0, float(row)), Place(1, float(to))) for to, row in enumerate(done.kept)]
    x, y = curve(edges, leave=0.1, arrive=0.9)
    colour = theme.look("accepted").colour
    line = {"color": colour, "width": 2.5 if done.row_height >= 8 else 1.5}
    gap = _KEPT[0] - _WRITTEN[1]
    at = [None if t is None else _WRITTEN[1] + gap * t for t in x]
    figure.add_scatter(x=at, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name="moves", xaxis="x2", yaxis="y2")


def _draw_free(figure: go.Figure, done: Pass) -> None:
    """The slots behind the kept ones: free for the next pass, whose root will be the cycle's last token."""
    kept = len(done.kept)
    if done.rows > kept:
        figure.add_shape(
            type="rect", xref="x2", yref="y2", x0=_KEPT[0], x1=_KEPT[1], y0=kept - 0.41, y1=done.rows - 0.59,
            line={"color": theme.LINE, "width": 1, "dash": "dot"},
        )  # fmt: skip
    figure.add_annotation(
        x=_KEPT[0], y=kept - 0.5, xref="x2", yref="y2", text="<br>".join(_next(done)), showarrow=False, align="left", xanchor="left", yanchor="top",
        yshift=-3, xshift=2, font={"size": 12, "color": theme.MUTED},
    )  # fmt: skip


def _next(done: Pass) -> list[str]:
    """What comes into the first free slot, and how many there are."""
    record, free = done.cycle, done.rows - len(done.kept)
    lines = ["the text ended"]
    if record.is_last_kept:
        name = words.label(record.last_text, record.last_token, 9)
        lines = [f"{theme.look(record.last_kind).glyph} <b>{name}</b>:", "the next root,", "no slot yet"]
    return [*lines, f"{words.count(free, 'slot')} free"] if free else lines
