"""Summarise: a short text of one of seventeen kinds, and one to three sentences that copy its facts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate

from specviz.zoo.corpus.base import Checked, Example, Split, chat, rng_for
from specviz.zoo.corpus.passages import Draws, judged_kind, sentence, slots_of, stated
from specviz.zoo.corpus.words.passages import TextKind
from specviz.zoo.corpus.words.summarise import ASKS, FILLERS, SENTENCES
from specviz.zoo.corpus.words.summarise_people import PEOPLE
from specviz.zoo.corpus.words.summarise_reports import REPORTS
from specviz.zoo.corpus.words.summarise_things import THINGS

TEXT_KINDS = (*PEOPLE, *REPORTS, *THINGS)
_LENGTHS = (1, 1, 1, 2, 2, 2, 2, 3, 3)
_SHARE_OF_QUESTIONS_LAST = 0.3


def _fillers(kind: TextKind, rng: random.Random) -> list[str]:
    """One to four sentences that do not matter."""
    general = rng.choice((0, 1, 1)) if kind.is_tale else 0
    fillers = rng.sample(kind.fillers, rng.choice((1, 1, 2, 2, 3))) + rng.sample(FILLERS, general)
    rng.shuffle(fillers)
    return fillers


def _passage(kind: TextKind, draws: Draws) -> str:
    """The parts in order, with sentences that do not matter somewhere after the first."""
    rng = draws.rng
    sentences = [sentence(rng.choice(frames), draws) for frames in kind.parts]
    for filler in _fillers(kind, rng):
        sentences.insert(rng.randint(1, len(sentences)), sentence(filler, draws))
    title = sentence(rng.choice(kind.titles), draws)
    return (f"{title}\n" if title else "") + " ".join(sentences)


def _prompt(passage: str, noun: str, length: int, rng: random.Random) -> str:
    question = rng.choice(ASKS).format(noun=noun, n=SENTENCES[length - 1])
    if rng.random() < _SHARE_OF_QUESTIONS_LAST:
        return f"{passage}\n\n{question}"
    return f"{question}\n\n{passage}"


def _right_of_kind(kind: str, expected: list[str], example: Example, answer: str) -> tuple[int, str]:
    """How many of the values of one kind the answer states, in order and without others, and what is wrong."""
    frame_words = [value for value in stated(example.answer, kind) if value not in expected]
    got = [value for value in stated(answer, kind) if value not in frame_words]
    right = max(0, _in_order(expected, got) - max(0, len(got) - len(expected)))
    return right, "" if right == len(expected) else f"{kind}: expected {', '.join(expected)}; got {', '.join(got) or 'none'}"


def _in_order(expected: list[str], got: list[str]) -> int:
    """The length of the longest common subsequence: how many values stand in their place."""
    lengths = [0] * (len(expected) + 1)  # of the subsequence with the first so many expected values
    for value in got:
        for place in range(len(expected), 0, -1):
            if expected[place - 1] == value:
                lengths[place] = max(lengths[place], lengths[place - 1] + 1)
        lengths = list(accumulate(lengths, max))
    return lengths[-1]


@dataclass(frozen=True)
class Summarise:
    """Texts to be summed up; stands for Spec-Bench's summarisation."""

    name: str = "summarise"
    about: str = "Short texts of seventeen kinds and what matters in them, as in Spec-Bench's summarisation (CNN/DM)."
    has_checker: bool = True

    def example(self, split: Split, index: int) -> Example:
        """Example number ``index`` of a split; a function of the two alone."""
        rng = rng_for(self.name, split, index)
        kind, length, draws = rng.choice(TEXT_KINDS), rng.choice(_LENGTHS), Draws(rng)
        content = draws.settle_core(split, self.name, kind.core)
        passage = _passage(kind, draws)
        asked = kind.summary[:length]
        slots = dict.fromkeys(slot for frame in asked for slot in slots_of(frame))
        return Example(
            family=self.name,
            turns=chat(_prompt(passage, kind.noun, length, rng), " ".join(sentence(frame, draws) for frame in asked)),
            content=frozenset({content}),
            facts={slot: draws.value(slot) for slot in slots},
        )

    def check(self, example: Example, answer: str) -> Checked:
        """Which of the facts asked for the answer states, each in its place among those of its kind and no wrong one beside it."""
        kinds: dict[str, list[str]] = {}
        for slot, value in example.facts.items():
            kinds.setdefault(judged_kind(slot), []).append(value)
        judged = [_right_of_kind(kind, values, example, answer) for kind, values in kinds.items()]
        return Checked(sum(right for right, _ in judged), len(example.facts), "; ".join(why for _, why in judged if why))


FAMILY = Summarise()
