"""Checks every cycle of a file once, column by column, so that whoever reads it later need check nothing.

What is checked is what a run cannot help being: counted cycles, a tree that hangs together, one accepted path from the root, text that is that path
and the token after it, probabilities that are some, whole distributions that fit the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from specviz.errors import shown
from specviz.trace.limits import LargeTraceError, Limits, TraceError
from specviz.trace.schema import Header
from specviz.types import SAMPLINGS, Kind, State

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MAY_BE_NULL = frozenset({"stop", "nodes.threshold"})
_ROWS = ("p_rows", "q_rows", "q_row")
_ONE = 1.0 + 1e-3
"""The largest probability, with room for rounding."""
_ROUNDING = 1e-3
_LONGEST_S = 1e9
_STATES: tuple[State, ...] = get_args(State)
_KINDS: tuple[Kind, ...] = get_args(Kind)


class Door:
    """Lets the batches of one file in: counted as they come, checked when all are there, for a look at a column costs as much for one cycle."""

    def __init__(self, header: Header, limits: Limits, name: str) -> None:
        self._header, self._limits, self._name = header, limits, name
        self._cycles = self._nodes = 0

    def count(self, batch: pa.RecordBatch) -> None:
        """Raise :class:`TraceError` when there are too many cycles or nodes: what is within the budget of bytes may be too many objects."""
        limits = self._limits
        sizes = _numbers(pc.fill_null(batch.column("nodes").value_lengths(), 0))
        self._cycles += batch.num_rows
        self._nodes += int(sizes.sum())
        self._within(self._cycles, limits.cycles, "cycles")
        self._within(int(sizes.max(initial=0)), limits.nodes, "nodes in a cycle")
        self._within(self._nodes, limits.all_nodes, "nodes in all")

    def check(self, batches: list[pa.RecordBatch]) -> None:
        """Raise :class:`TraceError` unless every cycle is one, and follows the one before."""
        if not batches:
            return
        whole = pa.Table.from_batches([batch.select([name for name in batch.schema.names if name not in _ROWS]) for batch in batches])
        parts = whole.combine_chunks().to_batches()
        if len(parts) > 1:  # texts of more than 2 GB
            raise LargeTraceError(self._name, "columns that fit one batch", f"{len(parts)} of them")
        every = parts[0] if parts else batches[0].slice(0, 0)
        columns = pa.StructArray.from_arrays(every.columns, fields=list(every.schema))
        for path, column in _leaves("", columns):
            self._check_column(path, column)
        tree = _Tree(every)
        self._must(tree.is_whole(), "drafted nodes that are numbered, hang together and know their depth", "others")
        self._must(tree.has_one_path(), "accepted nodes that follow each other from the root on, and pruned ones behind all others", "others")
        self._must(tree.has_committed(every), "the committed tokens to be the accepted ones and the last", "others")
        self._check_cycles(every, tree)
        if self._header.detail == "exact":
            for batch in batches:
                self._check_rows(batch, _Tree(batch))

    def _within(self, count: int, most: int, what: str) -> None:
        if count > most:
            raise LargeTraceError(self._name, f"at most {most} {what}", str(count))

    def _must(self, is_so: bool, expected: str, got: str) -> None:
        if not is_so:
            raise TraceError(f"{expected} in {shown(self._name)}", got, "the file is damaged, or no specviz run; record it again")

    # ------------------------------------------------------------------------------------------------------- every column
    def _check_column(self, path: str, column: pa.Array) -> None:
        if path not in _MAY_BE_NULL:
            self._must(column.null_count == 0, f"a value for every {path}", "one that is missing")
        if pa.types.is_list(column.type) and path in ("nodes.top_p", "nodes.top_q", "nodes.top_residual", "last_top"):
            self._within(_most(column.value_lengths()), self._limits.entries, f"entries in {path}")
        if pa.types.is_string(column.type):
            # the text of a cycle is as long as its tokens together
            longest = self._limits.letters * (self._limits.nodes + 1 if path == "text" else 1)
            self._within(_most(pc.utf8_length(column)), longest, f"characters in {path}")
        name = path.rpartition(".")[2]
        bounds = _RANGES.get(path, _RANGES.get(name))
        if name in _WORDS:
            unknown = pc.filter(column, pc.invert(pc.is_in(column, value_set=pa.array(_WORDS[name], pa.string()))))
            self._must(len(unknown) == 0, f"{path} among {', '.join(_WORDS[name])}", shown(unknown[0].as_py()) if len(unknown) else "")
        if bounds and not pa.types.is_nested(column.type):
            low, high, may_be_nan = bounds
            values = _numbers(column.drop_null())
            is_in = (values >= low) & (values <= high) | (np.isnan(values) & may_be_nan)
            self._must(bool(is_in.all()), f"{path} in [{low:g}, {high:g}]", str(values[~is_in][:1]))

    # -------------------------------------------------------------------------------------------------------- cycle by cycle
    def _check_cycles(self, batch: pa.RecordBatch, tree: _Tree) -> None:
        number, prefix, committed = (_numbers(column) for column in (batch["cycle"], batch["prefix"], batch["committed"].value_lengths()))
        self._must(np.array_equal(number, np.arange(len(number))), "cycles that are counted from 0", "other numbers")
        ends = len(self._header.prompt_tokens) + np.cumsum(committed, dtype=np.int64)
        self._must(np.array_equal(prefix, ends - committed), "a prefix of all tokens so far in every cycle", "another length")
        self._within(int(ends.max(initial=0)), self._limits.tokens, "tokens")
        target, draft = _numbers(batch["cache_target"]), _numbers(batch["cache_draft"])
        is_told = target > 0  # an engine that does not tell leaves 0
        fits = ~is_told | (target >= prefix) & (target <= prefix + tree.num_accepted)
        self._must(bool(fits.all()), "a cache_target of the prefix and the accepted nodes", "another length")
        reach = prefix + _numbers(batch["nodes"].value_lengths()) + 1
        self._must(bool((draft <= reach).all()), "a cache_draft of no more than the text and the draft", "more")

    # ---------------------------------------------------------------------------------------------------- whole distributions
    def _check_rows(self, batch: pa.RecordBatch, tree: _Tree) -> None:
        columns = [batch.column(name) for name in _ROWS]
        missing = [_flags(pc.is_null(column)) for column in columns]
        self._must(all(np.array_equal(each, missing[0]) for each in missing), "p_rows, q_rows and q_row in the same cycles", "some of them alone")
        for row in np.flatnonzero(~missing[0]).tolist():
            one = batch.slice(row, 1)
            p, q, q_row = (one.column(name).flatten() for name in _ROWS)
            self._check_distributions(p, "p_rows")
            self._check_distributions(q, "q_rows")
            tokens = tree.tokens_of(row)
            fits = len(p) == len(tokens) + 1 and len(q_row) == len(tokens)
            self._must(fits, "a row of p for every node and one more", "another number")
            rows, least = _numbers(q_row), -1 if one["sampling"][0].as_py() == "deterministic" else 0
            self._must(bool(((rows >= least) & (rows < len(q))).all()), "every node's q_row to be a row of q", "another number")
            self._check_tokens(np.append(tokens, one["last_token"][0].as_py()))
            drawn = rows >= 0
            if least == 0 and drawn.any():
                matrix = _numbers(q.flatten()).reshape(len(q), -1)
                at = matrix[rows[drawn], tokens[drawn]]
                self._must(bool((at > 0).all()), "every drawn token to have a probability under its q", "one of 0")

    def _check_distributions(self, rows: pa.Array, name: str) -> None:
        vocabulary = self._header.vocab_size
        self._must(rows.null_count == 0 and _all(rows.value_lengths(), vocabulary), f"{name} over the {vocabulary} tokens of the header", "others")
        values = rows.flatten()
        self._must(values.null_count == 0, f"a value for every entry of {name}", "one that is missing")
        matrix = _numbers(values).reshape(len(rows), vocabulary)
        are_right = bool((matrix >= 0).all()) and bool((np.abs(matrix.sum(1) - 1.0) <= _ROUNDING).all())
        self._must(are_right, f"probabilities that add up to 1 in {name}", "others")

    def _check_tokens(self, tokens: Ints) -> None:
        vocabulary = self._header.vocab_size
        self._must(bool((tokens < vocabulary).all()), f"tokens below the vocabulary's {vocabulary}", str(int(tokens.max(initial=0))))


class _Tree:
    """The drafts of a batch's cycles, behind one another."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        nodes = batch.column("nodes")
        self._sizes = _numbers(nodes.value_lengths())
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._cycle = np.repeat(np.arange(len(self._sizes)), self._sizes)
        flat = nodes.flatten()
        self._id, self._parent, self._depth, self._token = (_numbers(flat.field(name)) for name in ("id", "parent", "depth", "token"))
        states = flat.field("state")
        self._is_accepted, self._is_pruned = (_flags(pc.equal(states, state)) for state in ("accepted", "pruned"))

    @property
    def num_accepted(self) -> Ints:
        """Accepted nodes of every cycle."""
        return np.bincount(self._cycle[self._is_accepted], minlength=len(self._sizes))

    def is_whole(self) -> bool:
        """Whether ids count from 0, parents come first and depths follow from them."""
        place = np.arange(len(self._id)) - self._starts[self._cycle]
        if not (np.array_equal(self._id, place) and bool(((self._parent >= -1) & (self._parent < place)).all())):
            return False
        above = np.where(self._parent < 0, 0, self._depth[self._starts[self._cycle] + np.maximum(self._parent, 0)])
        return np.array_equal(self._depth, above + 1)

    def has_one_path(self) -> bool:
        """Whether each accepted node is the child of the one before, the first one of the root; nothing follows a pruned node but pruned ones."""
        at = np.flatnonzero(self._is_accepted)
        is_first = np.ones(len(at), bool)
        is_first[1:] = self._cycle[at[1:]] != self._cycle[at[:-1]]
        expected = np.where(is_first, -1, np.roll(self._id[at], 1))
        returns = self._is_pruned[:-1] & ~self._is_pruned[1:] & (self._cycle[:-1] == self._cycle[1:])
        return np.array_equal(self._parent[at], expected) and not returns.any()

    def has_committed(self, batch: pa.RecordBatch) -> bool:
        """Whether every cycle added its accepted path and last token, or the beginning of that where the text ended."""
        lengths = self.num_accepted
        written = np.insert(self._token[self._is_accepted], np.cumsum(lengths), _numbers(batch["last_token"]))
        kept = _numbers(batch["committed"].value_lengths())
        if (kept > lengths + 1).any():
            return False
        starts = np.cumsum(lengths + 1) - (lengths + 1)
        within = np.arange(kept.sum()) - np.repeat(np.cumsum(kept) - kept, kept)
        return np.array_equal(_numbers(batch["committed"].flatten()), written[np.repeat(starts, kept) + within])

    def tokens_of(self, cycle: int) -> Ints:
        """What the target saw of one cycle's draft: the nodes that were not pruned."""
        here = slice(self._starts[cycle], self._starts[cycle] + self._sizes[cycle])
        return self._token[here][~self._is_pruned[here]]


