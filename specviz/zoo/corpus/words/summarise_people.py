"""Kinds of text about people that the family ``summarise`` sums up: stories, letters, diaries, notices. Frames alone."""

from __future__ import annotations

from specviz.zoo.corpus.words.passages import TextKind

STORY = TextKind(
    noun="story",
    core=("name1", "thing1", "place1"),
    titles=("", "", "The lost {thing1}", "{name1} and the {colour1} {thing1}"),
    parts=(
        (
            "{name1} loved {his name1} {colour1} {thing1} more than [anything else|cake|summer holidays].",
            "{name1} had {a colour1} {thing1} and took it [everywhere|to breakfast, to school and to bed].",
            "[Nobody|No neighbour] ever saw {name1} without {his name1} {colour1} {thing1}.",
            "[Once there was|Not long ago there lived] a child called {name1}, who owned {a colour1} {thing1}.",
        ),
        (
            "[One windy day|One busy morning|Last week] {name1} lost the {thing1} {in place1}.",
            "Then, {in place1}, the {thing1} [slipped away|was suddenly gone|got lost].",
            "[One day|One evening] {name1} left the {thing1} {in place1}, and [an hour|a minute] later it was gone.",
            "It was {in place1} that {name1} [last saw|lost] the {thing1}.",
        ),
        (
            "[In the end|After two days|At last] {name2} found the {thing1} {in place2}.",
            "It was {name2} who found it[ at last|, quite by chance,|] {in place2}.",
            "{name2} had better eyes and found the {thing1} {in place2}[, under an old sack|, behind a bucket|].",
            "The {thing1} turned up {in place2}, and it was {name2} who [found it|saw it first].",
        ),
        (
            "[To say thank you|As a thank-you], {name1} baked {name2} {a fruit1} pie.",
            "{name1} was so glad that {he name1} gave {name2} {a fruit1} pie.",
            "That evening {name2} [was given|got] a whole {fruit1} pie.",
        ),
    ),
    fillers=(
        "{name1} looked under every [stone|bench|leaf] and [found only a snail|got very dusty].",
        "{name9} had seen nothing at all.",
        "{a animal1} was asked too, but [it had no time|it did not answer].",
        "Somebody had already looked {in place9}, [which was no help|but not very hard].",
        "[Nobody|Not even the postman] slept well that night.",
        "{name9} [thought|was sure] that it had simply flown away.",
    ),
    summary=(
        "{name1} lost {a colour1} {thing1} {in place1}.",
        "{name2} found it {in place2}.",
        "{name1} said thank you with {a fruit1} pie.",
    ),
)

LETTER = TextKind(
    is_tale=False,
    noun="letter",
    core=("name1", "name2", "thing1"),
    titles=("", "", "A letter from {name2}"),
    parts=(
        (
            "Dear {name1}, [I hope you are well|how are you|thank you for your long letter]. [This is|It is] {name2} writing.",
            "Dear {name1}, [greetings from your friend {name2}|it is me again, {name2}|your old friend {name2} is writing to you].",
        ),
        (
            "Could you [bring|send|lend] me your {thing1}?",
            "I [badly|really] need {a thing1}, and I know you have one.",
            "May I borrow your {thing1}[ for a while|, please|]?",
        ),
        (
            "I need it {in place1} on {day1}.",
            "On {day1} I shall be waiting {in place1}.",
            "Let us meet {in place1} on {day1}.",
            "Please come on {day1}; you will find me {in place1}.",
        ),
        (
            "In return I shall teach you to {skill1}.",
            "If you like, I can show you how to {skill1}.",
            "[As a thank-you|To thank you], I can teach you to {skill1}.",
        ),
    ),
    fillers=(
        "Our {animal1} sends its love[ and one feather|].",
        "It has rained here [for a week|since breakfast], and even the ducks complain.",
        "{name9} asks me to greet you.",
        "Did you like the {fruit9} jam?",
        "I am writing this with a very bad pen.",
    ),
    summary=(
        "{name2} asks {name1} for {a thing1}.",
        "They are to meet {in place1} on {day1}.",
        "In return {name2} will teach {name1} to {skill1}.",
    ),
)

