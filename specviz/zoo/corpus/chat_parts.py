"""How a conversation is written: nouns that know their articles, and scripts of questions and answers with places to fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING

from specviz.errors import UnexpectedValueError
from specviz.zoo.corpus.words.chat import MASS, PLURALS

if TYPE_CHECKING:
    from random import Random

Fields = Mapping[str, "str | int"]
"""What one conversation is about: a name for each word that a script leaves open."""

_SENTENCE_START = re.compile(r"(?:^|[.!?]\s+|\n)[a-z]")


class Noun(str):
    """A word that an f-string or frame can ask for with an article (``{x:a}``), in the plural (``{x:many}``) ...

    ... or with a capital letter (``{x:cap}``); ``{x:some}`` and ``{x:any}`` also suit what cannot be counted: some bread, bread.
    """

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        """The word as ``spec`` wants it."""
        if spec == "a" or (spec == "some" and self not in MASS):
            return f"an {self}" if self[:1] in "aeiou" and self[:1] else f"a {self}"
        if spec == "some":
            return f"some {self}"
        if spec in {"many", "any"}:
            return self.plural
        if spec == "cap":
            return self[:1].upper() + self[1:]
        return super().__format__(spec)

    @property
    def plural(self) -> str:
        """The word for several of them."""
        if self in PLURALS or self in MASS:
            return PLURALS.get(self, str(self))
        if self.endswith("y") and self[-2] not in "aeiou":
            return self[:-1] + "ies"
        return self + ("es" if self.endswith(("s", "x", "ch", "sh")) else "s")


def amount(number: int, what: str) -> str:
    """A number with its noun, as ``1 coin`` or ``3 cherries``."""
    return f"{number} {what if number == 1 else Noun(what).plural}"


def in_a_row(items: list[str]) -> str:
    """The items as one speaks them: commas, and ``and`` before the last."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def capitals(text: str) -> str:
    """The text with a capital letter at the start of every sentence and line; items of a dashed list stay small."""
    return _SENTENCE_START.sub(lambda start: start.group().upper(), text)


@dataclass(frozen=True)
class Frame:
    """A sentence with places to fill in."""

    source: str
    pieces: tuple[tuple[str, str | None, str], ...]

    @classmethod
    def parse(cls, source: str) -> Frame:
        """Read ``source``, in which ``|`` starts a new line and ``{name}`` or ``{name:form}`` is a place to fill in."""
        pieces = Formatter().parse(source.replace("|", "\n"))
        return cls(source, tuple((before, name, spec or "") for before, name, spec, _ in pieces))

    @property
    def names(self) -> frozenset[str]:
        """The fields it asks for."""
        return frozenset(name for _, name, _ in self.pieces if name)

    def fill(self, fields: Fields) -> str:
        """The sentence with its places filled."""
        return capitals("".join(before + (_shown(fields[name], spec) if name else "") for before, name, spec in self.pieces))

    def facts(self, fields: Fields) -> dict[str, str]:
        """The words that were filled in, by field, in the form they have inside the sentence."""
        return {name: _shown(fields[name], spec) for _, name, spec in self.pieces if name}


def _shown(value: str | int, spec: str) -> str:
    return format(Noun(value), spec) if isinstance(value, str) else format(value, spec)


@dataclass(frozen=True)
class Exchange:
    """The ways of asking one thing, and the ways of answering it."""

    asks: tuple[Frame, ...]
    answers: tuple[Frame, ...]

    def draw(self, rng: Random) -> tuple[Frame, Frame]:
        """One way of each."""
        return rng.choice(self.asks), rng.choice(self.answers)


@dataclass(frozen=True)
class Script:
    """A kind of conversation: how it opens, and the ways in which it can go on."""

    kind: str
    opening: Exchange
    follow_ups: Mapping[str, Exchange]


def read_scripts(text: str) -> dict[str, Script]:
    """Read scripts: ``# kind``, then lines ``? question`` and ``! answer``; ``## follow-up`` and its lines; blank lines mean nothing.

    Raises:
        ValueError: for a line that is none of these.
    """
    kinds: dict[str, dict[str, list[str]]] = {}
    lines: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith("# "):
            lines = []
            part = kinds[line[2:]] = {"": lines}
        elif line.startswith("## "):
            lines = part[line[3:]] = []
        elif line[:2] in {"? ", "! "}:
            lines.append(line)
        else:
            raise UnexpectedValueError("a line that starts with '# ', '## ', '? ' or '! '", repr(line), "join it to the line before")
    return {kind: _script(kind, parts) for kind, parts in kinds.items()}


def _script(kind: str, parts: Mapping[str, list[str]]) -> Script:
    exchanges = {name: Exchange(_frames(lines, "? "), _frames(lines, "! ")) for name, lines in parts.items()}
    return Script(kind, exchanges.pop(""), exchanges)


def _frames(lines: list[str], mark: str) -> tuple[Frame, ...]:
    return tuple(Frame.parse(line.removeprefix(mark)) for line in lines if line.startswith(mark))
