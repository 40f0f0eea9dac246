"""Published shapes without their weights: random models of these sizes, made on the device.

What a pass costs depends on the shape of the weights, not on their values, so costs can be measured where no checkpoint is at hand. The
values are drawn so that every model, target and draft alike, says its last token again by a wide margin (see :func:`random_tensors`): no near
tie that the rounding of another pass width could decide differently, and a target and a draft that always agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import torch
from torch import Tensor

from specviz.model.cache import KVCache
from specviz.model.config import ModelConfig, read_config
from specviz.model.hardware import Placement
from specviz.model.loader import Checkpoint, DeviceMap, Model
from specviz.model.pair import Pair
from specviz.model.text import Text
from specviz.model.transformer import Transformer

LABEL = "random weights: costs are those of the shape, the text means nothing"
_MARGIN = 25.0  # logit of the token said again; with 128 256 tokens the largest of the others is about 2
_STIR = 0.4  # what all layers together add to a token's embedding, in its own size


def _sizes(width: int, hidden: int, layers: int, heads: int, kv_heads: int) -> dict[str, Any]:
    return {
        "hidden_size": width,
        "intermediate_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
    }


def _family(model_type: str, vocab: int, context: int, theta: float, eps: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401  as JSON has it
    shared = {"model_type": model_type, "vocab_size": vocab, "max_position_embeddings": context, "rope_theta": theta, "rms_norm_eps": eps}
    return shared | {"tie_word_embeddings": False} | more


def _stretched(factor: float) -> dict[str, Any]:
    fixed = {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    return {"rope_scaling": fixed | {"factor": factor}}


_TIED = {"tie_word_embeddings": True}
_LLAMA3 = _family("llama", 128_256, 131_072, 500_000.0, 1e-5)
_QWEN3 = _family("qwen3", 151_936, 40_960, 1_000_000.0, 1e-6, head_dim=128)
_SMOLLM2 = _family("llama", 49_152, 8192, 100_000.0, 1e-5) | _TIED
_TINY = _family("llama", 4096, 4096, 10_000.0, 1e-5) | _TIED

SHAPES: dict[str, dict[str, Any]] = {
    "llama-3.1-8b": _LLAMA3 | _sizes(4096, 14336, 32, 32, 8) | _stretched(8.0),
    "llama-3.2-1b": _LLAMA3 | _sizes(2048, 8192, 16, 32, 8) | _stretched(32.0) | _TIED,
    "llama-3.2-3b": _LLAMA3 | _sizes(3072, 8192, 28, 24, 8) | _stretched(32.0) | _TIED,
    "qwen2.5-7b": _family("qwen2", 152_064, 131_072, 1_000_000.0, 1e-6) | _sizes(3584, 18944, 28, 28, 4),
    "qwen2.5-0.5b": _family("qwen2", 151_936, 32_768, 1_000_000.0, 1e-6) | _sizes(896, 4864, 24, 14, 2) | _TIED,
    "qwen3-8b": _QWEN3 | _sizes(4096, 12288, 36, 32, 8),
    "qwen3-1.7b": _QWEN3 | _sizes(2048, 6144, 28, 16, 8) | _TIED,
    "qwen3-0.6b": _QWEN3 | _sizes(1024, 3072, 28, 16, 8) | _TIED,
    "smollm2-1.7b": _SMOLLM2 | _sizes(2048, 8192, 24, 32, 32) | {"rope_theta": 130_000.0},
    "smollm2-360m": _SMOLLM2 | _sizes(960, 2560, 32, 15, 5),
    "smollm2-135m": _SMOLLM2 | _sizes(576, 1536, 30, 9, 3),
    "tinyllama-1.1b": _family("llama", 32_000, 2048, 10_000.0, 1e-5) | _sizes(2048, 5632, 22, 32, 4),
    "tiny": _TINY | _sizes(384, 1024, 8, 6, 2),
    "tiny-draft": _TINY | _sizes(128, 384, 2, 2, 1),
}
"""What the ``config.json`` of these checkpoints says (of the base models, where instructed ones differ); the tiny ones are ours, for laptops."""


class ShapeOnly(Checkpoint):
    """A checkpoint without files: a published shape, whose weights are drawn when it is loaded."""

    @cached_property
    def entries(self) -> int:
        """Numbers in all its weights, shared ones counted once."""
        return sum(map(prod, tensor_shapes(self.config).values()))

    def load(self, placement: Placement, context: int, device_map: DeviceMap | None = None) -> Model:  # noqa: ARG002  one device holds it
        """Draw the weights."""
        return RandomModel(self, placement, context)


def find_shape(name: str) -> ShapeOnly:
    """A published shape.

    Raises:
        ValueError: for a name that is not in ``SHAPES``.
    """
    if name not in SHAPES:
        raise ValueError(f"expected the name of a shape ({', '.join(SHAPES)}), got {name!r}")
    with TemporaryDirectory() as folder:  # read as any checkpoint's file is
        (Path(folder) / "config.json").write_text(json.dumps(SHAPES[name]))
        return ShapeOnly(Path(name), name, read_config(Path(folder)), why_adapted=None)


def tensor_shapes(c: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every weight of a model of this configuration by its Hugging Face name."""
    queries, keys = c.heads * c.head_width, c.kv_heads * c.head_width
    layer: dict[str, tuple[int, ...]] = {
        "input_layernorm.weight": (c.width,),
        "self_attn.q_proj.weight": (queries, c.width),
        "self_attn.k_proj.weight": (keys, c.width),
        "self_attn.v_proj.weight": (keys, c.width),
        "self_attn.o_proj.weight": (c.width, queries),
        "post_attention_layernorm.weight": (c.width,),
        "mlp.gate_proj.weight": (c.hidden, c.width),
        "mlp.up_proj.weight": (c.hidden, c.width),
        "mlp.down_proj.weight": (c.width, c.hidden),
    }
    if c.family == "qwen2":
        layer |= {"self_attn.q_proj.bias": (queries,), "self_attn.k_proj.bias": (keys,), "self_attn.v_proj.bias": (keys,)}
    if c.family == "qwen3":
        layer |= {"self_attn.q_norm.weight": (c.head_width,), "self_attn.k_norm.weight": (c.head_width,)}
    head = {} if c.tied_head else {"lm_head.weight": (c.vocab, c.width)}
    layers = {f"model.layers.{i}.{name}": shape for i in range(c.layers) for name, shape in layer.items()}
    return {"model.embed_tokens.weight": (c.vocab, c.width)} | layers | {"model.norm.weight": (c.width,)} | head


