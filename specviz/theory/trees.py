"""What a token tree yields: expected tokens from how often each node is accepted (2402.12374, section 4.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specviz.errors import UnexpectedValueError
from specviz.types import ROOT


def children_of(parents: Sequence[int]) -> dict[int, list[int]]:
    """Node (-1 for the root) -> its children in their order; nodes without children are left out."""
    children: dict[int, list[int]] = defaultdict(list)
    for node, parent in enumerate(parents):
        children[parent].append(node)
    return dict(children)


def expected_tokens(parents: Sequence[int], acceptance: ArrayLike) -> float:
    """Tokens per cycle of a tree: 1 (the last token) + the sum over nodes of the acceptances along the node's path.

    Args:
        parents: int[N], the parent of every node, -1 for the first level; parents stand before their children.
        acceptance: float[N], how often a node is the accepted one *given that its parent was*, refusals of earlier siblings
            included (:func:`from_thresholds` makes it from the chance given those refusals).

    Raises:
        ValueError: when lengths differ, a parent does not stand before its child, or the children of a node are accepted with
            more than probability 1 in all.
    """
    return float(1.0 + path_probabilities(parents, acceptance).sum())


def path_probabilities(parents: Sequence[int], acceptance: ArrayLike) -> NDArray[np.float64]:
    """How often each node ends up in the accepted path, float[N]; arguments and errors as :func:`expected_tokens`."""
    rates = _checked(parents, acceptance)
    shares = np.zeros(len(parents) + 1)  # the last entry is the root's: index -1
    for node, parent in enumerate(parents):
        shares[parent] += rates[node]
    if (shares > 1.0 + 1e-9).any():
        worst = int(np.argmax(shares))
        name = "the root" if worst == len(parents) else f"node {worst}"
        raise UnexpectedValueError(
            "the children of a node to be accepted with probability 1 at most in all",
            f"{shares[worst]:.4g} after {name}",
            "one path is accepted: give each child's chance with the refusals before it (from_thresholds)",
        )
    reached = np.ones(len(parents) + 1)
    for node, parent in enumerate(parents):
        reached[node] = reached[parent] * rates[node]
    return reached[:-1]


def from_thresholds(parents: Sequence[int], thresholds: ArrayLike) -> NDArray[np.float64]:
    """Acceptance of every node given its parent's, from its chance once it is looked at: t times the refusals of its earlier siblings.

    Args:
        parents: int[N], as in :func:`expected_tokens`; siblings in the order they are looked at.
        thresholds: float[N], the chance that a node is accepted given that its earlier siblings were refused.
    """
    chances = _checked(parents, thresholds)
    open_ = np.ones(len(parents) + 1)
    rates = np.empty(len(parents))
    for node, parent in enumerate(parents):
        rates[node] = open_[parent] * chances[node]
        open_[parent] *= 1.0 - chances[node]
    return rates


def _checked(parents: Sequence[int], values: ArrayLike) -> NDArray[np.float64]:
    rates = np.asarray(values, dtype=np.float64)
    if rates.shape != (len(parents),):
        raise UnexpectedValueError(f"one acceptance per node, {len(parents)}", f"shape {rates.shape}")
    if not ((rates >= 0.0) & (rates <= 1.0)).all():
        raise UnexpectedValueError("acceptances in [0, 1]", f"{rates.min()} to {rates.max()}")
    for node, parent in enumerate(parents):
        if not ROOT <= parent < node:
            raise UnexpectedValueError(f"node {node}'s parent in [-1, {node - 1}]", str(parent), "put parents before their children")
    return rates
