"""What is left of a law after a refusal, and how likely a token is to be kept: the arithmetic all rules share."""

from __future__ import annotations

from collections.abc import Sequence

from array_api_compat import array_namespace

from specviz.types import Array


def acceptance(px: float, qx: float) -> float:
    """min(1, p(x)/q(x)), the threshold a coin must stay below; 0 where p(x) = 0, and no division where q(x) is 0.

    A token with p(x) = 0 is so refused by every coin, u = 0 included, because the test is strict.
    """
    return float(px > 0.0) if px >= qx else px / qx


def residual(p: Array, q: Array) -> Array:
    """norm((p - q)+), float[V]; p itself when nothing is left, which only rounding brings about (p = q)."""
    return surplus(p, q)[0]


def without(p: Array, token: int) -> Array:
    """norm(p with ``token`` removed): the residual after refusing a token that was picked, not drawn."""
    return surplus_without(p, token)[0]


def surplus(p: Array, q: Array, weight: float = 1.0) -> tuple[Array, float]:
    """norm((w p - q)+), float[V], and the mass it had before it was normalised; (p, 0) when nothing is left."""
    xp = array_namespace(p, q)
    return _normalised(xp.clip(weight * p - q, 0.0, None), p)


def surplus_without(p: Array, token: int, weight: float = 1.0) -> tuple[Array, float]:
    """The same for a one-hot q on ``token``; w p(x) never exceeds 1, so the token itself leaves nothing."""
    xp = array_namespace(p)
    left = xp.asarray(p, copy=True)
    left[token] = 0.0
    return _normalised(weight * left, p)


def excluding(q: Array, tokens: Sequence[int]) -> Array:
    """norm(q with ``tokens`` removed): the law of the next sibling when drawing without replacement, float[V].

    Where q has no mass left, drawing goes on evenly over the tokens not yet tried (Sequoia, 2402.12374, section 3.2); a
    builder that stops there instead (DySpec) drafts no such sibling, and is judged right as well. Nothing left: all zeros.
    """
    xp = array_namespace(q)
    left = xp.asarray(q, copy=True)
    left[list(tokens)] = 0.0
    if not float(left.sum()) > 0.0:
        left = xp.ones_like(q)
        left[list(tokens)] = 0.0
    return _normalised(left, left)[0]


def survival(weight: float, mass: float) -> float:
    """S / (S + 1 - w): how likely a prefix of weight w is kept when its continuation leaves the mass S (2403.10444; 2505.12398).

    A prefix of weight 1 is always kept, also where S rounds to nothing.
    """
    total = mass + (1.0 - weight)
    return mass / total if total > 0.0 else 1.0


def _normalised(weights: Array, fallback: Array) -> tuple[Array, float]:
    total = weights.sum()
    mass = float(total)
    return (weights / total, mass) if mass > 0.0 else (fallback, 0.0)
