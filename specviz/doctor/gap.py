"""Measured against predicted speed-up, and the terms that make the difference.

All costs are brought to one unit, the time plain decoding takes for a token in the same repeat, so that speed-up = tau / cost of a cycle.
Two rungs A and B of the ladder then differ by tau (C_A - C_B) / (C_A C_B), and each term's part is its share of C_B - C_A: the terms add up
exactly and no order of theirs is preferred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, median_low

from specviz.doctor.diagnosis import PARTS, CycleCosts, Figure, Gap, PassCosts, Stage, Term
from specviz.doctor.passes import Curve
from specviz.doctor.runs import BARE, FULL, LIGHT, PLAIN, Played, Round, Total
from specviz.theory.speedup import general_speedup

OTHER = {"judge": "judging", "commit": "committing", "build": "building the draft", "host": "the loop itself"}
"""The work of a cycle beside the passes."""


@dataclass(frozen=True)
class CostModel:
    """What a cycle costs, in target passes over one token, behind one text.

    Attributes:
        c: a draft pass.
        v: a target pass over m tokens.
        other: the cycle's other work.
        plain_other: a plain step's other work; it takes 1 + plain_other.
    """

    c: float
    v: Callable[[float], float]
    other: float = 0.0
    plain_other: float = 0.0

    def speedup(self, tau: float, calls: float, verify: float) -> float:
        """Over plain decoding, for a cycle of ``calls`` draft passes and a target pass that costs ``verify``."""
        return (1 + self.plain_other) * float(general_speedup(tau, calls, self.c, verify, self.other))


@dataclass(frozen=True)
class Speeds:
    """The repeats' speed-ups, and the repeat that had the median one: all parts of the difference are taken from it."""

    rounds: list[Round]

    @property
    def decoding(self) -> list[float]:
        """Decoding alone, unrecorded: one figure a repeat."""
        return [Total.of(r[PLAIN]).per_token / Total.of(r[BARE]).per_token for r in self.rounds]

    @property
    def calls(self) -> list[float]:
        """The prompt's processing included."""
        return [Total.of(r[PLAIN]).per_token_of_call / Total.of(r[BARE]).per_token_of_call for r in self.rounds]

    @property
    def recorded(self) -> list[float]:
        """Likewise, recorded at detail ``full``."""
        return [Total.of(r[PLAIN]).per_token_of_call / Total.of(r[FULL]).per_token_of_call for r in self.rounds]

    @property
    def typical(self) -> Round:
        """The repeat with the median speed-up of decoding."""
        return self.rounds[self.decoding.index(median_low(self.decoding))]


def cycle_costs(speeds: Speeds) -> CycleCosts:
    """Milliseconds of a cycle by part, and what recording adds."""
    total = Total.of(speeds.typical[BARE])
    recording = {detail: _recording(speeds.rounds, detail) for detail in (LIGHT, FULL)}
    return CycleCosts({part: total.seconds[part] / total.cycles * 1e3 for part in PARTS}, recording)


def _recording(rounds: Sequence[Round], detail: str) -> Figure:
    added = [Total.of(r[detail]).per_token / Total.of(r[BARE]).per_token - 1 for r in rounds]
    by = f"recorded against unrecorded decoding, {len(rounds)} interleaved repeats, smallest and largest"
    return Figure(median(added), "measured", by, min(added), max(added))


@dataclass(frozen=True)
class _Passes:
    """The passes of a mean cycle, in target passes: as c and v have them, and as a run meets them, where a law is made after each.

    A run's own unit, a plain step's target pass, has its law in it as well.
    """

    calls: float
    draft: float
    verify: float
    draft_with_laws: float
    verify_with_laws: float

    @classmethod
    def of(cls, costs: PassCosts, method: Sequence[Played]) -> _Passes:
        cycles = [cycle for run in method for cycle in run.cycles]
        v, laws, calls = Curve(costs.v), Curve(costs.laws), fmean(cycle.calls for cycle in cycles)
        verify, made = fmean(v(cycle.nodes + 1) for cycle in cycles), fmean(laws(cycle.nodes + 1) for cycle in cycles)
        unit = 1 + laws(1)
        return cls(calls, calls * costs.c.value, verify, calls * (costs.c.value + laws(1)) / unit, (verify + made) / unit)

    @property
    def laws(self) -> float:
        """What the making of laws adds."""
        return self.draft_with_laws + self.verify_with_laws - self.draft - self.verify


