"""A tiny language: after each token one fixed law, for the target and for a draft that resembles it as much as one likes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specviz.errors import UnexpectedValueError
from specviz.labs.laws import Floats, tempered

LEAST, MOST = 3, 8
"""Tokens a tiny language may have."""
LETTERS = "abcdefgh"
_SPREAD = 1.3  # of the logits: laws neither flat nor one-hot at temperature 1
_SEED = 17  # a language in which every planted bug shows at the default quality; a better draft hides them


@dataclass(frozen=True, eq=False)
class Pair:
    """Two Markov models over one vocabulary.

    Attributes:
        p: float[V+1, V], the target's law after each token; row V is the law of the first token.
        q: float[V+1, V], the draft's.
    """

    p: Floats
    q: Floats

    @property
    def vocab(self) -> int:
        """V."""
        return int(self.p.shape[1])

    @property
    def start(self) -> int:
        """The context before the first token."""
        return self.vocab

    def law(self, length: int) -> Floats:
        """The target's exact law of texts of ``length`` tokens, float[V**length]; the first token is the most significant digit."""
        law, contexts = np.ones(1), np.array([self.start])
        for _ in range(length):
            law = (law[:, None] * self.p[contexts]).ravel()
            contexts = np.tile(np.arange(self.vocab), len(contexts))
        return law


def markov_pair(vocab: int = 4, quality: float = 0.4, temperature: float = 1.0) -> Pair:
    """The lab's models; nothing in them is random from one call to the next.

    Args:
        vocab: tokens, 3 to 8.
        quality: 0 a draft that knows nothing of the target, 1 one that equals it; logits are mixed in this proportion.
        temperature: of both laws, > 0.

    Raises:
        ValueError: for values outside these bounds.
    """
    if not LEAST <= vocab <= MOST:
        raise UnexpectedValueError(f"a vocabulary of {LEAST} to {MOST} tokens", str(vocab), "beyond, exact enumeration takes too long")
    if not 0.0 <= quality <= 1.0:
        raise UnexpectedValueError("a draft quality in [0, 1]", str(quality), "1 is the target itself")
    rng = np.random.default_rng(_SEED)
    target, other = (_SPREAD * rng.normal(size=(MOST + 1, MOST))[_rows(vocab), :vocab] for _ in range(2))
    laws = (np.exp(logits) for logits in (target, quality * target + (1.0 - quality) * other))
    p, q = (tempered(law / law.sum(axis=1, keepdims=True), temperature) for law in laws)
    return Pair(p, q)


def _rows(vocab: int) -> list[int]:
    return [*range(vocab), MOST]  # one table for all vocabularies: a larger one only adds tokens


def spelled(index: int, vocab: int, length: int) -> str:
    """The text of number ``index`` in :meth:`Pair.law`, a letter a token."""
    digits = np.unravel_index(index, (vocab,) * length)
    return "".join(LETTERS[int(digit)] for digit in digits)
