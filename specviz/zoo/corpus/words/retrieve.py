"""Facts, questions and prompts of the family ``retrieve``. Data alone."""

from __future__ import annotations

from typing import NamedTuple


class Statement(NamedTuple):
    """A sentence and what can be asked about it: each question with the piece of the sentence that answers it."""

    frame: str
    questions: tuple[tuple[str, str], ...]


class FactKind(NamedTuple):
    """Ways to state one kind of fact; the combination of its ``core`` slots belongs to one split.

    Questions use the words of the sentence in its order as far as English lets them, since a small model finds a sentence by the
    words it shares with the question. Every question names a person, a ship, a team or a coloured thing, which no other sentence has.
    """

    core: tuple[str, ...]
    statements: tuple[Statement, ...]


KEEP = FactKind(
    ("name1", "colour1", "thing1", "place1"),
    (
        Statement(
            "{name1} keeps {a colour1} {thing1} {in place1}.",
            (
                ("Where does {name1} keep the {colour1} {thing1}?", "{in place1}"),
                ("Where does {name1} keep {a colour1} {thing1}?", "{in place1}"),
                ("What does {name1} keep {in place1}?", "{a colour1} {thing1}"),
                ("What colour is the {thing1} that {name1} keeps {in place1}?", "{colour1}"),
                ("Who keeps {a colour1} {thing1} {in place1}?", "{name1}"),
            ),
        ),
        Statement(
            "The {colour1} {thing1} {in place1} belongs to {name1}.",
            (
                ("Who does the {colour1} {thing1} {in place1} belong to?", "{name1}"),
                ("To whom does the {colour1} {thing1} belong?", "{name1}"),
                ("Where is the {colour1} {thing1} that belongs to {name1}?", "{in place1}"),
            ),
        ),
    ),
)

PET = FactKind(
    ("name1", "animal1", "place1"),
    (
        Statement(
            "{name1} has {a animal1} that sleeps {in place1}.",
            (
                ("What animal does {name1} have?", "{a animal1}"),
                ("{name1} has {a animal1}. Where does it sleep?", "{in place1}"),
                ("Who has {a animal1} that sleeps {in place1}?", "{name1}"),
            ),
        ),
        Statement(
            "The {animal1} of {name1} likes to sit {in place1}.",
            (
                ("Where does the {animal1} of {name1} like to sit?", "{in place1}"),
                ("Whose {animal1} likes to sit {in place1}?", "{name1}"),
            ),
        ),
    ),
)

WORK = FactKind(
    ("name1", "job1", "place1", "day1"),
    (
        Statement(
            "{name1} the {job1} works {in place1} on {day1}.",
            (
                ("Where does {name1} the {job1} work on {day1}?", "{in place1}"),
                ("When does {name1} the {job1} work {in place1}?", "on {day1}"),
                ("On which day does {name1} work {in place1}?", "on {day1}"),
                ("What is the job of {name1}?", "{job1}"),
            ),
        ),
        Statement(
            "On {day1} {name1} the {job1} has lunch {in place1}.",
            (
                ("Where does {name1} the {job1} have lunch?", "{in place1}"),
                ("On which day does {name1} the {job1} have lunch {in place1}?", "on {day1}"),
            ),
        ),
    ),
)

GROW = FactKind(
    ("name1", "number1", "fruit1"),
    (
        Statement(
            "{name1} has grown {number1} {many fruit1} {in place1}.",
            (
                ("How many {many fruit1} has {name1} grown {in place1}?", "{number1}"),
                ("How many {many fruit1} has {name1} grown?", "{number1}"),
                ("Where has {name1} grown {number1} {many fruit1}?", "{in place1}"),
                ("What has {name1} grown {in place1}?", "{number1} {many fruit1}"),
                ("Who has grown {number1} {many fruit1} {in place1}?", "{name1}"),
            ),
        ),
    ),
)

SHIP = FactKind(
    ("ship1", "name1", "port1"),
    (
        Statement(
            "The {ship1} sails with Captain {name1} to {port1} on {day1}.",
            (
                ("With whom does the {ship1} sail to {port1}?", "with Captain {name1}"),
                ("Where does the {ship1} sail with Captain {name1}?", "to {port1}"),
                ("On which day does the {ship1} sail to {port1}?", "on {day1}"),
                ("When does the {ship1} sail with Captain {name1}?", "on {day1}"),
            ),
        ),
        Statement(
            "Captain {name1} brings {number1} {many thing1} to {port1} on the {ship1}.",
            (
                ("What does Captain {name1} bring to {port1}?", "{number1} {many thing1}"),
                ("How many {many thing1} does Captain {name1} bring to {port1}?", "{number1}"),
                ("Where does Captain {name1} bring {number1} {many thing1}?", "to {port1}"),
                ("On which ship does Captain {name1} bring {number1} {many thing1}?", "on the {ship1}"),
            ),
        ),
    ),
)

SELL = FactKind(
    ("name1", "thing1", "number1"),
    (
        Statement(
            "{name1} sells {many thing1} for {number1} coins {in place1}.",
            (
                ("What does {name1} sell for {number1} coins?", "{many thing1}"),
                ("Where does {name1} sell {many thing1}?", "{in place1}"),
                ("For how many coins does {name1} sell {many thing1}?", "{number1}"),
                ("Who sells {many thing1} for {number1} coins?", "{name1}"),
            ),
        ),
        Statement(
            "{name1} paid {number1} coins for {a colour1} {thing1}.",
            (
                ("How many coins did {name1} pay for {a colour1} {thing1}?", "{number1}"),
                ("What did {name1} pay {number1} coins for?", "{a colour1} {thing1}"),
                ("What colour is the {thing1} that {name1} paid for?", "{colour1}"),
            ),
        ),
    ),
)

