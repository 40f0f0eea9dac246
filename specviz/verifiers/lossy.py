"""What rules that keep a fixed set of tokens have in common: the law of their output, and how far it is from p."""

from __future__ import annotations

from array_api_compat import array_namespace

from specviz.types import Array


def output_when_kept(p: Array, q: Array, kept: Array) -> Array:
    """Law of the token given out, float[V], when one draft from q stays if it is in ``kept`` (bool[V]), else p is drawn from."""
    xp = array_namespace(p, q)
    stays = xp.where(kept, q, xp.zeros_like(q))
    return stays + (1.0 - stays.sum()) * p


def variation_when_kept(p: Array, q: Array, kept: Array) -> float:
    """Total variation distance of that law from p: sum over kept x of (q(x) - q(kept) p(x))+.

    It is 0 when nothing is kept and TV(p, q) when everything is, but not monotone in between: keeping half of a perfect
    draft (q = p) costs quality, keeping all of it none.
    """
    xp = array_namespace(p, q)
    stays = xp.where(kept, q, xp.zeros_like(q))
    return float(xp.sum(xp.where(kept, xp.clip(stays - stays.sum() * p, 0.0, None), xp.zeros_like(p))))
