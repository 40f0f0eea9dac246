"""Conversations about lists and words; ``?`` asks, ``!`` answers, ``##`` is a way to go on."""

SCRIPTS = """
# list
? Please make a list: {w}, {x}, {y} and {z}.
? {name} needs {w:some}, {x:some}, {y:some} and {z:some}. Make a list, please.
? Write these under each other for {name}: {w}, {x}, {y}, {z}.
! 1. {w}|2. {x}|3. {y}|4. {z}
! - {w}|- {x}|- {y}|- {z}
## turned
? Now the other way round.
? Turn the list round, please.
! - {z}|- {y}|- {x}|- {w}
## two
? Only the first two, please.
? That is too long. Just the first two.
! - {w}|- {x}
## without
? Without the {x}, please.
? {name} has the {x} already.
! - {w}|- {y}|- {z}
## extra
? I forgot the {v}. Put it at the end.
? Add {v:some} at the end.
! - {w}|- {x}|- {y}|- {z}|- {v}
## third
? What is number three?
? Which is the third?
! The third is the {y}.
## sentence
? And now in one sentence.
! {name} needs {w:some}, {x:some}, {y:some} and {z:some}.

# alphabet
? Put these words in the order of the alphabet: {listing}.
? Sort by alphabet, please: {listing}.
? {name} wants to sort these words from a to z: {listing}.
! {a}, {b}, {c}, {d}
! In the order of the alphabet: {a}, {b}, {c}, {d}.
## turned
? Now from z to a.
? And backwards?
! {d}, {c}, {b}, {a}
## last
? Which one is last?
? Which word comes at the end?
! The last word is "{d}".
## second
? Which word is the second one now?
! The second word is "{b}".
## two
? Give me only the first and the last.
! The first word is "{a}" and the last one is "{d}".

# length
? Which of these words is the longest: {listing}?
? Sort these words by length for {name}: {listing}.
? From short to long, please: {listing}.
! {a} ({la}), {b} ({lb}), {c} ({lc}). The longest word is "{c}".
! "{a}" has {la} letters, "{b}" has {lb} and "{c}" has {lc}. So the longest word is "{c}".
## short
? And the shortest?
? Which one is the shortest?
! The shortest word is "{a}" with {la} letters.
## turned
? Now from long to short.
! {c} ({lc}), {b} ({lb}), {a} ({la})
## letters
? How many letters has the one in the middle?
! "{b}" has {lb} letters.
## both
? How many letters do the longest and the shortest have together?
! {lc} + {la} = {sum} letters.

# count
? How many {group} are these: {listing}?
? {name} saw these {group}: {listing}. How many is that?
? Please count: {listing}.
! That makes {n}.
! There are {n}: {counted}.
## without
? And without the {gone}?
? Take away the {gone}.
! Then there are {fewer}: {rest}.
## extra
? And with {extra:a}?
? {name} adds {extra:a}.
! {n} + 1 = {more}, so now there are {more}.
## first
? Which one came first in the list?
! The {first} came first.
## last
? What was the last one?
! The last one was the {last}.
## before
? Is the {extra} among them?
! No, the {extra} is not in the list.

# odd
? Which one does not belong: {listing}?
? Find the odd one out, please: {listing}.
? {name} says one of these is wrong: {listing}. Which?
! The {odd} does not belong. The others are {group}.
! The odd one is the {odd}, because the others are {group}.
## what
? And what is {odd:a}?
? Then what would you call {odd:a}?
! {odd:a} is {group_of_odd}.
## others
? Name the others again.
? So which ones stay?
! The {a}, the {b} and the {c} stay.
## instead
? {name} puts {d:a} in its place. Does that fit?
! Yes, the {d} fits: it is {member}, like the {a}, the {b} and the {c}.

# colours
? {name} has {c:a} {x}, {d:a} {y} and {e:a} {z}. Which of them is {d}?
? On {name}'s shelf there are {c:a} {x}, {d:a} {y} and {e:a} {z}. Which one is {d}?
! The {y} is {d}.
! It is the {y} that is {d}.
## other
? And which of them is {e}?
? Which one is {e}?
! The {z} is {e}.
## colour
? What colour is the {x}?
? And the {x}?
! The {x} is {c}.
## paint
? {name} paints the {x} {f}. What colour is everything now?
! Now the {x} is {f}, the {y} is {d} and the {z} is {e}.
## gives
? {name} gives the {d} one to {r}. What is left?
! {name} still has the {c} {x} and the {e} {z}.
## list
? Write all three as a list.
! - {c} {x}|- {d} {y}|- {e} {z}

# truefalse
? {p} has {c:a} {x}, and {q} has {d:a} {y}. True or false: the {x} is {claim}?
? Read this: {p} has {c:a} {x}. {q} has {d:a} {y}. Is it true that the {x} is {claim}?
! {verdict}. The {x} is {c}.
! {verdict}: {p}'s {x} is {c}.
## right
? True or false: {q} has {y:a}?
? And is it true that {q} has {y:a}?
! True. {q} has {d:a} {y}.
## wrong
? True or false: {q} has the {x}?
? And the {x} is {q}'s. Is that true?
! False. The {x} is {p}'s. {q} has the {y}.
## colour
? True or false: both things are {c}?
! False. The {x} is {c}, but the {y} is {d}.
## swap
? They swap. Who has the {x} now?
? {p} and {q} swap their things. What does {p} have now?
! Now {p} has the {d} {y} and {q} has the {c} {x}.

# queue
? {p}, {q}, {r} and {s} stand in a queue at the {place}, in this order. Who is first?
? In the queue at the {place} stand {p}, then {q}, then {r} and then {s}. Who is at the front?
! {p} is first.
! {p} stands at the front, before {q}.
## behind
? Who is behind {q}?
? And who comes after {q}?
! {r} is behind {q}.
## last
? Who is last?
? And at the end?
! {s} is last.
## leaves
? {p} is done and goes home. Who is first now?
? Now {p} leaves. Who stands there?
! Now {q} is first, then come {r} and {s}.
## end
? {p} goes to the end of the queue. What is the order now?
! The order is {q}, {r}, {s}, {p}.
## between
? Who stands between {q} and {s}?
! {r} stands between {q} and {s}.

# secret
? In our secret game "{a}" means {x}, "{b}" means {y} and "{c}" means {z}. What does "{b}" mean?
? {name} and I have secret words: "{a}" is {x}, "{b}" is {y}, "{c}" is {z}. What is "{b}"?
! "{b}" means {y}.
! In your game "{b}" means {y}.
## say
? And how do I say {x}?
? What is the word for {x}?
! The secret word for {x} is "{a}".
## two
? {name} says "{c} {a}". What does that mean?
? And "{c} {a}"?
! "{c} {a}" means {z} and {x}.
## new
? From now on "{b}" means {w}. What does "{b} {c}" mean?
! Now "{b} {c}" means {w} and {z}.
## list
? Write our words as a list.
! - {a}: {x}|- {b}: {y}|- {c}: {z}

# spelling
? Is "{wrong}" spelled right?
? {name} wrote "{wrong}". Is that right?
? "{wrong}" looks odd to {name}. Is it right?
! Not quite. The right spelling is "{right}".
! There is a small mistake in it. One writes "{right}".
## letters
? Letter by letter, please.
? Can you spell it slowly for {name}?
! {letters}
## sentence
? Use it in a sentence with {name}.
? And now in a sentence about {name}, please.
! {name} has {colour:a} {right}.
## second
? And "{wrong2}"?
? What about "{wrong2}"?
! One writes "{right2}".
## count
? How many letters does it have?
! "{right}" has {n} letters.

# opposite
? What is the opposite of {a}? {name} needs it for a rhyme.
? {name} asks for the opposite of "{a}".
? Tell {name} the opposite of {a}.
! The opposite of {a} is {b}.
! It is {b}: not {a} but {b}.
## other
? And of {c}?
? What about {c}?
! The opposite of {c} is {d}.
## back
? And the opposite of {b}?
! That is {a} again.
## both
? Now say both pairs: the last one, and {c}.
! {a} and {b}, {c} and {d}.

# size
? Which is bigger, {x:a} or {y:a}? {name} wants to know.
? {name} asks: is {x:a} bigger than {y:a}?
? What would you say to {name}: which is bigger, {x:a} or {y:a}?
! {big:a} is bigger than {small:a}.
! The {big} is the bigger one.
## third
? And {z:a}? Put all three in order, the smallest first.
? Now with {z:a}, from small to big.
! {first}, {middle}, {last}
## faster
? And which is faster, {slow:a} or {fast:a}?
! {fast:a} is faster than {slow:a}.
## small
? So which is the smaller one?
! The {small} is smaller.
"""
