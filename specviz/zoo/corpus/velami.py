"""Velami, a small invented language without exceptions, and the English of the same sentences.

The grammar, whole:

- The verb comes first: verb, subject, object, manner, places, time. *The fox carries a kite* is *Suzuma koluma retaten*.
- A noun ends in a vowel. Plural ``-li``, object ``-n``, both ``-lin``. There are no articles. Names never change.
- What describes a noun follows it, unchanged: adjectives, then the number, then ``ti`` (of) and the owner.
- A verb ends in ``-a`` (present), ``-os`` (past) or ``-ei`` (future). The bare stem is an order and follows *can* and *must*.
- An adjective ends in ``-u``; ``-m`` makes it an adverb: *kanmu* quick, *kanmum* quickly.
- ``sa`` (not), ``vo`` (can) and ``ni`` (must) stand before the verb. A question starts with ``tu`` and keeps its order: *who*
  stands where the subject would, *what* where the object would, *where*, *when* and *why* where the time would.
- *To be* is a verb like the others: *The kite was red* is *Toros retate pevu*.

A clause becomes a gloss first (English words in Velami's order, with endings by name: ``carry.present fox kite.object``) and then
sound (:func:`spell`). The gloss is what the checker keeps, and how it explains a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from specviz.zoo.corpus.words.translate import (
    BEFORE_THE_VERB,
    INTRANSITIVE,
    MASS,
    ODD_PLURALS,
    POSSESSIVES,
    TRANSITIVE,
)
from specviz.zoo.corpus.words.velami import STEMS

Tense = Literal["present", "past", "future"]
STEM: dict[str, str] = {word: stem for table in STEMS.values() for word, stem in table.items()}
ENDINGS: dict[str, str] = {"plural": "li", "object": "n", "present": "a", "past": "os", "future": "ei", "manner": "m"}
PAST: dict[str, str] = {line.split()[0]: line.split()[1] for line in TRANSITIVE + INTRANSITIVE}

_BE = {("present", "i"): "am", ("present", "one"): "is", ("present", "many"): "are", ("past", "many"): "were"}
_SHORT = {"can not": "can't", "will not": "won't", "am not": "am not"}
_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun with all that describes it, or a pronoun, or a name (which starts with a capital)."""

    head: str
    article: str = ""
    plural: bool = False
    adjectives: tuple[str, ...] = ()
    number: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence's meaning. ``fronted`` and ``short`` change the English alone (*Today the fox ...*, *doesn't*)."""

    subject: tuple[Noun, ...]
    verb: str
    tense: Tense = "present"
    objects: tuple[Noun, ...] = ()
    state: str = ""
    role: Noun | None = None
    manner: str = ""
    places: tuple[tuple[str, Noun], ...] = ()
    time: str = ""
    asks: str = ""
    negated: bool = False
    mode: str = ""
    fronted: bool = False
    short: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One clause, or two with a word between them (*and*, *but*, *while*)."""

    clauses: tuple[Clause, ...]
    joiner: str = ""

    @property
    def end(self) -> str:
        """Its last character, the same in both languages."""
        return "?" if self.clauses[0].asks else "."


# ------------------------------------------------------------------------------------------------------------------ Velami
def _joined(glosses: list[list[str]]) -> list[str]:
    return [word for i, gloss in enumerate(glosses) for word in (["and", *gloss] if i else gloss)]


def noun_gloss(noun: Noun, ending: str = "") -> list[str]:
    """The head with its endings, then adjectives, number, owner; a name takes no ending."""
    head = noun.head + ".plural" * noun.plural + ending * (not noun.head[0].isupper())
    owner = ["of", noun.owner] if noun.owner else []
    return [head, *noun.adjectives, *([noun.number] if noun.number else []), *owner]


def _clause_gloss(clause: Clause) -> Iterator[str]:
    if clause.asks:
        yield "question"
    if clause.mode == "please":
        yield "please"
    if clause.negated:
        yield "not"
    if clause.mode in ("can", "must"):
        yield clause.mode
    yield clause.verb if clause.mode else f"{clause.verb}.{clause.tense}"
    if clause.mode not in ("order", "please"):
        yield from _joined([noun_gloss(noun) for noun in clause.subject])
    yield from _joined([noun_gloss(noun, ".object") for noun in clause.objects])
    yield from _rest_gloss(clause)


def _rest_gloss(clause: Clause) -> Iterator[str]:
    if clause.state:
        yield clause.state
    if clause.role:
        yield from noun_gloss(clause.role)
    if clause.manner:
        yield f"{clause.manner}.manner"
    for preposition, noun in clause.places:
        yield from (preposition, *noun_gloss(noun))
    if clause.time:
        yield clause.time
    if clause.asks in ("where", "when", "why"):
        yield clause.asks


def gloss(sentence: Sentence) -> str:
    """English words in Velami's order, with the endings by name and the last character as a word of its own."""
    parts = [list(_clause_gloss(clause)) for clause in sentence.clauses]
    between = [sentence.joiner] if sentence.joiner else []
    return " ".join([*parts[0], *(word for part in parts[1:] for word in (*between, *part)), sentence.end])


