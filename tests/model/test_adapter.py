"""Models of transformers behind our own face: chains, trees and roll-backs give what transformers gives for each path, or the model is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    BartConfig,
    BertConfig,
    BloomConfig,
    FalconConfig,
    JambaConfig,
    MambaConfig,
    MptConfig,
    PretrainedConfig,
    RecurrentGemmaConfig,
    T5Config,
)

import specviz as sv
from specviz.methods import Method
from specviz.model import adapter
from specviz.model.adapter import AdaptedCache, AdaptedModel
from specviz.model.cache import ContextFullError
from specviz.model.checkpoint import any_weights
from specviz.model.checkpoint.any_config import read_any_config
from specviz.model.config import UnsupportedModelError
from specviz.model.hardware import place
from specviz.model.loader import Model, find_checkpoint
from specviz.model.pair import load_pair
from tests.helpers import (
    ADAPTED_CONFIGS,
    Bench,
    byte_tokenizer,
    load,
    noisy_copy,
    random_model,
    reference_greedy,
    reference_logits,
    save,
    some_tokens,
)
from tests.model.test_cache import random_parents, root_path, score_tree

CPU = place("cpu", "float32")
PROMPT = some_tokens(6) * 2  # repeats itself, so that there is something to copy
END_TO_END = ["gpt2", "gpt_neox", "gemma3", "phi"]


@pytest.fixture(scope="module")
def adapted(bench: Bench):
    """The model of a family, loaded once, its memory empty."""
    loaded: dict[str, Model] = {}

    def get(family: str) -> Model:
        if family not in loaded:
            loaded[family] = find_checkpoint(bench.family(family), family).load(CPU, 64)
        loaded[family].cache.rollback(0)
        return loaded[family]

    return get


def remembered(model: Model, length: int) -> list[torch.Tensor]:
    """The first ``length`` keys and values of every layer."""
    assert isinstance(model.cache, AdaptedCache)
    return [part[..., :length, :] for layer in model.cache.layers.layers for part in (layer.keys, layer.values)]


@pytest.mark.parametrize("family", ADAPTED_CONFIGS)
def test_logits_equal_those_of_transformers_however_the_text_is_cut(adapted, bench: Bench, family: str):
    model, tokens = adapted(family), some_tokens(40)
    assert isinstance(model, AdaptedModel)
    expected = reference_logits(bench.reference(family), tokens)
    in_pieces = torch.cat([model.score(tokens[start : start + size]) for start, size in ((0, 7), (7, 1), (8, 13), (21, 19))])
    torch.testing.assert_close(in_pieces, expected, atol=1e-4, rtol=1e-4)
    model.cache.rollback(30)
    torch.testing.assert_close(model.score(tokens[30:], rows=3), expected[-3:], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", ADAPTED_CONFIGS)
def test_every_node_of_a_tree_and_what_follows_a_kept_path_are_as_read_alone(adapted, bench: Bench, family: str):
    model, reference = adapted(family), bench.reference(family)
    text, parents, tokens = some_tokens(9, 1), random_parents(14, 1), some_tokens(14, 101)
    rows = score_tree(model, text, tokens, parents)
    paths = [[], *([tokens[i] for i in root_path(parents, node)] for node in range(14))]
    for row, path in zip(rows, paths, strict=True):
        torch.testing.assert_close(row, reference_logits(reference, text + path)[-1], atol=1e-4, rtol=1e-4)
    deepest = max(range(14), key=lambda node: len(root_path(parents, node)))
    model.cache.keep(len(text) - 1, [0, *(node + 1 for node in root_path(parents, deepest))])
    following = some_tokens(3, 7)
    expected = reference_logits(reference, text + paths[deepest + 1] + following)[-3:]
    torch.testing.assert_close(model.score(following), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", END_TO_END)
def test_at_temperature_0_every_method_says_what_transformers_says(bench: Bench, family: str):
    pair = bench.pair("close", family)
    expected = reference_greedy(bench.reference(family), PROMPT, 24)
    accepted = 0
    for method in ("autoregressive", "chain", "prompt-lookup", "sequoia:nodes=8", "eagle-2:nodes=8"):
        run = sv.generate(pair, PROMPT, method, max_new_tokens=24, detail="light")
        assert run.tokens == expected, method
        accepted += run.stats.accepted
    assert accepted > 0


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("method", ["chain", "prompt-lookup", "specinfer"])
@pytest.mark.parametrize("family", ["gpt2", "gpt_neox"])
def test_after_every_cycle_the_caches_equal_a_fresh_reading_of_the_text(bench: Bench, family: str, method: str, temperature: float):
    pair = bench.pair("close", family)
    checked = [pair.target] if method == "prompt-lookup" else [pair.target, pair.draft]
    again = {model: find_checkpoint(model.folder, "again").load(CPU, 64) for model in checked}
    text, drafted = list(PROMPT), 0
    for step in sv.stream(pair, PROMPT, method, max_new_tokens=16, temperature=temperature, seed=3):
        text += step.committed
        drafted += len(step.tree)
        if step.stop is None:
            assert pair.target.cache.length == len(text) - 1
        for model, fresh in again.items():
            length = model.cache.length
            fresh.cache.rollback(0)
            fresh.score(text[:length])
            for ours, expected in zip(remembered(model, length), remembered(fresh, length), strict=True):
                torch.testing.assert_close(ours, expected, atol=1e-4, rtol=1e-4)
    assert drafted > 0


def test_a_native_target_takes_an_adapted_draft(bench: Bench):
    pair = load(bench.family("llama"), bench.family("gpt2"))
    assert (pair.target.is_native, pair.draft.is_native) == (True, False)
    expected = reference_greedy(bench.reference("llama"), PROMPT, 16)
    assert sv.generate(pair, PROMPT, "chain", max_new_tokens=16).tokens == expected


def test_in_bfloat16_a_model_still_passes_its_trial_and_decodes(bench: Bench):
    pair = load(bench.family("gpt_neox"), dtype="bfloat16")
    method = Method(drafter="prompt-lookup", tree="chain")
    assert len(sv.generate(pair, PROMPT, method, max_new_tokens=12).tokens) == 12


def test_a_full_memory_says_so_before_writing(adapted):
    model = adapted("gpt2")
    model.score(some_tokens(60))
    with pytest.raises(ContextFullError, match=r"at most 64 positions, got 65"):
        model.score(some_tokens(5))
    assert model.cache.length == 60


@pytest.mark.parametrize("path", [[1, 0], [0, 0], [0, 9], [-1, 0]], ids=str)
def test_a_path_that_goes_back_or_was_never_written_is_refused(adapted, path: list[int]):
    model = adapted("gpt2")
    model.score(some_tokens(8))
    with pytest.raises(ValueError, match="increasing slots"):
        model.cache.keep(4, path)


# ------------------------------------------------------------------------------------------------------------- what is refused
def made(folder: Path, config: PretrainedConfig) -> Path:
    """A folder with this configuration and no weights: what is refused is refused before they are read."""
    folder.mkdir(exist_ok=True)
    config.save_pretrained(folder)
    byte_tokenizer(300).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (MambaConfig(num_hidden_layers=2), "'mamba' with recurrent layers"),
        (JambaConfig(num_hidden_layers=8), "'jamba' with recurrent layers"),
        (RecurrentGemmaConfig(num_hidden_layers=3), "'recurrent_gemma' with recurrent layers"),
        (BloomConfig(), "'bloom' with positions taken from the place in memory"),
        (MptConfig(), "'mpt' with positions taken from the place in memory"),
        (FalconConfig(alibi=True), "'falcon' with positions taken from the place in memory"),
        (BartConfig(), "'bart' with an encoder and a decoder"),
        (T5Config(), "'t5' with an encoder and a decoder"),
    ],
    ids=lambda value: value.model_type if isinstance(value, PretrainedConfig) else "",
)
def test_what_cannot_roll_back_or_take_a_tree_is_refused_by_name(tmp_path, config: PretrainedConfig, said: str):
    with pytest.raises(UnsupportedModelError, match=rf"{said}.*choose another model"):
        load(made(tmp_path / "model", config))


def test_an_unknown_model_type_is_refused_and_its_code_never_run(tmp_path):
    marker = tmp_path / "was run"
    (tmp_path / "modeling_own.py").write_text(f"open({str(marker)!r}, 'w')\n")
    config = {"model_type": "own", "auto_map": {"AutoConfig": "modeling_own.OwnConfig", "AutoModelForCausalLM": "modeling_own.Own"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    byte_tokenizer(300).save_pretrained(tmp_path)
    with pytest.raises(UnsupportedModelError, match=r"knows in .*, got 'own'; code that comes with a checkpoint is never run"):
        load(tmp_path)
    assert not marker.exists()


def test_a_model_that_looks_ahead_is_found_out_by_its_trial(tmp_path):
    config = BertConfig(
        vocab_size=320, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64, is_decoder=False
    )
    torch.manual_seed(0)
    with pytest.raises(UnsupportedModelError, match=r"\(bert\) to say the same however a text is read, got other logits for a pass with our mask"):
        load(save(AutoModelForCausalLM.from_config(config), tmp_path))


def ignore_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    real = adapter.bias_over
    monkeypatch.setattr(adapter, "bias_over", lambda _, *rest: real(None, *rest))


def ignore_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    real = AdaptedModel.score
    monkeypatch.setattr(AdaptedModel, "score", lambda self, tokens, _=None, mask=None, rows=None: real(self, tokens, None, mask, rows))


def leave_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter._Slots, "gather", lambda *_: None)


def forget_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = adapter._Slots.update

    def update(self: adapter._Slots, keys: torch.Tensor, values: torch.Tensor, *rest: object) -> tuple[torch.Tensor, torch.Tensor]:
        written = self.is_initialized and bool(self.keys[..., self._cache.length, :].any())
        return real(self, torch.zeros_like(keys) if written else keys, values, *rest)

    monkeypatch.setattr(adapter._Slots, "update", update)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ignore_mask, "the branches of a tree"),
        (ignore_positions, "the branches of a tree"),
        (leave_slots, "what follows an accepted path"),
        (forget_nothing, "a text read in two passes"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("family", ["gpt2", "gpt_neox"])
def test_a_planted_fault_is_found_before_the_model_is_handed_out(bench: Bench, monkeypatch, family: str, fault, said: str, dtype: str):
    folder = bench.family(family)
    load(folder, dtype=dtype)
    fault(monkeypatch)
    with pytest.raises(UnsupportedModelError, match=rf"got other logits for {said}"):
        load(folder, dtype=dtype)


def test_a_pass_that_fails_is_told_with_its_reason(bench: Bench, monkeypatch):
    def fail(*_: object) -> None:
        raise TypeError("forward() got an unexpected keyword")

    monkeypatch.setattr(adapter, "bias_over", fail)
    with pytest.raises(UnsupportedModelError, match=r"a pass that fails \(forward\(\) got an unexpected keyword\)"):
        load(bench.family("gpt2"))


# -------------------------------------------------------------------------------------------------------------- how far it reaches
@pytest.mark.parametrize("family", ["gemma2", "gemma3", "gpt_neo", "gpt_oss", "llama4"])
def test_up_to_its_window_a_model_is_exact_and_past_it_there_is_no_room(bench: Bench, family: str):
    with pytest.warns(UserWarning, match=r"room for 100 positions, .* is run up to 64: its \w+ of 64"):
        pair = load(bench.family(family), context=100)
    tokens = some_tokens(64)
    torch.testing.assert_close(pair.target.score(tokens), reference_logits(bench.reference(family), tokens), atol=1e-4, rtol=1e-4)
    with pytest.raises(ContextFullError):
        pair.target.score([1])


def test_positions_that_turn_what_is_remembered_limit_the_context(tmp_path):
    factors = {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
    reference = random_model("phi3", rope_parameters={**factors, "original_max_position_embeddings": 32}, original_max_position_embeddings=32)
    config = read_any_config(save(reference, tmp_path))
    assert config.context == 32
    assert "longrope" in config.limit


# ------------------------------------------------------------------------------------------------------------------- the weights
def test_weights_in_several_files_are_put_together_and_a_missing_one_is_named(bench: Bench, tmp_path):
    bench.family("gpt2")
    reference = bench.reference("gpt2")
    folder = save(reference, tmp_path, max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    tokens = some_tokens(30)
    torch.testing.assert_close(load(folder).target.score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)
    victim = sorted(folder.glob("model-*.safetensors"))[1]
    victim.unlink()
    with pytest.raises(FileNotFoundError, match=victim.name):
        load(folder)


def test_a_weight_that_is_not_there_is_not_made_up(tmp_path):
    folder = save(random_model("gpt2"), tmp_path)
    tensors = load_file(folder / "model.safetensors")
    name = next(name for name in tensors if "h.1.mlp.c_fc.weight" in name)
    del tensors[name]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UnsupportedModelError, match=r"1 that are missing or of another shape \(.*h\.1\.mlp\.c_fc\.weight\)"):
        load(folder)


def test_pickles_are_never_loaded(tmp_path):
    folder = save(random_model("gpt2"), tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match=r"pytorch_model\.bin.*pickles"):
        load(folder)


def test_parameters_end_tokens_and_sizes_are_those_of_the_checkpoint(tmp_path):
    reference = random_model("gpt_neox", eos_token_id=7, vocab_size=328)
    model = load(save(reference, tmp_path, byte_tokenizer(300))).target
    assert model.parameters == reference.num_parameters()
    c = model.config
    assert (c.family, c.vocab, c.width, c.layers, c.heads, c.context, c.end_tokens) == ("gpt_neox", 328, 32, 2, 4, 128, (7,))


def test_vocabularies_padded_differently_go_together(tmp_path):
    small = byte_tokenizer(300)
    reference = random_model("gpt2", vocab_size=328)
    target, draft = save(reference, tmp_path / "t", small), save(noisy_copy(random_model("gpt2", vocab_size=312), 0.02), tmp_path / "d", small)
    prompt = some_tokens(10, vocab=300)
    run = sv.generate(load(target, draft), prompt, "chain", max_new_tokens=16)
    assert run.tokens == reference_greedy(reference, prompt, 16)


# ------------------------------------------------------------------------------------------------------------------ several devices
def test_a_device_map_without_accelerate_names_it(bench: Bench, monkeypatch):
    monkeypatch.setattr(any_weights, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"package accelerate for device_map='auto', got none; pip install accelerate"):
        load(bench.family("gpt2"), device_map="auto")


@pytest.mark.parametrize("elsewhere", ["cpu", "disk"])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_target_spread_by_a_device_map_decodes_as_without(bench: Bench, family: str, elsewhere: str):
    """A layer read from disk whenever it is needed takes the same way, through accelerate's hooks, as one on another card."""
    pytest.importorskip("accelerate")
    parts = {"gpt2": ["transformer.wte", "transformer.wpe", "transformer.h.0", "transformer.h.1", "transformer.ln_f", "lm_head"]}.get(
        family, ["model.embed_tokens", "model.rotary_emb", "model.layers.0", "model.layers.1", "model.norm", "lm_head"]
    )
    pair = bench.pair("close", family)
    where = dict.fromkeys(parts, "cpu") | {parts[3]: elsewhere}
    spread = load_pair(target=pair.target_path, draft=pair.draft_path, device="cpu", dtype="float32", device_map=where)
    assert not spread.target.is_native
    assert spread.draft.how == pair.draft.how
    assert spread.target.how == f"through transformers: spread by device_map over {'cpu' if elsewhere == 'cpu' else 'cpu, disk'}"
    expected = sv.generate(pair, PROMPT, "chain", max_new_tokens=16).tokens
    assert sv.generate(spread, PROMPT, "chain", max_new_tokens=16).tokens == expected
