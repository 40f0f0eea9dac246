"""GGUF files: bit for bit what transformers reads from them, with tokenizer, template and end tokens; all else refused in words."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGMLQuantizationType as Kind
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

import specviz as sv
from specviz.model.checkpoint.gguf import GgufWeights, gguf_to_folder
from specviz.model.checkpoint.gguf_file import read_gguf
from specviz.model.footprint import footprint
from specviz.model.hardware import place
from specviz.model.loader import find_checkpoint
from specviz.model.pair import Pair
from tests.helpers import Bench, byte_tokenizer, load, random_model, reference_greedy, reference_logits, save, some_tokens
from tests.model.checkpoint.gguf_made import CHAT, make_gguf, wide_model
from tests.model.checkpoint.made import in_our_form, refusal

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
KINDS = (Kind.F32, Kind.F16, Kind.BF16, Kind.Q8_0, Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q2_K, Kind.Q3_K, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K)


def theirs(path: Path) -> PreTrainedModel:
    """transformers' own reading of the file."""
    return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()


def check_equal(path: Path, reference: PreTrainedModel) -> Pair:
    weights = GgufWeights(read_gguf(path))
    state = reference.state_dict()
    assert set(state) - set(weights.entries) <= {"lm_head.weight"}
    for name in weights.entries:
        assert weights.entries[name].shape == tuple(state[name].shape)
        torch.testing.assert_close(weights.get(name), state[name], atol=0, rtol=0)
    pair = load(path)
    tokens = some_tokens(40)
    torch.testing.assert_close(pair.target.score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)
    return pair


@pytest.mark.parametrize("kind", [Kind.F32, Kind.F16, Kind.Q8_0, Kind.Q4_K], ids=lambda kind: kind.name)
@pytest.mark.parametrize("family", FAMILIES)
def test_weights_and_logits_are_those_that_transformers_reads(tmp_path, family: str, kind: Kind):
    path = make_gguf(tmp_path / "model.gguf", wide_model(family), kind)
    pair = check_equal(path, theirs(path))
    assert pair.target.is_native
    assert (pair.target_path, pair.end_tokens) == (path, (5,))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_quantisation_is_undone_as_transformers_undoes_it(tmp_path, kind: Kind):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama", num_hidden_layers=1, tie_word_embeddings=True), kind)
    assert check_equal(path, theirs(path)).target.config.tied_head


def test_a_file_in_float32_is_the_model_it_was_made_from(tmp_path):
    for family in FAMILIES:
        model = wide_model(family)
        pair = load(make_gguf(tmp_path / f"{family}.gguf", model))
        tokens = some_tokens(40)
        torch.testing.assert_close(pair.target.score(tokens), reference_logits(model, tokens), atol=1e-4, rtol=1e-4)


def test_text_template_and_greedy_runs_are_those_of_the_file(tmp_path):
    path = make_gguf(tmp_path / "model.gguf", wide_model("qwen2"), Kind.Q8_0)
    draft = make_gguf(tmp_path / "draft.gguf", wide_model("qwen2", 4, num_hidden_layers=1), Kind.Q4_0)
    pair, reference = load(path, draft), theirs(path)
    assert pair.text.vocabulary() == byte_tokenizer().get_vocab()  # and nothing that the converter adds
    for text in ("def add(first):\n    return", "", "ünï 12 🙂"):
        assert pair.text.tokenizer(text)["input_ids"] == AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf")(text)["input_ids"]
        assert pair.text.tokenizer(text)["input_ids"] == byte_tokenizer()(text)["input_ids"]
    assert pair.text.template == CHAT
    assert pair.text.chat("hi") == "[user] hi\n[assistant] "
    for method in ("autoregressive", "chain", "prompt-lookup"):
        prompt = pair.text.encode("def add(first):\n    return")
        assert sv.generate(pair, prompt, method, max_new_tokens=16).tokens == reference_greedy(reference, prompt, 16, 5)
    assert pair.target.describe()["id"] == "model.gguf"
    assert len(pair.target.fingerprint) == 16 != pair.draft.fingerprint


def test_a_tokenizer_that_lies_beside_the_file_is_not_taken_for_its_own(tmp_path):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama"))
    byte_tokenizer(300).save_pretrained(tmp_path)
    assert len(load(path).text.vocabulary()) == 320


def test_a_sentencepiece_vocabulary_is_read_with_its_scores(tmp_path):
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁", "a", "b", "ab", "▁a", "▁ab"]
    pieces += [f"[PAD{index}]" for index in range(len(pieces), 320)]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (320 - 259)
    more = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.scores": [-float(i) for i in range(320)],
        "tokenizer.ggml.merges": None,
        "tokenizer.ggml.pre": None,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.add_bos_token": None,
    }
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama"), **more)
    text = load(path).text
    expected = AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf")
    for example in ("ab", "a b é", "ababab"):
        assert text.tokenizer(example)["input_ids"] == expected(example)["input_ids"]
    assert text.encode("ab")[0] == 1
    assert text.decode(text.encode("a é")) == "a é"


