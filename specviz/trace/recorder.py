"""Writes every step down: plain columns out of whatever arrays the engine used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from array_api_compat import array_namespace, device

from specviz.trace.schema import STAGES, TOP, Header, schema
from specviz.trace.store import Trace, TraceWriter
from specviz.types import Array, Step

LARGEST_EXACT_VOCABULARY = 32_768
_CYCLES_AT_ONCE = 16  # a trip to Arrow costs nearly the same for one cycle and for many


class Recorder:
    """Turns steps into record batches: some cycles at a time, or with ``save`` each at once, written to disk as it comes.

    Raises:
        ValueError: for detail ``exact`` with a vocabulary whose whole rows would fill the disk.
    """

    def __init__(self, header: Header, piece: Callable[[int], str], save: str | Path | None = None) -> None:
        if header.detail == "exact" and header.vocab_size > LARGEST_EXACT_VOCABULARY:
            limit = f"at most {LARGEST_EXACT_VOCABULARY} for detail 'exact'"
            raise ValueError(f"expected a vocabulary of {limit}, got {header.vocab_size}; record with detail='full' instead")
        self.header = header
        self._piece = piece
        self._schema = schema(header.detail)
        # taken apart once: asking Arrow for a field costs as much as filling it
        fields = list(self._schema)
        nodes = next(i for i, field in enumerate(fields) if field.name == "nodes")
        self._cycle_fields = fields[:nodes]
        self._node_fields = list(fields[nodes].type.value_type)
        self._plain_fields = list(schema("light").field("nodes").type.value_type)
        self._entry_fields = list(self._schema.field("last_top").type.value_type) if header.detail != "light" else []
        self._laws = _LawReader()
        self._waiting: list[_Row] = []
        self._batches: list[pa.RecordBatch] = []
        self._writer = TraceWriter(save, header) if save is not None else None

    def add(self, step: Step) -> None:
        """Record one step."""
        # nothing that waits may hold a whole law: with a large vocabulary some cycles of them would fill the memory
        row = _Row(self._cycle(step), list(self._nodes(step)))
        if self.header.detail != "light":
            row.laws = self._laws.read(step)
        if self.header.detail == "exact":
            q = np.zeros((0, step.p.shape[1])) if step.tree.q is None else _numpy(step.tree.q)
            row.whole = (_numpy(step.p), q, list(step.tree.q_row))
        self._waiting.append(row)
        if self._writer or row.whole or len(self._waiting) >= _CYCLES_AT_ONCE:
            self._build()

    def close(self) -> None:
        """Finish the file, if there is one."""
        if self._writer:
            self._writer.close()

    @property
    def trace(self) -> Trace:
        """The record so far."""
        self._build()
        return Trace(self.header, list(self._batches))

    def _build(self) -> None:
        """Make a batch of the steps that wait, and forget them."""
        if not self._waiting:
            return
        rows, self._waiting = self._waiting, []
        batch = pa.RecordBatch.from_arrays(self._columns(rows), schema=self._schema)
        self._batches.append(batch)
        if self._writer:
            self._writer.write(batch)

    def _columns(self, rows: Sequence[_Row]) -> list[pa.Array]:
        columns = _arrays([row.cycle for row in rows], self._cycle_fields)
        nodes = _arrays([node for row in rows for node in row.nodes], self._plain_fields)
        laws = [row.laws for row in rows if row.laws]
        if laws:
            nodes += [pa.array(np.concatenate([getattr(law, name) for law in laws])) for name in ("alpha", "entropy_p", "entropy_q")]
            nodes += [self._tops([law.top(part) for law in laws]) for part in range(3)]
        nodes_of_cycle = pa.StructArray.from_arrays(nodes, fields=self._node_fields)
        columns.append(pa.ListArray.from_arrays(_offsets([len(row.nodes) for row in rows]), nodes_of_cycle))
        if laws:
            columns.append(self._tops([law.top(3) for law in laws]))
        whole = [row.whole for row in rows if row.whole]
        if whole:
            p, q, q_rows = zip(*whole, strict=True)
            columns += [_rows(p), _rows(q), pa.array(q_rows, pa.list_(pa.int32()))]
        return columns

    def _cycle(self, step: Step) -> tuple[Any, ...]:
        times, last = step.times, step.verdict.token
        return (
            step.cycle,
            step.prefix,
            list(step.committed),
            step.text,
            last,
            self._piece(last),
            step.verdict.kind,
            float(step.coins[-1]),
            [getattr(times, stage) * 1e3 for stage in STAGES],
            step.draft_calls,
            step.target_calls,
            *step.cache_lengths,
            step.stop,
            step.tree.sampling,
        )

    def _nodes(self, step: Step) -> Iterable[tuple[Any, ...]]:
        tree = step.tree
        columns = (range(len(tree)), tree.parents, tree.depths(), tree.tokens, map(self._piece, tree.tokens))
        drawn = ((d.q, d.p, d.u, d.threshold, d.state) for d in step.verdict.decisions)
        return ((*place, *decision) for *place, decision in zip(*columns, drawn, strict=True))

    def _tops(self, tops: Sequence[tuple[np.ndarray, np.ndarray]]) -> pa.ListArray:
        """Rows of (token, text, prob), most likely first; entries without mass are left out."""
        tokens, probs = (np.concatenate(part) for part in zip(*tops, strict=True))
        kept = probs > 0
        flat = tokens[kept]
        texts = pa.array([self._piece(token) for token in flat.tolist()], pa.string())
        entries = pa.StructArray.from_arrays([pa.array(flat, pa.int32()), texts, pa.array(probs[kept])], fields=self._entry_fields)
        return pa.ListArray.from_arrays(_offsets(kept.sum(1)), entries)


@dataclass
class _Row:
    """What one step leaves to be written: plain values, and the small arrays that its laws came down to."""

    cycle: tuple[Any, ...]
    nodes: list[tuple[Any, ...]]
    laws: _Laws | None = None
    whole: tuple[np.ndarray, np.ndarray, list[int]] | None = None


def _arrays(rows: Sequence[tuple[Any, ...]], fields: Sequence[pa.Field]) -> list[pa.Array]:
    """Rows of plain values, one for each field, as columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(fields)
    return [pa.array(column, field.type) for column, field in zip(columns, fields, strict=True)]


