"""Text as it comes, by tokenizers of every kind: the pieces add up to the tokenizer's own decoding, whatever the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from specviz.model.text import Text
from specviz.model.text_stream import TextStream
from tests.model.made_tokenizers import MAKERS, made


@cache
def text_of(kind: str) -> Text:
    """A Text around a tokenizer that lies in no folder."""
    return Text(made(kind))


def theirs(tokenizer: Any, ids: Sequence[int], special: bool = False) -> str:
    return tokenizer.decode(list(ids), skip_special_tokens=not special)


@cache
def known(tokenizer: Any) -> list[int]:
    """All ids that the tokenizer can decode, and some beyond its vocabulary where it says nothing to them."""

    def can(token: int) -> bool:
        try:
            return isinstance(tokenizer.decode([token]), str)
        except Exception:  # noqa: BLE001  it may fail in any way there
            return False

    return [token for token in range(len(tokenizer) + 8) if can(token)]


def streamed(text: Text, ids: Sequence[int], sizes: Sequence[int] = (1,), *, special: bool = False) -> list[str]:
    """The pieces of a stream that gets its tokens in groups of these sizes, over and over; the last is what a flush gives."""
    stream, pieces, at = TextStream(text, special=special), [], 0
    while at < len(ids):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(stream.push(*ids[at : at + size]))
        at += size
    return [*pieces, stream.flush()]


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_pieces_add_up_to_the_tokenizers_own_text(kind: str, data: st.DataObject):
    tokenizer = made(kind)
    ids = data.draw(st.lists(st.sampled_from(known(tokenizer)), max_size=70))
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    for special in (False, True):
        assert "".join(streamed(text_of(kind), ids, sizes, special=special)) == theirs(tokenizer, ids, special)


@pytest.mark.parametrize("kind", MAKERS)
def test_long_and_one_sided_sequences_add_up_as_well(kind: str):
    """Few different tokens, many of them: runs of bytes, of continuations, of spaces, across many moves of the window."""
    tokenizer, rng = made(kind), np.random.default_rng(5)
    text, ids = text_of(kind), known(tokenizer)
    for few in (1, 2, 3, 5):
        for _ in range(25):
            some = rng.choice(ids, few).tolist()
            many = rng.choice(some, int(rng.integers(1, 200))).tolist()
            assert "".join(streamed(text, many)) == theirs(tokenizer, many), [tokenizer.convert_ids_to_tokens(i) for i in some]


def test_all_pairs_and_triples_of_hard_tokens_add_up():
    for kind in ("wordpiece, cleaned up", "no decoder, cleaned up", "CTRL, cleaned up", "suffixes", "byte-fallback"):
        tokenizer = made(kind)
        text, ids = text_of(kind), known(tokenizer)[:26]
        for first in ids:
            for second in ids:
                for third in ids[::3]:
                    many = [first, second, third, first, second]
                    assert "".join(streamed(text, many)) == theirs(tokenizer, many)
