"""What the conversations know: people, true facts, riddles, gifts, trips; data alone."""

from __future__ import annotations

from specviz.zoo.corpus.words.common import NAMES, OBJECTS


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _rows(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(cell.strip() for cell in line.split("/")) for line in text.strip().splitlines())


# Pronouns are needed for a person, so names that could be either are left out.
HE_NAMES = _words("""
    Amir Arlo Ben Bruno Eli Emil Enzo Felix Finn Gus Hugo Igor Ivan Jack Joel Leo Luca Marco Max Nico Noah Omar Oscar Otto Rafi Ruben
    Sam Sven Tim Theo Viktor Yusuf
""")
SHE_NAMES = tuple(name for name in NAMES if name not in {*HE_NAMES, "Kai", "Quinn"})

PLURALS = {
    "mouse": "mice", "goose": "geese", "sheep": "sheep", "deer": "deer", "wolf": "wolves", "scarf": "scarves", "potato": "potatoes",
    "calf": "calves", "loaf": "loaves", "box of paints": "boxes of paints",
}  # fmt: skip
MASS = frozenset(_words("bread soup cheese butter honey jam rice tea string chalk wool"))

FRUIT = _words("apple pear plum cherry peach lemon melon")
VEGETABLES = _words("carrot potato onion bean pea pumpkin cabbage turnip mushroom")
PICNIC = _words("bread cake pie soup cheese butter honey jam pear plum egg biscuit muffin melon rice")
PETS = _words("rabbit mouse hedgehog duck goose cat dog pony donkey goat sheep frog turtle")
SHOP_FOODS = _words("apple pear plum peach lemon melon carrot potato onion pumpkin cabbage turnip egg biscuit muffin pie cake")
PORTABLE = tuple(word for word in OBJECTS if word not in {"boat", "box", "stone", "wagon", "wheel"})

# What each group is called in the plural, its members, and what one of them is.
GROUPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "fruit": ("kinds of fruit", "a kind of fruit", FRUIT),
    "vegetables": ("vegetables", "a vegetable", VEGETABLES[:-1]),
    "birds": ("birds", "a bird", _words("owl crow duck goose heron robin sparrow stork swan")),
    "tools": ("tools", "a tool", _words("hammer shovel ladder needle brush pencil")),
    "clothes": ("clothes", "something to wear", _words("hat coat scarf glove")),
    "instruments": ("instruments", "an instrument", _words("drum bell flute trumpet violin whistle")),
    "furry animals": ("furry animals", "a furry animal", _words("fox bear rabbit mouse otter squirrel deer wolf cat dog goat mole lynx")),
    "buildings": ("buildings", "a building", _words("barn mill school library bakery tower chapel museum theatre castle")),
}

# How one says that somebody is there.
AT = {
    "garden": "in the garden", "kitchen": "in the kitchen", "attic": "in the attic", "cellar": "in the cellar", "barn": "in the barn",
    "mill": "at the mill", "bridge": "on the bridge", "river": "by the river", "lake": "by the lake", "forest": "in the forest",
    "meadow": "in the meadow", "hill": "on the hill", "market": "at the market", "harbour": "at the harbour", "station": "at the station",
    "school": "at the school", "library": "in the library", "bakery": "in the bakery", "tower": "in the tower", "chapel": "in the chapel",
    "well": "by the well", "orchard": "in the orchard", "cave": "in the cave", "beach": "on the beach", "island": "on the island",
    "castle": "in the castle", "farm": "on the farm", "museum": "in the museum", "theatre": "in the theatre",
    "workshop": "in the workshop", "stable": "in the stable", "square": "in the square", "park": "in the park",
    "lighthouse": "in the lighthouse",
}  # fmt: skip
SIGHTS = _words("mill bridge lake forest meadow hill market harbour library bakery tower orchard beach castle farm museum theatre park lighthouse")
SHOPS = _words("bakery library market mill museum theatre workshop castle farm harbour lighthouse")

TRIPS = {
    "beach": ("towel", "hat", "bucket"), "forest": ("basket", "map", "whistle"), "lake": ("boat", "rope", "towel"),
    "hill": ("kite", "coat", "map"), "island": ("boat", "lamp", "book"), "cave": ("lamp", "rope", "coat"),
    "market": ("basket", "sack", "hat"), "meadow": ("quilt", "basket", "flute"), "river": ("net", "bucket", "hat"),
    "theatre": ("ticket", "coat", "comb"), "station": ("ticket", "clock", "book"), "orchard": ("ladder", "basket", "glove"),
    "park": ("ball", "kite", "quilt"), "castle": ("map", "candle", "trumpet"), "lighthouse": ("lamp", "scarf", "telescope"),
}  # fmt: skip

GIFTS = {
    "baker": ("spoon", "hat"), "farmer": ("shovel", "bucket"), "tailor": ("needle", "ribbon"), "sailor": ("map", "rope"),
    "teacher": ("bell", "book"), "painter": ("brush", "vase"), "potter": ("bucket", "cup"), "weaver": ("ribbon", "basket"),
    "fisher": ("net", "stool"), "gardener": ("glove", "basket"), "carpenter": ("hammer", "ladder"), "smith": ("hammer", "kettle"),
    "singer": ("scarf", "mirror"), "writer": ("pencil", "lamp"), "cook": ("pan", "kettle"), "guard": ("whistle", "coat"),
    "librarian": ("book", "cushion"), "nurse": ("clock", "cup"), "pilot": ("scarf", "map"), "postman": ("umbrella", "hat"),
    "shepherd": ("flute", "coat"), "student": ("pencil", "pillow"), "cobbler": ("brush", "hammer"), "clockmaker": ("lamp", "needle"),
    "beekeeper": ("jar", "hat"),
}  # fmt: skip

