"""Rotary positions: the angle of every (position, frequency), with the scalings that long-context checkpoints use."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from specviz.model.config import ModelConfig


def rotary_table(config: ModelConfig, length: int) -> tuple[Tensor, Tensor]:
    """Return cos and signed sin, float32[length, head_width] each, for :func:`rotate`."""
    frequencies, attention_scale = _frequencies(config)
    angles = torch.outer(torch.arange(length, dtype=torch.float32), frequencies)
    cos, sin = angles.cos() * attention_scale, angles.sin() * attention_scale
    # the first half is rotated by -sin, the second by +sin: with the sign in the table a rotation is two products
    return torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn heads x [n, heads, head_width] by the angles of their positions; cos and sin [n, 1, head_width]."""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)


def _frequencies(config: ModelConfig) -> tuple[Tensor, float]:
    """Angles per position, float32[head_width / 2], and what cos and sin are multiplied by; the settings are checked where they are read."""
    rope, width = config.rope, config.head_width
    exponents = torch.arange(0, width, 2, dtype=torch.int64).float() / width
    frequencies = 1.0 / (float(rope["rope_theta"]) ** exponents)
    if rope["rope_type"] == "linear":
        return frequencies / rope["factor"], 1.0
    if rope["rope_type"] == "llama3":
        return _llama3(frequencies, rope), 1.0
    if rope["rope_type"] == "yarn":
        return _yarn(frequencies, rope, width)
    divisors = rope.get("divisors")  # a GGUF file holds one for every frequency where it has a scaling
    return frequencies if divisors is None else frequencies / torch.tensor(divisors), 1.0


def _llama3(frequencies: Tensor, rope: dict[str, Any]) -> Tensor:
    """Llama 3.1: long wavelengths are stretched by the factor, short ones kept, those between blended."""
    low, high, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    wavelengths = 2 * math.pi / frequencies
    stretched = torch.where(wavelengths > original / low, frequencies / rope["factor"], frequencies)
    blend = (original / wavelengths - low) / (high - low)
    is_between = (wavelengths >= original / high) & (wavelengths <= original / low)
    return torch.where(is_between, (1 - blend) * stretched / rope["factor"] + blend * stretched, stretched)


def _yarn(frequencies: Tensor, rope: dict[str, Any], width: int) -> tuple[Tensor, float]:
    """YaRN (2309.00071, section 3): interpolate slow dimensions, keep fast ones, and sharpen attention a little."""
    factor = rope["factor"]

    def dimension(rotations: float) -> float:
        return width * math.log(rope["original_max_position_embeddings"] / (rotations * 2 * math.pi)) / (2 * math.log(rope["rope_theta"]))

    low, high = dimension(rope["beta_fast"]), dimension(rope["beta_slow"])
    if rope["truncate"]:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, width - 1)
    ramp = ((torch.arange(width // 2).float() - low) / (high - low or 0.001)).clamp(0.0, 1.0)
    return frequencies / factor * ramp + frequencies * (1 - ramp), _sharpness(rope)


def _sharpness(rope: dict[str, Any]) -> float:
    """What yarn multiplies cos and sin by: as written, or by the rule of the paper, which DeepSeek made a ratio of two."""
    if rope["attention_factor"] is not None:
        return float(rope["attention_factor"])

    def by_rule(scale: float = 1.0) -> float:
        return 1.0 if rope["factor"] <= 1 else 0.1 * scale * math.log(rope["factor"]) + 1.0

    mscale, all_dim = rope["mscale"], rope["mscale_all_dim"]
    return by_rule(mscale) / by_rule(all_dim) if mscale and all_dim else by_rule()
