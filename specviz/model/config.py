"""The shape of a checkpoint, read from its ``config.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "smollm3")
"""Model types whose layers are RMSNorm, rotary positions, grouped keys and SwiGLU, and nothing else."""


NATIVE_ROPE = ("default", "linear", "llama3", "yarn")
"""Rotary scalings that :mod:`specviz.model.rope` implements."""


class UnsupportedModelError(ValueError):
    """A checkpoint that cannot be run here without the risk of a wrong answer."""


class NotNativeError(UnsupportedModelError):
    """A checkpoint whose forward pass is not the native one; ``reason`` says why in a few words. Transformers may know it."""

    def __init__(self, reason: str, folder: Path) -> None:
        super().__init__(f"expected a plain Llama-style checkpoint ({', '.join(FAMILIES)}) in {folder.name!r}, got {reason}; load it with load_pair")
        self.reason = reason


@dataclass(frozen=True)
class ModelConfig:
    """What the forward pass needs to know.

    Attributes:
        family: the checkpoint's ``model_type``.
        vocab, width, hidden, layers: sizes V, D, the MLP's inner width, L.
        heads, kv_heads, head_width: query heads H, key/value heads, width of one head.
        context: positions the model was made for, or fewer where it is only right up to there.
        limit: what makes them fewer; empty where nothing does.
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
    limit: str = ""


def read_config(folder: Path) -> ModelConfig:
    """Read ``config.json`` (and the end tokens of ``generation_config.json``) of a checkpoint folder.

    Raises:
        FileNotFoundError: when the folder holds no ``config.json``.
        NotNativeError: when the architecture is not Llama-style, or has a setting that the native pass does not know.
        UnsupportedModelError: when it is quantised, or a size is missing.
    """
    raw = read_json(folder)
    if raw.get("model_type") not in FAMILIES:
        raise NotNativeError(f"model_type {raw.get('model_type')!r}", folder)
    try:
        _refuse_what_is_not_native(raw, folder)
        return _model_config(raw, folder)
    except KeyError as missing:
        raise UnsupportedModelError(f"expected {missing} in config.json of {folder.name!r}, found none; is the file complete?") from None


def read_json(folder: Path) -> dict[str, Any]:
    """``config.json`` as it stands.

    Raises:
        FileNotFoundError: when there is none.
        UnsupportedModelError: when the weights are quantised: no pass here multiplies with them.
    """
    path = folder / "config.json"
    if not path.exists():
        raise FileNotFoundError(
            f"expected a Hugging Face checkpoint (config.json) in {folder}, found none; give the folder that save_pretrained wrote"
        )
    raw: dict[str, Any] = json.loads(path.read_text())
    if raw.get("quantization_config") is not None:
        method = raw["quantization_config"].get("quant_method", "unknown")
        raise UnsupportedModelError(
            f"expected unquantised weights in {folder.name!r}, got quantization_config with method {method!r}; use the original checkpoint"
        )
    return raw


def _model_config(raw: dict[str, Any], folder: Path) -> ModelConfig:
    heads = raw["num_attention_heads"]
    context, window = raw["max_position_embeddings"], _window(raw)
    return ModelConfig(
        family=raw["model_type"],
        vocab=raw["vocab_size"],
        width=raw["hidden_size"],
        hidden=raw["intermediate_size"],
        layers=raw["num_hidden_layers"],
        heads=heads,
        kv_heads=raw.get("num_key_value_heads") or heads,
        head_width=raw.get("head_dim") or raw["hidden_size"] // heads,
        context=min(context, window or context),
        norm_eps=raw["rms_norm_eps"],
        tied_head=raw.get("tie_word_embeddings", raw["model_type"] == "smollm3"),  # that family leaves out its default
        rope=_rope(raw),
        end_tokens=end_tokens(raw.get("eos_token_id"), folder),
        limit=window_limit("sliding_window", window) if window and window < context else "",
    )


def window_limit(name: str, size: int) -> str:
    """Why a model whose layers look back no further than ``size`` positions is run up to there: until then they see everything."""
    return f"its {name} of {size}, past which what it sees is not implemented"


def _window(raw: dict[str, Any]) -> int | None:
    """How far some layer looks back, where that is limited; mistral's default, when the file leaves it out, is 4096."""
    has_window = raw["model_type"] == "mistral" or raw.get("use_sliding_window")
    window: int | None = raw.get("sliding_window", 4096) if has_window else None
    return window


def _refuse_what_is_not_native(raw: dict[str, Any], folder: Path) -> None:
    """Better no answer than a wrong one: settings that would change the logits are refused by name."""
    rope = _rope(raw)
    refused = {
        "hidden_act": raw.get("hidden_act", "silu") != "silu",
        # SmolLM3 leaves rotary positions out of every fourth layer unless it says otherwise
        "no_rope_layers": 0 in (raw.get("no_rope_layers") or ((0,) if raw["model_type"] == "smollm3" else ())),
        "rope_type": rope["rope_type"] not in NATIVE_ROPE,
        "mscale": any(rope.get(name) for name in ("mscale", "mscale_all_dim")),
    }
    for name in (name for name, is_refused in refused.items() if is_refused):
        value = rope.get(name, raw.get(name))
        raise NotNativeError(name if isinstance(value, list) else f"{name} {value!r}", folder)  # a list has an entry for every layer


def _rope(raw: dict[str, Any]) -> dict[str, Any]:
    """Rotary settings under one set of names; older checkpoints keep them in ``rope_theta`` and ``rope_scaling``."""
    rope = dict(raw.get("rope_parameters") or raw.get("rope_scaling") or {})
    rope.setdefault("rope_theta", raw.get("rope_theta", 10000.0))
    rope["rope_type"] = rope.get("rope_type") or rope.pop("type", None) or "default"
    return rope


def end_tokens(configured: int | list[int] | None, folder: Path) -> tuple[int, ...]:
    """Ids that end a text: those of ``generation_config.json``, else those ``configured`` with the model."""
    generation = folder / "generation_config.json"
    end = json.loads(generation.read_text()).get("eos_token_id") if generation.exists() else None
    end = configured if end is None else end
    if end is None:
        return ()
    return tuple(end) if isinstance(end, list) else (end,)
