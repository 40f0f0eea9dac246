"""Plots of the story family about friends, second half: strays, coins, passwords, boats and neighbours.

How a plot is written is told in ``specviz/zoo/corpus/story_plot.py``.
"""

from __future__ import annotations

PLOTS_MORE: tuple[str, ...] = (
    """
plot: stray
objects: any
places: any
topics: a lost {animal} | a small {animal} far from home | kindness to animals
lessons: to let go | to be kind to those who are lost
titles: The Little {animal} | {hero} Finds a {animal} | {pet}
# begin
It was raining when {hero} found a small {animal} {at}. It sat {spot} and shivered.
One {day} {hero} heard a tiny sound {at}. {Spot} sat a little {animal}, quite alone.
There was once {a_hero} who wanted a pet more than anything. One {day}, {at}, {he} found a little {animal}.
# name
Round its neck it wore a {colour2} ribbon. {Hero} took it home and called it {pet}.
It had a {colour2} ribbon round one leg, which was odd. {Hero} carried it home in {his} hat and called it {pet}.
"I will call you {pet}," said {hero}. The {animal} had a {colour2} ribbon round its neck and did not object.
# care
{pet} drank [a saucer of milk|half a bowl of soup|some of the bath water] and fell asleep on {hero}'s knees.
{Hero} gave {pet} a bed in an old box and covered it with a towel. It slept and [snored|twitched|smiled] all night.
{pet} ate {number} {fruits} and then {hero}'s left shoe. "You must have been hungry," said {hero}.
# ~play
{pet} loved {hero}'s {thing} and would not let go of it. They played with it all week.
In the evenings {pet} sat beside {hero} and looked at {his} {thing} as if it were the moon.
{Hero} owned a {thing} that {joy}. It was the only thing that {pet} never chewed.
# ~?friend
"It belongs to somebody," said {friend}. {Hero} did not want to hear it, but {he} knew that {friend} was right.
{Friend} looked at the {colour2} ribbon. "Somebody must have tied that bow," {fhe} said softly.
# /search
So {hero} and {friend} put up notes everywhere: "Found {at}: one {animal}, very polite."
They asked at the post office, they asked at every door, and they asked {at2}. {detail2}
The next {day} {hero} and {friend} walked through all of {town} and called: "Who has lost a {animal}?"
# owner
{At2} stood {helper} with tears in {ghis} eyes. "My little {animal}!" {ghe} cried. "I tied that ribbon myself."
In the evening there was a knock. It was {helper}, who had been looking for {ghis} {animal} for {number} days.
# /part
{Hero} swallowed hard. Then {he} laid {pet} in {helper}'s arms.
It was hard to say goodbye to {pet}. {Hero} did it quickly, as one jumps into cold water.
# end
"You may visit {pet} every {day2}," said {helper}. And so it was: every {day2} there was milk for the {animal} and a {treat} for {hero}.
"I called it {pet}," said {hero}. "That is a better name than mine," said {helper}. "I only called it {animal}."
The next spring {helper} stood at the door with a basket. In it lay a tiny {animal} with a {colour2} ribbon. "This one is for you," {ghe}
  said.
# ?coda
{Friend} gave {hero} {fhis} handkerchief. "You did the right thing," {fhe} said, "and right things sting a little."
Whenever {hero} passes the {place}, {he} looks {spot}, just in case.
{Hero} sent the {thing} along with {pet}, so that it would not be homesick.
""",
    """
plot: coins
objects: any
places: town
topics: saving money | {number} coins | a kind deed at the market
lessons: to be generous | that kindness comes back
titles: {number} Coins | {hero} Goes Shopping | The {thing} in the Window
# begin
{Hero} had saved {number} coins, and in the shop near the {place} there was a {thing} that cost exactly {number} coins.
There was once {a_hero} who wanted the {thing} from the shop near the {place} so much that {he} saved for a whole year. Then {he} had
  {number} coins.
"{Number} coins for the {thing}," said {helper}, who kept the shop near the {place}. {Hero} counted {his} money. It was just enough.
# joy
It {joy}, and {hero} dreamed about it at night.
{Hero} told everyone who would listen that it {joy}.
# /meet
On {day} {he} set out with {his} coins. Near the {place2} sat {friend}, who was crying. {Fhis} {object2} had been stolen.
On the way {he} met {friend} {at2}. {Fhe} had torn {fhis} only coat and had no money for a new one.
But on the way, {at2}, {he} saw {friend}. "I cannot buy bread today," said {friend}, and {fhe} tried to smile.
# give
{Hero} looked at {his} {number} coins for a long time. Then {he} put all of them on {friend}'s knee.
"Take these," said {hero}, and {he} gave {fhim} the coins, all {number} of them, before {he} could change {his} mind.
# ~?sad
When {he} passed the shop, {he} looked the other way, but a little of the {colour} shone through {his} fingers.
{Hero} went home with empty pockets. They felt strangely [light|warm|big].
# ~?work
All summer long {friend} worked hard {at2}. {detail2}
{Hero} began to save again. After a month {he} had one coin and a button.
# ~?window
One {day} the {thing} was no longer in the window. "Sold," said {helper} behind the counter, and {hero} sighed.
# /back
In autumn there was a knock at the door. There stood {friend} with a parcel in {colour2} paper.
Then, on {his} birthday, {hero} found a parcel in {colour2} paper on the step.
# open
{Hero} opened it. It was the {thing}! "You gave me {number} coins when I had none," said {friend}.
In it lay the {thing} and a note from {friend}: "For the {number} coins. They brought me luck."
# end
{Hero} could not speak for joy. The {object} {joy}, just as {he} had dreamed.
"I kept it under the counter for {friend} all summer," said {helper}, and winked.
They took it to the {place} at once, {hero} and {friend}, and stayed until the stars came out.
# ?coda
A coin that you give away, people say in {town}, only goes for a walk.
{Hero} still has one more wish, but it will cost {number2} coins, and {he} is in no hurry.
""",
    """
plot: password
objects: any
places: den
topics: a secret club | a password | a secret word
lessons: to trust a friend | that rules should be kind
titles: The Password | The Secret Club | The Club {at}
# begin
{Hero} and {friend} had a secret club {at}. Nobody could come in without the password, and the password was "{word}".
"The password is {word}," whispered {hero}. "Never tell anyone." {Friend} nodded. That was how the club began, {at}, {spot}.
There was once {a_hero} who started a club {at}. It had two members, {hero} and {friend}, and one password: "{word}".
# treasure
The club had one treasure, a {thing}. It {joy}, and it was kept {spot}.
In the middle of the room stood the {thing}. It {joy}, and both of them had sworn to guard it.
# /rule
"No password, no entry," said {hero}. It was the only rule, and {he} was proud of it.
They met every {day}, said the password, ate {number} {fruits} and [talked about dragons|made plans|wrote down the weather].
# ~?test
"Is it {colour2} cabbage?" asked [the cat|a passing goose|the wind], or so it sounded. It was not.
Once {hero} forgot to wipe {his} boots, and {friend} made a second rule. It did not last.
# ~helper
{Helper} would have liked to join. "What is the password?" asked {hero}. "Please?" said {helper}. It was a good try.
{Helper} often stood outside and listened, because it sounded so merry in there.
# /trouble
One {day} it began to snow. {Hero} was late, and when {he} reached the {place}, the door was locked. "Password!" called {friend} from
  inside. But {his} head was as white and empty as the snow.
Then {hero} caught a terrible cold. {He} came to the {place} on {day} and knocked. "Password?" asked {friend}. {Hero} could only sneeze.
# try
"[Purple pancake|Seven socks|Sleepy spoon]?" tried {hero}. "Wrong," said {friend} sadly. "Rules are rules."
{Hero} thought of [soup|summer|{his} slippers], of everything but the right word.
# help
Just then {helper} came by. "You two shout it so loudly every {day}," {ghe} said, "that I know it well. It is {word}."
"Think of the day we began," called {friend}. {Hero} closed {his} eyes, and suddenly {he} remembered. "{Word}!" {he} shouted.
# /end
The door flew open. Inside it was warm, the {thing} {joy}, and there was a {treat} on the table. {Helper} was invited in too.
{Friend} pulled {him} in and wrapped {him} in a blanket. "Let us make a new rule," {fhe} said. "Friends may come in without a word."
"Come in," said {friend}, "and bring {helper} along. A club with three members is a better club." They put the {thing} on the table and
  celebrated.
# coda
The password is still "{word}", but nobody asks for it any more.
Now there is a sign on the door. It says: "{Word}, or simply please."
{Hero} has never forgotten it since. If you wake {him} at night, {he} says "{word}" and goes on sleeping.
""",
    """
plot: boat
objects: ship
places: water
topics: building a boat | a small ship and its name | a voyage
lessons: to work together | that no work is too big for three
titles: The {boatname} | {hero} Builds a Boat | A Voyage on the {boatname}
# begin
{Hero} and {friend} wanted to build a boat {at}. "We shall paint it {colour2}," said {hero}, "and call it the {boatname}."
There was once {a_hero} who could not swim and therefore wanted a boat. "A {colour2} one," {he} told {friend} {at}, "and its name shall be
  the {boatname}."
"Every ship begins with a name," said {friend} one {day} {at}. "Ours is the {boatname}." So far, the name was all they had, and a tin of
  {colour2} paint.
# wood
{Helper} gave them [old planks|a broken door|half a wardrobe] and {number} nails. "But I want to come along on the first voyage," {ghe}
  said.
For wood they asked {helper}. "Take what is in my shed," {ghe} said, "and save me a seat."
# ~build
They sawed and hammered {at} for {number} days. {detail}
{Hero} held the nails, and {friend} held the hammer. Later they changed places, because of {hero}'s thumb.
# ~?sail
For a sail they used [a tablecloth|{friend}'s blanket|an old curtain]. It still smelled of [soup|lavender|mothballs].
# ~flag
"What shall we put at the front?" asked {friend}. {Hero} had a {thing}. It {joy}, so they tied it to the bow.
{Hero} brought {his} {thing} on board, for a ship must have a {object}.
# ~?doubt
"It looks like a bathtub," said a passing [swan|fisherman|cow]. "It looks like a beginning," said {hero}.
# /launch
On {day} they painted the name on the side in {colour2} letters and pushed the boat into the water.
Then came the great day. The boat was {colour2}, nearly straight, and ready to sail.
# float
It floated! It leaned a little to the left, but so did {friend}.
The water came up to the edge, thought about it, and stayed outside.
# /seat
"All aboard!" called {hero}. There was a seat for {friend}, and a seat for {helper}, as they had promised.
They had not forgotten {helper}. {Ghe} sat in the middle with a {treat} on {ghis} knees.
# end
The {boatname} sailed once across and once back. {Hero}, {friend} and {helper} agreed that she was the finest {colour2} ship in the world.
They waved the {thing}, and all the ducks made way for the {boatname}.
As the sun went down, the {boatname} came home. "Same time next {day}?" asked {helper}. "Same time," said {hero}.
# ?coda
The boat is old now, but you can still read its name: the {boatname}.
There were only {number} nails in it, but it was held together by three friends.
""",
    """
plot: neighbour
objects: any
places: town
topics: a new neighbour | making friends | somebody who moves in next door
lessons: to say hello first | that strangers are friends we have not met
titles: The New Neighbour | {hero} Says Hello | Next Door
# begin
Somebody new had moved in near the {place}. {Hero} saw a cart full of boxes and, on top of them, a {thing}.
There was once {a_hero} who was too shy to say hello. Then a neighbour moved in next door and brought a {thing} that {joy}.
On {day} a cart stopped near the {place}. Out climbed {friend} with {number} boxes and a {thing}.
# shy
"I should say hello," thought {hero}, and {he} hid [behind the curtain|under the table|behind a large cabbage].
{Hero} walked past the new door {number} times. Each time {he} forgot how to knock.
# ~help
"What shall I say?" {he} asked {helper}. "Hello," said {helper}. "It has worked before."
{Helper} put a {treat} into {hero}'s arms. "Nobody is shy behind a {treat}," {ghe} said.
# ~?see
Through the hedge {he} saw the new neighbour, who was carrying the {object} from one corner to another and looked lonely.
At night there was one {colour2} light in the window next door. It looked like somebody who could not sleep.
# /meet
Then the wind helped. It blew {hero}'s hat over the hedge, and {friend} caught it. "Hello," said {friend}. "Hello," said {hero}. It was
  quite easy.
At last {hero} took heart and knocked. The door opened at once, for {friend} had been standing behind it, just as shy. "Hello," they both
  said.
# talk
"I am {friend}," said the new neighbour. "I come from {town2}, and I know nobody here." "Now you know me," said {hero}. "I am {hero}."
"I come from {town2}," said {friend}. "There, everyone knew me. Here only the {object} does." "And I do," said {hero}.
# /show
{Hero} showed {fhim} everything: the bakery, the best puddles, and the {place}. {detail}
In return for a cup of tea {hero} took {fhim} to the {place}. "This," {he} said, "is where we meet."
# ?share
{Friend} fetched the {thing}. It {joy}, and soon half of {town} was standing round it.
"You may use my {object} whenever you like," said {friend}. It {joy}, and {hero} liked that very much.
# end
When it grew dark, {friend} said: "It is not so different from {town2} after all." {Hero} smiled and was not shy in the least.
Now {hero} and {friend} meet {at} every {day}, and the {thing} comes along.
That night there were two lights in two windows. {Hero} waved, and {friend} waved back with the {thing}.
# ?coda
The next time a cart full of boxes came to {town}, {hero} was the first to say hello.
"What did I tell you?" said {helper}. "One word was enough."
A letter went to {town2} that week. It said: "I have a friend here. Yours, {friend}."
""",
)
