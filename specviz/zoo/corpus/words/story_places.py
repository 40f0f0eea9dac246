"""The places of the story family: how one is there, what there is to see, and where a thing may lie hidden."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A place of words/common.py: the word before "the", two or more sentences about it, and hiding places."""

    preposition: str
    details: tuple[str, ...]
    spots: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _place(text: str) -> tuple[str, Place]:
    name, preposition, details, spots = (part.strip() for part in text.split(" | "))
    return name, Place(preposition, tuple(details.split(" / ")), tuple(spots.split(" / ")))


PLACES = dict(
    _place(line)
    for line in """
garden | in | The beans had climbed to the top of their poles. / Bees hummed in the lavender.
| under the rose bush / behind the watering can
kitchen | in | Copper pots gleamed on the wall. / Something was bubbling quietly on the stove.
| under the table / behind the bread bin
attic | in | Dust danced in the light of the small window. / The old beams creaked as if they were telling jokes.
| behind the trunk / under a pile of curtains
cellar | in | It was cool there and smelled of apples. / Cobwebs hung like grey lace between the barrels.
| behind the jam shelf / between two barrels
barn | in | The hay smelled of last summer. / A hen was explaining something to the other hens.
| under the hay / behind the ladder
mill | at | The great sails turned with a sigh. / Flour lay on everything like snow.
| between two sacks of flour / behind the millstone
bridge | on | The water gurgled under the old stones. / A fish jumped, just to see who was there.
| under the lantern post / behind the railing
river | by | The water was as brown as tea. / Dragonflies darted over the reeds.
| between the reeds / under the willow
lake | by | The water was so still that the clouds looked at themselves in it. / Two swans were sailing along side by side.
| under an upturned boat / behind the reeds
forest | in | It smelled of moss and mushrooms. / Sunlight fell through the leaves in golden coins.
| between two roots / under a fern
meadow | in | The grass was full of crickets. / Poppies nodded in the wind.
| under the buttercups / behind a haystack
hill | on | From up there you could see three villages and a piece of the sea. / The wind was always at home there.
| behind the big stone / under the lonely pine
market | at | The sellers called out the price of cabbages. / It smelled of cheese and roast chestnuts.
| under the cheese stall / behind a heap of melons
harbour | at | The boats bumped gently against the wall. / Gulls were quarrelling over a herring.
| behind the fishing nets / under an old anchor
station | at | The clock there was always four minutes fast. / A train puffed as if it had run all the way.
| under the waiting bench / behind the ticket machine
school | at | Somebody had drawn a whale on the blackboard. / The corridor smelled of chalk and wet coats.
| behind the piano / under the last desk
library | in | It was so quiet that you could hear the pages turn. / The shelves reached up to the ceiling.
| behind the dictionaries / under the reading lamp
bakery | in | Warm rolls were piled up like a mountain. / The air was white with flour and sweet with sugar.
| behind the oven / under the counter
tower | in | There were ninety-nine steps and one short one. / Pigeons cooed under the roof.
| under the stairs / behind the great bell
chapel | in | Coloured light lay on the stone floor. / Every step had an echo there.
| behind the organ / under the front bench
well | by | If you called into it, it answered. / The bucket swung slowly on its chain.
| behind the mossy wall / under the stone bench
orchard | in | The branches were heavy with fruit. / A blackbird was tasting the cherries.
| under the oldest apple tree / behind the wheelbarrow
cave | in | Drops fell from the ceiling, one by one. / The walls glittered like a starry sky.
| behind a flat rock / under a ledge
beach | on | The waves drew white lines on the sand. / A crab was walking sideways to an appointment.
| under a piece of driftwood / behind the bathing hut
island | on | There was nothing there but grass, gulls and one goat. / The sea murmured on all sides.
| under the only palm / behind the goat shed
castle | in | The flags flapped on the towers. / An old suit of armour stood guard and rusted.
| behind the throne / under the spiral stairs
farm | on | The pigs were having a bath in the mud. / A cockerel crowed, three hours late.
| behind the tractor / under the cart
museum | in | A dinosaur grinned down at the visitors. / The guard had fallen asleep beside a king.
| behind the stuffed bear / under a glass case
theatre | in | The red curtain was as heavy as night. / Somebody was rehearsing a very long death.
| under the stage / behind the painted forest
workshop | in | Curly wood shavings covered the floor. / It smelled of glue and fresh pine.
| under the workbench / behind the tool chest
stable | in | The horses snorted softly in their sleep. / A mouse was counting the oats.
| under the straw / behind the manger
square | in | The fountain splashed in the sun. / Old men were playing chess under the chestnut tree.
| behind the fountain / under the statue
park | in | Ducks stood in a queue at the pond. / A band was playing a slow waltz.
| under a green bench / behind the bandstand
tunnel | in | Every word came back three times. / Far away there was a small round piece of daylight.
| behind a loose brick / under the iron ladder
lighthouse | at | The great lamp turned and winked at the ships. / Salt lay on the windows like frost.
| under the winding stairs / behind a coil of rope
""".strip()
    .replace("\n|", " |")
    .splitlines()
)

_INDOORS = {
    "kitchen",
    "attic",
    "cellar",
    "library",
    "bakery",
    "chapel",
    "museum",
    "theatre",
    "workshop",
    "stable",
    "school",
    "tower",
    "tunnel",
    "cave",
}

# What each plot's list of suitable places is called.
PLACE_SETS = {
    "any": tuple(PLACES),
    "out": tuple(place for place in PLACES if place not in _INDOORS),
    "town": tuple(place for place in PLACES if place not in {"kitchen", "attic", "cellar", "cave", "tunnel"}),
    "dark": _words("attic cellar barn mill forest tower chapel cave castle stable tunnel lighthouse library museum theatre workshop"),
    "den": _words("attic cellar barn mill tower cave castle stable workshop lighthouse"),
    "water": _words("river lake harbour beach island mill lighthouse bridge"),
}
