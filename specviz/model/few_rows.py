"""Passes of one model over few tokens as compiled loops (``kernels/few_rows``), up to the width where those are quicker than its own pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.errors import UnsolvedError
from specviz.kernels import quick
from specviz.kernels.few_rows.weights import STORED, Laid, LayerWeights, name_of
from specviz.kernels.remembered import Times, remembered
from specviz.model.attention import tree_mask
from specviz.model.cache import KVCache
from specviz.model.config import ModelConfig

if TYPE_CHECKING:
    from specviz.model.transformer import Transformer

MOST = 32
"""Tokens of the widest pass."""
_PATH = "passes over few rows"
_COUNTS = (1, 2, 4, 8, 16, MOST)
MOST_BYTES = 1 << 30
"""Weights of a model that is given loops: they are held twice, for both passes."""
_BEHIND, _ROUNDS, _SECONDS = 48, 6, 0.4
_TREE = (-1, -1, 1, 0)


class FewRows:
    """The loops over one model's weights, with room to work in.

    Args:
        config: the model's shape.
        laid: its weights.
        embedding: [V, D].
        cos, sin: float32[positions, d / 2].
    """

    def __init__(self, config: ModelConfig, laid: Laid, embedding: Tensor, cos: Tensor, sin: Tensor) -> None:
        from specviz.kernels.few_rows.threads import run_on

        c = config
        self.widest = MOST
        self._run = run_on
        self._laid, self._embedding, self._vocab = laid, embedding, c.vocab
        self._cos, self._sin = cos.numpy(), sin.numpy()
        self._shape, self._hidden, self._eps = (c.heads, c.kv_heads, c.head_width), c.hidden, np.float32(c.norm_eps)
        sizes = (c.width, (c.heads + 2 * c.kv_heads) * c.head_width, c.heads * c.head_width, 2 * c.hidden, c.width)
        self._rooms = [np.empty((MOST, size), dtype=np.float32) for size in sizes]
        self._scores = np.empty((MOST * c.heads, 0), dtype=np.float32)

    def takes(self, count: int, cache: KVCache) -> bool:
        """Whether a pass over so many tokens is one of these."""
        return count <= self.widest and cache.buffer.is_contiguous()

    def forward(self, tokens: Tensor, cache: KVCache, positions: Tensor | None, mask: Tensor | None, rows: int | None) -> Tensor:
        """As :meth:`specviz.model.transformer.Transformer.forward`, whose memory has room already; its length does not move."""
        n, length = len(tokens), cache.length
        places = slice(length, length + n) if positions is None else positions.numpy()
        x = F.embedding(tokens, self._embedding).float().numpy()
        seen = _chain(n) if mask is None else mask.contiguous().numpy().view(np.uint8)
        logits = torch.empty((n if rows is None else rows, self._vocab), dtype=torch.float32, device="cpu")
        keys, values = cache.buffer.numpy()
        laid = self._laid
        self._run(
            torch.get_num_threads(), x, laid.matrices, laid.starts, laid.vectors, laid.places, keys, values, length, self._cos[places],
            self._sin[places], seen, self._shape, self._hidden, self._eps, *self._rooms, self._room_for(length + n), logits.numpy(),
        )  # fmt: skip
        return logits

    def _room_for(self, slots: int) -> np.ndarray:
        """Scores of every head of every token over all slots; grows with the text."""
        if self._scores.shape[1] < slots:
            self._scores = np.empty((len(self._scores), max(slots, 2 * self._scores.shape[1], 256)), dtype=np.float32)
        return self._scores


@lru_cache(maxsize=MOST)
def _chain(n: int) -> np.ndarray:
    return np.tril(np.ones((n, n), dtype=np.uint8))


def few_rows_of(model: Transformer, layers: Sequence[LayerWeights], norm: Tensor, head: Tensor) -> FewRows | None:
    """The loops over a model's weights, tried and timed against its own pass; None where they fail, or nowhere pay."""
    dtype, c = name_of(model.dtype), model.config
    count = head.numel() + sum(matrix.numel() for layer in layers for matrix in layer.matrices)
    if model.device.type != "cpu" or dtype not in STORED or quick.is_plain() or count * model.dtype.itemsize > MOST_BYTES:
        return None
    vectors = [int(vector is not None) for layer in layers[:1] for vector in layer.vectors]
    sizes = (c.layers, c.width, c.hidden, c.heads, c.kv_heads, c.head_width, c.vocab, *vectors)
    form = quick.form_of(model.device, model.dtype, *sizes)

    def made() -> FewRows:
        _ask_for_compiled(dtype)
        half = c.head_width // 2
        cos, sin = model.turns
        found = FewRows(c, Laid.out(layers, norm, head), model.embedding, cos[:, :half].contiguous(), sin[:, half:].contiguous())
        _check(found, model)
        found.widest = _widest(remembered(f"{_PATH} {sizes} in {dtype}", (_named("loops", 1), _named("own", 1)), lambda: _timed(found, model)))
        return found

    few = quick.attempted(_PATH, form, made)
    return few if few is not None and few.widest > 0 else None


