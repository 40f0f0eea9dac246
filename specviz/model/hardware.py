"""Which device and data type a pair runs on, and why."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import torch

from specviz.arguments import one_of
from specviz.errors import UnexpectedValueError, shown
from specviz.kernels import quick
from specviz.kernels.remembered import processor
from specviz.model.config import ModelConfig
from specviz.model.quick_dtype import Role, lacking, quick_dtype

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


def place(device: str = "auto", dtype: str = "auto", shape: ModelConfig | None = None, role: Role = "target") -> Placement:
    """Choose where a model runs: cuda, else mps, else cpu; in 16 bits where that is quick, else float32. Nothing is chosen that was not tried.

    On a CPU, what is quick for a model of this ``shape`` in this ``role`` is measured, once a machine; without one it is float32.

    Raises:
        ValueError: for an unknown name, or a device this machine does not have.
    """
    chosen, why_device = _device(device)
    if dtype != "auto":
        one_of("dtype", dtype, ("auto", *DTYPES), do="leave it at auto")
        return Placement(chosen, DTYPES[dtype], f"{chosen.type} ({why_device}), {dtype} (asked for)")
    name, why_dtype = _dtype(chosen, shape, role)
    return Placement(chosen, DTYPES[name], f"{chosen.type} ({why_device}), {name} ({why_dtype})")


def _device(name: str) -> tuple[torch.device, str]:
    if name == "auto":
        return _best_device()
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise UnexpectedValueError("device auto, cuda, mps or cpu", shown(name), "leave it at auto") from None
    here = [kind for kind, is_there in _devices().items() if is_there]
    if device.type not in here or (device.index or 0) >= _count(device):
        raise UnexpectedValueError(f"a device this machine has ({', '.join(here)})", shown(name), "leave it at auto")
    return device, "asked for"


def _count(device: torch.device) -> int:
    """How many of its kind there are."""
    return torch.cuda.device_count() if device.type == "cuda" else 1


def _devices() -> dict[str, bool]:
    """What torch sees, the best first."""
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}


def _best_device() -> tuple[torch.device, str]:
    """The best device that also works: a card that torch sees may be too old for this build, or its driver."""
    failed: list[str] = []
    for kind, is_there in _devices().items():
        device = torch.device(kind)
        why = lacking(device, torch.float32) if is_there and kind != "cpu" else ""
        if is_there and not why:
            return device, "; ".join(["the best this machine has", *failed])
        if why:
            failed.append(f"its {kind} does not work: {why}")
    raise AssertionError("there is always a processor")


def _dtype(device: torch.device, shape: ModelConfig | None, role: Role) -> tuple[str, str]:
    if quick.is_plain():
        return "float32", f"{quick.SWITCH} is set"
    if device.type != "cpu":
        return _dtype_of_card(device)
    return quick_dtype(shape, role) if shape is not None else ("float32", "nothing is known of the model")


def _dtype_of_card(device: torch.device) -> tuple[str, str]:
    """bfloat16 where a card computes in it and does not only pretend to, else float16, else float32."""
    has_bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    whys = {"bfloat16": "the card computes in it"} if has_bfloat16 else {}
    whys |= {"float16": "mps is quickest in it" if device.type == "mps" else "the card has no bfloat16"}
    return next(((name, why) for name, why in whys.items() if not lacking(device, DTYPES[name])), ("float32", "the card computes in nothing smaller"))


def machine() -> dict[str, str | int]:
    """What this machine is, in words fit for a record: no name, no folder."""
    facts: dict[str, str | int] = {
        "system": platform.system(),
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    return facts
