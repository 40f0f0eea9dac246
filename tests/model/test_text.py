"""Between text and tokens: nothing is lost on the way, whatever the bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from specviz.model.pair import SHIPPED
from specviz.model.text import Text, TextStream
from tests.helpers import byte_tokenizer

FOLDER = SHIPPED / "tiny" / "target"
TEXT = Text(FOLDER)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_text_comes_back_from_its_tokens(text: str):
    assert TEXT.decode(TEXT.encode(text)) == text


@given(st.lists(st.integers(0, 4095), max_size=40))
def test_a_stream_gives_the_text_of_all_tokens(ids: list[int]):
    """Random tokens are mostly broken characters, and sometimes the end token."""
    stream = TextStream(TEXT)
    pieces = [stream.push(token) for token in ids]
    assert "".join(pieces) + stream.flush() == TEXT.decode(ids)


@given(st.lists(st.integers(1, 256), max_size=40))
def test_a_stream_of_single_bytes_gives_the_text_of_all(ids: list[int]):
    stream = TextStream(TEXT)
    pieces = [stream.push(token) for token in ids]
    assert "".join(pieces) + stream.flush() == TEXT.decode(ids)


def test_a_character_comes_when_its_last_byte_comes():
    stream = TextStream(TEXT)
    ids = TEXT.encode("a🦜b")
    pieces = [stream.push(token) for token in ids]
    assert "".join(pieces) == "a🦜b"
    assert all("\ufffd" not in piece for piece in pieces)
    assert "" in pieces


def test_no_piece_is_empty_and_all_tokens_have_one():
    assert all(TEXT.piece(token) for token in range(4096))


def test_the_vocabulary_names_every_id_once():
    vocabulary = TEXT.vocabulary()
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))


def test_an_empty_prompt_without_a_beginning_token_is_refused(tmp_path):
    byte_tokenizer().save_pretrained(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    config = {name: value for name, value in json.loads(path.read_text()).items() if name != "bos_token"}
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match="write something"):
        Text(tmp_path).encode("")
    assert Text(tmp_path).encode("a")


def test_the_hash_of_a_chat_template_tells_templates_apart(tmp_path):
    hashes = []
    for number, template in enumerate(["{{ messages }}", "{{ messages }}!", None]):
        tokenizer = byte_tokenizer()
        tokenizer.chat_template = template
        tokenizer.save_pretrained(tmp_path / str(number))
        hashes.append(Text(tmp_path / str(number)).template_hash)
    tokenizer.chat_template = None
    assert hashes[2] is None
    assert len(set(hashes)) == 3
