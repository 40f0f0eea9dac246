"""The forward pass against transformers' own, for every family that is loaded."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from specviz.model.hardware import place
from specviz.model.loader import Model
from specviz.model.pair import SHIPPED
from tests.helpers import Bench, random_model, reference_logits, save, shipped_models, some_tokens

LINEAR = {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}
LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 5e5,
}  # fmt: skip
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0}
YARN_SET = {**YARN, "beta_fast": 16.0, "beta_slow": 2.0, "attention_factor": 1.3, "truncate": False}
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "llama, one key head a query head": ("llama", {"num_key_value_heads": 4}),
    "llama, two query heads a key head": ("llama", {}),
    "llama, one key head for all": ("llama", {"num_key_value_heads": 1}),
    "llama, attention biases": ("llama", {"attention_bias": True}),
    "llama, mlp biases": ("llama", {"mlp_bias": True}),
    "llama, tied head": ("llama", {"tie_word_embeddings": True}),
    "llama, head width of its own": ("llama", {"head_dim": 16}),
    "llama, another rope base": ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}}),
    "llama, linear rope": ("llama", {"rope_parameters": LINEAR}),
    "llama, llama3 rope": ("llama", {"rope_parameters": LLAMA3}),
    "llama, llama3 rope and tied head, as the small ones of Llama 3.2": ("llama", {"rope_parameters": LLAMA3, "tie_word_embeddings": True}),
    "llama, yarn rope": ("llama", {"rope_parameters": YARN}),
    "llama, yarn rope with every knob": ("llama", {"rope_parameters": YARN_SET}),
    "mistral": ("mistral", {}),
    "mistral, window as wide as the context": ("mistral", {"sliding_window": 128}),
    "qwen2": ("qwen2", {}),
    "qwen2, tied head": ("qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("qwen3", {}),
    "qwen3, attention biases": ("qwen3", {"attention_bias": True}),
    "smollm3, rope in every layer": ("smollm3", {}),
}
CPU = place("cpu", "float32")


@pytest.mark.parametrize("case", CASES)
def test_logits_equal_those_of_transformers(case: str, tmp_path):
    family, changes = CASES[case]
    reference = random_model(family, seed=3, **changes)
    tokens = some_tokens(100)
    ours = Model(save(reference, tmp_path), "m", CPU, 128).score(tokens)
    torch.testing.assert_close(ours, reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("part", shipped_models())
def test_the_shipped_models_logits_equal_those_of_transformers(part: str):
    folder = SHIPPED / "tiny" / part
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokens = AutoTokenizer.from_pretrained(folder)("def quicksort(items):\n    if len(items) < 2:\n        return items\n")["input_ids"]
    ours = Model(folder, part, CPU, 128).score(tokens)
    torch.testing.assert_close(ours, reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
@pytest.mark.parametrize("chunks", [[1] * 40, [40], [7, 1, 13, 2, 17], [39, 1], [1, 39]], ids=str)
def test_reading_in_pieces_gives_the_logits_of_reading_in_one_go(bench: Bench, family: str, chunks: list[int]):
    folder = bench.family(family)
    model, tokens = Model(folder, "m", CPU, 128), some_tokens(40)
    rows, start = [], 0
    for size in chunks:
        rows.append(model.score(tokens[start : start + size]))
        start += size
    torch.testing.assert_close(torch.cat(rows), reference_logits(bench.reference(family), tokens), atol=1e-4, rtol=1e-4)
    assert model.cache.length == 40


def test_asking_for_the_last_rows_gives_the_last_rows(bench: Bench):
    model, tokens = Model(bench.family("llama"), "m", CPU, 128), some_tokens(12)
    whole = model.score(tokens)
    model.cache.rollback(0)
    torch.testing.assert_close(model.score(tokens, rows=3), whole[-3:])


@pytest.mark.parametrize("scaling", [{"type": "linear", "factor": 4.0}, None], ids=["scaled", "plain"])
def test_checkpoints_of_older_releases_keep_their_rotary_settings(tmp_path, scaling: dict[str, object] | None):
    parameters = {"rope_type": scaling["type"], "factor": scaling["factor"]} if scaling else {"rope_type": "default"}
    reference = random_model("llama", seed=4, rope_parameters={**parameters, "rope_theta": 750.0})
    config = json.loads((save(reference, tmp_path) / "config.json").read_text())
    del config["rope_parameters"]
    (tmp_path / "config.json").write_text(json.dumps(config | {"rope_theta": 750.0, "rope_scaling": scaling}))
    tokens = some_tokens(60)
    torch.testing.assert_close(Model(tmp_path, "m", CPU, 128).score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


def test_a_yarn_checkpoint_of_an_older_release_is_read_like_transformers_reads_it(tmp_path):
    save(random_model("qwen2", seed=5), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["rope_parameters"]
    scaling = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
    (tmp_path / "config.json").write_text(json.dumps(config | {"rope_theta": 1e4, "rope_scaling": scaling}))
    tokens = some_tokens(60)
    reference = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    torch.testing.assert_close(Model(tmp_path, "m", CPU, 128).score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


def test_weights_split_over_several_files_are_put_together(tmp_path):
    reference = random_model("llama", seed=6)
    save(reference, tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    tokens = some_tokens(30)
    torch.testing.assert_close(Model(tmp_path, "m", CPU, 128).score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


def test_a_head_left_out_of_an_older_smollm3_config_is_tied(tmp_path):
    """That family's configuration files leave out tie_word_embeddings, whose default is true there."""
    reference = random_model("smollm3", seed=8, tie_word_embeddings=True)
    config = json.loads((save(reference, tmp_path) / "config.json").read_text())
    config.pop("tie_word_embeddings", None)
    (tmp_path / "config.json").write_text(json.dumps(config))
    tokens = some_tokens(30)
    torch.testing.assert_close(Model(tmp_path, "m", CPU, 128).score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


def test_parameters_are_counted_as_transformers_counts_them(bench: Bench):
    """Biases and query/key norms aside, which the families without them do not have."""
    for family in ("llama", "mistral"):
        assert Model(bench.family(family), "m", CPU, 16).parameters == bench.reference(family).num_parameters()