def spell(glossed: str) -> str:
    """The Velami of a gloss; a sentence (one with a last character) starts with a capital."""
    words = glossed.split()
    end = words.pop() if words[-1] in (".", "?") else ""
    text = " ".join(spell_word(word) for word in words) + end
    return text[0].upper() + text[1:] if end else text


def spell_word(word: str) -> str:
    """One word of a gloss in Velami: its stem and its endings; a name stays as it is."""
    lemma, *endings = word.split(".")
    return (lemma if lemma[0].isupper() else STEM[lemma]) + "".join(ENDINGS[ending] for ending in endings)


def translate(sentence: Sentence) -> str:
    """The sentence in Velami."""
    return spell(gloss(sentence))


# ----------------------------------------------------------------------------------------------------------------- English
def plural(noun: str) -> str:
    """The English plural: kites, boxes, cherries, mice."""
    if noun in ODD_PLURALS:
        return ODD_PLURALS[noun]
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def third_person(verb: str) -> str:
    """The English form after *she*: sees, carries, watches."""
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "ch", "sh")) else "s")


def adverb(adjective: str) -> str:
    """The English adverb: quickly, happily, gently."""
    if adjective.endswith("le"):
        return adjective[:-1] + "y"
    return adjective[:-1] + "ily" if adjective.endswith("y") else adjective + "ly"


def _determiner(noun: Noun, following: str) -> str:
    if noun.owner:
        article = "the " if noun.owner in STEM and noun.owner not in POSSESSIVES else ""
        return POSSESSIVES.get(noun.owner, f"{article}{noun.owner}'s")
    if noun.article == "a":
        return "some" if noun.head in MASS else "an" if following[0] in _VOWELS else "a"
    return noun.article


def noun_english(noun: Noun) -> str:
    """A noun with its article, number and adjectives."""
    if noun.head == "i":
        return "I"
    words = [*([noun.number] if noun.number else []), *noun.adjectives, plural(noun.head) if noun.plural else noun.head]
    determiner = _determiner(noun, words[0]) or ("a" if noun.number == "hundred" else "")
    return " ".join([determiner, *words] if determiner else words)


def nouns_english(nouns: tuple[Noun, ...]) -> str:
    """One noun, or two with *and*."""
    return " and ".join(noun_english(noun) for noun in nouns)


def _person(subject: tuple[Noun, ...]) -> str:
    first = subject[0]
    if len(subject) > 1 or first.plural or first.head in ("you", "we", "they"):
        return "many"
    return "i" if first.head == "i" else "one"


def _verb_english(clause: Clause) -> tuple[str, str]:
    """The helping verb and the verb; the one or the other may be empty."""
    person, asked = _person(clause.subject), clause.asks not in ("", "who")
    if clause.mode in ("order", "please"):
        return "do" if clause.negated else "", clause.verb
    if clause.mode or clause.tense == "future":
        return clause.mode or "will", clause.verb
    if clause.verb == "be":
        return _BE.get((clause.tense, person), "was"), ""
    if asked or clause.negated:
        return "did" if clause.tense == "past" else "does" if person == "one" else "do", clause.verb
    if clause.tense == "past":
        return "", PAST[clause.verb]
    return "", third_person(clause.verb) if person == "one" else clause.verb


def _with_not(helper: str, short: bool) -> str:
    full = f"{helper} not"
    return _SHORT.get(full, f"{helper}n't") if short else "cannot" if helper == "can" else full


def _core_english(clause: Clause) -> list[str]:
    """Subject and verb in the order of a statement, a question or an order, with *not* and *often* in their places."""
    helper, verb = _verb_english(clause)
    helper = _with_not(helper, clause.short) if clause.negated else helper
    often = clause.time if clause.time in BEFORE_THE_VERB else ""
    subject = "" if clause.mode in ("order", "please") else nouns_english(clause.subject)
    if clause.asks in ("", "who"):
        return [subject, helper, often, verb]
    return ["" if clause.asks == "yes" else clause.asks, helper, subject, often, verb]


def _clause_english(clause: Clause) -> str:
    time = "" if clause.time in BEFORE_THE_VERB else clause.time.replace("_", " ")
    objects = "" if clause.asks == "what" else nouns_english(clause.objects)
    role = noun_english(clause.role) if clause.role else ""
    manner = adverb(clause.manner) if clause.manner else ""
    places = [f"{preposition} {noun_english(noun)}" for preposition, noun in clause.places]
    parts = [*_core_english(clause), objects, clause.state, role, manner, *places]
    please = clause.mode == "please"
    parts = [time, *parts] if clause.fronted and not please else [*parts, time]
    text = " ".join(part for part in parts if part)
    return text if not please else f"please {text}" if clause.fronted else f"{text}, please"


def english(sentence: Sentence) -> str:
    """The sentence in English."""
    joiner = ", but " if sentence.joiner == "but" else f" {sentence.joiner} "
    text = joiner.join(_clause_english(clause) for clause in sentence.clauses)
    return text[0].upper() + text[1:] + sentence.end
