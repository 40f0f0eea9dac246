"""The corpus as numbers: every document once, encoded, with what is given and what is to be written kept apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from specviz.zoo.corpus.base import Example
from specviz.zoo.tokenizer import marked

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True, eq=False)
class Documents:
    """Documents one behind the other.

    Attributes:
        tokens: uint16[T], ids of all.
        counted: bool[T], tokens that a model is to predict: what the assistant says with its end, or a whole plain text.
        offsets: int64[D + 1], document d is ``tokens[offsets[d]:offsets[d + 1]]``.
    """

    tokens: np.ndarray
    counted: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        """Number of documents."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each document, int64[D]."""
        return np.diff(self.offsets)

    def row(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Tokens and counted of one document."""
        span = slice(self.offsets[index], self.offsets[index + 1])
        return self.tokens[span], self.counted[span]

    def save(self, path: Path) -> None:
        """Write everything to one file."""
        np.savez(path, tokens=self.tokens, counted=self.counted, offsets=self.offsets)

    @classmethod
    def load(cls, path: Path) -> Documents:
        """Read what :meth:`save` wrote."""
        with np.load(path) as file:
            return cls(file["tokens"], file["counted"], file["offsets"])


def encode(examples: Iterable[Example], tokenizer: PreTrainedTokenizerFast, longest: int) -> Documents:
    """Encode examples; one that is longer than ``longest`` tokens is cut there."""
    return _stack([(ids[:longest], counts[:longest]) for ids, counts in (encode_one(example, tokenizer) for example in examples)])


def encode_one(example: Example, tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[bool]]:
    """Token ids of one document, and whether each is to be predicted."""
    ids: list[int] = []
    counted: list[bool] = []
    for turn in example.turns:
        mark, text = (tokenizer.encode(part) if part else [] for part in marked(turn))
        ids += mark + text
        counted += [False] * len(mark) + [turn.role != "user"] * len(text)
    counted[0] = False  # nothing comes before it
    return ids, counted


def join(rows: Iterable[tuple[list[int], list[int]]]) -> Documents:
    """Documents of (what was given, what was written) in ids; only what was written is to be predicted."""
    return _stack([(given + said, [False] * len(given) + [True] * len(said)) for given, said in rows])


def _stack(rows: list[tuple[list[int], list[bool]]]) -> Documents:
    tokens = np.concatenate([np.array(ids, np.uint16) for ids, _ in rows])
    counted = np.concatenate([np.array(counts, bool) for _, counts in rows])
    return Documents(tokens, counted, np.cumsum([0, *(len(ids) for ids, _ in rows)]))
