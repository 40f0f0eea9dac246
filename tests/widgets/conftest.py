from __future__ import annotations

import pytest

from specviz.trace import Trace
from tests.figures.make_trace import alone, chain, copied, make_trace, tree


@pytest.fixture(scope="session")
def trace() -> Trace:
    """Every kind of cycle: a refusal, a tree, plain decoding, copied tokens, a whole chain accepted."""
    return make_trace([chain(2, 4), tree([2, 2, 1], seed=5), alone(3), copied(1, 4), chain(4, 4, seed=9)])
