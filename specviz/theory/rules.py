"""How often each rule passes one place: k siblings drafted there from one law q, averaged over drafts and coins.

Exact where a closed form or a short enumeration exists. Drawing without replacement has none beyond two siblings (what is left
of p depends on every refused token), so there the refused tokens are drawn, all else is summed: a mean with a 95 % interval.
Sources: recursive and naive 2305.09781, 2402.14160; k-seq 2310.15141; greedy drafts and the bound 2502.18779.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError
from specviz.theory.acceptance import Z_95
from specviz.theory.transport import check_law, optimal_acceptance
from specviz.types import SAMPLINGS, Sampling

Floats = NDArray[np.float64]

_MOST_PREFIXES = 100
"""Largest number of sequences of refused tokens that are summed one by one; beyond, they are drawn."""


@dataclass(frozen=True)
class Rate:
    """A probability; ``error`` is half its 95 % interval, 0 where it is exact (to about 1e-12)."""

    value: float
    error: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether nothing was drawn to find it."""
        return self.error == 0.0


@dataclass(frozen=True, eq=False)
class Place:
    """k siblings at one place: p and q float[V]; ``picked`` the tokens that were picked, not drawn (see :func:`place`)."""

    p: Floats
    q: Floats
    k: int
    sampling: Sampling
    picked: tuple[int, ...] = ()
    draws: int = 256
    seed: int = 0


def place(
    p: ArrayLike, q: ArrayLike | None, k: int, sampling: Sampling, *, picked: Sequence[int] | None = None, draws: int = 256, seed: int = 0
) -> Place:
    """Describe a place, checked.

    Args:
        p: float[V], the target's law.
        q: float[V], the law the siblings were drawn from; None only where all were picked and ``picked`` says which.
        k: siblings, at least 1.
        sampling: how they were drawn; without replacement it goes on evenly where q has no mass left (Sequoia, 2402.12374).
        picked: the tokens of a ``deterministic`` or ``greedy`` draft that were picked (k, or k - 1); the likeliest of q, lowest
            id first, when not given.
        draws: sequences to draw where no sum is short enough.
        seed: of these draws.

    Raises:
        ValueError: for laws that are none, an unknown sampling, or k below 1.
    """
    p = check_law("p", p)
    if sampling not in SAMPLINGS:
        raise UnexpectedValueError(f"sampling to be one of {', '.join(SAMPLINGS)}", repr(sampling))
    if isinstance(k, bool) or int(k) != k or k < 1:
        raise UnexpectedValueError("k, the number of drafted siblings, to be a whole number >= 1", repr(k))
    if q is None and (sampling != "deterministic" or picked is None):
        raise UnexpectedValueError(f"the law q of siblings sampled {sampling!r}", "none", "only picked tokens need no law: give picked=…")
    law = check_law("q", q) if q is not None else np.zeros_like(p)
    if law.shape != p.shape:
        raise UnexpectedValueError("p and q over one vocabulary", f"{len(p)} and {len(law)} tokens")
    count = {"deterministic": int(k), "greedy": int(k) - 1}.get(sampling, 0)
    tokens = tuple(picked) if picked is not None else tuple(np.argsort(-law, kind="stable")[:count].tolist())
    return Place(p, law, int(k), sampling, tokens[:count], draws, seed)


def rate(rule: str, at: Place) -> Rate:
    """Probability that ``rule``, a name of :data:`RATES`, gives out one of the siblings at this place.

    Raises:
        ValueError: when the rule has no formula here, or cannot judge this sampling or more than one sibling.
    """
    if rule not in RATES:
        raise UnexpectedValueError(f"a rule with a formula ({', '.join(RATES)})", repr(rule), "judge recorded drafts with it instead (trace.replay)")
    known = RATES[rule]
    if at.sampling not in known.samplings:
        raise UnexpectedValueError(f"siblings sampled {' or '.join(sorted(known.samplings))} for the rule {rule!r}", repr(at.sampling))
    if known.chains_only and at.k > 1:
        raise UnexpectedValueError(f"one draft at a place for the rule {rule!r}", str(at.k), "choose a rule made for several drafts")
    return known.formula(at)


def bound(at: Place) -> float:
    """The most any lossless rule passes this place: the optimal coupling of this way of drafting with p."""
    if at.sampling == "deterministic":
        return _mass(at.p, at.picked)
    if at.sampling == "greedy":
        return _greedy_multidraft(at).value
    return optimal_acceptance(at.p, at.q, at.k, at.sampling == "iid", fallback=True)


def k_seq_factor(p: ArrayLike, q: ArrayLike, k: int) -> float:
    """rho* of K-SEQ: the smallest valid factor in [1, k], by bisection to the last bits (2310.15141, section 4).

    Args:
        p: float[V], the target's law.
        q: float[V], the law of the k i.i.d. drafts.
        k: siblings.
    """
    p, q = check_law("p", p), check_law("q", q)

    def is_valid(rho: float) -> bool:
        refused = 1.0 - np.minimum(q, p / rho).sum()
        return bool(sum(refused**j for j in range(k)) <= rho)

    low, high = 1.0, float(k)
    if is_valid(low):
        return low
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if is_valid(middle) else (middle, high)
    return high


