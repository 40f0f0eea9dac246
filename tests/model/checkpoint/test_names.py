"""Which tensor is which: as transformers has it, and refused by name where it would make up, drop or bend a weight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.helpers import CONFIGS, load, random_model, reference_logits, save, some_tokens
from tests.model.checkpoint.made import Tensors, refusal, rewrite, spoil

HEAD, EMBEDDING = "lm_head.weight", "model.embed_tokens.weight"
Change = Callable[[Tensors], Tensors | None]


def another_head(tensors: Tensors) -> None:
    tensors[HEAD] = torch.randn_like(tensors[EMBEDDING])


def the_same_head(tensors: Tensors) -> None:
    tensors[HEAD] = tensors[EMBEDDING].clone()


def a_head_alone(tensors: Tensors) -> None:
    tensors[HEAD] = tensors.pop(EMBEDDING)


def base_model(tensors: Tensors) -> Tensors:
    return {name.removeprefix("model."): tensor for name, tensor in tensors.items()}


def wrapped(tensors: Tensors) -> Tensors:
    return {f"model.{name}": tensor for name, tensor in tensors.items()}


def old_tables(tensors: Tensors) -> None:
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(4)


def in_double(tensors: Tensors) -> Tensors:
    return {name: tensor.double() for name, tensor in tensors.items()}


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize("change", [another_head, the_same_head, a_head_alone, base_model], ids=lambda change: change.__name__)
def test_a_tied_model_is_read_as_transformers_reads_it(tmp_path, family: str, change: Change):
    check_as_transformers(rewrite(save(random_model(family, 3, tie_word_embeddings=True), tmp_path), change))


@pytest.mark.parametrize("change", [base_model, wrapped, old_tables, in_double], ids=lambda change: change.__name__)
def test_a_model_with_a_head_of_its_own_is_read_as_transformers_reads_it(tmp_path, change: Change):
    check_as_transformers(rewrite(save(random_model("llama", 3), tmp_path), change))


def check_as_transformers(folder: Path) -> None:
    tokens = some_tokens(40)
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = load(folder).target
    assert model.is_native
    torch.testing.assert_close(model.score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)
    assert model.parameters == reference.num_parameters() or model.config.family in {"qwen2", "qwen3"}  # their biases and norms are not counted


SHAPED = {
    "model.norm.weight": (32,),
    HEAD: (320, 32),
    EMBEDDING: (320, 32),
    "model.layers.1.input_layernorm.weight": (32,),
    "model.layers.0.self_attn.q_norm.weight": (12,),
    "model.layers.1.self_attn.k_proj.weight": (24, 32),
    "model.layers.0.self_attn.o_proj.bias": (32,),
    "model.layers.0.mlp.down_proj.weight": (32, 48),
}


@pytest.mark.parametrize("name", SHAPED)
def test_a_tensor_of_another_shape_is_named_with_both_shapes(tmp_path, name: str):
    def cut(tensors: Tensors) -> None:
        assert tuple(tensors[name].shape) == SHAPED[name]
        tensors[name] = tensors[name][:8].clone()

    said = refusal(rewrite(save(random_model("qwen3", attention_bias=True), tmp_path), cut))
    assert f"{name!r}" in said
    assert f"in shape {SHAPED[name]}, got {(8, *SHAPED[name][1:])}" in said


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2"])
@pytest.mark.parametrize("layers", [1, 0])
def test_fewer_layers_than_there_are_weights_for_are_refused(tmp_path, family: str, layers: int):
    folder = save(random_model(family), tmp_path)
    said = refusal(spoil(folder, **{"n_layer" if family == "gpt2" else "num_hidden_layers": layers, "layer_types": None}))
    if layers:
        assert "to count all layers, got 1, and weights of 2" in said


@pytest.mark.parametrize("layers", [3, 10**9, 10**18])
def test_more_layers_than_there_are_weights_for_are_refused_at_once(tmp_path, layers: int):
    said = refusal(spoil(save(random_model("llama"), tmp_path), num_hidden_layers=layers))
    assert "model.layers.2.input_layernorm.weight" in said or f"weights for all {layers} layers" in said or "num_hidden_layers" in said


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_weight_that_nothing_asks_for_is_refused_by_name(tmp_path, family: str):
    folder = rewrite(save(random_model(family), tmp_path), lambda tensors: tensors | {"adapter.gate.weight": torch.ones(2)})
    assert "1 others (adapter.gate.weight)" in refusal(folder)


OLD_BUFFERS = {
    "transformer.h.0.attn.bias": torch.ones(1, 1, 4, 4, dtype=torch.uint8),
    "transformer.h.0.attn.masked_bias": torch.tensor(-1e9),
    "transformer.h.1.attn.rotary_emb.inv_freq": torch.ones(4),
}


@pytest.mark.parametrize("family", ["gptj", "gpt2", "gpt_neo"])
def test_masks_and_tables_of_old_files_are_left_alone_and_biases_are_not(tmp_path, family: str):
    folder = rewrite(save(random_model(family), tmp_path), lambda tensors: tensors | OLD_BUFFERS)
    assert load(folder, context=64).target.how.startswith("through transformers")
    part = "attn.attention.q_proj" if family == "gpt_neo" else "attn.q_proj"
    bias = {f"transformer.h.0.{part}.bias": torch.ones(32), f"transformer.h.0.{part}.weight": torch.ones(32, 32)}
    assert f"{part}.bias" in refusal(rewrite(folder, lambda tensors: bias | tensors))


def test_what_a_model_that_also_sees_holds_besides_is_left_alone(tmp_path):
    folder = rewrite(save(random_model("llama"), tmp_path), lambda tensors: tensors | {"vision_tower.layers.7.weight": torch.ones(2)})
    assert load(folder).target.is_native


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int64, torch.float8_e4m3fn])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_codes_in_the_place_of_numbers_are_refused(tmp_path, family: str, dtype: torch.dtype):
    name = "model.norm.weight" if family == "llama" else "transformer.ln_f.weight"

    def encode(tensors: Tensors) -> None:
        tensors[name] = tensors[name].to(dtype)

    assert f"floating-point numbers for {name!r}" in refusal(rewrite(save(random_model(family), tmp_path), encode))


def test_biases_that_the_config_asks_for_and_the_file_lacks_are_refused(tmp_path):
    for flag, name in (("attention_bias", "self_attn.q_proj.bias"), ("mlp_bias", "mlp.gate_proj.bias")):
        assert f"the weight 'model.layers.0.{name}'" in refusal(spoil(save(random_model("llama"), tmp_path / flag), **{flag: True}))


def test_one_tensor_under_two_names_is_refused_with_both(tmp_path):
    folder = rewrite(save(random_model("llama"), tmp_path), lambda tensors: tensors | {"norm.weight": torch.ones(32)})
    said = refusal(folder)
    assert "'norm.weight'" in said
    assert "'model.norm.weight'" in said


def test_prefixes_that_transformers_does_not_know_are_refused_rather_than_made_up(tmp_path):
    folder = rewrite(save(random_model("llama"), tmp_path), lambda tensors: {f"module.{name}": tensor for name, tensor in tensors.items()})
    assert "the weight 'model.embed_tokens.weight' of" in refusal(folder)


@pytest.mark.parametrize(
    "sizes", [{"hidden_size": 64}, {"intermediate_size": 64}, {"vocab_size": 400}, {"head_dim": 16}], ids=lambda sizes: next(iter(sizes))
)
def test_an_adapted_model_of_other_sizes_names_its_tensors(tmp_path, sizes: dict[str, int]):
    said = refusal(spoil(save(random_model("gemma2"), tmp_path), **sizes))
    assert ".weight is (" in said
    assert "report" not in said
