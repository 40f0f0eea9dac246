"""The shape of a checkpoint, read from its ``config.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "smollm3")
"""Model types whose layers are RMSNorm, rotary positions, grouped keys and SwiGLU, and nothing else."""


class UnsupportedModelError(ValueError):
    """A checkpoint whose forward pass is not the one implemented here."""


@dataclass(frozen=True)
class ModelConfig:
    """What the forward pass needs to know.

    Attributes:
        family: the checkpoint's ``model_type``.
        vocab, width, hidden, layers: sizes V, D, the MLP's inner width, L.
        heads, kv_heads, head_width: query heads H, key/value heads, width of one head.
        context: positions the model was made for.
        rope: the checkpoint's rotary settings (``rope_type``, ``rope_theta``, scaling factors).
        end_tokens: ids that end a text.
    """

    family: str
    vocab: int
    width: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    context: int
    norm_eps: float
    tied_head: bool
    rope: dict[str, Any] = field(default_factory=dict)
    end_tokens: tuple[int, ...] = ()


def read_config(folder: Path) -> ModelConfig:
    """Read ``config.json`` (and the end tokens of ``generation_config.json``) of a checkpoint folder.

    Raises:
        FileNotFoundError: when the folder holds no ``config.json``.
        UnsupportedModelError: when the architecture is not Llama-style, or a size is missing.
    """
    path = folder / "config.json"
    if not path.exists():
        raise FileNotFoundError(
            f"expected a Hugging Face checkpoint (config.json) in {folder}, found none; give the folder that save_pretrained wrote"
        )
    raw = json.loads(path.read_text())
    family = raw.get("model_type")
    if family not in FAMILIES:
        raise UnsupportedModelError(f"expected a Llama-style checkpoint ({', '.join(FAMILIES)}) in {folder.name!r}, got model_type {family!r}")
    try:
        _refuse_what_is_not_implemented(raw, folder)
        return _model_config(raw, folder)
    except KeyError as missing:
        raise UnsupportedModelError(f"expected {missing} in config.json of {folder.name!r}, found none; is the file complete?") from None


def _model_config(raw: dict[str, Any], folder: Path) -> ModelConfig:
    heads = raw["num_attention_heads"]
    return ModelConfig(
        family=raw["model_type"],
        vocab=raw["vocab_size"],
        width=raw["hidden_size"],
        hidden=raw["intermediate_size"],
        layers=raw["num_hidden_layers"],
        heads=heads,
        kv_heads=raw.get("num_key_value_heads") or heads,
        head_width=raw.get("head_dim") or raw["hidden_size"] // heads,
        context=raw["max_position_embeddings"],
        norm_eps=raw["rms_norm_eps"],
        tied_head=raw.get("tie_word_embeddings", raw["model_type"] == "smollm3"),  # that family leaves out its default
        rope=_rope(raw),
        end_tokens=_end_tokens(raw, folder),
    )


def _refuse_what_is_not_implemented(raw: dict[str, Any], folder: Path) -> None:
    """Better no answer than a wrong one: settings that would change the logits are refused by name."""
    refused = {
        "hidden_act": raw.get("hidden_act", "silu") != "silu",
        "use_sliding_window": bool(raw.get("use_sliding_window")),
        "sliding_window": raw["model_type"] == "mistral" and (raw.get("sliding_window") or 1 << 60) < raw["max_position_embeddings"],
        # SmolLM3 leaves rotary positions out of every fourth layer unless it says otherwise
        "no_rope_layers": 0 in (raw.get("no_rope_layers") or ((0,) if raw["model_type"] == "smollm3" else ())),
        "quantization_config": raw.get("quantization_config") is not None,
    }
    for name in (name for name, is_refused in refused.items() if is_refused):
        raise UnsupportedModelError(
            f"expected no {name} beyond plain attention in {folder.name!r}, got {raw.get(name)!r}; use an unquantised full-attention one"
        )


def _rope(raw: dict[str, Any]) -> dict[str, Any]:
    """Rotary settings under one set of names; older checkpoints keep them in ``rope_theta`` and ``rope_scaling``."""
    rope = dict(raw.get("rope_parameters") or raw.get("rope_scaling") or {})
    rope.setdefault("rope_theta", raw.get("rope_theta", 10000.0))
    rope["rope_type"] = rope.get("rope_type") or rope.pop("type", None) or "default"
    return rope


def _end_tokens(raw: dict[str, Any], folder: Path) -> tuple[int, ...]:
    generation = folder / "generation_config.json"
    end = json.loads(generation.read_text()).get("eos_token_id") if generation.exists() else None
    end = raw.get("eos_token_id") if end is None else end
    if end is None:
        return ()
    return tuple(end) if isinstance(end, list) else (end,)
