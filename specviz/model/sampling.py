"""From logits to a law, in one place, for the target and the draft alike."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import torch
from torch import Tensor


@dataclass(frozen=True)
class SamplingSettings:
    """How a law is made from logits.

    Attributes:
        temperature: 0 means greedy decoding; laws are then taken at temperature 1, since a one-hot law would show nothing,
            and only their largest entry is looked at.
        top_k: keep the k most likely tokens.
        top_p: keep the smallest set of most likely tokens whose mass reaches ``top_p``.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature < float("inf"):
            raise ValueError(f"expected a temperature >= 0, got {self.temperature}; 0 is greedy decoding, 1 the model's own law")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"expected top_k >= 1 or None, got {self.top_k}")
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            raise ValueError(f"expected top_p in (0, 1] or None, got {self.top_p}")

    @property
    def is_greedy(self) -> bool:
        """Whether the most likely token is always taken."""
        return self.temperature == 0.0


NOT_FINITE = "expected finite logits, got NaN or infinite ones; the weights may be damaged, or their numbers too large: try dtype='float32'"


def law(logits: Tensor, settings: SamplingSettings) -> Tensor:
    """Turn logits [n, V] into laws [n, V] that sum to 1: temperature, then top-k, then top-p.

    Raises:
        ValueError: for logits that are not numbers.
    """
    laws = unchecked_law(logits, settings)
    if isnan(float(laws[..., 0].sum())):  # as below, and quicker
        raise ValueError(NOT_FINITE)
    return laws


def is_not_finite(laws: Tensor) -> Tensor:
    """Which laws [n, V] came from logits that were no numbers, bool[n]: one NaN or +inf makes its whole row NaN, so a single column tells."""
    return laws[..., 0].isnan()


def unchecked_law(logits: Tensor, settings: SamplingSettings) -> Tensor:
    """The same laws, where nobody may wait for the device to hear whether they are numbers; a row of NaN says that they are not.

    In float64 (float32 on devices without it): distinct float32 logits stay distinct, so the largest entry is the same.
    Tokens that tie with the k-th most likely one are all kept.
    """
    wide = torch.float32 if logits.device.type == "mps" else torch.float64
    if settings.is_greedy:
        return torch.softmax(logits, dim=-1, dtype=wide)
    logits = logits.to(wide)
    # measured from the largest, so that no temperature above 0 overflows
    logits = (logits - logits.amax(dim=-1, keepdim=True)) / settings.temperature
    if settings.top_k is not None and settings.top_k < logits.shape[-1]:
        smallest = logits.topk(settings.top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < smallest, float("-inf"))
    probabilities = torch.softmax(logits, dim=-1)
    if settings.top_p is not None and settings.top_p < 1.0:
        probabilities = _nucleus(probabilities, settings.top_p)
    return probabilities


def _nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(dim=-1) - ordered  # mass of the more likely tokens; the first is always kept
    kept = torch.where(before < top_p, ordered, 0.0)
    cut = torch.zeros_like(probabilities).scatter_(-1, order, kept)
    return cut / cut.sum(dim=-1, keepdim=True)
