"""What becomes of one draft at one place: how it is kept, what replaces it, and the law that comes out, also when the rule is broken.

The rule: Fast Inference from Transformers via Speculative Decoding (arXiv 2211.17192). The ways to break it are the usual bugs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError
from specviz.theory.acceptance import residual, total_variation

Floats = NDArray[np.float64]

REPLACEMENTS = ("residual", "p", "never")
"""What a refused draft is replaced from; ``never``: no draft is refused."""


@dataclass(frozen=True, eq=False)
class OneDraft:
    """Masses over the vocabulary, float[..., V].

    Attributes:
        p: the target's law.
        kept: the draft was this token and stayed.
        refused: the draft was this token and did not stay.
        redrawn: a draft was refused and this token took its place.
    """

    p: Floats
    kept: Floats
    refused: Floats
    redrawn: Floats

    @property
    def output(self) -> Floats:
        """The law of the token that comes out."""
        return np.asarray(self.kept + self.redrawn)

    @property
    def acceptance(self) -> Floats:
        """How often the draft stays, float[...]."""
        return np.asarray(self.kept.sum(axis=-1))

    @property
    def distance(self) -> Floats:
        """Total variation between the output's law and p, float[...]: 0 when the rule is right."""
        return total_variation(self.output, self.p)


def one_draft(p: ArrayLike, q: ArrayLike, *, believed: ArrayLike | None = None, replace_from: str = "residual") -> OneDraft:
    """Judge a draft from q; with the defaults this is the rule, and the output's law is p.

    Args:
        p: float[..., V], the target's law.
        q: float[..., V], the law the draft is drawn from.
        believed: float[..., V], the law the rule takes for q, in the test and in the residual; q itself when it is told the truth.
        replace_from: ``residual``, or the bugs ``p`` and ``never``.

    Raises:
        ValueError: for laws that are none, or an unknown ``replace_from``.
    """
    if replace_from not in REPLACEMENTS:
        raise UnexpectedValueError(f"replace_from to be one of {', '.join(REPLACEMENTS)}", repr(replace_from))
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    told = q if believed is None else np.asarray(believed, dtype=np.float64)
    left = residual(p, told)  # checks both laws
    total_variation(p, q)
    chance = np.where(p >= told, 1.0, p / np.where(told > 0.0, told, 1.0))
    kept = q if replace_from == "never" else q * chance
    refused = q - kept
    law = p if replace_from == "p" else left
    return OneDraft(p, kept, refused, refused.sum(axis=-1, keepdims=True) * law)
