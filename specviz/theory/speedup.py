"""How much faster: tokens per cycle against the cost of a cycle.

Letters: alpha = acceptance, gamma = drafted tokens in a chain, tau = tokens per cycle with the last one counted,
c = one draft step / one target step, v(m) = time of a target pass over m tokens / over one. Costs are in target steps.
Sources: arXiv 2211.17192 (chain formula, extra arithmetic); arXiv 2408.11049 (v, the cost of verifying many).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError

Floats = NDArray[np.float64]
Verify = Callable[[Floats], ArrayLike] | ArrayLike | None
"""v: a function of m, a number already taken at m = gamma + 1, or None for "as cheap as one token" (1)."""


def expected_tokens(alpha: ArrayLike, gamma: ArrayLike) -> Floats:
    """Tokens per cycle of a chain with independent acceptance: (1 - alpha^(gamma+1)) / (1 - alpha), gamma + 1 at alpha = 1.

    Args:
        alpha: float[...], acceptance in [0, 1].
        gamma: drafted tokens, >= 0; broadcast against ``alpha``. Fractions are allowed (a mean over cycles).

    Returns:
        float[...], at least 1.

    Raises:
        ValueError: when alpha is no probability or gamma is negative.
    """
    a, g = np.broadcast_arrays(np.asarray(alpha, dtype=np.float64), np.asarray(gamma, dtype=np.float64))
    if not ((a >= 0) & (a <= 1)).all():
        raise UnexpectedValueError("alpha in [0, 1]", repr(alpha))
    if not (g >= 0).all():
        raise UnexpectedValueError("gamma >= 0", repr(gamma))
    miss = 1.0 - a
    with np.errstate(divide="ignore"):
        some = -np.expm1((g + 1) * np.log1p(-miss))  # 1 - alpha^(gamma+1) without losing digits near alpha = 1
    return np.asarray(np.where(miss > 0, some / np.where(miss > 0, miss, 1.0), g + 1))


def general_speedup(tau: ArrayLike, gamma: ArrayLike, c: ArrayLike, v: ArrayLike = 1.0, other: ArrayLike = 0.0) -> Floats:
    """Speedup over one-token decoding from what a cycle yields and costs: tau / (gamma c + v + other).

    Args:
        tau: tokens per cycle, last token counted.
        gamma: draft steps per cycle.
        c: one draft step, in target steps.
        v: the verifying pass, in target steps.
        other: everything else in a cycle (judging, commits, host), in target steps.

    Raises:
        ValueError: when a cycle would cost nothing or less.
    """
    values = (np.asarray(x, dtype=np.float64) for x in (tau, gamma, c, v, other))
    tokens, steps, ratio, verify, rest = values
    cost = steps * ratio + verify + rest
    if not (cost > 0).all():
        raise UnexpectedValueError("a cycle that costs more than 0 target steps", f"gamma={gamma!r}, c={c!r}, v={v!r}, other={other!r}")
    return np.asarray(tokens / cost)


def speedup(alpha: ArrayLike, gamma: ArrayLike, c: ArrayLike, v: Verify = None) -> Floats:
    """Speedup of a chain with independent acceptance: E(alpha, gamma) / (gamma c + v(gamma + 1)); 1 at gamma = 0 and v = 1.

    Arguments broadcast; errors as :func:`expected_tokens` and :func:`general_speedup`.
    """
    return general_speedup(expected_tokens(alpha, gamma), gamma, c, _verify(v, gamma))


def best_gamma(alpha: float, c: float, v: Verify = None, *, limit: int = 256) -> int:
    """The draft length with the largest :func:`speedup`, 0 when drafting does not pay; ties go to the shorter draft.

    Args:
        alpha: acceptance in [0, 1].
        c: one draft step, in target steps.
        v: a function of m for a real cost table (see :data:`Verify`).
        limit: longest draft considered; the answer at alpha = 1 and c = 0.
    """
    lengths = np.arange(limit + 1)
    return int(np.argmax(np.round(speedup(alpha, lengths, c, v), 12)))


def extra_operations(alpha: ArrayLike, gamma: ArrayLike, c_hat: ArrayLike) -> Floats:
    """Arithmetic of speculative decoding over plain decoding, per token: (gamma c_hat + gamma + 1) / E(alpha, gamma).

    ``c_hat`` is the draft's operations per token over the target's.
    """
    g = np.asarray(gamma, dtype=np.float64)
    return np.asarray((g * np.asarray(c_hat, dtype=np.float64) + g + 1) / expected_tokens(alpha, gamma))


def _verify(v: Verify, gamma: ArrayLike) -> ArrayLike:
    if v is None:
        return 1.0
    return v(np.asarray(gamma, dtype=np.float64) + 1) if callable(v) else v