def random_tensors(config: ModelConfig, device: torch.device, dtype: torch.dtype) -> Callable[[str], Tensor | None]:
    """Weights by their Hugging Face names (None where the shape has none), made when asked for and the same at every call.

    Embedding and head are the same random rows, and the layers together turn what passes through them by little: so the model says its last
    token again, with a logit of about 25 against 2 for the best of the others.
    """
    shapes = tensor_shapes(config)

    def tensors(name: str) -> Tensor | None:
        if name not in shapes:
            return None
        shape = shapes[name]
        if name == "model.norm.weight":
            return torch.full(shape, _MARGIN / config.width, device=device, dtype=dtype)
        if name.endswith("norm.weight"):
            return torch.ones(shape, device=device, dtype=dtype)
        if name.endswith("bias"):
            return torch.zeros(shape, device=device, dtype=dtype)
        is_table = name in {"model.embed_tokens.weight", "lm_head.weight"}
        generator = torch.Generator(device).manual_seed(crc32(b"table" if is_table else name.encode()))
        drawn = torch.randn(shape, generator=generator, device=device, dtype=dtype)
        if is_table:
            return drawn
        adds_to_stream = name.endswith(("o_proj.weight", "down_proj.weight"))
        return drawn.mul_((_STIR / (2 * config.layers) ** 0.5 if adds_to_stream else 1.0) / shape[1] ** 0.5)

    return tensors


class RandomModel(Model):
    """A model of a published shape with random weights; there is no checkpoint."""

    def __init__(self, shape: ShapeOnly, placement: Placement, context: int) -> None:
        self.folder, self.name, self.config = shape.folder, f"{shape.name} (random weights)", shape.config
        self.capacity = min(context, self.config.context)
        self.device = placement.device
        self.tensors = random_tensors(self.config, placement.device, placement.dtype)
        self.transformer = Transformer(self.config, self.tensors, self.capacity, placement.device, placement.dtype)
        self.cache = KVCache(self.config, self.capacity, placement.device, placement.dtype)

    @cached_property
    def fingerprint(self) -> str:
        """What stands in a record where a checkpoint's hash would."""
        return "random"


class NumberText(Text):
    """Text without a tokenizer's files: token i reads as its number."""

    def __init__(self, vocab: int) -> None:
        from tokenizers import Tokenizer, decoders, models
        from transformers import PreTrainedTokenizerFast

        tokenizer = Tokenizer(models.WordLevel({f" {token}": token for token in range(vocab)}, unk_token=" 0"))
        tokenizer.decoder = decoders.Fuse()
        self.tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
        self.piece = lru_cache(maxsize=200_000)(self._piece)


def random_pair(shapes: Sequence[ShapeOnly], placement: Placement, context: int) -> Pair:
    """A target, and a draft if there are two, with random weights and memory for ``context`` positions each."""
    target, *drafts = (shape.load(placement, context) for shape in shapes)
    return Pair(target, drafts[0] if drafts else None, NumberText(target.config.vocab), placement, " with ".join(shape.name for shape in shapes))
