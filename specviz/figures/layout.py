"""Where the nodes of a tree go: depth to the right, siblings from top to bottom, every leaf on a row of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specviz.figures.pieces import LAST


class Place(NamedTuple):
    """x = depth, y = row from the top (fractions between rows for parents)."""

    x: int
    y: float


def place(parents: Sequence[int], *, stop: int) -> dict[int | None, Place]:
    """Place N nodes, the root (key None) and the last token (key -1).

    Args:
        parents: int[N], -1 for the first level; parents before their children.
        stop: the node the last token hangs from, -1 for the root; it becomes its last child, since it was drawn after them.
    """
    children: dict[int | None, list[int]] = {}
    for child, parent in enumerate(parents):
        children.setdefault(None if parent < 0 else parent, []).append(child)
    children.setdefault(None if stop < 0 else stop, []).append(LAST)
    depth: dict[int | None, int] = {None: 0}
    order: list[int | None] = []
    waiting: list[int | None] = [None]
    while waiting:  # a walk without recursion: a chain may be longer than Python's stack likes
        node = waiting.pop()
        order.append(node)
        below = children.get(node, [])
        depth.update(dict.fromkeys(below, depth[node] + 1))
        waiting += reversed(below)
    y: dict[int | None, float] = {}
    row = 0
    for node in order:
        if node not in children:
            y[node], row = float(row), row + 1
    for node in reversed(order):
        if node in children:
            below = children[node]
            y[node] = (y[below[0]] + y[below[-1]]) / 2
    return {node: Place(depth[node], y[node]) for node in order}


def curve(edges: Sequence[tuple[Place, Place]], steps: int = 12) -> tuple[list[float | None], list[float | None]]:
    """Smooth left-to-right lines between pairs of places, with a gap after each; straight ones where the row is the same."""
    x: list[float | None] = []
    y: list[float | None] = []
    for start, end in edges:
        count = 1 if start.y == end.y else steps
        for i in range(count + 1):
            t = i / count
            x.append(start.x + (end.x - start.x) * t)
            y.append(start.y + (end.y - start.y) * t * t * (3 - 2 * t))
        x.append(None)
        y.append(None)
    return x, y
