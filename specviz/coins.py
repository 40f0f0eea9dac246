"""Randomness by counter: a coin is a function of (seed, position, purpose) alone, so runs repeat and single coins can be moved.

The position is the number of committed tokens when the cycle begins. It grows with every cycle, so no coin is ever used
twice, whatever a rule looked at in the cycle before.
"""

from __future__ import annotations

import threading
from enum import IntEnum

import numpy as np
from array_api_compat import array_namespace, device

from specviz.errors import UnexpectedValueError
from specviz.types import Array


class Purpose(IntEnum):
    """What a coin decides."""

    DRAFT = 0
    VERIFY = 1


def toss(seed: int, position: int, purpose: Purpose, count: int) -> np.ndarray:
    """Return ``count`` coins in [0, 1), float64[count]; coin i stays the same whatever ``count`` is.

    Args:
        seed: the run's seed, 0 <= seed < 2**64.
        position: committed tokens when the cycle begins.
        purpose: what they decide.
        count: how many.
    """
    generator = _TOSSER.generator
    generator.bit_generator.state = {
        "bit_generator": "Philox",
        "state": {"counter": np.array((0, purpose, position, 0), np.uint64), "key": np.array((seed, 0), np.uint64)},
        "buffer": _EMPTY,
        "buffer_pos": len(_EMPTY),
        "has_uint32": 0,
        "uinteger": 0,
    }
    return generator.random(count)


class _Tosser(threading.local):
    """A generator for each thread, put in another state for every toss: a new one costs several times as much."""

    def __init__(self) -> None:
        # Philox is counter-based (Salmon et al. 2011): the key is the seed, the counter's upper words name the place
        self.generator = np.random.Generator(np.random.Philox(key=0))


_TOSSER = _Tosser()
_EMPTY = np.zeros(4, np.uint64)


def draw(law: Array, coin: float) -> int:
    """Draw a token from ``law`` float[V] (weights >= 0, any sum) by the inverse CDF; a token without mass is never drawn.

    Raises:
        ValueError: when the law has no mass.
    """
    xp = array_namespace(law)
    cdf = xp.cumulative_sum(law)
    total = float(cdf[-1])
    if not total > 0.0:
        raise UnexpectedValueError("a law with mass to draw from", f"total {total}", "were NaN logits produced?")
    token = int(xp.searchsorted(cdf, xp.asarray(coin * total, dtype=cdf.dtype, device=device(cdf)), side="right"))
    if token >= law.shape[0] or not float(law[token]) > 0.0:  # coin * total rounded up to the total
        token = int(xp.max(xp.nonzero(law > 0)[0]))
    return token
