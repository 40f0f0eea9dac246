"""A matrix product for a handful of rows on a CPU, its weight laid out once for oneDNN.

PyTorch's own product finds a new layout for the weight at every call, or hands float32 to a library that is slow between
2 and 16 rows: exactly where a draft is verified. Packed once, one row and five cost nearly the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

Product = Callable[[Tensor], Tensor]

_SMALLEST_FLOAT32 = 60_000  # entries; below, a packed product costs more than it saves (measured in cycles of a chain on an AVX-512 CPU)
_ROWS_HINT = 4  # the layout is chosen for this many rows; it works for any number


def plain_linear(weight: Tensor, bias: Tensor | None = None) -> Product:
    """The twin: x [n, in] -> x weight^T + bias [n, out], on any device."""

    def product(x: Tensor) -> Tensor:
        return F.linear(x, weight, bias)

    return product


def packed_linear(weight: Tensor, bias: Tensor | None = None) -> Product:
    """The same product with a packed weight [out, in]; the twin where the weight's device or type has no packing."""
    if weight.device.type != "cpu" or weight.dtype not in (torch.float32, torch.bfloat16) or not _is_available():
        return plain_linear(weight, bias)
    if weight.dtype == torch.float32 and weight.numel() < _SMALLEST_FLOAT32:
        return plain_linear(weight, bias)
    pack, multiply = _operators()
    packed = pack(weight.contiguous(), _ROWS_HINT)

    def product(x: Tensor) -> Tensor:
        result: Tensor = multiply(x, packed, bias, "none", [], "")
        return result

    return product


@cache
def _is_available() -> bool:
    """Try it once: these operators serve torch.compile, and another release may have moved them."""
    x, weight = torch.ones(2, 16), torch.ones(16, 16)
    try:
        pack, multiply = _operators()
        return torch.equal(multiply(x, pack(weight, _ROWS_HINT), None, "none", [], ""), torch.full((2, 16), 16.0))
    except (RuntimeError, AttributeError, TypeError, NotImplementedError) as error:
        warnings.warn(
            f"packed products are not available here ({error}); decoding falls back to plain ones and is slower", RuntimeWarning, stacklevel=2
        )
        return False


def _operators() -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """What torch.compile calls for a packed product; the operators have no public name."""
    return torch.ops.mkldnn._reorder_linear_weight, torch.ops.mkldnn._linear_pointwise.default  # noqa: SLF001
