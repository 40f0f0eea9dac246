"""Passes of a few fixed widths, so that a GPU can record each once and replay it: launched one by one, a small pass's kernels keep the GPU waiting.

A pass over n tokens is padded to the next width, and attention to the next span of slots. What differs from pass to pass (tokens, positions,
slots, who sees whom among the last slots) lies in tensors that stay where they are and are written before a replay.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from specviz.errors import UnsolvedError
from specviz.kernels import quick
from specviz.model.attention import Sight, causal_mask
from specviz.model.cache import KVCache
from specviz.model.memory import Fixed
from specviz.model.transformer import Transformer

PATH = "recorded passes"
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
"""Tokens of a pass; a longer one is worth its launches as it is."""
_SHORTEST_SPAN = 256
_MOST = 48  # recorded passes kept; a long text goes through many spans
_CLOSE = 0.05  # of the largest logit: far above rounding, far below a pass that read the wrong numbers

Run = Callable[[], Tensor]
Capture = Callable[[Run], Run]
"""(a pass over tensors that stay where they are) -> what makes it again; its result lies at one place, too."""


class FixedPasses:
    """The passes of one model; any failure to record one is said once and leaves all passes as they are without this."""

    def __init__(self, transformer: Transformer, capture: Capture) -> None:
        self.capture = capture
        self.is_broken = False
        self._transformer = transformer
        self._made: dict[tuple[int, ...], _Pass] = {}

    def forward(self, tokens: Sequence[int], cache: KVCache, positions: Sequence[int] | None, mask: Tensor | None, rows: int | None) -> Tensor | None:
        """As :meth:`Transformer.forward`; None where it has to be asked instead: a long pass, a full cache, or nothing can be recorded."""
        width = next((width for width in WIDTHS if width >= len(tokens)), 0)
        end = cache.length + width  # what pads is written, too, behind the tokens
        if self.is_broken or not width or end > cache.capacity:
            return None
        window = width if mask is None else window_of(mask.shape[1] + width - len(tokens))
        key = (width, window, span_of(end, cache.capacity), cache.buffer.data_ptr())
        is_new = key not in self._made
        made = _Pass.of(self._transformer, cache, *key[:3]) if is_new else self._made.pop(key)
        made.write(tokens, cache.length, positions, mask)
        if is_new and not self._record(made):
            return None
        self._made[key] = made  # the latest used stands last
        if len(self._made) > _MOST:
            del self._made[next(iter(self._made))]
        logits = made.replay()
        cache.advance(len(tokens))
        first = 0 if rows is None else len(tokens) - rows
        return logits[first : len(tokens)].clone()  # the next pass of this width writes over it

    def _record(self, made: _Pass) -> bool:
        """Record a pass and hold its replay against the pass itself."""

        def record() -> Run:
            expected = made.replay().clone()
            replay = self.capture(made.replay)
            if not (replay() - expected).abs().max() <= _CLOSE * expected.abs().max():
                raise UnsolvedError("the logits of the pass itself", "others from its replay")
            return replay

        form = quick.form_of(self._transformer.device, self._transformer.dtype, *made.among.shape, made.span)
        replay = quick.attempted(PATH, form, record)
        if replay is None:
            self._give_up(quick.why_not(PATH, form, record))
            return False
        made.replay = replay
        return True

    def _give_up(self, why: str) -> None:
        self.is_broken = True
        self._made.clear()
        warnings.warn(f"passes cannot be recorded as CUDA graphs here ({why}); decoding goes on without and is slower", RuntimeWarning, stacklevel=6)


def fixed_passes(transformer: Transformer) -> FixedPasses | None:
    """Those of a model on a CUDA device; elsewhere a launch costs little, and padding would cost more."""
    device = transformer.device
    if device.type != "cuda" or quick.is_plain():
        return None
    return quick.attempted(PATH, quick.form_of(device, transformer.dtype), lambda: FixedPasses(transformer, CudaGraphs(device)))


@dataclass
class _Pass:
    """One width, window and span: its tensors, and what makes the pass over them."""

    numbers: Tensor
    """int64[3, width]: tokens, positions, slots."""
    among: Tensor
    """bool[width, window], who sees whom of the last slots."""
    span: int
    replay: Run
    is_causal: bool = False
    """Whether ``among`` says so now."""

    @classmethod
    def of(cls, transformer: Transformer, cache: KVCache, width: int, window: int, span: int) -> _Pass:
        numbers = torch.zeros(3, width, dtype=torch.int64, device=cache.buffer.device)
        among = torch.zeros(width, window, dtype=torch.bool, device=cache.buffer.device)
        buffer, heads = cache.buffer, transformer.config.heads

        def run() -> Tensor:
            sight = Sight(numbers[2, :1] + (width - window), among)
            return transformer.forward_rows(numbers[0], numbers[1], Fixed(buffer, numbers[2], sight, span, heads))

        return cls(numbers, among, span, run)

    def write(self, tokens: Sequence[int], length: int, positions: Sequence[int] | None, mask: Tensor | None) -> None:
        """Put a pass behind ``length`` slots in place. What pads sees what a next token would: nothing seen would be no number."""
        width, n = self.numbers.shape[1], len(tokens)
        slots = list(range(length, length + width))
        where = slots if positions is None else [*positions, *slots[n:]]
        self.numbers.copy_(torch.tensor([[*tokens, *[0] * (width - n)], where, slots]))
        if mask is None and self.is_causal:
            return
        among = causal_mask(width, self.among.shape[1] - width, torch.device("cpu"))
        if mask is not None:
            end = among.shape[1] - (width - n)  # of the pass's own tokens, before what pads
            among[:n, end - mask.shape[1] : end] = mask
        self.among.copy_(among)
        self.is_causal = mask is None


def window_of(slots: int) -> int:
    """The slots that a window holds at least these: few sizes, so that few passes are recorded."""
    return 1 << (slots - 1).bit_length()


def span_of(end: int, capacity: int) -> int:
    """The slots that a pass up to slot ``end`` looks at: at most an eighth more than there are, or the shortest span."""
    step = max(_SHORTEST_SPAN, (1 << (end - 1).bit_length()) // 8)
    return min(capacity, -(-end // step) * step)


class CudaGraphs:
    """Records passes as CUDA graphs that share their scratch memory: none of a pass's numbers is needed once its logits were copied out."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, run: Run) -> Run:
        """Record one pass."""
        with torch.cuda.device(self._device):  # streams are those of the current card, which need not be the model's
            return self._record(run)

    def _record(self, run: Run) -> Run:
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # libraries set themselves up in their first calls, which must not be recorded
            for _ in range(2):
                run()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            result = run()

        def replay() -> Tensor:
            graph.replay()
            return result

        return replay
