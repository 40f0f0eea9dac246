"""Text as it comes, by tokenizers of every kind: the pieces add up to the tokenizer's own decoding, whatever the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from specviz.model.decoding import Decoding
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
@settings(max_examples=200, deadline=None)
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
        for _ in range(12):
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


SOON = {  # kinds whose tokens are handed out at once, with what is typed, and the pieces that come
    "byte-level": (["b", "Ġa", "Ã", "©", "c"], ["b", " a", "", "é", "c"]),
    "byte-fallback": (["▁it", "▁b", "<0xC3>", "<0xA9>", "b"], ["it", " b", "", "", "éb"]),
    "unigram, metaspace": (["▁it", "▁", "▁b", "c"], ["it", " ", " b", ""]),
    "wordpiece": (["it", "do", "##n", "##'", "##t"], ["it", " do", "n", "'", "t"]),
    "wordpiece, cleaned up": (["it", "'", "s", ".", "b"], ["it", "", "'s", ".", " b"]),
    "CTRL": (["b@@", "it@@", "do", "b"], ["b", "it", "do", " b"]),
    "ByT5": (["a", "b", chr(0xC3), chr(0xA9)], ["a", "b", "", "é"]),
}


@pytest.mark.parametrize("kind", SOON)
def test_no_more_is_held_back_than_a_later_token_may_change(kind: str):
    names, expected = SOON[kind]
    text = text_of(kind)
    ids = [text.tokenizer.convert_tokens_to_ids(name) for name in names]
    pieces = streamed(text, ids)
    assert pieces[:-1] == expected
    assert "".join(pieces) == text.decode(ids)


@pytest.mark.parametrize("kind", ["byte-level", "byte-fallback", "unigram, metaspace", "wordpiece, cleaned up", "CTRL", "ByT5", "letters"])
def test_a_token_costs_as_little_behind_a_long_text_as_behind_a_short_one(kind: str, monkeypatch: pytest.MonkeyPatch):
    text, decoded = text_of(kind), [0]
    real = Decoding.raw
    monkeypatch.setattr(Decoding, "raw", lambda self, ids, **options: (decoded.append(len(ids)), real(self, ids, **options))[1])
    rng, ids = np.random.default_rng(2), known(text.tokenizer)
    many = [token for token in rng.choice(ids, 3000).tolist() if not text.decoding.is_byte(token)]
    pieces = streamed(text, many)
    assert "".join(pieces) == text.decode(many)
    assert max(decoded) < 80
    assert sum(decoded) < 60 * len(many)


@pytest.mark.parametrize("kind", MAKERS)
def test_ids_beyond_a_tokenizers_vocabulary_harm_nothing(kind: str):
    """A padded embedding gives them; a tokenizer of pure Python fails at them, and then they say nothing."""
    text = text_of(kind)
    size = len(text.tokenizer)
    some = known(text.tokenizer)[5:9]
    ids = [some[0], size + 3, some[1], size + 700, 10**6, some[2], some[3]]
    try:
        expected = theirs(text.tokenizer, ids)
    except Exception:  # noqa: BLE001  as said
        expected = theirs(text.tokenizer, some)
    assert "".join(streamed(text, ids)) == text.decode(ids) == expected
    assert all(text.piece(token) for token in ids)


def test_what_is_ahead_is_what_a_flush_would_give():
    for kind in ("byte-fallback", "unigram, cleaned up", "wordpiece, cleaned up", "backwards"):
        text, rng = text_of(kind), np.random.default_rng(3)
        ids = rng.choice(known(text.tokenizer), 40).tolist()
        for count in range(len(ids)):
            stream = TextStream(text)
            said = "".join(stream.push(token) for token in ids[:count])
            assert said + stream.ahead == text.decode(ids[:count])
