"""A pass over few tokens as compiled loops says what the model's own pass says, and is used where it is quicker."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import specviz as sv
from specviz.kernels import quick
from specviz.kernels.few_rows import compiling, threads
from specviz.kernels.few_rows.weights import on_large_pages
from specviz.model import few_rows
from specviz.model.attention import tree_mask
from specviz.model.cache import KVCache
from specviz.model.hardware import place
from specviz.model.loader import find_checkpoint
from specviz.model.transformer import Transformer
from tests.helpers import Bench, load, random_model, some_tokens
from tests.model.test_cache import random_parents, root_path

ODD_SHAPES: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {},
    "qwen2": {},
    "qwen3": {},
    "biases": {"attention_bias": True, "mlp_bias": True},
    "one key head": {"hidden_size": 30, "num_key_value_heads": 1, "num_attention_heads": 3, "head_dim": 10, "intermediate_size": 37},
}
TOLERANCES = {"float32": 1e-4, "bfloat16": 0.12, "float16": 1e-2}  # the own pass rounds after every step, the loops do not


@pytest.fixture(autouse=True)
def always_quicker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The loops win every timing, so that tests do not hang on a busy machine's."""
    monkeypatch.setenv("SPECVIZ_DTYPES", str(tmp_path / "times.json"))
    monkeypatch.delenv(quick.SWITCH, raising=False)
    monkeypatch.setattr(
        few_rows, "_timed", lambda *_: {few_rows._named(way, n): s for n in few_rows._COUNTS for way, s in (("loops", 1.0), ("own", 2.0))}
    )


def transformer(bench: Bench, name: str, dtype: str) -> Transformer:
    family = name if name in ("llama", "mistral", "qwen2", "qwen3") else "llama"
    folder = bench.folder(f"few-{name}", lambda: random_model(family, 3, **ODD_SHAPES[name]))
    model = find_checkpoint(folder, name).load(place("cpu", dtype), 96).transformer
    assert model.few_rows is not None, quick._reasons
    return model


def own_pass(model: Transformer, *arguments: Any) -> torch.Tensor:
    few, model.few_rows = model.few_rows, None
    try:
        return model.forward(*arguments)
    finally:
        model.few_rows = few


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("name", ODD_SHAPES)
def test_every_width_and_every_tree_is_as_in_the_own_pass(bench: Bench, name: str, dtype: str):
    model = transformer(bench, name, dtype)
    vocab = model.config.vocab
    text = torch.tensor(some_tokens(21, 5, vocab))
    for n in (1, 2, 3, 4, 5, 7, 8, 13, 16, 21, 32):
        tokens, parents = torch.tensor(some_tokens(n, n, vocab)), random_parents(n - 1, n) if n > 1 else []
        positions = torch.tensor([21 + len(root_path(parents, node)) for node in range(-1, n - 1)])
        for where, mask in ((None, None), (positions, tree_mask(parents))):
            found = []
            for forward in (model.forward, lambda *arguments: own_pass(model, *arguments)):
                cache = KVCache(model.config, 64, model.device, model.dtype)
                forward(text, cache)
                logits = forward(tokens, cache, where, mask, min(n, 3))
                found.append((logits, cache.buffer[..., : cache.length, :].clone(), cache.length))
            (ours, kept, length), (theirs, expected, same) = found
            assert length == same == 21 + n
            assert ours.shape == (min(n, 3), vocab)
            torch.testing.assert_close(ours, theirs, rtol=0, atol=TOLERANCES[dtype] * float(theirs.abs().max()))
            torch.testing.assert_close(kept, expected, rtol=0, atol=TOLERANCES[dtype] * float(expected.abs().max()))