def _mass(p: Floats, tokens: Sequence[int]) -> float:
    return min(1.0, float(p[sorted(set(tokens))].sum()))


def _single(at: Place) -> Rate:
    if at.sampling == "deterministic":
        return Rate(_mass(at.p, at.picked))
    return Rate(float(np.minimum(at.p, at.q).sum()))


def _greedy_multidraft(at: Place) -> Rate:
    """p(A) + sum over x not in A of min(p, q'), q' = norm(q without A): the matched rule, which reaches the bound."""
    tail = excluding(at.q, np.isin(np.arange(len(at.q)), at.picked))
    return Rate(min(1.0, _mass(at.p, at.picked) + float(np.minimum(at.p, tail).sum() - np.minimum(at.p, tail)[list(at.picked)].sum())))


def _recursive(at: Place) -> Rate:
    if at.sampling == "deterministic":
        return Rate(_mass(at.p, at.picked))
    if at.sampling == "without_replacement":
        return _recursive_without(at)
    if at.sampling == "greedy":
        return _picks_then_sample(at)
    refused, left = 1.0, at.p
    for _ in range(at.k):
        refused *= _refusal(left, at.q)
        left = _surplus(left, at.q)
    return Rate(1.0 - refused)


def _picks_then_sample(at: Place) -> Rate:
    """One-hot laws first, then the sampled sibling against what is left of p."""
    picks = _mass(at.p, at.picked)
    tried = np.isin(np.arange(len(at.p)), at.picked)
    left = np.where(tried, 0.0, at.p)
    if not left.sum() > 0.0:
        return Rate(1.0)
    return Rate(1.0 - (1.0 - picks) * _refusal(left / left.sum(), excluding(at.q, tried)))


def _k_seq(at: Place) -> Rate:
    rho = k_seq_factor(at.p, at.q, at.k)
    return Rate(1.0 - (1.0 - float(np.minimum(at.q, at.p / rho).sum())) ** at.k)


def _naive(at: Place) -> Rate:
    """E[p(set of siblings)]: q decides which tokens are in the set, nothing else."""
    if at.sampling == "deterministic":
        return Rate(_mass(at.p, at.picked))
    if at.sampling == "greedy":
        tried = np.isin(np.arange(len(at.p)), at.picked)
        return Rate(min(1.0, _mass(at.p, at.picked) + float((np.where(tried, 0.0, at.p) * excluding(at.q, tried)).sum())))
    if at.sampling == "iid":
        return Rate(float((at.p * -np.expm1(at.k * np.log1p(-np.minimum(at.q, 1.0 - 1e-16)))).sum()))
    return _naive_without(at)


def _naive_without(at: Place) -> Rate:
    q, support = at.q, np.flatnonzero(at.q)
    if at.k >= len(support):  # all of q is drawn, then others evenly
        others = len(q) - len(support)
        share = min(1.0, (at.k - len(support)) / others) if others else 0.0
        return Rate(float(at.p[support].sum() + share * (1.0 - at.p[support].sum())))
    if at.k <= 2 or len(support) ** (at.k - 2) <= _MOST_PREFIXES:
        return Rate(_hits(at.p, q, np.zeros(len(q), dtype=bool), at.k))
    rng = np.random.default_rng(at.seed)
    # the k earliest of a race with rates q are k draws without replacement
    found = [np.argpartition(rng.exponential(size=len(support)) / q[support], at.k - 1)[: at.k] for _ in range(at.draws)]
    return _mean([float(at.p[support[drawn]].sum()) for drawn in found])


def _hits(p: Floats, q: Floats, tried: NDArray[np.bool_], k: int) -> float:
    """E[p(the next k siblings)]: sequences one by one, but for the last two, whose sum is closed."""
    law = excluding(q, tried)
    hits = law * p
    if k == 1:
        return float(hits.sum())
    if k == 2:
        return float(hits.sum() + (law / _others(law) * (hits.sum() - hits)).sum())
    tokens = np.flatnonzero(law)
    return float(sum(hits[x] + law[x] * _hits(p, q, tried | (np.arange(len(p)) == x), k - 1) for x in tokens))


def _recursive_without(at: Place) -> Rate:
    tried = np.zeros(len(at.p), dtype=bool)
    refusable = max(1, int(np.count_nonzero(at.q)))
    if at.k <= 2 or refusable ** (at.k - 2) <= _MOST_PREFIXES:
        return Rate(1.0 - _refused(at.p, at.q, tried, at.k))
    rng = np.random.default_rng(at.seed)
    return _mean([1.0 - _refused(at.p, at.q, tried, at.k, rng) for _ in range(at.draws)])


