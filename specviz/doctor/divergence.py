"""Where a method's greedy text first leaves plain decoding's, and whether rounding explains it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from specviz.doctor.diagnosis import Divergence
from specviz.engine.costs import fill
from specviz.model.pair import Pair

WIDTHS = (1, 2, 5, 16)
_SAFETY = 4.0
_MOST_EPS = 256.0
_MOST_SHARE = 0.1


def first_divergence(pair: Pair, number: int, prompt: Sequence[int], plain: Sequence[int], other: Sequence[int]) -> Divergence | None:
    """Compare two greedy texts after one prompt; None when they are the same.

    The logits at the first difference are read afresh, the last 1, 2, 5 and 16 tokens in one pass each: the same sums in another order.
    Rounding explains a margin up to 4 times the largest difference among these readings, on any token, plus one unit of rounding of the
    largest logit. It never explains more than 256 such units or a tenth of the largest logit: a pass that is wrong at some width is no excuse.
    """
    at = next((i for i, (a, b) in enumerate(zip(plain, other, strict=False)) if a != b), min(len(plain), len(other)))
    if at == len(plain) == len(other):
        return None
    a, b = (tokens[at] if at < len(tokens) else -1 for tokens in (plain, other))
    readings = read_again(pair, [*prompt, *plain[:at]])
    margin, tolerance = _margin(readings, a, b), explained(readings, pair.placement.dtype)
    return Divergence(
        prompt=number,
        position=at,
        plain=a,
        plain_text=pair.text.piece(a) if a >= 0 else "",
        other=b,
        other_text=pair.text.piece(b) if b >= 0 else "",
        margin=margin,
        tolerance=tolerance,
        verdict="floating point" if abs(margin) <= tolerance else "bug",
    )


def read_again(pair: Pair, tokens: Sequence[int]) -> Tensor:
    """The target's logits after ``tokens``, read with last passes of several widths: float64[R, V]."""
    rows = []
    with pair.held():
        for width in sorted({min(width, len(tokens)) for width in WIDTHS}):
            fill(pair.target, tokens, len(tokens) - width)
            rows.append(pair.target.score(list(tokens[-width:]), rows=1)[0].double())
    return torch.stack(rows)


def explained(readings: Tensor, dtype: torch.dtype) -> float:
    """The largest margin that another summation order explains, from several readings [R, V] of the same logits."""
    finite = readings[:, readings.isfinite().all(0)]
    spread = float((finite.amax(0) - finite.amin(0)).max())
    largest, eps = float(finite.abs().max()), torch.finfo(dtype).eps
    return min(_SAFETY * spread + eps * largest, min(_MOST_EPS * eps, _MOST_SHARE) * largest)


def _margin(readings: Tensor, a: int, b: int) -> float:
    """Logit of a over b, the mean of the readings; infinite where one text had ended and the other had not: no logit decides that."""
    if min(a, b) < 0:
        return float("inf")
    return float((readings[:, a] - readings[:, b]).mean())
