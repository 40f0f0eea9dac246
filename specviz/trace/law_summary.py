"""What a record keeps of whole laws: agreement, entropies, and the largest entries, read where the engine left the laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from specviz.trace.laws_on_card import LARGEST_VOCABULARY, KeptLaws, LawsOnCard
from specviz.trace.schema import TOP
from specviz.types import Array, Step

_TINY = 1e-30


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
    def of(cls, kept: list[LawSummary | KeptLaws]) -> LawSummary:
        """Those of several steps as one."""
        steps = [step.on_host() for step in kept]
        numbers = [np.concatenate([getattr(step, name) for step in steps]) for name in ("refused", "entropy_p", "entropy_q")]
        tops = []
        for name in ("tokens", "probs"):
            parts = [step.parts(getattr(step, name)) for step in steps]
            tops.append(np.concatenate([step_parts[part] for part in range(4) for step_parts in parts]))
        return cls(*numbers, *tops)

    def on_host(self) -> LawSummary:
        """Itself: see :class:`KeptLaws`."""
        return self

    def parts(self, rows: np.ndarray) -> list[np.ndarray]:
        """Rows of ``tokens`` or ``probs`` by what they are of: p, q, residual, last token's law."""
        n = len(self.refused)
        return [rows[:n], rows[n : 2 * n], rows[2 * n : 3 * n], rows[3 * n :]]

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
        unknown = np.full(count, np.nan, np.float32)
        numbers = [np.concatenate([values, unknown]) for values in (self.refused, self.entropy_p, self.entropy_q)]
        tops = []
        for rows in (self.tokens, self.probs):
            gap = np.zeros((count, rows.shape[1]), rows.dtype)
            *of_nodes, last = self.parts(rows)
            tops.append(np.concatenate([piece for part in of_nodes for piece in (part, gap)] + [last]))
        return LawSummary(*numbers, *tops)


class LawReader:
    """Summarises laws on their own device, through one block of memory that is used again for every step.

    Fresh memory for each step would cost more than the arithmetic. A node without a law of its own (a copied token) is
    recorded with a one-hot q.
    """

    def __init__(self) -> None:
        self._block: Array = None
        self._logs: Array = None
        self._store = LawsOnCard()

    def read(self, step: Step) -> LawSummary | KeptLaws:
        """Summarise the laws of one step; on a card the summary stays there until it is asked for."""
        xp, n = array_namespace(step.p), len(step.tree)
        rows = self._rows(xp, step.p, 3 * n + 1)
        both, left = rows[: 2 * n], rows[2 * n : 3 * n]
        rows[3 * n] = step.verdict.law
        if n:
            both[:n] = _laws_before(step)
            both[n:] = _laws_of_nodes(step, xp)
            left[...] = both[:n]
            left -= both[n:]
        # methods and operators, which torch and numpy share: the namespace's own functions cost more than these sums
        refused, entropy = abs(left).sum(1) / 2, self._entropies(xp, both)
        if _is_on_card(rows):
            probs, tokens = rows.topk(min(TOP, rows.shape[1]))
            return self._store.keep(xp, refused, entropy, tokens, probs)
        refused, entropy = to_numpy(refused), to_numpy(entropy)
        return LawSummary(refused, entropy[:n], entropy[n:], *_largest(rows))

    def _entropies(self, xp: Any, laws: Array) -> Array:  # noqa: ANN401  an array namespace is a module
        logs = self._logs[: laws.shape[0]]
        logs[...] = laws
        logs += _TINY
        xp.log(logs, out=logs)
        logs *= laws
        return -logs.sum(1)

    def _rows(self, xp: Any, like: Array, count: int) -> Array:  # noqa: ANN401  an array namespace is a module
        if self._block is None or self._block.shape[0] < count:
            self._block, self._logs = (xp.zeros((count, like.shape[1]), dtype=xp.float32, device=device(like)) for _ in range(2))
        return self._block[:count]


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


def _largest(rows: Array) -> tuple[np.ndarray, np.ndarray]:
    """The ``TOP`` largest entries of each row [R, V], largest first: ids int[R, TOP] and values float[R, TOP]."""
    count = min(TOP, rows.shape[1])
    if hasattr(rows, "topk"):  # torch has it, and on its own device; the array API does not
        values, found = rows.topk(count)
        return to_numpy(found), to_numpy(values)
    found = np.argsort(-rows, axis=1, kind="stable")[:, :count]
    return found, np.take_along_axis(rows, found, axis=1)


def _is_on_card(rows: Array) -> bool:
    return hasattr(rows, "topk") and rows.device.type != "cpu" and rows.shape[1] <= LARGEST_VOCABULARY


def to_numpy(array: Array) -> np.ndarray:
    """Any array as numpy, without knowing whose it is."""
    return np.asarray(array.cpu() if hasattr(array, "cpu") else array)
