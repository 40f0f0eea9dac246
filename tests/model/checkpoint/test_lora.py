"""LoRA adapters: merged at load, and then what peft itself would make of the two; pickles and other kinds are refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

import specviz as sv
from specviz.model.checkpoint import lora
from specviz.model.checkpoint.weights import FolderWeights
from specviz.model.footprint import footprint
from specviz.model.hardware import place
from specviz.model.loader import find_checkpoint
from tests.helpers import Bench, byte_tokenizer, load, random_model, reference_greedy, reference_logits, some_tokens
from tests.model.checkpoint.made import refusal, spoil

NAMES = {"llama": ["q_proj", "v_proj", "down_proj"], "qwen2": ["k_proj", "gate_proj"], "gpt2": ["c_attn"]}


def save_shaken(adapted: PeftModel, folder: Path) -> None:
    """Save an adapter whose every weight is drawn: a fresh one changes nothing."""
    torch.manual_seed(0)
    with torch.no_grad():
        for key, weight in adapted.named_parameters():
            if "lora_" in key:
                weight.copy_(torch.randn_like(weight) * 0.2)
    adapted.save_pretrained(folder)


def adapter_for(bench: Bench, family: str, name: str = "adapter") -> tuple[Path, PreTrainedModel]:
    """An adapter of this family, and the model that peft merges from it and its base."""
    base_folder, folder = bench.family(family), bench.fresh() / name
    base = type(bench.reference(family)).from_pretrained(base_folder, dtype=torch.float32)
    adapted = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules=NAMES[family]))
    save_shaken(adapted, folder)
    again = type(bench.reference(family)).from_pretrained(base_folder, dtype=torch.float32)
    return folder, PeftModel.from_pretrained(again, folder).merge_and_unload().eval()


@pytest.mark.parametrize("family", NAMES)
def test_a_merged_adapter_says_what_peft_makes_of_it(bench: Bench, family: str):
    folder, merged = adapter_for(bench, family)
    pair = load(bench.family(family), bench.family(family), adapter=folder)
    assert pair.target.is_native == (family != "gpt2")
    tokens = some_tokens(30)
    ours = pair.target.score(tokens)
    torch.testing.assert_close(ours, reference_logits(merged, tokens), atol=1e-4, rtol=1e-4)
    assert (ours - reference_logits(bench.reference(family), tokens)).abs().max() > 0.1
    pair.target.cache.rollback(0)
    assert sv.generate(pair, tokens[:8], "chain", max_new_tokens=12).tokens == reference_greedy(merged, tokens[:8], 12)
    assert pair.target.name == f"{family} + adapter"
    assert pair.target.fingerprint != pair.draft.fingerprint


def test_a_folder_that_is_an_adapter_finds_its_base(bench: Bench):
    folder, merged = adapter_for(bench, "llama")
    tokens = some_tokens(30)
    for pair in (load(folder), load(bench.family("llama"), folder)):
        model = pair.draft or pair.target
        torch.testing.assert_close(model.score(tokens), reference_logits(merged, tokens), atol=1e-4, rtol=1e-4)
    assert load(folder).text.vocabulary() == byte_tokenizer().get_vocab()


def test_a_tied_head_stays_tied(bench: Bench):
    base = bench.folder("tied", lambda: random_model("llama", tie_word_embeddings=True))
    adapted = get_peft_model(bench.reference("tied"), LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"]))
    adapted.save_pretrained(folder := bench.fresh())
    assert load(base, adapter=folder).target.config.tied_head


def test_merging_in_another_type_is_merging_in_float32_first(bench: Bench):
    folder, merged = adapter_for(bench, "llama")
    model = load(bench.family("llama"), adapter=folder, dtype="bfloat16").target
    tokens = some_tokens(20)
    ours = model.score(tokens)
    assert model.dtype == torch.bfloat16
    expected = reference_logits(merged.to(torch.bfloat16), tokens)
    assert (ours - expected).square().mean().sqrt() < 0.05 * expected.std()


def test_memory_for_merging_is_reckoned_with(bench: Bench):
    folder, _ = adapter_for(bench, "llama")
    base = bench.family("llama")
    with_adapter, without = (footprint(find_checkpoint(base, "m", adapter=adapter), place("cpu", "bfloat16"), 4) for adapter in (folder, None))
    assert with_adapter.weights == without.weights
    assert with_adapter.work >= 4 * bench.reference("llama").num_parameters()


def test_without_peft_the_package_is_named_before_a_weight_is_read(bench: Bench, monkeypatch):
    folder, _ = adapter_for(bench, "llama")
    monkeypatch.setattr(lora, "find_spec", lambda name: None if name == "peft" else importlib.util.find_spec(name))
    monkeypatch.setattr(FolderWeights, "get", lambda *_: pytest.fail("a weight was read"))
    with pytest.raises(ImportError, match=r"expected the package peft, .* got none; pip install peft"):
        load(bench.family("llama"), adapter=folder)


def test_an_adapter_that_is_none_is_refused_in_words(bench: Bench):
    base = bench.family("llama")
    assert "an adapter (adapter_config.json) in 'llama', got none" in refusal(base, adapter=base)
    folder, _ = adapter_for(bench, "llama")
    assert "peft_type 'IA3'" in refusal(base, adapter=spoil(folder, "adapter_config.json", peft_type="IA3"))
    folder, _ = adapter_for(bench, "llama")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    assert "pickles are never loaded" in refusal(base, adapter=folder)
    folder, _ = adapter_for(bench, "llama")
    (folder / "adapter_model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert "git-lfs pointer" in refusal(base, adapter=folder)
    folder, _ = adapter_for(bench, "llama")
    (folder / "adapter_config.json").write_text("{")
    assert "adapter_config.json of 'adapter'" in refusal(base, adapter=folder)
    other, _ = adapter_for(bench, "gpt2")
    assert "an adapter in 'adapter' that fits 'llama + adapter'" in refusal(base, adapter=other)


def test_a_base_that_cannot_be_found_is_named_and_a_folder_of_both_is_refused(bench: Bench):
    folder, _ = adapter_for(bench, "llama")
    assert "'nowhere', which cannot be found; give the base model as target=" in refusal(
        spoil(folder, "adapter_config.json", base_model_name_or_path="/nowhere")
    )
    assert "base_model_name_or_path" in refusal(spoil(folder, "adapter_config.json", base_model_name_or_path=3))
    (folder / "config.json").write_text("{}")
    assert "a checkpoint or an adapter in 'adapter', got both" in refusal(folder)


@pytest.mark.parametrize("part", ["embed_tokens", "lm_head"])
@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_an_adapter_of_a_tied_embedding_or_head_changes_that_one_alone(bench: Bench, family: str, part: str):
    base = bench.folder(f"tied-{family}", lambda: random_model(family, tie_word_embeddings=True))
    folder = bench.fresh() / "adapter"
    model = type(bench.reference(f"tied-{family}")).from_pretrained(base, dtype=torch.float32)
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules=[part]))
    save_shaken(adapted, folder)
    tokens = some_tokens(30)
    expected = reference_logits(adapted.eval(), tokens)  # not merged: what it was trained as
    torch.testing.assert_close(load(base, adapter=folder).target.score(tokens), expected, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("change", ["fewer layers", "more layers", "half of it missing", "one too many", "nothing of it"])
def test_an_adapter_of_which_not_all_is_applied_is_refused(bench: Bench, change: str):
    folder, _ = adapter_for(bench, "llama")
    base = bench.family("llama")
    file = folder / "adapter_model.safetensors"
    weights = load_file(file)
    if change in ("fewer layers", "more layers"):
        layers = 1 if change == "fewer layers" else 3
        base = bench.folder(f"llama-{layers}", lambda: random_model("llama", num_hidden_layers=layers))
    elif change == "half of it missing":
        weights = {name: tensor for name, tensor in weights.items() if "lora_B" not in name}
    elif change == "one too many":
        weights |= {"base_model.model.other.lora_A.weight": torch.ones(4, 32)}
    else:
        weights = {"other": torch.ones(1)}
    save_file(weights, file)
    assert "just the weights that its adapter_config.json and" in refusal(base, adapter=folder)
