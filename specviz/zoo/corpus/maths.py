"""Maths: word problems and sums with worked steps and a last line that can be checked; stands for Spec-Bench's mathematical reasoning.

No sum that has to be worked out appears in two splits: 37 + 48 is in the training set, or in the test set, whatever is counted.
Single digits, the tables up to ten and round tens are known by heart and appear everywhere.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from specviz.errors import WrongMomentError
from specviz.zoo.corpus.base import Checked, Example, Split, chat, rng_for
from specviz.zoo.corpus.maths_draw import Drafted, say, word_problem
from specviz.zoo.corpus.maths_more import MAKERS
from specviz.zoo.corpus.maths_steps import read_problems, wrong_steps
from specviz.zoo.corpus.words.maths import FOLLOW_UPS, GREETINGS, NAMELESS_REMARKS, REMARKS, REQUESTS
from specviz.zoo.corpus.words.maths_one import ONE_STEP
from specviz.zoo.corpus.words.maths_two import TWO_STEPS

_NAME = "maths"
_FINAL = re.compile(r"^Answer:(.*)$", re.MULTILINE)
_TRIES_PER_KIND, _KINDS_TRIED = 300, 50
_SHARE_OF_FOLLOW_UPS = 0.2
_DRAW: dict[str, Callable[[random.Random, Split], Drafted | None]] = {
    **{problem.kind: partial(word_problem, problem=problem) for problem in (*read_problems(ONE_STEP), *read_problems(TWO_STEPS))},
    **{kind: maker for kind, (maker, _) in MAKERS.items()},
}
KINDS: tuple[str, ...] = tuple(_DRAW)
"""The types of problems."""
_CUMULATED = tuple(accumulate(MAKERS[kind][1] if kind in MAKERS else 1.0 for kind in KINDS))


def _draft(rng: random.Random, split: Split) -> tuple[str, Drafted]:
    """A problem whose steps all belong to the split, and its kind.

    Raises:
        RuntimeError: when no kind has numbers for the split, which means that the families' numbers are too few.
    """
    for _ in range(_KINDS_TRIED):
        kind = rng.choices(KINDS, cum_weights=_CUMULATED)[0]
        for _ in range(_TRIES_PER_KIND):
            drafted = _DRAW[kind](rng, split)
            if drafted is not None:
                return kind, drafted
    raise WrongMomentError(f"numbers for the split {split!r} in {_KINDS_TRIED} kinds", "none", "widen the ranges in words/maths_*.py")


def _question(rng: random.Random, drafted: Drafted) -> str:
    """The question, now and then with a remark before it and a request after it."""
    lead = rng.random()
    # a remark about somebody of whom the question says nothing would only confuse
    remarks = REMARKS if str(drafted.words["N"]) in drafted.question else NAMELESS_REMARKS
    before = say(rng, GREETINGS if lead < 0.1 else remarks, drafted.words) + " " if lead < 0.3 else ""
    after = " " + rng.choice(REQUESTS) if rng.random() < 0.15 else ""
    return before + drafted.question + after


def _answer(rng: random.Random, drafted: Drafted) -> str:
    between = "\n" if len(drafted.work) > 1 and rng.random() < 0.7 else " "
    lines = [*drafted.work, drafted.close] if drafted.close else drafted.work
    return f"{between.join(lines)}\nAnswer: {drafted.result}"


@dataclass(frozen=True)
class Maths:
    """The family of maths problems."""

    name: str = _NAME
    about: str = "sums and word problems with worked steps and a final answer (Spec-Bench: mathematical reasoning)"
    has_checker: bool = True

    def example(self, split: Split, index: int) -> Example:
        """Problem number ``index`` of a split; every fifth or so has a second one after it, whose answer is the one to check."""
        rng = rng_for(_NAME, split, index)
        kind, drafted = _draft(rng, split)
        texts, content = [_question(rng, drafted), _answer(rng, drafted)], drafted.content
        if rng.random() < _SHARE_OF_FOLLOW_UPS:
            kind, drafted = _draft(rng, split)
            texts += [f"{rng.choice(FOLLOW_UPS)} {drafted.question}", _answer(rng, drafted)]
            content |= drafted.content
        return Example(_NAME, chat(*texts), content, {"answer": drafted.result, "kind": kind})

    def check(self, example: Example, answer: str) -> Checked:
        """Judge the last line ``Answer: ...``; the first step that does not hold is named, but costs nothing."""
        expected = example.facts["answer"]
        finals = _FINAL.findall(answer)
        if not finals:
            return Checked(0, 1, f"expected a last line 'Answer: {expected}', got none")
        got = finals[-1].strip().removesuffix(".")
        step = next(wrong_steps(answer), "")
        if got.casefold() == expected.casefold():
            return Checked(1, 1, step)
        return Checked(0, 1, "; ".join(filter(None, [f"expected the answer {expected}, got {got or 'nothing'}", step])))


FAMILY = Maths()
"""The family, ready to use."""
