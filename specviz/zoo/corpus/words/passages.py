"""Words that the families ``summarise`` and ``retrieve`` share: what can fill a slot, and how it stands in a sentence."""

from __future__ import annotations

from typing import NamedTuple

from specviz.zoo.corpus.words.common import ANIMALS, COLOURS, JOBS, NAMES, OBJECTS


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = frozenset(
    _words("""
    Ada Anna Bea Carla Cleo Dana Dora Elsa Eva Fern Gia Hana Ida Ines Iris Jana June Kira Lara Lena Lila Lina Maja Mara Mila Mina Nadia
    Nina Nora Olga Paula Pia Quinn Rita Rosa Sara Selma Tara Tilda Uma Vera Wanda Willa Yara Zara Zoe
""")
)

# How things are in or near a place. "well" and "village" are left out: the first is also an adverb, the second stands in every frame.
IN_PLACE = {
    **dict.fromkeys(_words("garden kitchen attic cellar barn mill forest meadow library bakery tower chapel orchard cave castle"), "in"),
    **dict.fromkeys(_words("museum theatre workshop stable park tunnel lighthouse"), "in"),
    **dict.fromkeys(_words("market harbour station school"), "at"),
    **dict.fromkeys(_words("bridge hill beach island farm square"), "on"),
    **dict.fromkeys(_words("river lake"), "by"),
}

OUTDOORS = _words("garden forest meadow orchard castle park market harbour station bridge hill beach island farm square river lake")
DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = _words("January February March April May June July August September October November December")
FRUITS = _words("apple pear plum cherry peach lemon melon carrot potato onion bean pea pumpkin cabbage turnip mushroom")
DISHES = _words("pie soup cake salad stew pudding tart jam omelette casserole")
SHIPS = _words("""
    Bluebell Marigold Skylark Seagull Bumblebee Thistle Dandelion Primrose Firefly Snowdrop Starling Buttercup Puffin Kingfisher Dragonfly
    Lavender Nightingale Clover Comet Periwinkle
""")
PORTS = _words("""
    Gullhaven Sandport Oldbay Windmere Brightcove Shellham Northquay Tidewick Saltmouth Pebbleton Lanternby Foxhaven Kelpwick Amberport
    Driftwood Eastcliff Fernbay Goosewater Honeyport Larkhaven Mossbay Pearlwick Rockferry Swanmouth
""")
TEAMS = _words("Foxes Bears Owls Hedgehogs Badgers Otters Squirrels Wolves Crows Geese Donkeys Goats Frogs Herons Robins Moles Beavers Swans")
SKIES = _words("sunny rainy cloudy foggy windy stormy misty drizzly hazy breezy")
WINDS = _words("north south east west")
SKILLS = _words("paint sing juggle knit row swim whistle carve skate yodel weave dance sew ski dive fish draw sail ride climb")
TUNES = _words("flute violin trumpet drum piano harp guitar cello accordion tuba banjo clarinet")

# The kinds of value a slot can hold; a slot is a kind and, where there are several, a digit: name1, name2.
KINDS: dict[str, tuple[str, ...]] = {
    "name": tuple(name for name in NAMES if name not in MONTHS),  # June is a month here
    "place": tuple(IN_PLACE),
    "outdoors": OUTDOORS,
    "thing": OBJECTS,
    "colour": COLOURS,
    "animal": ANIMALS,
    "job": JOBS,
    "day": DAYS,
    "month": MONTHS,
    "fruit": FRUITS,
    "dish": DISHES,
    "ship": SHIPS,
    "port": PORTS,
    "team": TEAMS,
    "sky": SKIES,
    "wind": WINDS,
    "skill": SKILLS,
    "tune": TUNES,
    "number": tuple(str(n) for n in range(11, 100)),
    "few": tuple(str(n) for n in range(2, 10)),
    "small": tuple(str(n) for n in range(3, 33)),
    "large": tuple(str(n) for n in range(50, 100)),
}

# Kinds whose values are judged together: "few" is a number as well.
JUDGED_AS = {"few": "number", "small": "number", "large": "number", "outdoors": "place"}

IRREGULAR_PLURALS = {
    "scarf": "scarves",
    "wolf": "wolves",
    "mouse": "mice",
    "goose": "geese",
    "deer": "deer",
    "sheep": "sheep",
    "potato": "potatoes",
}


class TextKind(NamedTuple):
    """One kind of text to be summed up.

    ``core`` are the slots whose combination belongs to one split. ``parts`` are written in order, one frame of each; every frame of a
    part states the same facts. ``fillers`` do not matter for the summary and stand between the parts. ``summary`` is up to three
    sentences, the most important first. Sentences that fit into any tale are added where ``is_tale`` says so.
    """

    noun: str
    core: tuple[str, ...]
    titles: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    fillers: tuple[str, ...]
    summary: tuple[str, str, str]
    is_tale: bool = True
