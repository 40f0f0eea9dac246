"""Where the nodes of a tree go: depth to the right, the first draw straight on, every later sibling on a row of its own below.

So a chain is a line, no edge crosses another, and no edge crosses the text behind a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specviz.figures.pieces import LAST


class Place(NamedTuple):
    """x = depth, y = row from the top, or its pixels once rows have heights."""

    x: int
    y: float


def place(parents: Sequence[int], *, stop: int) -> dict[int | None, Place]:
    """Place N nodes, the root (key None) and the last token (key -1) on whole rows.

    Args:
        parents: int[N], -1 for the first level; parents before their children.
        stop: the node the last token hangs from, -1 for the root; it becomes its last child, since it was drawn after them.
    """
    children: dict[int | None, list[int]] = {}
    for number, above in enumerate(parents):
        children.setdefault(None if above < 0 else above, []).append(number)
    children.setdefault(None if stop < 0 else stop, []).append(LAST)
    places: dict[int | None, Place] = {None: Place(0, 0.0)}
    row = 0
    waiting: list[tuple[int, int | None, bool]] = [(child, None, i == 0) for i, child in reversed(list(enumerate(children[None])))]
    while waiting:  # a walk without recursion: a chain may be longer than Python's stack likes
        node, parent, is_first = waiting.pop()
        row += not is_first
        places[node] = Place(places[parent].x + 1, places[parent].y if is_first else float(row))
        below = children.get(node, []) if node != LAST else []
        waiting += [(child, node, i == 0) for i, child in reversed(list(enumerate(below)))]
    return places


def row_heights(is_lit: Sequence[bool], *, roomy: float, full: float, least: float, total: float, most: float) -> list[float]:
    """Pixels of every row: where something was decided it stays readable, and the others share what is left.

    Args:
        is_lit: for every row whether something was decided on it.
        roomy: height of up to 8 rows, with texts above their nodes.
        full: height at which a row has room for a text.
        least: height below which the picture rather grows than a row shrinks.
        total: the height to stay within while rows keep ``least``.
        most: the height never to go beyond.
    """
    rows, lit = len(is_lit), sum(is_lit)
    if rows <= 8:
        return [roomy] * rows
    if rows * full <= total:
        return [full] * rows
    bright = min(full, total / 2 / max(lit, 1))
    rest = max(rows - lit, 1)
    dim = max((total - lit * bright) / rest, min(least, (most - lit * bright) / rest))
    return [bright if found else min(dim, full) for found in is_lit]


class Box(NamedTuple):
    """The room a text takes, in pixels."""

    left: float
    right: float
    middle: float


def fitting(boxes: Iterable[tuple[int, Box]], height: float) -> list[int]:
    """Which texts can be drawn without touching an earlier one, texts being ``height`` pixels high; earlier ones are more important."""
    kept: list[tuple[int, Box]] = []
    for key, box in boxes:
        if all(abs(box.middle - b.middle) >= height or box.left >= b.right or b.left >= box.right for _, b in kept):
            kept.append((key, box))
    return [key for key, _ in kept]


def curve(
    edges: Sequence[tuple[Place, Place]], steps: int = 10, *, leave: Sequence[float] | float = 0.0, arrive: float = 1.0
) -> tuple[list[float | None], list[float | None]]:
    """Smooth left-to-right lines between pairs of places, with a gap after each; straight ones where the row is the same.

    Args:
        edges: from where to where.
        steps: pieces of a bend.
        leave: where on the way an edge begins to bend, in [0, 1): one number, or one per edge. Before it is room for a text.
        arrive: where the bend ends.
    """
    x: list[float | None] = []
    y: list[float | None] = []
    starts = [leave] * len(edges) if isinstance(leave, int | float) else leave
    for (start, end), bend in zip(edges, starts, strict=True):
        width, height = end.x - start.x, end.y - start.y
        x.append(start.x)
        y.append(start.y)
        if height:
            for i in range(steps + 1):
                t = i / steps
                x.append(start.x + width * (bend + (arrive - bend) * t))
                y.append(start.y + height * t * t * (3 - 2 * t))
        x += [end.x, None]
        y += [end.y, None]
    return x, y
