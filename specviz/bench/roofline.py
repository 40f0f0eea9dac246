"""What this machine can move and compute, what a model asks of it, and what passes over m tokens really take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

import torch

from specviz.bench.costs import FILLER
from specviz.engine.clock import synchronize
from specviz.engine.costs import fill, time_passes
from specviz.errors import UnexpectedValueError
from specviz.kernels.packed_linear import packed_linear
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.theory.roofline import Machine, Shape

_WIDTH = 1024
_ROWS = 256
_LARGEST = 256 << 20  # bytes; more than any cache holds tells nothing new
_BATCH = 7


def shape_of(model: Model) -> Shape:
    """What a loaded model makes a pass move and compute; a separate embedding table, of which single rows are read, does not count."""
    c = model.config
    table = 0 if c.tied_head else c.vocab * c.width
    size, cached = model.dtype.itemsize, model.cache.dtype.itemsize
    return Shape(model.name, model.parameters - table, size, c.layers, c.heads, c.kv_heads, c.head_width, cached)


def measure_machine(model: Model, *, repeats: int = 9, largest: int = _LARGEST) -> Machine:
    """Bandwidth and arithmetic as this engine's own products reach them, the best of ``repeats`` each.

    Measured on as many bytes as the model's weights have, but not more than ``largest``: weights that fit a processor's cache are read from there
    in a run, too.
    """
    dtype = model.dtype
    size = min(int(shape_of(model).weights) * dtype.itemsize, largest)
    rows = max(1, size // (_WIDTH * dtype.itemsize))
    weight = torch.full((rows, _WIDTH), 0.01, dtype=dtype, device=model.device)
    # a graphics card needs a large product to be busy; on a processor a short one is less likely to be interrupted by another program
    part = weight[:_WIDTH] if model.device.type == "cpu" else weight
    product, other, busy = packed_linear(weight), torch.empty_like(weight), packed_linear(part)
    one, many = (torch.full((n, _WIDTH), 0.01, dtype=weight.dtype, device=weight.device) for n in (1, _ROWS))
    size = weight.numel() * weight.element_size()
    with torch.inference_mode():
        read = _best(lambda: product(one), model, repeats)
        copied = _best(lambda: other.copy_(weight), model, repeats)
        computed = _best(lambda: busy(many), model, 3 * repeats)
    return Machine("this machine", max(size / read, 2 * size / copied), 2 * _ROWS * part.numel() / computed, "measured")


def measure_passes(pair: Pair, counts: Sequence[int], *, context: int = 200, repeats: int = _BATCH) -> dict[int, float]:
    """Seconds of a pass of the target over m tokens after ``context`` tokens of text, for each m of ``counts``; medians.

    Raises:
        ValueError: when the text leaves no room for the widest pass.
    """
    model = pair.target
    if context + max(counts) > model.capacity:
        raise UnexpectedValueError(f"context + {max(counts)} positions within the target's {model.capacity}", str(context + max(counts)))
    with pair.held():
        fill(model, FILLER, context)
        times = time_passes(model, {count: [1] * count for count in counts}, repeats)
    return {count: median(taken) for count, taken in times.items()}


def _best(work: Callable[[], object], model: Model, repeats: int) -> float:
    """The shortest of ``repeats`` times, after one run to warm up."""
    times = []
    for _ in range(repeats + 1):
        begin = perf_counter()
        work()
        synchronize(model.device)
        times.append(perf_counter() - begin)
    return min(times[1:])
