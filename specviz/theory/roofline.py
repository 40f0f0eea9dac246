"""How long a pass must take: what it moves over the machine's bandwidth, what it computes over the machine's arithmetic.

Letters: m tokens in a pass, B requests, S positions in the cache of each, v(m) = time over m tokens / time over one. Both times
are lower bounds; a real pass takes longer than the larger one. Source: the roofline model (doi 10.1145/1498765.1498785);
that decoding sits on its memory side: arXiv 2211.05102; for serving in general: arXiv 2402.16363.
"""

from __future__ import annotations

from dataclasses import dataclass

from specviz.errors import UnexpectedValueError


@dataclass(frozen=True)
class Shape:
    """What a model makes a pass move and compute.

    Attributes:
        name: for a picture.
        weights: P, the weights a pass multiplies with; a table that is only looked up does not count.
        weight_bytes: b, bytes of one weight.
        layers, heads, kv_heads, head_width: sizes of the attention; several query heads may share one key/value head.
        cache_bytes: bytes of one cached number.
    """

    name: str
    weights: float
    weight_bytes: float
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    cache_bytes: float = 2


@dataclass(frozen=True)
class Machine:
    """What a machine can do at its best.

    Attributes:
        name: for a picture.
        bandwidth: W, bytes a second from the memory that holds the weights.
        compute: F, operations a second; a multiplication and an addition are two.
        source: where the numbers come from: ``measured``, ``literature`` or ``assumed``.
    """

    name: str
    bandwidth: float
    compute: float
    source: str = "assumed"

    def __post_init__(self) -> None:
        if not (self.bandwidth > 0 and self.compute > 0):
            raise UnexpectedValueError("a bandwidth and a compute rate above 0", f"{self.bandwidth} and {self.compute}")

    @property
    def ridge(self) -> float:
        """F / W: operations it can do in the time of moving one byte."""
        return self.compute / self.bandwidth


def kv_bytes(shape: Shape, positions: float) -> float:
    """Bytes of the keys and values of ``positions`` tokens: 2 · layers · kv_heads · head_width numbers a token."""
    return 2 * shape.layers * shape.kv_heads * shape.head_width * shape.cache_bytes * positions


def pass_bytes(shape: Shape, *, context: float = 0, batch: float = 1) -> float:
    """Bytes a pass must read, for any m: all weights once, and the cache of every request."""
    return shape.weights * shape.weight_bytes + batch * kv_bytes(shape, context)


def pass_operations(shape: Shape, m: float = 1, *, context: float = 0, batch: float = 1) -> float:
    """Operations of a pass over m tokens of each request: two a weight, and four a head, width and cached position."""
    attention = 4 * shape.layers * shape.heads * shape.head_width * context
    return batch * m * (2 * shape.weights + attention)


def intensity(shape: Shape, m: float = 1, *, context: float = 0, batch: float = 1) -> float:
    """Operations for every byte moved: 2m / b with an empty cache and one request."""
    return pass_operations(shape, m, context=context, batch=batch) / pass_bytes(shape, context=context, batch=batch)


def memory_seconds(shape: Shape, machine: Machine, *, context: float = 0, batch: float = 1) -> float:
    """Time to move what a pass must read."""
    return pass_bytes(shape, context=context, batch=batch) / machine.bandwidth


def compute_seconds(shape: Shape, machine: Machine, m: float = 1, *, context: float = 0, batch: float = 1) -> float:
    """Time to do a pass's operations."""
    return pass_operations(shape, m, context=context, batch=batch) / machine.compute


def pass_seconds(shape: Shape, machine: Machine, m: float = 1, *, context: float = 0, batch: float = 1) -> float:
    """Least time of a pass over m tokens: the larger of moving and computing, which can at best overlap entirely."""
    moving = memory_seconds(shape, machine, context=context, batch=batch)
    return max(moving, compute_seconds(shape, machine, m, context=context, batch=batch))


def crossing(shape: Shape, machine: Machine, *, context: float = 0, batch: float = 1) -> float:
    """m*, the tokens at which computing takes as long as moving: b F / (2 W) with an empty cache and one request."""
    return machine.ridge / intensity(shape, 1, context=context, batch=batch)


def verify_cost(shape: Shape, machine: Machine, m: float, *, context: float = 0, batch: float = 1) -> float:
    """v(m) on a machine that meets the bound: max(1, m / m*), and m where even one token keeps the arithmetic busy (m* < 1)."""
    return pass_seconds(shape, machine, m, context=context, batch=batch) / pass_seconds(shape, machine, 1, context=context, batch=batch)


MACHINES: dict[str, Machine] = {
    machine.name: machine
    for machine in (
        Machine("H100 SXM", 3.35e12, 989e12, "literature"),  # NVIDIA's data sheets: dense bf16 with float32 sums, no sparsity
        Machine("A100 80 GB", 2.039e12, 312e12, "literature"),
        Machine("RTX 4090", 1.008e12, 165e12, "literature"),
        Machine("a laptop's processor", 60e9, 1e12, "assumed"),
    )
}
"""Machines to compare, by the numbers on their data sheets; nobody reaches both."""

SHAPES: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        Shape("8 B weights, 16 bits", 7.5e9, 2, 32, 32, 8, 128),  # Llama 3.1 8B without its embedding table
        Shape("70 B weights, 16 bits", 69.5e9, 2, 80, 64, 8, 128),  # Llama 3.1 70B likewise
        Shape("8 B weights, 4 bits", 7.5e9, 0.5, 32, 32, 8, 128),
        Shape("7 B weights, 16 bits, no shared heads", 6.6e9, 2, 32, 32, 32, 128),  # Llama 2 7B
    )
}
"""Published models, without the embedding table, of which a pass reads single rows."""
