"""GGUF files of the native families: settings and names turned into Hugging Face's, weights dequantised one by one as they are asked for."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf.quants import dequantize
from torch import Tensor

from specviz.errors import UnexpectedValueError, foreign, shown
from specviz.model.checkpoint.fields import Fields, UnsupportedModelError
from specviz.model.checkpoint.gguf_file import GgufFile, StoredTensor, read_gguf
from specviz.model.checkpoint.gguf_tokenizer import gguf_tokenizer
from specviz.model.checkpoint.headers import Entry
from specviz.model.checkpoint.names import NativeWeights
from specviz.model.config import ModelConfig, native_config
from specviz.model.distribution.defaults import GenerationDefaults
from specviz.model.loader import Checkpoint

ARCHITECTURES = ("llama", "mistral", "qwen2", "qwen3")
_SIZES = {
    "context_length": "max_position_embeddings",
    "block_count": "num_hidden_layers",
    "feed_forward_length": "intermediate_size",
    "embedding_length": "hidden_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "attention.key_length": "head_dim",
    "vocab_size": "vocab_size",
}
_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NOT_NATIVE = {
    "attention.scale",
    "attention.clamp_kqv",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "logit_scale",
    "residual_scale",
    "embedding_scale",
    "expert_count",
    "rope.scaling.yarn_attn_factor",
    "rope.scaling.yarn_ext_factor",
    "rope.scaling.yarn_log_multiplier",
}
"""Settings of other models of these families that change the logits, unless they are 0 or 1."""
_LAYER = re.compile(r"blk\.(\d+)\.(\w+)\.(weight|bias)")
_TURNS = "rope_freqs.weight"
"""Divisors of the rotary frequencies: what a scaling of Llama 3.1 becomes in this format."""
_ORIGINAL = "load the original checkpoint"
_FLOAT = "F32"  # all weights leave here as that


@dataclass(frozen=True)
class GgufCheckpoint(Checkpoint):
    """A checkpoint that is one GGUF file."""

    def tokenizer(self) -> Any:  # noqa: ANN401  a tokenizer of any class
        """The tokenizer and chat template that the file holds."""
        assert self.folder is not None  # noqa: S101  it is the file
        return gguf_tokenizer(self.folder)

    def defaults(self) -> GenerationDefaults:
        """None: the format has no place for them."""
        return GenerationDefaults(self.name)


def gguf_checkpoint(path: Path, name: str) -> GgufCheckpoint:
    """The checkpoint in a GGUF file; none of its weights is read yet.

    Raises:
        UnsupportedModelError: for a family, a setting or a quantisation that is not known here.
        UnexpectedValueError: when it is no GGUF file or was cut off, or weights are missing.
    """
    file = read_gguf(path)
    weights = GgufWeights(file)
    config = gguf_config(file, weights)
    return GgufCheckpoint(path, name, config, None, weights, NativeWeights(config, weights, file.where))


def gguf_to_folder(path: Path, folder: Path) -> Path:
    """Write a GGUF file as a folder in Hugging Face format: dequantised weights in bfloat16, configuration, tokenizer and chat template.

    Raises:
        UnsupportedModelError: likewise, and when its positions are scaled by a table, which ``config.json`` has no words for.
    """
    from safetensors.torch import save_file

    checkpoint = gguf_checkpoint(path, path.stem)
    if "divisors" in checkpoint.config.rope:
        raise UnsupportedModelError(f"rotary settings in {path.name!r} that config.json has words for", _TURNS, "load the file itself")
    assert checkpoint.native is not None  # noqa: S101  such a checkpoint always is
    weights = checkpoint.native.weights
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: weights.get(name).to(torch.bfloat16) for name in weights.entries}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    raw = raw_config(read_gguf(path))
    (folder / "config.json").write_text(json.dumps(raw | {"torch_dtype": "bfloat16"}, indent=2), encoding="utf-8")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": raw.get("eos_token_id")}), encoding="utf-8")
    checkpoint.tokenizer().save_pretrained(folder)
    return folder


class GgufWeights:
    """The tensors of a GGUF file by their Hugging Face names, float32."""

    def __init__(self, file: GgufFile) -> None:
        self._file = file
        self._stored = {usual_name(name): tensor for name, tensor in file.tensors.items() if name != _TURNS}
        self.entries = {name: Entry(file.path.name, _FLOAT, tensor.shape) for name, tensor in self._stored.items()}
        self._heads = _head_counts(file) if file.settings.get("general.architecture") in {"llama", "mistral"} else {}
        self._bytes: Any = None

    def get(self, name: str) -> Tensor:
        """One tensor, dequantised; rows of queries and keys in Hugging Face's order."""
        weight = self.numbers(self._stored[name], name)
        kind = next((kind for kind in self._heads if f".{kind}_proj." in name), None)
        return weight if kind is None else _in_halves(weight, self._heads[kind])

    def numbers(self, tensor: StoredTensor, name: str) -> Tensor:
        """The numbers of a tensor as they are stored."""
        if self._bytes is None:
            self._bytes = np.memmap(self._file.path, dtype=np.uint8, mode="r")
        stored = self._bytes[tensor.start : tensor.start + tensor.size].reshape(tensor.bytes_shape)
        do = "take a newer package gguf, or a file of another quantisation"
        with foreign(f"a quantisation of {name!r} in {self._file.where} that can be undone", do, into=UnsupportedModelError):
            return torch.from_numpy(np.array(dequantize(stored, tensor.kind), dtype=np.float32)).reshape(tensor.shape)

    def divisors(self) -> tuple[float, ...] | None:
        """The table that scales rotary frequencies, where there is one."""
        tensor = self._file.tensors.get(_TURNS)
        return None if tensor is None else tuple(self.numbers(tensor, _TURNS).flatten().tolist())

    def close(self) -> None:
        """Close the file."""
        self._bytes = None

    @cached_property
    def fingerprint(self) -> str:
        """The size of the file, and its first and last megabyte: all settings and shapes, and some of the weights."""
        digest = hashlib.sha256(str(self._file.path.stat().st_size).encode())
        with self._file.path.open("rb") as file:
            digest.update(file.read(1 << 20))
            file.seek(max(0, self._file.path.stat().st_size - (1 << 20)))
            digest.update(file.read())
        return digest.hexdigest()[:16]


