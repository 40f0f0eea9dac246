"""What a record keeps of whole laws: agreement, entropies, and the largest entries, read where the engine left the laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from specviz.trace.laws_on_card import LARGEST_VOCABULARY, KeptLaws, LawsOnCard
from specviz.trace.schema import TOP
from specviz.types import Array, DraftTree, Step

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
        self._xp: Any = None
        self._store = LawsOnCard()

    def read(self, step: Step) -> LawSummary | KeptLaws:
        """Summarise the laws of one step; on a card the summary stays there until it is asked for."""
        n = len(step.tree)
        block, logs = self._memory(step.p, 3 * n + 1)
        if _is_on_card(block):
            refused, entropy = _measure(self._xp, step, block, logs)
            probs, tokens = block.topk(min(TOP, block.shape[1]))
            return self._store.keep(self._xp, refused, entropy, tokens, probs)
        refused, entropy = _measure(np, step, to_numpy(block), to_numpy(logs))
        return LawSummary(refused, entropy[:n], entropy[n:], *_largest(block))

    def release(self) -> None:
        """Bring to the host what is left on a card, and let go of the memory."""
        self._store.release()
        self._block = self._logs = None

    def _memory(self, like: Array, rows: int) -> tuple[Array, Array]:
        """Two blocks float32[rows, V] on the laws' own device."""
        if self._block is None or self._block.shape[0] < rows:
            if _is_on_card(like) and like.shape[1] > LARGEST_VOCABULARY:
                limit = f"a vocabulary of at most {LARGEST_VOCABULARY} to record laws on a card"
                raise ValueError(f"expected {limit}, got {like.shape[1]}; record with detail='light'")
            self._xp = array_namespace(like)
            self._block, self._logs = (self._xp.zeros((rows, like.shape[1]), dtype=self._xp.float32, device=device(like)) for _ in range(2))
        return self._block[:rows], self._logs[:rows]


def _measure(xp: Any, step: Step, rows: Array, logs: Array) -> tuple[Array, Array]:  # noqa: ANN401  an array namespace is a module
    """Fill ``rows`` float[3N+1, V] with p and q of every node, (p - q)+ and the last token's law; return 1 - alpha [N] and the entropies [2N].

    A processor's tensors are seen by numpy here, in their own memory: on so little, its sums cost half of torch's.
    """
    n = len(step.tree)
    own = to_numpy if xp is np else _itself
    p, q = own(step.p), own(step.tree.q)
    rows[3 * n] = own(step.verdict.law)
    both, left, room = rows[: 2 * n], rows[2 * n : 3 * n], logs[: 2 * n]
    if n:
        both[:n] = p[:-1] if step.tree.is_chain() else p[[parent + 1 for parent in step.tree.parents]]
        both[n:] = _laws_of_nodes(xp, step.tree, q, p)
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


def _largest(rows: Array) -> tuple[np.ndarray, np.ndarray]:
    """The ``TOP`` largest entries of each row [R, V], largest first: ids int[R, TOP] and values float[R, TOP]."""
    count = min(TOP, rows.shape[1])
    if hasattr(rows, "topk"):  # torch has it, and on its own device; the array API does not
        values, found = rows.topk(count)
        return to_numpy(found), to_numpy(values)
    found = np.argsort(-rows, axis=1, kind="stable")[:, :count]
    return found, np.take_along_axis(rows, found, axis=1)


def _is_on_card(rows: Array) -> bool:
    return hasattr(rows, "topk") and rows.device.type != "cpu"


def _itself(array: Array) -> Array:
    return array


def to_numpy(array: Array) -> Any:  # noqa: ANN401  an array of numpy's, or None for none
    """Any array as numpy, without knowing whose it is; of a processor's tensor, the same memory."""
    if array is None:
        return None
    return array.cpu().numpy() if hasattr(array, "cpu") else np.asarray(array)