DIARY = TextKind(
    noun="diary page",
    core=("name1", "name2", "place1", "skill1"),
    titles=("", "{day1}", "From a diary"),
    parts=(
        (
            "Dear diary, [it is {day1}|today is {day1}|this was a good {day1}], and I, {name1}, am [very tired|very happy|wide awake].",
            "[This is the diary of {name1}|I am {name1}, and this is my secret diary|{name1} here, dear diary]. Today is {day1}.",
        ),
        (
            "I went to see {name2}, who was {in place1}.",
            "This morning I visited {name2} {in place1}.",
            "I found {name2} {in place1}, as always.",
            "{name2} was waiting for me {in place1}.",
        ),
        (
            "There I learned to {skill1}, [more or less|and only fell over twice|which is harder than it looks].",
            "[In an hour|By noon] I knew how to {skill1}.",
            "After [much|some] laughing, I could {skill1} [too|quite well].",
        ),
        (
            "On the way home I found {a colour1} {thing1}.",
            "[Then|Later] I [bought|was given] {a colour1} {thing1}, and it is [now under my bed|the best thing I own].",
            "And guess what I brought home: {a colour1} {thing1}!",
        ),
    ),
    fillers=(
        "There was {fruit9} soup for lunch, [again|and I had three bowls].",
        "{name9} laughed so much that {he name9} got the hiccups.",
        "{a animal1} followed me [all the way|for a mile].",
        "My left shoe is still wet.",
        "Nobody must ever read this, least of all {name9}.",
    ),
    summary=(
        "On {day1} {name1} visited {name2} {in place1}.",
        "There {name1} learned to {skill1}.",
        "{name1} came home with {a colour1} {thing1}.",
    ),
)

NOTICE = TextKind(
    is_tale=False,
    noun="notice",
    core=("name1", "colour1", "thing1", "place1"),
    titles=("", "Lost!", "Have you seen it?"),
    parts=(
        (
            "[Lost|Missing]: {a colour1} {thing1}. It belongs to {name1}.",
            "{name1} [is looking for|misses|would like to have back] {a colour1} {thing1}.",
            "Who has seen {a colour1} {thing1}? It is the [pride and joy|property] of {name1}.",
        ),
        (
            "It was last seen {in place1} on {day1}.",
            "It went missing on {day1} {in place1}.",
            "On {day1} it was still {in place1}; now it is not.",
        ),
        (
            "The finder gets {few1} jars of {fruit1} jam.",
            "As a reward there are {few1} jars of {fruit1} jam.",
            "Whoever brings it back may have {few1} jars of {fruit1} jam.",
        ),
    ),
    fillers=(
        "It squeaks a little when it rains.",
        "It is [old|small], but [very dear|much loved].",
        "{name9} has already looked {in place9}.",
        "Please do not ask the {animal1}; it knows nothing.",
        "No questions will be asked, except one: where was it?",
        "{name9} once found a shoe in the same spot.",
    ),
    summary=(
        "{name1} lost {a colour1} {thing1}.",
        "It was last seen {in place1} on {day1}.",
        "The reward is {few1} jars of {fruit1} jam.",
    ),
)

