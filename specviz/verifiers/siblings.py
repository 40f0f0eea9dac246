"""The law each sibling was really drawn from, given those drawn before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specviz.types import Array, DraftTree
from specviz.verifiers.residual import excluding, surplus, surplus_without


@dataclass(frozen=True, eq=False)
class Draft:
    """One drafted sibling; ``law`` float[V] is what it was drawn from, None when it was picked (a one-hot law)."""

    node: int
    token: int
    law: Array = None

    @property
    def chance(self) -> float:
        """The draft's probability of the token, q(x)."""
        return 1.0 if self.law is None else float(self.law[self.token])

    def surplus(self, p: Array, weight: float = 1.0) -> tuple[Array, float]:
        """What refusing this sibling leaves of p: norm((w p - q)+) and its mass."""
        return surplus_without(p, self.token, weight) if self.law is None else surplus(p, self.law, weight)


def drafts(tree: DraftTree, children: Sequence[int]) -> Iterator[Draft]:
    """The siblings in drawing order, each with its own law; laws are made only as far as they are asked for."""
    tried: list[int] = []
    for node in children:
        token = tree.tokens[node]
        yield Draft(node, token, None if _is_picked(tree, node == children[-1]) else _law(tree, node, tried))
        tried.append(token)


def picked(tree: DraftTree, children: Sequence[int]) -> Iterator[Draft]:
    """The siblings as one-hot laws, however they were drawn."""
    return (Draft(node, tree.tokens[node]) for node in children)


def drafted_chances(tree: DraftTree) -> list[float]:
    """q(x) of every node before any sibling exclusion, float[N]; 1 for what was picked."""
    last = {parent: node for node, parent in enumerate(tree.parents)}  # the later sibling overwrites
    drawn = [node for node, parent in enumerate(tree.parents) if not _is_picked(tree, last[parent] == node)]
    chances = [1.0] * len(tree)
    for node, chance in zip(drawn, at(tree.q, [tree.q_row[i] for i in drawn], [tree.tokens[i] for i in drawn]), strict=True):
        chances[node] = chance
    return chances


def at(rows: Array, which: Sequence[int], tokens: Sequence[int]) -> list[float]:
    """rows[which[i], tokens[i]] for every i, fetched at once: on a GPU each fetch would wait for the device."""
    if not len(tokens):
        return []
    values: list[float] = rows[list(which), list(tokens)].tolist()
    return values


def _is_picked(tree: DraftTree, is_last: bool) -> bool:
    return tree.sampling == "deterministic" or (tree.sampling == "greedy" and not is_last)


def _law(tree: DraftTree, node: int, tried: Sequence[int]) -> Array:
    row = tree.q[tree.q_row[node]]
    return row if tree.sampling == "iid" or not tried else excluding(row, tried)