def _refused(p: Floats, q: Floats, tried: NDArray[np.bool_], k: int, rng: np.random.Generator | None = None) -> float:
    """P(all of the next k siblings are refused), summed over refused tokens; with ``rng`` all but the last two are drawn."""
    law = excluding(q, tried)
    if k == 1 or not law.any():
        return _refusal(p, law)
    over = np.maximum(law - p, 0.0)  # the chance of drawing a token and refusing it
    left = _surplus(p, law)
    if k == 2:
        return _last_two(over, left, law, tried)
    tokens = np.flatnonzero(over)
    if not len(tokens):
        return 0.0
    weights = over[tokens]
    if rng is not None:
        tokens, weights = rng.choice(tokens, 1, p=weights / weights.sum()), np.array([weights.sum()])
    total = 0.0
    for token, weight in zip(tokens, weights, strict=True):
        total += weight * _refused(left, q, tried | (np.arange(len(p)) == token), k - 1, rng)
    return float(total)


def _last_two(over: Floats, left: Floats, law: Floats, tried: NDArray[np.bool_]) -> float:
    """Sum over x of over(x) P(the sibling after x is refused), for all x at once.

    After x the law is c law, c = 1 / (1 - law(x)), without x itself, which ``left`` holds nothing of. So what passes is the sum
    of min(left, c law): piecewise linear in c, read off two running sums of the tokens sorted by left / law.
    """
    tokens = np.flatnonzero(over)
    rest = _others(law)[tokens]
    if len(tokens) == 1 and not rest[0] > 0.0:  # nothing but x had mass: the next one is drawn evenly
        return float(over[tokens[0]] * _refusal(left, excluding(law, tried | (law > 0.0))))
    drawn = np.flatnonzero(law)
    ratio = left[drawn] / law[drawn]
    order = np.argsort(ratio)
    below = np.concatenate(([0.0], np.cumsum(left[drawn][order])))
    above = np.concatenate((np.cumsum(law[drawn][order][::-1])[::-1], [0.0]))
    c = 1.0 / rest
    cut = np.searchsorted(ratio[order], c)
    # tokens above the cut give c law; x itself has ratio 0 and lies below it
    passed = below[cut] + c * above[cut]
    return float((over[tokens] * np.maximum(1.0 - passed, 0.0)).sum())


def _others(law: Floats) -> Floats:
    """1 - law(x) for every x; summed anew for the likeliest, where the difference would lose digits."""
    others = law.sum() - law
    top = int(np.argmax(law))
    others[top] = law[:top].sum() + law[top + 1 :].sum()
    return np.asarray(others)


def _refusal(p: Floats, q: Floats) -> float:
    """1 - sum min(p, q), as a sum of what q has too much of: small ones keep their digits."""
    return float(np.maximum(q - p, 0.0).sum()) if q.any() else 1.0


def _surplus(p: Floats, q: Floats) -> Floats:
    left = np.maximum(p - q, 0.0)
    total = left.sum()
    return left / total if total > 0.0 else p


def excluding(q: Floats, tried: NDArray[np.bool_]) -> Floats:
    """The law of the next sibling without replacement: norm(q without the tried tokens, bool[V]).

    Even over the untried where q has no mass left (2402.12374, Sequoia); zeros where nothing is left.
    """
    left = np.where(tried, 0.0, q)
    if not left.sum() > 0.0:
        left = np.where(tried, 0.0, 1.0)
    total = left.sum()
    return left / total if total > 0.0 else left


def _mean(values: Sequence[float]) -> Rate:
    drawn = np.asarray(values)
    return Rate(float(drawn.mean()), float(Z_95 * drawn.std(ddof=1) / np.sqrt(len(drawn))) or 1e-12)


@dataclass(frozen=True)
class Formula:
    """A rule's rate at one place: what it can judge, and how it is found."""

    formula: Callable[[Place], Rate]
    samplings: frozenset[Sampling]
    chains_only: bool = False


_ALL = frozenset(SAMPLINGS)
_SINGLE: frozenset[Sampling] = frozenset({"iid", "without_replacement", "deterministic"})
RATES: dict[str, Formula] = {
    "rejection": Formula(_single, _SINGLE, chains_only=True),
    "block": Formula(_single, _SINGLE, chains_only=True),  # at the first place; it gains further down the chain
    "naive": Formula(_naive, _ALL),
    "recursive": Formula(_recursive, _ALL),
    "k-seq": Formula(_k_seq, frozenset({"iid"})),
    "greedy-multidraft": Formula(_greedy_multidraft, frozenset({"greedy"})),
    "traversal": Formula(_recursive, _ALL),  # on a tree of one level it is the recursive rule
    "transport": Formula(lambda at: Rate(bound(at)), _ALL),
}
"""Rule -> formula; the names are those of ``specviz.verifiers.VERIFIERS``."""
