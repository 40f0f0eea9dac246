"""English beside the lexicon of Velami: what goes with what, and odd forms. Data alone."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


# Each line: verb, past | kinds or words of the object | remarks. The remarks: "to", "for", "from" allow that phrase;
# "still" is a verb that no "quickly" and no "can" goes with; "many" wants several objects.
TRANSITIVE = _lines("""
    see saw | animals people places portable sky | still
    find found | portable foods animals | for
    carry carried | portable foods | to
    lose lost | portable |
    hide hid | portable foods | from
    buy bought | portable foods | for from
    sell sold | portable foods | to
    bring brought | portable foods | to
    take took | portable foods | from to
    hold held | portable |
    keep kept | portable | for still
    make made | portable | for
    break broke | dishes |
    mend mended | portable door window sail | for
    paint painted | portable places door window | for
    draw drew | portable people animals sky | for
    wash washed | dishes foods towel quilt coat scarf window |
    open opened | box book basket letter door window jar umbrella barrel sack | for
    close closed | box book basket letter door window jar umbrella barrel sack |
    eat ate | foods |
    bake baked | bread cake pie biscuit muffin potato apple | for
    taste tasted | foods |
    drop dropped | portable foods |
    throw threw | ball stone pillow hat towel rope stick_like | to
    catch caught | ball hat rope fish butterfly mouse frog leaf |
    count counted | portable foods animals | many
    choose chose | portable foods | for
    want wanted | portable foods | still
    need needed | portable foods | still
    like liked | animals people places foods sky | still
    love loved | animals people places foods sky | still
    know knew | people places animals | still
    meet met | people animals | still
    help helped | people animals |
    follow followed | people animals |
    call called | people animals |
    visit visited | people places |
    thank thanked | people |
    greet greeted | people animals |
    teach taught | people animals |
    feed fed | animals |
    chase chased | animals |
    wake woke | people animals |
    hug hugged | people animals |
    trust trusted | people animals | still
    admire admired | places portable sky people | still
    forget forgot | portable people | still
    remember remembered | people places song poem story | still
    push pushed | wagon boat ladder barrel table chair wheel door |
    pull pulled | wagon boat ladder barrel rope sack |
    build built | boat ladder wagon table house bridge tower barn castle mill | for
    sweep swept | kitchen attic cellar barn workshop stable house road school chapel bakery |
    leave left | places | still
    reach reached | places | still
    watch watched | animals people sky | still
    hear heard | animals bell whistle flute trumpet violin drum song wind rain clock | still
    play played | drum flute trumpet violin song pipe whistle | for
    borrow borrowed | portable | from
    give gave | portable foods | to
    send sent | portable foods | to
    show showed | portable places | to
    offer offered | foods portable | to
    plant planted | tree flower onion carrot potato bean pumpkin turnip cabbage pea | for
    pick picked | apple pear plum cherry lemon peach flower mushroom bean pea | for
    peel peeled | potato onion carrot apple pear lemon turnip egg | for
    wear wore | scarf coat hat glove ring ribbon | still
    study studied | book map letter star moon shell butterfly flower clock | still
    write wrote | book letter poem song story | for to
    share shared | foods umbrella |
    polish polished | lamp bell kettle mirror spoon trumpet ring vase whistle cup |
    sew sewed | coat scarf hat quilt glove pillow sail saddle | for
    lift lifted | portable animals |
    protect protected | animals places people | still
    measure measured | portable places door window table sail |
    fill filled | basket bucket cup jar kettle pan sack vase barrel well |
    cross crossed | bridge river forest meadow village square road sea island |
    climb climbed | hill ladder tree tower mountain lighthouse castle |
""")

# Each line: verb, past | kinds or words of the subject | remarks. "to" allows a goal, "still" no "quickly".
INTRANSITIVE = _lines("""
    sing sang | beings |
    dance danced | beings |
    sleep slept | beings |
    run ran | beings | to
    walk walked | beings | to
    swim swam | beings | to
    jump jumped | beings |
    laugh laughed | beings |
    smile smiled | beings |
    wait waited | beings |
    work worked | beings |
    rest rested | beings |
    sit sat | beings |
    stand stood | beings tower house tree |
    arrive arrived | beings letter boat wagon |
    travel travelled | beings | to
    hurry hurried | beings | to
    listen listened | beings |
    whisper whispered | beings wind |
    shout shouted | beings |
    yawn yawned | beings |
    snore snored | beings |
    dream dreamed | beings |
    think thought | beings |
    fly flew | butterfly bee dragon owl crow goose duck swan stork robin sparrow heron kite leaf cloud | to
    fall fell | leaf rain star apple pear plum nut egg cup plate spoon rain |
    shine shone | sun moon star lamp candle lighthouse window ring |
    live lived | animals kin jobs |
    stay stayed | beings |
    wander wandered | beings cloud | to
    cheer cheered | beings |
    sneeze sneezed | beings |
    grow grew | tree flower cabbage pumpkin carrot bean onion child |
    win won | beings |
    float floated | boat leaf cloud duck swan barrel bucket basket | to
    roll rolled | ball wheel barrel wagon apple cabbage egg melon | to
    disappear disappeared | beings portable sky |
