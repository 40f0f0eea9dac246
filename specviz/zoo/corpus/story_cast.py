"""Casts a story: draws who is in it, what they have and where it happens, and names each by the slot the plots use.

Slots of people are ``{hero}``, ``{friend}`` and ``{helper}``, their pronouns ``{he} {him} {his}``, ``{fhe} {fhim} {fhis}`` and
``{ghe} {ghim} {ghis}``, and what they are ``{kind}``, ``{fkind}``, ``{gkind}``. A slot with a capital, ``{He}``, begins a sentence.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from specviz.zoo.corpus.base import Split, draw_for_split
from specviz.zoo.corpus.story_plot import Plot
from specviz.zoo.corpus.words import common, story as words
from specviz.zoo.corpus.words.story_places import PLACE_SETS, PLACES

World = Literal["children", "animals", "trades"]
_WORLDS: tuple[World, ...] = ("children", "children", "children", "children", "animals", "animals", "animals", "trades", "trades")
_PRONOUNS = {"she": ("she", "her", "her", "herself"), "he": ("he", "him", "his", "himself")}
_AGES = {"children": ("six", "seven", "eight", "nine", "ten", "eleven"), "animals": ("three", "four", "five", "six", "seven", "eight")}
_TRADE_AGES = ("thirty", "thirty-three", "forty", "forty-one", "fifty", "fifty-five")
_GROWN_UP = tuple(job for job in common.JOBS if job not in {"student", "postman"})  # a helper is grown up, and may be a she
_STRANGER_PLOTS = {"neighbour"}  # the friend is met in the story, so nobody may call them "her friend" before


@dataclass(frozen=True)
class Core:
    """The combination a story is about; it belongs to one split alone."""

    hero: str
    thing: str
    place: str

    @property
    def content(self) -> str:
        """Its name for :func:`split_of`."""
        return f"story:{self.hero}|{self.thing}|{self.place}"


@dataclass(frozen=True)
class Cast:
    """Every slot of one story, in small letters and with a capital, and how each person is introduced."""

    core: Core
    slots: dict[str, str]
    introductions: dict[str, tuple[str, str]]


def draw_core(plot: Plot, split: Split, rng: random.Random) -> Core:
    """Draw hero, thing and place that suit the plot until the three belong to the split."""
    things = [thing for thing in words.OBJECT_SETS[plot.objects] if thing != plot.name]
    places = PLACE_SETS[plot.places]
    return draw_for_split(split, lambda: Core(rng.choice(common.NAMES), rng.choice(things), rng.choice(places)), lambda core: core.content)


def cast_story(plot: Plot, core: Core, rng: random.Random) -> Cast:
    """Draw everything else."""
    world = rng.choice(_WORLDS)
    slots, introductions = _people(plot, core.hero, world, rng)
    slots |= _things(core, rng) | _places(core, rng) | _food(rng) | _numbers(world, rng) | _sayings(slots, rng)
    slots |= {name.capitalize(): value[:1].upper() + value[1:] for name, value in slots.items()}
    return Cast(core, slots, introductions)


def _distinct(rng: random.Random, pool: Sequence[str], first: str, count: int) -> list[str]:
    """``first`` and ``count - 1`` others, all different."""
    return [first, *rng.sample([item for item in pool if item != first], count - 1)]


def _people(plot: Plot, hero: str, world: World, rng: random.Random) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """Hero and friend are a she and a he, so that every pronoun has one meaning."""
    hero_is_she = hero in words.SHE_NAMES
    friend = rng.choice(words.HE_NAMES if hero_is_she else words.SHE_NAMES)
    helper = rng.choice([name for name in common.NAMES if name not in {hero, friend}])
    kinds = _kinds(world, hero_is_she=hero_is_she, rng=rng)
    slots = {"hero": hero, "friend": friend, "helper": helper}
    for prefix, kind_slot, name, kind in zip(("", "f", "g"), ("kind", "fkind", "gkind"), (hero, friend, helper), kinds, strict=True):
        pronouns = _PRONOUNS["she" if name in words.SHE_NAMES else "he"]
        slots |= {f"{prefix}{slot}": word for slot, word in zip(("he", "him", "his", "himself"), pronouns, strict=True)}
        slots[kind_slot] = kind
    slots["a_hero"] = rng.choice((f"a {slots['kind']} called {hero}", f"a {slots['kind']} named {hero}"))
    return slots, _introductions(slots, world, stranger=plot.name in _STRANGER_PLOTS, rng=rng)


def _kinds(world: World, *, hero_is_she: bool, rng: random.Random) -> tuple[str, str, str]:
    if world == "children":
        return ("girl", "boy", rng.choice(_GROWN_UP)) if hero_is_she else ("boy", "girl", rng.choice(_GROWN_UP))
    one, two, three = rng.sample(common.ANIMALS if world == "animals" else _GROWN_UP, 3)
    return one, two, three


def _introductions(slots: dict[str, str], world: World, *, stranger: bool, rng: random.Random) -> dict[str, tuple[str, str]]:
    """How hero, friend and helper are called the first time: when hero or friend opens the story, and when they come second."""
    named = {who: f"{slots[who]} the {slots[kind]}" for who, kind in (("hero", "kind"), ("friend", "fkind"), ("helper", "gkind"))}
    helper = rng.choice((named["helper"], named["helper"], f"old {named['helper']}"))
    if world != "children":
        return {"hero": (named["hero"],) * 2, "friend": (named["friend"],) * 2, "helper": (helper,) * 2}
    bond = rng.choice(("friend", "friend", "best friend", "cousin", "neighbour"))
    adjective = rng.choice(("young ", "little ", "", ""))
    second = f"a {slots['fkind']} called {slots['friend']}" if stranger else f"{slots['his']} {bond} {slots['friend']}"
    return {
        "hero": (f"{adjective}{slots['hero']}", slots["hero"] if stranger else f"{slots['fhis']} {bond} {slots['hero']}"),
        "friend": (f"a {slots['fkind']} called {slots['friend']}" if stranger else slots["friend"], second),
        "helper": (helper, helper),
    }


def _things(core: Core, rng: random.Random) -> dict[str, str]:
    """Up to three coloured things; ``joy`` is what the first one did, after "it"."""
    things = _distinct(rng, words.OBJECT_SETS["any"], core.thing, 3)
    colours = rng.sample(common.COLOURS, 3)
    slots = {"joy": rng.choice(words.OBJECTS[core.thing])}
    for number, thing, colour in zip(("", "2", "3"), things, colours, strict=True):
        slots |= {f"object{number}": thing, f"colour{number}": colour, f"thing{number}": f"{colour} {thing}"}
    return slots


def _places(core: Core, rng: random.Random) -> dict[str, str]:
    """Where it happens and a second place on the way, which is never indoors."""
    other = rng.choice([place for place in PLACE_SETS["out"] if place != core.place])
    slots: dict[str, str] = {}
    for number, name in (("", core.place), ("2", other)):
        place = PLACES[name]
        slots |= {f"place{number}": name, f"at{number}": f"{place.preposition} the {name}", f"detail{number}": rng.choice(place.details)}
    return slots | {"spot": rng.choice(PLACES[core.place].spots)}


def _food(rng: random.Random) -> dict[str, str]:
    flavour = rng.choice(list(words.FLAVOURS))
    slots = {"treat": f"{flavour} {rng.choice(words.DISHES)}", "fruit": flavour, "scent": words.FLAVOURS[flavour]}
    for number, staple in enumerate(rng.sample([staple for staple in words.STAPLES if staple != flavour], 3), 1):
        slots |= {f"i{number}": staple, f"q{number}": rng.choice(words.STAPLES[staple])}
    return slots | {"fruits": rng.choice(words.FRUITS), "veg": rng.choice(words.VEGETABLES)}


def _numbers(world: World, rng: random.Random) -> dict[str, str]:
    """``number2`` is greater than ``number``."""
    number = rng.randrange(len(words.NUMBERS) - 3)
    return {
        "number": words.NUMBERS[number],
        "number2": words.NUMBERS[number + rng.randint(1, 3)],
        "age": rng.choice(_AGES.get(world, _TRADE_AGES)),
    }


def _sayings(people: dict[str, str], rng: random.Random) -> dict[str, str]:
    """Days, towns, messages, passwords and names of pets and boats."""
    day, day2 = rng.sample(words.DAYS, 2)
    town, town2 = rng.sample(words.TOWNS, 2)
    cast_kinds = {people["kind"], people["fkind"], people["gkind"]}
    return {
        "day": day,
        "day2": day2,
        "town": town,
        "town2": town2,
        "message": f"{rng.choice(words.MESSAGES)} {rng.choice(words.MESSAGE_ENDS)}",
        "word": " ".join(rng.choice(part) for part in words.PASSWORDS),
        "boatname": " ".join(rng.choice(part) for part in words.BOAT_NAMES),
        "pet": rng.choice(words.PETS),
        "animal": rng.choice([animal for animal in words.STRAYS if animal not in cast_kinds]),
    }
