"""When the loops are compiled: once a processor and a type of numbers, in a process of their own, while the plain twin serves.

numba keeps what it compiled beside the source, or in the user's cache where that cannot be written. A mark in the same folder says that it is
there: to find out by asking for it would compile it on the spot, which takes some ten seconds.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from time import time

import llvmlite.binding
import numba
import numpy as np

from specviz.kernels.few_rows.compiled_pass import run
from specviz.kernels.few_rows.weights import STORED

_ROOT = Path(__file__).parents[3]
_GIVEN_UP_S = 300.0
"""A process that compiles and has said nothing for so long is no longer counted on."""


def is_compiled(dtype: str) -> bool:
    """Whether the loops over weights of this type are there."""
    return _mark(dtype).exists()


def compile_now(dtype: str) -> None:
    """Compile the loops for weights of this type, or read them where they are compiled, by running them on a model of one layer."""
    stored = STORED[dtype]
    row, head = np.ones((1, 2), np.float32), np.ones((1, 1, 1, 1, 2), np.float32)
    starts, places = np.zeros((2, 4), np.int64), np.zeros((2, 8, 2), np.int64)
    places[:, [0, 5], 1] = 2
    half, seen, room = np.ones((1, 1), np.float32), np.ones((1, 1), np.uint8), [np.zeros((1, 8), np.float32) for _ in range(6)]
    weights, vectors = np.zeros(16, stored), np.ones(2, np.float32)
    run(
        row, weights, starts, vectors, places, head[0].copy(), head[0].copy(), 0, half, half, seen, (1, 1, 2), 1, np.float32(1e-6), 1, *room,
        np.zeros((1, 2), np.float32),
    )  # fmt: skip
    mark = _mark(dtype)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def compile_in_background(dtype: str) -> None:
    """Begin to compile in another process, unless one does so already; nothing is waited for, and nothing is lost if it fails."""
    begun = _mark(dtype).with_suffix(".begun")
    try:
        begun.parent.mkdir(parents=True, exist_ok=True)
        if begun.exists() and time() - begun.stat().st_mtime < _GIVEN_UP_S:
            return
        begun.touch()
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        subprocess.Popen(  # noqa: S603  this very interpreter, on a module of ours
            [sys.executable, "-m", "specviz.kernels.few_rows.compiling", dtype],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
    except OSError:
        pass  # where nothing can be written or started, the plain twin goes on serving


def _mark(dtype: str) -> Path:
    return Path(run.stats.cache_path) / f"specviz-{_key()}-{dtype}"


def _key() -> str:
    """What the compiled loops depend on: their source, numba, Python, and the processor."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    features = llvmlite.binding.get_host_cpu_features().flatten()
    digest.update(f"{numba.__version__} {sys.version} {llvmlite.binding.get_host_cpu_name()} {features}".encode())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        compile_now(name)
