"""What would be best at these costs, and where speculation stops paying: modelled from measured costs and acceptance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from specviz.doctor.diagnosis import Choice, ContextPoint, Figure, PassCosts, Position, Tree
from specviz.doctor.gap import CostModel
from specviz.doctor.passes import Curve
from specviz.theory.acceptance import wilson
from specviz.theory.sequoia import best_size
from specviz.theory.speedup import best_gamma, expected_tokens, speedup
from specviz.trace import Trace
from specviz.trace.schema import Cycle, Node
from specviz.trace.stats import by_position
from specviz.types import ROOT

FEW_PLACES = 40
"""Below this many places no tree is proposed: the ranks behind the first would be guesses."""
DEEPEST = 16
MOST_ROWS = 64


def positions(traces: Sequence[Trace]) -> tuple[Position, ...]:
    """Acceptance by draft position over all runs, with Wilson's 95 % interval; NaN where something was drafted and never examined."""
    rows = by_position([cycle for trace in traces for cycle in trace.outline()])
    return tuple(Position(r.position, r.examined, r.accepted, *wilson(r.accepted, r.examined)) for r in rows)


def acceptance(counted: Iterable[tuple[int, int]]) -> Figure:
    """Accepted of examined drafts, pooled; NaN where none was examined."""
    pairs = list(counted)
    accepted, examined = sum(a for a, _ in pairs), sum(e for _, e in pairs)
    low, high = wilson(accepted, examined)
    value = accepted / examined if examined else float("nan")
    return Figure(value, "measured", f"{accepted} of {examined} examined drafts, Wilson's 95 % interval", low, high)


def by_rank(traces: Iterable[Trace]) -> tuple[tuple[float, ...], int]:
    """How often the target's choice was the draft's likeliest token, the second likeliest, ..., over the places that verification reached.

    Needs laws (detail ``full``). The choice at a place is the accepted token, or where all were refused the corrected one, which at temperature 0
    is the target's own. Tokens outside the recorded top count as no rank at all, so that the rates may add up to less than 1.
    """
    counts: list[int] = []
    places = 0
    for trace in traces:
        for cycle in trace:
            for choice, top in _chosen(cycle):
                places += 1
                if choice in top:
                    rank = top.index(choice)
                    counts += [0] * (rank + 1 - len(counts))
                    counts[rank] += 1
    return tuple(count / places for count in counts) if places else (), places


def _chosen(cycle: Cycle) -> Iterable[tuple[int, list[int]]]:
    """Every place of a cycle that was examined and has a draft law: (the target's choice, the draft's tokens, likeliest first)."""
    children: dict[int, list[Node]] = {}
    for node in cycle.nodes:
        if node.state in ("accepted", "rejected"):
            children.setdefault(node.parent, []).append(node)
    place = ROOT
    while siblings := children.get(place):
        taken = next((node for node in siblings if node.state == "accepted"), None)
        if siblings[0].top_q:
            yield (cycle.last_token if taken is None else taken.token), [entry.token for entry in siblings[0].top_q]
        if taken is None:
            return
        place = taken.id


def choose(alpha: Figure, gamma: int | None, model: CostModel, ranks: tuple[float, ...], places: int) -> Choice:
    """The best chain and the best tree at these costs.

    Args:
        alpha: acceptance, taken as the same at every position.
        gamma: the run's own chain length, None for a method that is no chain.
        model: costs; its curve says how far v was measured, and nothing longer is considered.
        ranks: see :func:`by_rank`.
        places: how many places that was counted over.
    """
    longest = max((model.v.most if isinstance(model.v, Curve) else 2) - 1, 1)
    steps = Steps(model)
    by = "tau = (1 - alpha^(gamma+1)) / (1 - alpha) at the measured costs"
    best = best_gamma(alpha.value, steps.c, steps.over, limit=longest)

    def modelled(length: int) -> Figure:
        low, high = (float(speedup(a, length, steps.c, steps.over)) for a in (alpha.low or 0.0, alpha.high or 0.0))
        return Figure(float(speedup(alpha.value, length, steps.c, steps.over)), "modelled", by + "; at the ends of alpha's interval", low, high)

    return Choice(
        alpha=alpha,
        now=None if gamma is None else modelled(gamma),
        gamma=best,
        chain=modelled(best),
        longest=longest,
        by_length=tuple(speedup(alpha.value, np.arange(longest + 1), steps.c, steps.over).tolist()),
        by_rank=ranks,
        places=places,
        tree=_tree(ranks, steps, longest) if places >= FEW_PLACES else None,
    )


