"""Copying: the latest earlier place of the longest ending, against a search that looks everywhere."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from specviz.drafters.prompt_lookup import PromptLookupDrafter
from specviz.types import ROOT, DraftTree, Sketch


def slow_copy(text: list[int], ends: set[int], longest: int, shortest: int) -> list[int]:
    """What follows the latest earlier occurrence of the longest ending, up to an end token."""
    for size in range(longest, shortest - 1, -1):
        ending = text[-size:]
        if len(ending) < size:
            continue
        for start in range(len(text) - size - 1, -1, -1):
            if text[start : start + size] == ending and not ends.intersection(ending):
                copied = text[start + size :]
                stop = next((i for i, token in enumerate(copied) if token in ends), len(copied))
                return copied[:stop]
    return []


def copy(drafter: PromptLookupDrafter, text: list[int], most: int) -> list[int]:
    """A chain of at most ``most`` copied tokens."""
    sketch, node = Sketch(prefix=len(text)), ROOT
    while len(sketch) < most:
        tokens = drafter.propose(sketch, [node])[0].tokens
        if not tokens:
            break
        node = sketch.add(tokens[0], node)
    return sketch.tokens


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(1, 8), st.integers(1, 3), st.booleans())
def test_copies_are_those_of_a_search_that_looks_everywhere(text: list[int], most: int, longest: int, has_end: bool):
    ends = {0} if has_end else set()
    drafter = PromptLookupDrafter(tuple(ends), longest, 1)
    context = SimpleNamespace(tokens=text[:1])
    drafter.start(context)
    for token in text[1:]:  # the text grows token by token, with a look-up each time, as in a run
        assert copy(drafter, context.tokens, most) == slow_copy(context.tokens, ends, longest, 1)[:most]
        context.tokens.append(token)
    assert copy(drafter, context.tokens, most) == slow_copy(context.tokens, ends, longest, 1)[:most]


def test_the_longest_ending_wins_over_a_later_shorter_one():
    drafter = PromptLookupDrafter((), 3, 1)
    text = [1, 2, 3, 7, 9, 3, 8, 1, 2, 3]
    drafter.start(SimpleNamespace(tokens=text))
    assert copy(drafter, text, 2) == [7, 9]


def test_the_latest_of_several_places_wins():
    drafter = PromptLookupDrafter((), 1, 1)
    text = [5, 1, 5, 2, 5]
    drafter.start(SimpleNamespace(tokens=text))
    assert copy(drafter, text, 1) == [2]


def test_nothing_is_drafted_when_nothing_repeats():
    drafter = PromptLookupDrafter((), 3, 1)
    drafter.start(SimpleNamespace(tokens=[1, 2, 3]))
    assert copy(drafter, [1, 2, 3], 5) == []


def test_a_new_request_remembers_nothing_of_the_last():
    drafter = PromptLookupDrafter((), 1, 1)
    first = [1, 2, 1]
    drafter.start(SimpleNamespace(tokens=first))
    assert copy(drafter, first, 1) == [2]
    drafter.observe(DraftTree((2,), (-1,), None, (-1,), "deterministic"), None, None)
    second = [3, 1]
    drafter.start(SimpleNamespace(tokens=second))
    assert copy(drafter, second, 1) == []


@pytest.mark.parametrize(("longest", "shortest"), [(0, 0), (1, 2), (3, 0)])
def test_sizes_without_sense_are_refused(longest: int, shortest: int):
    with pytest.raises(ValueError, match="1 <= shortest <= longest"):
        PromptLookupDrafter((), longest, shortest)
