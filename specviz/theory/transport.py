"""The most a verification rule can accept when k siblings are drafted at one place: optimal transport, solved by sorting.

Any lossless rule is a coupling of the drafted tuple's law with p, so the best one is a linear program (arXiv 2310.15141).
Its dual is a choice of tokens H (arXiv 2502.18779):

    alpha* = 1 + min over H of p(H) - Q(H),    Q(H) = P(all k drafts lie in H),

and for drafts drawn from one law q the best H is a prefix of the tokens sorted by p / q. With k = 1 it is 1 - TV(p, q).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError

Floats = NDArray[np.float64]

_NIL = 1e-290  # below it 1 / q leaves float64's range
_SURE = 36.0  # exp(-36) = 2e-16: expected arrivals beyond which none is impossible
_UNSEEN = 1e-17  # a probability below it changes no sum of float64s near 1
_MOST_IN_POWERS = 16  # elementary symmetric sums of more factors would leave float64's range


def optimal_acceptance(p: ArrayLike, q: ArrayLike, k: int, replacement: bool, *, fallback: bool = False) -> float:
    """Probability that the best lossless rule outputs one of k drafted siblings.

    Args:
        p: float[V], the target's law.
        q: float[V], the draft's law.
        k: siblings drafted at this place, at least 1.
        replacement: True when they are drawn independently from q; False when a drawn token is removed from q, which is
            then renormalised. Without replacement no more tokens can be drawn than q has mass on; drawing ends there.
        fallback: drawing does not end there, but goes on evenly among the tokens not drawn yet (2402.12374, Sequoia).

    Returns:
        alpha* in [0, 1], in float64 to about 1e-13. Laws are normalised first, so float32 rows do not leak mass.

    Raises:
        ValueError: when p or q is no law, when they differ in length, or when k is no whole number >= 1.
    """
    p, q = check_law("p", p), check_law("q", q)
    if p.shape != q.shape:
        raise UnexpectedValueError("p and q over one vocabulary", f"{len(p)} and {len(q)} tokens")
    if isinstance(k, bool) or int(k) != k or k < 1:
        raise UnexpectedValueError("k, the number of drafted siblings, to be a whole number >= 1", repr(k))
    if fallback and not replacement and k > np.count_nonzero(q > _NIL):
        return _with_fallback(p, q > _NIL, min(int(k), len(q)))
    drafted = q > _NIL  # a token that is never drafted costs p(H) and brings nothing to Q(H)
    p, q = p[drafted], q[drafted]
    order = np.argsort(p / q, kind="stable")
    p, q = p[order], q[order]
    cost = np.concatenate(([0.0], np.cumsum(p)))
    # 1 - Q(H) instead of Q(H): small ones keep their digits. Likewise 1 - q(H) is summed from the far end.
    outside = np.concatenate((np.cumsum(q[::-1])[::-1], [0.0]))
    k = min(int(k), len(q)) if not replacement else int(k)
    escape = _escape_with_replacement(outside, k) if replacement or k == 1 else _escape_without(q, outside, k)
    return float(np.clip((cost + escape).min(), 0.0, 1.0))


def _with_fallback(p: Floats, drafted: NDArray[np.bool_], k: int) -> float:
    """All of q's tokens S are drawn, then r others evenly: Q(H) = C(m, r) / C(V - |S|, r) for S and m others in H, else 0."""
    others = np.sort(p[~drafted])  # of all H with m others, the one with the least likely ones costs least
    rest = k - int(np.count_nonzero(drafted))
    chance = np.ones(len(others) + 1)
    for i in range(rest):
        chance *= np.maximum(np.arange(len(others) + 1) - i, 0) / (len(others) - i)
    cost = p[drafted].sum() + np.concatenate(([0.0], np.cumsum(others)))
    return float(np.clip((1.0 + cost - chance).min(), 0.0, 1.0))


