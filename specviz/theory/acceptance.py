"""How often a draft is accepted: the overlap of two laws, what is left after a refusal, and how sure a measured rate is.

Source of the first three: Fast Inference from Transformers via Speculative Decoding (arXiv 2211.17192).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError

Z_95 = 1.959963984540054
"""The standard normal's 97.5 % point: a two-sided 95 % interval."""


def alpha(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """Probability that a token drawn from q is accepted for p: sum(min(p, q)) = 1 - TV(p, q).

    Args:
        p: float[..., V], the target's laws.
        q: float[..., V], the draft's laws.

    Returns:
        float[...], in [0, 1].

    Raises:
        ValueError: when the laws differ in shape, are negative or do not sum to 1.
    """
    p, q = _laws(p, q)
    return np.asarray(np.minimum(p, q).sum(axis=-1))


def total_variation(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """Half the summed absolute difference of two laws, float[...] in [0, 1]; arguments and errors as :func:`alpha`."""
    p, q = _laws(p, q)
    return np.asarray(np.abs(p - q).sum(axis=-1) / 2)


def residual(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """The law a refused token is replaced from: norm((p - q)+), float[..., V]; p itself where nothing is left (p = q).

    Arguments and errors as :func:`alpha`.
    """
    p, q = _laws(p, q)
    left = np.maximum(p - q, 0.0)
    mass = left.sum(axis=-1, keepdims=True)
    return np.where(mass > 0, left / np.where(mass > 0, mass, 1.0), p)


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a rate (Wilson 1927): honest near 0 and 1 and for few trials, unlike mean +- 2 sigma.

    Args:
        successes: how many of ``trials`` succeeded.
        trials: how many there were; with none the interval is (nan, nan).
        z: width in standard deviations; the default gives 95 %.

    Raises:
        ValueError: unless 0 <= successes <= trials.
    """
    if not 0 <= successes <= trials:
        raise UnexpectedValueError("0 <= successes <= trials", f"{successes} of {trials}", "count both over the same cycles")
    if trials == 0:
        return math.nan, math.nan
    rate = successes / trials
    centre = rate + z * z / (2 * trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def expected_tokens_by_position(alphas: Sequence[float]) -> float:
    """Tokens per cycle of a chain whose i-th draft is accepted with ``alphas[i]`` given all before: 1 + sum of products.

    The last token (corrected or bonus) is the leading 1. With equal entries it is ``speedup.expected_tokens``.

    Raises:
        ValueError: when an entry is no probability.
    """
    values = np.asarray(alphas, dtype=np.float64)
    if values.size and not ((values >= 0) & (values <= 1)).all():
        raise UnexpectedValueError("acceptances in [0, 1]", str(list(alphas)), "leave out positions that were never examined")
    return float(1 + np.cumprod(values).sum())


def _laws(p: ArrayLike, q: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    pair = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    if pair[0].shape != pair[1].shape or pair[0].ndim == 0:
        raise UnexpectedValueError("p and q of one shape [..., V]", f"{pair[0].shape} and {pair[1].shape}")
    for name, law in zip("pq", pair, strict=True):
        if (law < 0).any() or not np.allclose(law.sum(axis=-1), 1.0, atol=1e-4):
            sums = np.unique(law.sum(axis=-1))[:4]
            raise UnexpectedValueError(f"{name} to be laws (no negative entry, sum 1)", f"sums {sums}", "normalise them first")
    return pair
