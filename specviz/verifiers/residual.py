"""What is left of the target's law after a refusal."""

from __future__ import annotations

from array_api_compat import array_namespace

from specviz.types import Array


def residual(p: Array, q: Array) -> Array:
    """norm((p - q)+), float[V]; p itself when nothing is left, which only rounding brings about (p = q)."""
    xp = array_namespace(p, q)
    return _normalised(xp.clip(p - q, 0.0, None), p)


def without(p: Array, token: int) -> Array:
    """norm(p with ``token`` removed): the residual after refusing a token that was picked, not drawn."""
    xp = array_namespace(p)
    left = xp.asarray(p, copy=True)
    left[token] = 0.0
    return _normalised(left, p)


def _normalised(weights: Array, fallback: Array) -> Array:
    total = weights.sum()
    return weights / total if float(total) > 0.0 else fallback