def check_law(name: str, values: ArrayLike) -> Floats:
    """The law float[V] in float64, normalised; ``name`` is what errors call it.

    Raises:
        ValueError: for anything but one row without negative or NaN entries that sums to 1 (to 1e-4).
    """
    law = np.asarray(values, dtype=np.float64)
    if law.ndim != 1 or not law.size:
        raise UnexpectedValueError(f"{name} to be one law, float[V]", f"shape {law.shape}", "give one row at a time")
    total = law.sum()
    if not np.isfinite(total) or (law < 0.0).any() or abs(total - 1.0) > 1e-4:
        raise UnexpectedValueError(
            f"{name} to be a law (no negative or NaN entry, sum 1)", f"sum {total:g} and minimum {law.min():g}", "normalise it first"
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
    tails = _tails(q, k)
    step = min(0.23, 0.56 / np.sqrt(k))  # the k-th arrival is the sharper in log time the larger k; error then below 1e-13
    grid = np.arange(-3.8, np.log(_SURE / tails[-1]) + 1.0, step)  # the slowest rate of all: when the k - 1 likeliest have arrived
    times = np.exp(grid - np.exp(-grid))
    weights = step * times * (1.0 + np.exp(-grid))
    early = _is_early(times, tails)
    escape = _all_waiting(outside, times[early], weights[early])
    count = _waiting_by_powers if k <= _MOST_IN_POWERS else _waiting_by_recursion
    for weight, waiting in zip(weights[~early], count(q, times[~early], k), strict=True):
        escape[: len(waiting)] += weight * waiting  # beyond, k members are certain to have arrived
    return np.minimum(escape * outside, 1.0)


def _tails(q: Floats, k: int) -> Floats:
    """Mass below the j likeliest tokens, for j = 0 … k - 1; summed from the small ones up, so that tiny ones keep their digits."""
    ordered = np.sort(q)
    below = np.cumsum(ordered)
    return below[len(q) - 1 - np.arange(k)]


def _is_early(times: Floats, tails: Floats) -> NDArray[np.bool_]:
    """Whether k arrivals by each time are out of the question: all but j of them would come from below the j likeliest tokens."""
    left = len(tails) - np.arange(len(tails))  # k - j arrivals, of which P <= (tail t)^(k-j) / (k-j)!
    with np.errstate(over="ignore"):
        chances = [(times * tail) ** n / math.factorial(n) for tail, n in zip(tails, left.tolist(), strict=True)]
    early: NDArray[np.bool_] = np.min(chances, axis=0) < _UNSEEN
    return early


def _all_waiting(outside: Floats, times: Floats, weights: Floats) -> Floats:
    """Sum of weight * exp(-outside * time) over times at which k members have never arrived; short ones by their Taylor series."""
    short = times < 0.5
    terms, most = [float(weights[short].sum())], 1.0
    while most > _UNSEEN and short.any():
        power = len(terms)
        most *= float(times[short][-1]) / power
        terms.append(float((weights[short] * (-times[short]) ** power).sum() / math.factorial(power)))
    waiting: Floats = np.polynomial.Polynomial(terms)(outside).astype(np.float64)
    for time, weight in zip(times[~short], weights[~short], strict=True):
        waiting += weight * np.exp(-outside * time)
    return waiting


def _waiting_by_powers(q: Floats, times: Floats, k: int) -> Iterator[Floats]:
    """For each time: P(no token outside, and fewer than k of the first i tokens, have arrived), for i = 0, 1, … until it is nil.

    P(exactly j of the first i) is an elementary symmetric sum of the odds of arrival times P(none): k running sums, nothing
    subtracted. P(none inside) * P(none outside) = exp(-time) for every prefix, so no exponential is taken prefix by prefix.
    """
    buffers = np.empty((4, len(q) + 1))  # one block for all times: fresh memory would cost as much as the sums
    enough = _SURE + 4.0 * k  # expected arrivals that leave fewer than k with a chance below 1e-16
    for time in times:
        size = _reach(q, time, enough) if time > enough else len(q)
        odds, work, sums, few = buffers[:, : size + 1]
        np.expm1(np.minimum(q[:size] * time, _SURE), out=odds[1:])
        sums[:] = few[:] = 1.0
        for _ in range(1, k):
            np.multiply(odds[1:], sums[:-1], out=work[1:])
            np.cumsum(work[1:], out=sums[1:])
            sums[0] = 0.0
            few += sums
        none = _none_arrived(q, time)
        yield few * (none if isinstance(none, float) else none[: size + 1])


def _reach(q: Floats, time: float, enough: float) -> int:
    """How many tokens it takes until ``enough`` of them are expected to have arrived."""
    return int(np.searchsorted(np.cumsum(-np.expm1(-q * time)), enough))


def _none_arrived(q: Floats, time: float) -> Floats | float:
    """P(no token has arrived by ``time``), odds inside the prefix counted as at most exp(36): float[len(q) + 1], or one number for all."""
    sure = np.flatnonzero(q * time > _SURE)
    if not len(sure):
        return math.exp(-time)
    slow = q.copy()
    slow[sure] = 0.0
    outside = np.concatenate((np.cumsum(q[sure][::-1])[::-1], [0.0]))  # of the sure ones, those that the prefix does not hold
    waits = np.exp(-(slow.sum() + outside) * time - _SURE * np.arange(len(sure) + 1))
    return np.repeat(waits, np.diff(np.concatenate(([0], sure + 1, [len(q) + 1]))))


def _waiting_by_recursion(q: Floats, times: Floats, k: int) -> Iterator[Floats]:
    """The same by the textbook Poisson-binomial recursion, token by token: slower, for any k."""
    counts = np.zeros((k, len(times)))
    counts[0] = 1.0
    few = np.ones((len(times), len(q) + 1))
    for i, rate in enumerate(q):
        stays = np.exp(-rate * times)
        moved = counts[:-1] * (1.0 - stays)
        counts *= stays
        counts[1:] += moved
        few[:, i + 1] = counts.sum(axis=0)
    outside = np.concatenate((np.cumsum(q[::-1])[::-1], [0.0]))
    yield from few * np.exp(-np.outer(times, outside))
