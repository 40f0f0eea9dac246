"""Between text and tokens: nothing is lost on the way, whatever the bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy

import pytest
from hypothesis import given, strategies as st
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer

from specviz.model.pair import SHIPPED
from specviz.model.text import Text
from specviz.model.text_stream import TextStream
from specviz.zoo.tokenizer import CHAT_TEMPLATE
from tests.helpers import byte_tokenizer, letter_tokenizer

FOLDER = SHIPPED / "tiny" / "target"
TEXT = Text(FOLDER)


def test_the_plain_class_is_read_without_a_search_and_gives_what_the_search_finds():
    theirs = AutoTokenizer.from_pretrained(FOLDER)
    assert type(TEXT.tokenizer) is type(theirs)
    sample = "def f(x):\n    return 12 + x  # ünïcödé <|end|>"
    assert TEXT.tokenizer(sample)["input_ids"] == theirs(sample)["input_ids"]
    assert (TEXT.tokenizer.bos_token, TEXT.template) == (theirs.bos_token, theirs.chat_template)
    assert TEXT.tokenizer.get_vocab() == theirs.get_vocab()


def test_a_shipped_pair_is_loaded_without_what_makes_a_start_slow():
    code = "import sys, specviz as sv\nsv.load_pair('tiny', dtype='float32')\nprint('torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


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


def saved(folder, template: str | None = None, *, adds_begin: bool = False) -> Text:
    """A tokenizer with a template of its own choice, that puts its beginning token before every text if asked."""
    tokenizer = deepcopy(byte_tokenizer())  # others use it too
    tokenizer.chat_template = template or CHAT_TEMPLATE
    if adds_begin:
        begin = tokenizer.bos_token
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"{begin} $A", special_tokens=[(begin, tokenizer.bos_token_id)])
    tokenizer.save_pretrained(folder)
    return Text(folder)


def test_a_message_and_a_conversation_go_into_the_checkpoints_own_template(tmp_path):
    text = saved(tmp_path)
    assert text.chat("Add 1 and 2.") == "<|user|>Add 1 and 2.<|assistant|>"
    talk = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bye."}]
    assert text.chat(talk) == "<|user|>Hi.<|assistant|>Hello!<|end|><|user|>Bye.<|assistant|>"


def test_messages_that_a_template_refuses_are_refused_in_its_words(tmp_path):
    with pytest.raises(ValueError, match="expected the roles user and assistant, got system"):
        saved(tmp_path).chat([{"role": "system", "content": "Be brief."}])


def test_a_checkpoint_without_a_template_says_so(tmp_path):
    letter_tokenizer(20).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="expected a checkpoint with a chat template"):
        Text(tmp_path).chat("abc")


def test_a_text_that_already_begins_gets_no_second_beginning(tmp_path):
    """A template that writes the beginning token, and a tokenizer that adds one: the models were trained on one of them."""
    text = saved(tmp_path, "{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}", adds_begin=True)
    begin = text.tokenizer.bos_token_id
    assert text.encode("abc").count(begin) == 1
    assert text.encode(text.chat("abc")) == text.encode("abc")
