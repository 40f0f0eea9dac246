"""The vocabulary of the whole package, as plain data: what is drafted, what is decided, what one cycle did.

Letters, everywhere: p is the target's law, q the draft's (both after temperature, top-k and top-p), u a coin in [0, 1),
N the drafted nodes, V the vocabulary. Nothing here imports torch; arrays may be numpy's or torch's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Protocol, get_args, runtime_checkable

from specviz.errors import UnexpectedValueError

Array = Any  # a numpy or torch array; the rules are written against the array API and import neither

Sampling = Literal["iid", "without_replacement", "deterministic", "greedy"]
State = Literal["accepted", "rejected", "ignored", "pruned"]
Kind = Literal["corrected", "bonus"]
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)

ROOT = -1
"""The parent of a first-level node: the last committed token."""


class InvalidTreeError(UnexpectedValueError):
    """A draft tree that no target could score: a cycle, a missing parent, a child before its parent, an unknown token."""


@dataclass(frozen=True)
class Pruned:
    """A token that a tree's builder scored and cut before verification: the target never saw it.

    Attributes:
        token: its id.
        parent: what it would have followed: a node of the tree (``ROOT`` for none), or N + j for the j-th pruned one.
        q: the draft's probability of it there.
    """

    token: int
    parent: int
    q: float


@dataclass(frozen=True, eq=False)
class DraftTree:
    """N drafted tokens and the laws they were drawn from; a chain is the simplest tree.

    Attributes:
        tokens: int[N], the drafted token ids.
        parents: int[N], index of each node's parent, ``ROOT`` (-1) for the first level; parents stand before their
            children, siblings in the order they were drawn.
        q: float[M, V], the laws the nodes were drawn from, *before* sibling exclusions; M may be 0 for copied tokens.
        q_row: int[N], the row of ``q`` each node was drawn from; -1 where there is no law.
        sampling: how siblings were drawn: ``iid``, ``without_replacement``, ``deterministic`` (picked, judged as a
            one-hot law) or ``greedy`` (the top k-1 picked, the last sibling sampled from the rest).
        pruned: the best of what the builder scored and cut, at most N; no rule looks at it. Only picked tokens may be cut: choosing among drawn
            ones by their value would change the output (see trees/layout.py).
    """

    tokens: Sequence[int]
    parents: Sequence[int]
    q: Array
    q_row: Sequence[int]
    sampling: Sampling = "iid"
    pruned: tuple[Pruned, ...] = ()

    def __post_init__(self) -> None:
        for name in ("tokens", "parents", "q_row"):
            values = getattr(self, name)
            object.__setattr__(self, name, tuple(int(v) for v in values))
        check_tree(self)

    def __len__(self) -> int:
        """N, the number of drafted nodes."""
        return len(self.tokens)

    def depths(self) -> list[int]:
        """Depth of every node; the first level has depth 1."""
        return depths_of(self.parents)

    def children(self, node: int) -> list[int]:
        """The nodes drafted after ``node`` (``ROOT`` for the first level), in drawing order."""
        return [i for i, parent in enumerate(self.parents) if parent == node]

    def is_chain(self) -> bool:
        """Whether every node follows the one before it."""
        return all(parent == i - 1 for i, parent in enumerate(self.parents))


def depths_of(parents: Sequence[int]) -> list[int]:
    """Depth of every node, by its parents, which stand before their children; the first level has depth 1."""
    depths: list[int] = []
    for parent in parents:
        depths.append(1 if parent == ROOT else depths[parent] + 1)
    return depths


def check_tree(tree: DraftTree) -> None:
    """Raise :class:`InvalidTreeError` unless the tree is well formed; token ids are checked against V where q is known."""
    n = len(tree.tokens)
    if len(tree.parents) != n or len(tree.q_row) != n:
        lengths = f"{n}, {len(tree.parents)} and {len(tree.q_row)}"
        raise InvalidTreeError("tokens, parents and q_row of one length", lengths, "give every node one of each")
    if tree.sampling not in SAMPLINGS:
        raise InvalidTreeError(f"sampling to be one of {', '.join(SAMPLINGS)}", repr(tree.sampling))
    rows = 0 if tree.q is None else int(tree.q.shape[0])
    vocab = int(tree.q.shape[1]) if rows else None
    for i, (token, parent, row) in enumerate(zip(tree.tokens, tree.parents, tree.q_row, strict=True)):
        if not ROOT <= parent < i:
            raise InvalidTreeError(f"node {i}'s parent in [-1, {i - 1}]", str(parent), "put parents before their children")
        if token < 0 or (vocab is not None and token >= vocab):
            known = "of 0 or more" if vocab is None else f"in [0, {vocab})"
            raise InvalidTreeError(f"node {i}'s token {known}", str(token), "draft from the target's vocabulary")
        if not -1 <= row < rows or (row == -1 and tree.sampling != "deterministic"):
            raise InvalidTreeError(f"node {i}'s q_row in [0, {rows})", str(row), "a sampled node needs the law it was drawn from")
    for j, cut in enumerate(tree.pruned):
        if tree.sampling != "deterministic":
            raise InvalidTreeError(f"no pruned tokens in a tree sampled {tree.sampling!r}", str(len(tree.pruned)), "keep all that was drawn")
        if not ROOT <= cut.parent < n + j:
            raise InvalidTreeError(f"pruned token {j}'s parent in [-1, {n + j - 1}]", str(cut.parent), "put parents before their children")


@dataclass(frozen=True)
class Decision:
    """What happened to one node.

    Attributes:
        state: accepted, rejected, ignored (never examined) or pruned.
        p: the target's probability of the token where it was drafted, given the siblings refused before it.
        q: the draft's probability of it there; 1 where the rule took it as picked, not drawn.
        u: the coin.
        threshold: the node is accepted when ``u < threshold``; None where no coin was looked at.
    """

    state: State
    p: float
    q: float
    u: float
    threshold: float | None


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a rule decided about a whole tree.

    Attributes:
        path: accepted nodes, root to leaf.
        token: the cycle's last token, drawn from the target's side.
        kind: ``corrected`` after a refusal, ``bonus`` when a whole root-to-leaf path was accepted.
        decisions: one per node.
        law: float[V], the law ``token`` was drawn from.
    """

    path: list[int]
    token: int
    kind: Kind
    decisions: list[Decision]
    law: Array = None


