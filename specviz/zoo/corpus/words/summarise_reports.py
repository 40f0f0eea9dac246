"""Kinds of text about events that the family ``summarise`` sums up: news, matches, minutes, concerts. Frames alone."""

from __future__ import annotations

from specviz.zoo.corpus.words.passages import TextKind

NEWS = TextKind(
    noun="news item",
    core=("name1", "thing1", "place1"),
    titles=("", "Village news", "A new shop"),
    parts=(
        (
            "[There is|We now have] a shop for {many thing1} {in place1}, and it belongs to {name1}, the {job1}.",
            "{name1}, the {job1}, has opened a shop for {many thing1} {in place1}.",
            "The {job1} {name1} has opened a shop {in place1}. It sells {many thing1} [and nothing else|of every size].",
        ),
        (
            "[When it opened on {day1}|On {day1}, the first day], {number1} people came[ to look|].",
            "{number1} people [came|stood in line] on {day1}.",
            "The doors opened on {day1}, and {number1} people walked in.",
        ),
        (
            "The first [to buy something|customer] was {name2}.",
            "{name2} was the first customer.",
            "The first of the customers, {name2}, [paid in coins|took an hour to choose].",
        ),
    ),
    fillers=(
        "[Until now|Before], one had to walk {few9} miles for that.",
        "The mayor cut a ribbon[ and, by mistake, a curtain|].",
        "{name9} [stood outside and sang|served tea].",
        "{a animal1} slept through it all [on the counter|by the door].",
        "There was {fruit9} cake for everybody.",
        '"I have waited for this all my life," said {name9}.',
    ),
    summary=(
        "{name1} the {job1} opened a shop for {many thing1} {in place1}.",
        "On {day1} {number1} people came.",
        "The first customer was {name2}.",
    ),
)

RECORD = TextKind(
    noun="entry",
    core=("name1", "fruit1", "large1"),
    titles=("", "The book of records", "A record"),
    parts=(
        (
            "{name1} has grown {a fruit1} that weighs {large1} kilos.",
            "[A new record|A wonder]: {name1} grew {a fruit1} of {large1} kilos.",
            "{large1} kilos! That is what the {fruit1} of {name1} weighs.",
        ),
        (
            "It was weighed {in place1} on {day1}.",
            "On {day1} it was put on the scales {in place1}.",
            "The judges weighed it on {day1} {in place1}[, three times|, to be sure|].",
        ),
        (
            "The old record was {small1} kilos and belonged to {name2}.",
            "[Until now|For years], the record was {small1} kilos, and {name2} held it.",
            "The old record, {small1} kilos, [was set by|belonged to] {name2}.",
            "{name2} held the old record, which was {small1} kilos.",
        ),
    ),
    fillers=(
        "It had to be carried in a [wagon|blanket|bathtub].",
        "The secret is [music|kind words], says {name9}.",
        "{name9} would like to make soup of it.",
        "Several {many animal1} had a good look at it.",
        "It grew behind the house, next to the [beans|roses].",
    ),
    summary=(
        "{name1} grew {a fruit1} of {large1} kilos.",
        "It was weighed {in place1} on {day1}.",
        "The old record was {small1} kilos and belonged to {name2}.",
    ),
)

WEATHER = TextKind(
    is_tale=False,
    noun="weather report",
    core=("sky1", "sky2", "outdoors1", "small1"),
    titles=("", "The weather", "The weather on {day1}"),
    parts=(
        (
            "[Good morning|Good evening]! On {day1} it was {sky1} {in outdoors1}.",
            "{day1} was {sky1} {in outdoors1}.",
            "{in outdoors1}, it was a {sky1} {day1}.",
        ),
        (
            "The wind came from the {wind1}, and it was {small1} degrees[ at noon|].",
            "There was a wind from the {wind1}, and the thermometer showed {small1} degrees.",
            "It was {small1} degrees, with [some|a little|a lot of] wind from the {wind1}.",
        ),
        (
            "{day2} will be {sky2}.",
            "[We expect|There will be] a {sky2} {day2}.",
            "It will be {sky2} on {day2}[, we think|].",
        ),
        (
            "[Remember|Do not forget] your {thing1}.",
            "Take {a thing1} with you[, just in case|].",
            "{a thing1} will be [useful|a good idea].",
        ),
    ),
    fillers=(
        "The {many animal1} did not mind[ at all|].",
        "{name9} [says|claims] that {his name9} [left|right] knee knew it all along.",
        "The clouds looked like {many fruit9}.",
        "One hat flew away and is [still missing|now in a tree].",
        "Washing dried [slowly|in no time].",
    ),
    summary=(
        "On {day1} it was {sky1} {in outdoors1}.",
        "The wind came from the {wind1}, and it was {small1} degrees.",
        "On {day2} it will be {sky2}, so take {a thing1}.",
    ),
)

