"""Where a pass leaves its keys and values and what its queries see: the memory of one text, of one in fixed sizes, or of several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from specviz.model.attention import Bias, Sight, additive, attend, bias_over
from specviz.model.cache import KVCache
from specviz.model.crossover import Sizes, quickest_split


class Memory(Protocol):
    """What attention asks for, layer by layer."""

    dtype: torch.dtype

    def mix(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Keep keys and values [n, H_kv, d]; return what the queries [n, H, d] see of all that is kept, [n, H, d]."""


class Alone:
    """The memory of one text, for one pass over ``n`` tokens."""

    def __init__(self, cache: KVCache, n: int, mask: Tensor | None) -> None:
        """``mask`` bool[n, T] says who sees whom of the last T slots; None is causal."""
        self.dtype = cache.dtype
        self._cache = cache
        self._is_causal = mask is None and n > 1 and cache.length == 0
        sees_all = mask is None and n == 1
        unmasked = self._is_causal or sees_all
        self._bias = None if unmasked else Bias(bias_over(mask, n, cache.length, cache.dtype, cache.buffer.device))

    def mix(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """See :class:`Memory`."""
        all_keys, all_values = self._cache.append(layer, keys.transpose(0, 1), values.transpose(0, 1))
        seen = attend(queries.transpose(0, 1)[None], all_keys[None], all_values[None], self._bias, is_causal=self._is_causal)
        return seen[0].transpose(0, 1)


class Fixed:
    """The memory of one text for a pass whose every size is fixed: where it writes and what it sees are numbers in tensors, not sizes."""

    def __init__(self, buffer: Tensor, slots: Tensor, sight: Sight, span: int, heads: int) -> None:
        """``buffer`` [2, L, H_kv, capacity, d]; ``slots`` int64[n], where the n tokens go; ``span`` slots hold all that they see."""
        self.dtype = buffer.dtype
        self._buffer = buffer
        self._slots, self._sight, self._span = slots, sight, span
        _, _, kv_heads, _, width = buffer.shape
        self._split = quickest_split(Sizes(heads, kv_heads, width, len(slots), span, buffer.dtype, buffer.device))
        self._bias = None if self._split is not None else sight.bias(span, self.dtype)

    def mix(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """See :class:`Memory`."""
        kept_keys, kept_values = self._buffer[0, layer], self._buffer[1, layer]
        kept_keys.index_copy_(1, self._slots, keys.transpose(0, 1))
        kept_values.index_copy_(1, self._slots, values.transpose(0, 1))
        asking, keys_seen, values_seen = queries.transpose(0, 1), kept_keys[:, : self._span], kept_values[:, : self._span]
        if self._split is not None:
            return self._split(asking, keys_seen, values_seen, self._sight.start, self._sight.among).transpose(0, 1)
        return attend(asking[None], keys_seen[None], values_seen[None], self._bias)[0].transpose(0, 1)


@dataclass(frozen=True)
class Part:
    """What one text adds to a pass: ``count`` tokens; ``mask`` bool[count, T] says who sees whom of its last T slots, None is causal."""

    row: int
    count: int
    mask: Tensor | None = None


class Ragged:
    """The memories of several texts, of different lengths, for one pass over some tokens of each.

    Products with the weights see the tokens of all texts end to end, without padding. Only attention is padded: to the most tokens of a
    text, and to the longest text.
    """

    def __init__(self, buffer: Tensor, caches: Sequence[KVCache], parts: Sequence[Part]) -> None:
        """``buffer`` [2, L, B, H_kv, capacity, d] is what the B ``caches`` are parts of; each part's row is one of them, named once."""
        device = buffer.device
        self.dtype = buffer.dtype
        self._buffer = buffer
        lengths = [cache.length for cache in caches]
        counts = [0] * len(caches)
        for part in parts:
            counts[part.row] = part.count
        self._most, self._longest = max(counts), max(lengths[row] + count for row, count in enumerate(counts))
        places = [(part.row, lengths[part.row] + t, part.row * self._most + t) for part in parts for t in range(part.count)]
        self._rows, self._slots, self._padded = torch.tensor(places, device=device).unbind(1)
        self._is_full = len(places) == len(caches) * self._most and [part.row for part in parts] == list(range(len(caches)))
        self._bias = Bias(additive(self._mask(torch.tensor(lengths, device=device), lengths, parts), self.dtype).unsqueeze(1))

    def _mask(self, lengths: Tensor, known: Sequence[int], parts: Sequence[Part]) -> Tensor:
        """Who sees whom, bool[B, most, longest]; a query that only pads sees the first slot at least, for nothing seen would be no number."""
        slots, steps = (torch.arange(count, device=lengths.device) for count in (self._longest, self._most))
        mask = slots <= lengths[:, None, None] + steps[:, None]
        for part in parts:
            if part.mask is not None:
                end = known[part.row] + part.count
                mask[part.row, : part.count, end - part.mask.shape[1] : end] = part.mask
                mask[part.row, : part.count, end:] = False
        return mask

    def mix(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """See :class:`Memory`; n counts the tokens of all texts."""
        kept_keys, kept_values = self._buffer[0, layer], self._buffer[1, layer]
        kept_keys[self._rows, :, self._slots] = keys
        kept_values[self._rows, :, self._slots] = values
        texts, _, _, width = kept_keys.shape
        if self._is_full:
            padded = queries
        else:
            padded = queries.new_zeros(texts * self._most, queries.shape[1], width)
            padded[self._padded] = queries
        asking = padded.view(texts, self._most, -1, width).transpose(1, 2)
        seen = attend(asking, kept_keys[:, :, : self._longest], kept_values[:, :, : self._longest], self._bias)
        seen = seen.transpose(1, 2).reshape(texts * self._most, -1, width)
        return seen if self._is_full else seen[self._padded]
