"""A model's weights laid out for passes over few rows: matrices one after the other in one buffer, on large pages where the system has them."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_PAGE = 2 << 20
STORED = {"float32": np.float32, "bfloat16": np.uint16, "float16": np.int16}
"""How numbers of each type are told to compiled code: the 16-bit ones as their bits."""


def name_of(dtype: torch.dtype) -> str:
    """A type of numbers as the table above has it."""
    return str(dtype).removeprefix("torch.")


class Linear(NamedTuple):
    """A weight [out, in] and its bias, if it has one."""

    weight: Tensor
    bias: Tensor | None = None


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The weights of one layer as they were read; projections of one input are stacked into one."""

    attention_norm: Tensor
    qkv: Linear
    out: Linear
    mlp_norm: Tensor
    gate_up: Linear
    down: Linear
    query_norm: Tensor | None = None
    key_norm: Tensor | None = None

    @property
    def matrices(self) -> list[Tensor]:
        """What is multiplied with, in the order of a pass."""
        return [linear.weight for linear in (self.qkv, self.out, self.gate_up, self.down)]

    @property
    def vectors(self) -> list[Tensor | None]:
        """Norms and biases, in the order in which ``compiled_pass.run`` takes them."""
        return [
            self.attention_norm, self.qkv.bias, self.query_norm, self.key_norm, self.out.bias, self.mlp_norm, self.gate_up.bias, self.down.bias,
        ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Laid:
    """A model's weights in two arrays, and where each begins: see ``compiled_pass.run``."""

    matrices: np.ndarray
    starts: np.ndarray
    vectors: np.ndarray
    places: np.ndarray

    @classmethod
    def out(cls, layers: Sequence[LayerWeights], norm: Tensor, head: Tensor) -> Laid:
        """Lay out the weights of some layers, the last norm and the head [V, D]."""
        matrices = [*(matrix for layer in layers for matrix in layer.matrices), head]
        vectors = [*(vector for layer in layers for vector in layer.vectors), norm]
        sizes = [matrix.numel() for matrix in matrices]
        starts = np.zeros((len(layers) + 1, 4), dtype=np.int64)
        starts.ravel()[: len(sizes)] = np.cumsum([0, *sizes[:-1]])
        lengths = [0 if vector is None else vector.numel() for vector in vectors]
        places = np.zeros((len(layers) + 1, 8, 2), dtype=np.int64)
        places.reshape(-1, 2)[: len(lengths)] = np.stack((np.cumsum([0, *lengths[:-1]]), lengths), axis=1)
        whole = torch.cat([vector.float().flatten() for vector in vectors if vector is not None])
        return cls(_in_one_buffer(matrices, sum(sizes)), starts, whole.numpy(), places)


def _in_one_buffer(matrices: Sequence[Tensor], count: int) -> np.ndarray:
    buffer = on_large_pages(count, np.dtype(STORED[name_of(matrices[0].dtype)]))
    end = 0
    for matrix in matrices:
        begin, end = end, end + matrix.numel()
        buffer[begin:end] = _bits(matrix)
    return buffer


def _bits(matrix: Tensor) -> np.ndarray:
    """Its numbers, flat; those of 16 bits as bits."""
    flat = matrix.contiguous().flatten()
    is_wide = flat.dtype == torch.float32
    found: np.ndarray = flat.numpy() if is_wide else flat.view(torch.int16).numpy().view(STORED[name_of(flat.dtype)])
    return found


def on_large_pages(count: int, dtype: np.dtype[np.generic]) -> np.ndarray:
    """Room for ``count`` numbers, on pages of 2 MB where the system grants them: weights read once a pass miss fewer addresses so."""
    mapped = mmap.mmap(-1, max(count * dtype.itemsize, 1) + _PAGE)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without them: the same memory, on small pages
            mapped.madvise(mmap.MADV_HUGEPAGE)
    start = -np.frombuffer(mapped, dtype=np.uint8).ctypes.data % _PAGE
    return np.frombuffer(mapped, dtype=dtype, count=count, offset=start)