def _ask_for_compiled(dtype: str) -> None:
    from specviz.kernels.few_rows import compiling

    if not compiling.is_compiled(dtype):
        compiling.compile_in_background(dtype)
        raise UnsolvedError("loops that are compiled for this processor", "none yet", "they are being compiled now, and used from the next load on")


@torch.inference_mode()
def _check(few: FewRows, model: Transformer) -> None:
    """Raise unless the loops say what the model's own pass says: of a text, a next token and a tree."""
    cache = KVCache(model.config, _BEHIND, model.device, model.dtype)
    draw = torch.Generator("cpu").manual_seed(0)
    tokens = torch.randint(0, model.config.vocab, (12,), generator=draw, device="cpu")
    depths = torch.tensor([0, 1, 1, 2, 2], device="cpu")
    for begin, end, positions, mask in ((0, 6, None, None), (6, 7, None, None), (7, 12, depths + 7, tree_mask(_TREE))):
        cache.length = begin
        own = model.forward(tokens[begin:end], cache, positions, mask)
        cache.length = begin
        quick.hold(few.forward(tokens[begin:end], cache, positions, mask, None).to(model.dtype), own.double())


@torch.inference_mode()
def _timed(few: FewRows, model: Transformer) -> Times:
    """Seconds of passes both ways, taking turns; the quickest of some rounds counts."""
    cache = KVCache(model.config, _BEHIND + MOST, model.device, model.dtype)
    cache.length = _BEHIND
    tokens = torch.arange(MOST, device="cpu") % model.config.vocab
    ways: dict[str, Callable[[int], Tensor]] = {
        "loops": lambda count: few.forward(tokens[:count], cache, None, None, None),
        "own": lambda count: _back(cache, model.forward(tokens[:count], cache)),
    }
    quickest = {(way, count): inf for count in _COUNTS for way in ways}
    begin = perf_counter()
    for done in range(_ROUNDS):
        if done >= 2 and perf_counter() - begin > _SECONDS:
            break
        for (way, count), least in list(quickest.items()):
            started = perf_counter()
            ways[way](count)
            quickest[way, count] = min(least, perf_counter() - started)
    return {_named(way, count): seconds for (way, count), seconds in quickest.items()}


def _back(cache: KVCache, logits: Tensor) -> Tensor:
    cache.rollback(_BEHIND)
    return logits


def _named(way: str, count: int) -> str:
    return f"{way} {count}"


def _widest(times: Times) -> int:
    """The most tokens up to which the loops are never slower; 0 where they are from the first on."""
    widest = 0
    for count in _COUNTS:
        if times.get(_named("loops", count), inf) > times.get(_named("own", count), inf):
            break
        widest = count
    return widest
