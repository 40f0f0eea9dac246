"""Writes every step down: plain columns out of whatever arrays the engine used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from specviz.trace.schema import STAGES, TOP, Header, schema
from specviz.trace.store import Trace, TraceWriter
from specviz.types import Array, Step

LARGEST_EXACT_VOCABULARY = 32_768


class Recorder:
    """Turns steps into record batches, keeps them, and writes each to disk as it comes when ``save`` is given.

    Raises:
        ValueError: for detail ``exact`` with a vocabulary whose whole rows would fill the disk.
    """

    def __init__(self, header: Header, piece: Callable[[int], str], save: str | Path | None = None) -> None:
        if header.detail == "exact" and header.vocab_size > LARGEST_EXACT_VOCABULARY:
            raise ValueError(
                f"expected a vocabulary of at most {LARGEST_EXACT_VOCABULARY} for detail 'exact', got {header.vocab_size}; record with detail='full' instead"
            )
        self.header = header
        self._piece = piece
        self._schema = schema(header.detail)
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
        columns = [pa.array([value], type=field.type) for value, field in zip(values, self._schema, strict=False)]
        laws = None if self.header.detail == "light" else _Laws(step)
        columns.append(_one_list(self._nodes(step, laws)))
        if laws is not None:
            columns.append(_one_list(self._top(*_largest(laws.last[None, :])).values))
        if self.header.detail == "exact" and laws is not None:
            columns += [_one_list(_rows(laws.p)), _one_list(_rows(laws.q)), pa.array([list(step.tree.q_row)], type=pa.list_(pa.int32()))]
        return columns

    def _nodes(self, step: Step, laws: _Laws | None) -> pa.Array:
        tree, decisions = step.tree, step.verdict.decisions
        arrays = [
            pa.array(range(len(tree)), pa.int32()),
            pa.array(tree.parents, pa.int32()),
            pa.array(tree.depths(), pa.int32()),
            pa.array(tree.tokens, pa.int32()),
            pa.array([self._piece(token) for token in tree.tokens], pa.string()),
            pa.array([d.q for d in decisions], pa.float64()),
            pa.array([d.p for d in decisions], pa.float64()),
            pa.array([d.u for d in decisions], pa.float64()),
            pa.array([d.threshold for d in decisions], pa.float64()),
            pa.array([d.state for d in decisions], pa.string()),
        ]
        if laws is not None:
            arrays += [pa.array(column.astype(np.float32)) for column in (laws.alpha, laws.entropy_p, laws.entropy_q)]
            arrays += [self._top(*top) for top in (laws.top_p, laws.top_q, laws.top_residual)]
        node_type = self._schema.field("nodes").type.value_type
        return pa.StructArray.from_arrays(arrays, fields=list(node_type))

    def _top(self, tokens: np.ndarray, probs: np.ndarray) -> pa.ListArray:
        """Rows of (token, text, prob), most likely first; entries without mass are left out."""
        kept = probs > 0
        flat = tokens[kept]
        texts = pa.array([self._piece(token) for token in flat.tolist()], pa.string())
        entry = self._schema.field("last_top").type.value_type
        entries = pa.StructArray.from_arrays([pa.array(flat, pa.int32()), texts, pa.array(probs[kept], pa.float32())], fields=list(entry))
        return pa.ListArray.from_arrays(np.concatenate(([0], kept.sum(1).cumsum())).astype(np.int32), entries)


def _one_list(values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def _rows(rows: np.ndarray) -> pa.Array:
    offsets = np.arange(0, rows.size + 1, max(rows.shape[1], 1), dtype=np.int32) if rows.size else np.zeros(1, dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, rows.ravel())


def _numpy(array: Array) -> np.ndarray:
    """Any array as float64 numpy, without knowing whose it is."""
    return np.asarray(array.cpu() if hasattr(array, "cpu") else array, dtype=np.float64)


def _largest(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ``TOP`` largest entries of each row, sorted: ids int[R, TOP] and values float[R, TOP]; ties by lower id."""
    count = min(TOP, rows.shape[1])
    if not len(rows):
        return np.zeros((0, count), np.int64), np.zeros((0, count))
    found = np.argpartition(rows, -count, axis=1)[:, -count:]
    found.sort(axis=1)
    values = np.take_along_axis(rows, found, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(values, order, axis=1)


class _Laws:
    """The laws of one step as numpy, and what pictures need of them, node by node.

    A node without a law of its own (a copied token) is recorded with a one-hot q.
    """

    def __init__(self, step: Step) -> None:
        tree = step.tree
        self.p = _numpy(step.p)
        vocab = self.p.shape[1]
        self.q = _numpy(tree.q) if tree.q is not None else np.zeros((0, vocab))
        self.last = _numpy(step.verdict.law)
        at_p = self.p[[parent + 1 for parent in tree.parents]] if len(tree) else np.zeros((0, vocab))
        if all(row >= 0 for row in tree.q_row) and len(tree):
            at_q = self.q[list(tree.q_row)]
        else:
            at_q = np.zeros((len(tree), vocab))
            at_q[np.arange(len(tree)), list(tree.tokens)] = 1.0
        overlap = np.minimum(at_p, at_q)
        left = at_p - overlap
        self.alpha = overlap.sum(1)
        mass = left.sum(1, keepdims=True)
        left = np.divide(left, mass, out=left, where=mass > 0)
        self.entropy_p, self.entropy_q = _entropy(at_p), _entropy(at_q)
        self.top_p, self.top_q, self.top_residual = _largest(at_p), _largest(at_q), _largest(left)


def _entropy(rows: np.ndarray) -> np.ndarray:
    logs = np.log(rows, out=np.zeros_like(rows), where=rows > 0)
    return -(rows * logs).sum(1)


