"""The forward pass of a Llama-style model: RMSNorm, rotary positions, grouped keys, SwiGLU.

One sequence at a time: tokens [n] in, logits [r, V] out. The keys and values of the n positions are left in the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.model.attention import attend
from specviz.model.cache import KVCache
from specviz.model.config import ModelConfig
from specviz.model.rope import rotary_table, rotate


@dataclass(frozen=True, eq=False)
class Linear:
    """Weight [out, in] and an optional bias [out]."""

    weight: Tensor
    bias: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Project x [n, in] to [n, out]."""
        return F.linear(x, self.weight, self.bias)


@dataclass(frozen=True, eq=False)
class Layer:
    """The weights of one layer; products that read the same input are stacked into one (``qkv``, ``gate_up``)."""

    attention_norm: Tensor
    qkv: Linear
    out: Linear
    mlp_norm: Tensor
    gate_up: Linear
    down: Linear
    query_norm: Tensor | None = None
    key_norm: Tensor | None = None


class Transformer:
    """Weights and the pass over them; the cache is handed in."""

    def __init__(self, config: ModelConfig, tensors: Callable[[str], Tensor | None], capacity: int, device: torch.device, dtype: torch.dtype) -> None:
        """Take weights by their Hugging Face names from ``tensors`` (None where there is none)."""
        self.config = config
        self.device = device
        self.dtype = dtype
        weights = _Weights(tensors, device, dtype)
        self.embedding = weights["model.embed_tokens.weight"]
        self.layers = [_layer(weights, f"model.layers.{i}.", config) for i in range(config.layers)]
        self.norm = weights["model.norm.weight"]
        self.head = self.embedding if config.tied_head else weights["lm_head.weight"]
        cos, sin = rotary_table(config, capacity)
        self._cos, self._sin = (table.unsqueeze(1).to(device=device, dtype=dtype) for table in (cos, sin))

    @torch.inference_mode()
    def forward(self, tokens: Tensor, cache: KVCache, positions: Tensor | None = None, mask: Tensor | None = None, rows: int | None = None) -> Tensor:
        """Run n tokens after the cached text and return the logits of the last ``rows`` of them (default: all), float32[r, V].

        Args:
            tokens: int[n].
            cache: receives the keys and values; its ``length`` grows by n.
            positions: int[n], prefix + depth of every token; default: one after the other.
            mask: bool[n, length + n], who sees whom; default: causal.
            rows: how many of the last positions need logits.

        Raises:
            ContextFullError: when the cache cannot hold n more positions.
        """
        n = tokens.shape[0]
        cache.reserve(n)
        if positions is None:
            cos, sin = (table[cache.length : cache.length + n] for table in (self._cos, self._sin))
        else:
            cos, sin = self._cos[positions], self._sin[positions]
        is_causal = mask is None and n > 1 and cache.length == 0
        if mask is None and n > 1 and not is_causal:
            mask = torch.ones(n, cache.length + n, dtype=torch.bool, device=self.device).tril(cache.length)
        x = F.embedding(tokens, self.embedding)
        for index, layer in enumerate(self.layers):
            x = self._attention(x, layer, index, cache, cos, sin, mask, is_causal)
            x = self._mlp(x, layer)
        cache.advance(n)
        if rows is not None:
            x = x[n - rows :]
        return F.linear(self._norm(x, self.norm), self.head).float()

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(x, weight.shape, weight, self.config.norm_eps)

    def _attention(
        self, x: Tensor, layer: Layer, index: int, cache: KVCache, cos: Tensor, sin: Tensor, mask: Tensor | None, is_causal: bool
    ) -> Tensor:
        n, c = x.shape[0], self.config
        heads = layer.qkv(self._norm(x, layer.attention_norm)).view(n, c.heads + 2 * c.kv_heads, c.head_width)
        turning, values = heads[:, : c.heads + c.kv_heads], heads[:, c.heads + c.kv_heads :]
        if layer.query_norm is not None and layer.key_norm is not None:
            turning = torch.cat((self._norm(turning[:, : c.heads], layer.query_norm), self._norm(turning[:, c.heads :], layer.key_norm)), dim=1)
        turning = rotate(turning, cos, sin).transpose(0, 1)
        keys, all_values = cache.append(index, turning[c.heads :], values.transpose(0, 1))
        mixed = attend(turning[: c.heads], keys, all_values, mask, is_causal=is_causal)
        return x + layer.out(mixed.transpose(0, 1).reshape(n, c.heads * c.head_width))

    def _mlp(self, x: Tensor, layer: Layer) -> Tensor:
        gate, up = layer.gate_up(self._norm(x, layer.mlp_norm)).chunk(2, dim=-1)
        return x + layer.down(F.silu(gate) * up)


class _Weights:
    """Weights by name, on the right device; a missing one is an error that names it."""

    def __init__(self, tensors: Callable[[str], Tensor | None], device: torch.device, dtype: torch.dtype) -> None:
        self._tensors, self._device, self._dtype = tensors, device, dtype

    def get(self, name: str) -> Tensor | None:
        tensor = self._tensors(name)
        return None if tensor is None else tensor.to(device=self._device, dtype=self._dtype)

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.get(name)
        if tensor is None:
            raise KeyError(f"expected the weight {name!r} in the checkpoint, found none; is the download complete?")
        return tensor

    def stacked(self, prefix: str, names: tuple[str, ...]) -> Linear:
        """Several projections of one input as one product."""
        biases = [self.get(f"{prefix}{name}.bias") for name in names]
        present = [bias for bias in biases if bias is not None]
        if present and len(present) != len(names):
            raise KeyError(f"expected a bias for all of {', '.join(names)} below {prefix!r} or for none, found {len(present)}")
        return Linear(torch.cat([self[f"{prefix}{name}.weight"] for name in names]), torch.cat(present) if present else None)


def _layer(weights: _Weights, prefix: str, config: ModelConfig) -> Layer:
    layer = Layer(
        attention_norm=weights[prefix + "input_layernorm.weight"],
        qkv=weights.stacked(prefix + "self_attn.", ("q_proj", "k_proj", "v_proj")),
        out=weights.stacked(prefix + "self_attn.", ("o_proj",)),
        mlp_norm=weights[prefix + "post_attention_layernorm.weight"],
        gate_up=weights.stacked(prefix + "mlp.", ("gate_proj", "up_proj")),
        down=weights.stacked(prefix + "mlp.", ("down_proj",)),
        query_norm=weights.get(prefix + "self_attn.q_norm.weight"),
        key_norm=weights.get(prefix + "self_attn.k_norm.weight"),
    )
    expected = ((config.heads + 2 * config.kv_heads) * config.head_width, config.width)
    if tuple(layer.qkv.weight.shape) != expected:
        raise ValueError(f"expected stacked attention weights {expected} in {prefix!r}, got {tuple(layer.qkv.weight.shape)}; config.json does not fit the weights")
    return layer
