"""Conversations of two questions: the second one can only be answered by somebody who remembers the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specviz.errors import UnexpectedTypeError
from specviz.zoo.corpus import chat_people, chat_words
from specviz.zoo.corpus.base import Checked, Example, Split, chat, draw_for_split, rng_for
from specviz.zoo.corpus.chat_parts import Fields, Script, read_scripts
from specviz.zoo.corpus.words.chat_scripts_home import SCRIPTS as HOME
from specviz.zoo.corpus.words.chat_scripts_numbers import SCRIPTS as NUMBERS
from specviz.zoo.corpus.words.chat_scripts_people import SCRIPTS as PEOPLE
from specviz.zoo.corpus.words.chat_scripts_words import SCRIPTS as WORDS

if TYPE_CHECKING:
    from random import Random

SCRIPTS: dict[str, Script] = read_scripts(HOME + PEOPLE + NUMBERS + WORDS)
DRAWS = {**chat_people.DRAWS, **chat_words.DRAWS}
_KINDS = tuple(DRAWS)

# A greeting or thanks is answered in kind, so that the politeness too depends on what was said before.
_GREETINGS = (("Hello! ", "Hello! "), ("Good morning! ", "Good morning! "), ("One question. ", ""), ("Please help me. ", "Gladly. "))
_THANKS = (("Thank you! ", "You are welcome. "), ("Thanks. ", "With pleasure. "), ("I see. ", ""))
_POLITE_SHARE = 0.12
_GREETED_ALREADY = frozenset({"smalltalk"})

# Words that follow from others, such as a pronoun from a name; they make no combination of their own.
_PRONOUNS = frozenset({"he", "him", "his"})
_DERIVED = _PRONOUNS | frozenset(["clause", "long", "short", "word", "riddle", "reason", "end", "verb", "deed", "s1", "s2", "s3", "s4"])


class Conversations:
    """Everyday questions in a small village, each with a second question on the first answer."""

    name = "chat"
    about = "two-turn questions and answers whose second answer needs the first turn (Spec-Bench: MT-bench)"
    has_checker = False

    def example(self, split: Split, index: int) -> Example:
        """Example number ``index`` of a split."""
        rng = rng_for(self.name, split, index)
        script = SCRIPTS[rng.choice(_KINDS)]
        plan = (*script.opening.draw(rng), *rng.choice(tuple(script.follow_ups.values())).draw(rng))
        seen = sorted(frozenset().union(*(frame.names for frame in plan)) - _DERIVED)
        fields = draw_for_split(split, lambda: DRAWS[script.kind](rng), lambda drawn: _content(script.kind, drawn, seen))
        facts = {name: shown for name, shown in plan[-1].facts(fields).items() if name not in _PRONOUNS}
        turns = chat(*_with_courtesy(rng, script.kind, [frame.fill(fields) for frame in plan]))
        return Example(self.name, turns, frozenset({_content(script.kind, fields, seen)}), {"kind": script.kind, **facts})

    def check(self, example: Example, answer: str) -> Checked:
        """Conversations have no checker.

        Raises:
            TypeError: always.
        """
        raise UnexpectedTypeError(
            "an example of a family whose answers can be judged by rule",
            f"one of {example.family!r} with the answer {answer[:40]!r}",
            "ask has_checker before calling check",
        )


def _content(kind: str, fields: Fields, seen: list[str]) -> str:
    # What is drawn but not spoken of does not count: two conversations that say the same are the same.
    return f"chat:{kind}|" + "|".join(f"{name}={fields[name]}" for name in seen)


def _with_courtesy(rng: Random, kind: str, texts: list[str]) -> list[str]:
    ask, answer, ask_2, answer_2 = texts
    greeting, greeted = ("", "") if kind in _GREETED_ALREADY else _courtesy(rng, _GREETINGS)
    thanks, welcome = _courtesy(rng, _THANKS)
    return [greeting + ask, _led_in(greeted, answer), thanks + ask_2, _led_in(welcome, answer_2)]


def _courtesy(rng: Random, pairs: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    return rng.choice(pairs) if rng.random() < _POLITE_SHARE else ("", "")


def _led_in(courtesy: str, text: str) -> str:
    # A list or a letter starts on a line of its own.
    return f"{courtesy}Here it is:\n{text}" if courtesy and "\n" in text else courtesy + text


FAMILY = Conversations()
