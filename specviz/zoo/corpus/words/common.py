"""The people, things and places of all small worlds, so that what one family teaches helps the others."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NAMES = _words("""
    Ada Amir Anna Arlo Bea Ben Bruno Carla Cleo Dana Dora Eli Elsa Emil Enzo Eva Felix Fern Finn Gia Gus Hana Hugo Ida Igor Ines Iris
    Ivan Jack Jana Joel June Kai Kira Lara Lena Leo Lila Lina Luca Maja Marco Mara Max Mila Mina Nadia Nico Nina Noah Nora Olga Omar
    Oscar Otto Paula Pia Quinn Rafi Rita Rosa Ruben Sam Sara Selma Sven Tara Theo Tilda Tim Uma Vera Viktor Wanda Willa Yara Yusuf Zara Zoe
""")

COLOURS = _words("red blue green yellow white black brown grey pink purple orange golden silver")

ANIMALS = _words("""
    fox bear rabbit owl mouse hedgehog badger otter squirrel deer wolf crow duck goose cat dog pony donkey goat sheep frog turtle heron
    sparrow robin mole beaver lynx stork swan
""")

OBJECTS = _words("""
    kite lamp basket scarf drum key map bell ball boat book box brush bucket button candle chair clock coat comb cup doll flute glove
    hammer hat jar kettle ladder letter mirror needle net pan pencil pillow pipe plate puzzle quilt ribbon ring rope sack saddle shell
    shovel spoon stone stool ticket towel trumpet umbrella vase violin wagon whistle wheel
""")

FOODS = _words("""
    apple pear plum cherry peach lemon melon carrot potato onion bean pea pumpkin cabbage turnip mushroom bread cake pie soup cheese
    butter honey jam egg nut rice noodle biscuit muffin
""")

PLACES = _words("""
    garden kitchen attic cellar barn mill bridge river lake forest meadow hill market harbour station school library bakery tower chapel
    well orchard cave beach island village castle farm museum theatre workshop stable square park tunnel lighthouse
""")

JOBS = _words("""
    baker farmer miller tailor sailor teacher doctor painter potter weaver fisher gardener carpenter smith singer writer cook driver
    guard judge librarian mason nurse pilot postman shepherd student cobbler clockmaker beekeeper
""")

FUNCTION_WORDS = _words("""
    a an and are as at be been but by did do does for from had has have he her him his i if in into is it its me my no not of off on or our out
    over she so than that the their them then there they this to up was we were what when where which who will with you your
""")
