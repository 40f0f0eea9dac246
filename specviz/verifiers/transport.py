"""The optimal coupling of the drafted siblings with p, found by linear programming: no rule accepts more at one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace, device

from specviz.errors import UnexpectedValueError, UnsolvedError, words
from specviz.types import SAMPLINGS, Array, DraftTree, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.siblings import drafts
from specviz.verifiers.walk import Look, Looks, walk

if TYPE_CHECKING:
    import numpy as np

MOST_SETS = 5000
"""Largest linear programme, in sets of tokens the siblings may form: V = 16 with 4 siblings, V = 30 with 3, V = 99 with 2."""

Tokens = frozenset[int]
Source = tuple[tuple[float, ...] | int, bool]
"""Where a sibling came from: its law, or the token that was picked; and whether earlier siblings were removed from the law."""


@dataclass(frozen=True)
class Coupling:
    """Which set of drafts gives which output.

    Attributes:
        shares: for each set the siblings may form, the probability of giving out each of its members.
        left: float[V], p minus all that is given out, not normalised.
    """

    shares: dict[Tokens, dict[int, float]]
    left: tuple[float, ...]


class Transport:
    """Give out member x of the drafted set S with probability C(S, x)/P(S), else draw from what C leaves of p.

    C maximises the chance that a draft is given out, subject to what S and p hold (2310.15141, section 3; 2502.18779,
    section 3), solved by HiGHS over sets instead of tuples, which loses nothing: the order of drafts does not change what
    may be given out. The members are offered in drawing order, each with its own coin. Scaled to be feasible to the last
    bit, C is lossless whatever the solver's tolerance; its acceptance is optimal to about 1e-9.

    In a deeper tree each group of siblings is judged so, from the root down: lossless, and optimal at each place for itself,
    not for the whole tree (among optimal couplings none is preferred for the sake of the subtrees below).
    Small vocabularies only: judging refuses more than ``MOST_SETS`` possible sets.
    """

    name = "transport"
    lossless = True
    chains_only = False
    is_joint = True
    samplings = frozenset(SAMPLINGS)

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1], u[N] draws the last token by the inverse CDF.

        Raises:
            ValueError: when the siblings of a place may form more than ``MOST_SETS`` sets of tokens.
        """
        check_input(self, tree, p, u)
        return walk(tree, p, u, lambda children, row: _look_at(tree, children, row))


def _look_at(tree: DraftTree, children: list[int], p: Array) -> Looks:
    coupling = best_coupling(tuple(p.tolist()), tuple(_source(tree, node, node == children[-1]) for node in children))
    shares = dict(coupling.shares.get(frozenset(tree.tokens[node] for node in children), {}))
    open_ = 1.0  # the chance that none of the earlier siblings is given out
    for draft in drafts(tree, children):
        share = shares.pop(draft.token, 0.0)  # a repeated token was offered already
        yield Look(draft.node, float(p[draft.token]), draft.chance, min(1.0, share / open_) if share else 0.0)
        open_ = max(open_ - share, 0.0)
    left = array_namespace(p).asarray(coupling.left, dtype=p.dtype, device=device(p))
    total = left.sum()
    return left / total if float(total) > 0.0 else p


def _source(tree: DraftTree, node: int, is_last: bool) -> Source:
    if tree.sampling == "deterministic" or (tree.sampling == "greedy" and not is_last):
        return tree.tokens[node], False
    return tuple(tree.q[tree.q_row[node]].tolist()), tree.sampling != "iid"


@lru_cache(maxsize=512)
def best_coupling(p: tuple[float, ...], sources: tuple[Source, ...]) -> Coupling:
    """The coupling of k siblings with p that gives out a draft most often; remembered, since replay asks for it again and again."""
    mass = _drafted_sets(len(p), sources)
    pairs = [(tokens, x) for tokens in mass for x in sorted(tokens) if p[x] > 0.0]
    given = _feasible(_solve(p, mass, pairs), p, mass, pairs)
    shares: dict[Tokens, dict[int, float]] = {tokens: {} for tokens in mass}
    left = list(p)
    for (tokens, x), amount in zip(pairs, given, strict=True):
        shares[tokens][x] = amount / mass[tokens]
        left[x] = max(left[x] - amount, 0.0)
    return Coupling(shares, tuple(left))


def _drafted_sets(vocab: int, sources: Sequence[Source]) -> dict[Tokens, float]:
    """Every set of tokens the siblings may form, with its probability."""
    sets: dict[Tokens, float] = {frozenset(): 1.0}
    for law, excludes in sources:
        grown: dict[Tokens, float] = defaultdict(float)
        for before, weight in sets.items():
            for token, chance in _next(law, before if excludes else frozenset()):
                grown[before | {token}] += weight * chance
            if len(grown) > MOST_SETS:
                raise UnexpectedValueError(
                    f"siblings that form at most {MOST_SETS} sets of tokens for the rule 'transport'",
                    f"more with {len(sources)} siblings over {vocab} tokens",
                    "use a smaller vocabulary or fewer siblings, cut q (top-k), or choose 'recursive'",
                )
        sets = grown
    return sets


def _next(law: tuple[float, ...] | int, tried: Tokens) -> list[tuple[int, float]]:
    """What the next sibling may be and how likely; evenly among the untried where the law has no mass left."""
    if isinstance(law, int):
        return [(law, 1.0)]
    open_ = [(token, chance) for token, chance in enumerate(law) if token not in tried and chance > 0.0]
    open_ = open_ or [(token, 1.0) for token in range(len(law)) if token not in tried]
    total = sum(chance for _, chance in open_)
    return [(token, chance / total) for token, chance in open_]


def _solve(p: tuple[float, ...], mass: dict[Tokens, float], pairs: list[tuple[Tokens, int]]) -> np.ndarray[Any, Any]:
    """Maximise the sum of C(S, x), x in S, with no S and no x giving more than it holds."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    row = {tokens: i for i, tokens in enumerate(mass)}
    rows = [row[tokens] for tokens, _ in pairs] + [len(mass) + x for _, x in pairs]
    columns = [*range(len(pairs)), *range(len(pairs))]
    holds = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(mass) + len(p), len(pairs)))
    if not pairs:
        return np.zeros(0)
    found = linprog(-np.ones(len(pairs)), A_ub=holds, b_ub=[*mass.values(), *p], method="highs")
    if found.x is None:
        raise UnsolvedError("HiGHS to solve the coupling", words(found.message), "take another rule for this tree")
    solution: np.ndarray[Any, Any] = found.x
    return solution


def _feasible(given: np.ndarray[Any, Any], p: tuple[float, ...], mass: dict[Tokens, float], pairs: list[tuple[Tokens, int]]) -> list[float]:
    """The solution scaled down wherever the solver's tolerance let it exceed what a set or a token holds."""
    amounts = [max(float(amount), 0.0) for amount in given]
    for key, holds in ((0, mass), (1, dict(enumerate(p)))):
        totals: dict[Any, float] = defaultdict(float)
        for pair, amount in zip(pairs, amounts, strict=True):
            totals[pair[key]] += amount
        amounts = [
            amount * min(1.0, holds[pair[key]] / totals[pair[key]]) if amount else 0.0  # type: ignore[index]  # a set or a token, by key
            for pair, amount in zip(pairs, amounts, strict=True)
        ]
    return amounts