MATCH = TextKind(
    noun="match report",
    core=("team1", "team2", "name1", "outdoors1"),
    titles=("", "The match", "{team1} against {team2}"),
    parts=(
        (
            "The {team1} beat the {team2} {in outdoors1} on {day1}.",
            "On {day1} the {team1} won against the {team2} {in outdoors1}.",
            "[What a game|What a day]! {in outdoors1}, the {team1} won against the {team2} on {day1}.",
        ),
        (
            "It ended {few1} to [nothing|nil], thanks to {name1}, who [scored most of the goals|hardly missed].",
            "{name1} was the [best|star] of the team, and [in the end|after an hour] it was {few1} to [nothing|nil].",
            "The score was {few1} to [nothing|nil], and the [best|fastest] player was {name1}.",
        ),
        (
            "{number1} people [watched|were watching].",
            "There were {number1} people [watching|in the stands].",
            "[A crowd of {number1} people|All of the {number1} people watching] cheered [loudly|till dark].",
        ),
    ),
    fillers=(
        "The ball was [a little flat|kicked into a tree twice].",
        "{a animal1} ran across the grass[ and would not leave|].",
        "At half-time there were {many fruit9}.",
        "{name9}, the judge, had forgotten {his name9} whistle and had to [shout|hum].",
        "{name9} slept through the second half.",
        "It rained a bit, but nobody noticed.",
    ),
    summary=(
        "The {team1} beat the {team2} {in outdoors1} on {day1}.",
        "It was {few1} to nothing, and the best player was {name1}.",
        "{number1} people watched.",
    ),
)

MINUTES = TextKind(
    noun="club report",
    core=("thing1", "name1", "place1", "number1"),
    titles=("", "The {thing1} club", "Notes of the meeting"),
    parts=(
        (
            "The {thing1} club met {in place1} on {day1}.",
            "On {day1} the {thing1} club [came together|met] {in place1}.",
            "This is the report of the {thing1} club, which met on {day1} {in place1}.",
        ),
        (
            "{number1} members came, and {name1} was [made|elected] president.",
            "[The president is now|The new president is] {name1}. {number1} members [came|voted].",
            "There were {number1} members, [and they chose|who chose] {name1} as president.",
        ),
        (
            "The club will buy {few1} {colour1} {many thing2}.",
            "It was [agreed|decided] to buy {few1} {colour1} {many thing2}.",
            "After [a short talk|two hours|some shouting], they voted to buy {few1} {colour1} {many thing2}.",
        ),
    ),
    fillers=(
        "{name9} [fell asleep|spoke at length|voted against everything].",
        "There was tea and {fruit9} cake.",
        "The money box holds one button and a very old coin.",
        "{a animal1} walked in and [was made a member|listened politely].",
        "The minutes of the last meeting have been eaten, we fear.",
        "{name9} asked for more chairs.",
    ),
    summary=(
        "The {thing1} club met {in place1} on {day1}.",
        "{number1} members came, and {name1} is the new president.",
        "The club will buy {few1} {colour1} {many thing2}.",
    ),
)

CONCERT = TextKind(
    noun="concert review",
    core=("name1", "tune1", "place1", "number1"),
    titles=("", "The concert", "Music on {day1}"),
    parts=(
        (
            "On {day1} {name1} played the {tune1} {in place1}.",
            "{name1} played the {tune1} {in place1} on {day1}[, and how|].",
            "There was music {in place1} on {day1}: {name1} played the {tune1}.",
        ),
        (
            "{number1} people [listened|came to listen], and {name2} sang.",
            "{name2} sang [along|the high parts], and {number1} people [listened|clapped].",
            "There were {number1} people in the room, and {name2} sang for them.",
        ),
        (
            "[The best song|The song that everybody liked best] was about {a animal1}.",
            "Everybody liked the song about {a animal1} best.",
            "[The last song|The loudest song|One song] was about {a animal1}, and it was the best.",
        ),
    ),
    fillers=(
        "One string broke, but [nobody minded|it was not an important one].",
        "{name9} [clapped in all the wrong places|wept with joy].",
        "The chairs were hard.",
        "In the break there was {fruit9} cake.",
        "It ended late, and {name9} danced home.",
    ),
    summary=(
        "On {day1} {name1} played the {tune1} {in place1}.",
        "{number1} people listened, and {name2} sang.",
        "The best song was about {a animal1}.",
    ),
)

REPORTS = (NEWS, RECORD, WEATHER, MATCH, MINUTES, CONCERT)
