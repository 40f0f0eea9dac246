"""Diagnoses made by hand, with every part filled, in the doctor's own dataclasses."""

from __future__ import annotations

from dataclasses import replace

from specviz.doctor.diagnosis import (
    Advice,
    Choice,
    ContextPoint,
    CycleCosts,
    Diagnosis,
    Divergence,
    Figure,
    Gap,
    Limits,
    PassCosts,
    Point,
    Position,
    Templates,
    Term,
    Tree,
    Vocabulary,
)
from specviz.theory.speedup import best_gamma, speedup

TAU, MS, TARGET_MS = 2.6, {"draft": 2.2, "build": 0.1, "verify": 2.4, "judge": 0.2, "commit": 0.15, "host": 0.05}, 2.0
ALPHA, C, LONGEST = 0.62, 0.27, 16


def v(m: float) -> float:
    """A pass over m tokens."""
    return 1.0 + 0.03 * (m - 1)


def measured(value: float, low: float | None = None, high: float | None = None) -> Figure:
    return Figure(value, "measured", "by hand", low, high)


def modelled(value: float, low: float | None = None, high: float | None = None) -> Figure:
    return Figure(value, "modelled", "by hand", low, high)


def costs() -> PassCosts:
    points = tuple(Point(m, v(m), 0.97 * v(m), 1.1 * v(m)) for m in range(1, 33))
    draft = tuple(Point(m, C * v(m), 0.9 * C * v(m), 1.1 * C * v(m)) for m in (1, 2, 4, 8, 16, 32))
    return PassCosts(140, 7, measured(TARGET_MS, 1.9, 2.3), measured(C, 0.25, 0.3), points, draft)


def gap() -> Gap:
    """Rungs whose differences are the terms' sums."""
    terms = (
        Term("judging", "predicted", 0.1, -0.08),
        Term("committing", "predicted", 0.075, -0.06),
        Term("plain decoding's own other work", "predicted", -0.2, 0.19),
        Term("draft passes dearer than c", "measured", 0.12, -0.09),
        Term("target passes dearer than v", "measured", -0.03, 0.02),
        Term("reading the prompt", "whole call", 0.1, -0.07),
        Term("recording, detail full", "recorded", 0.08, -0.05),
    )
    return Gap(
        tau=measured(TAU),
        from_costs=modelled(1.35),
        predicted=modelled(1.40),
        measured=measured(1.33, 1.28, 1.37),
        whole_call=measured(1.26, 1.22, 1.3),
        recorded=measured(1.21, 1.18, 1.25),
        terms=terms,
    )


def choice() -> Choice:
    lengths = tuple(float(speedup(ALPHA, n, C, v(n + 1))) for n in range(LONGEST + 1))
    best = best_gamma(ALPHA, C, lambda m: 1.0 + 0.03 * (m - 1), limit=LONGEST)
    alpha = measured(ALPHA, 0.55, 0.69)
    tree = Tree(12, 4, modelled(1.52))
    return Choice(alpha, modelled(lengths[4]), best, modelled(lengths[best]), LONGEST, lengths, (0.62, 0.14, 0.06, 0.03), 320, tree)


def limits() -> Limits:
    contexts = tuple(ContextPoint(n, TARGET_MS, C, 1.1, worth) for n, worth in ((32, 1.41), (64, 1.4), (140, 1.33), (512, 1.08), (1000, 0.9)))
    batch = tuple((2**i, 1.33 - 0.2 * i) for i in range(7))
    return Limits(contexts, 140, 742, 1000, batch, 3, 7)


def diagnosis(**changes: object) -> Diagnosis:
    """Everything found; parts can be replaced."""
    positions = tuple(
        Position(i + 1, n, round(n * a), a - 0.06, a + 0.06) for i, (n, a) in enumerate(((200, 0.71), (142, 0.66), (94, 0.55), (52, 0.48)))
    )
    settings = {"prompts": 7, "max_new_tokens": 64, "temperature": 0.0}
    found = Diagnosis(
        pair="target tiny with <b>draft</b>",
        method="chain",
        head={"date": "2026-11-21", "machine": {"processor": "a processor", "cores": 2}, "settings": settings},
        vocabulary=Vocabulary(4096, 4096, 4096, 4096, 0),
        templates=Templates("abc", "abc", True, bare=2),
        costs=costs(),
        cycle=CycleCosts(MS, {"light": measured(0.01, 0.0, 0.02), "full": measured(0.04, 0.03, 0.06)}),
        positions=positions,
        speed=gap(),
        choice=choice(),
        limits=limits(),
        divergences=(Divergence(2, 14, 5, " the", 9, "<script>", 1e-5, 3e-5, "floating point"),),
        compared=7,
        advice=(Advice("slow draft", "Your draft takes 43 % of the cycle.", "Take a smaller draft.", 1.4),),
        notes=("The machine is busy: load 3.1 on 2 cores.",),
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # whatever a test replaces


def apart() -> Diagnosis:
    """Two checkpoints that are no pair: nothing was timed."""
    words = Vocabulary(30, 20, 30, 20, 10, ((20, "'x'", "none"),))
    return Diagnosis(
        "a + b", "none", {"date": "2026-11-21", "machine": {}}, words, advice=(Advice("vocabularies differ", "They disagree.", "Choose."),)
    )
