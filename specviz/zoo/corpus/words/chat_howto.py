"""How to do things in four steps, and rhymes that take any name and colour."""

from __future__ import annotations


def _blocks(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.strip() for line in block.splitlines()) for block in text.strip().split("\n\n"))


# What one does, then four short steps.
HOW_TO = _blocks("""
make tea
boil the water
put the leaves in the pot
pour the water over them
wait for four minutes

make a vegetable soup
wash the vegetables
cut them small
boil them in a big pot
add a little salt

plant a bean
fill a pot with earth
push the bean in with a finger
give it some water
put the pot in the sun

build a kite
cross two sticks
cover them with paper
tie on a long string
add a tail of ribbons

write a letter
write the date
greet your friend
tell your news
sign your name

wash a scarf
fill a bowl with warm water
add a little soap
press the scarf gently
dry it flat on a towel

bake bread
mix flour, water, salt and yeast
knead the dough
let it rest for an hour
bake it until it is brown

make jam
wash the fruit
cook it with sugar
stir until it is thick
fill it into clean jars

build a snowman
roll a big ball
put a smaller ball on top
add a ball for the head
give it a carrot for a nose

make pancakes
mix flour, milk and eggs
heat some butter in a pan
pour in a little dough
turn it when it is brown

dry apples
cut the apples into rings
thread them on a string
hang them up in a warm room
wait for about a week

fold a paper hat
fold the paper in half
fold two corners to the middle
turn up the lower edges
pull it open

clean a window
wipe away the dust
wash the glass with soap
rinse it with clear water
rub it dry with a cloth

mend a sock
put a ball inside the sock
choose wool of the same colour
weave it over the hole
cut the end short

make a bed
shake the pillow
pull the sheet smooth
spread the quilt
put the bear on top

paint a chair
sand the old paint off
wipe away the dust
paint it once and let it dry
paint it a second time

make lemonade
press three lemons
add sugar and stir
pour in cold water
put in some ice

feed the hens
fill a small bucket with grain
open the gate slowly
scatter the grain on the ground
close the gate behind you
""")

# The thing that gets the colour, what is done with it, how the line after it goes.
RHYMES = _blocks("""
kite
flew
from early morning until night.

hat
wore
and lent it kindly to the cat.

boat
had
and rowed it with a cheerful goat.

bell
rang
and dropped it, plop, into the well.

chair
built
and gave it to a sleepy bear.

box
had
and in it lived a tidy fox.

spoon
carved
and stirred the soup beneath the moon.

key
found
that opened every door but three.

book
read
while sitting by a little brook.

clock
wound
and listened to its tick and tock.

jar
washed
and in it kept a falling star.

drum
played
and all the birds began to hum.

ring
wore
and taught the frogs a song to sing.

sack
packed
and took it to the sea and back.

cup
held
until the sleepy sun was up.

coat
sewed
for a small and rather chilly goat.

lamp
lit
when all the attic stairs were damp.

quilt
spread
inside the house the beavers built.
""")
