"""The ways people ask for a translation into Velami: data alone."""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip().replace("\\n", "\n") for line in text.strip().splitlines())


ONE = _lines("""
    Translate into Velami: {text}
    Translate this sentence into Velami: {text}
    Please translate into Velami: {text}
    Put this into Velami, please: {text}
    Put into Velami: {text}
    Say this in Velami: {text}
    How do you say "{text}" in Velami?
    How would you say "{text}" in Velami?
    How do I say "{text}" in Velami?
    How does one say "{text}" in Velami?
    What is "{text}" in Velami?
    What would "{text}" be in Velami?
    What is the Velami for "{text}"?
    I want to say "{text}" in Velami.
    I need this in Velami: {text}
    Can you translate "{text}" into Velami?
    Could you put "{text}" into Velami?
    Could you say this in Velami for me? {text}
    Would you write "{text}" in Velami?
    Write this in Velami: {text}
    Give me the Velami for this sentence: {text}
    Give the Velami: {text}
    English to Velami: {text}
    From English to Velami, please: {text}
    My homework is to translate "{text}" into Velami.
    My teacher wants this in Velami: {text}
    I am writing a postcard in Velami. How do I write "{text}"?
    My neighbour speaks only Velami. I want to tell her: {text}
    Here is a sentence for you to translate into Velami: {text}
    Turn this into Velami: {text}
    Turn this English sentence into Velami.\\n{text}
    Translate from English to Velami.\\n{text}
    Velami, please!\\n{text}
    This should go on a poster in Velami: {text}
    I am learning Velami. How do I say "{text}"?
    One sentence for the Velami phrase book: {text}
    {text}\\nTranslate this into Velami.
    {text}\\nHow do you say that in Velami?
    {text}\\nIn Velami, please.
    {text}\\nWhat is that in Velami?
""")
SEVERAL = _lines("""
    Translate into Velami: {text}
    Translate these {n} sentences into Velami: {text}
    Please translate these {n} sentences into Velami: {text}
    Put these sentences into Velami: {text}
    Put this little text into Velami, one sentence on each line: {text}
    Say this in Velami, line by line: {text}
    How do you say this in Velami? {text}
    How would you write this in Velami? {text}
    Can you translate this for me into Velami? {text}
    Could you put this into Velami, please? {text}
    I need these {n} sentences in Velami: {text}
    Here are {n} sentences for you to translate into Velami: {text}
    My homework in Velami has {n} sentences: {text}
    My teacher wants this in Velami: {text}
    English to Velami: {text}
    Write this in Velami: {text}
    Turn these sentences into Velami.\\n{text}
    Translate from English to Velami, one sentence on each line.\\n{text}
    Velami, please!\\n{text}
    This is the start of a story. How does it go in Velami?\\n{text}
    I am writing a letter in Velami. How do I write this?\\n{text}
    Give me the Velami for each sentence.\\n{text}
    {text}\\nTranslate this into Velami.
    {text}\\nHow do you say that in Velami?
    {text}\\nNow the same in Velami, please.
    {text}\\nPut this into Velami, one sentence on each line.
""")
WORDS = _lines("""
    How do you say these in Velami: {text}?
    What are the Velami words for {text}?
    Give me the Velami for {text}.
    Translate these words into Velami: {text}.
    Translate into Velami: {text}.
    I am making a word list in Velami. I need {text}.
    What is the Velami for {text}?
    Please write a small Velami word list: {text}.
    My Velami word cards for today: {text}. What goes on the back?
    I have forgotten some Velami. What was {text}?
    A Velami word list, please: {text}.
    Look these up in the Velami dictionary: {text}.
    Which Velami words do I need for {text}?
    Teach me some Velami: {text}.
""")
# Second requests about a sentence that was just translated.
FOLLOW: dict[str, tuple[str, ...]] = {
    "past": _lines("""
        Now say it in the past.
        And in the past?
        Now put it in the past: {text}
        What if it was yesterday? {text}
        It happened long ago. How do I say it then?
        And how do you say "{text}"?
        The past tense, please.
    """),
    "future": _lines("""
        Now say it in the future.
        And in the future?
        Now put it in the future: {text}
        What if it is still to come? {text}
        And how do you say "{text}"?
        The future tense, please.
    """),
    "not": _lines("""
        Now say that it is not so.
        Now with "not", please.
        And the opposite? {text}
        It is not true. How do I say that? {text}
        And how do you say "{text}"?
        Now put "not" into it.
    """),
    "question": _lines("""
        Now make it a question.
        And as a question?
        How do I ask that? {text}
        Now ask it: {text}
        And how do you say "{text}"?
        Turn it into a question, please.
    """),
    "swap": _lines("""
        Now with {new} in place of {old}.
        And with {new} in place of {old}?
        Now change {old} to {new}: {text}
        The same again, but with {new} instead of {old}.
        And how do you say "{text}"?
        Please put {new} where {old} is.
    """),
}
