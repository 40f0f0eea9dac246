"""Which data type is quick on this processor for a model of this shape: measured once, then remembered on disk.

Instructions for bfloat16 do not settle it: a small model is held up by its many operations, a large one by reading its weights.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from math import inf
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import perf_counter

import torch

from specviz.model.cache import KVCache
from specviz.model.config import ModelConfig
from specviz.model.random_weights import random_tensors
from specviz.model.transformer import Transformer

CANDIDATES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_WIDTHS = (1, 5)  # tokens of a pass: plain decoding, and the verification of four drafts
_BEHIND = 64
_ROUNDS = 40
_VOCAB = 128  # the head is no part of the question
_WIDEST, _HIDDEN, _HEADS = 1024, 4096, 16  # of a larger model, a layer cut down to this: in float32 one whole layer may not fit the memory
_WORTH = 0.95  # the smaller type has to be quicker by this much: float32 is the one without near-ties

Times = dict[str, float]
"""Seconds of a pass of one token and one of five together, by the name of the data type."""


def quick_dtype(shape: ModelConfig, facts: Mapping[str, str | int]) -> tuple[str, str]:
    """The quicker of float32 and bfloat16, and why; ``facts`` say which machine this is, and what else may change its times."""
    one = _one_layer(shape)
    sizes = f"{one.width}/{one.hidden}/{one.heads}/{one.kv_heads}/{one.head_width}"
    key = " | ".join([*(f"{name} {facts[name]}" for name in sorted(facts)), f"layer {sizes}"])
    known = _read()
    if key not in known:
        known[key] = measure(one)
        _write(known)
    times = known[key]
    name = "bfloat16" if times["bfloat16"] < _WORTH * times["float32"] else "float32"
    share = times["bfloat16"] / times["float32"]
    return name, f"measured here: passes through a layer of this size take {share:.2f} times as long in bfloat16 as in float32"


def _one_layer(shape: ModelConfig) -> ModelConfig:
    """A layer of this shape, cut down where it is large; of another architecture a Llama-style one of its sizes."""
    sharing = shape.heads // shape.kv_heads
    kv_heads = max(1, min(shape.kv_heads, _HEADS // sharing))
    return replace(
        shape,
        family="llama",
        layers=1,
        vocab=_VOCAB,
        tied_head=True,
        rope={"rope_type": "default", "rope_theta": 10_000.0},
        width=min(shape.width, _WIDEST),
        hidden=min(shape.hidden, _HIDDEN),
        heads=kv_heads * sharing,
        kv_heads=kv_heads,
        head_width=2 * (shape.head_width // 2),
    )


def measure(layer: ModelConfig) -> Times:
    """Time a layer with random weights in both types, taking turns; the quickest of many rounds counts.

    The answer is kept for long, and a busy machine slows a median down by any factor, but hardly ever every one of the rounds.
    """
    cpu = torch.device("cpu")
    made = {name: _layer(layer, cpu, dtype) for name, dtype in CANDIDATES.items()}
    passes = list(product(made, _WIDTHS))
    quickest = dict.fromkeys(passes, inf)
    for _ in range(_ROUNDS):
        for name, width in passes:
            model, cache = made[name]
            tokens = torch.arange(width)
            begin = perf_counter()
            model.forward(tokens, cache)
            quickest[name, width] = min(quickest[name, width], perf_counter() - begin)
            cache.rollback(_BEHIND)
    return {name: sum(quickest[name, width] for width in _WIDTHS) for name in made}


def _layer(layer: ModelConfig, device: torch.device, dtype: torch.dtype) -> tuple[Transformer, KVCache]:
    capacity = _BEHIND + max(_WIDTHS)
    model = Transformer(layer, random_tensors(layer, device, dtype), capacity, device, dtype)
    cache = KVCache(layer, capacity, device, dtype)
    model.forward(torch.arange(_BEHIND), cache)
    return model, cache


def place() -> Path:
    """The file that remembers: ``SPECVIZ_DTYPES`` if that is set, else in the user's cache folder. It may be deleted at any time."""
    from platformdirs import user_cache_path

    named = os.environ.get("SPECVIZ_DTYPES")
    return Path(named).expanduser() if named else user_cache_path("specviz", appauthor=False) / "dtypes.json"


def _read() -> dict[str, Times]:
    """What was measured before; a file that is missing, damaged or somebody else's is nothing lost but half a second."""
    try:
        found = json.loads(place().read_text(encoding="utf-8"))
        return {str(key): {name: float(times[name]) for name in CANDIDATES} for key, times in found.items() if min(times.values()) > 0}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _write(known: Mapping[str, Times]) -> None:
    path = place()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=path.name, delete=False) as file:
            file.write(json.dumps(known, indent=1) + "\n")
        Path(file.name).replace(path)
    except OSError:
        pass  # a machine where nothing can be kept measures again at the next load
