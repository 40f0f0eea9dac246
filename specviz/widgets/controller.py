"""Where a reader stands in a recorded run, and how a step moves them: pure functions, no widget and no picture."""

from __future__ import annotations

from typing import NamedTuple

from specviz.figures.pieces import LAST
from specviz.trace import Cycle, Trace

_EXAMINED = ("accepted", "rejected")


class Moment(NamedTuple):
    """One decision of a run: a cycle, and a node of its draft tree (:data:`LAST` for the token the target added)."""

    cycle: int
    node: int


def decisions(cycle: Cycle) -> list[int]:
    """The decisions of a cycle in the order they were taken: examined drafts from the root on, then the last token."""
    examined = sorted((n.depth, n.id) for n in cycle.nodes if n.state in _EXAMINED)
    return [node for _, node in examined] + [LAST]


def landing(trace: Trace, cycle: int) -> Moment:
    """Where to look first in a cycle: at the refusal that ended it, else at the token the target added.

    Raises:
        IndexError: when there is no such cycle.
    """
    record = trace.cycle(cycle)
    refused = [node for node in decisions(record) if node != LAST and record.nodes[node].state == "rejected"]
    return Moment(cycle, refused[-1] if refused and record.last_kind == "corrected" else LAST)


def step(trace: Trace, at: Moment, by: int) -> Moment:
    """Move one decision forward (``by`` = 1) or back (-1), into the next or the last cycle; at either end, stay.

    A draft that was never examined counts as standing before the cycle's last token.
    """
    order = decisions(trace.cycle(at.cycle))
    place = order.index(at.node) if at.node in order else len(order) - 1
    if 0 <= place + by < len(order):
        return Moment(at.cycle, order[place + by])
    cycle = at.cycle + by
    if not 0 <= cycle < len(trace):
        return at
    return Moment(cycle, decisions(trace.cycle(cycle))[0 if by > 0 else -1])


def check(trace: Trace, at: Moment) -> Moment:
    """Return ``at`` when the run has such a decision.

    Raises:
        IndexError: when it has not.
    """
    trace.cycle(at.cycle)
    if at.node != LAST:
        trace.node(at.cycle, at.node)
    return at
