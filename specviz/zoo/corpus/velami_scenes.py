"""Sentences for Velami: one alone, two in one, several that follow each other; and single words."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from specviz.zoo.corpus.base import Split, draw_for_split, split_of
from specviz.zoo.corpus.velami import Noun, Sentence
from specviz.zoo.corpus.velami_adorn import clause, noun
from specviz.zoo.corpus.velami_draw import (
    KIND,
    LIFELESS,
    NOUN_KINDS,
    PRONOUNS,
    TENSES,
    Core,
    any_core,
    being,
    object_core,
    plain_core,
    same_subject_core,
    state_core,
)
from specviz.zoo.corpus.words.translate import HE, SHE
from specviz.zoo.corpus.words.velami import STEMS

_LINKS_TRIED = 80

Drawn = tuple[Sentence, tuple[str, ...]]


def linked(split: Split, draw: Callable[[], Core]) -> Core | None:
    """A content of this split from a narrow choice, or None when chance finds none soon."""
    return next((core for core in (draw() for _ in range(_LINKS_TRIED)) if split_of(core.content) == split), None)


def fresh_core(rng: random.Random, split: Split) -> Core:
    """Any content of this split."""
    return draw_for_split(split, lambda: any_core(rng), lambda core: core.content)


def one_sentence(rng: random.Random, split: Split) -> Drawn:
    """One sentence on its own, at times of two clauses."""
    if rng.random() < 0.08:
        return _two_clauses(rng, split)
    core = fresh_core(rng, split)
    return Sentence((clause(rng, core),)), (core.content,)


def told_core(rng: random.Random, split: Split) -> Core:
    """The content of a statement: somebody does something."""

    def draw() -> Core:
        return object_core(rng, (being(rng),), asking=False) if rng.random() < 0.7 else plain_core(rng, (being(rng),))

    return draw_for_split(split, draw, lambda core: core.content)


def _two_clauses(rng: random.Random, split: Split) -> Drawn:
    cores = (told_core(rng, split), told_core(rng, split))
    tense = rng.choice(TENSES)
    joiner = rng.choice(("and", "but", "while"))
    first, second = (replace(clause(rng, core, tense, statement=True), fronted=False) for core in cores)
    if joiner == "but":
        second = replace(second, negated=second.time != "sometimes", short=rng.random() < 0.4)
    return Sentence((first, second), joiner), tuple(core.content for core in cores)


def _spoken_of(rng: random.Random, subject: tuple[Noun, ...]) -> tuple[str, ...]:
    """How somebody is named a second time: *they*, *he* or *she* where the noun tells which, or the same noun."""
    heads = tuple(noun.head for noun in subject)
    if rng.random() < 0.3:
        return heads
    if len(heads) > 1 or subject[0].plural:
        return ("they",)
    return ("he",) if heads[0] in HE else ("she",) if heads[0] in SHE else heads


def _next_core(rng: random.Random, split: Split, last: Core, actor: tuple[Noun, ...]) -> Core | None:
    """What could be told next: how the object is, or what the same one does then; None when neither makes sense."""
    thing = last.what[-1]
    if last.way == "object" and rng.random() < 0.35 and not thing[0].isupper() and KIND[thing] != "small":
        return linked(split, lambda: state_core(rng, thing))
    if any(KIND.get(item.head) in LIFELESS for item in actor):
        return None
    subject = _spoken_of(rng, actor)
    return linked(split, lambda: same_subject_core(rng, subject))


def scene(rng: random.Random, split: Split, length: int) -> list[Drawn]:
    """Sentences that follow each other: the same people and things, one tense."""
    tense, core = rng.choice(TENSES), told_core(rng, split)
    made = clause(rng, core, tense, statement=True)
    actor = made.subject
    drawn: list[Drawn] = [(Sentence((made,)), (core.content,))]
    said = {item.head: item for item in (*made.subject, *made.objects)}
    while len(drawn) < length:
        core = _next_core(rng, split, core, actor) or told_core(rng, split)
        made = clause(rng, core, tense, statement=True)
        made = replace(made, subject=tuple(_again(said.get(item.head), item) for item in made.subject))
        said |= {item.head: item for item in (*made.subject, *made.objects)}
        actor = actor if core.way == "state" else made.subject
        drawn.append((Sentence((made,)), (core.content,)))
    return drawn


def _again(before: Noun | None, now: Noun) -> Noun:
    """A noun said a second time: the same one, with *the* and without its adjectives."""
    if before is None or before.head[0].isupper():
        return now
    return replace(before, adjectives=(), article="the" if before.head not in PRONOUNS and not before.owner else "")


def any_word(rng: random.Random) -> str:
    """A word of the lexicon."""
    table = rng.choices(tuple(_WORD_TABLES), tuple(_WORD_TABLES.values()))[0]
    return rng.choice(tuple(STEMS[table]))


def described_noun(rng: random.Random) -> Noun:
    """A noun with an adjective, a number or an owner."""
    while True:
        made = noun(rng, rng.choice(tuple(STEMS[rng.choice(NOUN_KINDS)])))
        if made.adjectives or made.number or made.owner:
            return made


# Things and foods are many and share few verbs, so lists practise them more.
_WORD_TABLES = {table: len(words) * {"things": 3, "foods": 2}.get(table, 1) for table, words in STEMS.items() if table != "small"}
