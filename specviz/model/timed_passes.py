"""How long the passes of a run take in each type of numbers, on layers of random weights: as many as it takes for weights to come from memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from math import inf
from time import perf_counter

import torch
from torch import Tensor

from specviz.kernels import quick
from specviz.kernels.remembered import Times
from specviz.model.cache import KVCache
from specviz.model.config import ModelConfig
from specviz.model.random_weights import random_tensors
from specviz.model.transformer import Transformer

CANDIDATES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
COUNTS = (1, 4, 8, 32)
"""Tokens of the passes: a plain step, verifications, a piece of a prompt."""
ALONE = "one thread"
_BEHIND = 64
_ROUNDS, _FEWEST = 12, 2
_SECONDS = 0.8  # for all rounds; the first is made in any case
_CLEAR = 1.35  # a type that is slower by this much over all passes is not timed on
_HOPELESS = 8.0  # ... and one that is slower by this much over some tokens not even over more
_TRAFFIC = 96 << 20  # bytes of float32 weights that a pass goes through, as far as the model has them: more than a processor's caches hold
_FEWEST_LAYERS = 2
_VOCAB = 128  # the head is no part of the question
_WIDEST, _HIDDEN, _HEADS = 1024, 4096, 16  # of a larger model, layers cut down to this: in float32 a whole one may not fit the memory
_CPU = torch.device("cpu")

Quickest = dict[tuple[str, int], float]
"""Seconds of the quickest pass so far, by type and number of tokens."""


def named(dtype: str, count: int) -> str:
    """How a pass is called among the times."""
    return f"{dtype} {count}"


def part_of(shape: ModelConfig) -> ModelConfig:
    """Some layers of this shape, cut down where they are large; of another architecture Llama-style ones of its sizes."""
    sharing = shape.heads // shape.kv_heads
    kv_heads = max(1, min(shape.kv_heads, _HEADS // sharing))
    part = replace(
        shape,
        family="llama",
        vocab=_VOCAB,
        tied_head=True,
        rope={"rope_type": "default", "rope_theta": 10_000.0},
        width=min(shape.width, _WIDEST),
        hidden=min(shape.hidden, _HIDDEN),
        heads=kv_heads * sharing,
        kv_heads=kv_heads,
        head_width=2 * (shape.head_width // 2),
    )
    entries = part.width * part.head_width * (2 * part.heads + 2 * part.kv_heads) + 3 * part.width * part.hidden
    return replace(part, layers=min(shape.layers, max(_FEWEST_LAYERS, _TRAFFIC // (4 * entries))))


def measure(part: ModelConfig, *, is_native: bool = True) -> Times:
    """Seconds of passes in both types, taking turns; the quickest of the rounds counts.

    The answer is kept for long, and a busy machine slows a median down by any factor, but hardly ever every one of the rounds. A type that
    cannot be built is left out, and so are passes of one that is hopelessly slower over fewer tokens. Unless the pass ``is_native`` it is
    made of plain twins, as that of transformers is.
    """
    candidates = _candidates(part, is_native=is_native)
    quickest: Quickest = {}
    begin = perf_counter()
    for done in range(_ROUNDS):
        if (done and perf_counter() - begin > _SECONDS) or (done >= _FEWEST and _is_clear(quickest)):
            break
        for count in COUNTS:
            for name, candidate in candidates.items():
                if not _is_hopeless(name, count, quickest):
                    quickest[name, count] = min(quickest.get((name, count), inf), candidate.seconds(count))
    alone = {f"{ALONE} {name}": seconds for name, seconds in _by_one_thread(candidates).items()}
    return {named(*what): seconds for what, seconds in quickest.items()} | alone


def _is_hopeless(name: str, count: int, quickest: Quickest) -> bool:
    """Whether a type was so much slower over fewer tokens that its passes over these would only cost time."""
    fewer = [timed for timed in COUNTS if timed < count and (name, timed) in quickest]
    return any(quickest[name, timed] > _HOPELESS * quickest.get((other, timed), inf) for timed in fewer for other in CANDIDATES)


def _is_clear(quickest: Quickest) -> bool:
    sums = [sum(quickest.get((name, count), inf) for count in COUNTS) for name in CANDIDATES]
    return max(sums) > _CLEAR * min(sums)


def _by_one_thread(candidates: Mapping[str, _Candidate]) -> Times:
    """Seconds of a plain step by one thread, where there are several; their number is as before afterwards."""
    threads = torch.get_num_threads()
    if threads == 1:
        return {}
    torch.set_num_threads(1)
    try:
        return {name: min(candidate.seconds(1) for _ in range(3)) for name, candidate in candidates.items()}
    finally:
        torch.set_num_threads(threads)


@dataclass(frozen=True)
class _Candidate:
    """Layers in one type of numbers, behind a text."""

    model: Transformer
    cache: KVCache

    def seconds(self, count: int) -> float:
        """Of a pass over so many tokens."""
        tokens = torch.arange(count, device=_CPU)
        begin = perf_counter()
        self.model.forward(tokens, self.cache)
        taken = perf_counter() - begin
        self.cache.rollback(_BEHIND)
        return taken


def _candidates(part: ModelConfig, *, is_native: bool) -> dict[str, _Candidate]:
    tensors, made = _alike(part), {}
    for name, dtype in CANDIDATES.items():
        form = quick.form_of(_CPU, dtype, part.layers, part.width, part.hidden)
        candidate = quick.attempted("16-bit numbers", form, partial(_built, part, tensors, dtype, is_native=is_native))
        if candidate is not None:
            made[name] = candidate
    return made


def _built(part: ModelConfig, tensors: Callable[[str], Tensor | None], dtype: torch.dtype, *, is_native: bool) -> _Candidate:
    capacity = _BEHIND + max(COUNTS)
    with nullcontext() if is_native else quick.plainly():
        model = Transformer(part, tensors, capacity, _CPU, dtype)
    cache = KVCache(part, capacity, _CPU, dtype)
    model.forward(torch.arange(_BEHIND, device=_CPU), cache)
    return _Candidate(model, cache)


def _alike(part: ModelConfig) -> Callable[[str], Tensor | None]:
    """Weights that are drawn once for all layers; each lays them out anew, so that they come from memory all the same."""
    drawn = cache(random_tensors(part, _CPU, torch.float32))

    def tensors(name: str) -> Tensor | None:
        pieces = name.split(".")
        return drawn(".".join([*pieces[:2], "0", *pieces[3:]]) if pieces[1] == "layers" else name)

    return tensors
