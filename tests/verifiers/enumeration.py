"""Exact output laws of chain rules, found from outside: a rule is asked what it does, never how.

Each coin's effect is piecewise constant and moves one way (accepted below a threshold, the last token by the inverse CDF), so its
breakpoints are found by bisection to the last bit. Every possible draft is tried; nothing is sampled.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from specviz.types import DraftTree, Verdict

Context = tuple[int, ...]
Table = Callable[[Context], np.ndarray]


def random_table(vocab: int, seed: int, shape: str = "plain") -> Table:
    """A law for every context: ``plain``, with ``zeros``, with ``ties``, or ``one-hot``."""

    def law(context: Context) -> np.ndarray:
        rng = np.random.default_rng([seed, len(context), *context])
        weights = rng.dirichlet(np.full(vocab, 0.7))
        if shape == "zeros":
            weights[rng.permutation(vocab)[: vocab - 2]] = 0.0
        elif shape == "ties":
            weights = rng.integers(1, 3, vocab).astype(float)
        elif shape == "one-hot":
            weights = np.eye(vocab)[rng.integers(vocab)]
        return weights / weights.sum()

    return law


def on(support: list[int], table: Table) -> Table:
    """The same laws, cut to these tokens."""

    def law(context: Context) -> np.ndarray:
        row = table(context)
        cut = np.zeros_like(row)
        cut[support] = row[support] + 0.01
        return cut / cut.sum()

    return law


def all_drafts(q: Table, gamma: int, vocab: int) -> list[tuple[Context, float]]:
    """Every chain of ``gamma`` tokens with its probability."""
    drafts = []
    for tokens in itertools.product(range(vocab), repeat=gamma):
        weight = 1.0
        for i, token in enumerate(tokens):
            weight *= q(tokens[:i])[token]
        if weight > 0:
            drafts.append((tokens, weight))
    return drafts


def sampled_chain(tokens: Context, q: Table) -> DraftTree:
    """A chain drawn from ``q``."""
    n = len(tokens)
    return DraftTree(tokens, range(-1, n - 1), np.array([q(tokens[:i]) for i in range(n)]) if n else None, range(n), "iid")


def picked_chain(tokens: Context) -> DraftTree:
    """A chain that was picked, not drawn."""
    return DraftTree(tokens, range(-1, len(tokens) - 1), None, [-1] * len(tokens), "deterministic")


def target_rows(tokens: Context, p: Table) -> np.ndarray:
    """Row 0 after the committed text, row i+1 after node i."""
    return np.array([p(tokens[:i]) for i in range(len(tokens) + 1)])


def last_true(holds: Callable[[float], bool]) -> float:
    """The length of the part of [0, 1) on which ``holds``, which is true up to a point and false from there."""
    if not holds(0.0):
        return 0.0
    low, high = 0.0, 1.0
    if holds(float(np.nextafter(1.0, 0.0))):
        return 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def outcome(rule: Any, tree: DraftTree, p: np.ndarray) -> dict[Context, float]:
    """Exact law of what one cycle emits (accepted tokens and the last one), for one draft."""
    n, vocab = len(tree), p.shape[1]
    emitted: dict[Context, float] = defaultdict(float)
    coins = np.zeros(n + 1)
    reach = 1.0

    def judge(place: int, value: float) -> Verdict:
        coins[place] = value
        return rule.judge(tree, p, coins)

    def finish(accepted: int, weight: float) -> None:
        start = 0.0
        for token in range(vocab):
            end = last_true(lambda u, token=token: judge(n, u).token <= token)
            emitted[(*tree.tokens[:accepted], token)] += weight * (end - start)
            start = end

    for i in range(n):
        share = last_true(lambda u, i=i: len(judge(i, u).path) > i)
        if share < 1.0:
            coins[i] = np.nextafter(1.0, 0.0)
            assert len(rule.judge(tree, p, coins).path) == i
            finish(i, reach * (1.0 - share))
        if share == 0.0:
            return emitted
        coins[i] = 0.0
        reach *= share
    finish(n, reach)
    return emitted


def joint_error(
    rule: Any, p: Table, q: Table, gamma: int, vocab: int, *, judged_with: Table | None = None, pick: Callable[[Context], int] | None = None
) -> float:
    """Largest deviation of the law of ``gamma + 1`` emitted tokens from the target's own.

    Args:
        rule: what is under test.
        p: the target's laws.
        q: the laws drafts are drawn from.
        gamma: drafted tokens.
        vocab: V.
        judged_with: tell the rule another q than the one drawn from (a planted bug).
        pick: draft this token instead of drawing.
    """
    law: dict[Context, float] = defaultdict(float)
    if pick is not None:
        tokens: Context = ()
        for _ in range(gamma):
            tokens = (*tokens, pick(tokens))
        drafts = [(tokens, 1.0, picked_chain(tokens))]
    else:
        drafts = [(tokens, weight, sampled_chain(tokens, judged_with or q)) for tokens, weight in all_drafts(q, gamma, vocab)]
    for tokens, weight, tree in drafts:
        for start, mass in outcome(rule, tree, target_rows(tokens, p)).items():
            for rest in itertools.product(range(vocab), repeat=gamma + 1 - len(start)):
                whole, share = start, weight * mass
                for token in rest:
                    share *= p(whole)[token]
                    whole = (*whole, token)
                law[whole] += share
    worst = 0.0
    for tokens in itertools.product(range(vocab), repeat=gamma + 1):
        expected = 1.0
        for i, token in enumerate(tokens):
            expected *= p(tokens[:i])[token]
        worst = max(worst, abs(law[tokens] - expected))
    return worst
