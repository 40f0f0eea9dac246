"""The shape of any causal model that ``transformers`` knows, and whether it can be decoded speculatively at all."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoConfig, PretrainedConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from specviz.errors import foreign, shown, words
from specviz.model.checkpoint.fields import Fields, UnsupportedModelError
from specviz.model.checkpoint.files import file_of, folder_name
from specviz.model.config import ModelConfig, end_tokens, read_generation, read_json, window_limit

_ATTENTION = {"full_attention", "sliding_attention", "chunked_attention"}
"""Kinds of layers that remember every position by itself, so that some can be forgotten; others carry a state, or sum positions up."""

_RECURRENT = {"linear_attention", "mamba", "mamba2", "conv", "recurrent", "hybrid"}
"""Those of the others that carry a state from token to token."""


def read_any_config(folder: Path) -> ModelConfig:
    """The shape of a checkpoint that ``transformers`` knows.

    Raises:
        UnsupportedModelError: when it does not know it, or its memory cannot be rolled back, or it cannot be told positions.
    """
    raw = read_json(folder)
    try:
        whole = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # transformers, and the checks of its configurations, raise what they like
        raise _unknown(raw, folder, error) from error
    return any_config(whole, file_of(folder / "config.json"), read_generation(folder))


def any_config(whole: PretrainedConfig, where: str, generation: Fields) -> ModelConfig:
    """The shape that a configuration of ``transformers`` describes.

    Args:
        whole: the configuration.
        where: how errors name it.
        generation: the entries of its ``generation_config.json``.

    Raises:
        UnsupportedModelError: when its memory cannot be rolled back, it cannot be told positions, or a size makes no sense.
    """
    with foreign(f"sizes that transformers understands in {where}", "correct it, or download the file again", into=UnsupportedModelError):
        text = whole.get_text_config(decoder=True)
        _refuse_what_cannot_roll_back(whole, text, where)
        _refuse_unknown_positions(text, where)
        heads = _first(text, "num_attention_heads")
        context, limit = _context(text, where)
        config = ModelConfig(
            family=whole.model_type,
            vocab=text.vocab_size,
            width=text.hidden_size,
            hidden=_first(text, "intermediate_size", "ffn_dim", "ffn_hidden_size", "n_inner") or 4 * text.hidden_size,
            layers=text.num_hidden_layers,
            heads=heads,
            kv_heads=_kv_heads(text),
            head_width=_first(text, "qk_head_dim", "head_dim") or text.hidden_size // heads,
            context=context,
            norm_eps=_first(text, "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon") or 0.0,
            tied_head=bool(getattr(text, "tie_word_embeddings", False)),
            end_tokens=end_tokens(Fields({"eos_token_id": getattr(text, "eos_token_id", None)}, where), generation),
            limit=limit,
        )
        _refuse_no_sizes(config, where)
    return config


def _unknown(raw: Mapping[str, Any], folder: Path, error: Exception) -> UnsupportedModelError:
    """Either the family is not known, or it is and an entry is wrong; then transformers has said which."""
    kind = raw.get("model_type")
    if isinstance(kind, str) and kind in CONFIG_MAPPING:
        wanted, got = f"a configuration that transformers {transformers.__version__} takes in {file_of(folder / 'config.json')}", words(error)
        return UnsupportedModelError(wanted, got.replace(str(folder), folder_name(folder)), "correct it, or download the file again")
    return UnsupportedModelError(
        f"a model_type that transformers {transformers.__version__} knows in {folder_name(folder)!r}",
        shown(kind),
        "code that comes with a checkpoint is never run; take a newer transformers or another model",
    )


def _refuse_no_sizes(config: ModelConfig, where: str) -> None:
    for name in ("vocab", "width", "hidden", "layers", "heads", "kv_heads", "head_width", "context"):
        size = getattr(config, name)
        if type(size) is not int or size < 1:
            raise UnsupportedModelError(f"sizes of at least 1 in {where}", f"{shown(size)} for {name.replace('_', ' ')}", "correct it")


def _first(config: PretrainedConfig, *names: str) -> Any:  # noqa: ANN401  sizes and small numbers
    """The first of these settings that is there and not empty."""
    return next((value for value in (_largest(config, name) for name in names) if value), None)


def _largest(config: PretrainedConfig, name: str) -> Any:  # noqa: ANN401  likewise
    """A setting, or of one that differs from layer to layer the largest: our sizes are for reckoning memory, the pass is transformers'."""
    if name not in (getattr(config, "per_layer_attributes", None) or ()):
        return getattr(config, name, None)
    return max((value for layer in config.per_layer_config if (value := getattr(layer, name, None)) is not None), default=None)


