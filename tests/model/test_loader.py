"""Loading: what is refused is refused by name, and the message says what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from specviz.model.config import NotNativeError, UnsupportedModelError, read_config
from specviz.model.hardware import place
from specviz.model.loader import Model
from specviz.model.pair import SHIPPED, load_pair, shipped_pairs
from tests.helpers import Bench, byte_tokenizer, letter_tokenizer, load, random_model, reference_logits, save, shipped_models, some_tokens


def spoil(folder: Path, **changes: object) -> None:
    """Change entries of config.json; None removes one."""
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in config.items() if value is not None}))


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    return save(random_model("llama"), tmp_path / "checkpoint")


@pytest.mark.parametrize(
    ("family", "changes", "named"),
    [
        ("llama", {"hidden_act": "gelu"}, "hidden_act"),
        ("smollm3", {"no_rope_layers": [1, 0], "pad_token_id": 0}, "no_rope_layers"),
        ("llama", {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}}, "dynamic"),
    ],
)
def test_what_would_change_the_logits_is_not_run_natively_but_through_transformers(tmp_path, family: str, changes: dict[str, object], named: str):
    folder = save(random_model(family), tmp_path)
    assert load(folder).target.how == "native"
    spoil(folder, **changes)
    with pytest.raises(NotNativeError, match=named):
        read_config(folder)
    pair = load(folder)
    assert pair.target.how.startswith("through transformers: ")
    assert named in pair.target.how
    tokens = some_tokens(40)
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    torch.testing.assert_close(pair.target.score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


def test_a_smollm3_without_a_list_of_its_rope_layers_is_not_run_natively(tmp_path):
    """That family's default leaves rotary positions out of every fourth layer."""
    folder = save(random_model("smollm3"), tmp_path)
    spoil(folder, no_rope_layers=None, pad_token_id=0)
    assert "no_rope_layers" in load(folder).target.how


def test_quantised_weights_are_refused_whoever_would_run_them(tmp_path):
    for family in ("llama", "gpt2"):
        folder = save(random_model(family), tmp_path / family)
        spoil(folder, quantization_config={"quant_method": "gptq", "bits": 4})
        with pytest.raises(UnsupportedModelError, match=r"unquantised.*quantization_config with method 'gptq'.*use the original"):
            load(folder)


@pytest.mark.parametrize(("family", "changes"), [("mistral", {}), ("qwen2", {"use_sliding_window": True, "max_window_layers": 0})])
def test_a_sliding_window_limits_the_context_says_so_and_is_exact_up_to_there(tmp_path, family: str, changes: dict[str, object]):
    reference = random_model(family, sliding_window=24, **changes)
    folder = save(reference, tmp_path)
    with pytest.warns(UserWarning, match=r"room for 100 positions, .* is run up to 24: its sliding_window of 24"):
        pair = load(folder, context=100)
    assert (pair.context, pair.target.how) == (24, "native")
    tokens = some_tokens(24)
    torch.testing.assert_close(pair.target.score(tokens), reference_logits(reference, tokens), atol=1e-4, rtol=1e-4)


def test_a_window_that_the_context_asked_for_fits_in_is_not_worth_a_word(tmp_path):
    folder = save(random_model("mistral", sliding_window=24), tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert load(folder, context=24).context == 24


def test_a_checkpoint_of_pickles_alone_is_refused_and_its_files_named(checkpoint: Path):
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match=r"pytorch_model\.bin.*pickles.*save_pretrained"):
        load(checkpoint)


def test_a_missing_shard_is_named(tmp_path):
    folder = save(random_model("llama"), tmp_path, max_shard_size="20KB")
    victim = sorted(folder.glob("model-*.safetensors"))[1]
    victim.unlink()
    with pytest.raises(FileNotFoundError, match=victim.name):
        load(folder)


def test_a_folder_without_config_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json.*got none"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["model.layers.1.mlp.down_proj.weight", "model.norm.weight", "lm_head.weight", "model.embed_tokens.weight"])
def test_a_missing_weight_is_named(checkpoint: Path, name: str):
    tensors = load_file(checkpoint / "model.safetensors")
    del tensors[name]
    save_file(tensors, checkpoint / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=rf"{name}.*download"):
        load(checkpoint)