def usual_name(name: str) -> str:
    """The Hugging Face name of a tensor; its own where that is not known, so that an error names it."""
    if layer := _LAYER.fullmatch(name):
        number, part, kind = layer.groups()
        return f"model.layers.{number}.{_LAYER_NAMES[part]}.{kind}" if part in _LAYER_NAMES else name
    base, _, kind = name.rpartition(".")
    return f"{_NAMES[base]}.{kind}" if base in _NAMES else name


def gguf_config(file: GgufFile, weights: GgufWeights) -> ModelConfig:
    """The shape of the model in a file."""
    config = native_config(raw_config(file), file.where, Fields({}, file.where))
    divisors = weights.divisors()
    if divisors is None:
        return config
    if config.rope["rope_type"] != "default" or len(divisors) != config.head_width // 2 or not all(0 < number < float("inf") for number in divisors):
        raise UnexpectedValueError(
            f"{_TURNS} of {file.where} as {config.head_width // 2} divisors and no other scaling", shown(divisors), "take another file"
        )
    return replace(config, rope=config.rope | {"divisors": divisors})


def raw_config(file: GgufFile) -> dict[str, Any]:
    """The settings of a file as its ``config.json`` would say them.

    Raises:
        UnsupportedModelError: for a family that is not known here, or a setting that would change the logits.
    """
    family = file.settings.get("general.architecture")
    if family not in ARCHITECTURES:
        raise UnsupportedModelError(
            f"a model of one of the families {', '.join(ARCHITECTURES)} in {file.where}",
            shown(family),
            "load the original checkpoint, as a folder or hub id",
        )
    own = {key.removeprefix(f"{family}."): value for key, value in file.settings.items() if key.startswith(f"{family}.")}
    _refuse_what_is_not_native(own, file.where)
    raw = {theirs: own[ours] for ours, theirs in _SIZES.items() if ours in own}
    if family in {"llama", "mistral"} and "rope.dimension_count" in own:
        raw.setdefault("head_dim", own["rope.dimension_count"])
    _refuse_parts_of_heads(raw, own, file.where)
    window = own.get("attention.sliding_window")
    if window:
        family, raw = ("mistral" if family == "llama" else family), raw | {"sliding_window": window, "use_sliding_window": True}
    elif family == "mistral":
        raw["sliding_window"] = None
    tokens = file.settings.get("tokenizer.ggml.tokens")
    if "vocab_size" not in raw and isinstance(tokens, list):
        raw["vocab_size"] = len(tokens)
    raw.setdefault("num_key_value_heads", raw.get("num_attention_heads"))
    ids = {f"{kind}_token_id": file.settings.get(f"tokenizer.ggml.{kind}_token_id") for kind in ("bos", "eos")}
    return {
        **raw,
        **{name: token for name, token in ids.items() if token is not None},
        "model_type": family,
        "tie_word_embeddings": "output.weight" not in file.tensors,
        "attention_bias": "blk.0.attn_output.bias" in file.tensors,
        "rope_parameters": _rotary(own, file.where),
    }


