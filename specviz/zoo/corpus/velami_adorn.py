"""Chance adorns a content for Velami: articles, adjectives, numbers, owners, time, place, and what kind of sentence it is."""

from __future__ import annotations

import random
from dataclasses import replace

from specviz.zoo.corpus.velami import Clause, Noun, Tense
from specviz.zoo.corpus.velami_draw import BY_NAME, KIND, ORDER, POOLS, PRONOUNS, TENSES, Core, being, draw_place, suiting
from specviz.zoo.corpus.words.common import NAMES
from specviz.zoo.corpus.words.translate import (
    AT_THE_END_ALONE,
    BEFORE_THE_VERB,
    EARLY_OR_LATE,
    MANNERS,
    MASS,
    NOBODYS,
    ON_TIME,
    ONE_LOOKS_LIKE_MANY,
    ONLY_ONE,
    PLACES_AFTER,
    RELATIVES,
    TIMES,
)
from specviz.zoo.corpus.words.velami import STEMS


def _owner(rng: random.Random, head: str, avoid: tuple[str, ...]) -> str:
    if head in NOBODYS:
        return ""
    likely = 1.0 if head in RELATIVES else {"kin": 0.6, "jobs": 0.03, "places": 0.06, "sky": 0.0}.get(KIND[head], 0.13)
    if rng.random() >= likely or head in ONLY_ONE:
        return ""
    owner = rng.choice((rng.choice(NAMES), rng.choice(PRONOUNS), being(rng)))
    return owner if owner not in (*avoid, *RELATIVES, head) else ""


def _adjectives(rng: random.Random, head: str) -> tuple[str, ...]:
    likely = 0.2 if KIND[head] in ("jobs", "kin", "places") else 0.36
    if rng.random() >= likely:
        return ()
    first = suiting(rng, head)
    two = KIND[head] in ("things", "animals") and first not in POOLS["colours"] and rng.random() < 0.25
    return (first, rng.choice(POOLS["colours"])) if two else (first,)


def noun(rng: random.Random, head: str, avoid: tuple[str, ...] = (), bare: bool = False) -> Noun:
    """A head with article, number, adjectives and owner; ``bare`` leaves the adjectives out."""
    if head[0].isupper() or KIND[head] == "small":
        return Noun(head)
    adjectives = () if bare else _adjectives(rng, head)
    if head in ONLY_ONE:
        return Noun(head, "the", adjectives=adjectives)
    owner = _owner(rng, head, avoid)
    if head in MASS:
        return Noun(head, rng.choice(("the", "the", "a")), adjectives=adjectives, owner=owner)
    single = head in RELATIVES or head in ("king", "queen")
    many = not single and rng.random() < (0.1 if KIND[head] == "places" else 0.3)
    number = rng.choice(tuple(STEMS["numbers"])) if many and (head in ONE_LOOKS_LIKE_MANY or rng.random() < 0.55) else ""
    definite = rng.random() < (0.3 if number else 0.6)
    article = "" if owner else "the" if definite or single or KIND[head] == "places" else "" if many else "a"
    return Noun(head, article, many, adjectives, number, owner)


def _time(rng: random.Random, clause: Clause) -> Clause:
    pool = [time for time in TIMES[clause.tense] if not (clause.negated and time == "sometimes")]
    if clause.verb not in ON_TIME:
        pool = [time for time in pool if time not in EARLY_OR_LATE]
    if clause.verb == "be" or "still" in BY_NAME[clause.verb].remarks:
        pool = [time for time in pool if time != "again"]
    if clause.mode or clause.asks in ("when", "where", "why"):
        pool = [time for time in pool if time not in (*BEFORE_THE_VERB, "now", "again", *EARLY_OR_LATE)]
    return _with_time(rng, clause, rng.choice(pool)) if clause.asks != "when" else clause


def _with_time(rng: random.Random, clause: Clause, time: str) -> Clause:
    can_lead = time not in (*BEFORE_THE_VERB, *AT_THE_END_ALONE) and not clause.asks and not clause.mode
    return replace(clause, time=time, fronted=can_lead and rng.random() < 0.35)


def _tense_for(rng: random.Random, core: Core, tense: Tense) -> Tense:
    if core.way != "time" or core.what[0] in TIMES[tense]:
        return tense
    return rng.choice([possible for possible in TENSES if core.what[0] in TIMES[possible]])


