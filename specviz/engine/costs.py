"""What a pass costs here and now: c and v(m), measured on the pair behind the text it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, count as numbers
from math import inf
from statistics import median
from time import perf_counter
from weakref import WeakKeyDictionary

import torch

from specviz.combinations import has_law
from specviz.engine.clock import synchronize
from specviz.methods import Method
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.types import Costs

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
FEW = (1, 2, 4, 8, 16, 32, 64)
"""What is tried where time is short: v(m) is close to straight between these."""
REPEATS = 5
START_S = 0.6  # of a run's first second: what it has for measuring before it decodes
_STEPS = 4  # draft passes in a row while they are timed
_SETTLING = 4  # passes alike until a cache that holds part of the weights holds the part that helps most: the first are up to a sixth dearer
_STANDS_OUT = 1.5
_GUESSED_RISE = 0.05  # of v(m) for another token, where nothing could be measured: about that of large models on processors [modelled]
_CHUNK = 256  # a long text is read in pieces, for one mask over all of it would be large

Passes = tuple[dict[int, list[float]], dict[int, list[float]]]
"""Seconds of target passes and of draft passes, by tokens of a pass, a figure a round."""

Agree = Callable[[int], int]
"""What one row would do next, of a measurement that several make at once -> what all of them do: as the first to ask."""


@dataclass
class _Known:
    """What a pair has met, with a draft model and without: its costs, and what was decided while they were measured."""

    costs: dict[bool, Costs] = field(default_factory=dict)
    decided: defaultdict[bool, list[int]] = field(default_factory=lambda: defaultdict(list))


_known: WeakKeyDictionary[Pair, _Known] = WeakKeyDictionary()
_in_batches: WeakKeyDictionary[Pair, defaultdict[int, _Known]] = WeakKeyDictionary()


def settled(pair: Pair, method: Method) -> Method:
    """The method with its costs measured, if it needs some that were not given: once a pair, so that the runs of a process repeat."""
    if not method.is_costed:
        return method
    has_model = method.drafter is not None and has_law(method.drafter)
    known = _known.setdefault(pair, _Known())
    if has_model not in known.costs:
        known.costs[has_model] = measure(pair, has_model=has_model, seconds=START_S, agree=_first_of(known.decided[has_model]))
    return replace(method, costs=known.costs[has_model])


def share_costs(pair: Pair, row: Pair, rows: int) -> None:
    """Let a row of a batch know the costs that batches of ``rows`` rows over this pair have met.

    The first batch finds them: its rows time the same passes at the same moment, so each times the pass of them all.
    """
    _known[row] = _in_batches.setdefault(pair, defaultdict(_Known))[rows]


def _first_of(decided: list[int]) -> Agree:
    """One row's way through the decisions: those that others have made before it count."""
    places = numbers()

    def agree(wanted: int) -> int:
        place = next(places)
        if place == len(decided):
            decided.append(wanted)
        return decided[place]

    return agree


def measure(pair: Pair, *, has_model: bool = True, repeats: int = REPEATS, seconds: float = inf, agree: Agree = lambda wanted: wanted) -> Costs:
    """Time passes over 1, 2, 3, ... tokens after the text in the caches, which are left as they were.

    Medians of ``repeats`` rounds after one to warm up, never below the time of fewer tokens, since noise is no reason to draft more, and without
    single figures that stand out. What no longer fits the memory is left out, and so is what does not fit the time; then v(m) goes on as it
    rose before. Without ``has_model`` a draft costs nothing: it is copied.

    Args:
        pair: whose passes.
        has_model: whether the draft model drafts.
        repeats: most rounds.
        seconds: what all passes may take together; the first of each model is made in any case.
        agree: what keeps several rows in step that measure at once.
    """
    target, draft = pair.target, pair.draft if has_model else None
    room = target.capacity - target.cache.length
    counts = [count for count in COUNTS if count == 1 or count <= room]
    if seconds == inf:
        verified, drafted = time_together(target, draft, zeros(counts), counts, [1], steps=_STEPS, rounds=repeats)
    else:
        verified, drafted = _within(target, draft, counts, repeats, seconds, agree)
    return _costs(verified, drafted)


def zeros(counts: Iterable[int]) -> dict[int, list[int]]:
    """Tokens for passes over so many, where it does not matter which."""
    return {count: [0] * count for count in counts}


def _costs(verified: Mapping[int, list[float]], drafted: Mapping[int, list[float]]) -> Costs:
    one, *more = map(_usual, verified.values())
    v = steadied([1.0, *(seconds / one for seconds in more)])
    verify = tuple(zip(verified, accumulate(v, max), strict=True))
    if not more:  # a plain step alone takes all the time there is, or the memory holds no more
        verify += ((COUNTS[-1], 1.0 + _GUESSED_RISE * (COUNTS[-1] - 1)),)
    return Costs(_usual(drafted[1]) / one if drafted else 0.0, verify)


def _usual(taken: Sequence[float]) -> float:
    """The median; of fewer than three, which cannot outvote a disturbed one, the quickest."""
    return median(taken) if len(taken) > 2 else min(taken)


def steadied(values: Sequence[float]) -> list[float]:
    """The same curve without figures that stand out alone: far above both neighbours, which a pass over more tokens cannot cost less than.

    A curve that rises, steps up or has a broad hump stays as it is.
    """
    kept = list(values)
    for i, (before, value, after) in enumerate(zip(values, values[1:], values[2:], strict=False), start=1):
        if value > _STANDS_OUT * max(before, after):
            kept[i] = max(before, after)
    return kept


