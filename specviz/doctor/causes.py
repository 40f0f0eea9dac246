"""What costs speed, each cause with the number that shows it and what curing it would bring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specviz.doctor.choices import expected_cycle
from specviz.doctor.diagnosis import Advice, Choice, Diagnosis, Gap
from specviz.doctor.remarks import is_weak, share

GOOD_ALPHA = 0.8
SLOW = 0.25
"""A draft is called slow when its pass costs more than this and drafting takes more than a third of the cycle."""
GOOD_C = 0.1
"""What a draft should cost at most: about a tenth of the target (common practice; a figure of the literature, not of this run)."""
DEAR_VERIFY = 1.6
GOOD_VERIFY = 1.2
MUCH_OTHER = 0.15
GOOD_OTHER = 0.05
SURPLUS = 0.15
WORTH_IT = 1.08
"""A setting is recommended when it is modelled at least this much better."""


@dataclass(frozen=True)
class _Cycle:
    """A cycle in steps of plain decoding, part by part; ``with_`` gives the speed-up with some of them changed."""

    tau: float
    draft: float
    verify: float
    other: float

    @property
    def total(self) -> float:
        return self.draft + self.verify + self.other

    @property
    def speedup(self) -> float:
        return self.tau / self.total

    def gain(self, tau: float | None = None, draft: float | None = None, verify: float | None = None, other: float | None = None) -> float:
        """Speed-up with these values over the speed-up now."""
        parts = ((draft, self.draft), (verify, self.verify), (other, self.other))
        total = sum(now if new is None else min(new, now) for new, now in parts)
        return (self.tau if tau is None else max(tau, self.tau)) / total / self.speedup


def _cycle(found: Diagnosis, speed: Gap) -> _Cycle:
    assert found.cycle is not None  # noqa: S101  it comes with the speed
    steps = speed.tau.value / speed.measured.value
    share = found.cycle.share
    return _Cycle(speed.tau.value, steps * share("draft"), steps * share("verify"), steps * share("build", "judge", "commit", "host"))


def causes_of(found: Diagnosis, speed: Gap, choice: Choice) -> Iterator[Advice]:
    """What costs speed, each with the gain of curing it."""
    assert found.cycle is not None  # noqa: S101  they come with the speed
    assert found.costs is not None  # noqa: S101
    cycle, drafting = _cycle(found, speed), found.cycle.share("draft")
    c, now = found.costs.c.value, speed.measured.value
    context = _context(found)
    yield from context
    if c > SLOW and drafting > 1 / 3 and not context:
        gain = cycle.gain(draft=cycle.draft * GOOD_C / c)
        yield Advice(
            "slow draft",
            f"Your draft takes {100 * drafting:.0f} % of the cycle: a pass of it costs c = {c:.2f} target passes (measured). "
            f"At c = {GOOD_C:g} the same acceptance would give {gain * now:.2f}x instead of {now:.2f}x (modelled).",
            "Take a smaller draft, about a tenth of the target, or draft without a model: --method prompt-lookup.",
            gain,
        )
    if is_weak(choice) and found.positions:
        levels, examined = found.positions[-1].position, sum(row.examined for row in found.positions)
        gain = cycle.gain(tau=expected_cycle(GOOD_ALPHA, levels))
        yield Advice(
            "weak draft",
            f"Your draft is rarely right: {share(choice.alpha)} of {examined} examined drafts were accepted, so that a cycle brings "
            f"{speed.tau.value:.2f} tokens (measured). At {100 * GOOD_ALPHA:.0f} % it would be {gain * now:.2f}x instead of {now:.2f}x (modelled).",
            "Take a draft of the target's family, distilled on its own output; check that both see the same text and template.",
            gain,
        )
    yield from _verify(found, cycle, now)
    yield from _other(found, cycle, now)
    yield from _surplus(speed, cycle)


def _context(found: Diagnosis) -> list[Advice]:
    """The draft pays behind a short text and does not where these runs stand."""
    limits = found.limits
    if limits is None or limits.stops_at is None or limits.typical < limits.stops_at or limits.contexts[0].speedup < 1.0:
        return []
    short, here = limits.contexts[0], min(limits.contexts, key=lambda point: abs(point.context - limits.typical))
    return [
        Advice(
            "context too long",
            f"The context is too long for this draft: behind {short.context} tokens a pass of it costs {short.c:.2f} target passes (measured), "
            f"which would give {short.speedup:.2f}x (modelled); behind {here.context}, where these runs stand, it costs {here.c:.2f}, "
            f"or {here.speedup:.2f}x. It stops paying at about {limits.stops_at} tokens.",
            "Shorten the prompts, take a draft whose attention is cheaper at length, or copy from the text instead: --method prompt-lookup.",
            short.speedup / here.speedup,
        )
    ]


def _verify(found: Diagnosis, cycle: _Cycle, now: float) -> Iterator[Advice]:
    limits = found.limits
    if limits is None or not limits.contexts:
        return
    here = min(limits.contexts, key=lambda point: abs(point.context - limits.typical))
    if here.v > DEAR_VERIFY and found.cycle is not None and found.cycle.share("verify") > 0.5:
        gain = cycle.gain(verify=cycle.verify * GOOD_VERIFY / here.v)
        yield Advice(
            "dear verification",
            f"Checking is dear: the target's pass over a whole draft costs {here.v:.2f} passes over one token (measured). "
            f"At {GOOD_VERIFY:g} it would be {gain * now:.2f}x instead of {now:.2f}x (modelled).",
            "Draft fewer tokens, try the other data type (--dtype float32 or bfloat16), or look at the number of threads.",
            gain,
        )


def _other(found: Diagnosis, cycle: _Cycle, now: float) -> Iterator[Advice]:
    assert found.cycle is not None  # noqa: S101  it comes with the speed
    share = found.cycle.share("build", "judge", "commit", "host")
    gain = cycle.gain(other=(cycle.draft + cycle.verify) * GOOD_OTHER / (1 - GOOD_OTHER))
    if share > MUCH_OTHER and gain > WORTH_IT:
        yield Advice(
            "much other work",
            f"Building, judging, committing and the loop take {100 * share:.0f} % of the cycle (measured); at {100 * GOOD_OTHER:.0f} % it would be "
            f"{gain * now:.2f}x instead of {now:.2f}x (modelled).",
            "Passes this short leave the host in charge: use a simpler tree, fewer nodes, or a larger target.",
            gain,
        )


def _surplus(speed: Gap, cycle: _Cycle) -> Iterator[Advice]:
    """Passes that cost more in the run than alone."""
    added = {term.name: term.passes for term in speed.terms if term.stage == "measured"}
    total = sum(added.values())
    if total > SURPLUS * cycle.total:
        named = " and ".join(f"{name} by {passes:.2f}" for name, passes in added.items() if passes > 0)
        yield Advice(
            "passes dearer than alone",
            f"In the run passes cost more than when they are timed alone: of a cycle's {cycle.total:.2f} plain steps, {named} (measured).",
            "The two models push each other out of the caches, or something else uses this machine: end other programs and measure again.",
            cycle.total / (cycle.total - total),
        )
