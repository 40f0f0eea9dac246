"""Prompts and options as people pass them: taken where the meaning is plain, else refused before any work."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import specviz as sv
from specviz.engine.prompts import read_prompts
from specviz.errors import SpecvizError
from specviz.model.pair import Pair
from tests.helpers import Bench, byte_tokenizer, letter_tokenizer, load, random_model, save, some_tokens

IDS = [5, 9, 5, 9, 7]
OTHER = [8, 8, 3]
TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
TALK = [{"role": "user", "content": "ab"}, {"role": "assistant", "content": "c"}, {"role": "user", "content": "d"}]


@pytest.fixture(scope="module")
def pair(bench: Bench) -> Pair:
    return bench.pair("close")


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A target with a chat template, and no draft."""
    tokenizer = deepcopy(byte_tokenizer())
    tokenizer.chat_template = TEMPLATE
    return load(save(random_model(), tmp_path_factory.mktemp("talking"), tokenizer))


ONE: dict[str, Any] = {
    "a tuple": tuple(IDS),
    "numpy": np.array(IDS),
    "numpy of few bits": np.array(IDS, dtype=np.uint8),
    "a list of numpy's numbers": list(np.array(IDS)),
    "torch": torch.tensor(IDS),
    "torch, of a card's usual type": torch.tensor(IDS, dtype=torch.int32),
    "a list of torch's numbers": list(torch.tensor(IDS)),
    "one row of numpy": np.array([IDS]),
    "one row of torch": torch.tensor([IDS]),
    "pandas": pd.Series(IDS),
    "a dictionary": {"input_ids": IDS, "attention_mask": [1] * len(IDS)},
    "a dictionary of tensors": {"input_ids": torch.tensor([IDS]), "attention_mask": torch.ones(1, len(IDS), dtype=torch.int64)},
    "a dictionary without a mask": {"input_ids": np.array(IDS)},
    "padded left": {"input_ids": torch.tensor([[0, 0, *IDS]]), "attention_mask": torch.tensor([[0, 0, *[1] * len(IDS)]])},
    "padded right": {"input_ids": [*IDS, 0], "attention_mask": [*[1] * len(IDS), 0]},
}


@pytest.mark.parametrize("form", ONE)
def test_token_ids_are_taken_in_every_form(pair: Pair, form: str):
    run = sv.generate(pair, ONE[form], max_new_tokens=6)
    assert run.trace.header.prompt_tokens == IDS
    assert run.tokens == sv.generate(pair, IDS, max_new_tokens=6).tokens
    assert [step.committed for step in sv.stream(pair, ONE[form], max_new_tokens=6)] == [cycle.committed for cycle in run.trace]


SEVERAL: dict[str, Any] = {
    "lists": [IDS, OTHER],
    "tuples": (tuple(IDS), tuple(OTHER)),
    "tensors": [torch.tensor(IDS), torch.tensor(OTHER)],
    "tensors of one row": [torch.tensor([IDS]), torch.tensor([OTHER])],
    "a dictionary": {"input_ids": [IDS, OTHER]},
    "padded left": {"input_ids": np.array([IDS, [0, 0, *OTHER]]), "attention_mask": np.array([[1] * 5, [0, 0, 1, 1, 1]])},
    "padded right": {"input_ids": torch.tensor([IDS, [*OTHER, 0, 0]]), "attention_mask": torch.tensor([[1] * 5, [1, 1, 1, 0, 0]])},
    "padded lists": {"input_ids": [IDS, [*OTHER, 0, 0]], "attention_mask": [[1] * 5, [1, 1, 1, 0, 0]]},
    "several dictionaries": [{"input_ids": IDS}, {"input_ids": OTHER, "attention_mask": [1, 1, 1]}],
}


@pytest.mark.parametrize("form", SEVERAL)
def test_batches_are_taken_in_every_form(pair: Pair, form: str):
    runs = sv.generate(pair, SEVERAL[form], max_new_tokens=6)
    assert [run.trace.header.prompt_tokens for run in runs] == [IDS, OTHER]
    assert [run.tokens for run in runs] == [sv.generate(pair, ids, max_new_tokens=6).tokens for ids in (IDS, OTHER)]


def test_the_rows_of_a_tensor_are_a_batch(pair: Pair):
    runs = sv.generate(pair, torch.tensor([IDS, IDS[::-1]]), max_new_tokens=3)
    assert [run.trace.header.prompt_tokens for run in runs] == [IDS, IDS[::-1]]
    assert len(sv.generate(pair, [IDS], max_new_tokens=3)) == 1  # a list of lists says itself that it is a batch


def test_what_a_tokenizer_returns_is_the_prompt(pair: Pair):
    tokenizer, text = pair.text.tokenizer, "ab ab ab"
    expected = sv.generate(pair, text, max_new_tokens=5)
    forms = [tokenizer(text), *(tokenizer(text, return_tensors=kind) for kind in ("pt", "np")), tokenizer.backend_tokenizer.encode(text)]
    for made in forms:
        run = sv.generate(pair, made, max_new_tokens=5)
        assert (run.tokens, run.trace.header.prompt_tokens) == (expected.tokens, expected.trace.header.prompt_tokens)
    texts = [text, "b"]
    alone = [sv.generate(pair, each, max_new_tokens=5).tokens for each in texts]
    assert [run.tokens for run in sv.generate(pair, tokenizer(texts), max_new_tokens=5)] == alone
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(0)
    for side in ("left", "right"):
        padded = tokenizer(texts, return_tensors="pt", padding=True, padding_side=side)
        assert [run.tokens for run in sv.generate(pair, padded, max_new_tokens=5)] == alone