def _within(target: Model, draft: Model | None, counts: Sequence[int], repeats: int, seconds: float, agree: Agree) -> Passes:
    """As :func:`time_together`, in about so many seconds: the counts and rounds that fit, by a first look at each pass."""
    begin = perf_counter()
    seen = _glance(target, [count for count in counts if count in FEW], seconds / 2, agree)
    step = _glance(draft, [1], seconds / 4, agree)[1] if draft is not None else 0.0
    company = sum(_STEPS * step if draft is not None else seen[m] for m in seen if m > 1)
    round_s = sum(seen.values()) + company + _SETTLING * seen[1] + _STEPS * step + seen[max(m for m in seen if m <= _STEPS)]
    rounds = agree(min(repeats, int((seconds - (perf_counter() - begin)) / round_s) - 1))  # one more warms up
    if rounds < 1:
        return {count: [taken] for count, taken in seen.items()}, {1: [step]} if draft is not None else {}
    return time_together(target, draft, zeros(seen), list(seen), [1], steps=_STEPS, rounds=rounds)


def _glance(model: Model, counts: Sequence[int], seconds: float, agree: Agree) -> dict[int, float]:
    """Seconds of one pass over each of these counts, as long as the next is expected to end in time; over the first in any case.

    A pass that takes longer than so many tokens should is made again: it was prepared, or disturbed.
    """
    begin, seen = perf_counter(), dict[int, float]()
    for count in counts:
        expected = max((taken * count / fewer for fewer, taken in [*seen.items()][-1:]), default=0.0)
        if seen and agree(perf_counter() - begin + expected > seconds):
            break
        taken = _one_pass(model, count)
        if agree(taken > expected and perf_counter() - begin + taken < seconds):
            taken = min(taken, _one_pass(model, count))
        seen[count] = taken
    return seen


def _one_pass(model: Model, count: int) -> float:
    length = model.cache.length
    synchronize(model.device)
    begin = perf_counter()
    model.score([0] * count)
    synchronize(model.device)
    taken = perf_counter() - begin
    model.cache.rollback(length)
    return taken


def time_together(
    target: Model, draft: Model | None, read: Mapping[int, list[int]], counts: Sequence[int], draft_counts: Sequence[int], *, steps: int, rounds: int
) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """Seconds of target passes over each of ``counts`` tokens and of draft passes over each of ``draft_counts``, a figure a round, as a run has them.

    Each finds the processor's caches as the passes before it left them: a target pass over one token comes after some others such, as in plain
    decoding, one over more after ``steps`` draft passes, and a draft pass is one of ``steps`` in a row after a target pass. The memories are
    left as they were.

    Args:
        target: whose passes verify.
        draft: whose passes draft; None where nothing drafts with a model.
        read: the tokens of a pass over so many.
        counts: of the target, rising from 1.
        draft_counts: of the draft.
        steps: draft passes of a cycle.
        rounds: after one that warms up.
    """
    lengths = [(model, model.cache.length) for model in (target, draft) if model is not None]
    widest = max(count for count in counts if count <= steps + 1)

    def back() -> None:
        for model, length in lengths:
            model.cache.rollback(length)

    def verify(m: int) -> None:
        target.score(read[m])

    def drafts(m: int) -> None:
        assert draft is not None  # noqa: S101  asked for only where there is one
        length = draft.cache.length
        for _ in range(steps):
            draft.score(read[m])
            draft.cache.rollback(length)

    def before_verifying(m: int) -> None:
        for _ in range(_SETTLING if m == 1 else 1):
            if m == 1 or draft is None:
                verify(m)
            else:
                drafts(1)
            back()

    def before_drafting(_: int) -> None:
        verify(widest)
        back()

    verified = in_rounds(verify, counts, rounds, target.device, back, before_verifying)
    if draft is None:
        return verified, {}
    drafted = in_rounds(drafts, draft_counts, rounds, target.device, back, before_drafting)
    return verified, {m: [seconds / steps for seconds in taken] for m, taken in drafted.items()}


def fill(model: Model, text: Sequence[int], length: int) -> None:
    """Empty the model's memory and read ``length`` tokens: ``text``, set end to end."""
    model.cache.rollback(0)
    while model.cache.length < length:
        start = model.cache.length
        model.score(repeat(text, start, min(_CHUNK, length - start)), rows=1)


def repeat(text: Sequence[int], start: int, count: int) -> list[int]:
    """``count`` tokens from place ``start`` of the text set end to end."""
    return [text[(start + i) % len(text)] for i in range(count)]


def time_passes(model: Model, read: Mapping[int, list[int]], rounds: int) -> dict[int, list[float]]:
    """Seconds of passes over each of these lists of tokens behind the text in the cache, which is left as it was."""
    length = model.cache.length
    return in_rounds(lambda m: model.score(read[m]), read, rounds, model.device, after=lambda: model.cache.rollback(length))


def in_rounds(
    work: Callable[[int], object],
    counts: Iterable[int],
    rounds: int,
    device: torch.device,
    after: Callable[[], object] = lambda: None,
    before: Callable[[int], object] = lambda _: None,
) -> dict[int, list[float]]:
    """Seconds of ``work(m)`` for each m, a figure a round after one round that warms up; ``before(m)`` and ``after()`` are not timed.

    The counts take turns, so that a busy moment of the machine spoils one round of all of them and not all rounds of one.
    """
    times: dict[int, list[float]] = {m: [] for m in counts}
    for index in range(rounds + 1):
        for m, taken in times.items():
            before(m)
            synchronize(device)
            begin = perf_counter()
            work(m)
            synchronize(device)
            if index:
                taken.append(perf_counter() - begin)
            after()
    return times
