"""How often the child of each rank is accepted, by depth: learned from whatever was drafted, with or without siblings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from array_api_compat import array_namespace

from specviz.types import ROOT, Array, DraftTree, Verdict

FORGET = 0.98
PRIOR_FIRST = 0.7
PRIOR_LATER = (0.34, 0.24, 0.18, 0.16, 0.13, 0.11, 0.1)  # rank b + 1 given that those before it were refused: about as 1 over the rank
WEIGHT = 2.0  # of these priors, in places
POOLED = 4.0  # weight of the mean over all depths in the rate of one depth
GUESSED = 3  # ranks behind the last drafted one that a refusal tells something about


class _Rate:
    """A share that forgets."""

    def __init__(self, share: float, weight: float = WEIGHT) -> None:
        self.hits, self.seen = share * weight, weight

    def add(self, hit: float, weight: float = 1.0) -> None:
        self.hits += weight * hit
        self.seen += weight

    def forget(self) -> None:
        self.hits *= FORGET
        self.seen *= FORGET

    @property
    def share(self) -> float:
        return self.hits / self.seen


class Acceptances:
    """Chances of every rank, given that the ranks before it were refused; first ranks by depth, later ones over all depths.

    A refused place also tells about siblings that were not drafted: at temperature 0 which rank the target's own token has, above it how
    much of what is left of p the next siblings' laws would have covered, each refused sibling taken to be the likeliest token left.
    """

    def __init__(self, levels: int) -> None:
        self._mean = _Rate(PRIOR_FIRST)
        self._first = [_Rate(0.0, 0.0) for _ in range(levels)]
        self._later = [_Rate(share) for share in PRIOR_LATER]

    def table(self) -> list[list[float]]:
        """a[d][b]: how often the child of rank b is the accepted one at depth d + 1, given that its parent was; float[L][K]."""
        return [self._row((rate.hits + POOLED * self._mean.share) / (rate.seen + POOLED)) for rate in self._first]

    def _row(self, first: float) -> list[float]:
        row, left = [first], 1.0 - first
        for rate in self._later:
            row.append(left * rate.share)
            left -= row[-1]
        return row

    def learn(self, tree: DraftTree, verdict: Verdict) -> None:
        """Count every place that verification looked at."""
        for rate in (self._mean, *self._first, *self._later):
            rate.forget()
        kept = [ROOT, *verdict.path, None]
        for depth, (place, accepted) in enumerate(pairwise(kept)):
            siblings = tree.children(place) if place is not None else []
            if not siblings or depth >= len(self._first):
                return
            for rank, node in enumerate(siblings):
                self._count(depth, rank, 1.0 if node == accepted else 0.0, 1.0)
                if node == accepted:
                    break
            else:
                self._guess(tree, verdict, siblings)

    def _guess(self, tree: DraftTree, verdict: Verdict, siblings: list[int]) -> None:
        """Count ranks that were not drafted at the place where the cycle ended."""
        row = tree.q_row[siblings[0]]
        if row < 0:
            return
        q, drafted = tree.q[row], [tree.tokens[node] for node in siblings]
        chances = _ranked(q, verdict.token) if tree.sampling == "deterministic" else _covered(verdict.law, q, drafted)
        still = 1.0
        for rank, chance in enumerate(chances, start=0 if tree.sampling == "deterministic" else len(siblings)):
            if rank >= len(siblings):
                self._count(0, rank, chance, still)
                still *= 1.0 - chance

    def _count(self, depth: int, rank: int, hit: float, weight: float) -> None:
        if rank == 0:
            self._mean.add(hit, weight)
            self._first[depth].add(hit, weight)
        elif rank <= len(self._later) and weight > 0.0:
            self._later[rank - 1].add(hit, weight)


def _ranked(q: Array, token: int) -> Iterator[float]:
    """0 for every rank before this token's, then 1."""
    rank = int((q > q[token]).sum())
    yield from (0.0 for _ in range(min(rank, len(PRIOR_LATER) + 1)))
    if rank <= len(PRIOR_LATER):
        yield 1.0


def _covered(left: Array, q: Array, drafted: list[int]) -> Iterator[float]:
    """What a next sibling's law would have covered of what is left of p, float[V], then the one after it."""
    xp = array_namespace(left, q)
    q = xp.asarray(q, copy=True)
    q[drafted] = 0.0
    for _ in range(GUESSED):
        mass = float(q.sum())
        if not mass > 0.0:
            return
        common = xp.where(left < q / mass, left, q / mass)
        chance = min(1.0, float(common.sum()))
        yield chance
        if chance >= 1.0:
            return
        left = (left - common) / (1.0 - chance)
        q[int(q.argmax())] = 0.0