def test_texts_are_taken_one_or_several(pair: Pair):
    alone = [sv.generate(pair, text, max_new_tokens=4).tokens for text in ("ab", "cd e")]
    for texts in (["ab", "cd e"], ("ab", "cd e"), pd.Series(["ab", "cd e"]), np.array(["ab", "cd e"])):
        assert [run.tokens for run in sv.generate(pair, texts, max_new_tokens=4)] == alone


def test_messages_go_through_the_template(talking: Pair):
    expected = "<user>ab<assistant>c<user>d<assistant>"
    run = sv.generate(talking, TALK, max_new_tokens=4)
    assert run.trace.header.prompt == expected
    assert run.trace.header.prompt_tokens == talking.text.tokenizer(expected, add_special_tokens=False)["input_ids"]
    assert [each.trace.header.prompt for each in sv.generate(talking, [TALK, TALK[:1]], max_new_tokens=4)] == [expected, "<user>ab<assistant>"]
    assert sv.stream(talking, TALK[:1]).trace.header.prompt == "<user>ab<assistant>"


class Odd:
    """Nothing that anybody can decode."""


REFUSED: dict[str, tuple[Any, str]] = {
    "nothing": (None, "expected a prompt as text.*got none"),
    "no token": ([], "at least one token"),
    "an empty array": (np.array([], dtype=np.int64), "at least one token"),
    "all of it padding": ({"input_ids": IDS, "attention_mask": [0] * 5}, "at least one token"),
    "an empty row": ([[1], []], "got prompt 1 without any"),
    "bytes": (b"ab", r"prompt\.decode"),
    "a number": (5, "got 5"),
    "truth values": ([True, False], "whole number.*got True"),
    "truth values of numpy": (np.array([True, False]), "whole number.*got True"),
    "truth values of torch": (list(torch.tensor([True])), "whole number.*got True"),
    "floats": ([1.0, 2.0], "whole number.*got 1.0"),
    "a tensor of floats": (torch.tensor([1.0, 2.0]), "whole number.*got 1.0"),
    "a number below 0": ([3, -1], r"in \[0, 320\), got \[-1\]"),
    "below 0 in numpy": (np.array([3, -1]), r"in \[0, 320\), got \[-1\]"),
    "beyond the vocabulary": (torch.tensor([3, 320]), r"in \[0, 320\), got \[320\]"),
    "text among numbers": ([1, "a"], "whole number.*got 'a'"),
    "numbers among texts": (["a", 1], "a list of different things"),
    "texts and ids": (["a", [1, 2]], "a list of different things"),
    "nothing among texts": (["a", None], "a list of different things"),
    "nested too deep": ([[[1, 2]]], "a list of different things"),
    "three dimensions": (torch.ones(2, 2, 2, dtype=torch.int64), "a list of different things"),
    "a single number of torch": (torch.tensor(3), "expected a prompt as text"),
    "half a character": ("a\ud800b", "half of a surrogate pair at character 1"),
    "half a character in a row": (["a", "\udfff"], "prompt 1 of whole characters"),
    "half a character in a message": ([{"role": "user", "content": "\ud800"}], "content of whole characters"),
    "one message": ({"role": "user", "content": "a"}, "put the message into a list"),
    "a message and a text": ([{"role": "user", "content": "a"}, "b"], "as chat messages, each with a role"),
    "another dictionary": ({"text": "a"}, "expected a prompt as text"),
    "a set": ({1, 2}, "make a list of it"),
    "a generator": ((each for each in "ab"), "make a list of it"),
    "a table": (pd.DataFrame({"a": [1]}), "make a list of it"),
    "an object": (Odd(), "expected a prompt as text"),
    "a path": (Path("prompt.txt"), "expected a prompt as text"),
    "a mask of another length": ({"input_ids": IDS, "attention_mask": [1]}, "of the shape of input_ids"),
    "a mask with holes": ({"input_ids": IDS, "attention_mask": [1, 0, 1, 1, 1]}, "leaves out tokens between others"),
}


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_no_prompt_is_refused_before_any_work(pair: Pair, form: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(type(pair.target), "score", lambda *_, **__: pytest.fail("a model was run"))
    given, words = REFUSED[form]
    with pytest.raises(SpecvizError, match=words) as raised:
        sv.generate(pair, given)
    assert isinstance(raised.value, ValueError | TypeError)


def test_a_conversation_needs_a_template(tmp_path: Path):
    pair = load(save(random_model(vocab_size=20), tmp_path, letter_tokenizer(20)))
    with pytest.raises(ValueError, match="chat template"):
        sv.generate(pair, TALK)


def test_none_is_the_default_of_every_option(pair: Pair):
    names = ("method", "max_new_tokens", "temperature", "top_k", "top_p", "seed", "detail", "save", "gamma", "stop")
    run, usual = sv.generate(pair, IDS, **dict.fromkeys(names)), sv.generate(pair, IDS)
    assert (run.tokens, run.trace.header.seed, run.trace.header.detail, run.trace.header.method) == (usual.tokens, 0, "full", "chain")
    assert run.trace.header.settings == usual.trace.header.settings
    assert list(sv.stream(pair, IDS, **dict.fromkeys(names)))[-1].stop == usual.stats.stop
    assert [each.tokens for each in sv.generate(pair, [IDS], **dict.fromkeys((*names, "rows")))] == [usual.tokens]


def test_a_batch_takes_its_seeds_in_any_form(pair: Pair):
    options = {"max_new_tokens": 8, "temperature": 1.0}
    alone = [sv.generate(pair, IDS, seed=seed, **options).tokens for seed in (4, 5)]
    for seeds in ([4, 5], (4, 5), np.array([4, 5]), torch.tensor([4, 5])):
        assert [run.tokens for run in sv.generate(pair, [IDS, IDS], seed=seeds, **options)] == alone


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_new_tokens": 2.5}, "max_new_tokens as a whole number >= 1, got 2.5"),
        ({"max_new_tokens": "8"}, "max_new_tokens as a whole number >= 1, got '8'"),
        ({"max_new_tokens": True}, "max_new_tokens as a whole number >= 1, got True"),
        ({"gamma": "3"}, "gamma as a whole number >= 0, got '3'"),
        ({"gamma": 1.5}, "gamma as a whole number >= 0, got 1.5"),
        ({"seed": 0.5}, "seed as a whole number"),
        ({"seed": [1]}, "one seed for one prompt"),
        ({"seed": np.array([1])}, "one seed for one prompt"),
        ({"detail": "all"}, "detail to be one of light, full, exact, got 'all'"),
        ({"detail": 3}, "detail to be one of light, full, exact, got 3"),
        ({"method": 3}, "expected a method .* got 3"),
        ({"method": "sequoia:nodes=1000000000"}, r"nodes as a whole number in \[1, 4096\], got 1000000000"),
        ({"method": "chain:gamma=99999999"}, "gamma as a whole number"),
        ({"method": "rsd-c:branching=9999999/2"}, "branching"),
        ({"save": 3}, "save as a path, got 3"),
        ({"detail": ""}, "detail to be one of"),
        ({"save": ""}, "save as a path"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused_in_words(pair: Pair, options: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(type(pair.target), "score", lambda *_, **__: pytest.fail("a model was run"))
    for run in (sv.generate, sv.stream):
        if run is sv.stream and "seed" in options and words.startswith("one seed"):
            continue
        with pytest.raises(SpecvizError, match=words):
            run(pair, IDS, **options)
    if not words.startswith("one seed"):
        with pytest.raises(SpecvizError, match=words):
            sv.generate(pair, [IDS, IDS], **options)


@pytest.mark.parametrize("context", [-5, 0, 1, 2.5, "many", True])
def test_a_context_that_makes_no_sense_is_refused_before_anything_is_read(context: Any):
    with pytest.raises(SpecvizError, match="context as a whole number >= 2"):
        sv.load_pair(target="nowhere", context=context)


def test_a_file_that_cannot_be_written_is_said_before_any_work(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    with monkeypatch.context() as patch:
        patch.setattr(type(pair.target), "score", lambda *_, **__: pytest.fail("a model was run"))
        with pytest.raises(SpecvizError, match=r"save as a file, got .*, which is a folder") as raised:
            sv.generate(pair, IDS, save=tmp_path)
        assert str(tmp_path) not in str(raised.value)
        with pytest.raises(SpecvizError, match="'file' above it, which is a file"):
            sv.stream(pair, IDS, save=tmp_path / "file" / "run.arrow")
        with pytest.raises(SpecvizError, match="which is a file"):
            sv.generate(pair, [IDS], save=tmp_path / "file")
        patch.setattr("os.access", lambda *_: False)
        with pytest.raises(OSError, match="where it can be written"):
            sv.generate(pair, IDS, save=tmp_path / "run.arrow")
    run = sv.generate(pair, IDS, save=tmp_path / "not" / "there" / "run.arrow", max_new_tokens=4)
    assert sv.load_trace(tmp_path / "not" / "there" / "run.arrow").tokens == run.tokens


def test_whole_rows_of_a_large_vocabulary_are_refused_when_they_are_asked_for(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("specviz.trace.recorder.LARGEST_EXACT_VOCABULARY", 100)
    for ask in (sv.stream, sv.generate):
        with pytest.raises(ValueError, match=r"a vocabulary of at most 100 for detail 'exact', got 320; record with detail='full'"):
            ask(pair, IDS, detail="exact")
    assert not pair.lock.locked()


def test_a_long_prompt_is_read_as_it_is(pair: Pair):
    tokens = some_tokens(500)
    assert read_prompts(np.array(tokens), pair.text).single == tokens