""")

# Words that stand for several; the kinds of the lexicon (animals, foods, ...) need no line here.
SETS: dict[str, tuple[str, ...]] = {
    "fixed": _words("door window table song poem story sail"),
    "dishes": _words("cup plate jar vase bucket pan kettle spoon mirror window bell doll"),
    "stick_like": _words("key ball glove shell pear biscuit"),
}

# Which adjectives suit which kind of noun; "colours" stands for all of them.
SUITS: dict[str, tuple[str, ...]] = {
    "things": _words("colours colours big small old new long short round heavy soft strange beautiful clean dirty wet empty precious tiny"),
    "foods": _words("big small round soft strange tiny sweet bitter fresh cold warm precious"),
    "mass": _words("sweet bitter fresh cold warm strange precious"),
    "animals": _words("""
        colours big small old young strong clever kind happy sad hungry tired brave lazy proud busy funny famous polite quiet loud quick slow
        gentle careful patient calm cheerful sleepy curious lucky tiny wet
    """),
    "people": _words("""
        tall tall short old young strong rich rich clever kind happy sad hungry tired brave lazy proud busy funny famous polite quiet loud quick slow
        gentle careful patient calm cheerful sleepy curious lucky
    """),
    "places": _words("big small old new quiet beautiful empty dark cold warm clean strange famous long"),
    "sky": _words("golden silver beautiful strange cold warm big quiet tiny"),
}
# Adjectives that make an adverb: quick, quickly.
MANNERS = _words("happy sad brave lazy proud polite quiet loud quick slow gentle careful patient calm cheerful sleepy kind clever")

PREPOSITIONS: dict[str, tuple[str, ...]] = {
    "in": _words("""
        garden kitchen attic cellar barn mill forest meadow market library bakery tower chapel orchard cave village castle museum theatre
        workshop stable park tunnel lighthouse school square house
    """),
    "on": _words("bridge hill beach island farm road mountain"),
    "at": _words("harbour station market well school lake sea river"),
    "behind": _words("barn mill school library bakery tower chapel castle museum theatre workshop stable lighthouse house station hill well"),
    "under": _words("bridge tree table chair umbrella moon tower quilt"),
}

MASS = _words("bread butter cheese honey jam rice soup")
ONLY_ONE = _words("sun moon wind rain sea")
# These belong to somebody and come one at a time: my mother; or belong to nobody: a woman.
RELATIVES = _words("mother father sister brother")
NOBODYS = _words("man woman king queen")
HE = _words("father brother man king")
SHE = _words("mother sister woman queen")
ODD_PLURALS: dict[str, str] = {
    "mouse": "mice", "goose": "geese", "deer": "deer", "sheep": "sheep", "wolf": "wolves", "fish": "fish", "child": "children",
    "woman": "women", "man": "men", "postman": "postmen", "potato": "potatoes", "leaf": "leaves", "scarf": "scarves",
}  # fmt: skip
ONE_LOOKS_LIKE_MANY = _words("deer sheep fish")
POSSESSIVES: dict[str, str] = {"i": "my", "you": "your", "he": "his", "she": "her", "we": "our", "they": "their"}

# The time words of each tense; one that stands twice comes twice as often.
TIMES: dict[str, tuple[str, ...]] = {
    "present": _words("""
        today now often always sometimes again early early late late
        at_night in_the_morning in_the_evening in_winter in_summer in_spring in_autumn every_day
    """),
    "past": _words(
        "yesterday yesterday today again early early late late at_night in_the_morning in_the_evening in_winter in_summer in_spring in_autumn often"
    ),
    "future": _words("tomorrow tomorrow soon soon again today at_night in_the_morning in_the_evening in_winter in_summer in_spring in_autumn"),
}
BEFORE_THE_VERB = _words("often always sometimes")
AT_THE_END_ALONE = _words("again early late")
EARLY_OR_LATE = _words("early late")
# Verbs that can be early or late.
ON_TIME = _words("arrive work sleep sing rest hurry travel run wait win walk yawn dance swim jump cheer")
# Verbs without "quickly" that a phrase of place still goes with.
PLACES_AFTER = _words("see meet watch hear wear study remember")
