"""Arithmetic on laws that both labs share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def tempered(law: ArrayLike, temperature: float) -> Floats:
    """The law at another temperature: norm(law^(1/T)) along the last axis; tokens without mass stay without.

    Args:
        law: float[..., V], at temperature 1.
        temperature: T > 0; below 1 sharpens, above 1 flattens.

    Raises:
        ValueError: for a temperature that is not positive.
    """
    if not temperature > 0.0:
        raise UnexpectedValueError("a temperature > 0", str(temperature), "for the limit 0 give a one-hot law")
    law = np.asarray(law, dtype=np.float64)
    with np.errstate(divide="ignore"):
        logs = np.log(law) / temperature
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def draw_many(law: Floats, coins: Floats) -> Ints:
    """One token of ``law`` float[V] for every coin, int[n]: :func:`specviz.coins.draw` for many coins at once."""
    cdf = np.cumsum(law)
    tokens = np.searchsorted(cdf, coins * cdf[-1], side="right")
    # coin * total rounded up to the total; and a token without mass is never drawn
    return np.asarray(np.minimum(tokens, np.flatnonzero(law)[-1]), dtype=np.int64)
