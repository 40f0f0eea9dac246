"""Translation from English to Velami, a small invented language: sentences, word lists and second requests, with an exact checker."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import zip_longest

from specviz.zoo.corpus.base import Checked, Example, Split, chat, draw_for_split, rng_for
from specviz.zoo.corpus.velami import Clause, Sentence, adverb, english, gloss, noun_english, noun_gloss, spell
from specviz.zoo.corpus.velami_adorn import clause, noun
from specviz.zoo.corpus.velami_draw import KIND, NOUN_KINDS, Core
from specviz.zoo.corpus.velami_scenes import any_word, described_noun, linked, one_sentence, scene, told_core
from specviz.zoo.corpus.words.translate import MANNERS
from specviz.zoo.corpus.words.translate_requests import FOLLOW, ONE, SEVERAL, WORDS

_NAME = "translate"
_LENGTHS, _LENGTH_WEIGHTS = (2, 3, 4, 5), (34, 38, 20, 8)
_COUNT = {2: "two", 3: "three", 4: "four", 5: "five"}
# A line of the answer ends at a line break or after a full stop or question mark, so that sentences side by side count as well.
_LINE_END = re.compile(r"\n|(?<=[.?])\s+")


class Translate:
    """Spec-Bench's translation: the grammar is easy, the words must be known, the names copied."""

    @property
    def name(self) -> str:
        """Its name in commands, cards and pictures."""
        return _NAME

    @property
    def about(self) -> str:
        """One line on what it is and which of Spec-Bench's categories it stands for."""
        return "English to Velami, a small invented language with regular endings and the verb first (Spec-Bench: translation)"

    @property
    def has_checker(self) -> bool:
        """Whether :meth:`check` can judge an answer."""
        return True

    def example(self, split: Split, index: int) -> Example:
        """Example number ``index`` of a split; a function of the two alone."""
        rng = rng_for(_NAME, split, index)
        kind = rng.random()
        if kind < 0.2:
            return _one(rng, split)
        if kind < 0.74:
            return _several(rng, split)
        return _word_list(rng, split) if kind < 0.87 else _second_request(rng, split)

    def check(self, example: Example, answer: str) -> Checked:
        """Translate again from the glosses in the facts and compare line by line; the white space does not matter."""
        glosses, labels = example.facts["glosses"].split("\n"), example.facts["labels"].split("\n")
        listed = example.facts["kind"] == "words"
        expected = [f"{label}: {spell(line)}" if listed else spell(line) for label, line in zip(labels, glosses, strict=True)]
        got = [line for line in (" ".join(part.split()) for part in _LINE_END.split(answer)) if line]
        wrong = [at for at, (want, have) in enumerate(zip_longest(expected, got)) if want != have]
        of = max(len(expected), len(got))
        return Checked(of - len(wrong), of, _why(wrong[0], expected, got, glosses) if wrong else "")


def _why(at: int, expected: list[str], got: list[str], glosses: list[str]) -> str:
    """The first line that is wrong, and in it the first word."""
    if at >= len(expected):
        return f"expected {len(expected)} lines, got {len(got)}; the first one too many is {got[at]!r}"
    if at >= len(got):
        return f"line {at + 1}: expected {expected[at]!r}, got no such line"
    # A list's label has no gloss of its own, so only the words after it are named.
    meanings = [""] * (len(expected[at].split()) - len(glosses[at].replace(" .", "").replace(" ?", "").split())) + glosses[at].split()
    pairs = zip_longest(expected[at].split(), got[at].split(), meanings[: len(expected[at].split())])
    word, want, have, meaning = next((i, *trio) for i, trio in enumerate(pairs, 1) if trio[0] != trio[1])
    named = f" ({meaning.replace('.', ', ').replace('_', ' ')})" if meaning else ""
    return f"line {at + 1}, word {word}: expected {want or 'the end'!r}{named}, got {have or 'the end'!r}"


# ----------------------------------------------------------------------------------------------------------------- requests
def _example(texts: tuple[str, ...], content: Iterable[str], kind: str, glosses: list[str], labels: list[str]) -> Example:
    facts = {"kind": kind, "glosses": "\n".join(glosses), "labels": "\n".join(labels)}
    return Example(_NAME, chat(*texts), frozenset(content), facts)


def _of_sentences(request: str, sentences: list[Sentence], content: Iterable[str]) -> Example:
    glosses = [gloss(sentence) for sentence in sentences]
    answer = "\n".join(spell(line) for line in glosses)
    return _example((request, answer), content, "sentences", glosses, [english(sentence) for sentence in sentences])


def _asked(rng: random.Random, frames: tuple[str, ...], sentence: Sentence, **names: str) -> str:
    """A request for one sentence; in quotation marks it ends without a full stop, and a question stands in no other question."""
    text = english(sentence)
    quoted = text.removesuffix(".")
    frame = rng.choice([frame for frame in frames if sentence.end == "." or not ('{text}"' in frame and frame.endswith("?"))])
    return frame.format(text=quoted if '"{text}"' in frame else text, **names)


def _one(rng: random.Random, split: Split) -> Example:
    sentence, content = one_sentence(rng, split)
    return _of_sentences(_asked(rng, ONE, sentence), [sentence], content)


