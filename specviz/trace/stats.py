"""The figures of a run, each with its convention said: computed from the record, so that a loaded trace gives the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from specviz.trace.schema import Cycle
from specviz.trace.store import Trace


@dataclass(frozen=True)
class PositionStats:
    """Acceptance at one draft position (1 = the first drafted token), along the tree's depth.

    Attributes:
        drafted: cycles that drafted a token this deep.
        examined: cycles in which the rule looked at this depth (all before it were accepted).
        accepted: cycles in which it was accepted.
    """

    position: int
    drafted: int
    examined: int
    accepted: int

    @property
    def conditional(self) -> float:
        """P(accepted here | all before accepted): accepted / examined."""
        return self.accepted / self.examined if self.examined else float("nan")

    @property
    def unconditional(self) -> float:
        """P(this deep accepted): accepted / drafted."""
        return self.accepted / self.drafted if self.drafted else float("nan")


@dataclass(frozen=True)
class Stats:
    """What a run achieved and what it cost.

    Attributes:
        tokens: new tokens.
        cycles: draft-verify cycles, each one pass of the target.
        tokens_per_cycle: tokens / cycles, the bonus or corrected token counted, the end-of-text cut applied.
        acceptance: accepted / (accepted + rejected) over examined nodes; drafted tokens that no coin reached do not count.
        acceptance_by_position: conditional acceptance at draft position 1, 2, ….
        positions: the counts behind it.
        alpha: mean of sum(min(p, q)) over examined nodes (closed form, not coin flips; at temperature 0 laws are taken at 1).
        drafted: drafted nodes, what the builder pruned not counted; accepted and rejected: how many were.
        draft_s, verify_s, other_s: seconds drafting, in the target's pass, and in all else (judging, commits, host).
        tokens_per_second: tokens over the time of all cycles, prompt processing not included.
        prefill_s: seconds spent on the prompt.
        stop: why the run ended.
    """

    tokens: int
    cycles: int
    tokens_per_cycle: float
    acceptance: float
    acceptance_by_position: list[float]
    positions: list[PositionStats]
    alpha: float
    drafted: int
    accepted: int
    rejected: int
    draft_s: float
    verify_s: float
    other_s: float
    tokens_per_second: float
    prefill_s: float
    stop: str | None


def summarise(trace: Trace) -> Stats:
    """Compute the :class:`Stats` of a recorded run."""
    cycles = trace.outline()
    positions = by_position(cycles)
    examined = [node for cycle in cycles for node in cycle.nodes if node.state in ("accepted", "rejected")]
    accepted = sum(node.state == "accepted" for node in examined)
    alphas = [node.alpha for node in examined if node.alpha == node.alpha]
    tokens = sum(len(cycle.committed) for cycle in cycles)
    draft = sum(cycle.times_ms["draft"] for cycle in cycles) / 1e3
    verify = sum(cycle.times_ms["verify"] for cycle in cycles) / 1e3
    total = sum(cycle.total_ms for cycle in cycles) / 1e3
    return Stats(
        tokens=tokens,
        cycles=len(cycles),
        tokens_per_cycle=tokens / len(cycles) if cycles else float("nan"),
        acceptance=accepted / len(examined) if examined else float("nan"),
        acceptance_by_position=[p.conditional for p in positions],
        positions=positions,
        alpha=fmean(alphas) if alphas else float("nan"),
        drafted=sum(node.state != "pruned" for cycle in cycles for node in cycle.nodes),
        accepted=accepted,
        rejected=len(examined) - accepted,
        draft_s=draft,
        verify_s=verify,
        other_s=total - draft - verify,
        tokens_per_second=tokens / total if total else float("nan"),
        prefill_s=trace.header.prefill_s,
        stop=trace.stop,
    )


def by_position(cycles: Sequence[Cycle]) -> list[PositionStats]:
    """Count acceptance by depth; a depth is examined in a cycle when any of its nodes was, and accepted when one was."""
    deepest = max((node.depth for cycle in cycles for node in cycle.nodes if node.state != "pruned"), default=0)
    rows = []
    for depth in range(1, deepest + 1):
        states = [{node.state for node in cycle.nodes if node.depth == depth and node.state != "pruned"} for cycle in cycles]
        rows.append(
            PositionStats(
                position=depth,
                drafted=sum(bool(s) for s in states),
                examined=sum(bool(s & {"accepted", "rejected"}) for s in states),
                accepted=sum("accepted" in s for s in states),
            )
        )
    return rows
