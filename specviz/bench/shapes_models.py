"""Published shapes without their weights: random models of these sizes, made on the device.

What a pass costs depends on the shape of the weights, not on their values, so costs can be measured where no checkpoint is at hand. The
values are drawn so that every model, target and draft alike, says its last token again by a wide margin (see :mod:`specviz.model.random_weights`):
no near tie that the rounding of another pass width could decide differently, and a target and a draft that always agree.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from specviz.errors import UnexpectedValueError
from specviz.model.cache import KVCache
from specviz.model.checkpoint.names import tensor_shapes
from specviz.model.config import read_config
from specviz.model.fixed import fixed_passes
from specviz.model.hardware import Placement
from specviz.model.loader import Checkpoint, DeviceMap, Model
from specviz.model.pair import Pair
from specviz.model.random_weights import random_tensors
from specviz.model.text import Text
from specviz.model.transformer import Transformer

LABEL = "random weights: costs are those of the shape, the text means nothing"


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
        raise UnexpectedValueError(f"the name of a shape ({', '.join(SHAPES)})", repr(name))
    with TemporaryDirectory() as folder:  # read as any checkpoint's file is
        (Path(folder) / "config.json").write_text(json.dumps(SHAPES[name]))
        return ShapeOnly(Path(name), name, read_config(Path(folder)), why_adapted=None)


class RandomModel(Model):
    """A model of a published shape with random weights; there is no checkpoint."""

    def __init__(self, shape: ShapeOnly, placement: Placement, context: int) -> None:
        self.folder, self.name, self.config = shape.folder, f"{shape.name} (random weights)", shape.config
        self.capacity = min(context, self.config.context)
        self.device = placement.device
        self.tensors = random_tensors(self.config, placement.device, placement.dtype)
        self.transformer = Transformer(self.config, self.tensors, self.capacity, placement.device, placement.dtype)
        self.cache = KVCache(self.config, self.capacity, placement.device, placement.dtype)
        self.fixed = fixed_passes(self.transformer)

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
        super().__init__(PreTrainedTokenizerFast(tokenizer_object=tokenizer))


def random_pair(shapes: Sequence[ShapeOnly], placement: Placement, context: int) -> Pair:
    """A target, and a draft if there are two, with random weights and memory for ``context`` positions each."""
    target, *drafts = (shape.load(placement, context) for shape in shapes)
    return Pair(target, drafts[0] if drafts else None, NumberText(target.config.vocab), placement, " with ".join(shape.name for shape in shapes))