def _several(rng: random.Random, split: Split) -> Example:
    length = rng.choices(_LENGTHS, _LENGTH_WEIGHTS)[0]
    told = rng.random() < 0.5
    drawn = scene(rng, split, length) if told else [one_sentence(rng, split) for _ in range(length)]
    frame = rng.choice(SEVERAL)
    # Sentences in lines of their own look odd after half a line of request, so they start a new line there.
    lines = rng.random() < 0.35
    between, frame = ("\n", frame.replace(" {text}", "\n{text}")) if lines else (" ", frame)
    request = frame.format(text=between.join(english(sentence) for sentence, _ in drawn), n=_COUNT[length])
    return _of_sentences(request, [sentence for sentence, _ in drawn], [item for _, items in drawn for item in items])


def _item(rng: random.Random, split: Split) -> tuple[str, str]:
    """One line of a word list: its English, its gloss. A phrase of several words is content of its own."""
    if rng.random() > 0.3:
        return _word_item(rng)
    phrase = draw_for_split(split, lambda: described_noun(rng), lambda phrase: _phrase_content(" ".join(noun_gloss(phrase))))
    return noun_english(phrase), " ".join(noun_gloss(phrase))


def _word_item(rng: random.Random) -> tuple[str, str]:
    word = any_word(rng)
    if word in MANNERS and rng.random() < 0.3:
        return adverb(word), f"{word}.manner"
    if KIND[word] in NOUN_KINDS and rng.random() < 0.3:
        plain = replace(noun(rng, word, bare=True), owner="", number="")
        return noun_english(plain), " ".join(noun_gloss(plain))
    return ("to " if KIND[word] == "verbs" else "") + ("a " if word == "hundred" else "") + word.replace("_", " "), word


def _word_list(rng: random.Random, split: Split) -> Example:
    # By the head, so that no word comes twice; the last item decides which split the list belongs to.
    heads = {_head(item): item for item in (_item(rng, split) for _ in range(rng.randint(3, 7)))}

    def draw() -> dict[str, str]:
        item = _word_item(rng)
        return dict((heads | {_head(item): item}).values())

    items = draw_for_split(split, draw, _list_content)
    *first, last = items
    text = f"{', '.join(first)} and {last}" if first else last
    answer = "\n".join(f"{label}: {spell(line)}" for label, line in items.items())
    request = rng.choice(WORDS).format(text=text)
    content = [_list_content(items), *(_phrase_content(line) for line in items.values() if " " in line)]
    return _example((request, answer), content, "words", list(items.values()), list(items))


def _head(item: tuple[str, str]) -> str:
    return item[1].split()[0].split(".")[0]


def _phrase_content(glossed: str) -> str:
    return f"translate:phrase {glossed}"


def _list_content(items: dict[str, str]) -> str:
    return "translate:words " + ", ".join(sorted(items.values()))


# ---------------------------------------------------------------------------------------------------------- second requests
def _second_request(rng: random.Random, split: Split) -> Example:
    """A sentence is translated; then the same one in the past, as a question, with another object."""
    core = told_core(rng, split)
    before = replace(clause(rng, core, statement=True), time="", fronted=False) if core.way != "time" else clause(rng, core, statement=True)
    change, after, content, names = _changed(rng, split, core, before)
    first, second = Sentence((before,)), Sentence((after,))
    asked, again = _asked(rng, ONE, first), _asked(rng, FOLLOW[change], second, **names)
    glossed = gloss(second)
    return _example((asked, spell(gloss(first)), again, spell(glossed)), content, "sentences", [glossed], [english(second)])


def _changed(rng: random.Random, split: Split, core: Core, before: Clause) -> tuple[str, Clause, set[str], dict[str, str]]:
    """What is asked for, the changed clause, all contents, and the names of what is swapped."""
    change = rng.choice(("past", "future", "not", "question", "swap"))
    if change == "swap" and (swapped := _swapped(rng, split, core, before)):
        return swapped
    if change in ("past", "future") and core.way != "time" and before.tense != change:
        return change, replace(before, tense="past" if change == "past" else "future"), {core.content}, {}
    if change != "not" or before.time == "sometimes":
        return "question", replace(before, asks="yes", fronted=False), {core.content}, {}
    return "not", replace(before, negated=True, short=rng.random() < 0.4), {core.content}, {}


def _swapped(rng: random.Random, split: Split, core: Core, before: Clause) -> tuple[str, Clause, set[str], dict[str, str]] | None:
    """The same clause with another object of the same kind, if this split has one."""
    if core.way != "object" or len(core.what) > 1 or core.what[0] not in KIND:
        return None
    old = core.what[0]
    others = [word for word, kind in KIND.items() if kind == KIND[old] and word not in (old, *core.subject)]
    other = linked(split, lambda: replace(core, what=(rng.choice(others),)))
    if other is None:
        return None
    thing = noun(rng, other.what[0], core.subject)
    names = {"old": noun_english(before.objects[0]), "new": noun_english(thing)}
    return "swap", replace(before, objects=(thing,)), {core.content, other.content}, names


FAMILY = Translate()