def cost_model(costs: PassCosts, typical: Round) -> CostModel:
    """The pass costs with the other work measured in a repeat, the making of laws among it."""
    plain, method = Total.of(typical[PLAIN]), Total.of(typical[BARE])
    one = plain.seconds["verify"] / plain.cycles
    other = sum(method.seconds[part] for part in OTHER) / method.cycles / one + _Passes.of(costs, typical[BARE]).laws
    return CostModel(costs.c.value, Curve(costs.v), other, plain.decode_s / plain.cycles / one - 1)


def explain(speeds: Speeds, costs: PassCosts) -> Gap:
    """The ladder from what passes alone promise to what a recorded call was worth, with all its terms."""
    typical = speeds.typical
    plain, method, full = (Total.of(typical[task]) for task in (PLAIN, BARE, FULL))
    model = cost_model(costs, typical)
    expected = _Passes.of(costs, typical[BARE])
    tau, one, step = method.tokens / method.cycles, plain.seconds["verify"] / plain.cycles, 1 + model.plain_other
    passes = expected.draft + expected.verify
    in_run = {part: method.seconds[part] / method.cycles / one for part in PARTS}
    call, plain_call = (method.decode_s + method.prefill_s) / method.cycles, plain.per_token_of_call
    ladder = [
        passes,
        (passes + model.other) / step,
        method.decode_s / method.cycles / plain.per_token,
        call / plain_call,
        full.per_token_of_call * tau / plain_call,
    ]
    parts: list[tuple[Stage, dict[str, float]]] = [
        ("predicted", {words: in_run[part] for part, words in OTHER.items()} | {"turning logits into laws": expected.laws}),
        ("measured", {"draft passes dearer than c": (in_run["draft"] - expected.draft_with_laws) / step}),
        ("whole call", {"reading the prompt": ladder[3] - ladder[2]}),
        ("recorded", {"recording, detail full": ladder[4] - ladder[3]}),
    ]
    parts[0][1]["plain decoding's own other work"] = ladder[1] - passes - model.other
    parts[1][1]["target passes dearer than v"] = (in_run["verify"] - expected.verify_with_laws) / step
    terms = [term for i, (stage, added) in enumerate(parts) for term in _terms(stage, added, tau, ladder[i], ladder[i + 1])]
    formula = (
        f"tau / (v(nodes + 1) + draft passes x c) at tau = {tau:.2f}, {expected.calls:.1f} draft passes, c = {model.c:.3f}, v = {expected.verify:.2f}"
    )
    return Gap(
        tau=Figure(tau, "measured", "tokens / cycles, last token counted"),
        from_costs=Figure(tau / ladder[0], "modelled", formula),
        predicted=Figure(
            model.speedup(tau, expected.calls, expected.verify), "modelled", "likewise, with the measured other work of a cycle and of a plain step"
        ),
        measured=_spread(tau / ladder[2], speeds.decoding, "decoding alone, not recorded"),
        whole_call=_spread(tau / ladder[3], speeds.calls, "with the prompt's processing, not recorded"),
        recorded=_spread(tau / ladder[4], speeds.recorded, "whole calls recorded at full, over unrecorded plain calls"),
        terms=tuple(terms),
    )


def _terms(stage: Stage, added: dict[str, float], tau: float, before: float, after: float) -> list[Term]:
    return [Term(name, stage, cost, -tau * cost / (before * after)) for name, cost in added.items()]


def _spread(value: float, repeats: list[float], what: str) -> Figure:
    by = f"{what}; the repeat of median decoding speed of {len(repeats)} interleaved ones, smallest and largest"
    return Figure(value, "measured", by, min(repeats), max(repeats))
