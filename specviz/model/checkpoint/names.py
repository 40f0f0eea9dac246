"""The weights of a native pass by their usual names: all there, each of its shape, none left over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from specviz.errors import UnexpectedValueError
from specviz.model.checkpoint.fields import UnsupportedModelError
from specviz.model.checkpoint.headers import FLOATS, Entry
from specviz.model.checkpoint.weights import Weights
from specviz.model.config import ModelConfig

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
_BODY = re.compile(r"(?:model\.)*((?:embed_tokens|layers|norm)\..+)")
_HEAD = re.compile(r"(?:model\.)*(lm_head\..+)")
_LAYER = re.compile(r"\.(?:layers|h|blocks?)\.(\d+)\.")
HARMLESS = re.compile(r"rotary_emb\.|(^|\.)position_ids$|^(model\.)?(mtp|visual|vision_tower|vision_model|multi_modal_projector|audio_tower)\.")
"""What no pass over text asks for and many files hold: tables of positions, heads for training, the eyes of a model that also sees."""
_FIT = "config.json does not fit the weights; take both from one place"


class NativeWeights:
    """The weights of a native pass, checked against its shape from the headers alone.

    Raises:
        UnexpectedValueError: when one is missing, of another shape, no floating-point number, or one that nothing asks for, with its name.
    """

    def __init__(self, config: ModelConfig, weights: Weights, where: str) -> None:
        self.config = config
        self.weights = weights
        self._stored = stored_names(weights.entries, where)
        _check(config, {name: weights.entries[stored] for name, stored in self._stored.items()}, where)
        if config.tied_head and EMBEDDING not in self._stored:
            self._stored[EMBEDDING] = self._stored.pop(HEAD)  # a tied model may be stored by either of the two

    def get(self, name: str) -> Tensor | None:
        """The weight of this name, or None."""
        stored = self._stored.get(name)
        return None if stored is None else self.weights.get(stored)

    def settled(self) -> ModelConfig:
        """The shape with the last question answered: a head that differs from the embedding is kept, whatever the file says of being tied."""
        if not self.config.tied_head or HEAD not in self._stored:
            return self.config
        head, embedding = self.get(HEAD), self.get(EMBEDDING)
        assert head is not None and embedding is not None  # noqa: S101, PT018  both are among the stored names
        return self.config if head.dtype == embedding.dtype and torch.equal(head, embedding) else replace(self.config, tied_head=False)


def stored_names(names: Iterable[str], where: str) -> dict[str, str]:
    """Usual names to those in the file: base models are stored without ``model.``, some wrappers put one too many."""
    found: dict[str, str] = {}
    for stored in names:
        body, head = _BODY.fullmatch(stored), _HEAD.fullmatch(stored)
        usual = f"model.{body[1]}" if body else head[1] if head else stored
        if usual in found:
            raise UnexpectedValueError(f"the weight {usual!r} of {where} once", f"both {found[usual]!r} and {stored!r}", "remove one of them")
        found[usual] = stored
    return found


def refuse_layers_beyond(names: Iterable[str], layers: int, where: str) -> None:
    """Refuse a file with more layers than the configuration counts: without them it is another model."""
    most = max((int(match[1]) + 1 for name in names if not HARMLESS.search(name) and (match := _LAYER.search(f".{name}"))), default=0)
    if most > layers:
        raise UnsupportedModelError(f"num_hidden_layers of {where} to count all layers", f"{layers}, and weights of {most}", _FIT)


def tensor_shapes(c: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every weight of a model of this configuration by its Hugging Face name."""
    layers = {f"model.layers.{i}.{name}": shape for i in range(c.layers) for name, shape in _layer_shapes(c).items()}
    head = {} if c.tied_head else {HEAD: (c.vocab, c.width)}
    return {EMBEDDING: (c.vocab, c.width)} | layers | {"model.norm.weight": (c.width,)} | head


def _layer_shapes(c: ModelConfig) -> dict[str, tuple[int, ...]]:
    queries, keys = c.heads * c.head_width, c.kv_heads * c.head_width
    products = {f"self_attn.{name}_proj": (rows, c.width) for name, rows in (("q", queries), ("k", keys), ("v", keys))}
    products |= {"self_attn.o_proj": (c.width, queries)}
    products |= {"mlp.gate_proj": (c.hidden, c.width), "mlp.up_proj": (c.hidden, c.width), "mlp.down_proj": (c.width, c.hidden)}
    biased = [f"self_attn.{name}_proj" for name in c.attention_biases] + [name for name in products if c.mlp_bias and name.startswith("mlp.")]
    head_norms = {f"self_attn.{name}_norm.weight": (c.head_width,) for name in "qk" if c.family == "qwen3"}
    return {
        "input_layernorm.weight": (c.width,),
        "post_attention_layernorm.weight": (c.width,),
        **{f"{name}.weight": shape for name, shape in products.items()},
        **{f"{name}.bias": products[name][:1] for name in biased},
        **head_norms,
    }


def _check(config: ModelConfig, entries: Mapping[str, Entry], where: str) -> None:
    refuse_layers_beyond(entries, config.layers, where)
    _refuse_layers_without_weights(entries, config.layers, where)
    wanted = tensor_shapes(config)
    if config.tied_head:
        wanted[HEAD] = wanted[EMBEDDING]
    for name, shape in wanted.items():
        entry = entries.get(name)
        if entry is None:
            _refuse_missing(name, entries, config, where)
        elif entry.shape != shape:
            raise UnexpectedValueError(f"the weight {name!r} of {where} in shape {shape}", f"{entry.shape}", _FIT)
        elif entry.dtype not in FLOATS:
            raise UnsupportedModelError(f"floating-point numbers for {name!r} of {where}", entry.dtype, "use the original, unquantised checkpoint")
    _refuse_unasked([name for name in entries if name not in wanted and not HARMLESS.search(name)], where)


def _refuse_layers_without_weights(entries: Mapping[str, Entry], layers: int, where: str) -> None:
    """Before a list of all is made: a count may be anything."""
    if layers > len(entries):
        raise UnexpectedValueError(f"weights for all {layers} layers of {where}", f"{len(entries)} weights in all", _FIT)


def _refuse_missing(name: str, entries: Mapping[str, Entry], config: ModelConfig, where: str) -> None:
    twin = {EMBEDDING: HEAD, HEAD: EMBEDDING}.get(name)
    if not (config.tied_head and twin in entries):
        raise UnexpectedValueError(f"the weight {name!r} of {where}", "none", "is the download complete, and does config.json fit it?")


def _refuse_unasked(names: list[str], where: str) -> None:
    if names:
        some = ", ".join(sorted(names)[:3]) + (" and more" if len(names) > 3 else "")
        raise UnsupportedModelError(
            f"no weights in {where} but those its config.json asks for",
            f"{len(names)} others ({some})",
            "without them it may be another model; " + _FIT,
        )
