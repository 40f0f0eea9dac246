"""Rotary settings as checkpoints spell them, under one set of names, checked: what :mod:`specviz.model.rope` makes its table from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specviz.model.checkpoint.fields import Fields

_THETAS = {"smollm3": 2_000_000.0}
"""The base of families that have another than 10 000 where a file leaves it out."""


def rotary_settings(config: Fields, family: str, context: int) -> dict[str, Any] | str:
    """The settings of a native pass, or why it has to be transformers' pass.

    Of two spellings in one file ``rope_scaling`` counts, as in transformers: people add it by hand, as model cards tell them to.

    Args:
        config: the whole configuration.
        family: its ``model_type``.
        context: positions the model was made for.
    """
    raw = dict(config.table("rope_scaling") or config.table("rope_parameters") or {})
    if any(isinstance(value, dict) for value in raw.values()):
        return "rope_parameters of several kinds of layers"
    raw.setdefault("rope_theta", config.raw.get("rope_theta", _THETAS.get(family, 10_000.0)))
    raw.setdefault("rope_type", raw.get("type", "default"))
    for part in (raw, config.raw):
        if part.get("partial_rotary_factor") not in (None, 1):
            return f"partial_rotary_factor {part['partial_rotary_factor']!r}"
    kind = raw["rope_type"]
    if not isinstance(kind, str) or kind not in _READERS:
        return f"rope_type {kind!r}"
    if kind in {"llama3", "yarn"}:
        raw.setdefault("original_max_position_embeddings", context)
        if "original_max_position_embeddings" in config.raw:  # beside the settings it goes before the one among them
            raw["original_max_position_embeddings"] = config.raw["original_max_position_embeddings"]
    fields = Fields(raw, f"the rotary settings of {config.where}")
    return {"rope_type": kind, "rope_theta": fields.number("rope_theta", above=0)} | _READERS[kind](fields, context)


def _default(_: Fields, __: int) -> dict[str, Any]:
    return {}


def _linear(fields: Fields, _: int) -> dict[str, Any]:
    return {"factor": fields.number("factor", above=0)}


def _llama3(fields: Fields, _: int) -> dict[str, Any]:
    settings = {name: fields.number(name, above=0) for name in ("factor", "low_freq_factor", "high_freq_factor")}
    if settings["low_freq_factor"] == settings["high_freq_factor"]:
        fields.refuse("high_freq_factor", "other than low_freq_factor", settings["high_freq_factor"])
    return settings | {"original_max_position_embeddings": fields.size("original_max_position_embeddings")}


def _yarn(fields: Fields, context: int) -> dict[str, Any]:
    original = fields.size("original_max_position_embeddings")
    if "factor" not in fields.raw:
        fields.number("factor")  # there is no default; null means the ratio of the two lengths
    if fields.number("rope_theta") == 1:
        fields.refuse("rope_theta", "other than 1", 1)
    return {
        "original_max_position_embeddings": original,
        "factor": fields.optional_number("factor", above=0) or context / original,
        "attention_factor": fields.optional_number("attention_factor"),
        "beta_fast": _unless_zero(fields, "beta_fast", 32.0),
        "beta_slow": _unless_zero(fields, "beta_slow", 1.0),
        "mscale": fields.optional_number("mscale"),
        "mscale_all_dim": fields.optional_number("mscale_all_dim"),
        "truncate": fields.flag("truncate", default=True),
    }


def _unless_zero(fields: Fields, key: str, default: float) -> float:
    return fields.number(key, above=0) if fields.raw.get(key) else default


_READERS: dict[str, Callable[[Fields, int], dict[str, Any]]] = {"default": _default, "linear": _linear, "llama3": _llama3, "yarn": _yarn}
