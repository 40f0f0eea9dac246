"""The threads of the loops: as many as PyTorch's own operators have, and quick to sleep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.np.ufunc.parallel import get_num_threads, set_num_threads, threading_layer

from specviz.errors import UnsolvedError
from specviz.kernels.few_rows.compiled_pass import run

_SPIN = {"GOMP_SPINCOUNT": "3000"}
"""How long a thread that waits keeps its processor: over the gaps within a pass, not over the rest of a cycle, when others need it."""
_MOST: int = get_num_threads()
"""Threads that numba was started with."""
_begun: list[bool] = []


def run_on(threads: int, *arguments: Any) -> None:  # noqa: ANN401  those of ``compiled_pass.run``, less its number of parts
    """Make a pass on so many threads, or as many as numba was started with.

    Raises:
        UnsolvedError: where numba's threads are of a kind that ends the process when two threads of Python ask for them at once: the app has many.
    """
    count = max(1, min(threads, _MOST))
    if _begun:
        set_num_threads(count)
        run(*arguments[:14], count, *arguments[14:])
        return
    with _environment(_SPIN):  # read when numba's threads begin, once a process
        set_num_threads(count)
        run(*arguments[:14], count, *arguments[14:])
    if threading_layer() not in ("omp", "tbb"):
        raise UnsolvedError("threads by OpenMP or TBB", f"those called {threading_layer()!r}", "install libgomp or tbb")
    _begun.append(True)


@contextmanager
def _environment(names: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment that nobody has set, for a while."""
    new = {name: value for name, value in names.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)
