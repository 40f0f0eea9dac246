"""Which attention a pass of fixed sizes uses on a card: PyTorch's own, or the one that splits the slots; whichever was quicker when both were tried.

With a short text the split costs more than it brings, with a long one it is the only one that keeps the card busy; where one overtakes the
other depends on the card, the heads and the tokens of a pass, so it is measured, once for each of these, on numbers drawn at random.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from specviz.errors import UnsolvedError
from specviz.kernels import quick
from specviz.kernels.split_attention import SplitAttention, split_attention
from specviz.model.attention import Sight, attend

_CLOSE = 0.02  # of the largest number: above the rounding of 16 bits, far below a mistake
_CALLS = 10  # recorded together: a single one is over before a clock can tell
_ROUNDS = 3


@dataclass(frozen=True)
class Sizes:
    """What a choice depends on: ``tokens`` of a pass, the ``span`` of slots, and how the heads are made."""

    heads: int
    kv_heads: int
    width: int
    tokens: int
    span: int
    dtype: torch.dtype
    device: torch.device


@dataclass(frozen=True)
class Tried:
    """Seconds of both for some sizes; ``is_wrong`` says that the split failed, or gave other numbers, so that only PyTorch's own is used."""

    own: float
    split: float
    is_wrong: bool = False

    @property
    def is_split(self) -> bool:
        """Whether the split is used."""
        return not self.is_wrong and self.split < self.own


_tried: dict[Sizes, Tried] = {}


def quickest_split(sizes: Sizes) -> SplitAttention | None:
    """The attention that splits the slots, where it is quicker; None where PyTorch's own is, and where there is no other."""
    kernel = split_attention(sizes.device)
    if kernel is None:
        return None
    if sizes not in _tried:
        if torch.cuda.is_current_stream_capturing():  # no time to try anything now; every pass is made once before it is recorded
            return None
        _tried[sizes] = both_tried(sizes, kernel, seconds_on_card)
    return kernel if _tried[sizes].is_split else None


def choices() -> list[dict[str, int | float | str | bool]]:
    """What was tried in this process and which was taken, JSON-ready, by tokens of a pass and then by span."""
    return [
        asdict(sizes)
        | {"dtype": str(sizes.dtype).removeprefix("torch."), "device": str(sizes.device)}
        | {"own_us": round(tried.own * 1e6, 2), "split_us": round(tried.split * 1e6, 2), "is_split": tried.is_split, "is_wrong": tried.is_wrong}
        for sizes, tried in sorted(_tried.items(), key=lambda item: (item[0].tokens, item[0].span))
    ]


@torch.inference_mode()
def both_tried(sizes: Sizes, kernel: SplitAttention, seconds: Callable[[Callable[[], Tensor]], float]) -> Tried:
    """Compare and time both behind a text that fills the span, as measured by ``seconds``."""
    draw = torch.Generator(sizes.device).manual_seed(0)
    shapes = [(sizes.heads, sizes.tokens), (sizes.kv_heads, sizes.span), (sizes.kv_heads, sizes.span)]
    queries, keys, values = (torch.randn(heads, count, sizes.width, generator=draw, device=sizes.device).to(sizes.dtype) for heads, count in shapes)
    n = sizes.tokens
    sight = Sight(torch.tensor([sizes.span - n], device=sizes.device), torch.ones(n, n, dtype=torch.bool, device=sizes.device).tril())
    bias = sight.bias(sizes.span, sizes.dtype)

    def own() -> Tensor:
        return attend(queries[None], keys[None], values[None], bias)[0]

    def split() -> Tensor:
        return kernel(queries, keys, values, sight.start, sight.among)

    def both() -> Tried:
        expected, found = own(), split()
        if not (found - expected).abs().max() <= _CLOSE * expected.abs().max():
            raise UnsolvedError("the numbers of PyTorch's own attention", "others")
        return Tried(seconds(own), seconds(split))

    form = quick.form_of(sizes.device, sizes.dtype, sizes.heads, sizes.kv_heads, sizes.width, n, sizes.span)
    tried = quick.attempted("kernels of attention", form, both)
    if tried is None:
        why = quick.why_not("kernels of attention", form, both)
        warnings.warn(f"attention with split slots is not used over {n} tokens and {sizes.span} slots ({why})", RuntimeWarning, stacklevel=2)
    return tried or Tried(0.0, 0.0, is_wrong=True)


def seconds_on_card(work: Callable[[], Tensor]) -> float:
    """Seconds of ``work`` within a CUDA graph, as it will be used: else the host's launches would be measured. The best of some rounds."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        work()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(_CALLS):
            work()
    graph.replay()
    times = []
    for _ in range(_ROUNDS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(float(begin.elapsed_time(end)) / 1e3 / _CALLS)
    return min(times)
