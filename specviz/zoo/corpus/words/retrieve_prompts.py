"""How the family ``retrieve`` opens its texts and asks for an answer with its source. Data alone."""

from __future__ import annotations

# Many texts have no first line; those that have one learn nothing from it.
OPENINGS = (
    "",
    "",
    "",
    "",
    "News from the village.",
    "From the notebook of a [snail|postman|tired clerk].",
    "What one hears [at the market|on the bridge|at breakfast].",
    "[Some|A few] things everybody [here|in the street] knows.",
    "Notes for [a rainy day|the new teacher|the next mayor].",
    "All of this is true.",
    "It has been a busy [week|year].",
    "[Here is|This is] what the [sparrows|neighbours|cats] say.",
    "A page of the [village|town] book.",
    "Small facts about [good|nice|busy] people.",
    "Please remember [all this|the following].",
    "I looked around and wrote this down.",
)

# {text} and {question} stand where they are; the question comes last, so that the model knows what to look for when it starts to write.
PROMPTS = (
    "{text}\n\n{question}",
    "{text}\n\n{question}",
    "Read this and answer my question.\n\n{text}\n\n{question}",
    "{text}\n\nQuestion: {question}",
    "Text:\n{text}\n\nQuestion: {question}",
    "Here is a text.\n\n{text}\n\n{question} Quote the sentence that says so.",
    "{text}\n\n{question} Please quote the text.",
    "Answer from the text.\n\n{text}\n\n{question}",
    "I found this page.\n\n{text}\n\nCan you tell me this? {question}",
    "{text}\n\nNow tell me: {question}",
    "Please look this up for me. {question}\n\n{text}\n\n{question}",
    "{text}\n\nI have forgotten something. {question}",
    "Use this text alone.\n\n{text}\n\n{question}",
    "{text}\n\nMy question is this. {question}",
    "Help me find something in these lines.\n\n{text}\n\n{question}",
    "{text}\n\n{question} Show me where it says so.",
)

ANSWER = 'The text says: "{sentence}" So the answer is: {value}.'
NOT_SAID = "The text does not say."
