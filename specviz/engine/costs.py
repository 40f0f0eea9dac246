"""What a pass costs here and now: c and v(m), measured on the pair behind the text it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
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
REPEATS = 5
_DRAFT = 0  # among counts of tokens that the target reads: one step of the draft
_CHUNK = 256  # a long text is read in pieces, for one mask over all of it would be large

_known: WeakKeyDictionary[Pair, dict[bool, Costs]] = WeakKeyDictionary()
_in_batches: WeakKeyDictionary[Pair, dict[int, dict[bool, Costs]]] = WeakKeyDictionary()


def settled(pair: Pair, method: Method) -> Method:
    """The method with its costs measured, if it needs some that were not given: once a pair, so that the runs of a process repeat."""
    if not method.is_costed:
        return method
    has_model = method.drafter is not None and has_law(method.drafter)
    known = _known.setdefault(pair, {})
    if has_model not in known:
        known[has_model] = measure(pair, has_model=has_model)
    return replace(method, costs=known[has_model])


def share_costs(pair: Pair, row: Pair, rows: int) -> None:
    """Let a row of a batch know the costs that batches of ``rows`` rows over this pair have met.

    The first batch finds them: its rows time the same passes at the same moment, so each times the pass of them all.
    """
    _known[row] = _in_batches.setdefault(pair, {}).setdefault(rows, {})


def measure(pair: Pair, *, has_model: bool = True, repeats: int = REPEATS) -> Costs:
    """Time passes over 1, 2, 3, ... tokens after the text in the caches, which are left as they were.

    Medians of ``repeats`` rounds after one to warm up; never below the time of fewer tokens, since noise is no reason to draft more. What no
    longer fits the memory is left out. Without ``has_model`` a draft costs nothing: it is copied.
    """
    target, draft = pair.target, pair.draft if has_model else None
    room = target.capacity - target.cache.length
    counts = [count for count in COUNTS if count == 1 or count <= room]
    lengths = [(model, model.cache.length) for model in (target, draft) if model is not None]

    def step(count: int) -> None:
        if draft is not None and count == _DRAFT:
            draft.score([0])
        else:
            target.score([0] * count)

    def back() -> None:
        for model, length in lengths:
            model.cache.rollback(length)

    times = in_rounds(step, [*counts, *([_DRAFT] if draft is not None else [])], repeats, target.device, back)
    one = median(times[1])
    verify = [(1, 1.0)]
    for count in counts[1:]:
        verify.append((count, max(median(times[count]) / one, verify[-1][1])))
    return Costs(median(times[_DRAFT]) / one if draft is not None else 0.0, tuple(verify))


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
    work: Callable[[int], object], counts: Iterable[int], rounds: int, device: torch.device, after: Callable[[], object] = lambda: None
) -> dict[int, list[float]]:
    """Seconds of ``work(m)`` for each m, a figure a round after one round that warms up; ``after`` is not timed.

    The counts take turns, so that a busy moment of the machine spoils one round of all of them and not all rounds of one.
    """
    times: dict[int, list[float]] = {m: [] for m in counts}
    for index in range(rounds + 1):
        for m, taken in times.items():
            begin = perf_counter()
            work(m)
            synchronize(device)
            if index:
                taken.append(perf_counter() - begin)
            after()
    return times