def _leaves(path: str, column: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """Every column and what is inside it, with its name."""
    if path:
        yield path, column
    if pa.types.is_struct(column.type):
        for field in column.type:
            yield from _leaves(f"{path}.{field.name}" if path else field.name, column.field(field.name))
    elif pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type):
        inner = column.flatten()
        yield from _leaves(path, inner) if pa.types.is_struct(inner.type) else iter([(path, inner)])


def _numbers(column: pa.Array) -> NDArray[Any]:
    """A column without nulls as numbers."""
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _flags(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), bool)


def _most(lengths: pa.Array) -> int:
    return int(pc.max(lengths).as_py() or 0)


def _all(lengths: pa.Array, count: int) -> bool:
    return bool((_numbers(lengths) == count).all())


_ANY = 2.0**31
_WORDS: dict[str, tuple[str, ...]] = {"state": _STATES, "last_kind": _KINDS, "sampling": SAMPLINGS}
_RANGES: dict[str, tuple[float, float, bool]] = {
    **dict.fromkeys(("cycle", "prefix", "token", "last_token", "committed", "draft_calls", "target_calls"), (0, _ANY, False)),
    **dict.fromkeys(("cache_target", "cache_draft"), (0, _ANY, False)),
    "parent": (-1, _ANY, False),
    **dict.fromkeys(("q", "prob"), (0, _ONE, False)),
    **dict.fromkeys(("p", "alpha", "u", "last_u"), (0, _ONE, True)),
    "nodes.top_residual.prob": (0, 1e6, False),  # where next to nothing is left, rounding in float32 leaves more than 1
    "threshold": (0, _ANY, True),
    **dict.fromkeys(("entropy_p", "entropy_q"), (-_ROUNDING, 1e3, True)),
    "times_ms": (0, _LONGEST_S, False),
}
"""Column -> the least and the most, and whether it may be unmeasured."""