def _tree(ranks: Sequence[float], steps: Steps, longest: int) -> Tree:
    nodes, levels, rate = best_size(ranks, steps.c, steps.v, sizes=range(1, longest + 1), levels=range(1, DEEPEST + 1))
    by = f"Sequoia's best tree of at most {longest} nodes and {DEEPEST} levels, a level taken as one draft pass, acceptance by rank as measured"
    return Tree(nodes, levels, Figure(rate, "modelled", by))


class Steps:
    """Costs in steps of plain decoding, as the formulas of ``specviz.theory`` want them: what a plain step costs is 1."""

    def __init__(self, model: CostModel) -> None:
        self._model = model
        self.c = model.c / (1 + model.plain_other)

    def v(self, m: float) -> float:
        """A target pass over m tokens with the cycle's other work; 1 at m = 1, where nothing is drafted."""
        return 1.0 if m <= 1 else (self._model.v(m) + self._model.other) / (1 + self._model.plain_other)

    def over(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """:meth:`v` of many counts, float[...]."""
        return np.asarray(np.vectorize(self.v, otypes=[np.float64])(counts))


def expected_cycle(alpha: float, gamma: int) -> float:
    """Tokens of a cycle at constant acceptance."""
    return float(expected_tokens(alpha, gamma))


def stops_at(points: Sequence[ContextPoint]) -> int | None:
    """The context from which the modelled speed-up is below 1 and stays so; None when it is not at the last point.

    Between two points the cost of a token, 1 / speed-up, is taken as straight, as it is where costs grow in proportion to the text.
    """
    if not points or points[-1].speedup >= 1.0:
        return None
    last = max((i for i, point in enumerate(points) if point.speedup >= 1.0), default=-1)
    if last < 0:
        return points[0].context
    a, b = points[last], points[last + 1]
    return round(a.context + (b.context - a.context) * (1.0 - 1.0 / a.speedup) / (1.0 / b.speedup - 1.0 / a.speedup))


def batch(tau: float, calls: float, nodes: float, costs: PassCosts, model: CostModel) -> tuple[tuple[tuple[int, float], ...], int | None, int]:
    """Speed-up by rows decoded together: a cycle's pass costs v(B (nodes + 1)), a plain step v(B), a draft pass the draft's own curve at B.

    The other work is counted once a batch, and each row's memory of its text is not counted, on either side.

    Returns:
        (rows, speed-up) for 1, 2, 4, ... rows; the fewest rows below 1, or None within 64; from how many rows v lies beyond what was measured.
    """
    v, draft = Curve(costs.v), Curve(costs.draft_v)

    def worth(rows: int) -> float:
        plain = v(rows) + model.plain_other
        return tau * plain / (calls * draft(rows) + v(rows * (nodes + 1)) + model.other)

    shown = tuple((rows, worth(rows)) for rows in (1, 2, 4, 8, 16, 32, MOST_ROWS))
    stop = next((rows for rows in range(1, MOST_ROWS + 1) if worth(rows) < 1.0), None)
    return shown, stop, int(v.most // (nodes + 1)) + 1


def lengths(shortest: int, typical: int, longest: int) -> list[int]:
    """Context lengths to measure: doubling from the shortest, with the typical and the longest one among them; rising."""
    doubling = [shortest]
    while doubling[-1] * 2 < longest:
        doubling.append(doubling[-1] * 2)
    typical = min(max(typical, shortest), longest)
    apart = [n for n in doubling if not 0.8 < n / typical < 1.25 and n < 0.9 * longest]
    return sorted({*apart, typical, longest})
