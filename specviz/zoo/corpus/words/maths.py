"""The words of the maths family: what is counted, bought and shared, remarks without numbers, and ways to ask for a sum."""

from __future__ import annotations

from specviz.zoo.corpus.words.common import OBJECTS


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FRUIT = _words("apple pear plum cherry peach lemon melon carrot potato onion bean pea pumpkin turnip mushroom egg nut")
BAKED = _words("cake pie biscuit muffin bun pancake tart waffle pretzel scone")
SMALL = _words("marble sticker stamp acorn pebble feather sock bead badge card leaf seed flower postcard toffee balloon snail")
THINGS = (*FRUIT, *BAKED, *SMALL, *OBJECTS)
POCKETABLE = (*FRUIT, *BAKED, *SMALL)
SNACKS = (*FRUIT, *BAKED, "sandwich", "toffee")

IRREGULAR = {"leaf": "leaves", "scarf": "scarves", "potato": "potatoes", "mouse": "mice", "goose": "geese", "wolf": "wolves"}
SAME_IN_PLURAL = _words("sheep deer")

BOXES = _words("basket box jar bag crate tin sack drawer bowl bucket tray parcel")
COINS = _words("coins euros pounds dollars")
# the places that go with "at the"
AT_PLACES = _words("""
    mill bridge river lake market harbour station school library bakery tower chapel well beach castle farm museum theatre workshop
    lighthouse square park
""")
LEGS = {
    "duck": 2, "goose": 2, "owl": 2, "stork": 2, "sparrow": 2, "hen": 2, "robin": 2,
    "cat": 4, "dog": 4, "fox": 4, "goat": 4, "sheep": 4, "pony": 4, "bear": 4, "deer": 4, "frog": 4,
    "beetle": 6, "ant": 6, "bee": 6, "moth": 6, "spider": 8,
}  # fmt: skip
WHEELS = {"bicycle": 2, "tricycle": 3, "car": 4, "wagon": 4, "cart": 2, "lorry": 6}

EVENTS = (
    "concert", "film", "puppet show", "poetry evening", "swimming lesson", "tea party", "spelling contest", "football match", "dance class",
    "magic show", "baking lesson", "snail race", "garden party", "cheese tasting", "birthday party", "kite festival", "bell concert",
)  # fmt: skip
HEAVY = ("pumpkin", "piano stool", "cheese wheel", "sack of flour", "toolbox", "suitcase", "stone frog", "watermelon", "goose", "armchair")
TALL = ("sunflower", "tower of blocks", "ladder", "snowman", "beanstalk", "young tree", "stack of hats", "pile of pancakes")
SHAPES = ("garden", "rug", "stage", "pond", "field", "tablecloth", "sandpit", "blanket", "playground", "flower bed", "kite", "flag")

# Remarks without numbers, so that a reader has to pick out what matters.
REMARKS = (
    "It is market day.", "It is a sunny morning.", "It is raining a little.", "The {animal} is asleep.", "The {animal} looks on with interest.",
    "Everybody is in a good mood.", "{N} likes to count.", "{N} is wearing a {colour} hat.", "The {job} is humming a song.",
    "A {colour} kite hangs in the tree again.", "It is windy at the {place}.", "{N} is whistling.", "{N} has a helpful {animal}.",
    "There is soup for lunch.", "The {job} pretends not to look.", "Nobody is in a hurry.", "{N} takes maths seriously.",
    "The {animal} offers to help, and then does not.", "The kettle is singing.", "Today is a holiday.", "The {job} has lost a {colour} glove.",
    "{N} has promised to be careful.", "The day begins at the {place}.", "Somebody has left the door open.", "The {animal} wants a share too.",
    "It smells of fresh bread.", "{N} counts twice to be sure.", "The {job} says that sums are good for you.",
    "There is a {colour} cloud over the {place}.", "{N} and the {animal} are old friends.",
)  # fmt: skip
NAMELESS_REMARKS = tuple(remark for remark in REMARKS if "{N}" not in remark)
REQUESTS = (
    "Show the steps.", "Please explain.", "Work it out step by step.", "Show how you got there.", "Step by step, please.", "Write down each step.",
    "Please show your work.", "Can you explain it?", "One step at a time, please.", "Help me, please.",
)  # fmt: skip
GREETINGS = (
    "Here is a puzzle.", "A small puzzle:", "A question from school:", "Please solve this.", "Can you solve this?", "I am stuck on this one.",
    "My homework says:", "Help me with this one.", "A riddle for you.", "Think about this.", "Hello!",
)  # fmt: skip

