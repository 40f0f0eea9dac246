"""Rotary positions: the angle of every (position, frequency), with the scalings that long-context checkpoints use."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from specviz.model.config import ModelConfig, UnsupportedModelError


def rotary_table(config: ModelConfig, length: int) -> tuple[Tensor, Tensor]:
    """Return cos and signed sin, float32[length, head_width] each, for :func:`rotate`.

    Raises:
        UnsupportedModelError: for a scaling that is not implemented.
    """
    frequencies, attention_scale = _frequencies(config)
    angles = torch.outer(torch.arange(length, dtype=torch.float32), frequencies)
    cos, sin = angles.cos() * attention_scale, angles.sin() * attention_scale
    # the first half is rotated by -sin, the second by +sin: with the sign in the table a rotation is two products
    return torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn heads x [n, heads, head_width] by the angles of their positions; cos and sin [n, 1, head_width]."""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)


def _frequencies(config: ModelConfig) -> tuple[Tensor, float]:
    rope, width = config.rope, config.head_width
    exponents = torch.arange(0, width, 2, dtype=torch.int64).float() / width
    frequencies = 1.0 / (float(rope["rope_theta"]) ** exponents)
    kind = rope["rope_type"]
    if kind == "default":
        return frequencies, 1.0
    if kind == "linear":
        return frequencies / rope["factor"], 1.0
    if kind == "llama3":
        return _llama3(frequencies, rope), 1.0
    if kind == "yarn":
        return _yarn(frequencies, config)
    raise UnsupportedModelError(f"expected rope_type default, linear, llama3 or yarn, got {kind!r}; its positions are not implemented")


def _llama3(frequencies: Tensor, rope: dict[str, float]) -> Tensor:
    """Llama 3.1: long wavelengths are stretched by the factor, short ones kept, those between blended."""
    low, high, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    wavelengths = 2 * math.pi / frequencies
    blend = ((original / wavelengths - low) / (high - low)).clamp(0.0, 1.0)
    return (1 - blend) * frequencies / rope["factor"] + blend * frequencies


def _yarn(frequencies: Tensor, config: ModelConfig) -> tuple[Tensor, float]:
    """YaRN (2309.00071, section 3): interpolate slow dimensions, keep fast ones, and sharpen attention a little."""
    rope, width = config.rope, config.head_width
    if any(rope.get(name) for name in ("mscale", "mscale_all_dim")):
        raise UnsupportedModelError("expected yarn without mscale, got one with it; its attention scale is not implemented")
    original = rope.get("original_max_position_embeddings") or config.context
    factor = rope["factor"]

    def dimension(rotations: float) -> float:
        return width * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(rope["rope_theta"]))

    low, high = dimension(rope.get("beta_fast") or 32.0), dimension(rope.get("beta_slow") or 1.0)
    if rope.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, width - 1)
    ramp = ((torch.arange(width // 2).float() - low) / max(high - low, 0.001)).clamp(0.0, 1.0)
    scale = rope.get("attention_factor") or 0.1 * math.log(factor) + 1.0
    return frequencies / factor * ramp + frequencies * (1 - ramp), float(scale)
