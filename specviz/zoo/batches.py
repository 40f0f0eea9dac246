"""What a model reads at each step of training: windows of code, documents of the other families, and drills in copying."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from specviz.train.objective import Batch, whole
from specviz.zoo.documents import Documents
from specviz.zoo.tokenizer import SPECIALS

TOKENS_OF_CODE = 1024
TOKENS_OF_DOCUMENTS = 4096
"""In each step: small enough that an hour on two cores holds a thousand steps."""

_COST_OF_A_BATCH = 128
"""What one more batch costs, in padding tokens that take as long (measured on two cores)."""

_WINDOWS = (256, 256, 256, 256, 256, 256, 512, 1024)


@dataclass(frozen=True, eq=False)
class Mixture:
    """A training split: code as one stream, every other family as documents.

    Attributes:
        code: uint16[T].
        families: documents by name.
        shares: of all tokens that are not code, how many come from each family; any sum.
        drills: number of first steps in which a quarter of the documents is replaced by copying drills.
    """

    code: np.ndarray
    families: Mapping[str, Documents]
    shares: Mapping[str, float]
    drills: int = 0

    def steps(self, seed: int) -> Callable[[int], list[Batch]]:
        """Step number -> its batches, a function of seed and number alone."""
        weights = np.array([self.shares[name] / documents.lengths.mean() for name, documents in self.families.items()])
        weights /= weights.sum()
        words = self._words() if self.drills else np.empty(0, np.uint16)

        def step(number: int) -> list[Batch]:
            rng = np.random.default_rng((seed, number))
            drill = TOKENS_OF_DOCUMENTS // 4 if number < self.drills else 0
            batches = [self._code(rng, _WINDOWS[number % len(_WINDOWS)]), *self._documents(rng, weights, TOKENS_OF_DOCUMENTS - drill)]
            return [*batches, copying_drill(rng, drill, words)] if drill else batches

        return step

    def _words(self) -> np.ndarray:
        """All tokens of the documents but the special ones, as often as they occur."""
        words = np.concatenate([documents.tokens for documents in self.families.values()])
        return words[words >= len(SPECIALS)]

    def _code(self, rng: np.random.Generator, length: int) -> Batch:
        return whole(torch.from_numpy(windows(self.code, rng, TOKENS_OF_CODE // length, length)))

    def _documents(self, rng: np.random.Generator, weights: np.ndarray, tokens: int) -> list[Batch]:
        """Documents with ``tokens`` tokens in all, those of like length together, so that little is padding."""
        sources = list(self.families.values())
        rows: list[tuple[np.ndarray, np.ndarray]] = []
        missing = tokens
        while missing > 0:
            source = sources[rng.choice(len(sources), p=weights)]
            rows.append(source.row(int(rng.integers(len(source)))))
            missing -= len(rows[-1][0])
        rows.sort(key=lambda row: len(row[0]))
        return [pad(rows[start:end]) for start, end in cuts([len(ids) for ids, _ in rows])]


def cuts(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Where to cut rows of growing length into batches, so that padding and the number of batches together cost least."""
    best = [(0, 0)]  # for the first i rows: their least cost, and where their last batch starts
    for end in range(1, len(lengths) + 1):
        costs = [best[start][0] + (end - start) * lengths[end - 1] + _COST_OF_A_BATCH for start in range(end)]
        start = min(range(end), key=costs.__getitem__)
        best.append((costs[start], start))
    spans = []
    end = len(lengths)
    while end:
        spans.append((best[end][1], end))
        end = best[end][1]
    return spans[::-1]


def pad(rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> Batch:
    """Rows of (tokens, counted) of different lengths as one batch, filled up on the right."""
    length = max(len(tokens) for tokens, _ in rows)
    tokens = np.zeros((len(rows), length), np.int64)
    counted = np.zeros((len(rows), length), bool)
    for i, (ids, counts) in enumerate(rows):
        tokens[i, : len(ids)], counted[i, : len(ids)] = ids, counts
    return Batch(torch.from_numpy(tokens), torch.from_numpy(counted))


def windows(stream: np.ndarray, rng: np.random.Generator, rows: int, length: int) -> np.ndarray:
    """Random windows of the stream, int64[rows, length]."""
    starts = rng.integers(0, len(stream) - length, rows)
    return np.stack([stream[start : start + length] for start in starts]).astype(np.int64)


def copying_drill(rng: np.random.Generator, size: int, words: np.ndarray) -> Batch:
    """Tokens of the corpus in no order, then the same again, about ``size`` in all; only the second half counts.

    Looking up what followed the last time (induction) is what copying names and facts rests on, and it forms late from text
    alone. Drawn from ``words``, so that the tokens are as frequent as they are in text: rare ones have nothing to be known by.
    """
    half = int(rng.integers(4, 64))
    rows = size // (2 * half)
    tokens = rng.choice(words, (rows, half)).astype(np.int64)
    counted = np.zeros((rows, 2 * half), bool)
    counted[:, half + 1 :] = True  # the first copied token cannot be known
    return Batch(torch.from_numpy(np.concatenate((tokens, tokens), axis=1)), torch.from_numpy(counted))
