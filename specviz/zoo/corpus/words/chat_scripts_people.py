"""Conversations about people, animals, notes, rhymes and true things; ``?`` asks, ``!`` answers, ``##`` is a way to go on."""

SCRIPTS = """
# person
? This is {name}. {he} is {job:a}, lives near the {place} and has {animal:a} called {pet}.
? I would like you to meet {name} the {job}. {he} lives near the {place}, and {his} {animal} is called {pet}.
? My friend {name} works as {job:a}. {his} house is near the {place}, and {pet} is {his} {animal}.
! I am glad to meet {name}! {job:a} with {animal:a} must have good stories to tell.
! How nice! Please say hello to {name}, and to {pet} the {animal} too.
! What a good life: {job:a}, a house near the {place}, and {animal:a} called {pet}!
## pet
? What is the name of {his} {animal}?
? Do you remember what the {animal} is called?
! The {animal} is called {pet}.
! {name}'s {animal} is called {pet}.
## place
? Where does {he} live?
? And where do we find {him}?
! {name} lives near the {place}.
## job
? What is {his} work?
? What does {he} do all day?
! {name} is {job:a}.
## short
? Say all that in one sentence.
? Can you introduce {him} to the others?
! This is {name}, {job:a} from near the {place}, with {pet} the {animal}.
## other
? Sorry, {pet} is {animal2:a}.
! Thank you for telling me. So {name} has {animal2:a} called {pet}.

# smalltalk
? Hello, my name is {name}. I was {at} all day, and now I am tired.
? Good evening! I am {name}. What a long day {at}!
? Hi, {name} here. I have just come home from the {place}.
! Hello, {name}! I hope the {place} was nice. Now sit down and rest.
! Good to hear from you, {name}. Was it busy {at}?
! Welcome home, {name}! After a day {at} you must be hungry.
## eat
? I have {food:any} and {food2:any} at home. Is that a good dinner?
! Yes, {name}, {food:any} and {food2:any} make a fine dinner after a day {at}.
## name
? Do you still know my name?
? What was my name again?
! Of course. You are {name}.
! Yes, your name is {name}.
## where
? Where did I say I was?
! You were {at}, {name}.
## night
? I am going to bed now.
? Good night!
! Good night, {name}! Sleep well.
## gift
? Look, I have brought you {thing:a}.
! How kind of you, {name}! I have always wanted {thing:a} from the {place}.

# note
? Write a short note from {p} to {q}. {q}'s {colour} {thing} is {at}.
? {p} wants to tell {q} that the {colour} {thing} is {at}. Please write a note.
? Can you write a few lines to {q}? The {colour} {thing} is {at}. They come from {p}.
! Dear {q},|the {colour} {thing} is {at}.|Yours, {p}
! Dear {q},|I have good news. The {colour} {thing} is {at}.|Yours, {p}
## name
? Send it to {r} instead.
? The same note to {r}, please.
! Dear {r},|the {colour} {thing} is {at}.|Yours, {p}
## colour
? Sorry, the {thing} is {colour2}.
? Make it {colour2}, please.
! Dear {q},|the {colour2} {thing} is {at}.|Yours, {p}
## place
? Wrong place! It is {at2}.
? Oh, now it is {at2}. Please change that.
! Dear {q},|the {colour} {thing} is {at2}.|Yours, {p}
## answer
? Now write {q}'s answer.
? What could {q} answer?
! Dear {p},|thank you! I will fetch the {colour} {thing} today.|Yours, {q}

# thanks
? {name} gave me {colour:a} {thing} for my birthday. Please write a thank-you note.
? Help me thank {name} for the {colour} {thing}, please.
? I want to thank {name}. {he} sent me {colour:a} {thing}.
! Dear {name},|thank you for the {colour} {thing}. I like it very much.
! Dear {name},|what a lovely {colour} {thing}! Thank you very much.
## more
? Add that I use it every day.
! Dear {name},|thank you for the {colour} {thing}. I use it every day.
## invite
? Invite {him} to eat {food:any} with me on {day}.
! Dear {name},|thank you for the {colour} {thing}. Please come on {day}, and we will eat {food:any}.
## name
? Oh, it was not {name} but {r}!
! Dear {r},|thank you for the {colour} {thing}. I like it very much.
## other
? It was {thing2:a}, not {thing:a}.
! Dear {name},|thank you for the {colour} {thing2}. I like it very much.

# rhyme
? Write a little rhyme about {name} and {colour:a} {thing}.
? Can you make a rhyme? {name} should be in it, and {colour:a} {thing}.
? I need two lines that rhyme, about {name}'s {colour} {thing}.
! {name} {verb} {colour:a} {thing}|{end}
## colour
? Make the {thing} {colour2}.
? The same with {colour2:a} {thing}, please.
! {name} {verb} {colour2:a} {thing}|{end}
## name
? Now write it for {r}.
? Put {r} in instead of {name}.
! {r} {verb} {colour:a} {thing}|{end}
## both
? Now with {r} and the colour {colour2}.
! {r} {verb} {colour2:a} {thing}|{end}
## ask
? What colour is the {thing} in the rhyme?
! The {thing} is {colour}.

# story
? Begin a story about {animal:a} called {name} who finds {colour:a} {thing} {at}.
? Tell me how {name} the {animal} found {colour:a} {thing} {at}.
? I would like a story: {name}, {animal:a}, finds {colour:a} {thing} {at}. Just the beginning, please.
! One morning {name} the {animal} was {at}. There, right in front of {name}, lay {colour:a} {thing}. "Who has lost this?" asked {name}.
! {name} was a curious {animal}. One day {name} found {colour:a} {thing} {at} and looked at it from all sides.
## end
? How does it end? It belongs to {r}.
? And then? The {thing} is {r}'s, I think.
! {name} brought the {thing} to {r}. {r} was so glad that the {animal} got a big piece of cake.
## what
? What did {name} find?
? Remind me what lay there.
! {name} found {colour:a} {thing}.
## where
? Where was that?
! That was {at}.
## short
? Shorter, please.
? Say that in one short sentence.
! {name} the {animal} found {colour:a} {thing} {at}.
## animal
? Make it short, and make {name} {animal2:a}.
! {name} the {animal2} found {colour:a} {thing} {at}.

# petname
? My new {animal} is {colour} and loves {food:any}. What could I call it?
? {name} has {colour:a} {animal} that always eats {food:any}. It needs a name.
? Please find a name for {colour:a} {animal}. It lives with {name} and likes {food:any}.
! I would call it {petname}, because it is {colour}.
! {petname} is a good name for {colour:a} {animal}.
## other
? And if it were {colour2}?
? What if it turns out {colour2} after a bath?
! Then I would call it {petname2}.
## hello
? Say hello to it for me.
? What would you say to it?
! Hello, {petname}! I hear that you like {food:any}.
## why
? Why that name?
! Because the {animal} is {colour}, and {petname} sounds {colour}.
## food
? What shall I give it to eat tonight?
! Give {petname} {food:any}, since the {animal} loves that.

# explain
? {question} {name} would like to know.
? {name} asked me at breakfast: {question}
? {question} {name} the {job} wants to know.
? Can you tell {name} and me {clause}?
? My friend {name} asked me {clause}.
! {long}
## short
? Say that again, but shorter.
? Shorter, please.
? {name} has little time. Can you say it in one short sentence?
! {short}
## child
? How would you tell it to little {name}?
? Please tell {name} in one line.
! Listen, {name}: {short}
## word
? Which word should {name} remember?
? What is the most important word in that?
! Remember the word "{word}".
## note
? {name} the {job} missed that. Write {him} a short note about it.
! Dear {name},|you asked {clause}. {short}

# riddle
? Give me a riddle for {name}. The answer should be {thing:a}.
? Do you know a riddle about {thing:a}? {name} loves riddles.
? Ask {name} a riddle, please. It must be about {thing:a}.
! {riddle} What am I?
! Listen, {name}: {riddle} What am I?
## wrong
? {name} says it is {guess:a}.
? Is it {guess:a}? That is what {name} thinks.
! Not quite, {name}. It is {thing:a}, because {reason}.
## right
? {name} says it is {thing:a}.
! Well done, {name}! It is {thing:a}, because {reason}.
## again
? Say the riddle again, please.
? {name} was not listening. Once more, please.
! {riddle} What am I?
## why
? I do not understand it. Why {thing:a}?
! Because {reason}.

# animal
? What does {animal:a} eat? {name} found one {at}.
? {name} has seen {animal:a} {at}. What does it eat?
? Tell {name} what {animal:a} eats. There is one {at}.
! {animal:a} eats {food}.
! It eats {food}, like every {animal}.
## sleep
? And where does it sleep?
? Where is its bed?
! {animal:a} sleeps {bed}.
## where
? Where did {name} see it?
! {name} saw the {animal} {at}.
## second
? And {animal2:a}?
? What about {animal2:a}?
! {animal2:a} eats {food2}.
## note
? Write that down for {name}.
! {name}, the {animal} {at} eats {food} and sleeps {bed}.

# polite
? Make this polite: {verb} me the {thing}, {name}!
? How can I say this more politely? "{verb:cap} me the {thing}, {name}!"
? {name} did not like it when I said: "{verb:cap} me the {thing}!" What should I have said?
! Could you please {verb} me the {thing}, {name}?
! {name}, could you please {verb} me the {thing}?
## name
? Now ask {r}.
? {name} is not here. Ask {r} instead.
! Could you please {verb} me the {thing}, {r}?
## thing
? And for the {thing2}?
? I need the {thing2} too.
! Could you please {verb} me the {thing2}, {name}?
## thank
? {he} did it. What do I say now?
? And when I have it?
! Thank you for the {thing}, {name}!
## no
? What if {name} still needs the {thing}?
! Then say: I can wait, {name}. Please keep the {thing} as long as you need it.
"""
