"""The most a verification rule can accept when k siblings are drafted at one place: optimal transport, solved by sorting.

Any lossless rule is a coupling of the drafted tuple's law with p, so the best one is a linear program (arXiv 2310.15141).
Its dual is a choice of tokens H (arXiv 2502.18779):

    alpha* = 1 + min over H of p(H) - Q(H),    Q(H) = P(all k drafts lie in H),

and for drafts drawn from one law q the best H is a prefix of the tokens sorted by p / q. With k = 1 it is 1 - TV(p, q).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_NIL = 1e-290  # below it 1 / q leaves float64's range
_SURE = 36.0  # exp(-36) = 2e-16: expected arrivals beyond which none is impossible
_MOST_IN_POWERS = 16  # elementary symmetric sums of more factors would leave float64's range


def optimal_acceptance(p: ArrayLike, q: ArrayLike, k: int, replacement: bool) -> float:
    """Probability that the best lossless rule outputs one of k drafted siblings.

    Args:
        p: float[V], the target's law.
        q: float[V], the draft's law.
        k: siblings drafted at this place, at least 1.
        replacement: True when they are drawn independently from q; False when a drawn token is removed from q, which is
            then renormalised. Without replacement no more tokens can be drawn than q has mass on; drawing ends there.

    Returns:
        alpha* in [0, 1], in float64 to about 1e-13. Laws are normalised first, so float32 rows do not leak mass.

    Raises:
        ValueError: when p or q is no law, when they differ in length, or when k is no whole number >= 1.
    """
    p, q = _law("p", p), _law("q", q)
    if p.shape != q.shape:
        raise ValueError(f"expected p and q over one vocabulary, got {len(p)} and {len(q)} tokens")
    if isinstance(k, bool) or int(k) != k or k < 1:
        raise ValueError(f"expected k, the number of drafted siblings, to be a whole number >= 1, got {k!r}")
    drafted = q > _NIL  # a token that is never drafted costs p(H) and brings nothing to Q(H)
    p, q = p[drafted], q[drafted]
    order = np.argsort(p / q, kind="stable")
    p, q = p[order], q[order]
    cost = np.concatenate(([0.0], np.cumsum(p)))
    # 1 - Q(H) instead of Q(H): small ones keep their digits. Likewise 1 - q(H) is summed from the far end.
    outside = np.concatenate((np.cumsum(q[::-1])[::-1], [0.0]))
    escape = _escape_with_replacement(outside, int(k)) if replacement else _escape_without(q, outside, min(int(k), len(q)))
    return float(np.clip((cost + escape).min(), 0.0, 1.0))


def _law(name: str, values: ArrayLike) -> Floats:
    law = np.asarray(values, dtype=np.float64)
    if law.ndim != 1 or not law.size:
        raise ValueError(f"expected {name} to be one law, float[V], got shape {law.shape}; give one row at a time")
    total = law.sum()
    if not np.isfinite(total) or (law < 0.0).any() or abs(total - 1.0) > 1e-4:
        raise ValueError(
            f"expected {name} to be a law (no negative or NaN entry, sum 1), got sum {total:g} and minimum {law.min():g}; normalise it first"
        )
    normalised: Floats = law / total
    return normalised


def _escape_with_replacement(outside: Floats, k: int) -> Floats:
    """1 - Q for Q(H) = q(H)^k, given 1 - q(H) of every prefix."""
    with np.errstate(divide="ignore"):
        escape: Floats = -np.expm1(k * np.log1p(-np.minimum(outside, 1.0)))
    return escape


def _escape_without(q: Floats, outside: Floats, k: int) -> Floats:
    """1 - Q for k tokens drawn without replacement, for every prefix H of the sorted tokens.

    Drawing without replacement is a race: token i arrives after an exponential time of rate q_i, and the first k to arrive
    are drawn. They all lie in H unless a token outside (rate c = 1 - q(H)) arrives before the k-th member:

        1 - Q(H) = integral of c exp(-c t) P(fewer than k members of H by time t) dt.

    One grid of times serves all prefixes. It is uniform in log time, so peaked laws, whose races have very slow ends, cost
    only a few more points; t = exp(y - exp(-y)) makes both ends fall off double-exponentially (Takahasi and Mori 1974).
    """
    rest = np.sort(q)[: len(q) - (k - 1)].sum()  # what is left after the k - 1 likeliest: the slowest rate of all
    step = min(0.23, 0.56 / np.sqrt(k))  # the k-th arrival is the sharper in log time the larger k; error then below 1e-13
    grid = np.arange(-3.8, np.log(_SURE / rest) + 1.0, step)
    times = np.exp(grid - np.exp(-grid))
    weights = step * times * (1.0 + np.exp(-grid))
    escape = np.zeros(len(q) + 1)
    for time, weight, few in zip(times, weights, _few_members(q, times, k), strict=True):
        reached = len(few)  # beyond, k members are certain to have arrived
        escape[:reached] += weight * np.exp(-outside[:reached] * time) * few
    return np.minimum(escape * outside, 1.0)


def _few_members(q: Floats, times: Floats, k: int) -> Iterator[Floats]:
    """For each time: P(fewer than k of the first i tokens have arrived), for i = 0, 1, … until it is nil."""
    if k > _MOST_IN_POWERS:
        yield from _few_members_by_recursion(q, times, k).T
        return
    for time in times:
        pace = np.minimum(q * time, _SURE)
        arrived = -np.expm1(-pace)
        reached = int(np.searchsorted(np.cumsum(arrived), 60.0 + 10.0 * k))
        yield _few_by_powers(pace[:reached], k)


def _few_by_powers(pace: Floats, k: int) -> Floats:
    """P(N < k) for growing prefixes by elementary symmetric sums of the odds of arrival: k running sums, nothing subtracted."""
    survive = np.concatenate(([0.0], np.cumsum(pace)))
    # odds reach exp(36); a factor of exp(-18) per power keeps products of 16 within float64 at both ends
    odds = np.expm1(pace) * np.exp(-_SURE / 2)
    power = np.ones(len(pace) + 1)
    few = np.exp(-survive)
    for j in range(1, k):
        power = np.concatenate(([0.0], np.cumsum(odds * power[:-1])))
        few += power * np.exp(j * _SURE / 2 - survive)
    return few


def _few_members_by_recursion(q: Floats, times: Floats, k: int) -> Floats:
    """P(N < k) by the textbook Poisson-binomial recursion, token by token: slower, for any k; float[V + 1, times]."""
    counts = np.zeros((k, len(times)))
    counts[0] = 1.0
    few = np.ones((len(q) + 1, len(times)))
    for i, rate in enumerate(q):
        stays = np.exp(-rate * times)
        moved = counts[:-1] * (1.0 - stays)
        counts *= stays
        counts[1:] += moved
        few[i + 1] = counts.sum(axis=0)
    return few
