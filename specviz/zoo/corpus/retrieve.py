"""Retrieve: a passage of short facts, a question about one of them, and an answer that quotes its source.

The quotation comes first and the value after it. That is the easier order for a small model: the question shares its words with one
sentence, which can be copied by looking for them, and the value is then found in the line just written rather than in the passage.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from specviz.zoo.corpus.base import Checked, Example, Split, chat, rng_for
from specviz.zoo.corpus.passages import Draws, sentence, stated, write
from specviz.zoo.corpus.words.passages import JUDGED_AS, KINDS
from specviz.zoo.corpus.words.retrieve import FACT_KINDS, FactKind
from specviz.zoo.corpus.words.retrieve_prompts import ANSWER, NOT_SAID, OPENINGS, PROMPTS

_SHARE_NOT_SAID = 0.08
_SHARE_OF_REPEATS = 0.15
_SHARE_OF_LISTS = 0.2
_JUDGED_KINDS = tuple(kind for kind in KINDS if kind not in JUDGED_AS)
_QUOTED = re.compile(r'["“]([^"“”]*)["”]')
_FROM_QUOTE_ON = re.compile(r'["“].*', re.DOTALL)
_WORDS = re.compile(r"[a-z]+|\d+")
# What may come before a value without changing it, so that "the mill" is as good as "in the mill".
_LEADING = frozenset({"a", "an", "the", "in", "at", "on", "by", "to", "how", "until"})


@dataclass(frozen=True)
class Fact:
    """A sentence of the passage with a question about it and the answering piece of the sentence."""

    sentence: str
    question: str
    value: str
    content: str


def _draw_fact(kind: FactKind, split: Split, draws: Draws) -> Fact:
    """A fact whose people, coloured things and ships no other fact of the passage has."""
    draws.forget()
    content = draws.settle_core(split, "retrieve", kind.core)
    statement = draws.rng.choice(kind.statements)
    question, value = draws.rng.choice(statement.questions)
    return Fact(sentence(statement.frame, draws), sentence(question, draws), write(value, draws), content)


def _passage(facts: list[Fact], draws: Draws) -> str:
    """The facts in their order, as a paragraph or a list, with or without an opening line."""
    opening = sentence(draws.rng.choice(OPENINGS), draws)
    sentences = [fact.sentence for fact in facts]
    if draws.rng.random() < _SHARE_OF_LISTS:
        return "\n".join(([opening] if opening else []) + [f"- {line}" for line in sentences])
    return " ".join(([opening] if opening else []) + sentences)


def _draw_facts(split: Split, draws: Draws, count: int) -> list[Fact]:
    """Facts of two to four kinds, so that sentences of one kind stand beside each other and differ in who and what."""
    kinds = draws.rng.sample(FACT_KINDS, draws.rng.randint(2, 4))
    return [_draw_fact(draws.rng.choice(kinds), split, draws) for _ in range(count)]


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def _core_words(value: str) -> list[str]:
    words = _words(value)
    while len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return words


def _without_quotations(answer: str) -> str:
    return _FROM_QUOTE_ON.sub(" ", _QUOTED.sub(" ", answer))


def _other_values(text: str, allowed: str) -> list[str]:
    """Values of any kind that the text states and ``allowed`` does not hold."""
    return [value for kind in _JUDGED_KINDS for value in stated(text, kind) if value not in stated(allowed, kind)]


def _fault_of_value(example: Example, answer: str) -> str:
    """What is wrong with the value stated outside the quotation; empty when it is right."""
    value, text = example.facts["value"], _without_quotations(answer)
    wanted, words = _core_words(value), _words(text)
    if not any(words[i : i + len(wanted)] == wanted for i in range(len(words))):
        return f"value: expected {value!r}, got {' '.join(text.split())!r}"
    others = _other_values(text, f"{value} {example.facts['question']}")
    return f"value: expected {value!r} alone, got also {', '.join(others)}" if others else ""


def _fault_of_quotation(example: Example, answer: str) -> str:
    """What is wrong with the quotation; empty when it is the right sentence, word for word."""
    expected, quoted = example.facts["sentence"], _QUOTED.findall(answer)
    if not quoted:
        return f"quotation: expected {expected!r}, got none"
    if set(quoted) == {expected}:
        return ""
    wrong = next(quotation for quotation in quoted if quotation != expected)
    from_text = wrong in example.facts["passage"] and wrong.endswith(".")
    return f"quotation: expected {expected!r}, got {wrong!r}, {'another sentence of the text' if from_text else 'which the text does not have'}"


def _check_not_said(answer: str) -> Checked:
    """Right is the phrase that the text does not say, with no quotation and no value."""
    if _words(NOT_SAID) != _words(_without_quotations(answer)):
        return Checked(0, 2, f"expected {NOT_SAID!r}, since the text does not have it, got {answer!r}")
    has_quotation = '"' in answer or "“" in answer
    return Checked(1, 2, "expected no quotation, since the text does not say") if has_quotation else Checked(2, 2)


def _prompt(passage: str, question: str, rng: random.Random) -> str:
    return rng.choice(PROMPTS).format(text=passage, question=question)


@dataclass(frozen=True)
class Retrieve:
    """Questions answered from a passage; stands for Spec-Bench's retrieval-augmented generation."""

    name: str = "retrieve"
    about: str = "A passage of facts, a question and an answer with its quotation, as in Spec-Bench's retrieval (RAG)."
    has_checker: bool = True

    def example(self, split: Split, index: int) -> Example:
        """Example number ``index`` of a split; a function of the two alone."""
        rng = rng_for(self.name, split, index)
        draws, is_said = Draws(rng, reuse=_SHARE_OF_REPEATS), rng.random() >= _SHARE_NOT_SAID
        facts = _draw_facts(split, draws, rng.randint(4, 7) + (not is_said))
        asked = rng.choice(facts)
        passage = _passage([fact for fact in facts if is_said or fact is not asked], draws)
        answer = ANSWER.format(sentence=asked.sentence, value=asked.value) if is_said else NOT_SAID
        return Example(
            family=self.name,
            turns=chat(_prompt(passage, asked.question, rng), answer),
            content=frozenset(fact.content for fact in facts),
            facts={"passage": passage, "question": asked.question} | ({"sentence": asked.sentence, "value": asked.value} if is_said else {}),
        )

    def check(self, example: Example, answer: str) -> Checked:
        """One point for the value, stated beside no other, and one for the right sentence quoted word for word."""
        if "value" not in example.facts:
            return _check_not_said(answer)
        faults = [_fault_of_value(example, answer), _fault_of_quotation(example, answer)]
        return Checked(faults.count(""), 2, "; ".join(fault for fault in faults if fault))


FAMILY = Retrieve()
