"""Reads the plots of the story family: scenes in order, each with several ways to tell it.

A plot is one text. It starts with ``key: value`` lines (``plot``, ``objects``, ``places``, and ``topics``, ``lessons``, ``titles``
with ``|`` between alternatives). A line with ``#`` begins a scene; the marks after it mean

* ``/`` the scene begins a paragraph,
* ``?`` the scene may be left out,
* ``~`` the scene may change places with the other ``~`` scenes next to it.

Each further line is one way to tell the scene, and a line that starts with two spaces goes on with the line before. In a line,
``[one|two]`` is a choice and ``{hero}`` a slot of the story's cast (see ``story_cast.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from specviz.errors import UnexpectedValueError

_KEYS = ("plot", "objects", "places", "topics", "lessons", "titles")


@dataclass(frozen=True)
class Scene:
    """One step of a plot and the ways to tell it."""

    lines: tuple[str, ...]
    new_paragraph: bool
    optional: bool
    movable: bool


@dataclass(frozen=True)
class Plot:
    """What happens, in scenes, and which things and places suit it."""

    name: str
    objects: str
    places: str
    topics: tuple[str, ...]
    lessons: tuple[str, ...]
    titles: tuple[str, ...]
    scenes: tuple[Scene, ...]


def _joined(text: str) -> Iterable[str]:
    """Logical lines: those wrapped for the width of the file are put together again."""
    lines: list[str] = []
    for line in text.strip("\n").splitlines():
        if line.startswith("  "):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return lines


def _scene(marks: str, lines: list[str]) -> Scene:
    return Scene(tuple(lines), new_paragraph="/" in marks, optional="?" in marks, movable="~" in marks)


def read_plot(text: str) -> Plot:
    """Read one plot.

    Raises:
        ValueError: when a key is missing or a scene has no line.
    """
    head: dict[str, str] = {}
    scenes: list[tuple[str, list[str]]] = []
    for line in _joined(text):
        if line.startswith("# "):
            scenes.append((line[2:], []))
        elif scenes:
            scenes[-1][1].append(line)
        else:
            key, _, value = line.partition(": ")
            head[key] = value
    missing = [key for key in _KEYS if key not in head] + [marks for marks, lines in scenes if not lines]
    if missing:
        raise UnexpectedValueError(f"the keys {_KEYS} and scenes with lines", f"nothing for {missing} in the plot that starts {text[:40]!r}")
    topics, lessons, titles = (tuple(head[key].split(" | ")) for key in ("topics", "lessons", "titles"))
    return Plot(head["plot"], head["objects"], head["places"], topics, lessons, titles, tuple(_scene(marks, lines) for marks, lines in scenes))