def test_a_bias_that_the_config_does_not_ask_for_is_refused(checkpoint: Path):
    tensors = load_file(checkpoint / "model.safetensors")
    tensors["model.layers.0.self_attn.q_proj.bias"] = torch.zeros(32)
    save_file(tensors, checkpoint / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"1 others \(model\.layers\.0\.self_attn\.q_proj\.bias\)"):
        load(checkpoint)


@pytest.mark.parametrize("change", [{"num_key_value_heads": 4}, {"intermediate_size": 64}, {"vocab_size": 400}], ids=lambda c: next(iter(c)))
def test_a_config_that_does_not_fit_the_weights_is_refused(checkpoint: Path, change: dict[str, object]):
    spoil(checkpoint, **change)
    with pytest.raises(ValueError, match=r"config\.json"):
        load(checkpoint)


@pytest.mark.parametrize("key", ["hidden_size", "num_attention_heads", "vocab_size", "rms_norm_eps"])
def test_a_config_without_a_size_names_what_is_missing(checkpoint: Path, key: str):
    spoil(checkpoint, **{key: None})
    with pytest.raises(ValueError, match=rf"expected '{key}' in config\.json"):
        load(checkpoint)


def test_unknown_device_and_dtype_names_are_refused(checkpoint: Path):
    with pytest.raises(ValueError, match=r"device auto, cuda, mps or cpu, got 'gpu9'"):
        load_pair(target=checkpoint, device="gpu9")
    with pytest.raises(ValueError, match=r"float32, bfloat16, float16, got 'int4'"):
        load_pair(target=checkpoint, dtype="int4")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match=r"this machine has \(.*cpu\), got 'cuda'"):
            load_pair(target=checkpoint, device="cuda")


def test_unknown_pair_and_draft_names_are_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"shipped pair \(.*tiny.*\), got 'huge'"):
        load_pair("huge")
    with pytest.raises(ValueError, match=r"drafts of 'tiny' \(.*draft.*\), got 'draft-xxl'"):
        load_pair("tiny", draft="draft-xxl")


def test_a_name_and_a_target_together_or_neither_are_refused(checkpoint: Path):
    with pytest.raises(ValueError, match="both or neither"):
        load_pair()
    with pytest.raises(ValueError, match="both or neither"):
        load_pair("tiny", target=checkpoint)


