"""True things the conversations explain: why and how, each in a long and a short form."""

from __future__ import annotations


def _blocks(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.strip() for line in block.splitlines()) for block in text.strip().split("\n\n"))


# The question, the question inside another sentence, the long answer, the short one, the word that matters.
EXPLAIN = _blocks("""
Why does bread rise?
why bread rises
Yeast in the dough eats a little sugar and makes gas. The gas fills the dough with small bubbles, and so the dough grows.
Yeast fills the dough with bubbles of gas.
yeast

Why does the moon change its shape?
why the moon changes its shape
The sun always lights one half of the moon. While the moon goes round the earth, we see more or less of that bright half.
We see a different part of its bright half each night.
light

How does a key work?
how a key works
Inside the lock there are small pins. The right key lifts each pin to the right height, and then the lock can turn.
The key lifts small pins, and then the lock can turn.
pins

Why do we see a rainbow?
why we see a rainbow
Sunlight is made of many colours. Drops of rain bend each colour a little differently, and so the colours come apart.
Drops of rain split the sunlight into its colours.
sunlight

Why does ice float?
why ice floats
Water takes more room when it freezes. So a piece of ice is lighter than the same amount of water, and it stays on top.
Ice is lighter than the same amount of water.
water

Why do leaves fall in autumn?
why leaves fall in autumn
In winter a tree can get little water from the ground. Leaves lose a lot of water, so the tree lets them go.
Without its leaves a tree saves water in winter.
water

Why are shadows long in the evening?
why shadows are long in the evening
In the evening the sun stands low. Its light comes from the side, and so every shadow reaches far over the ground.
The low sun shines from the side.
sun

How do bees make honey?
how bees make honey
Bees collect sweet juice from flowers. In the hive they fan it with their wings until most of the water is gone.
Bees dry the sweet juice of flowers.
flowers

Why does a boat float?
why a boat floats
A boat pushes water aside, and the water pushes back. When the water it pushes aside weighs as much as the boat, the boat floats.
The water pushes up as strongly as the boat pushes down.
water

Why does a kite fly?
why a kite flies
The wind blows against the kite, and the string holds it at a slant. So the wind is turned down and the kite is pushed up.
The wind pushes the slanted kite up.
wind

Why can an owl hunt at night?
why an owl can hunt at night
An owl has big eyes that catch the faintest light. It also hears a mouse under the leaves, and its soft feathers make no noise.
An owl sees and hears well, and it flies without a sound.
light

Why is the sea salty?
why the sea is salty
Rain washes a little salt out of the rocks, and rivers carry it to the sea. The water goes up into the clouds again, but the salt stays.
Rivers bring salt from the rocks, and it stays in the sea.
salt

Where does rain come from?
where rain comes from
The sun warms the sea, and some of the water goes up into the air. High up it gets cold, turns into drops and falls down.
Water rises from the sea, gets cold and falls as drops.
water

Why does thunder come after the lightning?
why thunder comes after the lightning
Both start at the same moment. But light is much faster than sound, so we see the flash before we hear the bang.
Light is faster than sound.
light

How does a compass work?
how a compass works
The needle of a compass is a small magnet. The earth is a big magnet, and it turns the needle to the north.
The earth turns the small magnet to the north.
magnet

How does soap clean?
how soap cleans
One end of soap likes water and the other end likes fat. So soap takes hold of the dirt, and the water carries both away.
Soap holds the dirt, and water carries it away.
soap

Why do onions make us cry?
why onions make us cry
When we cut an onion, a sharp gas comes out. It stings in the eyes, and the eyes wash it away with tears.
A sharp gas stings, and tears wash it away.
gas

Why does a candle go out under a glass?
why a candle goes out under a glass
A flame needs oxygen from the air. Under the glass the oxygen soon gets low, and then the flame goes out.
Without fresh air a flame goes out.
oxygen

Why does a kettle whistle?
why a kettle whistles
When water boils, it turns into steam. The steam needs a lot of room and rushes out through a small hole, and that makes the sound.
Steam rushes through a small hole.
steam

How does a bell make its sound?
how a bell makes its sound
When a bell is struck, its metal shakes very fast. The shaking moves the air, and the air brings the sound to our ears.
The metal shakes and moves the air.
air

What is an echo?
what an echo is
Sound bounces off a wall or a rock like a ball. When it comes back to us, we hear our own voice a little later.
Sound comes back from a wall like a ball.
sound

Why is snow white?
why snow is white
Snow is made of many tiny pieces of ice. They throw back light of every colour, and all colours together look white.
Tiny pieces of ice throw back light of every colour.
light

Why is the sky blue?
why the sky is blue
Sunlight is made of many colours. The air scatters blue light much more than red, so blue comes to us from every side.
The air scatters blue light the most.
air

Why do we have day and night?
why we have day and night
The earth turns round once a day. The side that looks at the sun has day, and the other side has night.
The earth turns, and only one side looks at the sun.
earth

Why is summer warmer than winter?
why summer is warmer than winter
The earth leans a little to one side. In summer our half leans to the sun, so the sun stands higher and the days are longer.
In summer our half of the earth leans to the sun.
earth

Why does the sea rise and fall?
why the sea rises and falls
The moon pulls at the water of the sea, and the sun helps a little. As the earth turns, the high water comes and goes.
The moon pulls at the water.
moon

Why do ducks stay dry?
why ducks stay dry
A duck rubs a little oil on its feathers. Water cannot get through the oil, so it rolls off in drops.
Oil on the feathers keeps the water out.
oil

Why does a hedgehog roll up?
why a hedgehog rolls up
A hedgehog has a soft belly and thousands of spines on its back. When it rolls up, there are only spines to bite.
It hides its soft belly behind its spines.
spines

Why do storks fly south?
why storks fly south
In winter it is hard to find frogs and insects here. In the south it is warm, and there is enough to eat.
They find more to eat in the warm south.
winter

Why do squirrels hide nuts?
why squirrels hide nuts
In winter there is little to eat in the forest. So in autumn squirrels hide nuts in the ground and dig them up later.
They save food for the winter.
winter

Why does a coat keep us warm?
why a coat keeps us warm
A coat makes no heat of its own. It holds warm air close to the body, so our own heat stays with us.
A coat keeps our own heat in.
air

How does a windmill work?
how a windmill works
The wind turns the big sails. The sails turn a heavy stone, and the stone grinds the grain into flour.
The wind turns the sails, and they turn the stone.
wind

Why do puddles dry up?
why puddles dry up
The sun and the wind take tiny bits of water into the air. We cannot see them go, but after a while the puddle is gone.
The water goes into the air bit by bit.
air

Why does a cut apple turn brown?
why a cut apple turns brown
When an apple is cut, air gets to its inside. Something in the apple changes with the air and turns brown, but it is safe to eat.
The air changes the inside of the apple.
air

Why does iron rust?
why iron rusts
Iron slowly joins with water and with oxygen from the air. Together they make rust, so paint or oil helps to keep it away.
Iron joins with water and air and turns to rust.
water

How does a seed grow?
how a seed grows
First a seed drinks water and swells. Then a root goes down, a green shoot goes up, and the leaves begin to live on light.
It drinks, makes a root and then a shoot.
water

How does a mirror work?
how a mirror works
Behind the glass there is a thin layer of shiny metal. It throws the light back, and so we see ourselves.
Shiny metal throws the light back.
metal

How does popcorn pop?
how popcorn pops
There is a drop of water in every grain. In the heat it turns into steam, and the steam bursts the grain open.
Steam bursts the grain from inside.
steam
""")
