"""What takes too long for a test: that optimised passes write what plain ones write, and that memory stays where it is over many runs."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from specviz.bench.measure import pair_facts, report_head, unrecorded
from specviz.engine.run import generate
from specviz.engine.settings import RunSettings
from specviz.kernels.packed_linear import plain_linear
from specviz.kernels.rms_norm import plain_rms_norm
from specviz.methods import METHODS
from specviz.model import transformer
from specviz.model.pair import Pair

MARKS = 10
"""How often memory is read during a soak."""
_STATM = Path("/proc/self/statm")


def bench_endurance(
    load: Callable[[], Pair], prompts_for: Callable[[Pair], Sequence[list[int]]], *, new_tokens: int = 64, runs: int = 1000, tokens_a_run: int = 16
) -> dict[str, Any]:
    """Decode every prompt with optimised passes and with their plain twins, then many short runs in one process.

    Args:
        load: loads the pair, anew at each call.
        prompts_for: the prompts, as token ids, for a pair.
        new_tokens: of each prompt, for the comparison.
        runs: of the soak, recorded in full, each thrown away.
        tokens_a_run: new tokens of each of them.

    Returns:
        JSON-ready: ``same_as_plain_twin`` (prompts whose chain, on optimised passes, is token for token the plain decoding of plain passes) and
        ``resident_mb``, what the process holds after equal shares of the soak, the first after one share to settle.
    """
    pair = load()
    prompts = prompts_for(pair)
    report = report_head("greedy text of optimised passes against their plain twins, and memory over a soak of short runs") | pair_facts(pair)
    settings = RunSettings(new_tokens)
    twin = plain_twin(load)
    chain, plain = unrecorded(pair, METHODS["chain"], settings), unrecorded(twin, METHODS["autoregressive"], settings)
    same = sum(chain(prompt) == plain(prompt) for prompt in prompts)
    del twin, plain
    return report | {
        "prompts": len(prompts),
        "new_tokens": new_tokens,
        "same_as_plain_twin": same,
        "soak": {"runs": runs, "tokens_a_run": tokens_a_run, "resident_mb": _soak(pair, prompts, runs, tokens_a_run)},
    }


def plain_twin(load: Callable[[], Pair]) -> Pair:
    """The pair with no optimised product or norm in its passes."""
    with patch.object(transformer, "packed_linear", plain_linear), patch.object(transformer, "fused_rms_norm", plain_rms_norm):
        return load()


def _soak(pair: Pair, prompts: Sequence[list[int]], runs: int, tokens: int) -> list[float | None]:
    held = []
    for run in range(runs):
        generate(pair, prompts[run % len(prompts)], max_new_tokens=tokens)
        if (run + 1) * MARKS % runs < MARKS:  # another share is over
            gc.collect()
            held.append(resident_mb())
    return held


def resident_mb() -> float | None:
    """Memory this process holds, in MB; None on a system that does not say it as Linux does."""
    return round(int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1) if _STATM.exists() else None
