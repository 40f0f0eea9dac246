"""Conversations about days, trips, food, help and gifts; ``?`` asks, ``!`` answers, ``##`` is a way to go on."""

SCRIPTS = """
# bring
? I am going to the {place} with {name}. What should we bring?
? {name} and I want to spend a day at the {place}. What do we need?
? What should I pack for a trip to the {place}? {name} brings {food:some}.
? Please help me pack. Tomorrow {name} takes me to the {place}.
! For a trip to the {place} I would pack {x:a}, {y:a} and {z:a}.
! Take {x:a}, {y:a} and {z:a}. Then you are ready for the {place}.
! You need {x:a}, {y:a} and {z:a}, and {name} should bring good shoes.
## rain
? And what if it rains?
? It may rain all day. What then?
! Then take an umbrella as well. You still need the {x}, the {y} and the {z}.
! Then put an umbrella next to the {x}, the {y} and the {z}. {name} may need one too.
## missing
? We have no {y}. What now?
? I cannot find {y:a} anywhere.
! Never mind. The {x} and the {z} will do, and {name} may have {y:a}.
! Then ask {name} for {y:a}. The {x} and the {z} you can bring yourself.
## list
? Now as a list, please.
? Can you write that as a list?
! - {x:a}|- {y:a}|- {z:a}
## share
? {name} wants to carry something too.
? What could {name} carry?
! Then {name} can carry the {x}, and you take the {y} and the {z}.
## food
? I would like to eat {food:some} there. Is that a good idea?
! Yes, put the {food} in last, on top of the {z}, so that nothing presses on it.

# soup
? I have {x:many}, {y:many} and {z:many}. What can I cook for {name}?
? There are {x:many}, {y:many} and {z:many} in my kitchen, and {name} is coming to dinner. What shall I make?
? What can {name} and I cook from {x:many}, {y:many} and {z:many}?
! Make a warm soup. Cook the {x:many} first, then add the {y:many} and the {z:many}.
! I would make a soup. Start with the {x:many}, add the {y:many} and finish with the {z:many}.
## without
? {name} does not like {y:many}.
? Oh dear, the {y:many} are gone. What now?
! Then leave them out. A soup of {x:many} and {z:many} is good too.
! That is no trouble. Cook the soup with {x:many} and {z:many} alone.
## more
? I have found {extra:some} too. Where does that go?
! Serve the {extra} with the soup. {name} will be glad of it.
## order
? What goes into the pot last?
? And what comes last?
! The {z:many} come last, after the {y:many}.
## first
? What do I start with again?
! You start with the {x:many}.

# salad
? I would like to make something sweet from {x:many} and {y:many}. {name} is coming at {hour} o'clock.
? {name} is bringing {x:many}, and I have {y:many}. What can we make by {hour} o'clock?
? It will be {hour} o'clock soon, {name} is hungry, and I have only {x:many} and {y:many}.
! Make a fruit salad. Cut the {x:many} and the {y:many} and pour a little honey over them.
! Cut up the {x:many} and the {y:many}, add some honey, and you have a fruit salad for {name}.
## without
? We have no honey.
? What can I take instead of honey?
! Then use a spoon of sugar. The {x:many} and the {y:many} are sweet as well.
## third
? Can I add {z:many}?
? And what about {z:many}?
! Yes, {z:many} go well with {x:many} and {y:many}.
! Of course. Then it is a salad of {x:many}, {y:many} and {z:many}.
## time
? How long do I have if it is {before} o'clock now?
! From {before} to {hour} o'clock is {hour} - {before} = {left}, so you have {left_hours}.

# plant
? I have three rows in my garden and seeds of {x:many}, {y:many} and {z:many}. Where does each go?
? {name} gave me {x:many}, {y:many} and {z:many} to plant in three rows. Can you make a plan?
? Please plan my garden: {x:many}, {y:many} and {z:many}, one row each.
! Row 1: {x:many}|Row 2: {y:many}|Row 3: {z:many}
! Plant the {x:many} in row 1, the {y:many} in row 2 and the {z:many} in row 3.
## second
? What is in the second row?
? And what grows in the middle?
! The {y:many} grow in row 2, between the {x:many} and the {z:many}.
## where
? In which row are the {z:many}?
! The {z:many} are in row 3.
## swap
? Please swap the first and the last row.
? Can the first row and the last row change places?
! Row 1: {z:many}|Row 2: {y:many}|Row 3: {x:many}
## instead
? I would like {w:many} instead of the {x:many}.
? Put {w:many} where the {x:many} are, please.
! Row 1: {w:many}|Row 2: {y:many}|Row 3: {z:many}

# day
? {name} wants to see the {x}, the {y} and the {z}. Can you plan {his} day?
? Please plan a day for {name} with the {x}, the {y} and the {z}.
? My friend {name} is here for one day. {he} would like to visit the {x}, the {y} and the {z}.
! Morning: the {x}|Noon: the {y}|Evening: the {z}
! In the morning {name} can see the {x}. At noon {he} goes to the {y}, and in the evening to the {z}.
## after
? Where does {he} go after the {x}?
? What comes after the {x}?
! After the {x} comes the {y}.
! After the {x} {name} goes to the {y}.
## when
? When is the {z}?
? At what time of day does {he} see the {z}?
! {name} sees the {z} in the evening.
## turned
? The other way round, please.
? {he} would rather begin with the {z} and end with the {x}.
! Morning: the {z}|Noon: the {y}|Evening: the {x}
## closed
? The {y} is closed that day. What about the {w}?
? Take the {w} instead of the {y}, please.
! Morning: the {x}|Noon: the {w}|Evening: the {z}

# hours
? The sign at the {place} says: {o} to {c}. What does that mean?
? {name} read a sign at the {place}: open from {o} to {c}. When can {he} go there?
? When is the {place} open? The sign only says {o} to {c}.
! The {place} opens at {o} o'clock and closes at {c} o'clock.
! You can go to the {place} from {o} o'clock until {c} o'clock.
## inside
? Is it open at {i}?
? {name} wants to come at {i}. Does that work?
! Yes, {i} is between {o} and {c}, so it is open.
## late
? Is it still open at {l}?
? And if {name} comes at {l}?
! No, it closes at {c}, and {l} is later.
## early
? Can I come at {e}?
! No, it opens at {o}, and {e} is too early.
## long
? How many hours is that?
? How long is it open?
! {c} - {o} = {long}, so it is open for {long} hours.
## later
? On Sunday it opens two hours later. When is that?
! {o} + 2 = {o2}, so on Sunday it opens at {o2} o'clock.

# help
? Oh dear, {trouble}. Who in the village can help {name} and me?
? My neighbour {name} is coming at {hour} o'clock, but {trouble}. Who can help?
? "{trouble:cap}," says {name}. Who could help?
? {trouble}, and {name} is away until {hour} o'clock. Whom shall I ask?
! Ask the {job}. A good {job} will {deed}.
! The {job} can help and will {deed}.
## other
? Who else could help?
? And if the {job} is away?
! You could also ask the {job2}.
! Then try the {job2}. That may take longer, but it will work.
## what
? What will the {job} do?
? And what happens then?
! The {job} will {deed}.
## thanks
? The {job} wants no money. What can I give?
? How can I thank the {job}? I have {food:some}.
! Take {food:some} to the {job} and say thank you.
## note
? Please write a note to the {job}, from {name}.
! Dear {job},|{trouble}. Can you please {deed}?|Yours, {name}

# gift
? My friend {name} is {job:a}. What could I give {him}?
? {name} the {job} has a birthday. Do you have an idea for a gift?
? I need a present for {name}. {he} works as {job:a}.
! {gift:a} would be a good gift for {job:a}.
! Give {name} {gift:a}. {job:a} can always use one.
## has
? {he} already has one.
? {he} has {gift:a} already.
! Then take {gift2:a}. That is useful for {job:a} too.
! Then give {name} {gift2:a} instead.
## colour
? {his} favourite colour is {colour}.
? {he} loves everything that is {colour}.
! Then look for {colour:a} {gift}. {name} will be happy.
## card
? What shall I write on the card?
? Please write a card for it.
! Dear {name},|Here is {gift:a} for the best {job} in the village.

# howto
? How do I {task}? {name} and I want to try it on {day}.
? We have no school on {day}, so {name} and I want to {task}. How does that go?
? {name} has time on {day} and asks how to {task}.
? Can you tell {name} in four steps how to {task}? We have time on {day}.
! 1. {s1}|2. {s2}|3. {s3}|4. {s4}
! It takes four steps:|1. {s1}|2. {s2}|3. {s3}|4. {s4}
## second
? What was the second step?
? {name} forgot step 2.
! Step 2 is: {s2}.
## third
? What comes after step 2?
? {name} has done two steps. What is next?
! Next comes step 3: {s3}.
## first
? Say only the first and the last step, please.
? Shorter, please: just the start and the end.
! First {s1}, and at the end {s4}.
## share
? {name} does the first two steps. What is left for me?
! You do the last two: {s3}, then {s4}.

# directions
? The way from the {a} to the {d} goes past the {b} and then the {c}. Can you write it down for {name}?
? {name} must walk from the {a} to the {d}: first past the {b}, then past the {c}. Please make a list of the way.
! 1. Start at the {a}.|2. Walk to the {b}.|3. Go on to the {c}.|4. You are at the {d}.
## back
? And the way back?
? How does {name} get back?
! 1. Start at the {d}.|2. Walk to the {c}.|3. Go on to the {b}.|4. You are at the {a}.
## after
? {name} is at the {b} now. Where next?
? What comes after the {b}?
! After the {b} comes the {c}.
## end
? Where does the way end?
! It ends at the {d}.
## short
? Say it in one sentence.
! {name} goes from the {a} past the {b} and the {c} to the {d}.

# party
? {p}, {q} and {r} are coming to my party. I need {x:some}, {y:some} and {z:some}. Who brings what?
? We need {x:some}, {y:some} and {z:some} for the picnic. Please share that among {p}, {q} and {r}.
! {p} brings the {x}, {q} the {y} and {r} the {z}.
! {p}: {x}|{q}: {y}|{r}: {z}
## who
? Who brings the {y}?
? Tell me again who has the {y}.
! {q} brings the {y}.
## what
? What does {r} bring?
? And {r}?
! {r} brings the {z}.
## ill
? {p} cannot come.
? Oh no, {p} is ill.
! Then {q} could bring the {x} as well as the {y}. {r} still brings the {z}.
## swap
? {p} and {r} want to swap.
! Then {p} brings the {z}, {q} the {y} and {r} the {x}.
"""
