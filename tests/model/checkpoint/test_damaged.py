"""Folders that are broken, cut off, odd or hostile: each is refused with the file, what is wrong with it and what to do, or loads well."""

from __future__ import annotations

import json
import os
import shutil
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.helpers import Bench, byte_tokenizer, load, random_model, save
from tests.model.checkpoint.made import in_our_form, refusal, spoil

FAMILIES = ("llama", "qwen3", "smollm3", "gpt2", "gemma2")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
JSONS = ("config.json", "generation_config.json", "tokenizer_config.json", "tokenizer.json")


def copy(bench: Bench, family: str = "llama", **options: Any) -> Path:
    """A folder of this family to spoil."""
    folder = bench.fresh() / "spoiled"
    shutil.copytree(bench.family(family), folder)
    return folder


CONTENTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "an empty file"),
    "white": (b"  \n", "an empty file"),
    "half an object": (b'{"model_type": "llama", ', "JSONDecodeError|Expecting|property name"),
    "not JSON": (b"<!DOCTYPE html><html>", "Expecting"),
    "a list": (b"[1, 2]", "a list"),
    "a number": (b"3", "a int"),
    "null": (b"null", "a NoneType"),
    "a byte-order mark": (b'\xef\xbb\xbf{"model_type": "llama"}', "byte-order mark"),
    "UTF-16": ('{"model_type": "llama"}'.encode("utf-16"), "no UTF-8"),
    "latin-1": ('{"name": "é"}'.encode("latin-1"), "no UTF-8"),
    "brackets": (b"[" * 200_000, "recursion|Expecting|nest"),
    "a long number": (b'{"vocab_size": ' + b"9" * 5000 + b"}", "digits|integer"),
    "git-lfs": (POINTER.encode(), "git-lfs pointer"),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("file", JSONS)
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_broken_json_file_is_named_with_what_is_wrong_with_it(bench: Bench, family: str, file: str, content: str):
    folder = copy(bench, family)
    (folder / file).write_bytes(CONTENTS[content][0])
    said = refusal(folder)
    assert f"{file} of 'spoiled'" in said
    if file != "tokenizer.json" or content in {"git-lfs", "a byte-order mark"}:
        assert any(part in said for part in CONTENTS[content][1].split("|")), said


# ------------------------------------------------------------------------------------------------------------------ the weights
def cut(content: bytes, count: int) -> bytes:
    return content[:count]


WEIGHTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "git-lfs": (lambda _: POINTER.encode(), "git-lfs pointer"),
    "nothing": (lambda _: b"", "0 bytes that hold none"),
    "seven bytes": (lambda content: content[:7], "7 bytes that hold none"),
    "a cut header": (lambda content: content[:100], "100 bytes that hold none"),
    "a header and no weights": (lambda content: content[: 8 + int.from_bytes(content[:8], "little")], "broke off"),
    "half the weights": (lambda content: content[: len(content) // 2], "broke off"),
    "the last byte missing": (lambda content: content[:-1], "broke off"),
    "a web page": (lambda _: b"<!DOCTYPE html>" * 100, "that hold none"),
    "zeros": (lambda _: bytes(4096), "a safetensors header"),
    "a header that is none": (lambda content: content[:8] + b"x" * (len(content) - 8), "a safetensors header"),
    "a list for a header": (lambda _: struct.pack("<Q", 2) + b"[]", "a safetensors header"),
    "a header of 1 GB": (lambda content: struct.pack("<Q", 1 << 30) + content[8:], "that hold none"),
}


@pytest.mark.parametrize("damage", WEIGHTS)
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_broken_file_of_weights_is_named_with_what_is_wrong_with_it(bench: Bench, family: str, damage: str):
    folder = copy(bench, family)
    change, said = WEIGHTS[damage]
    path = folder / "model.safetensors"
    path.write_bytes(change(path.read_bytes()))
    refused = refusal(folder)
    assert "model.safetensors of 'spoiled'" in refused
    assert said in refused


def header_of(**entry: Any) -> bytes:
    header = json.dumps({"model.norm.weight": {"dtype": "F32", "shape": [32], "data_offsets": [0, 128]} | entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(128)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": 3},
        {"dtype": None},
        {"dtype": "F99"},
        {"shape": "x"},
        {"shape": [-1]},
        {"shape": [32.0]},
        {"shape": None},
        {"shape": [64]},
        {"shape": [10**30]},
        {"data_offsets": None},
        {"data_offsets": [0]},
        {"data_offsets": [0, 10**9]},
        {"data_offsets": [128, 0]},
        {"data_offsets": ["0", "128"]},
        {"data_offsets": [64, 128]},
    ],
    ids=str,
)
def test_an_odd_header_is_refused_in_words(bench: Bench, entry: dict[str, Any]):
    folder = copy(bench)
    (folder / "model.safetensors").write_bytes(header_of(**entry))
    refusal(folder)


# -------------------------------------------------------------------------------------------------------------------- the index
def sharded(bench: Bench) -> Path:
    return save(random_model("llama"), bench.fresh() / "spoiled", max_shard_size="20KB")


INDEX = "model.safetensors.index.json"


@pytest.mark.parametrize("value", [None, 3, [], {}, "x", {"a": 1}, {"a": None}, {"a": ["b"]}], ids=str)
def test_an_index_that_says_nothing_of_use_is_refused(bench: Bench, value: object):
    folder = sharded(bench)
    assert INDEX in refusal(spoil(folder, INDEX, weight_map=... if value is None else value))


@pytest.mark.parametrize(
    "file",
    [
        "../secret.safetensors",
        "/etc/secret.safetensors",
        "sub/../../secret.safetensors",
        "..\\secret.safetensors",
        "C:secret.safetensors",
        "a\0b.safetensors",
        "pytorch_model.bin",
        "..",
        "",
        "/dev/zero",
    ],
)
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_an_index_cannot_reach_outside_its_folder(bench: Bench, family: str, file: str):
    folder = save(random_model(family), bench.fresh() / "spoiled", max_shard_size="20KB")
    secret = folder.parent / "secret.safetensors"
    shutil.copy(next(folder.glob("model-*.safetensors")), secret)
    names = dict(json.loads((folder / INDEX).read_text())["weight_map"])
    assert "beside it" in refusal(spoil(folder, INDEX, weight_map=dict.fromkeys(names, file)))


def test_a_tensor_that_is_not_where_the_index_says_is_named(bench: Bench):
    folder = sharded(bench)
    names = json.loads((folder / INDEX).read_text())["weight_map"]
    files = sorted(set(names.values()))
    names["model.norm.weight"] = next(file for file in files if file != names["model.norm.weight"])
    assert "'model.norm.weight'" in refusal(spoil(folder, INDEX, weight_map=names))


def test_a_single_file_goes_before_an_index_as_in_transformers(bench: Bench):
    folder = copy(bench)
    (folder / INDEX).write_text("{}")
    assert load(folder).target.is_native


# ------------------------------------------------------------------------------------------------------- pipes, devices, links
@pytest.mark.parametrize("file", [*JSONS, "model.safetensors", "special_tokens_map.json", "chat_template.jinja", "tokenizer.model"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_what_is_no_regular_file_is_refused_without_being_opened(bench: Bench, family: str, kind: str, file: str):
    folder = copy(bench, family)
    path = folder / file
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path.name)
    if kind == "folder" and file in {"special_tokens_map.json", "chat_template.jinja", "tokenizer.model"}:
        return  # a folder of this name is nothing that anybody would read
    assert file in refusal(folder)


def test_a_pipe_among_several_files_of_weights_is_refused_without_being_opened(bench: Bench):
    folder = sharded(bench)
    victim = sorted(folder.glob("model-*.safetensors"))[1]
    victim.unlink()
    os.mkfifo(victim)
    assert f"{victim.name} of 'spoiled' to be a regular file, got a pipe" in refusal(folder)


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: Path(path).symlink_to("/dev/zero"), lambda path: Path(path).write_text("x")], ids=["pipe", "device", "text"]
)
def test_a_pipe_a_device_or_a_text_is_no_checkpoint(tmp_path, make: Callable[[Path], object]):
    make(tmp_path / "odd")
    assert "another kind of file" in refusal(tmp_path / "odd")
    assert "another kind of file" in refusal(str(tmp_path / "odd"))


def test_links_into_another_folder_work_as_hub_caches_need_them(bench: Bench):
    blobs, snapshot = bench.fresh() / "blobs", bench.fresh() / "snapshot"
    shutil.copytree(bench.family("llama"), blobs)
    snapshot.mkdir()
    for file in blobs.iterdir():
        (snapshot / file.name).symlink_to(file)
    assert load(snapshot).target.is_native


# ---------------------------------------------------------------------------------------------------------------- the tokenizer
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_missing_tokenizer_is_named_as_such(bench: Bench, family: str):
    folder = copy(bench, family)
    for path in folder.glob("*token*"):
        path.unlink()
    assert "a tokenizer in 'spoiled'" in refusal(folder)
    assert "tokenizer=" in refusal(folder)
    assert load(folder, tokenizer=byte_tokenizer()).text.encode("a")


@pytest.mark.parametrize(
    "model", [{}, None, {"type": "BPE"}, {"type": "Own", "vocab": {}}, {"type": "BPE", "vocab": {"a": -1}, "merges": []}, "x"], ids=str
)
def test_a_tokenizer_that_tokenizers_cannot_read_is_named(bench: Bench, model: object):
    folder = spoil(copy(bench), "tokenizer.json", model=... if model is None else model)
    assert "tokenizer.json of 'spoiled'" in refusal(folder)


