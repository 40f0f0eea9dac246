"""Chains and trees to be judged, with the cases that go wrong: zeros, ties, equal laws, one-hot ones, nothing drafted, nothing allowed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


def random_law(rng: np.random.Generator, vocab: int, sharpness: float) -> np.ndarray:
    """A law float[V]; the sharper, the nearer to one-hot."""
    weights = np.exp(sharpness * rng.standard_normal(vocab))
    return weights / weights.sum()


@dataclass(frozen=True)
class ChainProblem:
    name: str
    p: np.ndarray
    q: np.ndarray
    drafted: list[int]
    coins: np.ndarray
    allowed: int

    def __str__(self) -> str:
        return self.name

    def tensors(self, device: str = "cpu") -> tuple[Tensor, ...]:
        drafted = torch.tensor(self.drafted, dtype=torch.int64)
        given = (*map(torch.from_numpy, (self.p, self.q)), drafted, torch.from_numpy(self.coins), torch.tensor([self.allowed]))
        return tuple(tensor.to(device) for tensor in given)


def chain_problems(vocab: int, kinds: tuple[str, ...] = ("random", "close", "equal", "one-hot", "zeros", "ties")) -> list[ChainProblem]:
    """Chains of 0 to 5 drafts of every kind, some cut short by the room left."""
    problems: list[ChainProblem] = []
    for kind in kinds:
        for gamma in (0, 1, 2, 5):
            rng = np.random.default_rng(vocab + gamma)
            p = np.stack([random_law(rng, vocab, 1.0) for _ in range(gamma + 1)])
            q = np.stack([random_law(rng, vocab, 1.0) for _ in range(gamma)]) if gamma else np.zeros((0, vocab))
            if kind == "close":
                q = 0.9 * p[:-1] + 0.1 * q
            elif kind == "equal":
                q = p[:-1].copy()
            elif kind == "one-hot":
                p, q = np.eye(vocab)[p.argmax(1)], np.eye(vocab)[q.argmax(1)] if gamma else q
            elif kind == "zeros":
                p, q = (_halved(laws) for laws in (p, q))
            elif kind == "ties":
                p, q = np.full_like(p, 1 / vocab), np.full_like(q, 1 / vocab)
            drafted = [int(rng.choice(vocab, p=law)) for law in q]
            tosses = (rng.random(gamma + 1), np.zeros(gamma + 1), np.full(gamma + 1, 1 - 2**-53))
            problems += [
                ChainProblem(f"{kind} V={vocab} gamma={gamma} allowed={allowed} u={coins[0]:.2f}", p, q, drafted, coins, allowed)
                for allowed in sorted({gamma, gamma // 2})
                for coins in tosses
            ]
    return problems


def _halved(laws: np.ndarray) -> np.ndarray:
    """Every second entry without mass; the last one of all, too."""
    laws = laws.copy()
    laws[:, ::2] = laws[:, -1:] = 0.0
    return laws / laws.sum(1, keepdims=True)


@dataclass(frozen=True)
class TreeProblem:
    name: str
    best: list[int]
    tokens: list[int]
    parents: list[int]
    allowed: int

    def __str__(self) -> str:
        return self.name

    def tensors(self, device: str = "cpu") -> tuple[Tensor, ...]:
        given = (self.best, self.tokens, self.parents, [self.allowed])
        return tuple(torch.tensor(numbers, dtype=torch.int64, device=device) for numbers in given)


def tree_problems(count: int) -> list[TreeProblem]:
    """Random trees over few tokens, so that siblings repeat and paths are long; every third is a chain, some are cut short."""
    problems = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(0, 20))
        parents = [int(rng.integers(max(-1, i - 4), i)) if seed % 3 else i - 1 for i in range(n)]
        best = [int(token) for token in rng.integers(0, 3, n + 1)]
        tokens = [best[parent + 1] if rng.random() < 0.7 else int(rng.integers(0, 3)) for parent in parents]
        problems.append(TreeProblem(f"tree {seed} of {n}", best, tokens, parents, n if seed % 2 else int(rng.integers(0, n + 1))))
    return problems
