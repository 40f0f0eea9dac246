"""Weights for a shape without a checkpoint: what a pass costs depends on their sizes, not on their values."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import torch
from torch import Tensor

from specviz.model.checkpoint.names import tensor_shapes
from specviz.model.config import ModelConfig

_MARGIN = 25.0  # logit of the token said again; with 128 256 tokens the largest of the others is about 2
_STIR = 0.4  # what all layers together add to a token's embedding, in its own size


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
