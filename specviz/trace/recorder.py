"""Writes every step down: plain columns out of whatever arrays the engine used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from array_api_compat import array_namespace

from specviz.trace.schema import STAGES, TOP, Header, schema
from specviz.trace.store import Trace, TraceWriter
from specviz.types import Array, Step

LARGEST_EXACT_VOCABULARY = 32_768
_PLAIN = ("id", "parent", "depth", "token", "text", "q", "p", "u", "threshold", "state")


class Recorder:
    """Turns steps into record batches, keeps them, and writes each to disk as it comes when ``save`` is given.

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
        self._cycle_type = pa.struct(fields[:nodes])
        self._cycle_names = [field.name for field in fields[:nodes]]
        self._node_fields = list(fields[nodes].type.value_type)
        self._plain_type = pa.struct([field for field in self._node_fields if field.name in _PLAIN])
        self._entry_fields = list(self._schema.field("last_top").type.value_type) if header.detail != "light" else []
        self._batches: list[pa.RecordBatch] = []
        self._writer = TraceWriter(save, header) if save is not None else None

    def add(self, step: Step) -> None:
        """Record one step."""
        batch = pa.RecordBatch.from_arrays(self._columns(step), schema=self._schema)
        self._batches.append(batch)
        if self._writer:
            self._writer.write(batch)

    def close(self) -> None:
        """Finish the file, if there is one."""
        if self._writer:
            self._writer.close()

    @property
    def trace(self) -> Trace:
        """The record so far."""
        return Trace(self.header, list(self._batches))

    def _columns(self, step: Step) -> list[pa.Array]:
        piece, times = self._piece, step.times
        last = step.verdict.token
        values: list[Any] = [
            step.cycle,
            step.prefix,
            list(step.committed),
            step.text,
            last,
            piece(last),
            step.verdict.kind,
            float(step.coins[-1]),
            [getattr(times, stage) * 1e3 for stage in STAGES],
            step.draft_calls,
            step.target_calls,
            *step.cache_lengths,
            step.stop,
            step.tree.sampling,
        ]
        columns: list[pa.Array] = pa.array([dict(zip(self._cycle_names, values, strict=True))], type=self._cycle_type).flatten()
        if self.header.detail == "light":
            return [*columns, _one_list(self._nodes(step, []))]
        laws, n = _Laws(step), len(step.tree)
        tops = self._tops(*laws.top)
        of_nodes = [pa.array(column) for column in (laws.alpha, laws.entropy_p, laws.entropy_q)] + [tops[i * n : (i + 1) * n] for i in range(3)]
        columns += [_one_list(self._nodes(step, of_nodes)), tops[3 * n :]]
        if self.header.detail == "exact":
            q = np.zeros((0, step.p.shape[1])) if step.tree.q is None else _numpy(step.tree.q)
            columns += [_one_list(_rows(_numpy(step.p))), _one_list(_rows(q)), pa.array([list(step.tree.q_row)], type=pa.list_(pa.int32()))]
        return columns

    def _nodes(self, step: Step, laws: list[pa.Array]) -> pa.Array:
        tree = step.tree
        columns = (range(len(tree)), tree.parents, tree.depths(), tree.tokens, map(self._piece, tree.tokens))
        drawn = ((d.q, d.p, d.u, d.threshold, d.state) for d in step.verdict.decisions)
        rows = [dict(zip(_PLAIN, (*place, *decision), strict=True)) for *place, decision in zip(*columns, drawn, strict=True)]
        return pa.StructArray.from_arrays(pa.array(rows, type=self._plain_type).flatten() + laws, fields=self._node_fields)

    def _tops(self, tokens: np.ndarray, probs: np.ndarray) -> pa.ListArray:
        """Rows of (token, text, prob), most likely first; entries without mass are left out."""
        kept = probs > 0
        flat = tokens[kept]
        texts = pa.array([self._piece(token) for token in flat.tolist()], pa.string())
        entries = pa.StructArray.from_arrays([pa.array(flat, pa.int32()), texts, pa.array(probs[kept])], fields=self._entry_fields)
        return pa.ListArray.from_arrays(np.concatenate(([0], kept.sum(1).cumsum())).astype(np.int32), entries)


def _one_list(values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def _rows(rows: np.ndarray) -> pa.Array:
    offsets = np.arange(0, rows.size + 1, max(rows.shape[1], 1), dtype=np.int32) if rows.size else np.zeros(1, dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, rows.astype(np.float64).ravel())


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


class _Laws:
    """The laws of one step, node by node, with what pictures need of them; all large arrays stay where the engine made them.

    In float32, which is what is written; a node without a law of its own (a copied token) is recorded with a one-hot q.
    ``top`` holds the largest entries of 3N+1 laws: p at every node, q at every node, the residuals, the last token's law.
    """

    def __init__(self, step: Step) -> None:
        xp = array_namespace(step.p)
        p = xp.astype(step.p, xp.float32)
        last = xp.astype(step.verdict.law, xp.float32)[None, :]
        if not len(step.tree):
            self.top = _largest(last)
            self.alpha = self.entropy_p = self.entropy_q = np.zeros(0, np.float32)
            return
        p = p[[parent + 1 for parent in step.tree.parents]]
        q = _laws_of_nodes(step, xp, p)
        overlap = xp.minimum(p, q)
        left = p - overlap
        left = left / xp.clip(xp.sum(left, axis=1, keepdims=True), _TINY, None)
        self.alpha = _numpy(xp.sum(overlap, axis=1))
        self.entropy_p, self.entropy_q = np.split(_numpy(_entropy(xp, xp.concat((p, q)))), 2)
        self.top = _largest(xp.concat((p, q, left, last)))  # one search for all


_TINY = 1e-30


def _laws_of_nodes(step: Step, xp: Any, p: Array) -> Array:  # noqa: ANN401  an array namespace is a module
    """The row of q each node was drawn from, float32[N, V]."""
    tree = step.tree
    if tree.q is not None and min(tree.q_row) >= 0:
        return xp.astype(tree.q, xp.float32)[list(tree.q_row)]
    q = xp.zeros_like(p)
    for node, (token, row) in enumerate(zip(tree.tokens, tree.q_row, strict=True)):
        if row >= 0:
            q[node] = xp.astype(tree.q[row], xp.float32)
        else:
            q[node, token] = 1.0
    return q


def _entropy(xp: Any, rows: Array) -> Array:  # noqa: ANN401  an array namespace is a module
    """Entropy of each row, in nats."""
    return -xp.sum(rows * xp.log(xp.clip(rows, _TINY, None)), axis=1)
