"""From logits to a distribution, in one place, for the target and the draft alike.

What looks at a row alone is here: temperature, top-k, top-p, min-p, typical-p. What looks at the text before it (penalties, forbidden tokens,
processors) comes first and is in :mod:`specviz.model.distribution`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from specviz import arguments
from specviz.errors import UnexpectedValueError

if TYPE_CHECKING:
    from specviz.model.distribution.shaper import Shaping


@dataclass(frozen=True)
class SamplingSettings:
    """How a distribution is made from logits.

    Attributes:
        temperature: 0 means greedy decoding; distributions are then taken at temperature 1, since a one-hot one would show nothing,
            and only their largest entry is looked at. The four below are then left out, as in transformers.
        top_k: keep the k most likely tokens; 0 or None for all.
        top_p: keep the smallest set of most likely tokens whose mass reaches ``top_p``; 1 or None for all.
        min_p: keep the tokens at least ``min_p`` times as likely as the likeliest (2407.01082); 0 or None for all.
        typical_p: keep the smallest set with this mass of tokens whose surprise is closest to the entropy (2202.00666); 1 or None for all.
        shaping: what the text before a row does to its logits; None where it does nothing.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    typical_p: float | None = None
    shaping: Shaping | None = None

    def __post_init__(self) -> None:
        arguments.number("temperature", self.temperature, 0.0, do="0 is greedy decoding, 1 the model's own distribution")
        if self.top_k is not None:
            arguments.whole_number("top_k", self.top_k, do="0 or None keeps all tokens")
        if self.top_p is not None:
            arguments.number("top_p", self.top_p, 0.0, 1.0, above=True, do="1 or None keeps all tokens")
        if self.min_p is not None:
            arguments.number("min_p", self.min_p, 0.0, 1.0, do="0 or None keeps all tokens")
        if self.typical_p is not None:
            arguments.number("typical_p", self.typical_p, 0.0, 1.0, above=True, do="1 or None keeps all tokens")

    @property
    def is_greedy(self) -> bool:
        """Whether the most likely token is always taken."""
        return self.temperature == 0.0


def law(logits: Tensor, settings: SamplingSettings) -> Tensor:
    """Turn logits [n, V] into distributions [n, V] that sum to 1: temperature, then top-k, top-p, min-p and typical-p, in transformers' order.

    Raises:
        UnexpectedValueError: for logits that are not numbers.
    """
    laws = unchecked_law(logits, settings)
    if isnan(float(laws[..., 0].sum())):  # as below, and quicker
        raise not_finite()
    return laws


def not_finite() -> UnexpectedValueError:
    """The error for logits that are not numbers."""
    return UnexpectedValueError(
        "finite logits", "NaN or infinite ones", "the weights may be damaged, or their numbers too large: try dtype='float32'"
    )


def is_not_finite(laws: Tensor) -> Tensor:
    """Which laws [n, V] came from logits that were no numbers, bool[n]: one NaN or +inf makes its whole row NaN, so a single column tells."""
    return laws[..., 0].isnan()


def unchecked_law(logits: Tensor, settings: SamplingSettings) -> Tensor:
    """The same laws, where nobody may wait for the device to hear whether they are numbers; a row of NaN says that they are not.

    In float64 (float32 on devices without it): distinct float32 logits stay distinct, so the largest entry is the same.
    Tokens that tie with the last one kept are kept too by all but top-p, as in transformers.
    """
    wide = torch.float32 if logits.device.type == "mps" else torch.float64
    if settings.is_greedy:
        return torch.softmax(logits, dim=-1, dtype=wide)
    logits = logits.to(wide)
    # measured from the largest, so that no temperature above 0 overflows
    logits = (logits - logits.amax(dim=-1, keepdim=True)) / settings.temperature
    if settings.top_k and settings.top_k < logits.shape[-1]:
        smallest = logits.topk(settings.top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < smallest, float("-inf"))
    probabilities = torch.softmax(logits, dim=-1)
    if settings.top_p is not None and settings.top_p < 1.0:
        probabilities = _nucleus(probabilities, settings.top_p)
    if settings.min_p:
        likeliest = probabilities.amax(dim=-1, keepdim=True)
        probabilities = _cut(probabilities, probabilities >= settings.min_p * likeliest)
    if settings.typical_p is not None and settings.typical_p < 1.0:
        probabilities = _typical(probabilities, settings.typical_p)
    return probabilities


def _nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(dim=-1) - ordered  # mass of the more likely tokens; the first is always kept
    kept = torch.where(before < top_p, ordered, 0.0)
    cut = torch.zeros_like(probabilities).scatter_(-1, order, kept)
    return cut / cut.sum(dim=-1, keepdim=True)


def _typical(probabilities: Tensor, mass: float) -> Tensor:
    surprise = -probabilities.log()
    entropy = (probabilities * surprise).nansum(dim=-1, keepdim=True)  # a token without mass adds nothing: 0 times infinity
    oddness = (surprise - entropy).abs()
    ordered, order = oddness.sort(dim=-1, stable=True)
    reached = probabilities.gather(-1, order).cumsum(dim=-1)
    last = (reached < mass).sum(dim=-1, keepdim=True).clamp(max=probabilities.shape[-1] - 1)
    return _cut(probabilities, oddness <= ordered.gather(-1, last))


def _cut(probabilities: Tensor, is_kept: Tensor) -> Tensor:
    """The distributions with the other tokens' mass removed; of a row of NaN nothing is kept, and it stays one."""
    kept = torch.where(is_kept, probabilities, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True)
