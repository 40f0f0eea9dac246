"""An examination by the doctor: what a reader asked for, its progress, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import streamlit as st

from specviz.errors import UnexpectedValueError
from ui import models

if TYPE_CHECKING:
    from specviz.doctor.diagnosis import Diagnosis
    from specviz.model.pair import Pair

DRAW_EVERY_S = 0.25
"""Seconds between two drawings of the progress; nothing is drawn while anything is timed."""
LONGEST_FILE = 200_000
"""Bytes of a file of prompts that are read; more would take hours to measure."""


@dataclass(frozen=True)
class Wish:
    """Everything a reader chose for an examination; no prompts are the shipped pair's own test texts."""

    prompts: tuple[str, ...]
    method: str
    gamma: int | None
    max_new_tokens: int
    temperature: float
    repeats: int
    dtype: str = "auto"
    target: str = ""
    draft: str = ""

    @property
    def has_own_models(self) -> bool:
        """Whether it names models of the reader's own."""
        return bool(self.target) and models.may_name_models()


@dataclass
class Examination:
    """One reader's examination: whether one is wanted, and what the last one found."""

    is_wanted: bool = False
    was_stopped: bool = False
    found: Diagnosis | None = None
    report: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    def begin(self) -> None:
        """Note that it has begun, so that no rerun of the page begins it a second time, and forget the one before."""
        self.is_wanted, self.found, self.report, self.error = False, None, {}, ""
        self.was_stopped = True  # until it got to its end

    def end(self, found: Diagnosis) -> None:
        """Keep what was found."""
        self.found, self.report, self.was_stopped = found, found.as_plain, False


def current() -> Examination:
    """The reader's examination."""
    found: Examination = st.session_state.setdefault("examination", Examination())
    return found


def read_file(content: bytes) -> tuple[str, ...]:
    """The prompts of an uploaded file.

    Raises:
        ValueError: when it is no text, holds none, or is too long to measure.
    """
    from specviz.bench.workloads import split_prompts

    if len(content) > LONGEST_FILE:
        raise UnexpectedValueError(f"a file of at most {LONGEST_FILE // 1000} kB", str(len(content) // 1000), "take a few typical prompts")
    try:
        prompts = split_prompts(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnexpectedValueError("a text file in UTF-8 with one prompt a line", "something else", "save it as plain text") from None
    if not prompts:
        raise UnexpectedValueError("prompts", "an empty file", "write one a line, or several lines each with blank lines between")
    return tuple(prompts)


def execute(asked: Examination, wish: Wish, draw: Callable[[str], None]) -> None:
    """Load the pair, wait for a turn, examine; what was found is in ``asked`` when it ends, and nothing when it is stopped.

    Raises:
        ValueError: for prompts, settings or models that do not go together.
        OSError, RuntimeError: when a checkpoint is not there, or the machine is too small.
    """
    from specviz.doctor.examine import compare_checkpoints, examine
    from specviz.engine.settings import RunSettings

    asked.begin()
    if wish.has_own_models and not wish.prompts:
        raise UnexpectedValueError("prompts for your own models", "none", "write one, or open a file of them")
    models.check_method(wish.method, wish.target, wish.draft)  # before they are loaded
    apart = compare_checkpoints(wish.target, wish.draft) if wish.has_own_models and wish.draft else None
    if apart is None:
        pair = models.load(wish.target, wish.draft, wish.dtype)
        settings = RunSettings(wish.max_new_tokens, wish.temperature, gamma=wish.gamma)
        with models.turn(lambda: draw("Waiting for another run on this server to end …")):
            apart = examine(pair, _prompts(pair, wish), wish.method, settings, repeats=wish.repeats, say=_seldom(draw))
    asked.end(apart)


def _prompts(pair: Pair, wish: Wish) -> list[Any]:
    from specviz.bench.zoo import mixed_prompts

    return list(wish.prompts) or mixed_prompts(pair)


def _seldom(draw: Callable[[str], None]) -> Callable[[str], None]:
    """Draw what is said, but not for every one of a thousand short runs; that is also where a Stop ends the script."""
    drawn = 0.0

    def say(text: str) -> None:
        nonlocal drawn
        if monotonic() - drawn >= DRAW_EVERY_S:
            draw(f"{text[:1].upper()}{text[1:]} …")
            drawn = monotonic()

    return say
