"""The memory of a model: keys and values of every position, in one preallocated buffer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from specviz.errors import UnexpectedValueError
from specviz.model.config import ModelConfig


class ContextFullError(UnexpectedValueError):
    """More positions were asked for than the buffer holds."""


def attention_dtype(device: torch.device, dtype: torch.dtype) -> torch.dtype:
    """The type keys and values are held and multiplied in: on a CPU always float32, since attention of one row is several times slower in bf16."""
    return torch.float32 if device.type == "cpu" else dtype


class KVCache:
    """Keys and values [2, L, H_kv, capacity, head_width]; slots below ``length`` hold the committed text.

    A pass over n tokens writes slots ``length .. length + n`` (:meth:`append`); afterwards :meth:`keep` packs the accepted
    path behind the committed text and forgets the rest, or :meth:`rollback` simply shortens.
    """

    def __init__(self, config: ModelConfig, capacity: int, device: torch.device, dtype: torch.dtype, buffer: Tensor | None = None) -> None:
        """Reserve memory for ``capacity`` positions, or use ``buffer``, a part of a larger one."""
        self.capacity = capacity
        self.length = 0
        self.dtype = attention_dtype(device, dtype)
        shape = (2, config.layers, config.kv_heads, capacity, config.head_width)
        self._hold(torch.zeros(shape, device=device, dtype=self.dtype) if buffer is None else buffer)

    def _hold(self, buffer: Tensor) -> None:
        self.buffer = buffer
        self._layers = [(buffer[0, layer], buffer[1, layer]) for layer in range(buffer.shape[1])]  # views, cut once

    def move(self, buffer: Tensor) -> None:
        """Carry the text over to other memory of the same shape and go on there."""
        buffer[:, :, :, : self.length] = self.buffer[:, :, :, : self.length]
        self._hold(buffer)

    def reserve(self, count: int) -> None:
        """Raise :class:`ContextFullError` unless ``count`` more positions fit."""
        if self.length + count > self.capacity:
            raise ContextFullError(
                f"at most {self.capacity} positions", str(self.length + count), "shorten the prompt or load the pair with a larger context"
            )

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write keys and values [H_kv, n, head_width] behind the text; return those of all positions [H_kv, length + n, head_width].

        ``length`` does not move until the pass is over: see :meth:`advance`.
        """
        end = self.length + keys.shape[1]
        all_keys, all_values = self._layers[layer]
        all_keys[:, self.length : end] = keys
        all_values[:, self.length : end] = values
        return all_keys[:, :end], all_values[:, :end]

    def advance(self, count: int) -> None:
        """Count the ``count`` positions that the pass just wrote."""
        self.length += count

    def keep(self, start: int, path: Sequence[int]) -> None:
        """Keep the first ``start`` slots and, in order, the slots ``start + path[j]``; drop all others.

        Keys were rotated to their true positions when they were written (prefix + depth), so moving a slot changes nothing else.

        Raises:
            ValueError: when a slot was never written or the path does not move forward.
        """
        if any(b <= a for a, b in pairwise(path)) or (path and not 0 <= path[0] <= path[-1] < self.length - start):
            raise UnexpectedValueError(f"increasing slots below {self.length - start} after slot {start}", str(list(path)))
        if list(path) != list(range(len(path))):  # a chain's path lies where it belongs already
            self._gather(start, path)
        self.length = start + len(path)

    def _gather(self, start: int, path: Sequence[int]) -> None:
        slots = torch.tensor(path, device=self.buffer.device) + start
        self.buffer[:, :, :, start : start + len(path)] = self.buffer[:, :, :, slots]

    def rollback(self, length: int) -> None:
        """Forget everything from position ``length`` on."""
        if not 0 <= length <= self.length:
            raise UnexpectedValueError(f"a length in [0, {self.length}] to roll back to", str(length))
        self.length = length
