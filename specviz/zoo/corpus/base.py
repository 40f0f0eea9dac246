"""What every family of text is made of: examples, splits that share no content, and checked answers."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from specviz.errors import WrongMomentError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_HELD_OUT_SHARE = 0.05
_TRIES = 10_000

Role = Literal["user", "assistant", "text"]
T = TypeVar("T")


@dataclass(frozen=True)
class Turn:
    """Who says what; the role ``text`` is for documents that are no conversation."""

    role: Role
    text: str


@dataclass(frozen=True)
class Example:
    """One document of the corpus.

    ``turns`` alternate between user and assistant and end with the assistant, or are one single ``text``.
    ``content`` names the combinations the example is about (who-what-where, a pair of numbers, a fact, a file); a combination
    belongs to one split alone. ``facts`` is what the family's checker needs to judge another answer to the same question.
    """

    family: str
    turns: tuple[Turn, ...]
    content: frozenset[str]
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The last turn: what a model should write."""
        return self.turns[-1].text


@dataclass(frozen=True)
class Checked:
    """A judged answer: how many of the facts asked for are right, and the first thing that is wrong, in words."""

    right: int
    of: int
    why: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return self.right == self.of


class Family(Protocol):
    """A kind of text: examples by number, the same on every machine."""

    @property
    def name(self) -> str:
        """Its name in commands, cards and pictures."""

    @property
    def about(self) -> str:
        """One line on what it is and which of Spec-Bench's categories it stands for."""

    @property
    def has_checker(self) -> bool:
        """Whether :meth:`check` can judge an answer."""

    def example(self, split: Split, index: int) -> Example:
        """Example number ``index`` of a split; a function of the two alone."""

    def check(self, example: Example, answer: str) -> Checked:
        """Judge another answer to the example's question.

        Raises:
            TypeError: for a family whose answers cannot be judged by rule.
        """


def split_of(content: str) -> Split:
    """The one split this combination belongs to, by a hash: 90 % train, 5 % validation, 5 % test."""
    share = int.from_bytes(hashlib.sha256(content.encode()).digest()[:4], "big") / 2**32
    if share < _HELD_OUT_SHARE:
        return "test"
    return "validation" if share < 2 * _HELD_OUT_SHARE else "train"


def rng_for(family: str, split: Split, index: int) -> random.Random:
    """The source of every choice in one example; strings seed it alike on every machine and version of Python."""
    return random.Random(f"{family}/{split}/{index}")  # noqa: S311  texts, not secrets


def draw_for_split(split: Split, draw: Callable[[], T], content: Callable[[T], str]) -> T:
    """Call ``draw`` until its content belongs to ``split``.

    Raises:
        RuntimeError: when none of many tries does, which means that the family has too few combinations.
    """
    for _ in range(_TRIES):
        value = draw()
        if split_of(content(value)) == split:
            return value
    raise WrongMomentError(f"content for the split {split!r} within {_TRIES} draws", "none", "the family has too few combinations")


def chat(*texts: str) -> tuple[Turn, ...]:
    """Turns of a conversation, the user first."""
    return tuple(Turn("assistant" if i % 2 else "user", text) for i, text in enumerate(texts))


def all_in(split: Split, content: Iterable[str]) -> bool:
    """Whether every combination belongs to ``split``."""
    return all(split_of(item) == split for item in content)
