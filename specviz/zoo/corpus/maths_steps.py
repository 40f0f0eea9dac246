"""Arithmetic as a child writes it: which steps are known by heart, how the others are worked out, and reading steps back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from specviz.errors import UnexpectedValueError

_ASCII = {"+": "+", "-": "-", "×": "*", "÷": "/"}
_NUMBER = r"(?<![0-9:.])([0-9]{1,6})"
# a sum inside a longer chain ("2 + 3 + 4 = 9") is not a step of its own, hence the look behind
_STEP = re.compile(rf"(?<![-+×÷*/=] ){_NUMBER} ([-+×÷*/x]) ([0-9]{{1,6}}) = ([0-9]{{1,6}})(?![0-9])")
_PARTS = re.compile(rf"{_NUMBER} is ([0-9]{{1,6}}) \+ ([0-9]{{1,6}})(?![0-9])")


_HEAD = re.compile(r"\[(?P<kind>[^]]+)\] (?P<numbers>.*?)(?: -> (?P<answer>\w+))?")
Ways: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """One type of word problem, as data.

    ``numbers`` is a little programme: ``a:12-89`` draws a number, ``c=a×b`` computes one that is told, and ``p<a+b`` is a step to
    work out. ``tells`` are the parts of the question, ``leads`` one remark before each step, ``closes`` the sentence with the
    result; each is a list of ways to say it. ``answer`` is the value of the last line.
    """

    kind: str
    numbers: str
    answer: str
    tells: tuple[Ways, ...]
    leads: tuple[Ways, ...]
    closes: Ways


def read_problems(text: str) -> tuple[Problem, ...]:
    """The problems of a list as the word files write it.

    Raises:
        ValueError: for a problem whose first line, or whose parts, cannot be read.
    """
    return tuple(_read_problem(block) for block in text.strip().split("\n\n"))


def _read_problem(block: str) -> Problem:
    head, *parts = block.replace("\n  | ", " | ").splitlines()
    match = _HEAD.fullmatch(head)
    if match is None:
        raise UnexpectedValueError("a first line like '[gain] a:2-9 b:2-9 p<a+b'", repr(head), "correct it in words/maths_*.py")
    told: dict[str, list[Ways]] = {"?": [], "-": [], "=": []}
    for part in parts:
        if part[:2] not in ("? ", "- ", "= "):
            raise UnexpectedValueError("a line that starts with '? ', '- ' or '= '", repr(part), f"correct it in [{match['kind']}]")
        told[part[0]].append(tuple("" if way == "~" else way for way in part[2:].split(" | ")))
    if len(told["-"]) != match["numbers"].count("<") or len(told["="]) != 1:
        raise UnexpectedValueError("one '-' for each step and one '='", f"{len(told['-'])} and {len(told['='])} in [{match['kind']}]", "add them")
    return Problem(match["kind"], match["numbers"], match["answer"] or "p", tuple(told["?"]), tuple(told["-"]), told["="][0])


def apply(op: str, a: int, b: int) -> int:
    """The result of one operation.

    Raises:
        ValueError: for an operation that is none of the four, or a division that leaves a rest.
    """
    if op == "÷" and (b == 0 or a % b):
        raise UnexpectedValueError("a division without a rest", f"{a} ÷ {b}", "draw the quotient first and multiply")
    results = {"+": a + b, "-": a - b, "×": a * b, "÷": a // (b or 1)}
    if op not in results:
        raise UnexpectedValueError("one of + - × ÷", repr(op), "write the operation with these signs")
    return results[op]


def is_known(op: str, a: int, b: int) -> bool:
    """Whether a child knows it by heart, so that it may be seen in every split: single digits, tables, and round tens."""
    low, high = sorted((a, b))
    if op == "+":
        return high <= 10 or (a % 10 == 0 and (b < 20 or b % 10 == 0)) or (b % 10 == 0 and a < 20)
    if op == "-":
        return (b <= 10 and a - b <= 10) or (a % 10 == 0 and b % 10 == 0)
    if op == "×":
        return high <= 10 or (high % 10 == 0 and low <= 10)
    return (b <= 10 and a <= 10 * b) or (b == 2 and a % 20 == 0)


def hard_steps(op: str, a: int, b: int) -> list[tuple[str, int, int]]:
    """What has to be worked out for this step: itself, and for a product beyond the tables the sum of its two parts."""
    if is_known(op, a, b):
        return []
    low, high = min(a, b), max(a, b)
    parts = hard_steps("+", (high - high % 10) * low, high % 10 * low) if op == "×" else []
    return [(op, a, b), *parts]


def step_name(op: str, a: int, b: int) -> str:
    """The combination that belongs to one split; 37 + 48 and 48 + 37 are one."""
    if op in "+×":
        a, b = min(a, b), max(a, b)
    return f"{a}{_ASCII[op]}{b}"


def worked(op: str, a: int, b: int) -> str:
    """The step written out, as a sentence, with tens and ones and what is carried or borrowed."""
    if is_known(op, a, b):
        return _by_heart(op, a, b)
    lines = {"+": _addition, "-": _subtraction, "×": _multiplication, "÷": _halving}[op](a, b)
    return f"{a} {op} {b}: {', '.join(lines)}."


def _by_heart(op: str, a: int, b: int) -> str:
    if op == "÷":
        return f"{b} × {a // b} = {a}, so {a} ÷ {b} = {a // b}."
    return f"{a} {op} {b} = {apply(op, a, b)}."


def _line(op: str, a: int, b: int) -> str:
    return f"{a} {op} {b} = {apply(op, a, b)}"


def _addition(a: int, b: int) -> list[str]:
    tens, ones = a - a % 10 + b - b % 10, a % 10 + b % 10
    lines = [_line("+", a - a % 10, b - b % 10)] if a >= 10 and b >= 10 else []
    if a % 10 and b % 10:
        lines.append(_line("+", a % 10, b % 10))
    return [*lines, _line("+", tens, ones)]


def _subtraction(a: int, b: int) -> list[str]:
    borrow = 10 if a % 10 < b % 10 else 0
    tens, ones = a - a % 10 - borrow, a % 10 + borrow
    lines = [f"{a} is {tens} + {ones}"] if borrow else []
    if b >= 10:
        lines.append(_line("-", tens, b - b % 10))
    if b % 10:
        lines.append(_line("-", ones, b % 10))
    return [*lines, _line("+", tens - (b - b % 10), ones - b % 10)]


def _multiplication(a: int, b: int) -> list[str]:
    low, high = min(a, b), max(a, b)
    tens, ones = high - high % 10, high % 10
    return [_line("×", tens, low), _line("×", ones, low), _line("+", tens * low, ones * low)]


def _halving(a: int, b: int) -> list[str]:
    if b != 2:
        raise UnexpectedValueError("a division by 2 where the result is above 10", f"{a} ÷ {b}", "draw a quotient of at most 10")
    tens = a - a % 10 - (10 if a // 10 % 2 else 0)
    split = [f"{a} is {tens} + {a - tens}"] if a // 10 % 2 else []
    halves = [_line("÷", tens, b), _line("÷", a - tens, b)] if a > tens else [_line("÷", tens, b)]
    return [*split, *halves, _line("+", tens // b, (a - tens) // b)]


def wrong_steps(text: str) -> Iterator[str]:
    """Every step in the text that does not hold, in the order of the text, as a sentence."""
    found = [(m.start(), _judge(m)) for m in _STEP.finditer(text)] + [(m.start(), _judge_parts(m)) for m in _PARTS.finditer(text)]
    yield from (why for _, why in sorted(found) if why)


def _judge(match: re.Match[str]) -> str:
    a, b, got = (int(match[i]) for i in (1, 3, 4))
    op = {"*": "×", "x": "×", "/": "÷"}.get(match[2], match[2])
    if op == "÷":
        return "" if b and b * got == a else f"the step {match[0]!r} is wrong: {b} × {got} is {b * got}, not {a}"
    expected = apply(op, a, b)
    return "" if expected == got else f"the step {match[0]!r} is wrong: expected {expected}, got {got}"


def _judge_parts(match: re.Match[str]) -> str:
    whole, a, b = (int(match[i]) for i in (1, 2, 3))
    return "" if a + b == whole else f"the step {match[0]!r} is wrong: {a} + {b} is {a + b}, not {whole}"
