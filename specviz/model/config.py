"""The shape of a checkpoint, read from its ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specviz.errors import MissingFileError
from specviz.model.checkpoint.fields import Fields, UnsupportedModelError
from specviz.model.checkpoint.files import file_of, folder_name, is_there, read_json_file
from specviz.model.checkpoint.rotary import rotary_settings

FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "smollm3")
"""Model types whose layers are RMSNorm, rotary positions, grouped keys and SwiGLU, and nothing else."""
_KEY_HEADS = {"mistral": 8, "qwen2": 32, "qwen3": 32, "smollm3": 4}
"""Key heads of families that have a number of their own where a file leaves it out."""


class NotNativeError(UnsupportedModelError):
    """A checkpoint whose forward pass is not the native one; ``reason`` says why in a few words. Transformers may know it."""

    def __init__(self, reason: str, where: str) -> None:
        super().__init__(f"a plain Llama-style checkpoint ({', '.join(FAMILIES)}) in {where}", reason, "load it with load_pair")
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
        rope: the checkpoint's rotary settings, as :func:`rotary_settings` gives them.
        end_tokens: ids that end a text.
        attention_biases: projections of attention that add a bias.
        mlp_bias: whether those of the MLP do.
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
    attention_biases: tuple[str, ...] = ()
    mlp_bias: bool = False


def read_config(folder: Path) -> ModelConfig:
    """Read ``config.json`` (and the end tokens of ``generation_config.json``) of a checkpoint folder.

    Raises:
        FileNotFoundError: when the folder holds no ``config.json``.
        NotNativeError: when the architecture is not Llama-style, or has a setting that the native pass does not know.
        UnsupportedModelError: when it is quantised, or a size is missing or none.
    """
    return native_config(read_json(folder), file_of(folder / "config.json"), read_generation(folder))


def read_json(folder: Path) -> dict[str, Any]:
    """``config.json`` as it stands.

    Raises:
        FileNotFoundError: when there is none.
        UnsupportedModelError: when the weights are quantised: no pass here multiplies with them.
    """
    if not is_there(folder / "config.json"):
        raise MissingFileError(
            f"a Hugging Face checkpoint (config.json) in {folder_name(folder)!r}", "none", "give the folder that save_pretrained wrote"
        )
    raw = read_json_file(folder / "config.json")
    quantised = raw.get("quantization_config")
    if quantised is not None:
        method = quantised.get("quant_method", "unknown") if isinstance(quantised, dict) else "unknown"
        raise UnsupportedModelError(
            f"unquantised weights in {folder_name(folder)!r}", f"quantization_config with method {method!r}", "use the original checkpoint"
        )
    return raw


def read_generation(folder: Path) -> Fields:
    """``generation_config.json``, which may be missing."""
    path = folder / "generation_config.json"
    return Fields(read_json_file(path) if is_there(path) else {}, file_of(path))


def native_config(raw: Mapping[str, Any], where: str, generation: Fields) -> ModelConfig:
    """The shape of a native pass.

    Args:
        raw: the entries of a ``config.json``, or what stands for one.
        where: how errors name it.
        generation: the entries of a ``generation_config.json``.

    Raises:
        NotNativeError: when the architecture is not Llama-style, or has a setting that the native pass does not know.
        UnsupportedModelError: when a setting is missing or makes no sense.
    """
    family = raw.get("model_type")
    if family not in FAMILIES:
        raise NotNativeError(f"model_type {family!r}", where)
    config = Fields(raw, where)
    _refuse_what_is_not_native(raw, family, where)
    heads, context, window = config.size("num_attention_heads"), config.size("max_position_embeddings"), _window(config, family)
    rope = rotary_settings(config, family, context)
    if isinstance(rope, str):
        raise NotNativeError(rope, where)
    width = config.size("hidden_size")
    return ModelConfig(
        family=family,
        vocab=config.size("vocab_size"),
        width=width,
        hidden=config.size("intermediate_size"),
        layers=config.size("num_hidden_layers"),
        heads=heads,
        kv_heads=_key_heads(config, family, heads),
        head_width=_head_width(config, family, width, heads),
        context=min(context, window or context),
        norm_eps=config.number("rms_norm_eps", above=0),
        tied_head=config.flag("tie_word_embeddings", default=family == "smollm3"),  # that family leaves out its default
        rope=rope,
        end_tokens=end_tokens(config, generation),
        limit=window_limit("sliding_window", window) if window and window < context else "",
        attention_biases=_attention_biases(config, family),
        mlp_bias=family in {"llama", "smollm3"} and config.flag("mlp_bias", default=False),
    )


def _key_heads(config: Fields, family: str, heads: int) -> int:
    found = config.optional_size("num_key_value_heads", _KEY_HEADS.get(family, heads)) or heads
    if heads % found:
        config.refuse("num_key_value_heads", f"as a divisor of the {heads} attention heads", found)
    return found


def _head_width(config: Fields, family: str, width: int, heads: int) -> int:
    found = config.optional_size("head_dim", 128 if family == "qwen3" else None)
    if found is None and width % heads:
        config.refuse("hidden_size", f"as a multiple of the {heads} attention heads, where head_dim is not given", width)
    found = found or width // heads
    if found % 2:
        config.refuse("head_dim", "as an even number, for rotary positions turn pairs", found)
    return found


def _attention_biases(config: Fields, family: str) -> tuple[str, ...]:
    if family in {"mistral", "qwen2"}:  # these two do not ask the file
        return ("q", "k", "v") if family == "qwen2" else ()
    return ("q", "k", "v", "o") if config.flag("attention_bias", default=False) else ()


def window_limit(name: str, size: int) -> str:
    """Why a model whose layers look back no further than ``size`` positions is run up to there: until then they see everything."""
    return f"its {name} of {size}, past which what it sees is not implemented"


def _window(config: Fields, family: str) -> int | None:
    """How far some layer looks back, where that is limited; mistral's default, when the file leaves it out, is 4096."""
    has_window = family == "mistral" or config.flag("use_sliding_window", default=False)
    return config.optional_size("sliding_window", None if family == "smollm3" else 4096) if has_window else None


def _refuse_what_is_not_native(raw: Mapping[str, Any], family: str, where: str) -> None:
    """Better no answer than a wrong one: settings that would change the logits are refused by name."""
    if raw.get("hidden_act", "silu") != "silu":
        raise NotNativeError(f"hidden_act {raw['hidden_act']!r}", where)
    if raw.get("is_causal", True) is not True:
        raise NotNativeError(f"is_causal {raw['is_causal']!r}", where)
    kinds = raw.get("layer_types") or ()
    if not isinstance(kinds, list | tuple) or any(kind not in ("full_attention", "sliding_attention") for kind in kinds):
        raise NotNativeError("layer_types of other kinds than full and sliding attention", where)
    # SmolLM3 leaves rotary positions out of every fourth layer unless it says otherwise
    layers = raw.get("no_rope_layers") or ((0,) if family == "smollm3" else ())
    if not isinstance(layers, list | tuple) or any(layer != 1 for layer in layers):
        raise NotNativeError("no_rope_layers", where)


def end_tokens(config: Fields, generation: Fields) -> tuple[int, ...]:
    """Ids that end a text: those of ``generation_config.json``, else those of the configuration."""
    asked = generation.ids("eos_token_id")
    return (config.ids("eos_token_id") if asked is None else asked) or ()