# ------------------------------------------------------------------------------------------------------------------ positions
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
    "rope_theta": 5e5,
}


def test_the_table_of_a_llama_3_is_its_scaling(tmp_path):
    """llama.cpp writes what divides every frequency; together with the base that is the scaling of the original."""
    model = wide_model("llama", rope_parameters=LLAMA3)
    plain = 1.0 / 5e5 ** (torch.arange(0, 64, 2).float() / 64)
    divisors = (plain / model.model.rotary_emb.inv_freq).tolist()
    assert max(divisors) > 2
    pair = load(make_gguf(tmp_path / "model.gguf", model, rope_freqs=divisors))
    tokens = some_tokens(120)
    torch.testing.assert_close(pair.target.score(tokens), reference_logits(model, tokens), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "rope",
    [{"rope_type": "linear", "factor": 4.0}, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}],
    ids=lambda rope: rope["rope_type"],
)
def test_a_scaling_that_the_file_names_is_that_of_the_original(tmp_path, rope: dict[str, Any]):
    model = wide_model("qwen2", rope_parameters=rope | {"rope_theta": 1e4})
    more = {"qwen2.rope.scaling.type": rope["rope_type"], "qwen2.rope.scaling.factor": 4.0, "qwen2.rope.scaling.original_context_length": 32}
    pair = load(make_gguf(tmp_path / "model.gguf", model, **more))
    tokens = some_tokens(120)
    torch.testing.assert_close(pair.target.score(tokens), reference_logits(model, tokens), atol=1e-4, rtol=1e-4)


def test_a_window_limits_the_context(tmp_path):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama"), **{"llama.attention.sliding_window": 24})
    with pytest.warns(UserWarning, match="sliding_window of 24"):
        assert load(path).context == 24


# ---------------------------------------------------------------------------------------------------------------------- refused
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"general.architecture": "mamba"}, "one of the families llama, mistral, qwen2, qwen3 in 'model.gguf', got 'mamba'"),
        ({"llama.expert_count": 8}, "got expert_count 8"),
        ({"llama.rope.dimension_count": 32, "llama.attention.key_length": 64}, "of one width"),
        ({"llama.rope.scaling.type": "longrope", "llama.rope.scaling.factor": 2.0}, "got 'longrope'"),
        ({"split.count": 3}, "got one of 3 parts"),
        ({"llama.block_count": None}, "'num_hidden_layers' in 'model.gguf', got none"),
        ({"llama.block_count": 1}, "to count all layers, got 1, and weights of 2"),
        ({"llama.block_count": 3}, "model.layers.2.input_layernorm.weight"),
        ({"llama.feed_forward_length": 64}, "in shape (64, 256), got (256, 256)"),
        ({"llama.attention.head_count": "four"}, "num_attention_heads"),
        ({"tokenizer.ggml.tokens": None}, "expected a tokenizer in 'model.gguf', got none; give one as tokenizer="),
        ({"tokenizer.ggml.model": "bert"}, "got 'bert'; give one as tokenizer="),
        ({"tokenizer.ggml.merges": [3, 4]}, "expected a tokenizer in 'model.gguf'"),
        ({"tokenizer.ggml.eos_token_id": -1.5}, "eos_token_id"),
    ],
    ids=str,
)
def test_what_is_not_known_is_refused_in_words(tmp_path, more: dict[str, Any], said: str):
    more = {"llama.vocab_size": 320} | more
    assert said in refusal(make_gguf(tmp_path / "model.gguf", wide_model("llama"), **more))


def test_a_file_without_a_tokenizer_takes_one_that_is_given(tmp_path):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama"), **{"llama.vocab_size": 320, "tokenizer.ggml.tokens": None})
    assert load(path, tokenizer=byte_tokenizer()).text.encode("a")
    other = make_gguf(tmp_path / "other.gguf", wide_model("llama"))
    assert load(path, tokenizer=other).text.template == CHAT


def test_an_unknown_way_of_splitting_text_is_said(tmp_path):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama"), pre="own-way")
    with pytest.warns(UserWarning, match="got 'own-way'"):
        load(path)


def test_digits_stand_alone_where_the_file_says_so(tmp_path):
    tokenizer = load(make_gguf(tmp_path / "model.gguf", wide_model("llama"), pre="smollm")).text.tokenizer
    assert [piece for piece, _ in tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str("a 123")] == ["a", "Ġ", "1", "2", "3"]


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut in the weights": (lambda content: content[:-100], "broke off"),
    "cut in the settings": (lambda content: content[:500], "break off"),
    "cut in the first bytes": (lambda content: content[:10], "10 bytes"),
    "nothing": (lambda _: b"", "0 bytes"),
    "another format": (lambda content: b"ABCD" + content[4:], "begins otherwise"),
    "another version": (lambda content: content[:4] + struct.pack("<I", 9) + content[8:], "got 9"),
    "more tensors than fit": (lambda content: content[:8] + struct.pack("<Q", 1 << 60) + content[16:], "break off"),
    "more settings than fit": (lambda content: content[:16] + struct.pack("<Q", 1 << 60) + content[24:], "break off"),
    "a long name": (lambda content: content[:24] + struct.pack("<Q", 1 << 60) + content[32:], "break off"),
    "git-lfs": (lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git-lfs pointer"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_with_what_is_wrong_with_it(tmp_path, damage: str):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama", num_hidden_layers=1))
    change, said = DAMAGES[damage]
    path.write_bytes(change(path.read_bytes()))
    refused = refusal(path)
    assert said in refused
    assert "model.gguf" in refused


