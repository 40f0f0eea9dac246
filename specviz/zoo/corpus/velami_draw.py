"""Chance draws who does what in a sentence for Velami: its content, which no two splits share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from specviz.zoo.corpus.velami import Tense
from specviz.zoo.corpus.words.common import NAMES
from specviz.zoo.corpus.words.translate import (
    EARLY_OR_LATE,
    INTRANSITIVE,
    MANNERS,
    MASS,
    ON_TIME,
    PREPOSITIONS,
    SETS,
    SUITS,
    TRANSITIVE,
)
from specviz.zoo.corpus.words.velami import STEMS

# The subject of an order, which is not said.
ORDER = "order"
LIFELESS = ("things", "foods", "places", "sky")
NOUN_KINDS = (*LIFELESS, "animals", "jobs", "kin")
PRONOUNS = ("i", "you", "he", "she", "we", "they")
PEOPLE = (*STEMS["jobs"], *STEMS["kin"])
POOLS: dict[str, tuple[str, ...]] = {
    **{kind: tuple(table) for kind, table in STEMS.items()},
    "people": PEOPLE,
    "portable": tuple(word for word in STEMS["things"] if word not in SETS["fixed"]),
    **SETS,
}
KIND: dict[str, str] = {word: kind for kind, table in STEMS.items() for word in table}
TENSES: tuple[Tense, ...] = ("present", "present", "past", "past", "future")


@dataclass(frozen=True, slots=True)
class Verb:
    """What a verb goes with: pools of objects (or of subjects, for one without objects) and remarks."""

    name: str
    pools: tuple[tuple[str, ...], ...]
    remarks: frozenset[str]


def _verb(line: str) -> Verb:
    forms, kinds, remarks = line.split("|")
    words = kinds.split()
    single = tuple(word for word in words if word not in POOLS and word != "beings")
    pools = tuple(POOLS.get(word, ()) for word in words if word not in single)
    return Verb(forms.split()[0], (*pools, single) if single else pools, frozenset(remarks.split()))


WITH_OBJECT = tuple(_verb(line) for line in TRANSITIVE)
WITHOUT_OBJECT = tuple(_verb(line) for line in INTRANSITIVE)
ORDERED = tuple(verb for verb in WITH_OBJECT if not verb.remarks & {"still", "many"} and verb.name not in ("lose", "break", "drop"))
BY_NAME = {verb.name: verb for verb in WITH_OBJECT + WITHOUT_OBJECT}


@dataclass(frozen=True, slots=True)
class Core:
    """Who does what with what: the part of a clause that must not occur in two splits. ``way`` says what ``what`` is."""

    subject: tuple[str, ...]
    verb: str
    way: str
    what: tuple[str, ...]

    @property
    def content(self) -> str:
        """Its name among the contents of an example."""
        return f"translate:{'+'.join(self.subject)}|{self.verb}|{'+'.join(self.what)}"


def being(rng: random.Random) -> str:
    """Somebody: a name, a job, an animal, a relative."""
    kind = rng.random()
    pool: Sequence[str] = NAMES
    if kind > 0.34:
        pool = tuple(STEMS["jobs"]) if kind < 0.62 else tuple(STEMS["animals"]) if kind < 0.87 else tuple(STEMS["kin"])
    return rng.choice(pool)


def _subject(rng: random.Random) -> tuple[str, ...]:
    chance = rng.random()
    if chance < 0.10:
        return (rng.choice(PRONOUNS),)
    if chance < 0.16:
        first, second = being(rng), being(rng)
        return (first, second) if first != second else (first,)
    return ("who",) if chance < 0.19 else (being(rng),)


def draw_place(rng: random.Random) -> tuple[str, str]:
    """A preposition and a place that go together."""
    if rng.random() < 0.28:
        return "near", rng.choice((*POOLS["places"], "tree", "tree", "door", "window"))
    preposition = rng.choices(("in", "on", "at", "behind", "under"), (50, 16, 20, 9, 5))[0]
    return preposition, rng.choice(PREPOSITIONS[preposition])


def object_core(rng: random.Random, subject: tuple[str, ...], asking: bool = True) -> Core:
    """This subject does something to an object; ``asking`` allows *what* in the place of the object."""
    verb = rng.choice(ORDERED if subject == (ORDER,) else WITH_OBJECT)
    pool = rng.choice(verb.pools)
    chosen = rng.choice(NAMES) if pool is PEOPLE and rng.random() < 0.35 else rng.choice(pool)
    if asking and len(subject) == 1 and subject[0] not in ("who", ORDER) and pool is not PEOPLE and rng.random() < 0.06:
        return Core(subject, verb.name, "object", ("what",))
    other = rng.choice(pool) if rng.random() < 0.08 else chosen
    if chosen in subject or other in subject:
        return object_core(rng, subject, asking)
    return Core(subject, verb.name, "object", (chosen,) if other == chosen else (chosen, other))


def plain_core(rng: random.Random, subject: tuple[str, ...]) -> Core:
    """Something without an object; a verb that suits few brings its own subject."""
    verb = rng.choice(WITHOUT_OBJECT)
    pool = rng.choice(verb.pools)
    if pool:
        subject = (rng.choice(pool),)
    way = rng.choices(("place", "manner", "with", "without", "to", "time"), (38, 20, 9, 4, 12, 17))[0]
    alive = KIND.get(subject[0]) not in LIFELESS
    if verb.name in ("live", "stay") or (way in ("manner", "with", "without") and not alive) or (way == "to" and "to" not in verb.remarks):
        way = "place"
    if verb.name not in ON_TIME and way == "time":
        return Core(subject, verb.name, way, (rng.choice(tuple(time for time in STEMS["times"] if time not in EARLY_OR_LATE)),))
    return Core(subject, verb.name, way, _complement(rng, way, subject))


def _complement(rng: random.Random, way: str, subject: tuple[str, ...]) -> tuple[str, ...]:
    if way == "place":
        return draw_place(rng)
    if way == "manner":
        return (rng.choice(MANNERS),)
    if way == "time":
        return (rng.choice(tuple(STEMS["times"])),)
    if way == "to":
        return ("to", rng.choice(POOLS["places"]))
    other = being(rng) if way == "with" and rng.random() < 0.6 else rng.choice(POOLS["portable"])
    return (way, other) if other not in subject else _complement(rng, way, subject)


def suiting(rng: random.Random, head: str) -> str:
    """An adjective that goes with this noun."""
    kind = KIND.get(head, "people")
    kind = "mass" if head in MASS else {"jobs": "people", "kin": "people", "small": "people"}.get(kind, kind)
    chosen = rng.choice(SUITS[kind])
    return rng.choice(POOLS["colours"]) if chosen == "colours" else chosen


def state_core(rng: random.Random, head: str) -> Core:
    """This one *is* something that suits it: red, happy, sweet."""
    return Core((head,), "be", "state", (suiting(rng, head),))


def _be_core(rng: random.Random) -> Core:
    chance = rng.random()
    if chance < 0.5:
        pool = POOLS[rng.choice(("things", "things", "foods", "animals", "jobs", "kin", "places", "sky"))]
        return state_core(rng, rng.choice(pool) if rng.random() < 0.85 else rng.choice((*NAMES, *PRONOUNS)))
    if chance < 0.7:
        subject = rng.choice((rng.choice(NAMES), rng.choice(tuple(STEMS["kin"])), rng.choice(("i", "you", "he", "she"))))
        return Core((subject,), "be", "job", (rng.choice(tuple(STEMS["jobs"])),))
    subject = rng.choice(POOLS[rng.choice(("portable", "foods", "animals", "jobs"))])
    return Core((subject,), "be", "place", draw_place(rng))


def same_subject_core(rng: random.Random, subject: tuple[str, ...]) -> Core:
    """What the same one does next."""
    if rng.random() < 0.7:
        return object_core(rng, subject, asking=False)
    core = plain_core(rng, subject)
    return core if core.subject == subject else object_core(rng, subject, asking=False)


def any_core(rng: random.Random) -> Core:
    """Any content."""
    chance = rng.random()
    if chance < 0.05:
        return object_core(rng, (ORDER,))
    if chance < 0.54:
        return object_core(rng, _subject(rng))
    return plain_core(rng, _subject(rng)) if chance < 0.78 else _be_core(rng)
