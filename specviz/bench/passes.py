"""What holds a pass: the time its bytes must take, its operations by name, and how it grows with the text behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from specviz.bench.costs import FILLER
from specviz.bench.measure import report_head
from specviz.bench.roofline import measure_machine, shape_of
from specviz.engine.costs import fill, in_rounds, time_together
from specviz.errors import UnexpectedValueError
from specviz.model.attention import Bias, attend, bias_over
from specviz.model.cache import KVCache
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.theory.roofline import memory_seconds

CONTEXTS = (64, 128, 256, 512, 1000)
GAMMA = 5
_OPERATIONS = 8
_PROFILED = 20


def bench_passes(
    open_with: Callable[[str], Pair],
    dtypes: Sequence[str] = ("bfloat16", "float32"),
    *,
    contexts: Sequence[int] = CONTEXTS,
    gamma: int = GAMMA,
    rounds: int = 41,
) -> dict[str, Any]:
    """Time the passes of plain decoding and of a chain's cycle behind texts of several lengths, beside what they cannot do without.

    Args:
        open_with: loads the pair at a data type.
        dtypes: names of data types.
        contexts: tokens of text before the pass, rising.
        gamma: drafts of a cycle, which costs gamma draft passes and one target pass over gamma + 1 tokens.
        rounds: of which the median counts; passes take turns within one.

    Returns:
        JSON-ready: for every data type the floor of a one-token step (its bytes over the measured bandwidth), the step itself, what its time
        goes to, and for every context the passes and the time of their attention alone.

    Raises:
        ValueError: when a context leaves no room for the widest pass, or there is no draft.
    """
    report = report_head("single passes, greedy cycle: medians of interleaved rounds") | {"gamma": gamma, "rounds": rounds, "passes": {}}
    for dtype in dtypes:
        pair = open_with(dtype)
        if pair.draft is None:
            raise UnexpectedValueError("a pair with a draft model", f"{pair.name!r} without one", "name one with --draft")
        if contexts[-1] + gamma + 1 > pair.drafted_context:
            raise UnexpectedValueError(f"contexts of at most {pair.drafted_context - gamma - 1} tokens", str(contexts[-1]), "give shorter ones")
        with pair.held():
            report["pair"] = f"{pair.target.name} with {pair.draft.name}"
            report["passes"][dtype] = _floor(pair.target, contexts[0], rounds) | {
                "contexts": [_behind(pair.target, pair.draft, context, gamma, rounds) for context in contexts]
            }
    return report


def _floor(model: Model, context: int, rounds: int) -> dict[str, Any]:
    machine, shape = measure_machine(model), shape_of(model)
    fill(model, FILLER, context)
    step = median(in_rounds(lambda _: model.score([1]), [1], rounds, model.device, lambda: model.cache.rollback(context))[1])
    floor = memory_seconds(shape, machine, context=context)
    return {
        "bandwidth_gb_s": round(machine.bandwidth / 1e9, 1),
        "floor_ms": round(floor * 1e3, 6),
        "step_ms": round(step * 1e3, 4),
        "of_floor": round(step / floor, 3),
        "operations": _operations(model, context),
    }


def _operations(model: Model, context: int) -> dict[str, float]:
    """Shares of a one-token step's processor time by PyTorch's names of the operations, the largest first."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(_PROFILED):
            model.score([1])
            model.cache.rollback(context)
    times = {event.key: event.self_cpu_time_total for event in profiled.key_averages()}
    total = sum(times.values())
    largest = sorted(times, key=times.__getitem__, reverse=True)[:_OPERATIONS]
    return {name: round(times[name] / total, 3) for name in largest}


def _behind(target: Model, draft: Model, context: int, gamma: int, rounds: int) -> dict[str, float]:
    """Passes and their attention as a run has them: each finds the caches as what comes before it there has left them."""
    for model in (target, draft):
        fill(model, FILLER, context)
    read = {count: [1] * count for count in (1, gamma + 1)}
    passes, drafts = time_together(target, draft, read, list(read), [1], steps=gamma, rounds=rounds)
    alone: list[tuple[Model, Callable[[], None]]] = [
        (model, _attention(model.cache, model.config.heads, n)) for model, n in ((target, 1), (target, gamma + 1), (draft, 1))
    ]

    def back() -> None:
        for model in (target, draft):
            model.cache.rollback(context)

    # attention that comes right after another over the same memory would find that in the cache
    attention = in_rounds(lambda i: alone[i][1](), range(len(alone)), rounds, target.device, back, before=lambda i: alone[i][0].score([1]))
    step, verify, draft_step = (median(times) * 1e3 for times in (passes[1], passes[gamma + 1], drafts[1]))
    of_step, of_verify, of_draft = (median(times) * 1e3 for times in attention.values())
    return {
        "context": context,
        "step_ms": round(step, 4),
        "cycle_ms": round(gamma * draft_step + verify, 4),
        "attention_of_step_ms": round(of_step, 4),
        "attention_of_cycle_ms": round(gamma * of_draft + of_verify, 4),
    }


def _attention(cache: KVCache, heads: int, n: int) -> Callable[[], None]:
    """The attention of a pass over n tokens behind the text in this cache, all layers, and nothing else."""
    end, layers = cache.length + n, cache.buffer.shape[1]
    queries = torch.ones(1, heads, n, cache.buffer.shape[-1], dtype=cache.dtype, device=cache.buffer.device)
    bias = None if n == 1 else Bias(bias_over(None, n, cache.length, cache.dtype, cache.buffer.device))

    @torch.inference_mode()
    def run() -> None:
        for layer in range(layers):
            attend(queries, cache.buffer[0, layer, None, :, :end], cache.buffer[1, layer, None, :, :end], bias)

    return run
