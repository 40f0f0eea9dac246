"""All layers of a pass and its logits as one call; every product is shared out among the threads, and so are a layer's heads."""

from __future__ import annotations

import math

from numba import njit, prange

from specviz.kernels.few_rows.compiled_numbers import F32, LOOP
from specviz.kernels.few_rows.compiled_parts import attend, norm, turn
from specviz.kernels.few_rows.compiled_products import add_product, gated, product


@njit(**LOOP)
def _share(outputs, parts):
    """Outputs that each of the parts gets: an even number, for products take two at a time."""
    return 2 * ((outputs + 2 * parts - 1) // (2 * parts))


@njit(inline="always")
def _cut(small, places):
    """A vector of ``small`` by its (start, length); of no length where the model has none."""
    return small[places[0] : places[0] + places[1]]


@njit(**LOOP)
def _place(qkv, small, places, shape, eps, cos, sin, keys, values, slot):
    """Biases, head norms and rotation of one token's queries and keys; its keys and values into their slot."""
    heads, kv_heads, width = shape
    bias, query_norm, key_norm = _cut(small, places[1]), _cut(small, places[2]), _cut(small, places[3])
    for k in range(len(bias)):
        qkv[k] += bias[k]
    for head in range(heads + kv_heads):
        part, scale = qkv[head * width : (head + 1) * width], query_norm if head < heads else key_norm
        if len(scale) > 0:
            norm(part, scale, eps, part)
        turn(part, cos, sin)
    for head in range(kv_heads):
        key, value = (heads + head) * width, (heads + kv_heads + head) * width
        keys[head, slot, :] = qkv[key : key + width]
        values[head, slot, :] = qkv[value : value + width]


@njit(parallel=True, **LOOP)
def run(
    x, w, starts, small, places, keys, values, length, cos, sin, seen,
    shape, hidden, eps, parts, h, qkv, mixed, inner, held, scores, logits,
):  # fmt: skip
    """Run rows x float32[n, D] through all layers and write the logits of the last ``len(logits)`` of them.

    - x: embeddings; overwritten.
    - w: all weights; ``starts`` int64[L + 1, 4] says where qkv, out, gate and up, down of each layer lie, and last the head.
    - small: norms and biases; ``places`` int64[L + 1, 8, 2] has (start, length) of each layer's attention norm, qkv bias, query norm, key norm,
      out bias, MLP norm, gate and up bias, down bias; last the final norm.
    - keys, values: float32[L, H_kv, S, d]; n slots from ``length`` on are written.
    - cos, sin: float32[n, d / 2] of each token's position.
    - seen: uint8[n, T], who sees whom of the last T slots.
    - shape: H, H_kv, d.
    - h, qkv, mixed, inner, held, scores: room to work in.
    """
    n, width = x.shape
    heads, kv_heads, head_width = shape
    layers, slots, scale = len(starts) - 1, length + n, F32(1) / math.sqrt(F32(head_width))
    outputs, group = (heads + 2 * kv_heads) * head_width, heads // kv_heads
    all_qkv, all_width, all_hidden = _share(outputs, parts), _share(width, parts), _share(hidden, parts)
    for layer in range(layers):
        at, of = starts[layer], places[layer]
        attention_norm, mlp_norm = _cut(small, of[0]), _cut(small, of[5])
        out_bias, gate_bias, down_bias = _cut(small, of[4]), _cut(small, of[6]), _cut(small, of[7])
        for row in range(n):
            norm(x[row], attention_norm, eps, h[row])
        for part in prange(parts):
            product(h, w, at[0], width, qkv, part * all_qkv, min(outputs, (part + 1) * all_qkv), n)
        for row in range(n):
            _place(qkv[row], small, of, shape, eps, cos[row], sin[row], keys[layer], values[layer], length + row)
        for task in prange(n * heads):
            row, head = task // heads, task % heads
            begin = head * head_width
            attend(
                qkv[row, begin : begin + head_width], keys[layer, head // group], values[layer, head // group], seen[row], scale,
                scores[task, :slots], mixed[row, begin : begin + head_width],
            )  # fmt: skip
        for part in prange(parts):
            add_product(mixed, w, at[1], heads * head_width, out_bias, held, x, part * all_width, min(width, (part + 1) * all_width), n)
        for row in range(n):
            norm(x[row], mlp_norm, eps, h[row])
        for part in prange(parts):
            gated(h, w, at[2], width, hidden, gate_bias, inner, part * all_hidden, min(hidden, (part + 1) * all_hidden), n)
        for part in prange(parts):
            add_product(inner, w, at[3], hidden, down_bias, held, x, part * all_width, min(width, (part + 1) * all_width), n)
    wanted, vocab = logits.shape
    for row in range(wanted):
        norm(x[n - wanted + row], _cut(small, places[layers][0]), eps, h[row])
    all_logits = _share(vocab, parts)
    for part in prange(parts):
        product(h, w, starts[layers][0], width, logits, part * all_logits, min(vocab, (part + 1) * all_logits), wanted)
