"""Where everything in the picture of a tree goes, in pixels: rows, markers, and the labels there is room for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from specviz.figures import words
from specviz.figures.layout import Box, Place, place, row_heights
from specviz.figures.pieces import LAST
from specviz.figures.tree_words import By
from specviz.trace import Cycle, Node

EXAMINED = ("accepted", "rejected")
LINE = 13
"""Pixels of a label from top to bottom."""
_WIDTH = 640
"""Pixels the drawing has on a narrow card; labels are cut to what fits there."""
_ROOMY, _FULL = 56, 27
"""Pixels of a row with labels above the markers, and with labels beside them."""
_LETTER = 7.9
"""Pixels of a letter."""


@dataclass(frozen=True)
class Drawing:
    """One cycle with the pixels of every node; key -1 is the last token, key None the root, key ``ghost`` the last token as recorded."""

    cycle: Cycle
    places: dict[int | None, Place]
    heights: list[float]
    rows: dict[int | None, int]
    by: By
    before: Cycle | None = None

    @property
    def is_last_kept(self) -> bool:
        """Whether the last token is in the text, which may have ended before it."""
        return self.cycle.is_last_kept

    @property
    def ghost(self) -> int:
        """Where the recorded last token hung, in a replay."""
        return len(self.cycle.nodes)

    @cached_property
    def column(self) -> float:
        """Pixels of a column, on a narrow card."""
        return _WIDTH / self.columns

    @cached_property
    def columns(self) -> float:
        """The drawing's width in columns, the last one's labels included."""
        return max(p.x for p in self.places.values()) + 1.2

    @property
    def top(self) -> float:
        """Where the picture begins, in its own pixels: room for a label above the first row."""
        return -48 if self.is_roomy else -36

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return max(p.y for p in self.places.values()) + 26

    @cached_property
    def narrowest(self) -> float:
        """Pixels of the lowest row."""
        return min(self.heights)

    @property
    def is_roomy(self) -> bool:
        """Whether labels stand above their markers."""
        return self.narrowest >= _ROOMY

    @property
    def is_tight(self) -> bool:
        """Whether some rows have no room for a label."""
        return self.narrowest < LINE

    @cached_property
    def parents(self) -> set[int]:
        """Nodes with something drawn to the right of them."""
        return {n.parent for n in self.cycle.nodes} | {stop_of(self.cycle)}

    def size(self, node: int) -> float:
        """Marker diameter: the area grows with the probability; a dense tree gets smaller markers, but what was examined stays clear."""
        largest = max(12.0, min(26.0, self.narrowest * 0.62))
        if node in (LAST, self.ghost):
            return max(12.0, largest * 0.8)  # it was not drafted: there is no q, and its size says nothing
        n = self.cycle.nodes[node]
        weight = n.q if self.by == "q" else n.p
        smallest = max(4.5, largest * 0.3, 8.0 if n.state in EXAMINED else 0.0)
        share = 0.0 if math.isnan(weight) else math.sqrt(min(1.0, max(0.0, weight)))
        return smallest + (largest - smallest) * share


def drawing_of(cycle: Cycle, by: By, before: Cycle | None) -> Drawing:
    """Place a cycle's nodes; ``before`` is the record of it, where it was judged again."""
    parents, stop = [n.parent for n in cycle.nodes], stop_of(cycle)
    if before is not None and stop_of(before) != stop:
        parents.append(stop_of(before))
    on_rows = place(parents, stop=stop)
    rows = {key: int(p.y) for key, p in on_rows.items()}
    lit = [False] * (1 + max(rows.values()))
    for key, row in rows.items():
        lit[row] |= key is None or key >= len(cycle.nodes) or key == LAST or cycle.nodes[key].state in EXAMINED
    heights = row_heights(lit, roomy=_ROOMY, full=_FULL, least=6.0, total=640, most=900)
    tops = [0.0]
    for row in range(1, len(heights)):
        tops.append(tops[-1] + (heights[row - 1] + heights[row]) / 2)
    return Drawing(cycle, {key: Place(p.x, tops[rows[key]]) for key, p in on_rows.items()}, heights, rows, by, before)


def stop_of(cycle: Cycle) -> int:
    """The node the last token hangs from, -1 for the root."""
    return cycle.path[-1] if cycle.path else LAST


def by_importance(nodes: Sequence[Node], chosen: int | None) -> list[int]:
    """The accepted path, the last token and the chosen node, then what was refused, then the rest by what the draft gave it."""
    ranks = {"accepted": 0, "rejected": 2}
    order = sorted(nodes, key=lambda n: (0 if n.id == chosen else ranks.get(n.state, 3), 0.0 if n.state in ranks else -n.q, n.id))
    first = sum(n.id == chosen or n.state == "accepted" for n in nodes)
    return [*(n.id for n in order[:first]), LAST, *(n.id for n in order[first:])]


def text_of(drawing: Drawing, node: int) -> tuple[str, int]:
    """Text and id of a node's token, or of the last one."""
    cycle = drawing.cycle
    return (cycle.last_text, cycle.last_token) if node == LAST else (cycle.nodes[node].text, cycle.nodes[node].token)


def limit_of(drawing: Drawing, node: int) -> int:
    """Letters a label may have: up to the next node on its row, or to the edge of the card where it is the row's last."""
    at = drawing.places[node]
    is_tight = drawing.heights[drawing.rows[node]] < LINE
    room = drawing.column if is_tight or (node in drawing.parents and node != LAST) else _WIDTH - (at.x + 0.35) * drawing.column
    return max(4, min(18, int((room - drawing.size(node) / 2 - 8) / _LETTER)))


def is_above(drawing: Drawing, node: int) -> bool:
    """Whether a label stands over its marker: in a roomy tree where an edge goes on to the right."""
    return drawing.is_roomy and node in drawing.parents and node != LAST


def box_of(drawing: Drawing, node: int) -> Box:
    """The room a node's label would take."""
    at, width = drawing.places[node], _LETTER * min(len(words.visible(*text_of(drawing, node))), limit_of(drawing, node))
    x, size = at.x * drawing.column, drawing.size(node)
    return Box(x - width / 2, x + width / 2, at.y - size / 2 - 19) if is_above(drawing, node) else Box(x, x + width + size, at.y)


def behind_label(drawing: Drawing, node: int) -> float:
    """Where in a column a node's label ends; the root's stands above it."""
    if node == LAST:
        return 0.14
    n = drawing.cycle.nodes[node]
    letters = len(words.clip(words.visible(n.text, n.token), limit_of(drawing, node)))
    return min(0.62, (drawing.size(node) / 2 + 6 + letters * _LETTER) / drawing.column)