def test_any_byte_of_the_settings_may_be_another(tmp_path):
    """Nothing raw leaves, and nothing is read for ever."""
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama", num_hidden_layers=1))
    content = bytearray(path.read_bytes())
    for at in range(0, 1200, 7):
        changed = content[:at] + bytes([content[at] ^ 0x81]) + content[at + 1 :]
        path.write_bytes(changed)
        with in_our_form():
            find_checkpoint(path, "m")


def test_an_unknown_quantisation_is_named(tmp_path):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama", num_hidden_layers=1))
    content = path.read_bytes()
    place = content.index(b"blk.0.attn_q.weight") + len(b"blk.0.attn_q.weight") + 4 + 16
    path.write_bytes(content[:place] + struct.pack("<I", 99) + content[place + 4 :])
    assert "number 99 for 'blk.0.attn_q.weight'" in refusal(path)


def test_a_missing_file_and_a_folder_of_them_are_told_apart(tmp_path):
    assert "'model.gguf', which is neither" in refusal(tmp_path / "model.gguf")
    assert "which is neither" in refusal("model-that-is-not-there.gguf")
    folder = save(random_model("llama"), tmp_path / "folder")
    (folder / "model.safetensors").unlink()
    make_gguf(folder / "weights.gguf", wide_model("llama"))
    assert "got weights.gguf; give that file itself" in refusal(folder)


# ----------------------------------------------------------------------------------------------------------- memory and folders
def test_memory_is_reckoned_from_the_shapes(tmp_path):
    model = wide_model("llama")
    checkpoint = find_checkpoint(make_gguf(tmp_path / "model.gguf", model, Kind.Q4_K), "m")
    assert footprint(checkpoint, place("cpu", "float32"), 64).weights == 4 * model.num_parameters()


def test_a_file_written_as_a_folder_says_the_same(tmp_path, bench: Bench):
    path = make_gguf(tmp_path / "model.gguf", wide_model("qwen3"), Kind.Q8_0)
    folder = gguf_to_folder(path, tmp_path / "written")
    ours, again = load(path, dtype="bfloat16"), load(folder, dtype="bfloat16")
    tokens = some_tokens(20)
    torch.testing.assert_close(again.target.score(tokens), ours.target.score(tokens), atol=0, rtol=0)
    assert again.end_tokens == ours.end_tokens
    assert (again.text.vocabulary(), again.text.template) == (ours.text.vocabulary(), ours.text.template)
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    torch.testing.assert_close(load(folder).target.score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


def test_a_target_of_files_goes_with_a_draft_in_a_folder(tmp_path):
    tokenizer = byte_tokenizer()
    draft = save(random_model("llama"), tmp_path / "draft", tokenizer)
    pair = load(make_gguf(tmp_path / "model.gguf", wide_model("llama")), draft)
    assert sv.generate(pair, [1, 2, 3], "chain", max_new_tokens=8).tokens


@pytest.mark.parametrize("value", [[64, 64], ["a"]], ids=str)
@pytest.mark.parametrize(
    "key", ["attention.key_length", "attention.value_length", "rope.dimension_count", "rope.scaling.type", "attention.head_count_kv"]
)
def test_a_setting_that_differs_from_layer_to_layer_is_named(tmp_path: Path, key: str, value: list[Any]):
    said = refusal(make_gguf(tmp_path / "model.gguf", wide_model("llama", num_hidden_layers=1), **{f"llama.{key}": value}))
    assert "all its layers alike" in said
    assert key in said


@pytest.mark.parametrize("key", ["model", "pre"])
def test_a_kind_of_tokenizer_that_is_no_text_is_refused_or_warned_of(tmp_path: Path, key: str):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama", num_hidden_layers=1), **{f"tokenizer.ggml.{key}": ["gpt2"]})
    if key == "model":
        assert "a tokenizer of kind gpt2 or llama" in refusal(path)
    else:
        with pytest.warns(UserWarning, match=r"a known way of splitting text"):
            load(path)


def test_a_model_that_looks_ahead_is_refused(tmp_path: Path):
    path = make_gguf(tmp_path / "model.gguf", wide_model("llama", num_hidden_layers=1), **{"llama.attention.causal": False})
    assert "attention.causal False" in refusal(path)
