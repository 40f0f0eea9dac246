"""Which words a small model cannot know without remembering: every token by the class of its word."""

from __future__ import annotations

import re

from specviz.model.pair import Pair
from specviz.zoo.corpus.words import common

CLASSES = ("remembered", "introduced", "number", "function word", "other word", "mark")

_WORLD = (common.NAMES, common.COLOURS, common.ANIMALS, common.OBJECTS, common.FOODS, common.PLACES, common.JOBS)
_MEMORABLE = frozenset(word.lower() for words in _WORLD for word in words)
_WORDS = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]|\s+")


def token_classes(pair: Pair, prompt: list[int], answer: list[int]) -> list[str]:
    """The class of the word each answered token belongs to.

    ``remembered``: a name, colour, thing or place that was mentioned before; ``introduced``: one that was not, which nobody can
    know; ``number``; ``function word``; ``other word``; ``mark`` for punctuation, space and the end.
    """
    before = set(re.findall(r"[a-z]+", pair.text.decode(prompt).lower()))
    pieces = [pair.text.piece(token) if token not in pair.end_tokens else "" for token in answer]
    text = "".join(pieces)
    classes: list[str] = []
    words: list[tuple[int, str]] = []
    for found in _WORDS.finditer(text):
        word = found.group().lower()
        words.append((found.end(), _class(word, before)))
        before.add(word)
    at = start = 0
    for piece in pieces:
        lead = len(piece) - len(piece.lstrip())
        start_of_word = start + min(lead, max(len(piece) - 1, 0))  # a token " kite" belongs to its word, not to the space
        while at < len(words) and words[at][0] <= start_of_word:
            at += 1
        classes.append(words[at][1] if piece and at < len(words) else "mark")
        start += len(piece)
    return classes


def _class(word: str, before: set[str]) -> str:
    if word.isdigit():
        return "number"
    if not word.isalpha():
        return "mark"
    if word in _MEMORABLE:
        return "remembered" if word in before else "introduced"
    return "function word" if word in common.FUNCTION_WORDS else "other word"