def cut_short(verdict: Verdict, parents: Sequence[int], count: int) -> Verdict:
    """A verdict as far as a text goes that ends with the cycle's first ``count`` tokens.

    Where it ends before the last token, what was decided behind its end is ``ignored``: those drafts were never given out, and no figure counts
    them. The last token stays, as drawn and not kept.

    Args:
        verdict: of a rule.
        parents: int[N], of the tree.
        count: tokens that stay, 1 at least; of ``[*verdict.path, the last one]``.
    """
    path = verdict.path[:count]
    behind = nodes_behind(parents, path) if count <= len(verdict.path) else set()
    decisions = [replace(d, state="ignored", threshold=None) if i in behind else d for i, d in enumerate(verdict.decisions)]
    return replace(verdict, path=path, decisions=decisions) if behind else verdict


def nodes_behind(parents: Sequence[int], path: Sequence[int]) -> set[int]:
    """The nodes that nothing would have come to, had the text ended with the last node of ``path``: all but the children of what is before it."""
    before = {ROOT, *path[:-1]}
    return {node for node, parent in enumerate(parents) if parent not in before}


@dataclass(frozen=True)
class Times:
    """Seconds of one cycle, by what they were spent on; ``other`` is what no stage claims."""

    draft: float
    build: float
    verify: float
    judge: float
    commit: float
    other: float = 0.0

    @property
    def total(self) -> float:
        """The whole cycle in seconds."""
        return self.draft + self.build + self.verify + self.judge + self.commit + self.other


@dataclass(frozen=True, eq=False)
class Step:
    """One cycle of decoding: what was drafted, what the target said, what was decided, what it cost.

    Attributes:
        tree: the draft.
        p: float[N+1, V], the target's laws: row 0 after the committed text, row i+1 after node i.
        verdict: the decision on every node, and the last token; as far as the text goes, see :func:`cut_short`.
        times: seconds by stage.
        cycle: number of the cycle, from 0.
        prefix: committed tokens before the cycle, prompt included.
        committed: token ids this cycle added (cut at the end of text, a stop string or the length limit).
        text: what it added to the text.
        coins: float[N+1], u[i] for node i and u[N] for the last token.
        draft_calls: passes of the draft model.
        target_calls: passes of the target model.
        cache_lengths: positions held by the (target, draft) caches after the cycle.
        stop: why decoding ended with this cycle, or None: ``end``, ``stop token``, ``stop string``, ``length`` or ``context``.
    """

    tree: DraftTree
    p: Array
    verdict: Verdict
    times: Times
    cycle: int = 0
    prefix: int = 0
    committed: tuple[int, ...] = ()
    text: str = ""
    coins: Array = None
    draft_calls: int = 0
    target_calls: int = 1
    cache_lengths: tuple[int, int] = (0, 0)
    stop: str | None = None


