"""Frames with slots and alternatives, and the search for stated values: what ``summarise`` and ``retrieve`` share.

A frame is a sentence such as ``{name1} [keeps|hides] {a colour1} {thing1} {in place1}.``: brackets hold alternatives, braces hold a
slot, which may be preceded by the form it takes (see :data:`FORMS`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

from specviz.errors import UnexpectedValueError
from specviz.zoo.corpus.base import Split, draw_for_split
from specviz.zoo.corpus.words.passages import IN_PLACE, IRREGULAR_PLURALS, JUDGED_AS, KINDS, WOMEN

_TOKENS = re.compile(r"[\[\]|]|\{[^}]*\}|[^\[\]|{}]+")
_SENTENCE_START = re.compile(r"(?:^|(?<=[.!?] ))[a-z]")
_WORDS = re.compile(r"[A-Za-z]+|\d+")
# Kinds of which two facts of a passage may share a value, since no question tells facts apart by them alone.
_REUSABLE = frozenset({"thing", "place", "outdoors", "port", "day", "fruit"})


def kind_of(slot: str) -> str:
    """The kind of value a slot holds: ``name`` for ``name2``."""
    return slot.rstrip("0123456789")


def plural(noun: str) -> str:
    """The plural of a noun of the word lists."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


FORMS: Mapping[str, Callable[[str], str]] = {
    "": str,
    "a": _article,
    "in": lambda place: f"{IN_PLACE[place]} the {place}",
    "many": plural,
    "he": lambda name: "she" if name in WOMEN else "he",
    "his": lambda name: "her" if name in WOMEN else "his",
    "him": lambda name: "her" if name in WOMEN else "him",
}


class Draws:
    """The values of one passage's slots: drawn when first asked for, and no two slots of a kind alike."""

    def __init__(self, rng: random.Random, reuse: float = 0.0) -> None:
        self.rng = rng
        self.values: dict[str, str] = {}
        self._reuse = reuse
        self._used: dict[str, set[str]] = {}

    def value(self, slot: str) -> str:
        """What stands in ``slot``."""
        if slot not in self.values:
            self.settle(slot, self.fresh(kind_of(slot)))
        return self.values[slot]

    def settle(self, slot: str, value: str) -> None:
        """Put ``value`` into ``slot``."""
        self.values[slot] = value
        self._used.setdefault(_judged_as(kind_of(slot)), set()).add(value)

    def settle_core(self, split: Split, family: str, slots: tuple[str, ...]) -> str:
        """Fill ``slots`` with a combination that belongs to ``split`` and return the combination's name."""
        core = draw_for_split(split, lambda: self._draw_core(slots), lambda values: _name_of(family, values))
        for slot, value in zip(slots, core, strict=True):
            self.settle(slot, value)
        return _name_of(family, core)

    def _draw_core(self, slots: tuple[str, ...]) -> list[str]:
        values: list[str] = []
        for slot in slots:
            values += [self.fresh(kind_of(slot), values)]
        return values

    def forget(self) -> None:
        """Empty the slots for the next fact; what was used stays used."""
        self.values = {}

    def fresh(self, kind: str, others: Sequence[str] = ()) -> str:
        """A value of ``kind`` that the passage does not have yet, or now and then, where that confuses nobody, has; never one of ``others``."""
        used = self._used.get(_judged_as(kind), set())
        if used and kind in _REUSABLE and self.rng.random() < self._reuse:
            again = [value for value in KINDS[kind] if value in used and value not in others]
            if again:
                return self.rng.choice(again)
        taken = used.union(others)
        if len(taken) >= len(KINDS[kind]) and taken.issuperset(KINDS[kind]):  # there are seven days and may be eight facts
            taken = set(others)
        while (value := self.rng.choice(KINDS[kind])) in taken:
            pass
        return value


def _name_of(family: str, values: list[str]) -> str:
    return f"{family}:{'|'.join(values)}"


class Slot(NamedTuple):
    """A place in a frame for a value in one of its forms."""

    form: str
    slot: str


class Choice(NamedTuple):
    """Alternatives of which one is written."""

    options: tuple[tuple[Node, ...], ...]


Node: TypeAlias = str | Slot | Choice


def _slot(token: str) -> Slot:
    form, _, slot = token.strip("{}").rpartition(" ")
    if form not in FORMS or kind_of(slot) not in KINDS:
        raise UnexpectedValueError("a slot such as {a thing1}", str(token), f"forms are {sorted(FORMS)}, kinds are {sorted(KINDS)}")
    return Slot(form, slot)


def _options(tokens: list[str]) -> tuple[tuple[Node, ...], ...]:
    """Read alternatives up to the closing bracket or the end."""
    options: list[tuple[Node, ...]] = []
    nodes: list[Node] = []
    while tokens and (token := tokens.pop(0)) != "]":
        if token == "|":
            options.append(tuple(nodes))
            nodes = []
        elif token == "[":
            nodes.append(Choice(_options(tokens)))
        else:
            nodes.append(_slot(token) if token[0] == "{" else token)
    return (*options, tuple(nodes))


@cache
def parse(frame: str) -> tuple[Node, ...]:
    """A frame as literal text, slots and choices."""
    return _options(_TOKENS.findall(frame))[0]


def _write(nodes: tuple[Node, ...], draws: Draws) -> str:
    written = []
    for node in nodes:
        if isinstance(node, str):
            written.append(node)
        elif isinstance(node, Slot):
            written.append(FORMS[node.form](draws.value(node.slot)))
        else:
            written.append(_write(draws.rng.choice(node.options), draws))
    return "".join(written)


def write(frame: str, draws: Draws) -> str:
    """The frame with its slots filled, without a capital of its own: for parts of sentences."""
    return _write(parse(frame), draws)


def sentence(frame: str, draws: Draws) -> str:
    """The frame with its slots filled and every sentence begun with a capital."""
    return _SENTENCE_START.sub(lambda found: found[0].upper(), write(frame, draws))


def slots_of(frame: str) -> tuple[str, ...]:
    """The slots of a frame without alternatives, in order, each once."""
    return tuple(dict.fromkeys(node.slot for node in parse(frame) if isinstance(node, Slot) and node.form not in {"he", "his", "him"}))


def _judged_as(kind: str) -> str:
    return JUDGED_AS.get(kind, kind)


@cache
def _forms_of(kind: str) -> Mapping[str, str]:
    """Every way a value of ``kind`` is written, plural included, and the value it stands for."""
    return {form: value for value in KINDS[kind] for form in (plural(value) if value[0].islower() else value, value)}


def stated(text: str, kind: str) -> list[str]:
    """The values of ``kind`` that ``text`` states as whole words, in order of first mention."""
    words = _WORDS.findall(text)
    if kind == "number":
        return list(dict.fromkeys(word for word in words if word.isdigit()))
    if KINDS[kind][0][0].isupper():  # so that the month of May is no "may"
        return list(dict.fromkeys(word for word in words if word in _forms_of(kind)))
    return list(dict.fromkeys(_forms_of(kind)[word.lower()] for word in words if word.lower() in _forms_of(kind)))


def judged_kind(slot: str) -> str:
    """The kind as which a slot's value is judged; ``number`` for ``few1``."""
    return _judged_as(kind_of(slot))
