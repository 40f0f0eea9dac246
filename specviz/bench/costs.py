"""What passes of a pair cost on this machine, as figures for a report."""

from __future__ import annotations

from typing import Any

from specviz.engine.costs import COUNTS, fill, measure
from specviz.errors import UnexpectedValueError
from specviz.model.pair import Pair

_REPEATS = 25
FILLER = range(1, 51)
"""Tokens of a text to stand behind, where only its length matters."""


def measure_costs(pair: Pair, context: int = 200) -> dict[str, Any]:
    """Time passes behind ``context`` tokens of text; medians.

    Returns:
        JSON-ready: ``c``, one draft step over one target step, and ``v`` {m: a target pass over m tokens over one over one}.

    Raises:
        ValueError: when the context leaves no room for the widest pass.
    """
    if context + COUNTS[-1] > pair.drafted_context:
        raise UnexpectedValueError(f"context + {COUNTS[-1]} positions within the pair's {pair.drafted_context}", str(context + COUNTS[-1]))
    with pair.held():
        for model in (pair.target, pair.draft):
            if model is not None:
                fill(model, FILLER, context)
        costs = measure(pair, has_model=pair.draft is not None, repeats=_REPEATS)
    return {"context": context, "c": round(costs.draft, 4), "v": {m: round(v, 4) for m, v in costs.verify}}