def _kv_heads(config: PretrainedConfig) -> int:
    """Heads whose keys are remembered: one where a family says so in words; Falcon's newer form copies its few to all before it remembers them."""
    if getattr(config, "new_decoder_architecture", False):
        return int(_first(config, "num_attention_heads"))
    if getattr(config, "multi_query", False):
        return 1
    return int(_first(config, "num_key_value_heads", "num_kv_heads", "num_attention_heads"))


def _refuse_what_cannot_roll_back(whole: PretrainedConfig, text: PretrainedConfig, where: str) -> None:
    kind: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(whole), None)
    states = sorted({str(layer) for layer in getattr(text, "layer_types", None) or ()} - _ATTENTION)
    if whole.is_encoder_decoder:
        wrong = "an encoder and a decoder", "a decoder alone continues a text"
    elif kind is None:
        wrong = "no causal head in transformers", "speculative decoding continues a text"
    elif states or getattr(kind, "_is_stateful", False):
        wrong = _what_else_remembers(states), "what they remember cannot be taken back when a drafted token is rejected"
    elif getattr(text, "alibi", False) or "position_ids" not in inspect.signature(kind.forward).parameters:
        wrong = "positions taken from the place in memory", "in a draft tree several tokens share a position"
    else:
        return
    raise UnsupportedModelError(
        f"a causal model that remembers by attention alone in {where}",
        f"model_type {whole.model_type!r} with {wrong[0]}",
        f"{wrong[1]}; choose another model",
    )


def _refuse_unknown_positions(text: PretrainedConfig, where: str) -> None:
    kinds = ["default", *ROPE_INIT_FUNCTIONS]
    for rope in _ropes(text):
        kind = rope.get("rope_type", "default")
        if kind not in kinds:
            do = "correct it (su is called longrope by now), or choose another model"
            raise UnsupportedModelError(
                f"a rope_type that transformers {transformers.__version__} knows ({', '.join(kinds)}) in {where}", shown(kind), do
            )


def _what_else_remembers(kinds: Sequence[str]) -> str:
    recurrent = [kind for kind in kinds if kind in _RECURRENT]
    if recurrent or not kinds:
        return f"recurrent layers ({', '.join(recurrent) or 'a state'})"
    return f"layers of another kind than attention over every position ({', '.join(kinds)})"


def _context(config: PretrainedConfig, where: str) -> tuple[int, str]:
    """How many positions a model may fill, and what limits it below those it was made for."""
    made_for = _first(config, "max_position_embeddings")
    if made_for is None:
        raise UnsupportedModelError(f"max_position_embeddings in {where}", "none", "choose another model")
    limits = {size: window_limit(name, size) for name, size in _windows(config).items()}
    for rope in _ropes(config):
        if rope.get("rope_type") in {"dynamic", "longrope"} and rope.get("original_max_position_embeddings"):
            size = int(rope["original_max_position_embeddings"])
            limits[size] = f"its {rope['rope_type']} positions, which past {size} turn what is remembered already"
    least = min(limits, default=made_for)
    return (least, limits[least]) if least < made_for else (made_for, "")


def _windows(config: PretrainedConfig) -> dict[str, int]:
    """Settings that limit how far a layer looks back; each family has its own name for it."""
    sizes = {name: value for name, value in config.to_dict().items() if "window" in name or "attention_chunk" in name}
    return {name: size for name, size in sizes.items() if type(size) is int and size > 0 and "layer" not in name and "pattern" not in name}


def _ropes(config: PretrainedConfig) -> list[dict[str, Any]]:
    """The rotary settings; some families have one set for each kind of layer."""
    rope = getattr(config, "rope_parameters", None) or {}
    nested = [part for part in rope.values() if isinstance(part, dict)]
    return nested or [rope]
