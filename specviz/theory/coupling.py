"""Which draft goes to which output: the joint law of the drafted siblings and the token given out at one place.

Every rule is a coupling of the drafts' law with the law of its output (2310.15141, section 3; 2502.18779, section 2): summed over
outputs it is the drafts' law, summed over drafts it is p for a lossless rule. Found by asking the rule itself about every list of
drafts that may come up and every part of its coins; nothing is tossed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError
from specviz.theory.outcomes import ALMOST_ONE, Outcome, UnpredictableRuleError, outcomes
from specviz.theory.rules import Place, excluding
from specviz.theory.transport import check_law
from specviz.types import ROOT, DraftTree, Rule

Floats = NDArray[np.float64]
Drafts = tuple[int, ...]
"""Tokens of the siblings."""

MOST_DRAFTS = 5000
"""Lists of drafts that are tried one by one; each costs the rule a few verdicts."""


@dataclass(frozen=True, eq=False)
class Coupling:
    """A joint law of R drafts and V outputs.

    Attributes:
        drafts: R rows: tokens in drawing order, or what :meth:`grouped` made of them.
        chances: float[R], the law the drafts were drawn with; found without the rule.
        given: float[R, V], this was drafted and this token, one of the drafts, was given out.
        drawn: float[R, V], this was drafted, all of it was refused, and this token was drawn instead.
    """

    drafts: tuple[Drafts, ...]
    chances: Floats
    given: Floats
    drawn: Floats

    @property
    def joint(self) -> Floats:
        """float[R, V]; its rows sum to ``chances``, its columns to ``output``."""
        return self.given + self.drawn

    @property
    def output(self) -> Floats:
        """The law of the token given out, float[V]; p exactly when the rule is lossless here."""
        return np.asarray(self.joint.sum(axis=0))

    @property
    def acceptance(self) -> float:
        """Probability that one of the drafts is given out."""
        return float(self.given.sum())

    def total_variation(self, p: ArrayLike) -> float:
        """How far the output is from p, float[V]: 0 for a lossless rule, to about 1e-15."""
        return float(np.abs(self.output - np.asarray(p, dtype=np.float64)).sum() / 2)

    def grouped(self, key: Callable[[Drafts], Drafts]) -> Coupling:
        """The same with rows of one key added up, in the order they first come up."""
        place: dict[Drafts, int] = {}
        index = [place.setdefault(key(tokens), len(place)) for tokens in self.drafts]
        summed = []
        for rows in (self.chances, self.given, self.drawn):
            total = np.zeros((len(place), *rows.shape[1:]))
            np.add.at(total, index, rows)
            summed.append(total)
        return Coupling(tuple(place), *summed)

    def by_set(self) -> Coupling:
        """One row per set of drafted tokens, small and low ones first; a token drafted twice counts once."""
        found = self.grouped(lambda tokens: tuple(sorted(set(tokens))))
        order = sorted(range(len(found.drafts)), key=lambda row: (len(found.drafts[row]), found.drafts[row]))
        return Coupling(tuple(found.drafts[row] for row in order), found.chances[order], found.given[order], found.drawn[order])

    def by_first(self) -> Coupling:
        """One row per token that was drafted first."""
        return self.grouped(lambda tokens: tokens[:1])


def coupling(rule: Rule, at: Place) -> Coupling:
    """The joint law of drafts and output under ``rule``, exact to about 1e-15.

    Args:
        rule: judges; the real one, asked through ``judge``.
        at: the place (``specviz.theory.rules.place``): p, q, k siblings, how they are drawn.

    Raises:
        ValueError: when the rule cannot judge such siblings, or more than ``MOST_DRAFTS`` lists of drafts may come up.
        UnpredictableRuleError: when the rule's thresholds or laws do not say what it does (``greedy`` with a p that is not one-hot:
            it takes the likeliest token and draws nothing).
    """
    found = list(_drafted(at))
    given, drawn = np.zeros((2, len(found), len(at.p)))
    for row, (tokens, chance) in enumerate(found):
        tree = _siblings(at, tokens)
        rows = np.tile(at.p, (len(tokens) + 1, 1))
        for outcome in outcomes(rule, tree, rows):
            verdict = outcome.verdict
            if verdict.path:
                given[row, tree.tokens[verdict.path[0]]] += chance * outcome.probability
            elif outcome.probability > 0.0:
                drawn[row] += chance * outcome.probability * _drawn_from(rule, tree, rows, outcome)
    return Coupling(tuple(tokens for tokens, _ in found), np.array([chance for _, chance in found]), given, drawn)


def _drafted(at: Place) -> Iterator[tuple[Drafts, float]]:
    """Every list of siblings that may come up, with its probability."""
    if (count := _lists(at)) > MOST_DRAFTS:
        raise UnexpectedValueError(
            f"at most {MOST_DRAFTS} lists of drafts",
            f"{count}: {at.k - len(at.picked)} drawn from {np.count_nonzero(at.q)} tokens",
            "pool the unlikely tokens (specviz.theory.coupling.pool), or take fewer drafts",
        )
    if at.sampling != "iid" and at.k > len(at.q):
        raise UnexpectedValueError(f"at most {len(at.q)} drafts without replacement from as many tokens", str(at.k), "take fewer drafts")

    def grow(tokens: Drafts, chance: float) -> Iterator[tuple[Drafts, float]]:
        if len(tokens) == at.k:
            yield tokens, chance
            return
        tried = np.isin(np.arange(len(at.q)), tokens)
        law = at.q if at.sampling == "iid" else excluding(at.q, tried)
        for token in np.flatnonzero(law).tolist():
            yield from grow((*tokens, token), chance * float(law[token]))

    yield from grow(at.picked, 1.0)


def _lists(at: Place) -> int:
    """How many lists of siblings may come up; drawing goes on evenly where q has no mass left."""
    drawn = at.k - len(at.picked)
    if at.sampling == "iid":
        support = int(np.count_nonzero(at.q))
        return int(support**drawn)
    left = np.delete(at.q, list(at.picked))
    support = int(np.count_nonzero(left))
    first = min(drawn, support)
    return math.perm(support, first) * math.perm(len(left) - support, drawn - first)


def _siblings(at: Place, tokens: Drafts) -> DraftTree:
    has_law = bool(at.q.any())
    return DraftTree(tokens, [ROOT] * len(tokens), at.q[None] if has_law else None, [0 if has_law else -1] * len(tokens), at.sampling)


def _drawn_from(rule: Rule, tree: DraftTree, p: Floats, outcome: Outcome) -> Floats:
    """The law the last token is drawn from after this outcome, once both ends of its coin confirm it."""
    law = np.asarray(outcome.verdict.law, dtype=np.float64)
    coins = np.array([*(decision.u for decision in outcome.verdict.decisions), ALMOST_ONE])
    mass, cdf = np.flatnonzero(law), np.cumsum(law)
    last = int(np.searchsorted(cdf, ALMOST_ONE * cdf[-1], side="right"))  # what rounding left behind it is never drawn
    ends = [int(mass[0]), min(last, int(mass[-1]))]
    if [outcome.verdict.token, rule.judge(tree, p, coins).token] != ends:
        raise UnpredictableRuleError(f"the rule {rule.name!r} to draw the last token from the law it reports", "another token")
    return np.asarray(law / law.sum())


@dataclass(frozen=True, eq=False)
class Pooled:
    """Two laws over the likeliest tokens and what is left, see :func:`pool`.

    Attributes:
        p: float[T + 2 or less], the target's law.
        q: the same of the draft.
        kept: int[T], the tokens that stand for themselves, in this order.
        others: (name, how many) of the entries behind them.
    """

    p: Floats
    q: Floats
    kept: tuple[int, ...]
    others: tuple[tuple[str, int], ...]


def pool(p: ArrayLike, q: ArrayLike, top: int, *, keep: Sequence[int] = ()) -> Pooled:
    """Keep ``top`` tokens and add up the rest in two entries: where the draft has too little, and where it has too much.

    Split so, one draft's acceptance sum(min(p, q)) and its whole joint law stay exact. Several drafts are judged as if all tokens of
    an entry were one, which is an approximation: two of them count as the same draft.

    Args:
        p: float[V], the target's law.
        q: float[V], the draft's law.
        top: tokens kept, the largest of max(p, q) first.
        keep: tokens kept in any case.

    Raises:
        ValueError: for laws that are none or differ in length, or ``top`` below 1.
    """
    p, q = check_law("p", p), check_law("q", q)
    if p.shape != q.shape:
        raise UnexpectedValueError("p and q over one vocabulary", f"{len(p)} and {len(q)} tokens")
    if top < 1:
        raise UnexpectedValueError("to keep at least 1 token", str(top))
    ranked = [token for token in np.argsort(-np.maximum(p, q), kind="stable").tolist() if token not in keep]
    kept = sorted([*dict.fromkeys(keep), *ranked][: max(top, len(set(keep)))], key=lambda token: (-max(p[token], q[token]), token))
    rest = ~np.isin(np.arange(len(p)), kept) & ((p > 0.0) | (q > 0.0))
    parts = [(name, np.flatnonzero(rest & which)) for name, which in (("p ≥ q", p >= q), ("p < q", p < q))]
    laws = [np.array([*law[kept], *(law[where].sum() for _, where in parts if len(where))]) for law in (p, q)]
    return Pooled(laws[0], laws[1], tuple(kept), tuple((name, len(where)) for name, where in parts if len(where)))
