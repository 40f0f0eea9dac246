"""The shipped pair's making: a split that holds, a tokenizer that loses nothing, batches that can be made again, and no pickles."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from specviz.zoo import corpus
from specviz.zoo.recipe import SHAPES, TOKENS_PER_STEP, batch_source, build_model, held_out_source, save_model
from specviz.zoo.tokenizer import END, train_tokenizer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def files() -> list[corpus.SourceFile]:
    return list(corpus.python_files())


def test_the_corpus_is_split_by_file_without_overlap(files: list[corpus.SourceFile]):
    held_out, training = ({f.name for f in files if f.is_held_out is side} for side in (True, False))
    assert not held_out & training
    assert len(held_out) + len(training) == len(files) == len({f.name for f in files})
    assert 0.02 < len(held_out) / len(files) < 0.09


def test_the_split_depends_on_names_alone_and_stays():
    share = np.mean([corpus.is_held_out(f"module_{i}.py") for i in range(20_000)])
    assert share == pytest.approx(corpus.HELD_OUT_SHARE, abs=0.008)
    assert [name for name in (f"module_{i}.py" for i in range(60)) if corpus.is_held_out(name)] == ["module_5.py", "module_30.py"]


def test_the_order_of_the_corpus_is_fixed_and_foreign_code_is_left_out(files: list[corpus.SourceFile]):
    assert [f.name for f in corpus.python_files()] == [f.name for f in files]
    assert not [f.name for f in files if "site-packages" in f.name or "__pycache__" in f.name]
    assert all(len(f.text) >= 200 for f in files)


def test_a_folder_without_source_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="Python source files"):
        list(corpus.python_files(tmp_path))


def test_files_in_other_encodings_are_passed_over(tmp_path):
    (tmp_path / "good.py").write_text("x = 1\n" * 50)
    (tmp_path / "latin.py").write_bytes("x = 'é'\n".encode("latin-1") * 50)
    assert [f.name for f in corpus.python_files(tmp_path)] == ["good.py"]


TOKENIZER = train_tokenizer(["def add(a, b):\n    return a + b\n", "x = 12345\n"] * 5, 300, 64)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_the_tokenizer_brings_any_text_back(text: str):
    assert TOKENIZER.decode(TOKENIZER(text)["input_ids"]) == text


def test_digits_are_single_tokens_and_the_end_has_id_0():
    assert len(TOKENIZER("12345")["input_ids"]) == 5
    assert TOKENIZER.convert_tokens_to_ids(END) == 0 == TOKENIZER.eos_token_id
    assert TOKENIZER("a" + END)["input_ids"][-1] == 0
    assert TOKENIZER.decode(TOKENIZER("a" + END)["input_ids"], skip_special_tokens=True) == "a"


def test_a_tokenizer_trained_twice_is_the_same():
    again = train_tokenizer(["def add(a, b):\n    return a + b\n", "x = 12345\n"] * 5, 300, 64)
    assert again.get_vocab() == TOKENIZER.get_vocab()


def test_batches_are_a_function_of_seed_and_step():
    stream = np.arange(20_000, dtype=np.uint16) % 4096
    one, same, other = batch_source(stream, 1), batch_source(stream, 1), batch_source(stream, 2)
    for step in (0, 6, 7, 3):
        assert torch.equal(one(step), same(step))
        assert not torch.equal(one(step), other(step))
        assert one(step).numel() == TOKENS_PER_STEP
        assert one(step).dtype == torch.int64
        assert bool((one(step)[:, 1:] == (one(step)[:, :-1] + 1) % 4096).all())  # windows of the stream, not a mixture
    assert not torch.equal(one(0), one(1))
    assert {one(step).shape[1] for step in range(8)} == {256, 512, 1024}


def test_evaluation_windows_are_the_same_every_time():
    make = held_out_source(np.arange(30_000, dtype=np.uint16))
    first, second = list(make()), list(make())
    assert [tuple(batch.shape) for batch in first] == [(4, 512)] * 6
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_saving_rounds_the_file_and_not_the_model(tmp_path):
    """A model that goes on training must keep its float32 weights."""
    from safetensors.torch import load_file

    model = build_model(SHAPES["draft"])
    before = model.model.layers[0].mlp.up_proj.weight.clone()
    TOKENIZER.save_pretrained(tmp_path / "tokenizer")
    save_model(model, tmp_path / "tokenizer", tmp_path / "out")
    tensors = load_file(tmp_path / "out" / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}
    assert "lm_head.weight" not in tensors
    assert torch.equal(model.model.layers[0].mlp.up_proj.weight, before)
    assert (tmp_path / "out" / "tokenizer.json").exists()


def test_nothing_reads_or_writes_pickles():
    """Loading a pickle runs whatever it says: weights are safetensors, records are Arrow, the rest is JSON."""
    forbidden_modules = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    forbidden_calls = {("torch", "load"), ("torch", "save"), ("pd", "read_pickle")}
    found = []
    sources = [path for folder in ("specviz", "app", "tools") for path in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 40
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in forbidden_modules for name in imported):
                found.append(f"{path}: import {imported}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                call = (node.func.value.id, node.func.attr)
                if call in forbidden_calls or any(keyword.arg == "allow_pickle" for keyword in node.keywords):
                    found.append(f"{path}:{node.lineno} {call}")
    assert found == []
