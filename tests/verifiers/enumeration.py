"""Exact output laws of rules, found from outside: a rule is asked what it does, never how. Nothing is sampled.

Chains, the first half: each coin's effect is piecewise constant and moves one way (accepted below a threshold, the last token by
the inverse CDF), so its breakpoints are found by bisection to the last bit. Trees, the second half: the cube of the coins is cut
at the thresholds the rule names until every cell has one verdict, which its corners confirm. Every possible draft is tried.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
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


# ------------------------------------------------------------------------------------------------------------------- trees


@dataclass(frozen=True)
class Found:
    """What enumerating a rule on one tree shape found.

    Attributes:
        error: largest deviation of the law of depth + 1 emitted tokens from the target's own.
        accepted: expected number of accepted drafts.
        first: the law of the first emitted token.
    """

    error: float
    accepted: float
    first: np.ndarray


def next_sibling(row: np.ndarray, tried: list[int], sampling: str, is_last: bool) -> np.ndarray:
    """The law the next sibling is drawn from, said again here so that no rule is its own witness."""
    left = row.copy()
    if sampling == "iid":
        return left
    left[tried] = -1.0
    if sampling == "deterministic" or (sampling == "greedy" and not is_last):
        return np.eye(len(row))[left.argmax()]
    left[tried] = 0.0
    if left.sum() <= 0.0:  # Sequoia's way on: evenly among what has not been tried
        left[:] = 1.0
        left[tried] = 0.0
    return left / left.sum()


def all_trees(parents: Sequence[int], sampling: str, q: Table) -> Iterator[tuple[DraftTree, list[Context], float]]:
    """Every way to draft a tree of this shape: the tree, the context after each node, and its probability."""
    rows = sorted(set(parents))

    def grow(contexts: list[Context], weight: float) -> Iterator[tuple[DraftTree, list[Context], float]]:
        node = len(contexts)
        if node == len(parents):
            laws = np.array([q(contexts[parent] if parent >= 0 else ()) for parent in rows])
            yield DraftTree([c[-1] for c in contexts], parents, laws, [rows.index(parent) for parent in parents], sampling), contexts, weight
            return
        above = contexts[parents[node]] if parents[node] >= 0 else ()
        tried = [contexts[i][-1] for i in range(node) if parents[i] == parents[node]]
        law = next_sibling(q(above), tried, sampling, parents[node] not in parents[node + 1 :])
        for token in np.flatnonzero(law > 0.0):
            yield from grow([*contexts, (*above, int(token))], weight * law[token])

    yield from grow([], 1.0)


def cells(rule: Any, tree: DraftTree, p: np.ndarray) -> Iterator[tuple[float, Verdict]]:
    """Cut the cube of the nodes' coins at the thresholds the rule names until each cell has one verdict; yield its volume.

    Thresholds only say where to cut: the verdicts at a cell's middle and at both its ends must agree, and do as the
    thresholds say, or the rule is caught.
    """
    n = len(tree)
    todo = [(np.zeros(n), np.ones(n))]
    while todo:
        low, high = todo.pop()
        verdict = rule.judge(tree, p, np.append((low + high) / 2, 0.5))
        cut = next((i for i, d in enumerate(verdict.decisions) if d.threshold is not None and low[i] < d.threshold < high[i]), None)
        if cut is None:
            for corner in (low, np.nextafter(high, 0.0)):
                check_same(verdict, rule.judge(tree, p, np.append(corner, 0.5)))
            check_token(rule, tree, p, np.append(low, 0.5), verdict)
            yield float(np.prod(high - low)), verdict
            continue
        below, above = high.copy(), low.copy()
        below[cut] = above[cut] = verdict.decisions[cut].threshold
        todo += [(low, below), (above, high)]


def check_same(verdict: Verdict, other: Verdict) -> None:
    """Fail unless both decide alike and every decision follows its own coin."""
    assert (verdict.path, verdict.kind) == (other.path, other.kind)
    assert np.abs(other.law - verdict.law).max() <= 1e-12  # an inequality with nan fails, too
    for i, (decision, again) in enumerate(zip(verdict.decisions, other.decisions, strict=True)):
        assert (decision.state, decision.p, decision.q, decision.threshold) == (again.state, again.p, again.q, again.threshold)
        assert (again.state == "accepted") == (i in other.path)
        if again.threshold is None:
            assert again.state in {"ignored", "accepted"}
        else:
            assert (again.state == "accepted") == (again.u < again.threshold)


def check_token(rule: Any, tree: DraftTree, p: np.ndarray, coins: np.ndarray, verdict: Verdict) -> None:
    """Fail unless the last token follows the verdict's law."""
    edges = np.concatenate([[0.0], np.cumsum(verdict.law)]) / np.sum(verdict.law)
    for token in np.flatnonzero(np.diff(edges) > 1e-12):
        coins[-1] = (edges[token] + edges[token + 1]) / 2
        assert rule.judge(tree, p, coins).token == token


def words(p: Table, vocab: int, length: int, context: Context = ()) -> np.ndarray:
    """The target's law of the next ``length`` tokens, float[V, V, ...]."""
    if length == 0:
        return np.array(1.0)
    return np.stack([share * words(p, vocab, length - 1, (*context, token)) for token, share in enumerate(p(context))])


def enumerate_tree(rule: Any, p: Table, q: Table, parents: Sequence[int], sampling: str, vocab: int) -> Found:
    """Try every draft of this shape and every cell of its coins; p and q are asked for the law after each context."""
    p, q, rest = cache(p), cache(q), cache(lambda context, length: words(p, vocab, length, context))
    depth = max_depth(parents)
    joint, accepted = np.zeros((vocab,) * (depth + 1)), 0.0
    for tree, contexts, weight in all_trees(parents, sampling, q):
        for volume, verdict in cells(rule, tree, np.array([p(context) for context in [(), *contexts]])):
            start = contexts[verdict.path[-1]] if verdict.path else ()
            assert start == tuple(tree.tokens[node] for node in verdict.path), "the path is no path"
            accepted += weight * volume * len(start)
            for token in np.flatnonzero(verdict.law):
                word = (*start, int(token))
                joint[word] += weight * volume * verdict.law[token] * rest(word, depth + 1 - len(word))
    return Found(float(np.abs(joint - rest((), depth + 1)).max()), accepted, joint.sum(axis=tuple(range(1, depth + 1))))


def max_depth(parents: Sequence[int]) -> int:
    """Levels of a tree of this shape."""
    depths: list[int] = []
    for parent in parents:
        depths.append(1 if parent < 0 else depths[parent] + 1)
    return max(depths, default=0)
