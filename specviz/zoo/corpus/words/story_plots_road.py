"""Plots of the story family that happen on the way: promises, parties, races, storms, maps and messages.

How a plot is written is told in ``specviz/zoo/corpus/story_plot.py``.
"""

from __future__ import annotations

PLOTS_ROAD: tuple[str, ...] = (
    """
plot: borrowed
objects: any
places: any
topics: a promise | something borrowed | keeping your word
lessons: to keep a promise | that a borrowed thing must come home
titles: The Borrowed {object} | A Promise to {friend} | {hero} Keeps a Promise
# begin
"May I borrow your {thing}?" {hero} asked {friend} one [bright|grey|windy] morning. "Only until {day}," said {friend}. "I need it myself
  then." "I promise," said {hero}.
{Friend} owned a {thing} that {joy}. One morning {hero} borrowed it and promised to bring it back on {day}.
There was once {a_hero} who needed a {thing}. {Friend} had one. "Bring it back on {day}," said {friend}, and {hero} promised.
# /use
{Hero} took it to the {place}. {detail} The {object} {joy}, and the hours flew by.
All week long {hero} used the {object} {at}. {He} was [proud|careful|very busy], and everybody admired it.
With the {thing} {he} went to the {place}, where it {joy}. {detail}
# trouble
But on {day} it [rained buckets|stormed|snowed without a pause], and the road from the {place} was [under water|closed|one long puddle].
When {day} came, {hero} was still far away {at}, and the last [bus|cart|boat] had gone.
Then {day} came, and {hero} woke up with a [sore throat|twisted ankle|dreadful cold]. The bed was warm, and {friend}'s house was far away.
# ~?tempt
"You could go tomorrow," said {helper}. "Tomorrow is not {day}," said {hero}.
{Helper} offered {him} a warm chair and [a bowl of soup|a slice of pie|some hot milk]. {Hero} looked at it for a long time and shook {his}
  head.
"Will {friend} be cross if it comes a day late?" {hero} wondered. "No," {he} thought, "only sad, and that is worse."
# ~?try
{Hero} wrapped the {object} in {his} coat so that it would stay dry.
{Hero} walked until {his} feet hurt, and then {he} walked on {his} heels.
# /help
Along the road came {helper}. "Where are you going in such weather?" "To {friend}. I promised." "Then jump on my [wagon|sledge|bicycle],"
  said {helper}.
At the bridge {he} met {helper}, who knew a short cut through the {place2}. They ran through it together.
{Helper} lent {him} a {colour2} umbrella and a lantern, and so the long road became a little shorter.
# end
Late on {day} there was a knock at {friend}'s door. There stood {hero}, [dripping|sneezing|out of breath], with the {thing} in {his} arms.
It was almost midnight when {hero} reached {friend}'s house. "Here is your {thing}," {he} said. "It is still {day}, is it not?"
{Friend} had already given up hope when {hero} came round the corner with the {thing}. "You came!" said {fhe}. "I promised," said {he}.
# coda
"Anyone who keeps a promise in such trouble," said {friend}, "may borrow whatever I have."
{Friend} hung the {object} in its place and put the kettle on. They drank tea until {hero} was warm again.
Next time {hero} needed a {object}, {he} did not even have to ask.
"Thank you," said {friend}, and {fhe} fetched a {treat} that was just big enough for two.
""",
    """
plot: invitation
objects: any
places: any
topics: an invitation | a party | a long way to a party
lessons: to be on time | that guests are worth more than gifts
titles: The Invitation | {friend}'s Party | The Party {at}
# begin
On {day} a [letter|card|small parcel] came for {hero}. It said: "Please come to my party {at}. Bring something {colour}. Yours, {friend}."
{Friend} was giving a party {at}, and everyone was asked to bring something {colour}. {Hero} was invited too.
There was once {a_hero} who had never been invited anywhere. Then {friend} wrote: "Come to the {place} on {day}, and bring something
  {colour}!"
# gift
{Hero} looked through all {his} things. At last {he} chose the {thing}, because it {joy}.
What was {colour}? {Hero} had a [tomato|sock|toothbrush], but that would not do. Then {he} remembered {his} {thing}. It {joy}, so that was
  settled.
"I will bring my {thing}," {he} decided. It {joy}, and {friend} had always admired it.
# /way
The way was long. First {hero} went past the {place2}. {detail2}
{Hero} set out early. {He} walked past the {place2} and [over three fields|through a small wood|along the railway].
To reach the {place} you had to go past the {place2}. {detail2}
# ~meet
There sat {helper}, looking [sad|tired|cold]. "Nobody ever invites me," said {helper}. "Then come along," said {hero}, "for {friend} has
  room for everyone."
By the road {he} met {helper}, who had lost {ghis} way. "I am going to the {place}. Come with me," said {hero}.
# ~?trouble
The path split in two. {Hero} [tossed a coin|asked a snail|followed {his} nose], and that was the right way.
A gust of wind blew the {object} out of {his} arms, and {hero} had to chase it across a field of [cows|thistles|surprised sheep].
It began to rain, so {hero} hid the {object} under {his} coat.
# /arrive
At last they came to the {place}. {detail} "You are late," said {friend}, "but you are here, and that is what counts."
The lights were already lit {at} when they arrived. {Friend} ran to the door and laughed.
"Welcome!" called {friend}. {Fhe} looked at the {thing}. "And how beautifully {colour} it is!"
# ?guest
"This is {helper}," said {hero}. "{Ghe} has nothing {colour} with {ghim}." "But {ghe} has you," said {friend}, "and that is better."
{Helper} had brought nothing {colour}, only {ghis} [old songs|good stories|card tricks]. They turned out to be the best present of all.
# end
They ate a {treat}, and the {thing} stood in the middle of the table, where everyone could see it.
There was [music|dancing|a puppet show] until late. {Helper} said that it was {ghis} very first party, and certainly not {ghis} last.
Everyone had to hear about the {thing}: how it {joy}, and how far it had come.
# ?coda
When {hero} went home past the {place2}, {he} did not feel alone, for {helper} was walking beside {him}.
The invitation still hangs over {hero}'s bed. The word "{colour}" is underlined twice.
""",
    """
plot: race
objects: any
places: out
topics: a race | a race to the {place2} | winning and losing
lessons: to stop and help | that winning is not everything
titles: The Great Race | {hero} Runs | From the {place} to the {place2}
# begin
Every year on the first {day} of [May|June|September] there was a race from the {place} to the {place2}. The prize was a {thing}.
In {town} they held a race. It began {at}, it ended {at2}, and the winner was given a {thing}.
"Whoever is the first to reach the {place2}," said {helper}, "wins this {thing}." All the runners stood in a row {at}.
# who
{Hero} was [small but quick|slow but stubborn|not the fastest, but the most cheerful]. {Friend} was the best runner of all.
{Friend} had won {number} times already. {Hero} had never won anything except a [cold|bag of nuts|bad seat].
"I shall win," said {friend}, and {fhe} stretched {fhis} legs. "I shall try," said {a_hero}, and {he} tied {his} laces.
# start
{Helper} blew a whistle, and off they went. {detail}
Three, two, one, go! In a moment the {place} lay behind them in a cloud of dust.
# ~ahead
{Friend} was soon so far ahead that {hero} could see only {fhis} {colour2} cap.
At the first corner {friend} was in front. At the second corner {fhe} was even further in front.
# ~?tired
{Hero} ran at {his} own pace. "One step, and one more," {he} told {himself}.
Halfway there {hero} had a [stitch|stone in {his} shoe|great wish to sit down], but {he} kept going.
{detail2} That was the {place2}, far away, and it did not seem to come any closer.
# /fall
Then {friend} slipped in the mud and hurt {fhis} foot. {Hero} could have run past, but {he} stopped.
Suddenly there was {friend}, sitting by the road. {Fhe} had [caught {fhis} foot in a root|lost a shoe in the mud|run into a goat]. The
  others ran past, but {hero} stopped.
# help
"Run on," said {friend}. "The {object} could be yours." "A {object} cannot laugh at my jokes," said {hero}. "Lean on me."
{Hero} tied {his} handkerchief round {friend}'s foot. "Now we have four legs between us, or at least three good ones," {he} said.
"What about the prize?" asked {friend}. "What about your foot?" asked {hero}.
# /arrive
Arm in arm they reached the {place2}. They were the last of all, but the crowd cheered as if they had won.
When they came to the {place2}, the sun was low. The winner was already eating a {treat}.
# end
{Helper} looked at the two of them. "The fastest gets [a medal|a clap|a ribbon]," {ghe} said, "but the {thing} goes to {hero}, who stopped."
The winner, a [long-legged hare|thin young man|very serious goose], came over to them. "You should have this," the winner said, and gave
  {hero} the {thing}.
{Hero} won nothing that day. But the next morning a {thing} stood at {his} door. "For the slowest and best of runners," said the note. It
  was from {friend}.
# ?coda
Next year they will run again, {hero} and {friend}, from the {place} to the {place2}, and they will run side by side.
{Friend} has forgotten who won the race. {Fhe} has not forgotten who stopped.
The {object} {joy}, and {hero} shared it with {friend}.
""",
    """
plot: storm
objects: storm
places: any
topics: a storm | bad weather | a stormy night
lessons: to keep calm | that a storm is smaller when you are not alone
titles: The Storm | A Night {at} | {hero} and the Storm
# begin
The sky over {town} was the colour of [slate|old pans|plums] when {hero} and {friend} set out for the {place}. {Hero} carried a {thing}.
"Leave that {thing} at home," said {friend}. "We are only going to the {place}." But {hero} took it along. It {joy}, after all.
There was once {a_hero} who never went out without {his} {thing}. "You never know," {he} used to say, and {friend} used to laugh.
# /storm
They were {at} when the storm broke. The wind [howled|roared|rattled every window], and the rain came down in ropes.
Hardly had they reached the {place} when it began to thunder. "One, two, three," {friend} counted, and then there was a flash.
{Detail} Then, in the middle of the afternoon, it turned as dark as night {at}, and the first hailstones fell.
# shelter
They hid {spot} and made themselves as small as they could.
"Quick, in here!" called {hero}, and they crept close together {spot}.
# ~?fear
{Friend} was trembling. "Are you afraid?" asked {hero}. "Only of the loud parts," said {friend}.
"I do not like this," whispered {friend}. "Then tell me about something you do like," said {hero}, and {friend} told {him} about {fhis}
  grandmother's {treat}.
# ~?third
Out in the rain somebody was calling. It was {helper}, who had lost {ghis} way and {ghis} hat. They pulled {ghim} in.
There was a knock, and {helper} came in, wet to the bones. "Is there room for one more?" {ghe} asked. There was.
# ~?count
To pass the time they counted the thunderclaps. There were {number} of them, or {number2}, if you counted the rumbling of {friend}'s
  stomach.
# /use
"Now we need the {object}," said {hero}. It {joy}, and at once they all felt better.
Then {hero} took out the {thing}. "I knew it," {he} said. It {joy}, and even the storm seemed to listen.
It was the {thing} that saved the evening. It {joy}, and by and by nobody thought of the thunder.
# calm
By [midnight|evening|suppertime] the storm had moved on to bother somebody else.
The thunder grew tired and rolled away over the hills. A [star|blackbird|small patch of blue] came out.
# end
"I will never laugh at your {object} again," said {friend} on the way home from the {place}.
"From now on," said {friend}, "I will carry the {thing} myself, and not only to the {place}."
When they got home from the {place}, dry and hungry, {friend} looked at the {colour} {object}. "What a good thing that you took it along,"
  {fhe} said.
# ?coda
Whenever it thunders now, {hero} and {friend} think of the {place} and smile.
{Hero} only nodded. "You never know," {he} said.
If you look {spot} {at}, you can still see where the two friends sat.
""",
    """
plot: map
objects: any
places: any
topics: a treasure | an old map | a treasure hunt
lessons: to read carefully | that a treasure is best when it is shared
titles: The Old Map | The Treasure {at} | {hero} Digs
# begin
In an old [jacket|teapot|hymn book|picture frame] {hero} found a map. On it somebody had written: "Start {at2}. Walk {number} steps. Look
  {spot}."
{Helper} gave {hero} a map that was older than both of them together. "{Number} steps from the {place2}," it said, "then look {spot}."
There was once {a_hero} who bought a book for one penny. Out of it fell a map with a {colour2} cross and the words: "From the {place2}
  {number} steps. Then {spot}."
# friend
{He} ran to {friend} at once. "Whatever we find," {he} said, "half of it is yours."
"Will you help me dig?" {he} asked {friend}. "If I get half," said {friend}. They shook on it.
{Friend} did not believe in treasure, but {fhe} believed in {hero}, so {fhe} came along and carried the [sandwiches|shovel|lemonade].
# /start
So they went to the {place2}. {detail2} Then they counted aloud, walked {number} steps and stood {at}.
{At2} they turned the map the right way up, which helped. {Number} steps later they stood {at}.
# ~?wrong
The first time they counted wrongly and walked into [a duck pond|a washing line|a very prickly hedge].
"Your steps are too long," said {friend}. "Yours are too short," said {hero}. So they took turns.
# ~?dig
They dug until they found [an old boot|a rusty horseshoe|somebody's teeth, luckily those of a rake].
"What if there is only mud?" asked {friend}. "Then half of the mud is yours," said {hero}.
# ~?see
{detail} "This must be it," said {hero}. "The map shows the {place}, I am sure."
# /find
They looked {spot}, and there was a small chest. Inside it lay a {thing} and a note.
There, {spot}, they felt something hard. They pulled, and out came a {thing} in a sack, with a note round it.
# note
The note said: "Well done! When I was young, it {joy}. Take good care of it." {Helper} had signed it with a blot.
It was {helper}'s writing: "For anyone who can count to {number}. When I was young, it {joy}."
"When I was young, this treasure {joy}," said the note. "Share it." It was signed by {helper}.
# end
{Hero} kept {his} word: half of the {thing} belongs to {friend}. Nobody knows which half, so they always use it together.
"Half of it is yours, as I promised," said {hero}. {Friend} took the {object} on even days, and {hero} took it on odd days.
They carried the {thing} to {helper}, who pretended to be surprised. "{Number} steps!" said {ghe}. "Who would have thought it?"
# ?coda
Then they drew a new map, with a new {colour2} cross, and hid a {treat} {at} for somebody else to find.
The map hangs on the wall now, between two windows. The walk to the {place2} is still {number} steps too long for {friend}.
""",
    """
plot: message
objects: any
places: any
topics: a message | carrying a message | a forgetful messenger
lessons: to listen well | that words can be carried like a parcel
titles: The Message | {hero} the Messenger | Do Not Forget
# begin
"Run to {friend} {at}," said {helper}, "and tell {fhim} this: {message}. Do not forget a word." And {ghe} gave {hero} a {thing} to take
  along.
{Hero} was [quick|cheerful|light on {his} feet] but forgetful. So {he} was worried when {helper} gave {him} a {thing} and a message for
  {friend}: "{Message}."
There was once {a_hero} who carried messages. One {day} {helper} said: "Take this {thing} to {friend} {at}, and say: {message}."
# /repeat
"{Message}," {hero} said to {himself}, "{message}." {He} said it in time with {his} steps.
{Hero} tied a knot in {his} handkerchief, so that {he} would remember.
"That is easy," thought {hero}. But it is easy to think so at the beginning of a road.
# ~road1
{At2} somebody was [juggling with eggs|playing the accordion|painting a cow]. {Hero} stopped to watch and nearly forgot everything.
{Hero} came to the {place2}. {detail2} There was so much to look at that the message almost flew out of {his} head.
A [parrot|baker's boy|talkative goat] stopped {him} {at2} and told {him} {number} other things, all of them dull.
# ~?road2
A dog barked, {hero} jumped, and for a moment there was nothing in {his} head but barking.
It began to rain, and {hero} covered the {object} with {his} hat.
{Hero} stumbled, but {he} held on to the {thing} with all {his} might.
# ~?road3
"What was it again?" {he} asked {himself}. {He} looked at the {colour} {object}, and then it all came back.
{Hero} made a little song out of the words, and the song carried itself.
# /arrive
At last {he} stood {at}, in front of {friend}. {detail}
{Friend} was [reading|mending a shirt|feeding the ducks] {at} when {hero} arrived, out of breath.
# tell
"{Helper} sends you this {thing}," said {hero}. {He} took a deep breath. "And I am to tell you: {message}."
{Hero} gave {fhim} the {thing} first. Then {he} closed {his} eyes and said slowly: "{Message}."
# end
"Every word is right!" said {friend}, who had been waiting for this news for {number} days. {Fhe} danced round the {place} with the
  {object}.
{Friend} laughed. "That is the best news of the week. Tell {helper} that I am on my way, and that the {object} is lovely."
"Thank you," said {friend}. "Others would have lost the {object} or the message. You brought both."
# ?coda
On the way back {hero} carried the answer, which was only one word long: "Yes." {He} did not forget that either.
"{Message}," {hero} still murmurs sometimes before {he} falls asleep, just to be sure.
Since then everyone in {town} sends {hero} when the words matter.
""",
)