@pytest.mark.parametrize("method", ["autoregressive", "chain", "prompt-lookup", "sequoia:nodes=20", "eagle-2:nodes=40"])
def test_greedy_texts_are_those_without_it(bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str):
    prompt = some_tokens(9) * 3
    pair = load(bench.family("llama"), bench.family("llama"))
    assert pair.target.transformer.few_rows is not None
    ours = sv.generate(pair, prompt, method, max_new_tokens=40).tokens
    monkeypatch.setenv(quick.SWITCH, "1")
    plain = load(bench.family("llama"), bench.family("llama"))
    assert plain.target.transformer.few_rows is None
    assert sv.generate(plain, prompt, method, max_new_tokens=40).tokens == ours


def test_the_widest_pass_is_the_last_up_to_which_the_loops_are_not_slower():
    def times(*quicker: int) -> dict[str, float]:
        both = {few_rows._named("own", n): 1.0 for n in few_rows._COUNTS}
        return both | {few_rows._named("loops", n): 0.5 if n in quicker else 2.0 for n in few_rows._COUNTS}

    assert few_rows._widest(times()) == 0
    assert few_rows._widest(times(1, 2, 4)) == 4
    assert few_rows._widest(times(1, 4, 8)) == 1
    assert few_rows._widest(times(*few_rows._COUNTS)) == few_rows.MOST


def test_where_the_loops_never_pay_they_are_not_used_and_nothing_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(few_rows, "_widest", lambda _: 0)
    pair = load(bench.family("llama"))
    assert pair.target.transformer.few_rows is None
    assert "few rows" not in pair.describe()


def test_until_they_are_compiled_the_own_pass_serves_and_that_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quick, "_reasons", {})
    monkeypatch.setattr(compiling, "is_compiled", lambda _: False)
    begun: list[str] = []
    monkeypatch.setattr(compiling, "compile_in_background", begun.append)
    pair = load(bench.family("llama"))
    assert pair.target.transformer.few_rows is None
    assert begun == ["float32"]
    assert "passes over few rows in float32 are not used" in pair.describe()
    assert "compiled now" in pair.describe()


def test_one_process_compiles_at_a_time_and_its_end_is_marked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: started.append(command))
    monkeypatch.setattr(compiling, "_mark", lambda dtype: tmp_path / "cache" / f"mark-{dtype}")
    for _ in range(3):
        compiling.compile_in_background("bfloat16")
    assert [command[-1] for command in started] == ["bfloat16"]
    assert not compiling.is_compiled("bfloat16")
    compiling.compile_now("float32")
    assert compiling.is_compiled("float32")


def test_threads_that_end_the_process_are_not_used(monkeypatch: pytest.MonkeyPatch, bench: Bench):
    monkeypatch.setattr(quick, "_reasons", {})
    monkeypatch.setattr(threads, "_begun", [])
    monkeypatch.setattr(threads, "threading_layer", lambda: "workqueue")
    pair = load(bench.family("llama"))
    assert pair.target.transformer.few_rows is None
    assert "threads by OpenMP or TBB" in pair.describe()


def test_wrong_loops_are_not_used(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quick, "_reasons", {})
    monkeypatch.setattr(few_rows.FewRows, "forward", lambda self, tokens, *_: torch.zeros(len(tokens), self._vocab))
    pair = load(bench.family("llama"))
    assert pair.target.transformer.few_rows is None
    assert "passes over few rows in float32 are not used" in pair.describe()


def test_a_model_too_large_to_be_held_twice_has_its_own_pass_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(few_rows, "MOST_BYTES", 1000)
    assert load(bench.family("llama")).target.transformer.few_rows is None


def test_weights_lie_on_large_pages():
    array = on_large_pages(1000, np.dtype(np.float32))
    assert array.ctypes.data % (2 << 20) == 0
    array[:] = 1.0
    assert array.sum() == 1000.0


def test_the_environment_is_as_before():
    import os

    before = dict(os.environ)
    with threads._environment({"SPECVIZ_TEST_ONLY": "1", "PATH": "x"}):
        assert os.environ["SPECVIZ_TEST_ONLY"] == "1"
        assert os.environ["PATH"] == before["PATH"]
    assert dict(os.environ) == before