FOLLOW_UPS = (
    "Thank you!", "Thanks! One more:", "Well done. Next:", "And this one?", "Good. Another one:", "I see! Now this:", "Lovely, thank you. And now:",
    "That was clear. Next question:", "Next one, please:", "My friend has one too:", "Hm, right. And this?", "Nice! Let us go on.", "Again, please.",
)  # fmt: skip

# Ways to ask for a sum that is written out, as {q}.
ASK_SUM = (
    "What is {q}?", "How much is {q}?", "Work out {q}.", "Calculate {q}.", "{w} = ?", "Please work out {q}.", "Can you tell me what {q} is?",
    "What do you get for {q}?", "I need the result of {q}.", "Find {q}.", "Solve {q}.", "{N} wants to know what {q} is.", "What does {q} make?",
    "My {animal} cannot work out {q}. Can you?", "Quick, what is {q}?", "The {job} asks: what is {q}?", "{N} is stuck at {q}.",
    "On the board at the {place} it says {q}. What is the result?", "Let us do {q}.", "{q} is how much?", "Show me how to do {q}.",
    "Do {q} with steps.", "Tell me {q}, please.", "For the {colour} box in my exercise book I need {q}.",
)  # fmt: skip
SPOKEN = {
    "+": ("{a} + {b}", "{a} + {b}", "{a} plus {b}", "the sum of {a} and {b}"),
    "-": ("{a} - {b}", "{a} - {b}", "{a} minus {b}", "{a} less {b}", "{a} take away {b}"),
    "×": ("{a} × {b}", "{a} × {b}", "{a} times {b}", "{a} * {b}", "the product of {a} and {b}"),
    "÷": ("{a} ÷ {b}", "{a} ÷ {b}", "{a} divided by {b}", "{a} / {b}"),
}
LEAD_SUM = {
    "+": ("", "", "Tens and ones.", "Let us add.", "We add tens and ones.", "This is an addition.", "Add the parts.", "Bit by bit:"),
    "-": ("", "", "Tens and ones.", "Let us take away.", "We subtract tens and ones.", "This is a subtraction.", "Bit by bit:"),
    "×": ("", "", "Let us multiply.", "This is a multiplication.", "We need the table of {b}.", "Think of {a} rows of {b}.", "{a} times {b}."),
    "÷": ("", "", "Let us divide.", "This is a division.", "We need the table of {b}.", "How often does {b} go into {a}?", "Share {a} by {b}."),
}
CLOSE_SUM = (
    "", "", "So the result is {p}.", "That makes {p}.", "It is {p}.", "So it is {p}.", "We get {p}.", "{p} it is.", "The result is {p}.",
    "So we have {p}.",
)  # fmt: skip
UNKNOWNS = _words("x x x n y z k m")
ASK_UNKNOWN = (
    "Solve {q}.", "What is {x} if {q}?", "Find {x}: {q}", "{q}. What is {x}?", "Which number is {x} in {q}?", "If {q}, how much is {x}?",
    "{N} writes {q} on the wall. What is {x}?", "In {q}, the {animal} has eaten the number under {x}. Which was it?", "Find the number {x} with {q}.",
    "The {job} hides a number: {q}. What is {x}?", "What must {x} be, so that {q}?", "Work out {x} from {q}.", "For which {x} is {q}?",
)  # fmt: skip