PET_NAMES = {
    "red": "Rusty", "yellow": "Sunny", "white": "Snowball", "black": "Pepper", "brown": "Toffee", "grey": "Misty",
    "orange": "Marmalade", "golden": "Honey", "silver": "Moonlight",
}  # fmt: skip

# A trouble / who can help / what that person will do / who else could help
HELP = _rows("""
    my shoe has a hole / cobbler / mend the sole / tailor
    my clock has stopped / clockmaker / clean the little wheels / smith
    my coat has lost a button / tailor / sew on a new one / weaver
    my chair has a broken leg / carpenter / make a new leg / smith
    my garden gate is bent / smith / hammer it straight / carpenter
    my roses look sad / gardener / find out what they need / farmer
    my tooth hurts / doctor / have a careful look / nurse
    my wall is falling down / mason / set the stones again / carpenter
    my letter has not come / postman / look in every bag / guard
    my bread does not rise / baker / look at your dough / cook
    my soup has no taste / cook / find the right herbs / baker
    my sheep have run away / shepherd / call them home / farmer
    my jug is cracked / potter / make you a new one / mason
    my fence needs colour / painter / bring a big brush / carpenter
    my net is torn / fisher / knot it again / weaver
    my bees have moved to the roof / beekeeper / bring them home / gardener
    my song sounds wrong / singer / sing it with you / teacher
    my sums are too hard / teacher / do them with you / student
    my book is missing / librarian / search the shelves / student
    my rug has a hole / weaver / close it with new wool / tailor
    my field is full of stones / farmer / bring a strong horse / gardener
    my rowing boat turns in circles / sailor / show you how to steer / fisher
""")

# A thing / the riddle it tells about itself / the reason
RIDDLES = _rows("""
    clock / I have two hands, but I never clap. / it has hands but never claps
    needle / I have one eye, but I cannot see. / it has an eye but cannot see
    comb / I have many teeth, but I never bite. / it has teeth but never bites
    candle / I am tall when I am new and short when I am old. / it gets shorter as it burns
    towel / I get wet while I make you dry. / it gets wet while it dries you
    map / I have rivers without water and towns without people. / its rivers and towns are only drawn
    bell / I have a tongue, but I cannot talk. / it has a tongue but cannot talk
    book / I am full of leaves, but I am no tree. / its pages are called leaves
    glove / I have five fingers, but I cannot feel. / it has fingers but cannot feel
    ladder / I have many steps, but I never walk. / it has steps but never walks
    mirror / I show you a face, but I have none. / it shows the face of whoever looks
    umbrella / When the rain comes down, I go up. / it is opened when it rains
    drum / The more you beat me, the more I sing. / it sounds when you beat it
    kettle / I sing when I am hot and rest when I am cold. / it whistles when the water boils
    ring / I have no beginning and no end, and I sit on a finger. / it is round and sits on a finger
    chair / I have four legs, but I stay where I am. / it has legs but cannot walk
    egg / My house has no door, and there is gold inside. / its yolk is as yellow as gold
    onion / I make the cook cry, but I am never sad. / it brings tears to the eyes
    river / I run all day and never get tired. / it runs and never stops
    shadow / I follow you in the sun and hide in the dark. / there is none without light
    pillow / I hear all your dreams and tell nobody. / it lies under your head at night
    letter / I carry many words, but I never speak. / its words are written
    key / I am small, but I can open a house. / it opens the door
    kite / I fly without wings and fall without wind. / it needs wind to fly
    whistle / Lend me your breath and I will sing. / it sings when you blow
    wheel / I go round all day and never feel dizzy. / it turns all the time
    shovel / I eat earth all day, but I never grow. / it digs in the earth
    bucket / I drink at the well, but I am never thirsty. / it fetches water
    boat / I have a belly and a nose, and I walk on water. / it swims on the water
    snowman / I am happy in the cold and gone in the spring. / it melts in the sun
    cloud / I cry without eyes and fly without wings. / it brings the rain
    echo / I say what you say, and always a little later. / it repeats what you call
""")

OPPOSITES = _rows("""
    big / small
    warm / cold
    fast / slow
    early / late
    loud / quiet
    heavy / light
    full / empty
    old / new
    long / short
    high / low
    hard / soft
    wet / dry
    sweet / sour
    open / closed
    near / far
    thick / thin
    clean / dirty
    deep / shallow
    wide / narrow
    strong / weak
    happy / sad
    bright / dark
    rich / poor
    smooth / rough
""")

# Small to big, with clear steps between neighbours two apart.
BY_SIZE = _words("mouse robin squirrel hedgehog duck cat fox goat pony cow elephant")
# Slow to fast.
BY_SPEED = _words("snail turtle duck hedgehog goat rabbit horse")

# An animal / what it eats / where it sleeps
ANIMAL_LIFE = _rows("""
    rabbit / grass and hay / in a burrow
    squirrel / nuts and seeds / in a nest high in a tree
    hedgehog / beetles and worms / under a heap of leaves
    beaver / bark and leaves / in a house of branches
    owl / mice / in a hollow tree
    heron / fish and frogs / in a nest near the water
    otter / fish / in a den by the river
    mole / worms / in a tunnel under the ground
    fox / mice and berries / in a den
    duck / water plants and snails / near the pond
    goat / grass and leaves / in the barn
    sheep / grass / in the fold
    pony / grass and oats / in the stable
    bear / berries, roots and fish / in a cave
    robin / worms and insects / in a bush
    stork / frogs and mice / on a tall roof
    frog / flies and other insects / in the mud by the pond
    deer / grass, leaves and buds / between the trees
    swan / water plants / on the lake
    badger / worms and roots / in a wide burrow
""")