def test_a_tokenizer_that_panics_is_an_error_like_any_other(bench: Bench, monkeypatch):
    class PanicError(BaseException):
        """As pyo3's, which is no Exception."""

    def panic(*_: object, **__: object) -> None:
        raise PanicError("called `Result::unwrap()` on an `Err` value")

    from transformers import PreTrainedTokenizerFast

    monkeypatch.setattr(PreTrainedTokenizerFast, "from_pretrained", panic)
    assert "PanicError: called `Result::unwrap()`" in refusal(copy(bench))


ODD = [..., 0, 1, -1, 2.5, 10**30, float("nan"), float("inf"), True, False, "", "x", "3", "silu", [], [1], [[2]], ["x"], {}, {"a": 1}]


@pytest.mark.parametrize("value", ODD, ids=str)
def test_settings_of_a_tokenizer_load_or_are_refused_in_words(bench: Bench, value: object):
    for key in (
        "tokenizer_class",
        "bos_token",
        "eos_token",
        "pad_token",
        "model_max_length",
        "chat_template",
        "added_tokens_decoder",
        "extra_special_tokens",
        "auto_map",
    ):
        loads_or_refuses(spoil(copy(bench), "tokenizer_config.json", **{key: value}))


# ------------------------------------------------------------------------------------------------------------- odd configurations
def loads_or_refuses(folder: Path) -> None:
    """Nothing raw leaves: either it loads and says something, or the error has our form."""
    with warnings.catch_warnings(), in_our_form(folder):
        warnings.simplefilter("ignore")
        assert load(folder, context=64).target.score([1]).shape[0] == 1


@pytest.mark.parametrize("value", [[[2]], ["2"], "2", 2.0, True, -1, {"a": 1}, [None], [2, "x"], 10**20], ids=str)
@pytest.mark.parametrize("file", ["config.json", "generation_config.json"])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_end_tokens_that_are_none_are_refused_by_name(bench: Bench, family: str, file: str, value: object):
    folder = copy(bench, family)
    if file == "config.json":
        (folder / "generation_config.json").unlink(missing_ok=True)
    assert "eos_token_id" in refusal(spoil(folder, file, eos_token_id=value))


@pytest.mark.parametrize("value", ["gptq", 3, [], {}, {"quant_method": 3}, {"bits": 4}], ids=str)
def test_any_kind_of_quantisation_is_refused(bench: Bench, value: object):
    for family in ("llama", "gpt2"):
        assert "unquantised weights" in refusal(spoil(copy(bench, family), quantization_config=value))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_entry_of_a_config_may_be_odd(bench: Bench, family: str):
    folder = copy(bench, family)
    original = json.loads((folder / "config.json").read_text())
    more = {
        "head_dim": 8,
        "sliding_window": 4,
        "use_sliding_window": True,
        "attention_bias": True,
        "mlp_bias": True,
        "rope_theta": 1e4,
        "rope_scaling": None,
    }
    for key in {**original, **more}:
        for value in ODD:
            (folder / "config.json").write_text(json.dumps(original | {key: None if value is ... else value}))
            loads_or_refuses(folder)


VALUES = st.sampled_from([value for value in ODD if value is not ...]) | st.none() | st.integers(-5, 400) | st.floats() | st.text(max_size=4)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_several_odd_entries_at_once_load_or_are_refused_in_words(bench: Bench, family: str, data: st.DataObject):
    source = bench.family(family)
    original = json.loads((source / "config.json").read_text())
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(original)), VALUES, min_size=1, max_size=4))
    folder = bench.root / f"odd-{family}"
    if not folder.exists():
        shutil.copytree(source, folder)
    (folder / "config.json").write_text(json.dumps(original | changed))
    loads_or_refuses(folder)


@pytest.mark.parametrize(
    "key", ["hidden_size", "vocab_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "max_position_embeddings", "rms_norm_eps"]
)
@pytest.mark.parametrize("value", ["32", 32.5, None, [32], -32, 0, 10**13, float("nan")], ids=str)
def test_a_size_that_is_none_is_named(bench: Bench, key: str, value: object):
    if key == "rms_norm_eps" and value in (32.5, 10**13):
        return  # a strange number, but one
    if key == "max_position_embeddings" and value == 10**13:
        value = 10**14
    said = refusal(spoil(copy(bench), **{key: ... if value is None else value}))
    assert key in said


@pytest.mark.parametrize("changes", [{"is_causal": False}, {"layer_types": ["linear_attention", "full_attention"]}], ids=str)
@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
def test_a_setting_that_changes_what_is_attended_to_is_no_native_pass(bench: Bench, family: str, changes: dict[str, Any]):
    folder = bench.fresh() / "model"
    shutil.copytree(bench.family(family), folder)
    said = refusal(spoil(folder, **changes))
    assert "other logits for a pass with our mask" in said or "recurrent layers (linear_attention)" in said
