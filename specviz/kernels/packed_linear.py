"""A matrix product for a handful of rows on a CPU, its weight laid out once for oneDNN.

PyTorch's own product finds a new layout for the weight at every call, or hands float32 to a library that is slow between
2 and 16 rows: exactly where a draft is verified. Packed once, one row and five cost nearly the same. Whether a processor has such
products differs by type of numbers, and from what size on they pay by processor: each form of a weight is tried, then timed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import inf
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.kernels import quick
from specviz.kernels.remembered import Times, remembered

Product = Callable[[Tensor], Tensor]
Maker = Callable[[Tensor, Tensor | None], Product]

_PATH = "packed products"
_ROWS_HINT = 4  # the layout is chosen for this many rows; it works for any number
_TRIED_ROWS = (1, 5, 33)  # plain decoding, a verification, a piece of a prompt
_TIMED_ROWS = (1, 5)
_TRIED, _TIMED = 1 << 16, 1 << 19  # most entries that are tried, and timed; a larger weight is cut to fewer outputs
_TRAFFIC = 4 << 20  # bytes of weights that calls go through in turn, so that none finds its own in the nearest cache
_MOST_COPIES, _ROUNDS = 48, 4
_CLEARLY = 0.7  # a plain product has to be this much quicker: within a pass its weight comes from further away, which costs it more
_SECONDS = 0.025  # for all rounds of one form, after the first two


def plain_linear(weight: Tensor, bias: Tensor | None = None) -> Product:
    """The twin: x [n, in] -> x weight^T + bias [n, out], on any device."""

    def product(x: Tensor) -> Tensor:
        return F.linear(x, weight, bias)

    return product


def packed_linear(weight: Tensor, bias: Tensor | None = None) -> Product:
    """The same product with a packed weight [out, in] where this form of one can be packed and is quicker so; else the twin."""
    if weight.device.type != "cpu" or quick.is_plain():
        return plain_linear(weight, bias)
    outputs, inputs = weight.shape
    form = _form(outputs, inputs, weight.dtype, has_bias=bias is not None)
    if not _works(form, weight.dtype) or not _pays(form, weight.dtype):
        return plain_linear(weight, bias)
    return _packed(weight, bias)


def can_pack(outputs: int, inputs: int, dtype: torch.dtype) -> bool:
    """Whether a weight of these sizes and this type can be packed on this processor."""
    return _works(_form(outputs, inputs, dtype, has_bias=False), dtype)


def _form(outputs: int, inputs: int, dtype: torch.dtype, *, has_bias: bool) -> quick.Form:
    return quick.form_of(torch.device("cpu"), dtype, outputs, inputs, int(has_bias))


def _works(form: quick.Form, dtype: torch.dtype) -> bool:
    return quick.works(_PATH, form, lambda: _try(form, dtype))


def _packed(weight: Tensor, bias: Tensor | None = None) -> Product:
    pack, multiply = _operators()
    packed = pack(weight.contiguous(), _ROWS_HINT)

    def product(x: Tensor) -> Tensor:
        result: Tensor = multiply(x, packed, bias, "none", [], "")
        return result

    return product


def _operators() -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """What torch.compile calls for a packed product; the operators have no public name, and another release may have moved them."""
    return torch.ops.mkldnn._reorder_linear_weight, torch.ops.mkldnn._linear_pointwise.default  # noqa: SLF001


def _try(form: quick.Form, dtype: torch.dtype) -> None:
    """Raise unless packed products of this form are the true ones, on rows as they come: whole, and cut from wider ones as behind a norm."""
    weight, bias = _example(form, dtype, _TRIED)
    made, true_weight, true_bias = _packed(weight, bias), weight.double(), 0.0 if bias is None else bias.double()
    for rows in _TRIED_ROWS:
        cut = _numbers((rows, 2 * weight.shape[1]), dtype)[:, : weight.shape[1]]
        for x in (cut, cut.contiguous()):
            quick.hold(made(x), F.linear(x.double(), true_weight) + true_bias)


def _example(form: quick.Form, dtype: torch.dtype, most: int) -> tuple[Tensor, Tensor | None]:
    """A weight of this form, cut where it has more than ``most`` entries: whole blocks of 64 outputs, and what is left beyond those."""
    outputs, inputs, has_bias = form.sizes
    blocks = max(1, most // inputs // 64)
    outputs = min(outputs, 64 * blocks + outputs % 64)
    return _numbers((outputs, inputs), dtype), _numbers((outputs,), dtype) if has_bias else None


def _numbers(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Numbers between -1 and 1 without any order, the same each time."""
    draw = torch.Generator("cpu").manual_seed(sum(shape))
    return torch.rand(shape, generator=draw, dtype=torch.float32, device="cpu").mul_(2.0).sub_(1.0).to(dtype)


def _pays(form: quick.Form, dtype: torch.dtype) -> bool:
    """Whether a packed product of this form is quicker than its twin over the rows of a run; measured once a machine."""
    what = f"product {' '.join(map(str, form.sizes))} in {form.dtype}"

    def times() -> Times:
        return remembered(what, ("packed", "plain"), lambda: _timed(*_example(form, dtype, _TIMED)))

    found = quick.attempted(_PATH, form, times)
    return found is not None and found["plain"] > _CLEARLY * found["packed"]


@torch.inference_mode()
def _timed(weight: Tensor, bias: Tensor | None) -> Times:
    """Seconds of a product over one row and one over five, both ways; the quickest of some rounds counts, in which they take turns."""
    makers: dict[str, Maker] = {"packed": _packed, "plain": plain_linear}
    copies = _copies(weight, bias)
    made = {name: [make(weight.clone(), bias) for _ in range(copies)] for name, make in makers.items()}
    inputs = {rows: _numbers((rows, weight.shape[1]), weight.dtype) for rows in _TIMED_ROWS}
    quickest = dict.fromkeys(product(made, inputs), inf)
    begin = perf_counter()
    for done in range(_ROUNDS):
        if done >= 2 and perf_counter() - begin > _SECONDS:
            break
        for name, rows in quickest:
            quickest[name, rows] = min(quickest[name, rows], _seconds(made[name], inputs[rows]))
    return {name: sum(quickest[name, rows] for rows in inputs) for name in made}


def _copies(weight: Tensor, bias: Tensor | None) -> int:
    """How many weights calls go through in turn: few where a call takes long, as on a machine whose threads wait for each other."""
    one = _packed(weight, bias)
    x = _numbers((1, weight.shape[1]), weight.dtype)
    longest = max(_seconds([one], x) for _ in range(3))
    apart = _TRAFFIC // (weight.numel() * weight.element_size())
    return max(2, min(_MOST_COPIES, apart, int(_SECONDS / longest / 4)))


def _seconds(products: Sequence[Product], x: Tensor) -> float:
    begin = perf_counter()
    for multiply in products:
        multiply(x)
    return (perf_counter() - begin) / len(products)
