"""The kinds of maths problems that are no plain story: sums, unknowns, legs, clocks, sequences, comparisons and checks."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from specviz.zoo.corpus.base import Split
from specviz.zoo.corpus.maths_draw import Drafted, Step, Values, content_of, fits, plural, say, slots
from specviz.zoo.corpus.maths_steps import apply, worked
from specviz.zoo.corpus.words import maths as words, maths_more as frames

Maker: TypeAlias = Callable[[random.Random, Split], "Drafted | None"]
_SHARE_OF_BIG = 0.15


def _draw_step(rng: random.Random, ops: str = "++++---×÷") -> Step:
    """One sum with a result of at most 100, now and then of up to 200."""
    op = rng.choice(ops)
    if op == "+":
        total = rng.randint(12, 200 if rng.random() < _SHARE_OF_BIG else 100)
        a = rng.randint(2, total - 2)
        return op, a, total - a
    if op == "-":
        a = rng.randint(12, 200 if rng.random() < _SHARE_OF_BIG else 100)
        return op, a, rng.randint(2, a - 1)
    a, b = rng.randint(2, 10), rng.randint(2, 10)
    if op == "×":
        # beyond the tables only while tens and ones add up without a second carry
        return op, a, rng.choice([n for n in range(11, 40) if n % 10 * a < 20]) if rng.random() < 0.3 and a < 6 else b
    return op, a * b, b


def _lead_and_work(rng: random.Random, step: Step, lead: str | Sequence[str], values: Mapping[str, object]) -> str:
    return f"{say(rng, lead, values)} {worked(*step)}".strip()


def _spoken(rng: random.Random, step: Step) -> str:
    return say(rng, words.SPOKEN[step[0]], {"a": step[1], "b": step[2]})


def plain_sum(rng: random.Random, split: Split) -> Drafted | None:
    """A sum as such."""
    step = _draw_step(rng)
    content = content_of(f"sum{step[0]}", [step], step[1:])
    if not fits(split, content):
        return None
    told = _spoken(rng, step)
    values: Values = {**slots(rng), "q": told, "w": f"{step[1]} {step[0]} {step[2]}", "a": step[1], "b": step[2], "p": apply(*step)}
    question = say(rng, words.ASK_SUM, values)
    work = _lead_and_work(rng, step, words.LEAD_SUM[step[0]], values)
    return Drafted(question[0].upper() + question[1:], (work,), say(rng, words.CLOSE_SUM, values), str(values["p"]), content, values)


def two_sums(rng: random.Random, split: Split) -> Drafted | None:
    """Two sums in one question; the answer names both results."""
    first, second = _draw_step(rng), _draw_step(rng)
    content = content_of("sums", [first, second], (*first, *second))
    if not fits(split, content):
        return None
    values: Values = {**slots(rng), "q": _spoken(rng, first), "r": _spoken(rng, second)}
    result = f"{apply(*first)} and {apply(*second)}"
    return Drafted(say(rng, frames.TWO_SUMS, values), (worked(*first), worked(*second)), "", result, content, values)


def true_or_false(rng: random.Random, split: Split) -> Drafted | None:
    """Whether a sum that is given with its result is right; wrong ones are near misses."""
    step = _draw_step(rng)
    content = content_of("true", [step], step)
    if not fits(split, content):
        return None
    right = apply(*step)
    told = right if rng.random() < 0.5 else max(1, right + rng.choice([-10, -2, -1, 1, 2, 10]))
    values: Values = {**slots(rng), "q": f"{step[1]} {step[0]} {step[2]}", "t": told, "p": right}
    close = say(rng, frames.CLOSE_YES if told == right else frames.CLOSE_NO, values)
    return Drafted(say(rng, frames.TRUE, values), (worked(*step),), close, "yes" if told == right else "no", content, values)


def _equation(rng: random.Random, x: str) -> tuple[str, Step, str]:
    """An equation, the step that solves it, and a remark on how to get there."""
    op, a, b = _draw_step(rng, "++---×÷")
    if op == "-":
        told = [f"{x} + {b} = {a}", f"{b} + {x} = {a}", f"{a} = {x} + {b}"]
        return rng.choice(told), (op, a, b), f"{x} is {a} without {b}."
    if op == "+":
        return f"{x} - {a} = {b}", ("+", b, a), f"{x} is {b} and {a} more."
    if op == "÷":
        return rng.choice([f"{b} × {x} = {a}", f"{x} × {b} = {a}"]), (op, a, b), f"{x} is {a} divided by {b}."
    return f"{x} ÷ {a} = {b}", ("×", b, a), f"{x} is {b} times {a}."


def unknown(rng: random.Random, split: Split) -> Drafted | None:
    """A short equation with one unknown."""
    x = rng.choice(words.UNKNOWNS)
    equation, step, remark = _equation(rng, x)
    content = content_of(f"unknown{step[0]}", [step], step[1:])
    if not fits(split, content):
        return None
    result = apply(*step)
    values: Values = {**slots(rng), "q": equation, "x": x}
    return Drafted(say(rng, words.ASK_UNKNOWN, values), (f"{remark} {worked(*step)}",), f"So {x} = {result}.", str(result), content, values)


def _herd(rng: random.Random, split: Split, parts: str, table: Mapping[str, int], asked: tuple[str, str]) -> Drafted | None:
    """How many legs, or wheels, one or two kinds have."""
    (x, y), (a, c) = rng.sample(sorted(table), 2), (rng.randint(2, 10), rng.randint(2, 10))
    steps: list[Step] = [("×", a, table[x])]
    if rng.random() < 0.6:
        steps += [("×", c, table[y]), ("+", a * table[x], c * table[y])]
    content = content_of(parts, steps, [n for step in steps[:2] for n in step[1:]])
    if not fits(split, content):
        return None
    result = apply(*steps[-1])
    values: Values = {**slots(rng), "a": a, "b": table[x], "c": c, "d": table[y], "x": plural(x), "y": plural(y), "parts": parts, "p": result}
    values |= {"X": plural(x).capitalize(), "Y": plural(y).capitalize()}
    leads = (frames.LEAD_EACH, frames.LEAD_OTHER, frames.LEAD_BOTH)
    work = tuple(_lead_and_work(rng, step, lead, values) for step, lead in zip(steps, leads, strict=False))
    return Drafted(say(rng, asked[len(steps) > 1], values), work, say(rng, frames.CLOSE_LEGS, values), str(result), content, values)


def legs(rng: random.Random, split: Split) -> Drafted | None:
    """Legs of animals."""
    return _herd(rng, split, "legs", words.LEGS, (frames.LEGS_ONE, frames.LEGS_TWO))


def wheels(rng: random.Random, split: Split) -> Drafted | None:
    """Wheels of things that roll."""
    return _herd(rng, split, "wheels", words.WHEELS, (frames.WHEELS_ONE, frames.WHEELS_TWO))


def ends(rng: random.Random, split: Split) -> Drafted | None:
    """When something ends that starts at a time and lasts some minutes."""
    h, m, b = rng.randint(6, 21), rng.randint(1, 59), rng.randint(3, 59)
    content = content_of("ends", [("+", m, b)], (h, m, b))
    if not fits(split, content):
        return None
    p = m + b
    end = f"{h + p // 60}:{p % 60:02d}"
    values: Values = {**slots(rng), "start": f"{h}:{m:02d}", "m": m, "b": b, "p": p, "r": p % 60, "h": h, "g": h + 1, "end": end}
    hour = say(rng, frames.WITHIN_HOUR if p < 60 else frames.NEXT_HOUR, values)
    work = (_lead_and_work(rng, ("+", m, b), frames.LEAD_ENDS, values), hour)
    return Drafted(say(rng, frames.ENDS, values), work, say(rng, frames.CLOSE_ENDS, values), end, content, values)


def lasts(rng: random.Random, split: Split) -> Drafted | None:
    """How long something lasts from one time to another in the next hour."""
    h, m, c = rng.randint(6, 21), rng.randint(5, 57), rng.randint(2, 45)
    steps: list[Step] = [("-", 60, m), ("+", 60 - m, c)]
    content = content_of("lasts", steps, (h, m, c))
    if not fits(split, content):
        return None
    values: Values = {**slots(rng), "start": f"{h}:{m:02d}", "g": h + 1, "end": f"{h + 1}:{c:02d}", "c": c, "p": 60 - m + c}
    leads = (frames.LEAD_TO_HOUR, frames.LEAD_PAST_HOUR)
    work = tuple(_lead_and_work(rng, step, lead, values) for step, lead in zip(steps, leads, strict=True))
    return Drafted(say(rng, frames.LASTS, values), work, say(rng, frames.CLOSE_LASTS, values), str(values["p"]), content, values)


def sequence(rng: random.Random, split: Split) -> Drafted | None:
    """What comes next; the step is told, or small enough to be seen at once."""
    how, b, length = rng.choice(["find", "up", "down"]), rng.randint(2, 10), rng.randint(3, 5)
    s = rng.randint(1, 10) if how == "find" else rng.randint(11, 60) if how == "up" else rng.randint(5 * b + 5, 100)
    row = [s + (-b if how == "down" else b) * i for i in range(length)]
    step: Step = ("-" if how == "down" else "+", row[-1], b)
    content = content_of("sequence", [step], (how, s, b, length))
    if not fits(split, content):
        return None
    values: Values = {**slots(rng), "row": ", ".join(map(str, row)), "b": b, "s": s, "z": row[-1], "p": apply(*step)}
    asked = {"find": frames.SEQUENCE, "up": frames.COUNT_UP, "down": frames.COUNT_DOWN}[how]
    rule = [f"{say(rng, frames.LEAD_RULE, values)} {worked('-', row[1], row[0])}"] if how == "find" else []
    work = (*rule, _lead_and_work(rng, step, frames.LEAD_NEXT, values))
    return Drafted(say(rng, asked, values), work, say(rng, frames.CLOSE_NEXT, values), str(values["p"]), content, values)


def _why_bigger(high: int, low: int) -> str:
    if high // 10 == low // 10:
        return f"The tens are the same. {high % 10} is more than {low % 10}, so {high} is more than {low}."
    return f"Look at the tens. {high // 10} is more than {low // 10}, so {high} is more than {low}."


def bigger(rng: random.Random, split: Split) -> Drafted | None:
    """The bigger or the smaller of two numbers."""
    low, high = sorted(rng.sample(range(11, 100), 2))
    content = content_of("bigger", [], (low, high))
    if not fits(split, content):
        return None
    more = rng.choice(["bigger", "smaller"])
    a, b = rng.sample([low, high], 2)
    result = high if more == "bigger" else low
    values: Values = {**slots(rng), "a": a, "b": b, "more": more}
    return Drafted(say(rng, frames.BIGGER, values), (_why_bigger(high, low),), f"The {more} number is {result}.", str(result), content, values)


def most(rng: random.Random, split: Split) -> Drafted | None:
    """Who of three has the most; the answer is a name."""
    numbers = rng.sample(range(11, 100), 3)
    content = content_of("most", [], sorted(numbers))
    if not fits(split, content):
        return None
    values: Values = {**slots(rng), **dict(zip("abc", numbers, strict=True)), "tall": rng.choice(words.TALL), "heavy": rng.choice(words.HEAVY)}
    values["w"] = winner = str(values["NMK"[numbers.index(max(numbers))]])
    others = [n for n in numbers if n != max(numbers)]
    work = (f"{winner} has {max(numbers)}. " + " ".join(f"{max(numbers)} is more than {n}." for n in others),)
    return Drafted(say(rng, frames.MOST, values), work, say(rng, frames.CLOSE_MOST, values), winner, content, values)


def parity(rng: random.Random, split: Split) -> Drafted | None:
    """Even or odd."""
    a = rng.randint(11, 999)
    content = content_of("parity", [], (a,))
    if not fits(split, content):
        return None
    values: Values = {**slots(rng), "a": a, "w": "odd" if a % 2 else "even"}
    work = (f"{a} ends in {a % 10}, and {a % 10} is {values['w']}.",)
    return Drafted(say(rng, frames.PARITY, values), work, say(rng, frames.CLOSE_PARITY, values), str(values["w"]), content, values)


def leftover(rng: random.Random, split: Split) -> Drafted | None:
    """What is left over when things are put into groups."""
    b, times = rng.randint(3, 10), rng.randint(2, 10)
    rest = rng.randint(1, b - 1)
    a = b * times + rest
    content = content_of("leftover", [], (a, b))
    if not fits(split, content):
        return None
    values: Values = {**slots(rng), "a": a, "b": b, "p": rest}
    work = (f"{worked('×', b, times)} {a} is {b * times} + {rest}.",)
    close = say(rng, frames.CLOSE_LEFTOVER, values) if rest > 1 else "So 1 is left over."
    return Drafted(say(rng, frames.LEFTOVER, values), work, close, str(rest), content, values)


# how often each is drawn, in relation to one word problem of a kind
MAKERS: Mapping[str, tuple[Maker, float]] = {
    "sum": (plain_sum, 5), "two sums": (two_sums, 1), "true or false": (true_or_false, 1), "unknown": (unknown, 2.5), "legs": (legs, 1.5),
    "wheels": (wheels, 0.7), "ends": (ends, 1.2), "lasts": (lasts, 1), "sequence": (sequence, 2), "bigger": (bigger, 0.6), "most": (most, 0.8),
    "parity": (parity, 0.5), "leftover": (leftover, 1),
}  # fmt: skip
