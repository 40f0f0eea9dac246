"""What stands between the products of a layer: norms, rotations, attention."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from specviz.kernels.few_rows.compiled_numbers import F32, LOOP, exp

_APART: dict[str, Any] = {**LOOP, "inline": "never"}
_HIDDEN = F32(-1e30)


@njit(**_APART)
def norm(x, scale, eps, y):
    """Y = x / sqrt(mean(x^2) + eps) * scale, for one row; y may be x."""
    total = F32(0)
    for k in range(len(scale)):
        total += x[k] * x[k]
    factor = F32(1) / math.sqrt(total / F32(len(scale)) + eps)
    for k in range(len(scale)):
        y[k] = x[k] * factor * scale[k]


@njit(**_APART)
def turn(head, cos, sin):
    """Turn one head by its position's angles; cos and sin of one half of it."""
    half = len(cos)
    low, high = head[:half], head[half:]
    for k in range(half):
        a, b = low[k], high[k]
        low[k] = a * cos[k] - b * sin[k]
        high[k] = b * cos[k] + a * sin[k]


@njit(**_APART)
def attend(query, keys, values, seen, scale, scores, out):
    """What one head of one token sees of all slots: those before the last len(seen) whole, of those what ``seen`` says."""
    slots, width = len(scores), len(query)
    for s in range(slots):
        key, score = keys[s], F32(0)
        for k in range(width):
            score += query[k] * key[k]
        scores[s] = score * scale
    last = scores[slots - len(seen) :]
    for s in range(len(seen)):
        if not seen[s]:
            last[s] = _HIDDEN
    largest = _HIDDEN
    for s in range(slots):
        largest = max(largest, scores[s])
    total = F32(0)
    for s in range(slots):
        scores[s] = exp(scores[s] - largest)
        total += scores[s]
    for k in range(width):
        out[k] = F32(0)
    for s in range(slots):
        weight, value = scores[s] / total, values[s]
        for k in range(width):
            out[k] += weight * value[k]