PLAY = FactKind(
    ("name1", "tune1", "place1", "day1"),
    (
        Statement(
            "{name1} plays the {tune1} {in place1} on {day1}.",
            (
                ("What does {name1} play {in place1}?", "the {tune1}"),
                ("Where does {name1} play the {tune1}?", "{in place1}"),
                ("When does {name1} play the {tune1}?", "on {day1}"),
                ("Who plays the {tune1} {in place1} on {day1}?", "{name1}"),
            ),
        ),
    ),
)

TEAM = FactKind(
    ("team1", "outdoors1", "day1", "name1"),
    (
        Statement(
            "The {team1} play {in outdoors1} on {day1}, and {name1} keeps the goal.",
            (
                ("Where do the {team1} play on {day1}?", "{in outdoors1}"),
                ("When do the {team1} play {in outdoors1}?", "on {day1}"),
                ("The {team1} play on {day1}, and who keeps the goal?", "{name1}"),
            ),
        ),
    ),
)

GIFT = FactKind(
    ("name1", "name2", "colour1", "thing1"),
    (
        Statement(
            "{name1} gave {name2} {a colour1} {thing1} on {day1}.",
            (
                ("What did {name1} give {name2} on {day1}?", "{a colour1} {thing1}"),
                ("On which day did {name1} give {name2} {a colour1} {thing1}?", "on {day1}"),
                ("What colour is the {thing1} that {name1} gave {name2}?", "{colour1}"),
                ("Who gave {name2} {a colour1} {thing1}?", "{name1}"),
            ),
        ),
        Statement(
            "{name1} wants to learn how to {skill1} from {name2}.",
            (
                ("What does {name1} want to learn from {name2}?", "how to {skill1}"),
                ("From whom does {name1} want to learn how to {skill1}?", "{name2}"),
            ),
        ),
    ),
)

DOOR = FactKind(
    ("name1", "colour1", "number1"),
    (
        Statement(
            "The door of {name1} is {colour1} and has the number {number1}.",
            (
                ("What colour is the door of {name1}?", "{colour1}"),
                ("The door of {name1} is {colour1}. What number does it have?", "{number1}"),
                ("What number does the door of {name1} have?", "{number1}"),
            ),
        ),
        Statement(
            "{name1} painted {number1} chairs {colour1} in {month1}.",
            (
                ("How many chairs did {name1} paint {colour1}?", "{number1}"),
                ("In which month did {name1} paint {number1} chairs {colour1}?", "in {month1}"),
                ("What colour did {name1} paint {number1} chairs?", "{colour1}"),
            ),
        ),
    ),
)

BORN = FactKind(
    ("name1", "month1", "place1"),
    (
        Statement(
            "{name1} was born in {month1} and lives {in place1}.",
            (
                ("In which month was {name1} born?", "in {month1}"),
                ("{name1} was born in {month1} and lives where?", "{in place1}"),
                ("Where does {name1} live?", "{in place1}"),
            ),
        ),
        Statement(
            "{name1} learned to {skill1} {in place1} in {month1}.",
            (
                ("Where did {name1} learn to {skill1}?", "{in place1}"),
                ("In which month did {name1} learn to {skill1}?", "in {month1}"),
                ("What did {name1} learn {in place1}?", "to {skill1}"),
            ),
        ),
    ),
)

BAKE = FactKind(
    ("name1", "fruit1", "dish1", "name2"),
    (
        Statement(
            "{name1} makes {fruit1} {dish1} for {name2} on {day1}.",
            (
                ("What does {name1} make for {name2} on {day1}?", "{fruit1} {dish1}"),
                ("For whom does {name1} make {fruit1} {dish1}?", "{name2}"),
                ("On which day does {name1} make {fruit1} {dish1} for {name2}?", "on {day1}"),
                ("Who makes {fruit1} {dish1} for {name2}?", "{name1}"),
            ),
        ),
        Statement(
            "{name1} ate {few1} {many fruit1} {in place1} and was ill until {day1}.",
            (
                ("How many {many fruit1} did {name1} eat {in place1}?", "{few1}"),
                ("Where did {name1} eat {few1} {many fruit1}?", "{in place1}"),
                ("{name1} ate {few1} {many fruit1} and was ill until when?", "until {day1}"),
            ),
        ),
    ),
)

LOSE = FactKind(
    ("name1", "few1", "thing1", "place1"),
    (
        Statement(
            "{name1} has lost {few1} {many thing1} {in place1}.",
            (
                ("How many {many thing1} has {name1} lost {in place1}?", "{few1}"),
                ("Where has {name1} lost {few1} {many thing1}?", "{in place1}"),
                ("What has {name1} lost {in place1}?", "{few1} {many thing1}"),
            ),
        ),
        Statement(
            "{name1} saw {few1} {many animal1} {in place1} on {day1}.",
            (
                ("How many {many animal1} did {name1} see {in place1}?", "{few1}"),
                ("Where did {name1} see {few1} {many animal1}?", "{in place1}"),
                ("What did {name1} see {in place1} on {day1}?", "{few1} {many animal1}"),
                ("On which day did {name1} see {few1} {many animal1}?", "on {day1}"),
            ),
        ),
    ),
)

FACT_KINDS = (KEEP, PET, WORK, GROW, SHIP, SELL, PLAY, TEAM, GIFT, DOOR, BORN, BAKE, LOSE)
