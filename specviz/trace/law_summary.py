"""What a record keeps of whole laws: agreement, entropies, and the largest entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from specviz.trace.schema import TOP
from specviz.types import Array, DraftTree, Step

_TINY = 1e-30

Change = Callable[[np.ndarray], np.ndarray]


@dataclass
class LawSummary:
    """The laws of one step or of several, on the host, in float32.

    Attributes:
        refused: float[N], the mass of the residual (p - q)+ at every node: 1 - alpha.
        entropy_p, entropy_q: float[N], in nats.
        tokens, probs: the largest entries, largest first: int and float [3N+S, TOP], of p at every node, of q, of (p - q)+, and of
            the S last tokens' laws.
    """

    refused: np.ndarray
    entropy_p: np.ndarray
    entropy_q: np.ndarray
    tokens: np.ndarray
    probs: np.ndarray

    @classmethod
    def of(cls, steps: Sequence[LawSummary]) -> LawSummary:
        """Those of several steps as one."""
        numbers = [np.concatenate([getattr(step, name) for step in steps]) for name in ("refused", "entropy_p", "entropy_q")]
        tops = []
        for name in ("tokens", "probs"):
            parts = [step.parts(getattr(step, name)) for step in steps]
            tops.append(np.concatenate([step_parts[part] for part in range(4) for step_parts in parts]))
        return cls(*numbers, *tops)

    def parts(self, rows: np.ndarray) -> list[np.ndarray]:
        """Rows of ``tokens`` or ``probs`` by what they are of: p, q, residual, last token's law."""
        n = len(self.refused)
        return [rows[:n], rows[n : 2 * n], rows[2 * n : 3 * n], rows[3 * n :]]

    def of_step(self, place: int, nodes: slice) -> LawSummary:
        """The part of one step of several: of its nodes, and of its last token's law, the one at ``place``."""
        cut = itemgetter(nodes)
        return self._changed(cut, cut, itemgetter(slice(place, place + 1)))

    @property
    def alpha(self) -> np.ndarray:
        """Sum of min(p, q) at every node."""
        return np.clip(1.0 - self.refused, 0.0, 1.0)

    def normalise_residuals(self) -> None:
        """Turn (p - q)+ into laws."""
        n = len(self.refused)
        self.probs[2 * n : 3 * n] /= np.maximum(self.refused, _TINY)[:, None]

    def and_pruned(self, count: int) -> LawSummary:
        """The same with ``count`` nodes more, of which nothing is known: NaN, and no entry of any law."""
        if not count:
            return self
        return self._changed(
            lambda numbers: np.concatenate([numbers, np.full(count, np.nan, np.float32)]),
            lambda rows: np.concatenate([rows, np.zeros((count, rows.shape[1]), rows.dtype)]),
        )

    def _changed(self, numbers: Change, rows: Change, last: Change = lambda rows: rows) -> LawSummary:
        """The same with a change made to the numbers of nodes, to each part of their rows, and to the last laws' rows."""
        tops = []
        for kept in (self.tokens, self.probs):
            *of_nodes, lasts = self.parts(kept)
            tops.append(np.concatenate([*map(rows, of_nodes), last(lasts)]))
        return LawSummary(*map(numbers, (self.refused, self.entropy_p, self.entropy_q)), *tops)


def measure(xp: Any, steps: Sequence[Step], rows: Array, logs: Array) -> tuple[Array, Array]:  # noqa: ANN401  an array namespace is a module
    """Fill ``rows`` float[3N+S, V] as :class:`LawSummary` orders them; return 1 - alpha [N] and the entropies of p and of q [2N].

    A processor's tensors are seen by numpy here, in their own memory: on so little, its sums cost half of torch's. A node without a law of its
    own (a copied token) has a one-hot q.

    Args:
        xp: numpy, or the namespace of the laws.
        steps: S of them, with N nodes in all.
        rows: where laws go.
        logs: room for as many numbers.
    """
    own = to_numpy if xp is np else _itself
    n = sum(len(step.tree) for step in steps)
    both, left, room = rows[: 2 * n], rows[2 * n : 3 * n], logs[: 2 * n]
    first = 0
    for place, step in enumerate(steps):
        p, end = own(step.p), first + len(step.tree)
        if end > first:
            both[first:end] = p[:-1] if step.tree.is_chain() else p[[parent + 1 for parent in step.tree.parents]]
            both[n + first : n + end] = _laws_of_nodes(xp, step.tree, own(step.tree.q), p)
        rows[3 * n + place] = own(step.verdict.law)
        first = end
    xp.maximum(both[:n], both[n:], out=left)
    left -= both[n:]
    refused = left.sum(1)
    xp.add(both, _TINY, out=room)
    xp.log(room, out=room)
    return refused, -xp.vecdot(room, both)


def _laws_of_nodes(xp: Any, tree: DraftTree, q: Array, like: Array) -> Array:  # noqa: ANN401  an array namespace is a module
    """The row of q each node was drawn from, float[N, V]."""
    q_row = list(tree.q_row)
    if q is not None and min(q_row) >= 0:
        return q if q_row == list(range(q.shape[0])) else q[q_row]
    laws = xp.zeros_like(like[:-1])
    for node, (token, row) in enumerate(zip(tree.tokens, q_row, strict=True)):
        if row >= 0:
            laws[node] = q[row]
        else:
            laws[node, token] = 1.0
    return laws


def largest(rows: Array) -> tuple[np.ndarray, np.ndarray]:
    """The ``TOP`` largest entries of each row [R, V], largest first: ids int[R, TOP] and values float[R, TOP]."""
    count = min(TOP, rows.shape[1])
    if hasattr(rows, "topk"):  # torch has it, and on its own device; the array API does not
        values, found = rows.topk(count)
        return to_numpy(found), to_numpy(values)
    found = np.argsort(-rows, axis=1, kind="stable")[:, :count]
    return found, np.take_along_axis(rows, found, axis=1)


def _itself(array: Array) -> Array:
    return array


def to_numpy(array: Array) -> Any:  # noqa: ANN401  an array of numpy's, or None for none
    """Any array as numpy, without knowing whose it is; of a processor's tensor, the same memory."""
    if array is None:
        return None
    return array.cpu().numpy() if hasattr(array, "cpu") else np.asarray(array)