def test_a_path_that_is_no_folder_is_refused_without_asking_the_hub(tmp_path):
    start = time.perf_counter()
    with pytest.raises(FileNotFoundError, match="is the path right"):
        load_pair(target=tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="is the path right"):
        load_pair(target="no id/at..all")
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("offline", [False, True], ids=["no network", "HF_HUB_OFFLINE=1"])
def test_a_hub_id_that_cannot_be_reached_fails_soon_and_says_to_give_a_folder(tmp_path, offline: bool):
    """A real call in a fresh process. Names below .invalid never resolve, so this machine's own network does not matter."""
    script = (
        "import specviz\ntry:\n    specviz.load_pair(target='nobody-at-all/no-such-model')\nexcept FileNotFoundError as error:\n    print(error)\n"
    )
    environment = os.environ | {"HF_ENDPOINT": "https://hub.invalid", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": str(int(offline))}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert "give the folder of a checkpoint" in done.stdout, done.stderr
    assert "'nobody-at-all/no-such-model'" in done.stdout
    assert time.perf_counter() - start < 30


def test_a_draft_with_another_vocabulary_is_refused_with_an_example(tmp_path):
    target = save(random_model("llama"), tmp_path / "t")
    draft = save(random_model("llama"), tmp_path / "d", letter_tokenizer(26))
    with pytest.raises(ValueError, match=r"one vocabulary.*differ, the first is .*draft of the target's family.*needs none"):
        load(target, draft)


def test_a_draft_with_as_many_tokens_under_other_ids_is_refused(tmp_path):
    """Equal sizes prove nothing: two words have changed places."""
    tokenizer = byte_tokenizer()
    target = save(random_model("llama"), tmp_path / "t", tokenizer)
    draft = save(random_model("llama"), tmp_path / "d", tokenizer)
    path = draft / "tokenizer.json"
    swapped = json.loads(path.read_text())
    vocabulary = swapped["model"]["vocab"]
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    path.write_text(json.dumps(swapped))
    with pytest.raises(ValueError, match=r"2 tokens differ, the first is '[ab]'"):
        load(target, draft)


@pytest.mark.parametrize("size", [312, 328], ids=["draft 8 ids smaller", "draft 8 ids larger"])
def test_vocabularies_padded_differently_are_accepted(bench: Bench, size: int):
    small = byte_tokenizer(300)
    target = bench.folder("padded-target", lambda: random_model("llama", 1), small)
    draft = bench.folder(f"padded-draft-{size}", lambda: random_model("llama", 2, vocab_size=size), small)
    pair = load(target, draft)
    assert (pair.target.config.vocab, pair.draft.config.vocab) == (320, size)


def test_the_choice_of_device_and_dtype_is_explained():
    chosen = place()
    assert f"{chosen.device.type} (" in chosen.why
    assert str(chosen.dtype).removeprefix("torch.") in chosen.why
    assert "asked for" not in chosen.why
    asked = place("cpu", "float16")
    assert (asked.device.type, asked.dtype) == ("cpu", torch.float16)
    assert asked.why.count("asked for") == 2


@pytest.mark.filterwarnings("ignore:the draft model holds")
def test_context_is_the_smallest_of_what_was_asked_and_what_the_target_was_made_for(bench: Bench):
    longer = bench.family("llama")
    shorter = bench.folder("short", lambda: random_model("llama", max_position_embeddings=48))
    pair = load(longer, shorter)
    assert (pair.context, pair.drafted_context) == (128, 48)
    assert load(shorter, longer).context == 48
    assert load(longer, longer, context=40).context == 40
    assert load(longer, longer, context=10**6).context == 128


def test_describe_carries_no_folder(bench: Bench):
    pair = bench.pair("random")
    for text in (pair.describe(), str(pair.target.describe()), pair.name):
        assert str(bench.root) not in text
    assert pair.target.describe()["id"] == "llama"


def test_describe_says_whose_pass_a_model_makes(bench: Bench):
    ours, theirs = bench.pair("random"), bench.pair("random", "gpt2")
    assert ours.describe().count("native") == 2
    assert theirs.describe().count("through transformers: model_type 'gpt2'") == 2
    assert (ours.target.describe()["pass"], theirs.target.describe()["pass"]) == ("native", "through transformers: model_type 'gpt2'")


def test_the_fingerprint_changes_with_the_weights(tmp_path):
    cpu = place("cpu", "float32")
    prints = [Model(save(random_model("llama", seed), tmp_path / str(seed)), "m", cpu, 16).fingerprint for seed in (0, 1)]
    again = Model(save(random_model("llama", 0), tmp_path / "again"), "m", cpu, 16).fingerprint
    assert prints[0] == again != prints[1]


@pytest.mark.parametrize("part", shipped_models())
def test_transformers_loads_the_shipped_folders(part: str):
    folder = SHIPPED / "tiny" / part
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) <= model.config.vocab_size
    assert tokenizer.decode(tokenizer("def f(x):\n    return x")["input_ids"]) == "def f(x):\n    return x"


def test_the_shipped_weights_are_bfloat16_and_small():
    files = sorted(SHIPPED.rglob("*.safetensors"))
    assert files
    assert {tensor.dtype for file in files for tensor in load_file(file).values()} == {torch.bfloat16}
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 64 * 2**20


def test_the_shipped_pair_is_listed_and_loads_with_one_vocabulary():
    assert "tiny" in shipped_pairs()
    pair = load_pair("tiny", device="cpu")
    assert pair.draft is not None
    assert pair.target_path == SHIPPED / "tiny" / "target"
    assert pair.draft_path is not None
    assert pair.draft_path.parent == SHIPPED / "tiny"
    assert pair.target.config.vocab == pair.draft.config.vocab
