"""The world of the story family: who people are, what their things do, and what there is to see in each place."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """One entry a line: a word, a colon, and what may be said about it, between slashes."""
    rows = (line.split(":", 1) for line in _lines(text))
    return {word.strip(): tuple(part.strip() for part in said.split(" / ")) for word, said in rows}


# Every name of words/common.py, so that she and he are right; a test compares the two.
SHE_NAMES = _words("""
    Ada Anna Bea Carla Cleo Dana Dora Elsa Eva Fern Gia Hana Ida Ines Iris Jana June Kira Lara Lena Lila Lina Maja Mara Mila Mina Nadia
    Nina Nora Olga Paula Pia Quinn Rita Rosa Sara Selma Tara Tilda Uma Vera Wanda Willa Yara Zara Zoe
""")
HE_NAMES = _words("""
    Amir Arlo Ben Bruno Eli Emil Enzo Felix Finn Gus Hugo Igor Ivan Jack Joel Kai Leo Luca Marco Max Nico Noah Omar Oscar Otto Rafi
    Ruben Sam Sven Theo Tim Viktor Yusuf
""")

PETS = _words("""
    Biscuit Pepper Pudding Button Crumb Thimble Noodle Pickle Waffle Muffin Pebble Cocoa Dumpling Bramble Tuppence Whisper Mustard
    Radish Snowdrop Marble Truffle Clover Parsley Doodle
""")
STRAYS = _words("kitten puppy duckling gosling lamb piglet hamster chick tortoise hedgehog calf rabbit parrot foal")
TOWNS = _words("""
    Applewick Brindle Mossbury Tannock Pennyford Larkham Duckington Thistleton Puddlewell Marrowby Otterley Foxcombe Honeydown Gooseford
    Candleby Bellmarsh Wrenfield Kettleham Plumstock Hazelby
""")
DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
NUMBERS = _words("three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen")

# The fruit in front of cake or pie, and what a kitchen smells of that bakes it.
FLAVOURS = {
    flavour: smell
    for flavour, (smell,) in _table("""
    apple: apples
    pear: pears
    plum: plums
    cherry: cherries
    peach: peaches
    lemon: lemons
    carrot: carrots
    pumpkin: pumpkin
    honey: honey
    nut: nuts
    cheese: cheese
    berry: berries
    ginger: ginger
    walnut: walnuts
    chocolate: chocolate
    almond: almonds
    raisin: raisins
""").items()
}
DISHES = _words("cake pie tart pudding strudel crumble")
FRUITS = _words("""
    apples pears plums cherries peaches lemons carrots potatoes onions pumpkins turnips mushrooms eggs nuts biscuits muffins figs
    chestnuts radishes tomatoes buns pretzels
""")
VEGETABLES = _words("pumpkin turnip cabbage carrot onion leek beetroot cauliflower marrow parsnip")
STAPLES = _table("""
    flour: two cups of flour / three cups of flour / four cups of flour / a bowl of flour
    sugar: a cup of sugar / half a cup of sugar / six spoons of sugar
    butter: a lump of butter / a slice of butter / two spoons of butter
    milk: a cup of milk / two cups of milk / a jug of milk
    honey: a spoon of honey / three spoons of honey / a jar of honey
    cinnamon: a pinch of cinnamon / a spoon of cinnamon
    cream: a cup of cream / five spoons of cream
    salt: a pinch of salt / two pinches of salt
    vanilla: a drop of vanilla / four drops of vanilla
    oatmeal: a cup of oatmeal / two handfuls of oatmeal
    yeast: a spoon of yeast / a crumb of yeast
    cocoa: two spoons of cocoa / three spoons of cocoa
""")

MESSAGES = _lines("""
    the plums are ripe
    the bridge is mended
    the blue door is open
    the goat has come home
    the kettle is on
    the moon will be full
    the hens have laid
    the snow has melted
    the well is full again
    the swans are back
    the old clock strikes again
    the bread is in the oven
    the baby has a tooth
    the circus is in town
    the ice is thick enough
    the roses are in bloom
""")
MESSAGE_ENDS = _lines("""
    and the ladder is too short
    and the table is laid
    and nobody is cross any more
    and the spare key is under the mat
    and there is room for one more
    and the fiddle is in tune
    and supper is at seven
    and the boat leaves at noon
    and the cat is to blame
    and all is forgiven
    and the twins are asleep
    and we need a fourth for cards
    and the answer is yes
    and you should bring a spoon
    and your hat has been found
    and it is time to come
