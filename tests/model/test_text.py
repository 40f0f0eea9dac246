"""Between text and tokens: nothing is lost on the way, whatever the bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import copy, deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer

import specviz as sv
from specviz.model.pair import SHIPPED
from specviz.model.text import ChatPrompt, Text
from specviz.model.text_stream import TextStream
from specviz.zoo.tokenizer import CHAT_TEMPLATE
from tests.helpers import Bench, byte_tokenizer, letter_tokenizer, load, random_model
from tests.model.made_tokenizers import MAKERS, Letters, made, save_ctrl

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


# --- prompts


def with_ends(folder, single: str, template: str | None = None, **options) -> Text:
    """A tokenizer that writes special tokens around every text, as its post-processor says."""
    tokenizer = deepcopy(byte_tokenizer())
    tokenizer.chat_template = template or CHAT_TEMPLATE
    names = [tokenizer.bos_token, tokenizer.eos_token]
    ids = [(name, tokenizer.convert_tokens_to_ids(name)) for name in names]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=single.format(*names), special_tokens=ids)
    for name, value in options.items():
        setattr(tokenizer, name, value)
    tokenizer.save_pretrained(folder)
    return Text(folder)


AROUND = ["{0} $A", "$A {1}", "{0} $A {1}", "$A"]


@pytest.mark.parametrize("single", AROUND)
@pytest.mark.parametrize("template", [None, "{{ bos_token }}" + CHAT_TEMPLATE, "{{ messages[0]['content'] }}{{ eos_token }}"])
def test_a_conversation_is_tokenised_as_the_template_wrote_it(tmp_path, single: str, template: str | None):
    text = with_ends(tmp_path, single, template)
    messages = [{"role": "user", "content": "Add 1."}]
    expected = text.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert text.encode(text.chat("Add 1.")) == text.encode(text.chat(messages)) == expected


def test_a_conversation_is_run_as_the_template_wrote_it(bench: Bench):
    """Through the front door, alone and in a batch, from the API as from the command line and the app, which all take what ``chat`` gives."""
    pair = bench.pair("random")
    tokenizer = deepcopy(pair.text.tokenizer)
    tokenizer.chat_template = CHAT_TEMPLATE
    names = [(name, tokenizer.convert_tokens_to_ids(name)) for name in (tokenizer.bos_token, tokenizer.eos_token)]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"{names[0][0]} $A {names[1][0]}", special_tokens=names)
    pair = replace(pair, text=Text(tokenizer))
    prompt = pair.text.chat("Add 1.")
    expected = tokenizer.encode(str(prompt), add_special_tokens=False)
    for run in (sv.generate(pair, prompt, max_new_tokens=2), *sv.generate(pair, [prompt, prompt], max_new_tokens=2)):
        assert run.trace.header.prompt_tokens == expected
        assert run.trace.header.prompt == prompt
    assert (copy(prompt), type(copy(prompt)), type(deepcopy(prompt))) == (prompt, ChatPrompt, ChatPrompt)


@pytest.mark.parametrize("single", AROUND)
def test_a_plain_prompt_gets_what_begins_a_text_and_nothing_that_ends_one(tmp_path, single: str):
    text = with_ends(tmp_path, single)
    plain = text.tokenizer("def f():", add_special_tokens=False)["input_ids"]
    begin = [text.tokenizer.bos_token_id] if single.startswith("{0}") else []
    assert text.encode("def f():") == begin + plain
    assert text.encode("") == [text.tokenizer.bos_token_id]
    said = text.tokenizer.bos_token + "def f():" + text.tokenizer.eos_token
    assert text.encode(said) == [text.tokenizer.bos_token_id, *plain, text.tokenizer.eos_token_id]  # what is written stays


@pytest.mark.parametrize("kind", ["byte-fallback", "unigram, metaspace", "wordpiece", "ByT5", "CTRL", "letters"])
def test_prompts_of_every_kind_of_tokenizer_end_where_their_text_ends(kind: str):
    text = Text(made(kind))
    for prompt in ("a", "it do", "a b. "):
        ids = text.encode(prompt)
        assert ids == text.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        assert text.tokenizer.eos_token_id not in ids or text.tokenizer.eos_token_id is None


def test_special_tokens_that_take_the_space_beside_them_are_read_as_their_tokenizer_does():
    text = Text(made("wordpiece"))
    for prompt in ("a added b", "joined  b", "a<|end|> b"):
        assert text.encode(prompt) == text.tokenizer(prompt)["input_ids"]


# --- tokenizers of pure Python


def test_tokenizers_of_pure_python_run(tmp_path):
    """No step of a run asks for a backend that they have not."""
    ctrl, byt5 = tmp_path / "ctrl", tmp_path / "byt5"
    for folder, tokenizer in ((ctrl, None), (byt5, made("ByT5"))):
        model = random_model("llama", 3, vocab_size=400, max_position_embeddings=96)
        model.save_pretrained(folder)
        if tokenizer is None:
            save_ctrl(folder)
        else:
            tokenizer.save_pretrained(folder)
        pair = load(folder, folder)
        theirs = AutoTokenizer.from_pretrained(folder)
        for seed in range(4):
            for method in ("chain", "prompt-lookup", "specinfer"):
                run = sv.generate(pair, "a b it", method, max_new_tokens=40, temperature=1.0, seed=seed, ignore_eos=True)
                within = [token for token in run.tokens if pair.text.tokenizer.__class__.__name__ == "CTRLTokenizer" or token < len(theirs)]
                assert run.text == theirs.decode(within, skip_special_tokens=True)
                assert run.trace.text == run.text
        assert len(pair.text.vocabulary()) >= 20


def test_every_tokenizer_has_a_vocabulary_and_a_piece_for_every_token():
    for kind in MAKERS:
        text = Text(made(kind))
        vocabulary = text.vocabulary()
        assert len(vocabulary) > 5, kind
        assert all(text.piece(token) for token in range(len(text.tokenizer) + 3)), kind


def test_a_class_without_a_vocabulary_gets_one_from_the_names_of_its_ids():
    class Nameless(Letters):
        def get_vocab(self):
            if hasattr(self, "_is_made"):
                raise NotImplementedError
            return super().get_vocab()

    tokenizer = Nameless("abc")
    tokenizer._is_made = True
    assert Text(tokenizer).vocabulary() == {"a": 0, "b": 1, "c": 2}
