"""Plots of the story family that happen at home: things lost, baked, mended, grown, shared and hidden.

How a plot is written is told in ``specviz/zoo/corpus/story_plot.py``.
"""

from __future__ import annotations

PLOTS_HOME: tuple[str, ...] = (
    """
plot: lost
objects: any
places: any
topics: something that gets lost | a promise to a finder | losing a {object} and finding it again
lessons: to ask for help | that two pairs of eyes see more than one
titles: The Lost {object} | {hero} Looks Everywhere | {hero} and the Missing {object}
# begin
Once there was {a_hero} who owned a {thing}. It {joy}, and {he} took it everywhere.
{Hero} had a {thing}. It {joy}. Nobody else was allowed to touch it, except on [Sundays|birthdays|rainy days].
Everyone in {town} knew {hero} by {his} {thing}. It {joy}.
On {his} birthday {hero} was given a {thing}. It {joy}, and {hero} [could not stop smiling|slept beside it for a week|showed it to everyone
  twice].
# promise
"If I ever lose it," {hero} told {friend}, "I will bake a {treat} for whoever finds it."
{Friend} often warned {him}: "One day you will lose it." "Then the finder gets a {treat}," said {hero}, "and that is a promise."
"Take care of it," said {friend}. "If I lose it, I shall bake a {treat} for the finder," said {hero}, who was very sure that this would
  never happen.
# /loss
One [windy|busy|rainy|sunny] {day} {he} went to the {place}. {detail} When {he} got home, the {object} was gone.
Then came a [hurried|muddled|sleepy] {day}. {Hero} ran to the shop, then to the {place}, then home, and somewhere on the way the {object}
  stayed behind.
On {day} {hero} [ate lunch|met a cousin|fed the birds] {at}. {detail} Only at bedtime did {he} notice that the {object} was missing.
# ~?search
{Hero} looked under the bed and found [two socks|half a sandwich|an old letter|a surprised spider], but no {object}.
{Hero} turned out all the drawers, and then {he} had to tidy them again.
{Hero} looked [behind the curtains|in the bread bin|under the stairs|inside both boots]. Nothing {colour} was there.
# ~?ask
{Hero} asked {helper}. "A {thing}?" said {helper}. "I have seen only [clouds|geese|my own boots] today."
"Think backwards," said {helper}. "Where were you before you were sad?" {Hero} [thought hard|closed {his} eyes|scratched {his} head].
{Helper} had not seen it either, but {ghe} offered {hero} [a biscuit|a chair|a cup of tea|a clean handkerchief], and that helped a little.
# /found
Meanwhile {friend} was walking past the {place}. Something {colour} lay {spot}. {Fhe} bent down to look, and it was the {object}!
"Let us go back to the {place}," said {friend}, and they searched it together. At last they saw it: the {object} lay {spot}, [dusty|damp|a
  little cold] but unharmed.
The next morning {friend} went to the {place} on an errand of {fhis} own. There, {spot}, lay the {thing}, looking [rather lonely|quite
  pleased with itself|as if it had slept well].
# end
{Hero} [danced|shouted for joy|laughed and cried at once] and remembered {his} promise. That evening there was a {treat} on {friend}'s
  table.
"A promise is a promise," said {hero}, and {he} went straight to the oven. The {treat} was [still warm|a little burnt|as big as a wheel]
  when {friend} took the first slice.
{Hero} thanked {friend} three times. Then {he} baked the {treat}, exactly as {he} had promised, and they ate it together {at}.
# ?coda
From then on the {thing} wore a small label. It said: "I belong to {hero}. Please do not leave me {at}."
The {object} {joy}, just as before, and {hero} never again left it {spot}.
"Try not to lose it again," said {friend}. "Unless," {fhe} added, looking at the crumbs, "you feel like baking."
{Hero} learned to ask for help sooner, because two pairs of eyes see more than one.
""",
    """
plot: recipe
objects: kitchen
places: town
topics: a recipe | baking a {treat} | cooking for a friend
lessons: to follow a recipe | that a borrowed egg makes two people happy
titles: The {treat} | {hero} Bakes | A {treat} for {friend}
# begin
{Hero} wanted to bake a {treat} for {friend}, who had [a cold|a birthday|a new house|a very long week].
There was once {a_hero} who could bake only one thing, a {treat}, and {he} baked it for {friend} every {day}.
{Friend} was coming to visit on {day}, and {hero} had promised {fhim} a {treat}.
# tool
For this {he} needed {his} {thing}, because it {joy}.
"No {treat} without my {thing}," {hero} always said, for it {joy}.
{Hero} took the {thing} from its [hook|shelf|corner]. It {joy}, and it brought luck.
# /recipe
The recipe was short. It said: "Take {q1}, {q2} and {q3}. Stir well and hope for the best."
The recipe hung on the wall. It began: "You need {q1}, {q2} and {q3}." The rest was hidden by an old jam stain.
{Hero} knew the recipe by heart: {q1}, {q2} and {q3}, and a song while stirring.
# missing
But [when {he} opened the cupboard|when {he} looked on the shelf|alas], there was no {i2} left, not even a little.
{Hero} counted everything on the table. The {i1} was there, and so was the {i3}, but where was the {i2}?
# ask
{Hero} ran to {helper}, who lived near the {place}. "Please, may I borrow {q2}?" {he} asked. "Of course," said {helper}, "if I may have a
  slice."
{Helper}, who was sitting {at}, laughed. "I have plenty of {i2}. Take {q2}, and bring me a slice of the {treat}."
{Hero} knocked on every door as far as the {place}. The last door belonged to {helper}, who had {q2} to spare. "One slice for me, please,"
  said {helper}.
# ?way
{Hero} carried it home [on tiptoe|like a treasure|without breathing too much], past the {place}. {detail}
On the way back {he} had to [jump over two puddles|talk to a goose|wait for a parade of ducks], but nothing was spilled.
# /bake
Back in the kitchen {he} mixed {q1}, {q2} and {q3}. {He} [sang|whistled|hummed] while {he} stirred, and soon the whole house smelled of
  {scent}.
Then everything went into the bowl in the right order: {q1}, {q2} and {q3}. The oven did the rest, and {hero} [washed up|watched through the
  little window|fell asleep on a flour sack].
# end
{Friend} ate [two slices|three slices|every crumb on the plate]. The biggest piece of all {hero} carried to {helper} {at}, for {he} had not
  forgotten.
{Friend} said that it was the best {treat} in {town}. And {helper} got a slice too, wrapped in a napkin, because {hero} kept {his} word.
They sat down together, {hero}, {friend} and {helper}, and shared the {treat} in three equal parts. "It was the {i2} that did it," said
  {helper} proudly.
# ?coda
The {thing} was washed, dried and put back, and everyone agreed that it {joy}.
Since that day {hero} always buys twice as much {i2}.
"Next {day}," said {friend}, "I will bake for you." {Fhe} had never baked before, but that is another story.
""",
    """
plot: repair
objects: broken
places: town
topics: something broken | mending a {object} | a repair
lessons: to be patient | that broken things can be mended
titles: The Broken {object} | {helper} Mends a {object} | As Good as New
# begin
{Hero} was carrying {his} {thing} across the {place} when {he} [tripped over a root|slipped on a plum|sneezed very hard]. Crack!
The {thing} had belonged to {hero} for years. It {joy}. But one {day}, {at}, with a sad little sound, it broke.
"Oh no," said {a_hero}. {His} {thing}, which {joy}, had fallen down {at}, and now it was broken.
# sad
{Hero} [sat down beside it|picked up the pieces|did not know what to say]. "It will never be the same again," {he} sighed.
"I cannot throw it away," {hero} said to {friend}. "It has always been with me."
{Friend} looked at the pieces. "It is only [a little|half|mostly] broken," {fhe} said kindly.
# /who
"Let us take it to {helper}," said {friend}. "{Ghe} can mend everything except the weather."
In {town} there was only one who could help, and that was {helper}, who had a [small|crowded|tidy] workbench near the {place2}.
{Friend} knew {helper}, who had once mended {fhis} {thing2}, so they went to see {ghim} at once.
# price
"I can mend it," said {helper}, "but I do not want money. Bring me {number} {fruits}."
{Helper} turned the {object} round and round. "It will take until {day2}," {ghe} said, "and it will cost you {number} {fruits}."
# ~?wait
{Hero} waited. {He} [swept the floor|sorted screws|counted the clouds] to make the time pass more quickly.
{Helper} hammered and glued and [whistled|muttered|hummed], and {ghe} never once hurried.
"Is it ready?" asked {hero} every hour. "A good repair cannot be rushed," answered {helper}.
# ~?pick
Meanwhile {hero} and {friend} [went to the market|shook the trees|asked all their aunts] until they had {number} {fruits}. They ate none of
  them, though it was hard.
It was not easy to find {number} {fruits}. {Friend} carried them home in {fhis} hat.
# /done
Then {helper} called them. There stood the {thing}, whole again, with [one thin line|a new screw|a small scar] to show where it had been
  broken.
On {day2} the {object} was ready. "Try it," said {helper}. And really, it {joy}, just as before.
# end
{Hero} paid with {number} {fruits}, and {helper} shared them out at once: "One for you, one for {friend}, and the rest for me."
"You kept your word," said {helper}, and counted: exactly {number} {fruits}. Then {ghe} gave two of them back, because {ghe} liked polite
  customers.
{Hero} put {number} {fruits} on the workbench and carried the {thing} home past the {place}, very slowly this time.
# ?coda
"Broken does not mean finished," {hero} told {friend}. It is a good sentence, and {he} still says it.
If you visit {hero}, look closely at the {thing}. You will have to search for the place where it was mended.
Nobody ever ran across the {place} with the {object} again.
""",
    """
plot: garden
objects: garden
places: out
topics: a garden | something that grows | a seed and a {thing}
lessons: to wait | that small things grow when they are cared for
titles: The Enormous {veg} | {hero} Plants a Seed | The {veg} by the {place}
# begin
In spring {hero} planted one {veg} seed near the {place}. "Grow," {he} told it, "but take your time."
{Helper} gave {hero} a single {veg} seed. "Plant it near the {place}," {ghe} said, "and be kind to it."
There was once {a_hero} who had never grown anything except tired. One {day} in spring {he} planted a {veg} seed near the {place}.
# tool
{He} marked the spot with {his} {thing}, so that nobody would step on it.
{Friend} lent {him} a {thing} for the work. "Give it back when you pick the {veg}," {fhe} said, and {hero} promised.
"If it grows," said {friend}, "I will give you my {thing}." {Fhe} did not believe in {veg} seeds.
# ~water
Every morning {hero} gave the seed [a cup of water|some water and a good word|two cups of water].
It did not rain for {number} days, so {hero} carried water from the {place2} every morning.
# ~?doubt
For a long time nothing happened. "Perhaps it is asleep," said {friend}.
A crow looked at the spot with interest. {Hero} looked at the crow, and the crow remembered that it was needed elsewhere.
{Helper} came by. "Seeds cannot hear you shouting," {ghe} said. "They can only feel you waiting."
# ~?pull
Once {hero} wanted to dig it up, just to see. {Friend} held {him} back by the sleeve.
# /grow
Then, after {number} days, a green tip came up. By summer the {veg} was as big as [a cat|a bucket|a pillow].
One {day} there was a leaf, then two, then a whole crowd of them. Under the leaves sat a {veg} as heavy as [a goose|a small pony|three
  dictionaries].
# pull
{Hero} could not lift it alone. {Friend} came to help, and {helper} too, and with one great pull they all fell over, the {veg} on top.
They rolled the {veg} from the {place} to the kitchen. It took [an hour|all morning|two rests and a song].
# end
They made {veg} soup for everyone in {town}. The {thing} stood on the table with a flower beside it, to honour the day.
There was {veg} soup until {day}. "To the seed!" said {friend}, and {fhe} raised {fhis} spoon to {hero} and the {thing}.
That evening they ate {veg} soup {at}, and the {thing} had the place of honour. {Helper} had two bowls. "Waiting makes it taste better,"
  {ghe} said.
# ?coda
{Hero} kept one seed in a matchbox, for next spring.
And the {thing}? {Friend} and {hero} use it in turns now, for there is always something to plant near the {place}.
Nobody in {town} laughs at small seeds any more.
""",
    """
plot: quarrel
objects: any
places: any
topics: sharing | a quarrel | two friends and one {object}
lessons: to share | that a thing for two is more fun
titles: One {object} for Two | The Quarrel | {hero}, {friend} and the {thing}
# begin
{Hero} and {friend} found a {thing} {at}. It {joy}.
One {day} a {thing} lay {spot} {at}. {Hero} saw it first, but {friend} picked it up first.
{Hero} and {friend} never quarrelled, until the day they found a {thing} {at}.
# quarrel
"It is mine," said {hero}. "I saw it." "It is mine," said {friend}. "I am holding it."
{Hero} pulled at one end, and {friend} pulled at the other. The {object} [creaked|said nothing|did not like it at all].
They argued until [the soup was cold|the sun went down|their voices were quite small]. Neither of them would give in.
# ~?alone
{Hero} went home and was cross with [the cat|{his} supper|a chair that stood in the way].
{Friend} took the {object} home, but alone it was not much fun.
They walked home on different sides of the road, and both of them felt [silly|lonely|heavy] inside.
# /helper
{Helper} had heard it all. "I will keep the {object} until {day2}," {ghe} said. "Then the one who tells me what the other would do with it
  shall have it."
In the end they asked {helper} to decide. {Ghe} thought for a while. "Cut it in half," {ghe} said at last. "No!" cried both of them at once.
"How many days are there in a week?" asked {helper}. "Seven," they said. "Then there are plenty for both of you," said {helper}.
# idea
"{Friend} would use it {at2}," said {hero} quietly. "And {hero} would show it to everyone," said {friend}.
So they made a rule. {Hero} had the {object} from Monday to Wednesday, {friend} had it from Thursday to Saturday, and on Sunday it belonged
  to both.
{Hero} looked at {friend}, and {friend} looked at {hero}. "You may have it first," they said at the same time.
# /end
On Sunday they took the {thing} back to the {place} together. It {joy}, and it was twice as much fun with two.
Since then the {thing} has hung on a nail {at2}, where both of them can reach it.
They carried the {thing} to {helper}, and a {treat} too, as a thank-you. {Ghe} cut the {treat} into three pieces, all of the same size.
# ?coda
When people ask whose {object} it is, {hero} points to {friend}, and {friend} points to {hero}.
"It was a good quarrel," {helper} likes to say, "because it is over."
A {object} for two, they found, is worth more than two for one.
""",
    """
plot: birthday
objects: any
places: any
topics: a birthday | a surprise | a secret present
lessons: to keep a secret | that the best present is a thought
titles: The Surprise | A Present for {friend} | {friend}'s Birthday
# begin
{Friend} had a birthday on {day}, and {hero} had a plan. {He} would give {fhim} a {thing}.
There was once {a_hero} who loved surprises. When {friend} turned {age}, {hero} bought a {thing} in secret.
For weeks {friend} had looked at the {thing} in the shop window. It {joy}. {Hero} had been saving up for {fhis} birthday on {day}.
# hide
{Hero} hid the {object} {at}, {spot}, and told nobody but {helper}.
"Where shall I hide it?" {hero} asked {helper}. "{Spot}, {at}," said {helper}. "{Friend} never looks there."
The {object} had to be hidden well, so {hero} put it {spot} {at}. {detail}
# ~?nosy
"What are you hiding?" asked {friend}. "Only [my cold|a yawn|a very small secret]," said {hero}, and {he} went red.
{Friend} asked so many questions that {hero} had to [eat a whole pear|hum loudly|talk about the weather] in order not to answer.
# ~?wrap
{Hero} wrapped it in {colour2} paper and tied it with string. It looked like [a parcel|a cabbage|a hedgehog], but it was made with love.
{Helper} had some {colour2} paper to spare, and {hero} needed all of it.
# ~?false
On the day before, {friend} wanted to go to the {place}, of all places. "It is closed," {hero} said quickly, "because of bees."
# /day
Then the day came. "Today nobody has a present for me," said {friend} sadly. "Come along," said {hero}, "we are going to the {place}."
On {day} {hero} tied a scarf over {friend}'s eyes and led {fhim} to the {place}, [past the baker's shop|round two corners|in a very large
  circle].
"Happy birthday!" shouted {hero} and {helper}. "Now look for something {colour}. It is hidden {at}."
# find
{Friend} searched high and low. {Spot} {fhe} found it: the {thing}!
"Warm," said {hero}, "warmer, hot!" And there, {spot}, was the {thing}.
{Fhe} looked left and {fhe} looked right, and then {fhe} looked {spot}. "A {thing}!" cried {friend}.
# end
{Friend} was so happy that {fhe} [hugged everyone twice|forgot to close {fhis} mouth|kissed {helper} on the nose]. The {object} {joy}, and
  it was the hit of the evening.
"How did you keep it secret?" asked {friend}. {Hero} pointed at {helper}. "I had help," {he} said, "and the {place} helped too."
They all ate a {treat} {at}, and {friend} did not put the {object} down, not even to chew.
# ?coda
"Next year," said {friend}, "I will hide something for you." {Hero} has been looking {spot} ever since.
{Friend} turned {age} that day, and {fhe} says it was the best birthday of them all.
""",
)
