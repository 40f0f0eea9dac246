"""Conversations about sums, prices, hours and days; ``?`` asks, ``!`` answers, ``##`` is a way to go on."""

SCRIPTS = """
# sum
? {name} has {n} {c} {x:many} and {m} {d} ones. How many {x:many} is that?
? There are {n} {c} {x:many} and {m} {d} {x:many} on {name}'s table. How many are there?
? {name} found {n} {c} {x:many} and then {m} {d} ones. How many {x:many} did {he} find?
! {n} + {m} = {total}, so it is {total} {x:many}.
! That is {n} + {m} = {total} {x:many}.
## more
? And what if there were {k} more?
? {name} gets {k} more. And now?
! {total} + {k} = {more}, so {name} would have {more} {x:many}.
! Then it is {total} + {k} = {more} {x:many}.
## less
? {name} gives away {j}. What is left?
? And if {he} loses {j} of them?
! {total} - {j} = {less}, so {less} {x:many} are left.
## colour
? How many of them are {c}?
? How many {c} ones are there?
! {n} of the {total} {x:many} are {c}.
## check
? {r} says it is {off}. Who is right?
! {r} is not quite right: {n} + {m} = {total}, not {off}.

# shop
? {name} buys {n} {x:many}. One {x} costs {p} coins. What does {he} pay?
? One {x} costs {p} coins. How much are {n}?
? At the market {x:a} costs {p} coins. How much do {n} {x:many} cost?
! {n} x {p} = {cost}, so {n} {x:many} cost {cost} coins.
! That is {n} x {p} = {cost} coins.
## change
? {name} pays with {note} coins. What does {he} get back?
? And how much is left of {name}'s {note} coins?
! {note} - {cost} = {back}, so {he} has {back_coins} left.
## more
? And with one more {x}?
? {name} takes one more. What does it cost then?
! {cost} + {p} = {cost2}, so it is {cost2} coins.
## other
? {name} also takes {y:a} for {k} coins. And now?
? And {y:a} for {k} coins as well?
! {cost} + {k} = {cost3}, so all together it is {cost3} coins.

# compare
? The {c} {x} costs {p} coins and the {d} one {q} coins. Which one should {name} buy? {he} wants to save money.
? {name} can have {c:a} {x} for {p} coins or {d:a} {x} for {q} coins. Which is cheaper?
? Which is cheaper for {name}: the {c} {x} at {p} coins or the {d} {x} at {q} coins?
! The {low_colour} {x} is cheaper, because {low} is less than {high}.
! {low} is less than {high}, so {name} should take the {low_colour} {x}.
## much
? By how much?
? How much does {he} save?
! {high} - {low} = {gap}, so it is {gap_coins} cheaper.
## both
? And what do both cost together?
? {he} buys both. What does that make?
! {p} + {q} = {both}, so both together cost {both} coins.
## dearer
? Which one costs more?
! The {high_colour} {x} costs more: {high} coins.
## new
? Now the {low_colour} one costs {newer} coins. And now?
! Then the {high_colour} {x} is cheaper, because {high} is less than {newer}.

# boat
? {name}'s boat leaves at {t} o'clock and needs {k} hours to the {place}. When does it arrive?
? A boat to the {place} starts at {t} o'clock. The trip takes {k} hours. When is {name} there?
! {t} + {k} = {arrive}, so it arrives at {arrive} o'clock.
! It gets to the {place} at {arrive} o'clock, because {t} + {k} = {arrive}.
## later
? And if it leaves one hour later?
? It is late and leaves at {t2}. What then?
! {t2} + {k} = {arrive2}, so it arrives at {arrive2} o'clock.
## back
? {name} stays there for two hours. When does {he} go home?
! {arrive} + 2 = {home}, so {he} goes home at {home} o'clock.
## slow
? There is little wind, and it takes one hour more.
! Then it takes {k2} hours: {t} + {k2} = {arrive2}. It arrives at {arrive2} o'clock.
## where
? Where does the boat go?
! The boat goes to the {place}.

# weekday
? {name} comes on {day}. The market is one day later. When is it?
? {name} works at the {place} on {day} and is free on the day after. Which day is that?
? {name} is at the {place} on {day}. Which day comes next?
! After {day} comes {next}, so it is {next}.
! That is {next}.
## before
? And which day is before {day}?
? What about the day before {day}?
! The day before {day} is {previous}.
## two
? And two days after {day}?
? What if it is one more day later?
! After {next} comes {second}, so it is {second}.
## who
? On which day is {name} there?
! {name} is there on {day}.
## note
? Please tell {r} about {next} in a short note.
! Dear {r},|do not forget {next}, the day after {day}.|Yours, {name}
"""
