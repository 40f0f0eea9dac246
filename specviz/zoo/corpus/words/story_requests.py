"""How people ask for a story: openers, what it should be about, and endings of the request."""

from __future__ import annotations

# Requests that ask for nothing in particular.
PLAIN_REQUESTS = (
    "Tell me a short story.",
    "Tell me a story.",
    "Can you tell me a story?",
    "I would like to hear a story.",
    "A bedtime story, please.",
    "Please write a short story for children.",
    "Make up a little story for me.",
    "I cannot sleep. Do you know a story?",
    "Write something nice about friends.",
    "What about a story with a happy ending?",
    "Do you know a good story?",
    "It is raining and I am bored. Tell me a story!",
    "We have five minutes left. Read us a story.",
    "Surprise me with a story.",
    "Write a short tale in simple English.",
    "My tea is still too hot. Tell me something while I wait.",
)

# Openers that go before "about ..." or another part of REQUEST_PARTS.
REQUEST_OPENERS = (
    "Tell me a story",
    "Tell me a short story",
    "Write a short story",
    "Write a story",
    "Please tell me a story",
    "Please write a little story",
    "I would like a story",
    "Make up a story",
    "Can you write a story",
    "Could you tell me a story",
    "Do you know a story",
    "Think of a story",
    "My daughter wants a story",
    "The children would like a story",
    "Give me a bedtime story",
    "Would you write a short tale",
    "We need a story for our class",
)

# What the story should be about; the words in braces are those of the story.
REQUEST_PARTS = (
    "about {a_hero}",
    "about {hero}",
    "about {hero} and {friend}",
    "about {hero} and a {thing}",
    "about {hero} and {his} {object}",
    "about a {kind} and a {object}",
    "about a {thing}",
    "about a {object}",
    "about a {kind} named {hero} and a {fkind} named {friend}",
    "with a {thing} in it",
    "with {hero} and {friend} in it",
    "in which a {object} matters",
    "that happens {at}",
    "that takes place {at}",
    "with a {object} and a {place} in it",
    "about {a_hero} and the {place}",
    "about {topic}",
    "about {topic}",
    "about {topic}, with a {kind} called {hero}",
    "about {topic} and a {thing}",
    "that teaches children {lesson}",
    "about somebody who learns {lesson}",
    "in which {hero} learns {lesson}",
    "with a small lesson: {lesson}",
)

# Requests made of words alone, in short notes.
NOTE_REQUESTS = (
    "Story: {hero}, {friend}, a {thing}.",
    "Three words for a story: {object}, {place}, {kind}.",
    "Please use these words in a story: {hero}, {object}, {place}.",
    "Hero: {hero}. Object: a {thing}. Place: the {place}. Write the story.",
    "My favourite colour is {colour}. Write a story about a {object}.",
    "{hero} is a {kind}. Tell me a story about {him}.",
    "What happened to {hero} and the {thing}?",
    "How did {hero} and {friend} spend their time {at}?",
    "Have you heard the one about {hero} and the {object}?",
    "Once upon a time there was a {kind} called {hero}. How does it go on?",
    "I have a {object} and a friend called {hero}. Make a story out of that.",
    "Next, a story about {topic}, please.",
)

REQUEST_TAILS = (
    "",
    "",
    "",
    "",
    " Keep it short.",
    " Not too long, please.",
    " Let it end well.",
    " Simple words, please.",
    " It should be funny.",
    " Thank you!",
)
