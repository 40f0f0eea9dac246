"""specviz: speculative decoding made visible.

    import specviz as sv
    pair = sv.load_pair("tiny")
    run = sv.generate(pair, "def quicksort(", method="chain")
    sv.figures.draft_tree(run.trace, cycle=3)

Names are imported when they are first used, so reading traces and drawing never load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specviz import figures, theory
    from specviz.bench.compare import Comparison, compare
    from specviz.engine.run import Run, Stream, generate, stream
    from specviz.methods import METHODS, Method
    from specviz.model.pair import Pair, load_pair
    from specviz.trace import Trace, load_trace

_WHERE = {
    "load_pair": "specviz.model.pair",
    "Pair": "specviz.model.pair",
    "generate": "specviz.engine.run",
    "stream": "specviz.engine.run",
    "Run": "specviz.engine.run",
    "Stream": "specviz.engine.run",
    "compare": "specviz.bench.compare",
    "Comparison": "specviz.bench.compare",
    "Method": "specviz.methods",
    "METHODS": "specviz.methods",
    "load_trace": "specviz.trace",
    "Trace": "specviz.trace",
    "figures": "",
    "theory": "",
}

__all__ = [
    "METHODS",
    "Comparison",
    "Method",
    "Pair",
    "Run",
    "Stream",
    "Trace",
    "compare",
    "figures",
    "generate",
    "load_pair",
    "load_trace",
    "stream",
    "theory",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  a module's attributes have every type
    """Import a public name on first use."""
    if name not in _WHERE:
        raise AttributeError(f"module 'specviz' has no attribute {name!r}; it has {', '.join(sorted(_WHERE))}")
    value = getattr(import_module(_WHERE[name]), name) if _WHERE[name] else import_module(f"specviz.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(_WHERE)