""")
PASSWORDS = (
    _words("silver sleepy purple seven gentle hungry dancing salty velvet crooked golden whistling"),
    _words("turtle pancake sparrow teapot mushroom pirate lantern onion whale slipper dragon marmalade"),
)
BOAT_NAMES = (
    _words("Brave Laughing Silver Merry Lazy Daring Curious Gentle Hungry Jolly Wobbly Proud"),
    _words("Button Herring Duck Teaspoon Lobster Comet Pancake Petal Pelican Dumpling Whisker Noodle"),
)

# What each thing did, after "it" and in the past: told near the beginning and, in many plots, once more near the end.
OBJECTS = _table("""
    kite: flew higher than the chimneys / danced on the lightest breeze
    lamp: threw a warm circle of light on the wall / glowed like a small moon
    lantern: chased the shadows from every corner / shone like a friendly star
    candle: smelled of honey / burned with a steady flame
    basket: held twenty apples without a creak / smelled of hay and summer
    scarf: kept out the coldest wind / went three times round any neck
    drum: rumbled like friendly thunder / could be heard two streets away
    key: shone like a new coin / felt warm and heavy in the pocket
    map: showed every path and every puddle / crackled in a most exciting way
    bell: rang as clear as spring water / could wake the laziest cat
    ball: bounced higher than the gate / never seemed to get tired
    book: smelled of old paper and adventure / always fell open at the best page
    box: closed with a soft little click / had a drawer that nobody noticed
    brush: made even old boots shine / tickled like a feather
    bucket: never lost a drop / held enough water for six roses
    button: gleamed like a wise old eye / was as round as the full moon
    coat: had pockets as deep as wells / swished like a royal cloak
    comb: tamed the wildest hair / hummed when you blew on it
    cup: kept cocoa warm for an hour / had a handle like an ear
    doll: smiled at everyone / had a different secret for each listener
    flute: sang like a blackbird / sounded like wind in the reeds
    glove: fitted like a second skin / was softer than moss
    hammer: hit every nail on the head / rang like a little bell
    hat: stayed on in every wind / made everyone look important
    jar: kept a whole summer fresh / glittered when the sun came through it
    kettle: whistled a cheerful tune / sang before it boiled
    bowl: was as wide as a smile / made every dough rise
    jug: poured without a single drip / gurgled like a baby
    mirror: made every room look brighter / showed everyone from the kindest side
    needle: slipped through the thickest cloth / glinted like a tiny sword
    net: caught leaves as well as fish / hung in the air like a web
    pan: made the roundest pancakes in the street / never burned anything
    pencil: drew the straightest lines / seemed to know how to spell
    pillow: was as soft as a cloud / brought good dreams
    plate: made plain bread taste better / had a ring of tiny roses
    puzzle: kept the cleverest heads busy / was never quite the same twice
    quilt: kept four people warm at once / had a patch for every year
    ribbon: fluttered like a butterfly / shimmered like water
    ring: sparkled even in the dark / caught every ray of the sun
    rope: never came undone / could hold a ship in a gale
    sack: could hold a winter of potatoes / rustled like dry leaves
    saddle: creaked like an old door / fitted every pony
    shell: murmured like the sea / was pink inside like a sunrise
    shovel: dug like a team of moles / slid through clay as if it were butter
    spoon: stirred the thickest soup / was just the right size for tasting
    stool: stood firmly on its three legs / never wobbled
    chair: rocked like a boat / made a comfortable squeak
    clock: ticked like a small heart / struck the hour with a polite cough
    towel: dried everything in a moment / smelled of soap and sunshine
    trumpet: sounded like a golden goose / made the windows tremble with joy
    umbrella: opened with a happy pop / kept three heads dry
    vase: made one flower look like ten / chimed when you tapped it
    violin: sang sweeter than a nightingale / made old feet dance
    whistle: could be heard in the next valley / chirped like a cricket
    wheel: turned without a squeak / rolled as if it had somewhere to go
    compass: always knew the way north / trembled like a bird when it was moved
    teapot: poured the best tea for miles / had a lid that giggled
    marble: rolled as straight as an arrow / had a whole galaxy inside
    accordion: breathed like a sleepy whale / could laugh and cry
    harp: rippled like a brook / sounded like rain on glass
    banjo: twanged like a happy frog / kept everyone on their toes
    horn: called like a ship in the fog / could be heard across three fields
""")

# What each plot's list of suitable things is called.
OBJECT_SETS = {
    "any": tuple(thing for thing in OBJECTS if thing not in {"accordion", "harp", "banjo", "horn", "chair", "wheel"}),
    "kitchen": _words("spoon pan bowl kettle jug jar plate cup teapot towel"),
    "broken": _words(
        "kite lamp drum basket violin umbrella kettle doll whistle chair clock stool wheel lantern harp flute teapot vase mirror jug banjo"
    ),
    "garden": _words("shovel bucket hat scarf umbrella basket stool spoon towel coat rope"),
    "music": _words("flute trumpet violin whistle accordion harp banjo horn drum"),
    "storm": _words("lamp lantern candle flute drum book umbrella violin quilt pillow coat whistle puzzle trumpet scarf bell kettle banjo"),
    "light": _words("lamp lantern candle whistle drum trumpet umbrella bell scarf hat marble compass"),
    "ship": _words("lantern bell whistle scarf ribbon compass drum trumpet flute umbrella mirror doll horn kettle"),
}