@dataclass
class Sketch:
    """A draft tree while it grows: nodes are added one by one, each with the row of q it was drawn from.

    ``prefix`` is the number of committed tokens; ``laws`` are the rows of q so far. ``kept`` is None until the tree is finished
    with fewer nodes than the sketch has: then it holds, for every node of the tree, its index here.
    """

    prefix: int
    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    q_row: list[int] = field(default_factory=list)
    laws: list[Array] = field(default_factory=list)
    kept: list[int] | None = None

    def __len__(self) -> int:
        """Nodes so far."""
        return len(self.tokens)

    def branch(self, node: int) -> tuple[int, ...]:
        """The tokens from the committed text to ``node``, its own included; none for ``ROOT``."""
        return () if node == ROOT else (*self.branch(self.parents[node]), self.tokens[node])

    def add_law(self, law: Array) -> int:
        """Keep a row of q (float[V]) and return its index."""
        self.laws.append(law)
        return len(self.laws) - 1

    def add(self, token: int, parent: int, q_row: int = -1) -> int:
        """Add a node and return its index."""
        self.tokens.append(int(token))
        self.parents.append(parent)
        self.depths.append(1 if parent == ROOT else self.depths[parent] + 1)
        self.q_row.append(q_row)
        return len(self.tokens) - 1


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a drafter says may follow one node: a law to draw from, or tokens it would copy, best first."""

    law: Array = None
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True)
class Costs:
    """What passes cost on a machine, in passes of the target over one token.

    Attributes:
        draft: c, one pass of the draft.
        verify: (m, v(m)) for some token counts m in rising order, the first (1, 1.0).

    Raises:
        ValueError: for costs that no machine has.
    """

    draft: float
    verify: tuple[tuple[int, float], ...] = ((1, 1.0),)

    def __post_init__(self) -> None:
        counts = [m for m, _ in self.verify]
        if not self.draft >= 0.0:
            raise UnexpectedValueError("the cost of a draft pass >= 0", str(self.draft))
        if counts[:1] != [1] or counts != sorted(set(counts)) or not all(v > 0.0 for _, v in self.verify):
            raise UnexpectedValueError("verify as ((1, 1.0), (m, v), ...) with rising m and v > 0", str(self.verify))

    def v(self, m: int) -> float:
        """A target pass over ``m`` tokens: straight between the given counts, and on beyond the last as between the last two."""
        if m not in self._found:  # controllers ask for the same few at every level
            self._found[m] = self._between(m)
        return self._found[m]

    @cached_property
    def _found(self) -> dict[int, float]:
        return {}

    def _between(self, m: int) -> float:
        if m <= 1 or len(self.verify) == 1:
            return self.verify[0][1]
        after = next((i for i, (count, _) in enumerate(self.verify) if count >= m), len(self.verify) - 1)
        (m0, v0), (m1, v1) = self.verify[after - 1], self.verify[after]
        slope = (v1 - v0) / (m1 - m0)
        return v0 + (m - m0) * (max(slope, 0.0) if m > m1 else slope)


class Context(Protocol):
    """What drafters and controllers may see of a session."""

    tokens: list[int]
    """Committed tokens, prompt included."""


@runtime_checkable
class Drafter(Protocol):
    """WHO proposes. One request at a time: ``start`` begins it, ``observe`` ends each cycle."""

    has_law: bool
    """Whether proposals carry a law (a model) or fixed tokens (a copy).

    Besides, a drafter whose own memory ends says so with ``capacity``, its positions: drafting ceases there, the target goes on.
    """

    def start(self, context: Context) -> None:
        """Begin a request."""

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        """Say what may follow each of ``nodes`` (``ROOT`` for the committed text) of the growing tree."""

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:
        """Learn the outcome: forget what was refused."""


class Controller(Protocol):
    """HOW LONG to draft."""

    gamma: int
    """Most levels of this cycle."""

    def wants_more(self, sketch: Sketch) -> bool:
        """Whether another level of drafting is worth it, from what has been drafted so far."""

    def observe(self, tree: DraftTree, verdict: Verdict) -> None:
        """Learn the outcome of a cycle."""


class Rule(Protocol):
    """An accept/reject rule: pure, numpy and torch alike."""

    name: str
    lossless: bool
    chains_only: bool
    """Whether a tree with siblings is refused."""
    is_joint: bool
    """Whether siblings are judged together, so that their number must not depend on what was drawn."""
    samplings: frozenset[Sampling]

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node of ``tree`` from the target's laws p [N+1, V] and the coins u [N+1]."""
