"""Sequoia: the fixed tree that brings most tokens, found by dynamic programming (2402.12374, section 4).

The shape comes from a vector of positional acceptances, a[b] = how often the b-th child of a node is the accepted one. Measure it with
the rule, the temperature and the text it is meant for (:func:`measured_acceptance`); ``best_size`` of ``specviz.theory.sequoia`` chooses
size and depth from measured costs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from specviz.errors import UnexpectedValueError
from specviz.theory.sequoia import best_tree
from specviz.theory.trees import children_of
from specviz.trees.layout import DraftingSession, fill
from specviz.types import Controller, Drafter, DraftTree, Sampling

ACCEPTANCE = (0.62, 0.13, 0.06, 0.035, 0.025, 0.018, 0.014, 0.011, 0.009, 0.007)
"""A vector to start from: one child in three is refused, and what the others then bring falls roughly as 1 over the rank squared."""


def build(
    drafter: Drafter,
    controller: Controller,
    session: DraftingSession,
    *,
    nodes: int = 32,
    acceptance: tuple[float, ...] = ACCEPTANCE,
    sampling: Sampling = "without_replacement",
) -> DraftTree:
    """Fill the best shape of at most ``nodes`` tokens and as many levels as the controller has; children of a node by rank.

    Where the controller or the room ends the levels early, or a law has too few tokens with mass, what is missing is left out.

    Args:
        drafter: who proposes.
        controller: most levels.
        session: coins and room.
        nodes: drafted tokens.
        acceptance: a[0], a[1], ...
        sampling: how siblings are drawn.
    """
    children = _children(tuple(acceptance), nodes, max(controller.gamma, 1))
    return fill(drafter, controller, session, lambda node: children.get(node, ()), sampling)


@lru_cache(maxsize=64)
def _children(acceptance: tuple[float, ...], nodes: int, levels: int) -> dict[int, list[int]]:
    """Node of the best shape -> its children, best first; nodes without children are left out."""
    return children_of(best_tree(acceptance, nodes, levels))


class RecordedNode(Protocol):
    """What is read of a recorded node; ``specviz.trace`` has it."""

    @property
    def parent(self) -> int:
        """Its parent, -1 for the first level."""

    @property
    def state(self) -> str:
        """What happened to it."""


class RecordedCycle(Protocol):
    """What is read of a recorded cycle; ``specviz.trace`` has it."""

    @property
    def nodes(self) -> Sequence[RecordedNode]:
        """Its nodes, siblings in drawing order."""


def measured_acceptance(cycles: Iterable[RecordedCycle], prior: float = 1.0) -> tuple[float, ...]:
    """How often the b-th sibling was the accepted one, from a recorded run of any tree with siblings.

    A place counts for rank b when verification reached it and it had more than b siblings. The vector is smoothed by ``prior`` places that
    behave as :data:`ACCEPTANCE` and made non-increasing, since a later sibling is only looked at after the earlier ones.

    Args:
        cycles: ``trace.cycles``, of one or several runs.
        prior: weight of the default vector, in places; more than 0 keeps rarely seen ranks sensible.

    Raises:
        ValueError: when no place was ever reached.
    """
    seen: list[int] = []
    accepted: list[int] = []
    for cycle in cycles:
        for states in _places(cycle):
            grown = max(len(states) - len(seen), 0)
            seen, accepted = seen + [0] * grown, accepted + [0] * grown
            for rank, state in enumerate(states):
                seen[rank] += 1
                accepted[rank] += state == "accepted"
    if not seen:
        raise UnexpectedValueError("cycles with drafted tokens", "none that was looked at", "record a run with a tree")
    rates = [(a + prior * _default(rank)) / (n + prior) for rank, (a, n) in enumerate(zip(accepted, seen, strict=True))]
    return tuple(min(rates[: rank + 1]) for rank in range(len(rates)))


def _places(cycle: RecordedCycle) -> Iterable[list[str]]:
    """The states of every group of siblings that verification reached."""
    groups: dict[int, list[str]] = defaultdict(list)
    for node in cycle.nodes:
        if node.state != "pruned":
            groups[node.parent].append(node.state)
    return [states for states in groups.values() if any(state in {"accepted", "rejected"} for state in states)]


def _default(rank: int) -> float:
    return ACCEPTANCE[rank] if rank < len(ACCEPTANCE) else ACCEPTANCE[-1] * (len(ACCEPTANCE) / (rank + 1)) ** 2