def _refuse_what_is_not_native(own: dict[str, Any], where: str) -> None:
    """Settings that would change the logits, and those that differ from layer to layer."""
    odd = [key for key in sorted(_NOT_NATIVE & own.keys()) if own[key] not in (0, 1)]
    odd += [key for key, value in own.items() if isinstance(value, list)]
    odd += [key for key in ("attention.causal",) if not own.get(key, True)]
    if odd:
        raise UnsupportedModelError(f"a plain model, all its layers alike, in {where}", f"{odd[0]} {shown(own[odd[0]])}", _ORIGINAL)


def _refuse_parts_of_heads(raw: dict[str, Any], own: dict[str, Any], where: str) -> None:
    """Positions that turn a part of each head only, and values of another width than keys, are not native."""
    widths = {raw.get("head_dim"), own.get("rope.dimension_count"), own.get("attention.value_length")} - {None}
    if len(widths) > 1:
        raise UnsupportedModelError(f"keys, values and rotary positions of one width in {where}", shown(sorted(widths, key=str)), _ORIGINAL)


def _rotary(own: dict[str, Any], where: str) -> dict[str, Any]:
    """The rotary settings in ``config.json``'s words."""
    rope = {"rope_type": own.get("rope.scaling.type", "none"), "rope_theta": own.get("rope.freq_base", 10_000.0)}
    factor = own.get("rope.scaling.factor", own.get("rope.scale_linear"))
    if "rope.scale_linear" in own and "rope.scaling.type" not in own:
        rope["rope_type"] = "linear"
    if rope["rope_type"] in {"none", ""} or not factor:
        return rope | {"rope_type": "default"}
    if rope["rope_type"] not in {"linear", "yarn"}:
        raise UnsupportedModelError(f"rotary positions scaled as linear or yarn in {where}", shown(rope["rope_type"]), _ORIGINAL)
    rope["factor"] = factor
    if rope["rope_type"] == "yarn":
        if "rope.scaling.original_context_length" in own:
            rope["original_max_position_embeddings"] = own["rope.scaling.original_context_length"]
        sharpened = own.get("rope.scaling.attn_factor", 1.0)
        if sharpened != 1.0:  # it comes on top of what the rule gives
            rope["attention_factor"] = sharpened * (0.1 * float(np.log(factor)) + 1.0 if factor > 1 else 1.0)
        for name in ("beta_fast", "beta_slow"):
            if f"rope.scaling.yarn_{name}" in own:
                rope[name] = own[f"rope.scaling.yarn_{name}"]
    return rope


def _head_counts(file: GgufFile) -> dict[str, int]:
    """Heads whose rows are stored pair by pair instead of half by half, as llama.cpp turns them."""
    fields = Fields(raw_config(file), file.where)
    return {"q": fields.size("num_attention_heads"), "k": fields.size("num_key_value_heads")}


def _in_halves(rows: Tensor, heads: int) -> Tensor:
    """Rows (0, h, 1, h + 1, …) of each head back to (0, 1, …, h, h + 1, …)."""
    if rows.shape[0] % (2 * heads):
        return rows  # the check of shapes has more to say about it
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape).contiguous()
