"""Which device and data type a pair runs on, and why."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from specviz.model.config import ModelConfig
from specviz.model.quick_dtype import quick_dtype

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Placement:
    """A device, a data type and the reason for both."""

    device: torch.device
    dtype: torch.dtype
    why: str

    @property
    def dtype_name(self) -> str:
        """The data type as it is written in records, reports and options."""
        return dtype_name(self.dtype)


def dtype_name(dtype: torch.dtype) -> str:
    """As in options and records: ``float32``."""
    return str(dtype).removeprefix("torch.")


def place(device: str = "auto", dtype: str = "auto", shape: ModelConfig | None = None) -> Placement:
    """Choose where a model runs: cuda, else mps, else cpu; bf16 where it is quick, else float32 (float16 on mps).

    On a CPU, what is quick for a model of this ``shape`` is measured, once a machine; without one the processor's instructions decide.

    Raises:
        ValueError: for an unknown name, or a device this machine does not have.
    """
    chosen, why_device = _device(device)
    if dtype != "auto":
        if dtype not in DTYPES:
            raise ValueError(f"expected dtype auto or one of {', '.join(DTYPES)}, got {dtype!r}")
        return Placement(chosen, DTYPES[dtype], f"{chosen.type} ({why_device}), {dtype} (asked for)")
    name, why_dtype = _dtype(chosen, shape)
    return Placement(chosen, DTYPES[name], f"{chosen.type} ({why_device}), {name} ({why_dtype})")


def _device(name: str) -> tuple[torch.device, str]:
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        best = next(kind for kind, is_there in available.items() if is_there)
        return torch.device(best), "the best this machine has"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"expected device auto, cuda, mps or cpu, got {name!r}") from None
    if not available.get(device.type, False):
        here = ", ".join(kind for kind, is_there in available.items() if is_there)
        raise ValueError(f"expected a device this machine has ({here}), got {name!r}; leave it at auto")
    return device, "asked for"


def _dtype(device: torch.device, shape: ModelConfig | None) -> tuple[str, str]:
    if device.type == "cuda":
        return ("bfloat16", "the card computes in it") if torch.cuda.is_bf16_supported() else ("float16", "the card has no bfloat16")
    if device.type == "mps":
        return "float16", "mps is quickest in it"
    if shape is not None:
        return quick_dtype(shape, {name: fact for name, fact in machine().items() if name in ("processor", "cores", "threads", "torch")})
    if cpu_has_bf16():
        return "bfloat16", "the processor has instructions for it"
    return "float32", "the processor has no bfloat16 instructions"


@cache
def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 natively; elsewhere it is emulated and slow."""
    flags = {"avx512_bf16", "amx_bf16", "bf16"}
    info = Path("/proc/cpuinfo")
    if info.exists():
        return bool(flags.intersection(info.read_text(errors="ignore").split()))
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


@cache
def machine() -> dict[str, str | int]:
    """What this machine is, in words fit for a record: no name, no folder."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":", 1)[1].strip() for line in info.read_text(errors="ignore").splitlines() if line.startswith("model name")]
        processor = models[0] if models else processor
    facts: dict[str, str | int] = {
        "system": platform.system(),
        "processor": processor,
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    return facts
