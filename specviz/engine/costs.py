"""What a pass costs here and now: c and v(m), measured on the pair behind the text it holds."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from time import perf_counter
from weakref import WeakKeyDictionary

from specviz.combinations import has_law
from specviz.engine.clock import synchronize
from specviz.methods import Method
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.types import Costs

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
REPEATS = 5

_known: WeakKeyDictionary[Pair, dict[bool, Costs]] = WeakKeyDictionary()


def settled(pair: Pair, method: Method) -> Method:
    """The method with its costs measured, if it needs some that were not given: once a pair, so that the runs of a process repeat."""
    if not method.is_costed:
        return method
    has_model = method.drafter is not None and has_law(method.drafter)
    known = _known.setdefault(pair, {})
    if has_model not in known:
        known[has_model] = measure(pair, has_model=has_model)
    return replace(method, costs=known[has_model])


def measure(pair: Pair, *, has_model: bool = True, repeats: int = REPEATS) -> Costs:
    """Time passes over 1, 2, 3, ... tokens after the text in the caches, which are left as they were.

    Medians of ``repeats`` after one pass to warm up; never below the time of fewer tokens, since noise is no reason to draft more. What no
    longer fits the memory is left out. Without ``has_model`` a draft costs nothing: it is copied.
    """
    one = _seconds(pair.target, 1, repeats)
    verify = [(1, 1.0)]
    for count in COUNTS[1:]:
        if pair.target.cache.length + count <= pair.target.capacity:
            verify.append((count, max(_seconds(pair.target, count, repeats) / one, verify[-1][1])))
    return Costs(_seconds(pair.draft, 1, repeats) / one if has_model and pair.draft else 0.0, tuple(verify))


def _seconds(model: Model, count: int, repeats: int) -> float:
    length = model.cache.length
    times = []
    for _ in range(repeats + 1):
        begin = perf_counter()
        model.score([0] * count)
        synchronize(model.device)
        times.append(perf_counter() - begin)
        model.cache.rollback(length)
    return median(times[1:])
