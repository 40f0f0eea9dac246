"""Models, tokenizers and settings handed in as objects: used as they are, never changed, and looked at before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

import specviz as sv
from specviz.errors import SpecvizError
from specviz.model.checkpoint.weights import FolderWeights
from specviz.model.footprint import footprint
from specviz.model.hardware import place
from specviz.model.loader import find_checkpoint
from specviz.model.pair import load_pair
from tests.helpers import (
    ADAPTED_CONFIGS,
    Bench,
    byte_tokenizer,
    letter_tokenizer,
    load,
    noisy_copy,
    random_model,
    reference_greedy,
    reference_logits,
    some_tokens,
)

METHODS = ("autoregressive", "chain", "prompt-lookup", "eagle-2")


def in_memory(model: Any, draft: Any = None, **options: Any) -> Any:
    return load_pair(target=model, draft=draft, **{"tokenizer": byte_tokenizer(), **options})


@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2", "phi3"])
def test_a_model_in_memory_says_what_it_says_by_itself(family: str):
    model = random_model(family)
    pair = in_memory(model, noisy_copy(model, 0.02))
    prompt = some_tokens(12)
    for method in METHODS[:3]:
        assert sv.generate(pair, prompt, method, max_new_tokens=12).tokens == reference_greedy(model, prompt, 12)
    assert "through transformers: a model object in memory" in pair.describe()
    assert (pair.target_path, pair.draft_path) == (None, None)
    assert pair.target.describe()["id"] == type(model).__name__
    assert len(pair.target.fingerprint) == 16


def test_nothing_of_a_model_in_memory_is_changed_or_copied():
    model = random_model("llama").to(torch.bfloat16)
    before = {name: (tensor.data_ptr(), tensor.clone()) for name, tensor in model.state_dict().items()}
    pair = in_memory(model)
    sv.generate(pair, [1, 2, 3], "autoregressive", max_new_tokens=4)
    assert (pair.target.dtype, pair.placement.dtype_name) == (torch.bfloat16, "bfloat16")
    assert "its own" in pair.placement.why
    assert not model.training
    after = model.state_dict()
    assert all(after[name].data_ptr() == address and after[name].equal(tensor) for name, (address, tensor) in before.items())
    model(torch.tensor([[1, 2, 3]]))  # and it still does what it did


def test_its_weights_need_no_further_memory():
    checkpoint = find_checkpoint(random_model("llama"), "m")
    assert footprint(checkpoint, place("cpu", "float32"), 32).weights == 0


def test_two_objects_of_one_kind_have_two_hashes():
    prints = {in_memory(random_model("llama", seed)).target.fingerprint for seed in (0, 1)}
    assert len(prints) == 2


def test_a_draft_may_lie_elsewhere_than_a_target_in_memory_and_the_other_way_round(bench: Bench):
    folder, model = bench.family("llama"), random_model("llama", 5)
    pair = in_memory(model, folder, draft_dtype="float32")
    assert (pair.target.is_native, pair.draft.is_native) == (False, True)
    assert sv.generate(pair, [1, 2, 3], "chain", max_new_tokens=8).tokens == reference_greedy(model, [1, 2, 3], 8)
    other = load(folder, model)
    assert (other.target.is_native, other.draft.is_native) == (True, False)
    assert sv.generate(other, [1, 2, 3], "chain", max_new_tokens=8).tokens == reference_greedy(bench.reference("llama"), [1, 2, 3], 8)


def test_a_model_in_training_mode_is_refused_and_left_in_it():
    model = random_model("llama").train()
    with pytest.raises(SpecvizError, match=r"evaluation mode, got training mode.*model\.eval\(\)"):
        in_memory(model)
    assert model.training


def test_a_model_in_memory_needs_a_tokenizer_and_stays_where_it_is():
    model = random_model("llama")
    with pytest.raises(ValueError, match=r"tokenizer=… beside a model in memory, got none"):
        load_pair(target=model)
    for wish in ({"dtype": "bfloat16"}, {"device": "cuda"}, {"device_map": "auto"}):
        with pytest.raises(ValueError, match=r"left as they are \(cpu, float32\).*model\.to"):
            in_memory(model, **wish)
    assert in_memory(model, dtype=torch.float32, device=torch.device("cpu")).target.dtype == torch.float32


def test_a_model_in_memory_that_cannot_roll_back_is_refused():
    from transformers import MambaConfig

    model = AutoModelForCausalLM.from_config(MambaConfig(num_hidden_layers=1, hidden_size=32, vocab_size=320)).eval()
    with pytest.raises(ValueError, match="recurrent layers"):
        in_memory(model)


@pytest.mark.parametrize("family", sorted(set(ADAPTED_CONFIGS) - {"gpt2", "phi3", "bert"}))
def test_every_family_can_be_handed_in(family: str):
    model = random_model(family)
    tokens = some_tokens(10)
    torch.testing.assert_close(in_memory(model, context=64).target.score(tokens), reference_logits(model, tokens), atol=1e-4, rtol=1e-4)


# ---------------------------------------------------------------------------------------------------------------- tokenizers
def test_a_tokenizer_may_be_an_object_a_folder_or_one_of_tokenizers(bench: Bench, tmp_path):
    folder = bench.family("llama")
    byte_tokenizer(300).save_pretrained(tmp_path)
    given = [byte_tokenizer(300), byte_tokenizer(300).backend_tokenizer, tmp_path, str(tmp_path)]
    assert {len(load(folder, tokenizer=tokenizer).text.vocabulary()) for tokenizer in given} == {300}


def test_a_tokenizer_of_more_tokens_than_the_model_has_is_refused(bench: Bench):
    with pytest.raises(ValueError, match=r"at most 320 tokens, as 'llama' has, got one up to 399"):
        load(bench.family("llama"), tokenizer=letter_tokenizer(400))


# ----------------------------------------------------------------------------------------------------------------- arguments
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": 3}, "a folder, a \\*.gguf file, a hub id or a PreTrainedModel of transformers, got 3"),
        ({"target": torch.nn.Linear(1, 1)}, "a PreTrainedModel of transformers, got Linear"),
        ({"target": ""}, "target as a folder"),
        ({"target": "a\0b"}, "target as a folder"),
        ({"draft": ["x"]}, "a PreTrainedModel of transformers, got \\['x'\\]"),
        ({"draft": ""}, "draft as a folder"),
        ({"tokenizer": 3}, "tokenizer as a tokenizer of transformers"),
        ({"adapter": 3}, "adapter as a folder"),
        ({"revision": 3}, "revision as text, got 3"),
        ({"subfolder": ["x"]}, "subfolder as text"),
        ({"draft_revision": b"x"}, "draft_revision as text"),
        ({"draft_subfolder": 1.5}, "draft_subfolder as text"),
        ({"subfolder": "../x"}, "subfolder as the name of a folder in 'llama', got '../x'"),
        ({"subfolder": "/etc"}, "subfolder as the name"),
        ({"subfolder": "nowhere"}, "subfolder as the name"),
        ({"device": 3}, "device as text"),
        ({"dtype": 16}, "dtype as text"),
        ({"dtype": torch.int8}, "float32, bfloat16, float16, got 'int8'"),
        ({"draft_dtype": []}, "draft_dtype as text"),
        ({"context": 0}, "context as a whole number >= 2, got 0"),
        ({"context": -5}, "context as a whole number"),
        ({"context": 2.5}, "context as a whole number"),
        ({"context": "64"}, "context as a whole number"),
        ({"context": True}, "context as a whole number"),
        ({"device_map": 3}, "device_map as"),
    ],
    ids=str,
)  # fmt: skip
def test_an_argument_of_another_kind_is_refused_before_a_weight_is_read(bench: Bench, monkeypatch, options: dict[str, Any], said: str):
    folder = bench.family("llama")
    monkeypatch.setattr(FolderWeights, "get", lambda *_: pytest.fail("a weight was read"))
    with pytest.raises((ValueError, TypeError, OSError), match=f"^expected .*{said}"):
        load_pair(**{"target": folder, "device": "cpu", "dtype": "float32", **options})


def test_types_and_devices_of_torch_are_taken_for_their_names(bench: Bench):
    pair = load_pair(
        target=bench.family("llama"), device=torch.device("cpu"), dtype=torch.bfloat16, draft=bench.family("llama"), draft_dtype=torch.float32
    )
    assert (pair.target.dtype, pair.draft.dtype) == (torch.bfloat16, torch.float32)


def test_whatever_names_a_path_is_one(bench: Bench):
    class Place:
        def __fspath__(self) -> str:
            return str(bench.family("llama"))

    assert load(Place()).target.name == "llama"
    assert load(str(bench.family("llama"))).target.name == "llama"


def test_a_subfolder_holds_the_checkpoint(bench: Bench):
    outer: Path = bench.family("llama").parent
    assert load(outer, outer, subfolder="llama", draft_subfolder="llama").draft.name


def test_a_shipped_pair_takes_no_parts_of_others():
    for options in ({"tokenizer": byte_tokenizer()}, {"adapter": "x"}):
        with pytest.raises(ValueError, match=r"a shipped pair by its name alone|adapter="):
            load_pair("tiny", **options)


def test_a_model_without_a_head_is_refused():
    with pytest.raises(SpecvizError, match=r"expected a model of transformers that continues a text, got LlamaModel, which has no head"):
        in_memory(random_model("llama").model)


def test_a_part_in_training_mode_is_refused_and_a_resized_vocabulary_is_none():
    model = random_model("llama")
    model.resize_token_embeddings(330)  # leaves new parts in training mode, in which they do the same
    assert in_memory(model).target.config.vocab == 330
    model.model.layers[0].train()
    with pytest.raises(SpecvizError, match=r"in evaluation mode, got training mode"):
        in_memory(model)


def test_a_type_of_numbers_that_no_pass_is_made_in_is_named():
    with pytest.raises(SpecvizError, match=r"in one of float32, bfloat16, float16, got float64; change it"):
        in_memory(random_model("llama").double())
