"""The forward pass of a Llama-style model: RMSNorm, rotary positions, grouped keys, SwiGLU.

Tokens [n] in, logits [r, V] out. The keys and values of the n positions are left in the cache, or in those of several texts at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.errors import UnexpectedValueError
from specviz.kernels.packed_linear import Product, packed_linear
from specviz.kernels.rms_norm import Norm, fused_rms_norm
from specviz.model.cache import KVCache, attention_dtype
from specviz.model.config import ModelConfig
from specviz.model.memory import Alone, Memory
from specviz.model.rope import rotary_table, rotate


@dataclass(frozen=True, eq=False)
class Layer:
    """The weights of one layer; products that read the same input are stacked into one (``qkv``, ``gate_up``)."""

    attention_norm: Norm
    qkv: Product
    out: Product
    mlp_norm: Norm
    gate_up: Product
    down: Product
    query_norm: Norm | None = None
    key_norm: Norm | None = None


class Transformer:
    """Weights and the pass over them; the cache is handed in."""

    def __init__(self, config: ModelConfig, tensors: Callable[[str], Tensor | None], capacity: int, device: torch.device, dtype: torch.dtype) -> None:
        """Take weights by their Hugging Face names from ``tensors`` (None where there is none); their shapes are checked where they are read."""
        self.config = config
        self.device = device
        self.dtype = dtype
        weights = _Weights(tensors, device, dtype)
        self.embedding = weights["model.embed_tokens.weight"]
        self.layers = [_layer(weights, f"model.layers.{i}.", config) for i in range(config.layers)]
        self.norm = fused_rms_norm(weights["model.norm.weight"], config.norm_eps)
        self.head = packed_linear(self.embedding if config.tied_head else weights["lm_head.weight"])
        with torch.device("cpu"):  # whatever this process made its default
            cos, sin = rotary_table(config, capacity)
        turn_in = attention_dtype(device, dtype)
        self._cos, self._sin = (table.unsqueeze(1).to(device=device, dtype=turn_in) for table in (cos, sin))

    @torch.inference_mode()
    def forward(self, tokens: Tensor, cache: KVCache, positions: Tensor | None = None, mask: Tensor | None = None, rows: int | None = None) -> Tensor:
        """Run n tokens after the cached text and return the logits of the last ``rows`` of them (default: all), float32[r, V].

        Args:
            tokens: int[n].
            cache: receives the keys and values; its ``length`` grows by n.
            positions: int[n], prefix + depth of every token; default: one after the other.
            mask: bool[n, T], who sees whom of the last T slots, those of the n tokens included; default: causal.
            rows: how many of the last positions need logits.

        Raises:
            ContextFullError: when the cache cannot hold n more positions.
        """
        n = tokens.shape[0]
        cache.reserve(n)
        where = slice(cache.length, cache.length + n) if positions is None else positions
        x = self._run(tokens, where, Alone(cache, n, mask))
        cache.advance(n)
        return self._logits(x if rows is None else x[n - rows :])

    @torch.inference_mode()
    def forward_rows(self, tokens: Tensor, positions: Tensor, memory: Memory, wanted: Tensor | None = None) -> Tensor:
        """Run tokens int[N] of one text or several, each at its position; logits of the places ``wanted`` int[r] (default: all), float32[r, V]."""
        x = self._run(tokens, positions, memory)
        return self._logits(x if wanted is None else x[wanted])

    def _run(self, tokens: Tensor, positions: Tensor | slice, memory: Memory) -> Tensor:
        cos, sin = self._cos[positions], self._sin[positions]
        x = F.embedding(tokens, self.embedding)
        for index, layer in enumerate(self.layers):
            x = self._attention(x, layer, index, memory, cos, sin)
            x = self._mlp(x, layer)
        return x

    def _logits(self, x: Tensor) -> Tensor:
        return self.head(self.norm(x)).float()

    def _attention(self, x: Tensor, layer: Layer, index: int, memory: Memory, cos: Tensor, sin: Tensor) -> Tensor:
        n, c = x.shape[0], self.config
        heads = layer.qkv(layer.attention_norm(x)).view(n, c.heads + 2 * c.kv_heads, c.head_width).to(memory.dtype)
        turning, values = heads[:, : c.heads + c.kv_heads], heads[:, c.heads + c.kv_heads :]
        if layer.query_norm is not None and layer.key_norm is not None:
            turning = torch.cat((layer.query_norm(turning[:, : c.heads]), layer.key_norm(turning[:, c.heads :])), dim=1)
        turning = rotate(turning, cos, sin)
        mixed = memory.mix(index, turning[:, : c.heads], turning[:, c.heads :], values)
        return x + layer.out(mixed.reshape(n, c.heads * c.head_width).to(self.dtype))

    def _mlp(self, x: Tensor, layer: Layer) -> Tensor:
        gate, up = layer.gate_up(layer.mlp_norm(x)).chunk(2, dim=-1)
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
            raise UnexpectedValueError(f"the weight {name!r} in the checkpoint", "none", "is the download complete?")
        return tensor

    def stacked(self, prefix: str, *names: str) -> Product:
        """Several projections of one input as one product; all of them have a bias, or none has."""
        biases = [bias for bias in (self.get(f"{prefix}{name}.bias") for name in names) if bias is not None]
        return packed_linear(torch.cat([self[f"{prefix}{name}.weight"] for name in names]), torch.cat(biases) if biases else None)


def _layer(weights: _Weights, prefix: str, c: ModelConfig) -> Layer:
    head_norms = [weights.get(f"{prefix}self_attn.{name}_norm.weight") for name in ("q", "k")]
    query_norm, key_norm = (
        None if weight is None else fused_rms_norm(weight.to(attention_dtype(weight.device, weight.dtype)), c.norm_eps) for weight in head_norms
    )
    return Layer(
        attention_norm=fused_rms_norm(weights[prefix + "input_layernorm.weight"], c.norm_eps),
        qkv=weights.stacked(prefix + "self_attn.", "q_proj", "k_proj", "v_proj"),
        out=weights.stacked(prefix + "self_attn.", "o_proj"),
        mlp_norm=fused_rms_norm(weights[prefix + "post_attention_layernorm.weight"], c.norm_eps),
        gate_up=weights.stacked(prefix + "mlp.", "gate_proj", "up_proj"),
        down=weights.stacked(prefix + "mlp.", "down_proj"),
        query_norm=query_norm,
        key_norm=key_norm,
    )
