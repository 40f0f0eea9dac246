"""Small places to draft at: laws of every kind, and every tuple of siblings with its probability."""

from __future__ import annotations

import itertools

import numpy as np


def random_law(rng, size):
    """From nearly uniform to nearly one-hot."""
    logits = rng.normal(size=size) * rng.choice([0.5, 2.0, 8.0])
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def with_zeros(law):
    """The law without its likeliest token, where another is left."""
    cut = law * (np.arange(len(law)) != np.argmax(law))
    return cut / cut.sum()


SPECIAL = [  # plain ones in between
    lambda p, q: (p, q),
    lambda p, q: (with_zeros(p), q),
    lambda p, q: (p, with_zeros(q)),
    lambda p, q: (p, q),
    lambda p, _: (p, p),
    lambda p, q: (np.eye(len(p))[0], q),
    lambda p, q: (p, q),
    lambda p, q: (p, np.eye(len(q))[-1]),
    lambda p, q: (p, np.full(len(q), 1 / len(q))),
    lambda p, q: (p, q),
    lambda p, q: (np.eye(len(p))[0], np.eye(len(q))[-1]),  # disjoint
    lambda p, q: (np.round(p * 4 + 1) / np.round(p * 4 + 1).sum(), np.round(q * 4 + 1) / np.round(q * 4 + 1).sum()),  # ties
]


def tuples_of(q, k, *, replacement, fallback=False):
    """Every drafted tuple with its probability; without replacement the draw ends where q has no mass left, or goes on evenly."""
    support = np.count_nonzero(q)
    k = k if replacement or fallback else min(k, support)
    for drafts in itertools.product(range(len(q)), repeat=k):
        if not replacement and len(set(drafts)) < k:
            continue
        chance, left = 1.0, set(range(len(q)))
        for x in drafts:
            mass = sum(q[y] for y in left)
            chance *= q[x] / mass if mass else 1 / len(left)
            left = left if replacement else left - {x}
        yield drafts, chance
