"""Writes every step down: plain columns out of whatever arrays the engine used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from specviz.errors import UnexpectedValueError
from specviz.trace.law_reader import LawReader, WaitingLaws
from specviz.trace.law_summary import LawSummary, to_numpy
from specviz.trace.laws_on_card import KeptLaws
from specviz.trace.schema import STAGES, Detail, Header, schema
from specviz.trace.store import Trace
from specviz.trace.writer import TraceWriter
from specviz.types import Decision, Pruned, Step, depths_of

LARGEST_EXACT_VOCABULARY = 32_768
_FEW_ENTRIES = 2000  # below, looking every text up is quicker than finding which there are
_CYCLES_AT_ONCE = 64  # a trip to Arrow costs nearly the same for one cycle and for many


def check_detail(detail: Detail, vocab: int) -> None:
    """Refuse detail ``exact`` for a vocabulary whose whole rows would fill the disk."""
    if detail == "exact" and vocab > LARGEST_EXACT_VOCABULARY:
        raise UnexpectedValueError(
            f"a vocabulary of at most {LARGEST_EXACT_VOCABULARY} for detail 'exact'", str(vocab), "record with detail='full' instead"
        )


class Recorder:
    """Turns steps into record batches: some cycles at a time, at the latest when the record is asked for; with ``save`` each as it comes.

    Raises:
        ValueError: for detail ``exact`` with a vocabulary whose whole rows would fill the disk.
    """

    def __init__(self, header: Header, piece: Callable[[int], str], save: str | Path | None = None) -> None:
        check_detail(header.detail, header.vocab_size)
        self.header = header
        self._piece = piece
        self._fields = _fields(header.detail)
        self._laws = LawReader()
        self._waiting: list[_Row] = []
        self._batches: list[pa.RecordBatch] = []
        self._writer = TraceWriter(save, header) if save is not None else None

    def add(self, step: Step) -> None:
        """Record one step."""
        # of what waits only the reader holds whole laws, and few: with a large vocabulary some cycles of them would fill the memory
        tree = step.tree
        row = _Row(self._cycle(step), _Draft(tree.tokens, tree.parents, tree.pruned, step.verdict.decisions))
        if self.header.detail != "light":
            row.laws = self._laws.read(step)
        if self.header.detail == "exact":
            q = np.zeros((0, step.p.shape[1])) if step.tree.q is None else to_numpy(step.tree.q)
            row.whole = (to_numpy(step.p), q, list(step.tree.q_row))
        self._waiting.append(row)
        if self._writer or row.whole or len(self._waiting) >= _CYCLES_AT_ONCE:
            self._build()

    def close(self) -> None:
        """No more steps will come: finish the file, if there is one. What was recorded stays."""
        self._laws.release()
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
        batch = pa.RecordBatch.from_arrays(self._columns(rows), schema=self._fields.whole)
        self._batches.append(batch)
        if self._writer:
            self._writer.write(batch)

    def _columns(self, rows: Sequence[_Row]) -> list[pa.Array]:
        columns = _arrays([row.cycle for row in rows], self._fields.cycle)
        nodes = _arrays([node for row in rows for node in row.draft.nodes(self._piece)], self._fields.plain_node)
        read = [row.laws.on_host().and_pruned(len(row.draft.pruned)) for row in rows if row.laws]
        laws = LawSummary.of(read) if read else None
        tops = self._tops(laws) if laws else []
        if laws:
            nodes += [pa.array(numbers) for numbers in (laws.alpha, laws.entropy_p, laws.entropy_q)] + tops[:3]
        nodes_of_cycle = pa.StructArray.from_arrays(nodes, fields=self._fields.node)
        columns.append(pa.ListArray.from_arrays(_offsets([len(row.draft) for row in rows]), nodes_of_cycle))
        columns += tops[3:]
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

    def _tops(self, laws: LawSummary) -> list[pa.ListArray]:
        """Rows of (token, text, prob), most likely first, of p, q, the residuals and the last laws; entries without mass are left out."""
        laws.normalise_residuals()
        kept = laws.probs > 0
        tokens = laws.tokens[kept].astype(np.int32)
        columns = [pa.array(tokens), self._texts(tokens), pa.array(laws.probs[kept])]
        entries = pa.StructArray.from_arrays(columns, fields=self._fields.entry)
        rows, n = pa.ListArray.from_arrays(_offsets(kept.sum(1)), entries), len(laws.refused)
        return [rows[:n], rows[n : 2 * n], rows[2 * n : 3 * n], rows[3 * n :]]

    def _texts(self, tokens: np.ndarray) -> pa.Array:
        """The text of every entry's token: of many cycles, a few hundred tokens make up thousands of entries."""
        if len(tokens) < _FEW_ENTRIES:
            return pa.array(map(self._piece, tokens.tolist()), pa.string())
        is_there = np.bincount(tokens).astype(bool)
        texts = pa.array([self._piece(token) for token in np.flatnonzero(is_there).tolist()], pa.string())
        return texts.take(pa.array(np.cumsum(is_there)[tokens] - 1))


class _Fields(NamedTuple):
    """A schema taken apart: what a cycle has beside its nodes, a node with laws and without, and an entry of a law."""

    whole: pa.Schema
    cycle: list[pa.Field]
    node: list[pa.Field]
    plain_node: list[pa.Field]
    entry: list[pa.Field]


@cache
def _fields(detail: Detail) -> _Fields:
    """Taken apart once for all runs: asking Arrow for a field costs as much as filling it."""
    whole = schema(detail)
    fields = list(whole)
    nodes = next(i for i, field in enumerate(fields) if field.name == "nodes")
    plain = list(schema("light").field("nodes").type.value_type)
    entry = [] if detail == "light" else list(whole.field("last_top").type.value_type)
    return _Fields(whole, fields[:nodes], list(fields[nodes].type.value_type), plain, entry)


@dataclass
class _Draft:
    """A step's tree without its laws, and what was decided about it."""

    tokens: Sequence[int]
    parents: Sequence[int]
    pruned: tuple[Pruned, ...]
    decisions: list[Decision]

    def __len__(self) -> int:
        return len(self.tokens) + len(self.pruned)

    def nodes(self, piece: Callable[[int], str]) -> Iterable[tuple[Any, ...]]:
        """The tree's nodes, and behind them what its builder pruned: the target never saw that, so p and the coin are NaN."""
        cut = self.pruned
        tokens, parents = [*self.tokens, *(node.token for node in cut)], [*self.parents, *(node.parent for node in cut)]
        columns = (range(len(tokens)), parents, depths_of(parents), tokens, map(piece, tokens))
        drawn = [(d.q, d.p, d.u, d.threshold, d.state) for d in self.decisions]
        drawn += [(node.q, math.nan, math.nan, None, "pruned") for node in cut]
        return ((*place, *decision) for *place, decision in zip(*columns, drawn, strict=True))


@dataclass
class _Row:
    """What one step leaves to be written: plain values, and the small arrays that its laws came down to."""

    cycle: tuple[Any, ...]
    draft: _Draft
    laws: WaitingLaws | KeptLaws | None = None
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
