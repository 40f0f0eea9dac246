"""Kinds of text about things that the family ``summarise`` sums up: recipes, cargo, sales, experiments. Frames alone."""

from __future__ import annotations

from specviz.zoo.corpus.words.passages import TextKind

RECIPE = TextKind(
    is_tale=False,
    noun="recipe",
    core=("name1", "fruit1", "dish1", "number1"),
    titles=("", "{fruit1} {dish1}", "From the kitchen of {name1}"),
    parts=(
        (
            "This is how {name1} makes {fruit1} {dish1}.",
            "{name1} is famous for {his name1} {fruit1} {dish1}, and here is how it is made.",
            "[Here is|We proudly print] the recipe for {fruit1} {dish1} by {name1}.",
        ),
        (
            "[Take|Wash] {few1} {many fruit1} and [cut them up|chop them small].",
            "You need {few1} {many fruit1}[, as fresh as you can find|].",
            "[First|To begin], peel {few1} {many fruit1}.",
        ),
        (
            "It needs {number1} minutes in the oven.",
            "Then it goes into the oven for {number1} minutes.",
            "Leave it in the oven for {number1} minutes[, and do not peep|].",
        ),
        (
            "It is best with a little {fruit2} sauce.",
            "Serve it with {fruit2} sauce.",
            "On top goes [some|a spoonful of|plenty of] {fruit2} sauce.",
        ),
    ),
    fillers=(
        "Stir with a wooden spoon, and sing if you can.",
        "A pinch of salt does no harm.",
        "{name9} adds pepper, but {name9} adds pepper to everything.",
        "Keep the {animal1} out of the kitchen.",
        "Do not lick the bowl before the end.",
        "It tastes even better the next day, if any is left.",
    ),
    summary=(
        "{name1} makes {fruit1} {dish1} with {few1} {many fruit1}.",
        "It needs {number1} minutes in the oven.",
        "It is served with {fruit2} sauce.",
    ),
)

CARGO = TextKind(
    is_tale=False,
    noun="shipping list",
    core=("ship1", "name1", "thing1", "number1"),
    titles=("", "The {ship1}", "Cargo"),
    parts=(
        (
            "The {ship1} leaves on {day1}, and {name1} is the captain.",
            "Captain {name1} leaves on {day1} with the good ship {ship1}.",
            "On {day1} the {ship1} puts to sea with {name1} as captain.",
        ),
        (
            "On board are {number1} {many thing1} and {number2} {many thing2}.",
            "She carries {number1} {many thing1} and {number2} {many thing2}.",
            "[In the hold there are|We counted] {number1} {many thing1} and {number2} {many thing2}.",
        ),
        (
            "[All of it|Everything] goes to {name2}, who lives on the other shore.",
            "The cargo is for {name2}[, who cannot wait|, who ordered it in spring|].",
            "{name2} [ordered|will get] it all.",
        ),
    ),
    fillers=(
        "The cook has packed a barrel of {many fruit9}.",
        "{a animal1} came on board and [refuses to leave|has been given a hat].",
        "The sails are [patched|clean], and the sea is calm.",
        "{name9} counted everything twice and got three answers.",
        "Please keep it all dry.",
    ),
    summary=(
        "The {ship1} leaves on {day1} with {name1} as captain.",
        "On board are {number1} {many thing1} and {number2} {many thing2}.",
        "The cargo is for {name2}.",
    ),
)

SALE = TextKind(
    noun="report of the sale",
    core=("name1", "name2", "thing1", "number1"),
    titles=("", "Sold!", "The sale"),
    parts=(
        (
            "At the big sale {in place1}, {name1} sold {a colour1} {thing1}.",
            "{name1} brought {a colour1} {thing1} to the big sale {in place1}[ and sold it|].",
            "There was a big sale {in place1}, and {name1} had {a colour1} {thing1} to sell.",
        ),
        (
            "{name2} bought it for {number1} coins.",
            "It went to {name2} for {number1} coins.",
            "For {number1} coins it [went|was sold] to {name2}.",
        ),
        (
            "[The money will pay for|With the money {name1} will buy] {a animal1}.",
            "{name1} [now has enough money|can now pay] for {a animal1}.",
            "The money is meant for {a animal1}[, an old dream of {name1}|].",
        ),
    ),
    fillers=(
        "{name9} had offered a pie instead.",
        "Somebody [sneezed and nearly bought a wardrobe|fainted, but only a little].",
        "The hall was full, and the soup was hot.",
        "A small {fruit9} fell off a table and rolled away.",
        "{name9} bought nothing, as always, and enjoyed it.",
    ),
    summary=(
        "{name1} sold {a colour1} {thing1} {in place1}.",
        "{name2} bought it for {number1} coins.",
        "The money is for {a animal1}.",
    ),
)

TRIAL = TextKind(
    noun="report of the experiment",
    core=("name1", "fruit1", "fruit2", "number1"),
    titles=("", "Our experiment", "A race of plants"),
    parts=(
        (
            "{name1} planted {a fruit1} {in place1} and {a fruit2} {in place2}.",
            "For an experiment, {name1} planted {a fruit1} {in place1} and {a fruit2} {in place2}.",
            "Which grows faster? {name1} planted {a fruit1} {in place1} and {a fruit2} {in place2} to find out.",
        ),
        (
            "By {month1}, the {fruit1} was {number1} centimetres high and the {fruit2} {number2}.",
            "In {month1} the {fruit1} measured {number1} centimetres and the {fruit2} {number2}.",
            "When {month1} came, the {fruit1} had grown to {number1} centimetres, the {fruit2} to {number2}.",
        ),
        (
            "{name2} watered [both|them both] every day.",
            "Every day {name2} [gave them water|watered them].",
            "It was {name2} who watered them[, with a teaspoon|].",
        ),
    ),
    fillers=(
        "The class made a [drawing|long table] every week.",
        "{name9} talked to the plants, [mostly about football|in a low voice].",
        "{a animal1} ate one leaf and was sorry.",
        "There was sun on most days.",
        "Our ruler is a little bent.",
    ),
    summary=(
        "{name1} planted {a fruit1} {in place1} and {a fruit2} {in place2}.",
        "In {month1} the {fruit1} was {number1} centimetres high and the {fruit2} {number2}.",
        "{name2} watered them.",
    ),
)

THINGS = (RECIPE, CARGO, SALE, TRIAL)
