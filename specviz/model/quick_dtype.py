"""Which type of numbers is quick on this processor for a model of this shape: measured on what a run does, once, then remembered on disk.

Instructions for bfloat16 do not settle it, nor does one plain step: without packed products a pass over eight tokens takes eight times as long
in bfloat16, and hardly longer than over one in float32.
"""

from __future__ import annotations

from math import inf
from typing import Literal

import torch
import torch.nn.functional as F

from specviz.kernels import quick
from specviz.kernels.packed_linear import can_pack
from specviz.kernels.remembered import Times, remembered
from specviz.model.cache import attention_dtype
from specviz.model.config import FAMILIES, ModelConfig
from specviz.model.timed_passes import ALONE, CANDIDATES, COUNTS, measure, named, part_of

Role = Literal["target", "draft"]

RUNS: dict[Role, dict[int, int]] = {"target": {1: 24, 4: 12, 8: 12, 32: 4}, "draft": {1: 96, 4: 4, 8: 4, 32: 4}}
"""Passes over so many tokens in a run of a hundred or so: a prompt in pieces; then plain steps and verifications, or the steps of drafts."""
_WORTH = 0.95  # the smaller type has to be quicker by this much: float32 is the one without near-ties


def quick_dtype(shape: ModelConfig, role: Role = "target") -> tuple[str, str]:
    """The quicker of float32 and bfloat16 for a model in this role, and why; float32 where bfloat16 cannot be computed in, or nothing be measured."""
    if quick.is_plain():
        return "float32", f"{quick.SWITCH} is set"
    if missing := lacking(torch.device("cpu"), torch.bfloat16):
        return "float32", f"bfloat16 cannot be computed in here: {missing}"
    part, is_native = part_of(shape), shape.family in FAMILIES
    packed = [name for name, dtype in CANDIDATES.items() if is_native and can_pack(2 * part.hidden, part.width, dtype)]
    sizes = f"{part.layers} of {part.width}/{part.hidden}/{part.heads}/{part.kv_heads}/{part.head_width}"
    what = f"layers {sizes}, packed products in {' and '.join(packed) or 'no type'}"
    try:
        times = remembered(what, [named("float32", count) for count in COUNTS], lambda: measure(part, is_native=is_native))
    except Exception as error:  # noqa: BLE001  whatever a processor may lack: nothing is lost but speed
        return "float32", f"what is quickest could not be measured: {type(error).__name__}"
    sums = {name: sum(often * times.get(named(name, count), inf) for count, often in RUNS[role].items()) for name in CANDIDATES}
    share = sums["bfloat16"] / sums["float32"]
    found = f"{share:.2f} times as long" if share < inf else "many times as long"
    without = ", which has no packed products here," if is_native and "bfloat16" not in packed else ""
    why = f"measured here: in bfloat16{without} the passes of 1 to {max(COUNTS)} tokens of a {role}'s run take {found} as in float32"
    name = "bfloat16" if share < _WORTH else "float32"
    return name, why + _threads(times, name)


def _threads(times: Times, name: str) -> str:
    """Whether one thread alone was quicker; the process's own number of threads is for whoever started it to change."""
    share = times.get(f"{ALONE} {name}", inf) / times[named(name, 1)]
    threads = torch.get_num_threads()
    return f"; one thread takes {share:.2f} times as long for a step as all {threads}: try OMP_NUM_THREADS=1" if share < _WORTH else ""


def lacking(device: torch.device, dtype: torch.dtype) -> str:
    """Why a device cannot compute in a type of numbers; empty where it can."""
    path = "cards" if dtype == torch.float32 else "16-bit numbers"
    return quick.why_not(path, quick.form_of(device, dtype), lambda: _try(device, dtype))


def _try(device: torch.device, dtype: torch.dtype) -> None:
    """Raise unless what a pass is made of gives right numbers: products, an activation, a norm, attention."""
    x = torch.arange(8 * 64, dtype=torch.float32, device="cpu").view(8, 64).mul(12.9898).sin().to(device=device, dtype=dtype)
    true = x.cpu().double()
    quick.hold(F.linear(x, x), F.linear(true, true))
    quick.hold(F.silu(x) * x, F.silu(true) * true)
    quick.hold(F.rms_norm(x, (64,), x[0], 1e-5), F.rms_norm(true, (64,), true[0], 1e-5))
    heads = x.to(attention_dtype(device, dtype)).view(1, 4, 8, 16)
    own, twin = (F.scaled_dot_product_attention(each, each, each, is_causal=True) for each in (heads, heads.cpu().double()))
    quick.hold(own, twin)
