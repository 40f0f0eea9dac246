"""Plots of the story family about friends, first half: bets, swaps, courage, music and a mystery.

How a plot is written is told in ``specviz/zoo/corpus/story_plot.py``.
"""

from __future__ import annotations

PLOTS_FRIENDS: tuple[str, ...] = (
    """
plot: bet
objects: any
places: out
topics: a bet | two friends who make a bet | a funny bet
lessons: to lose with a smile | not to boast
titles: The Bet | {hero} Makes a Bet | A Bet {at}
# begin
"I bet that I can [stand on one leg|keep quiet|balance {number} {fruits} on my head] longer than you," said {hero} to {friend}. They were
  sitting {at}. {detail}
{Hero} and {friend} sat {at} and were bored. "Let us make a bet," said {friend}. "Who can [keep quiet|stand still|go without laughing]
  longer?"
There was once {a_hero} who boasted a little too much. "Nobody in {town} can [whistle|hop|sing] longer than I can," {he} said one {day}
  {at}. "I can," said {friend}.
# stake
"If I lose," said {hero}, "you get my {thing}." "And if I lose," said {friend}, "I will bake you a {treat}."
{Friend} put {fhis} {thing} on a stone. "That is my stake," {fhe} said. "And mine is a {treat}, baked by me," said {hero}.
"The loser bakes a {treat}, and the winner may use my {thing} for a week," said {hero}. It was a fine {object}, for it {joy}.
# judge
{Helper} agreed to be the judge and fetched a [chair|clock|cushion].
"I will count," said {helper}, who happened to be passing the {place}.
{Helper} drew a line on the ground. "Begin!" {ghe} said, and sat down to watch.
# ~/mid1
One minute went by, then ten. {Hero} [went red|bit {his} lip|thought of sad things].
A fly landed on {friend}'s nose. {Friend} did not move, but {fhis} ears turned pink.
# ~?mid2
A duck walked past with a [bonnet|bow tie|very important face] on. Nobody laughed, though it was hard.
The bell struck {number}, and still nobody gave in.
{Helper} yawned so widely that both of them nearly yawned too.
# ~?mid3
{Hero} was hungry. {He} thought of the {treat}, and that was a mistake.
{Friend} looked at the {colour} {object} and took heart.
# /result
Then a [goose|pony|small cousin] sat down on {helper}'s hat. {Hero} and {friend} burst out laughing at exactly the same moment.
In the end the rain decided. It came down so hard that both of them ran, and they reached the door side by side.
Suddenly {helper} began to snore. They looked at each other, and both of them had to laugh at once.
# verdict
"Nobody has won," said {helper}, "so both of you have lost." That sounded fair.
"It is a draw," {helper} declared. "You both win, and you both pay."
# end
So there was a {treat} for everyone, and the {thing} was used by {hero} in the morning and by {friend} in the afternoon.
They baked the {treat} together, with the {thing} standing on the window sill. {Helper} ate the biggest slice, as judges do.
The next {day} they met again {at} and shared the {treat}. The {thing} lay between them in the grass and belonged to nobody and to both.
# ?coda
"I bet that you cannot eat another slice," said {friend}. But {hero} had learned, and {he} did not bet.
Since then {hero} boasts only about {friend}.
""",
    """
plot: trade
objects: any
places: any
topics: trading | a chain of swaps | giving one thing for another
lessons: that a thing is worth what it means to somebody | to think of others
titles: The Swap | {hero} Swaps and Swaps | From a {object} to a {object3}
# begin
{Hero} had a {thing}, but what {he} really wanted was a {thing3} for {friend}.
There was once {a_hero} who owned nothing but a {thing}. {Friend}'s birthday was near, and {friend} wished for a {thing3}.
"If only I had a {thing3}," sighed {friend}. {Hero} had only a {thing}, but {he} also had an idea.
# /one
So {he} went to the {place}. There {he} met {helper}, who was looking at {his} {object}. "Will you swap it for my {thing2}?" asked {helper}.
  "Gladly," said {hero}.
{Hero} set off for the {place}. {detail} "I could use a {thing}," said {helper}. "I will give you my {thing2} for it." And they swapped.
{At} stood {helper} with a {thing2} that nobody wanted. {Ghe} saw the {thing}, and soon each had what the other had had before.
# /two
With the {thing2} {he} went on to the {place2}. An old [woman|sailor|goat] was crying there: "My {object2} is gone!" "Take this one," said
  {hero}.
{He} carried the {object2} to the {place2}, where a [traveller|piper|young donkey] stopped {him}. "Just such a {object2} I need!"
{At2} somebody was waiting for a {thing2}. It was a [pedlar|juggler|ferryman] with a full bag and kind eyes.
# ?doubt
For a moment {hero} thought of {his} {thing} and was a little sad, for it {joy}.
"Are you sure?" {he} was asked. "Quite sure," said {hero}.
# three
"I have no money," said the stranger, "but I have a {thing3}. Will that do?" It would do very well.
The stranger thanked {him} and opened a sack. Out came a {thing3}, [brand-new|wrapped in straw|as good as new].
# /end
{Hero} ran all the way to {friend}. "For you," {he} said, and {he} held out the {thing3}. {Friend} did not know what to say.
That evening {friend} unwrapped the {thing3} and laughed out loud. "Where did you get it?" "I gave {helper} my {object}," said {hero}, "and
  somebody else the {object2}."
"How did you pay for it?" asked {friend}. "First a {thing}, then a {thing2}, and then this {thing3}," said {hero}. "It was quite simple."
# coda
{Friend} gave {him} a {treat} in return. "That," said {hero} with {his} mouth full, "was the best swap of the day."
"But your {thing}!" said {friend}. "You loved it." "I love your face much more when you look like that," said {hero}.
A week later {helper} came by and brought back the {thing}. "It missed you," {ghe} said.
And {helper} was happy with the {thing}, the stranger with the {thing2}, and {friend} with the {thing3}. {Hero} was happiest of all.
""",
    """
plot: dark
objects: storm
places: dark
topics: being brave | the dark | a noise in the dark
lessons: to be brave | that the dark is full of harmless things
titles: The Dark {place} | {hero} Is Brave | The Noise in the Dark
# begin
{Hero} was not afraid of [dogs|spiders|thunder], but {he} was afraid of the {place} at night.
There was once {a_hero} who never went to the {place} after sunset. "Something lives there," {he} said, "and it says hoo."
Everyone in {town} knew that there was a noise {at}. It came at night, and {hero} pulled the blanket over {his} ears.
# need
But one {day} evening {friend} came running. "I left my {thing2} {at}," {fhe} said, "and I need it tomorrow."
Then {friend} fell ill. "I would get well faster," {fhe} said, "if I had my {thing2}. I left it {at}, {spot}."
"I dare not go either," said {friend}, "but my {thing2} is still there, {spot}."
# gift
{Helper} gave {hero} a {thing}. "When I was young, it {joy}," {ghe} said. "With it nobody need be afraid."
"Take my {thing}," said {helper}. "It has been in darker places than the {place}."
{Helper} pressed a {thing} into {his} arms. "I was never afraid with it, for it {joy}," {ghe} said.
# /go
{Hero} held the {object} tight and went to the {place}, [one step at a time|very slowly|with loud steps, to frighten the dark]. {detail}
It was [pitch-dark|foggy|as quiet as wool]. {Hero} counted {his} steps. At {number} {he} stood {at}.
# ~noise
"Hoo," said something. {Hero}'s heart beat like a drum. "Who is there?" {he} called, and {his} voice was only a little thin.
There was the noise. It scratched, and it sighed. {Hero} gripped the {thing} and did not run away.
# ~?talk
"I am not afraid," {he} told the dark. "Not very," {he} added, because {he} was honest.
{Hero} hummed the bravest song {he} knew. It was about soup.
# /reveal
It was only [a loose shutter in the wind|an old owl with a cold|a hedgehog in a flowerpot|a family of sleepy pigeons]. {Hero} laughed so
  loudly that the echo laughed too.
{Hero} took one more step and saw it: [a kitten in a watering can|the wind in an empty bottle|a moth at the window]. Was that all?
# find
{Spot} lay the {thing2}, just where {friend} had left it.
And there, {spot}, was the {thing2}. {Hero} tucked it under {his} arm.
# end
{Friend} was very glad to have {fhis} {object2} back. "And what was the noise?" {fhe} asked. {Hero} told {fhim}, and they laughed until
  bedtime.
{Hero} brought the {thing2} to {friend} and the {thing} to {helper}. "Keep it," said {helper}. "You carried it where I would not have gone."
"Were you afraid?" asked {friend}, holding the {thing2}. "Yes," said {hero}, "but I went there all the same."
# ?coda
Since that night {hero} likes the {place} best after dark. If something says hoo, {he} says it back.
The {thing} stands beside {his} bed now. {He} does not need it any more, but it is good company.
"Being brave," {helper} said, "is being afraid and going on."
""",
    """
plot: concert
objects: music
places: any
topics: music | learning to play the {object} | a concert
lessons: to practise | not to give up
titles: The Concert | {hero} Learns to Play | The {thing}
# begin
{Hero} had a {thing} and could not play a single note on it. But there was to be a concert {at} on {day}.
There was once {a_hero} who found a {thing} in the attic. "I will play it {at} on {day}," {he} told everyone, a little too early.
"Will you play with me {at} on {day}?" asked {friend}, who had a {colour2} guitar. "Yes!" said {hero}. Then {he} remembered that {he} did
  not know how to play {his} {thing}.
# first
The first sound was like [a goose in a bucket|a door in pain|a sheep with a cold]. The cat left the house.
{Hero} tried. Windows were closed all over {town}, one after the other.
"What was that?" asked {friend}. "That was a song," said {hero}. "Oh," said {friend} politely.
# /teacher
{Helper} had once been a musician. "Play only one tune," {ghe} said, "but play it {number} times a day."
{He} went to {helper}, who knew about music. "It is easy," said {helper}. "You play it wrong {number} times, and then you play it right."
# ~practise
So {hero} practised [in the shed|under the blanket|on the roof|among the cows], {number} times a day, as {helper} had said.
Every evening {hero} played the tune {number} times. The cat came back on the third evening and stayed to the end.
# ~?tired
On some days {his} arms were tired, and on some days {his} ears were.
"I give up," said {hero} one evening. "You may," said {friend}, "but not before {day}."
{Hero} wanted to throw the {object} into the river, but {he} had supper instead, and after supper it went better.
# ~?tune
It was a tune about [a snail who travelled round the world|a lazy river|two clouds in love|the first snow]. {Hero} even hummed it in {his}
  sleep.
# /day
Then {day} came. The benches {at} were full. {detail} {Hero}'s knees shook.
On {day} all of {town} came to the {place}. In the first row sat {helper} and nodded.
# play
{Hero} lifted the {thing}, took a breath and played. The {object} {joy}, and nobody even coughed.
{Friend} counted to four, and {hero} began. It was the tune {he} had practised {number} times a day, and it went straight to the heart.
# end
When the last note had faded, the {place} shook with applause. "You played it right," said {helper}.
People clapped until their hands were warm. {Friend} bowed to {hero}, and {hero} bowed to {helper}.
"Again!" they shouted, and {hero} had to play it again. {He} knew only one tune, but {he} knew it by heart.
# ?coda
The cat sleeps on the case of the {thing} now.
"How did you do it?" asked {friend}. "{Number} times a day," said {hero}. "That is the whole secret."
If you walk past the {place} on a {day}, you can hear it still: one tune, played on a {thing}.
""",
    """
plot: mystery
objects: any
places: any
topics: a mystery | a small riddle | a clue
lessons: not to blame anyone too soon | to look closely
titles: The {colour2} Feather | Who Took the {object}? | {hero} Finds a Clue
# begin
On {day} morning {hero}'s {thing} was gone. In its place lay a {colour2} feather.
Somebody had taken the {thing} from {hero}'s window sill, and all that was left was a {colour2} feather.
There was once {a_hero} who had a {thing} that {joy}. One {day} it had vanished, and on the floor lay a {colour2} feather.
# /ask1
{Friend} suspected {helper}. "{Ghe} has always liked your {object}," {fhe} said. But {hero} shook {his} head. "First we look, and then we
  speak."
{Hero} called {friend}, who brought a magnifying glass and suspected {helper} at once. "First we look, and then we speak," said {hero}.
"I saw {helper} here yesterday," said {friend}. So they asked {ghim}. "I came to borrow some {i1}," said {helper}, "and I took nothing
  else."
# ~clue1
On the garden path they found a second feather. It was {colour2} too.
{Friend} crept along the hedge on {fhis} knees. "Another {colour2} feather!" {fhe} called.
# ~?clue2
They measured the footprints. They were small and had three toes. "So it is not [the postman|your aunt|the mayor]," said {friend}.
{Hero} wrote everything down in a notebook: "One thief. {Number} toes. Likes {colour} things."
{Friend} tasted a crumb that lay there. "{Fruit}," {fhe} said, "or perhaps mud."
# /trail
The trail of feathers led to the {place}. {detail}
They followed the feathers, one by one, all the way to the {place}. There were {number} of them.
# find
And there, {spot}, was a nest. In it sat a {colour2} [hen|parrot|magpie], and under it, nice and warm, lay the {thing}.
They looked {spot}. A {colour2} [hen|duck|jackdaw] looked back at them. It was sitting on the {object} as if it were an egg.
# solve
"You cannot hatch a {object}," {hero} told it gently, and {he} laid a round stone in the nest instead.
The bird had wanted something {colour} for its nest, so {friend} gave it a {colour} [sock|ribbon|paper bag]. It was a fair swap.
# end
{Hero} carried the {thing} home. On the way they told {helper} everything, and {friend} said sorry for what {fhe} had thought.
"It is good that we looked first," said {hero}, with the {thing} in {his} arms. {Friend} blushed and invited {helper} to share a {treat}.
That evening the {thing} stood on the window sill again, and beside it, in a glass, stood the {colour2} feather.
# ?coda
The bird laid {number} eggs {at}. None of them was {colour}.
"Case closed," wrote {hero} in the notebook, and {he} glued the {colour2} feather next to it.
{Friend} now says "First we look, and then we speak" as if {fhe} had invented it.
""",
)