def _mode(rng: random.Random, core: Core, clause: Clause) -> Clause:
    """Makes some statements negative, a question, an order, or about what one can or must do."""
    chance, short = rng.random(), rng.random() < 0.4
    if core.subject == (ORDER,):
        return replace(clause, mode=rng.choice(("order", "please")), negated=chance < 0.2, short=short, fronted=chance > 0.6)
    if core.subject == ("who",) or core.what == ("what",):
        return replace(clause, asks=core.what[0] if core.what == ("what",) else "who")
    if chance < 0.11 and core.what != ("sometimes",):
        return replace(clause, negated=True, short=short)
    if chance < 0.23:
        return replace(clause, asks="yes")
    if chance < 0.30 and core.way != "time":
        asks = ("why",) if core.way in ("state", "job") else ("when", "why", "where" if core.way in ("object", "with") else "why")
        return replace(clause, asks=rng.choice(asks))
    still = core.verb == "be" or "still" in BY_NAME[core.verb].remarks
    if chance < 0.40 and not still and core.way != "time":
        return replace(clause, mode=rng.choice(("can", "must")), tense="present")
    return clause


def _recipient(rng: random.Random, core: Core) -> tuple[tuple[str, Noun], ...]:
    remarks = BY_NAME[core.verb].remarks
    for preposition, likely in (("to", 0.6), ("from", 0.35), ("for", 0.2)):
        if preposition in remarks and (core.verb in ("give", "show", "send", "offer") or rng.random() < likely):
            places = core.verb in ("carry", "bring", "take", "throw") and rng.random() < 0.5
            head = rng.choice(POOLS["places"]) if places else being(rng)
            return ((preposition, noun(rng, head, core.subject)),) if head not in (*core.subject, *core.what) else ()
    return ()


def _where(rng: random.Random, core: Core) -> tuple[tuple[str, Noun], ...]:
    """A phrase of place for a verb with an object, where one makes sense."""
    still = "still" in BY_NAME[core.verb].remarks and core.verb not in PLACES_AFTER
    if still or KIND.get(core.what[0]) == "places" or rng.random() < 0.7:
        return ()
    preposition, head = draw_place(rng)
    return ((preposition, noun(rng, head)),)


def clause(rng: random.Random, core: Core, tense: Tense | None = None, statement: bool = False) -> Clause:
    """A clause around this content; ``statement`` asks for a plain one."""
    told = _tense_for(rng, core, rng.choice(TENSES) if tense is None else tense)
    made = Clause(_subject(rng, core), core.verb, told)
    made = made if statement else _mode(rng, core, made)
    if core.way == "time":
        return _with_time(rng, made, core.what[0])
    made = _with_objects(rng, core, made) if core.way == "object" else _complemented(rng, core, made)
    return _time(rng, made) if rng.random() < (0.17 if made.tense == "future" else 0.38) else made


def _subject(rng: random.Random, core: Core) -> tuple[Noun, ...]:
    # What a statement says about a subject needs no adjective before it: "the red kite is old" would say two things.
    nouns = tuple(noun(rng, "you" if head == ORDER else head, core.subject, bare=core.way == "state") for head in core.subject)
    return tuple(_single(item) for item in nouns) if core.way == "job" else nouns


def _single(item: Noun) -> Noun:
    """The same noun when there is one of it, known to both."""
    return replace(item, plural=False, number="", article="the" if item.article or (item.plural and not item.owner) else "")


def _with_objects(rng: random.Random, core: Core, made: Clause) -> Clause:
    objects = tuple(noun(rng, head, core.subject) for head in core.what)
    if "many" in BY_NAME[core.verb].remarks:
        objects = tuple(replace(item, plural=True, article="the") if _countable(item) else item for item in objects)
    places = _recipient(rng, core) or (_where(rng, core) if made.asks != "where" else ())
    done_somehow = "still" not in BY_NAME[core.verb].remarks and not places and rng.random() < 0.16
    return replace(made, objects=objects, places=places, manner=rng.choice(MANNERS) if done_somehow else "")


def _countable(item: Noun) -> bool:
    return item.head in KIND and KIND[item.head] != "small" and item.head not in (*MASS, *ONLY_ONE, *ONE_LOOKS_LIKE_MANY) and not item.owner


def _complemented(rng: random.Random, core: Core, made: Clause) -> Clause:
    if core.way == "state":
        return replace(made, state=core.what[0])
    if core.way == "job":
        return replace(made, role=Noun(core.what[0], "a"))
    if core.way == "manner":
        return replace(made, manner=core.what[0])
    return replace(made, places=((core.what[0], noun(rng, core.what[1], core.subject)),))
