"""What conversations about days, people, animals and true things are about: one draw for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specviz.zoo.corpus.chat_parts import Fields, amount
from specviz.zoo.corpus.words import chat as words
from specviz.zoo.corpus.words.chat_facts import EXPLAIN
from specviz.zoo.corpus.words.chat_howto import HOW_TO, RHYMES
from specviz.zoo.corpus.words.common import ANIMALS, COLOURS, JOBS, NAMES, OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def person(rng: Random) -> dict[str, str]:
    """A name and its pronouns."""
    if rng.random() < len(words.HE_NAMES) / len(NAMES):
        return {"name": rng.choice(words.HE_NAMES), "he": "he", "him": "him", "his": "his"}
    return {"name": rng.choice(words.SHE_NAMES), "he": "she", "him": "her", "his": "her"}


def person_and_other(rng: Random) -> dict[str, str]:
    """A person, and another name as ``r``."""
    somebody = person(rng)
    return {**somebody, "r": rng.choice([name for name in NAMES if name != somebody["name"]])}


def some(rng: Random, names: str, pool: tuple[str, ...]) -> dict[str, str]:
    """Different words from the pool for the fields ``names``."""
    fields = names.split()
    return dict(zip(fields, rng.sample(pool, len(fields)), strict=True))


def _bring(rng: Random) -> Fields:
    place = rng.choice(list(words.TRIPS))
    x, y, z = words.TRIPS[place]
    return {**person(rng), **some(rng, "food", words.PICNIC), "place": place, "x": x, "y": y, "z": z}


def _soup(rng: Random) -> Fields:
    return {**person(rng), **some(rng, "x y z", words.VEGETABLES), "extra": rng.choice(("bread", "butter", "cheese", "rice"))}


def _salad(rng: Random) -> Fields:
    before, left = rng.randint(1, 6), rng.randint(1, 5)
    hours: dict[str, str | int] = {"before": before, "left": left, "hour": before + left, "left_hours": amount(left, "hour")}
    return {**person(rng), **some(rng, "x y z", words.FRUIT), **hours}


def _plant(rng: Random) -> Fields:
    return {**person(rng), **some(rng, "w x y z", words.VEGETABLES[:-1])}


def _day(rng: Random) -> Fields:
    return {**person(rng), **some(rng, "w x y z", words.SIGHTS)}


def _hours(rng: Random) -> Fields:
    opens, closes = rng.randint(7, 11), rng.randint(14, 20)
    times = {"o": opens, "c": closes, "i": rng.randint(opens + 1, closes - 1), "l": rng.randint(closes + 1, 22), "e": rng.randint(5, opens - 1)}
    return {**person(rng), **times, "place": rng.choice(words.SHOPS), "long": closes - opens, "o2": opens + 2}


def _help(rng: Random) -> Fields:
    trouble, job, deed, job2 = rng.choice(words.HELP)
    found = {"trouble": trouble, "job": job, "deed": deed, "job2": job2}
    return {**person(rng), **found, **some(rng, "food", words.PICNIC), "hour": rng.randint(2, 8)}


def _gift(rng: Random) -> Fields:
    job = rng.choice(list(words.GIFTS))
    gift, gift2 = words.GIFTS[job]
    return {**person(rng), "job": job, "gift": gift, "gift2": gift2, "colour": rng.choice(COLOURS)}


def _howto(rng: Random) -> Fields:
    return {"name": rng.choice(NAMES), "day": rng.choice(DAYS), **dict(zip(("task", "s1", "s2", "s3", "s4"), rng.choice(HOW_TO), strict=True))}


def _directions(rng: Random) -> Fields:
    return {"name": rng.choice(NAMES), **some(rng, "a b c d", words.SIGHTS)}


def _party(rng: Random) -> Fields:
    return {**some(rng, "p q r", NAMES), **some(rng, "x y z", words.PICNIC)}


def _person(rng: Random) -> Fields:
    somebody = person(rng)
    pet = rng.choice([name for name in NAMES if name != somebody["name"]])
    place, animals = rng.choice(words.SIGHTS), some(rng, "animal animal2", words.PETS)
    return {**somebody, **animals, "pet": pet, "place": place, "job": rng.choice(JOBS)}


def _smalltalk(rng: Random) -> Fields:
    foods, thing = some(rng, "food food2", words.PICNIC), rng.choice(words.PORTABLE)
    place = rng.choice(words.SIGHTS)
    return {"name": rng.choice(NAMES), **foods, "place": place, "at": words.AT[place], "thing": thing}


def _note(rng: Random) -> Fields:
    at = some(rng, "at at2", tuple(words.AT.values()))
    return {**some(rng, "p q r", NAMES), **some(rng, "colour colour2", COLOURS), **at, "thing": rng.choice(words.PORTABLE)}


def _thanks(rng: Random) -> Fields:
    things, day = some(rng, "thing thing2", words.PORTABLE), rng.choice(DAYS)
    return {**person_and_other(rng), **things, **some(rng, "food", words.PICNIC), "colour": rng.choice(COLOURS), "day": day}


def _rhyme(rng: Random) -> Fields:
    thing, verb, end = rng.choice(RHYMES)
    return {**some(rng, "name r", NAMES), **some(rng, "colour colour2", COLOURS), "thing": thing, "verb": verb, "end": end}


def _story(rng: Random) -> Fields:
    what = {"colour": rng.choice(COLOURS), "thing": rng.choice(words.PORTABLE), "at": rng.choice(list(words.AT.values()))}
    return {**some(rng, "name r", NAMES), **some(rng, "animal animal2", ANIMALS), **what}


def _petname(rng: Random) -> Fields:
    colours = some(rng, "colour colour2", tuple(words.PET_NAMES))
    called = {"petname": words.PET_NAMES[colours["colour"]], "petname2": words.PET_NAMES[colours["colour2"]]}
    return {"name": rng.choice(NAMES), **colours, **called, "animal": rng.choice(words.PETS), **some(rng, "food", words.PICNIC)}


def _explain(rng: Random) -> Fields:
    fact = dict(zip(("question", "clause", "long", "short", "word"), rng.choice(EXPLAIN), strict=True))
    return {**person(rng), "job": rng.choice(JOBS), **fact}


def _riddle(rng: Random) -> Fields:
    (thing, riddle, reason), (guess, *_) = rng.sample(words.RIDDLES, 2)
    return {"name": rng.choice(NAMES), "thing": thing, "riddle": riddle, "reason": reason, "guess": guess}


def _animal(rng: Random) -> Fields:
    (animal, food, bed), (animal2, food2, _) = rng.sample(words.ANIMAL_LIFE, 2)
    place = rng.choice(("garden", "meadow", "forest", "park", "orchard", "hill", "river", "lake"))
    return {"name": rng.choice(NAMES), "animal": animal, "food": food, "bed": bed, "animal2": animal2, "food2": food2, "at": words.AT[place]}


def _polite(rng: Random) -> Fields:
    verb = rng.choice(("give", "bring", "show", "lend", "hand", "pass"))
    return {**person_and_other(rng), **some(rng, "thing thing2", OBJECTS), "verb": verb}


DRAWS: Mapping[str, Callable[[Random], Fields]] = {
    draw.__name__.lstrip("_"): draw
    for draw in (
        _bring, _soup, _salad, _plant, _day, _hours, _help, _gift, _howto, _directions, _party, _person, _smalltalk, _note, _thanks,
        _rhyme, _story, _petname, _explain, _riddle, _animal, _polite,
    )
}  # fmt: skip