def _offsets(counts: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)


def _rows(laws: Sequence[np.ndarray]) -> pa.ListArray:
    """Whole laws [R, V] of every step, as a list of lists a step."""
    counts = [len(rows) for rows in laws]
    flat = np.concatenate(laws).astype(np.float64)
    inner = pa.ListArray.from_arrays(_offsets([flat.shape[1]] * len(flat)), flat.ravel())
    return pa.ListArray.from_arrays(_offsets(counts), inner)


def _numpy(array: Array) -> np.ndarray:
    """Any array as numpy, without knowing whose it is."""
    return np.asarray(array.cpu() if hasattr(array, "cpu") else array)


def _largest(rows: Array) -> tuple[np.ndarray, np.ndarray]:
    """The ``TOP`` largest entries of each row [R, V], largest first: ids int[R, TOP] and values float[R, TOP]."""
    count = min(TOP, rows.shape[1])
    if hasattr(rows, "topk"):  # torch has it, and on its own device; the array API does not
        values, found = rows.topk(count)
        return _numpy(found), _numpy(values)
    found = np.argsort(-rows, axis=1, kind="stable")[:, :count]
    return found, np.take_along_axis(rows, found, axis=1)


@dataclass
class _Laws:
    """What pictures need of the laws of one step, in float32, on the host.

    ``tokens`` and ``probs`` [3N+1, TOP] hold the largest entries of p at every node, of q, of the residuals, and of the last token's law.
    """

    alpha: np.ndarray
    entropy_p: np.ndarray
    entropy_q: np.ndarray
    tokens: np.ndarray
    probs: np.ndarray

    def top(self, part: int) -> tuple[np.ndarray, np.ndarray]:
        """The largest entries of p (0), of q (1), of the residuals (2), or of the last token's law (3)."""
        n = len(self.alpha)
        rows = slice(part * n, 3 * n + 1 if part == 3 else (part + 1) * n)
        return self.tokens[rows], self.probs[rows]


class _LawReader:
    """Reads laws where the engine left them, on its device, through one block of memory that is used again for every step.

    Fresh memory for each step would cost more than the arithmetic. A node without a law of its own (a copied token) is
    recorded with a one-hot q.
    """

    def __init__(self) -> None:
        self._block: Array = None

    def read(self, step: Step) -> _Laws:
        """Summarise the laws of one step."""
        xp, n = array_namespace(step.p), len(step.tree)
        rows = self._rows(xp, step.p, 3 * n + 1)
        p, q, left = rows[:n], rows[n : 2 * n], rows[2 * n : 3 * n]
        rows[3 * n] = step.verdict.law
        if n:
            p[...] = _laws_before(step)
            q[...] = _laws_of_nodes(step, xp)
            left[...] = xp.clip(p - q, 0.0, None)
        refused = _numpy(xp.sum(left, axis=1))  # 1 - alpha, the mass of the residual
        both = rows[: 2 * n]
        entropy = _numpy(-xp.sum(both * xp.log(xp.clip(both, _TINY, None)), axis=1))  # in nats
        tokens, probs = _largest(rows)
        probs[2 * n : 3 * n] /= np.maximum(refused, _TINY)[:, None]
        return _Laws(np.clip(1.0 - refused, 0.0, 1.0), entropy[:n], entropy[n:], tokens, probs)

    def _rows(self, xp: Any, like: Array, count: int) -> Array:  # noqa: ANN401  an array namespace is a module
        if self._block is None or self._block.shape[0] < count:
            self._block = xp.zeros((count, like.shape[1]), dtype=xp.float32, device=device(like))
        return self._block[:count]


_TINY = 1e-30


def _laws_before(step: Step) -> Array:
    """The row of p each node was judged by, that of its parent: float[N, V]."""
    if step.tree.is_chain():
        return step.p[:-1]
    return step.p[[parent + 1 for parent in step.tree.parents]]


def _laws_of_nodes(step: Step, xp: Any) -> Array:  # noqa: ANN401  an array namespace is a module
    """The row of q each node was drawn from, float[N, V]."""
    tree = step.tree
    if tree.q is not None and min(tree.q_row) >= 0:
        return tree.q if list(tree.q_row) == list(range(len(tree))) == list(range(tree.q.shape[0])) else tree.q[list(tree.q_row)]
    q = xp.zeros_like(step.p[:-1])
    for node, (token, row) in enumerate(zip(tree.tokens, tree.q_row, strict=True)):
        if row >= 0:
            q[node] = tree.q[row]
        else:
            q[node, token] = 1.0
    return q
