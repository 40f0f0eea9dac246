"""What one pass costs: c and v(m) of a pair, measured on this machine."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Any

from specviz.engine.clock import synchronize
from specviz.model.loader import Model
from specviz.model.pair import Pair

WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 24, 32, 48, 64)
_PASSES = 8  # timed together: one alone is shorter than the clock is steady


def measure_costs(pair: Pair, context: int = 200, widths: tuple[int, ...] = WIDTHS, repeats: int = 9) -> dict[str, Any]:
    """Time passes behind ``context`` tokens of text, all kinds in turn; medians over ``repeats``.

    Returns:
        JSON-ready: ``target_ms`` of one token, ``draft_ms`` of one draft step, ``c`` their ratio (None without a draft), and
        ``v`` {m: time of a pass over m tokens divided by that over one}.

    Raises:
        ValueError: when the context leaves no room for the widest pass.
    """
    with pair.held():
        if context + max(widths) > pair.context:
            raise ValueError(f"expected context + {max(widths)} positions within the pair's {pair.context}, got {context + max(widths)}")
        models = [pair.target] if pair.draft is None else [pair.target, pair.draft]
        for model in models:
            model.cache.rollback(0)
            model.score([1 + i % 50 for i in range(context)], rows=1)
        tasks = [(pair.target, m) for m in widths] + ([(pair.draft, 1)] if pair.draft else [])
        seconds: list[list[float]] = [[] for _ in tasks]
        for repeat in range(repeats + 1):  # the first one warms up
            for times, (model, m) in zip(seconds, tasks, strict=True):
                taken = _time(model, context, m)
                if repeat:
                    times.append(taken)
    milliseconds = [median(times) * 1e3 for times in seconds]
    target_ms, draft_ms = milliseconds[widths.index(1)], milliseconds[-1] if pair.draft else None
    return {
        "context": context,
        "target_ms": round(target_ms, 4),
        "draft_ms": None if draft_ms is None else round(draft_ms, 4),
        "c": None if draft_ms is None else round(draft_ms / target_ms, 4),
        "v": {m: round(ms / target_ms, 4) for m, ms in zip(widths, milliseconds, strict=False)},
    }


def _time(model: Model, context: int, width: int) -> float:
    tokens = [5 + i for i in range(width)]
    begin = perf_counter()
    for _ in range(_PASSES):
        model.cache.rollback(context)
        model.score(tokens)
    synchronize(model.device)
    return (perf_counter() - begin) / _PASSES
