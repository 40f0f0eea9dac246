"""Drawing a maths problem: numbers whose steps belong to one split, and words to tell it with."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias

from specviz.errors import UnexpectedValueError
from specviz.zoo.corpus.base import Split, split_of
from specviz.zoo.corpus.maths_steps import Problem, Ways, apply, hard_steps, is_known, step_name, worked
from specviz.zoo.corpus.words import maths as words
from specviz.zoo.corpus.words.common import ANIMALS, COLOURS, JOBS, NAMES, OBJECTS

Values: TypeAlias = dict[str, "int | str"]
Step: TypeAlias = tuple[str, int, int]
_TRIES_PER_STAGE = 40
_PEOPLE = ("{N}", "{M}", "{K}")
_USUAL_LIMIT, _HIGHEST = 100, 200
_SHARE_ABOVE_USUAL = 0.15
_STATEMENT = re.compile(r"(\w+)(?::(\d+)-(\d+)|([=<])(\w+)([-+×÷])(\w+))")
# none of the words that follow starts with a vowel that is spoken as a consonant, as in "a euro"
_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])")
PlanPart: TypeAlias = tuple[str, str, str, str]
_cached_split = lru_cache(maxsize=200_000)(split_of)


@dataclass(frozen=True)
class Drafted:
    """A problem with its worked answer, before it is laid out."""

    question: str
    work: tuple[str, ...]
    close: str
    result: str
    content: frozenset[str]
    words: Values


def content_of(kind: str, steps: Iterable[Step], operands: Sequence[object]) -> frozenset[str]:
    """Every step that is not known by heart; where all are, the kind of problem with its operands."""
    hard = frozenset(f"maths:{step_name(*hard)}" for step in steps for hard in hard_steps(*step))
    return hard or frozenset({f"maths:{kind}|{','.join(map(str, operands))}"})


def fits(split: Split, content: Iterable[str]) -> bool:
    """Whether all combinations belong to the split."""
    return all(_cached_split(item) == split for item in content)


@cache
def ways(text: str) -> tuple[str, ...]:
    """The ways to say something, from a list with ``|`` between them."""
    return tuple(text.split("|"))


def say(rng: random.Random, choices: str | Sequence[str], values: Mapping[str, object]) -> str:
    """One of the ways to say it, filled in."""
    return _BEFORE_VOWEL.sub(r"\1n ", rng.choice(ways(choices) if isinstance(choices, str) else choices).format_map(values))


@cache
def plural(noun: str) -> str:
    """The plural of one of the family's nouns."""
    if noun in words.IRREGULAR or noun in words.SAME_IN_PLURAL:
        return words.IRREGULAR.get(noun, noun)
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


def slots(rng: random.Random) -> Values:
    """Names and things for one problem; all that may meet in a sentence differ."""
    name, other, third = rng.sample(NAMES, 3)
    thing, second = rng.sample(words.POCKETABLE if rng.random() < 0.7 else words.THINGS, 2)
    colour, hue = rng.sample(COLOURS, 2)
    snack, box = rng.choice(words.SNACKS), rng.choice([noun for noun in words.BOXES if noun != thing])
    return {
        "N": name, "M": other, "K": third, "thing": thing, "things": plural(thing), "Things": plural(thing).capitalize(),
        "others": plural(second), "colour": colour, "hue": hue, "snacks": plural(snack), "box": box, "boxes": plural(box),
        "animal": rng.choice(ANIMALS), "job": rng.choice(JOBS), "place": rng.choice(words.AT_PLACES), "coins": rng.choice(words.COINS),
        "tool": rng.choice([noun for noun in OBJECTS if noun != thing]), "shape": rng.choice(words.SHAPES), "event": rng.choice(words.EVENTS),
    }  # fmt: skip


@cache
def plan_of(numbers: str) -> tuple[tuple[PlanPart, ...], ...]:
    """The stages of a problem's numbers: what is drawn and computed up to and including each step to work out.

    Raises:
        ValueError: for a statement that cannot be read.
    """
    stages: list[list[PlanPart]] = [[]]
    for text in numbers.split():
        match = _STATEMENT.fullmatch(text)
        if match is None:
            raise UnexpectedValueError("a statement like 'a:2-9', 'c=a×b' or 'p<a+b'", repr(text), f"correct it in {numbers!r}")
        name, low, high, how, left, op, right = match.groups()
        stages[-1].append((name, "draw", low, high) if how is None else (name, how + op, left, right))
        if how == "<":
            stages.append([])
    return tuple(tuple(stage) for stage in stages if stage)


def _run_stage(rng: random.Random, stage: Sequence[PlanPart], known: Mapping[str, int], limit: int) -> dict[str, int] | None:
    values = dict(known)
    for name, how, left, right in stage:
        if how == "draw":
            values[name] = rng.randint(int(left), int(right))
            continue
        result = apply(how[1], values[left], values[right])
        if not 2 <= result <= limit or (name in values and values[name] != result):
            return None
        values[name] = result
    return values


def numbers_for(rng: random.Random, split: Split, problem: Problem) -> tuple[dict[str, int], list[Step]] | None:
    """Numbers for the problem and its steps, each in the split, or nothing when the draw has led to a dead end."""
    values: dict[str, int] = {}
    steps: list[Step] = []
    for stage in plan_of(problem.numbers):
        for _ in range(_TRIES_PER_STAGE if any(part[1] == "draw" for part in stage) else 1):
            drawn = _run_stage(rng, stage, values, _HIGHEST if rng.random() < _SHARE_ABOVE_USUAL else _USUAL_LIMIT)
            if drawn is None:
                continue
            _, how, left, right = stage[-1]
            step = (how[1], drawn[left], drawn[right])
            if is_known(*step) or fits(split, content_of("", [step], ())):
                break
        else:
            return None
        values = drawn
        steps.append(step)
    return values, steps


@lru_cache(maxsize=50_000)
def about_told(choices: Ways, told: str) -> Ways:
    """The ways that speak only of people who have been named.

    Raises:
        ValueError: when there is none, which leaves nothing to say.
    """
    left = tuple(way for way in choices if all(name in told for name in _PEOPLE if name in way))
    if not left:
        raise UnexpectedValueError(f"a way that names nobody new after {told!r}", repr(choices), "add one to words/maths_*.py")
    return left


def word_problem(rng: random.Random, split: Split, problem: Problem) -> Drafted | None:
    """Tell a word problem, or nothing when the numbers drawn belong to another split."""
    drawn = numbers_for(rng, split, problem)
    if drawn is None:
        return None
    numbers, steps = drawn
    content = content_of(problem.kind, steps, [number for _, a, b in steps for number in (a, b)])
    if not fits(split, content):
        return None
    values: Values = {**slots(rng), **numbers}
    *story, asked = problem.tells
    told = " ".join(rng.choice(part) for part in story)
    told += " " + rng.choice(about_told(asked, told))
    leads = [say(rng, about_told(lead, told), values) for lead in problem.leads]
    work = tuple(f"{lead} {worked(*step)}".strip() for lead, step in zip(leads, steps, strict=True))
    return Drafted(say(rng, (told,), values), work, say(rng, about_told(problem.closes, told), values), str(numbers[problem.answer]), content, values)
