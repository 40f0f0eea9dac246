"""Random problems for a rule: laws of every awkward kind, on every small shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from specviz.types import Rule
from tests.verifiers.enumeration import Found, Table, enumerate_tree, on, random_table

CHAINS = [(-1,), (-1, 0), (-1, 0, 1)]
SHAPES = [
    *CHAINS,
    (-1, -1),
    (-1, -1, -1),
    (-1, -1, -1, -1),
    (-1, 0, 0),
    (-1, -1, 0),
    (-1, -1, 1),
    (-1, -1, 0, 1),
    (-1, 0, 0, 1),
    (-1, -1, 0, 0),
    (-1, -1, 0, 2),
    (-1, 0, -1, 0),
]
KINDS = ["plain", "zeros", "ties", "one-hot", "equal", "disjoint", "uniform", "nucleus", "close"]
MOST_DRAFTS = 64  # V^N of an instance


@dataclass(frozen=True)
class Instance:
    """One problem: laws after every context, a shape, a way of drafting."""

    kind: str
    p: Table
    q: Table
    parents: tuple[int, ...]
    sampling: str
    vocab: int

    def solve(self, rule: Rule) -> Found:
        """Enumerate it with ``rule``."""
        return enumerate_tree(rule, self.p, self.q, self.parents, self.sampling, self.vocab)


def laws(kind: str, vocab: int, seed: int) -> tuple[Table, Table]:
    """A pair (p, q) of this kind."""
    p, q = random_table(vocab, seed), random_table(vocab, seed + 10**6)
    if kind in {"zeros", "ties"}:
        return random_table(vocab, seed, kind), random_table(vocab, seed + 10**6, kind)
    if kind == "one-hot":
        return (p, random_table(vocab, seed, kind)) if seed % 2 else (random_table(vocab, seed, kind), q)
    if kind == "disjoint":
        return on(list(range(vocab // 2)), p), on(list(range(vocab // 2, vocab)), q)
    if kind == "nucleus":  # both cut, as top-p does: supports overlap in part
        return on(list(range(vocab - 1)), p), on(list(range(1, vocab)), q)
    return p, {"plain": q, "equal": p, "uniform": lambda _: np.full(vocab, 1 / vocab), "close": lambda context: 0.9 * p(context) + 0.1 * q(context)}[
        kind
    ]


def instances(rule: Rule, count: int, seed: int = 0) -> Iterator[Instance]:
    """``count`` problems that ``rule`` may be given; every kind comes up, the largest stay within ``MOST_DRAFTS`` drafts."""
    rng = np.random.default_rng([seed, *rule.name.encode()])
    samplings = sorted(rule.samplings)
    for i in range(count):
        kind, sampling = KINDS[i % len(KINDS)], samplings[(i // len(KINDS)) % len(samplings)]
        shapes = CHAINS if rule.chains_only else SHAPES
        parents = shapes[rng.integers(len(shapes))]
        most = next(v for v in (6, 5, 4, 3, 2) if v ** len(parents) <= MOST_DRAFTS)
        widest = max(parents.count(parent) for parent in parents)
        # distinct siblings need as many tokens; their drafts are few
        vocab = max(int(rng.integers(2, most + 1)), 2 if sampling == "iid" else widest)
        yield Instance(kind, *laws(kind, vocab, int(rng.integers(10**5))), parents, sampling, vocab)
