"""Which tree to draft next, from how often each rank is accepted at each depth and what passes cost.

Sequoia's question (2402.12374, section 4.3) with acceptances that may differ by depth. A node is worth the product of the acceptances along
its path, and no child is worth more than its parent, no sibling more than the one before it. So the n nodes worth most are a tree, and no
tree of n nodes is worth more: taking nodes from the most to the least valuable goes through the best trees of every size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate

from specviz.errors import UnexpectedValueError, shown
from specviz.types import ROOT


@dataclass(frozen=True)
class Plan:
    """A tree to draft, and what it is expected to bring.

    Attributes:
        parents: int[N], the parent of every node, -1 for the first level; parents before their children, siblings in their order.
        tokens: expected tokens of a cycle, the last one counted.
        time: of a cycle, in target passes over one token.
    """

    parents: tuple[int, ...] = ()
    tokens: float = 1.0
    time: float = 1.0

    @property
    def rate(self) -> float:
        """Expected tokens per target pass over one token: the speed-up over plain decoding."""
        return self.tokens / self.time

    @property
    def is_chain(self) -> bool:
        """Whether every node follows the one before it; no node at all is a chain, too."""
        return all(parent == i - 1 for i, parent in enumerate(self.parents))


def best_plan(acceptance: Sequence[Sequence[float]], draft: float, verify: Callable[[int], float], *, nodes: int) -> Plan:
    """The tree, of any size and depth up to the largest, that brings most tokens per unit of time; no tree where none pays.

    Args:
        acceptance: float[L][K], a[d][b]: how often the child of rank b is the accepted one, at depth d + 1, given that its parent was.
        draft: c, one pass of the draft over one token, in target passes over one token. A pass over w nodes is taken to cost c v(w).
        verify: v(m), a target pass over m tokens, in the same unit.
        nodes: most drafted tokens.

    Raises:
        ValueError: when an entry is no probability, or the children of a node are accepted with more than probability 1 in all.
    """
    rates = [_row(row) for row in acceptance]
    prices = [verify(m) for m in range(1, nodes + 2)]
    return max((_best_on(rates[:levels], draft, prices) for levels in range(1, len(rates) + 1)), key=lambda plan: plan.rate, default=Plan())


def best_chain(acceptance: Sequence[Sequence[float]], draft: float, verify: Callable[[int], float]) -> Plan:
    """The best chain; arguments and errors as :func:`best_plan`, first ranks only."""
    return best_plan([row[:1] for row in acceptance], draft, verify, nodes=len(acceptance))


def _row(row: Sequence[float]) -> list[float]:
    if not row or not all(0.0 <= a <= 1.0 for a in row) or sum(row) > 1.0 + 1e-9:
        raise UnexpectedValueError("acceptances of siblings in [0, 1], 1 at most in all", shown(list(row)), "one path is accepted")
    return list(accumulate(row, min))  # a later sibling is only looked at after the earlier ones


def _best_on(rates: Sequence[Sequence[float]], draft: float, prices: Sequence[float]) -> Plan:
    """The best tree on these levels; ``prices`` are v(1), v(2), ... for as many tokens as may be verified.

    Nodes are taken from the most to the least valuable, so that the best tree of n nodes is the first n of them.
    """
    parents: list[int] = []
    tokens, drafting = 1.0, draft * prices[0]
    best = (0, tokens, prices[0])  # nodes, tokens, time
    widths = [1] + [0] * len(rates)  # nodes of each level, the root's first, that have children: what a pass of the draft reads
    has_child: set[int] = set()
    slots = [(-rates[0][0], 0, ROOT, 0, 0)]  # worth (negative), order of finding, parent, level, rank
    found = 1
    while slots and len(parents) + 1 < len(prices):
        worth, _, parent, level, rank = heappop(slots)
        if parent != ROOT and parent not in has_child:
            has_child.add(parent)
            drafting += draft * (prices[widths[level]] - (prices[widths[level] - 1] if widths[level] else 0.0))
            widths[level] += 1
        parents.append(parent)
        tokens -= worth
        time = drafting + prices[len(parents)]
        if tokens * best[2] > best[1] * time:
            best = (len(parents), tokens, time)
        if rank + 1 < len(rates[level]) and rates[level][rank] > 0.0:
            heappush(slots, (worth * rates[level][rank + 1] / rates[level][rank], found, parent, level, rank + 1))
        if level + 1 < len(rates):
            heappush(slots, (worth * rates[level + 1][0], found + 1, len(parents) - 1, level + 1, 0))
        found += 2
    return Plan(tuple(parents[: best[0]]), best[1], best[2])