RESCUE = TextKind(
    noun="report",
    core=("name1", "animal1", "place1", "thing1"),
    titles=("", "A rescue", "The {animal1} is safe"),
    parts=(
        (
            "On {day1} a [young|small|curious] {animal1} got stuck {in place1}.",
            "A [young|small|curious] {animal1} got stuck {in place1} on {day1}.",
            "There was [great|some] excitement {in place1} on {day1}: {a animal1} was stuck.",
        ),
        (
            "{name1}, the {job1}, came running and [freed|saved] it with {a thing1}.",
            "The {job1}, {name1}, took {a thing1} and [soon had it free|got it out].",
            "With the help of {a thing1}, {name1} the {job1} [got it out|set it free].",
        ),
        (
            "It took {number1} minutes.",
            "The whole rescue lasted {number1} minutes.",
            "After {number1} minutes it was [free|safe].",
        ),
    ),
    fillers=(
        "{name9} [held the lamp|gave good advice from far away].",
        "How it got there, nobody knows.",
        "A crowd had gathered, [and somebody sold hot soup|and everybody had an opinion].",
        "It said nothing, but it looked grateful.",
        "{name9} had tried [first|before], with a spoon.",
        "It was given {a fruit9} and felt [better|braver].",
    ),
    summary=(
        "{a animal1} got stuck {in place1} on {day1}.",
        "{name1} the {job1} freed it with {a thing1}.",
        "It took {number1} minutes.",
    ),
)

PARTY = TextKind(
    is_tale=False,
    noun="invitation",
    core=("name1", "place1", "day1", "fruit1"),
    titles=("", "You are invited!", "A party"),
    parts=(
        (
            "[Dear friends|Dear all], {name1} turns {number1} and [wants to celebrate|is giving a party].",
            "[Guess who turns {number1}? It is {name1}!|{name1} will be {number1} years old, and that calls for a party.]",
            "[Come and celebrate|Please come]: {name1} turns {number1}!",
        ),
        (
            "The party is {in place1} on {day1}.",
            "We meet on {day1} {in place1}.",
            "[Be there|Come] on {day1}, {in place1}[, and be on time|].",
        ),
        (
            "There will be {fruit1} {dish1}[ for everybody|], and {name2} will play the {tune1}.",
            "{name2} will play the {tune1}, and there is {fruit1} {dish1}[ for all|] [afterwards|at six].",
            "You will [hear|enjoy] {name2} on the {tune1} and eat {fruit1} {dish1}.",
        ),
    ),
    fillers=(
        "Wear something you can dance in.",
        "Please bring a [chair|cup|pillow] of your own.",
        "{name9} [is baking already|has promised not to sing].",
        "It is a secret, so do not tell {name9}.",
        "The {animal1} is invited too.",
        "If it rains, we shall get wet together.",
    ),
    summary=(
        "{name1} turns {number1} and gives a party {in place1} on {day1}.",
        "There will be {fruit1} {dish1}.",
        "{name2} will play the {tune1}.",
    ),
)

JOURNEY = TextKind(
    noun="travel story",
    core=("name1", "place1", "place2", "animal1"),
    titles=("", "A long way", "{name1} goes travelling"),
    parts=(
        (
            "{name1} left the {place1} on {day1}[ with a heavy bag|, before breakfast,|] and set off for the {place2}.",
            "On {day1} {name1} set out from the {place1} to the {place2}[, whistling|, with two sandwiches|].",
            "It was {day1} when {name1} began the walk from the {place1} to the {place2}.",
        ),
        (
            "[Half-way there|After an hour|On the road], {name1} met {a animal1} with {a colour1} {thing1}.",
            "{a animal1} came along the road, carrying {a colour1} {thing1}.",
            "[Then|Soon] {a animal1} with {a colour1} {thing1} [joined in|came round the bend].",
        ),
        (
            "The [trip|journey] took {small1} hours[ in all|].",
            "After {small1} hours they were there.",
            "They arrived {small1} hours later[, hungry and happy|, singing|].",
        ),
    ),
    fillers=(
        "The road was [long and dusty|wet and winding].",
        "{name9} had said that it was not far, but {name9} is no judge of such things.",
        "Lunch was {a fruit9} and a great deal of fresh air.",
        "It rained, but only sideways.",
        "Nobody asked the way, and [nobody|everybody] got lost.",
    ),
    summary=(
        "On {day1} {name1} went from the {place1} to the {place2}.",
        "On the road {name1} met {a animal1} with {a colour1} {thing1}.",
        "The journey took {small1} hours.",
    ),
)

PEOPLE = (STORY, LETTER, DIARY, NOTICE, RESCUE, PARTY, JOURNEY)
