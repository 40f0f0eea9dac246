"""Quick paths: what a processor, a card or a build of PyTorch may lack. Each is tried in the form in which it will be used, once, against its twin.

A form is all that the answer may depend on: device, type of numbers, sizes. Whatever a trial raises, and wrong numbers, mean that the plain twin
is used in that form; the reason is kept for ``pair.describe()``. ``SPECVIZ_PLAIN=1`` switches all of them off, from the next load on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import RLock
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from specviz.errors import UnsolvedError, words

SWITCH = "SPECVIZ_PLAIN"
_OFF = ("", "0", "false", "no", "off")
_TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-4, torch.float16: 5e-3, torch.bfloat16: 3e-2}
"""How far numbers of each type may be from the true ones, as a part of the largest: several times what rounding makes of long sums."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class QuickPath:
    """A quick path: its plain twin in words, and the files of the package that may name what it is made of."""

    twin: str
    homes: tuple[str, ...]


QUICK_PATHS: dict[str, QuickPath] = {
    "packed products": QuickPath("plain ones", ("kernels/packed_linear.py",)),
    "fused norms": QuickPath("plain ones", ("kernels/rms_norm.py",)),
    "cards": QuickPath("the processor", ("model/hardware.py",)),
    "16-bit numbers": QuickPath("float32", ("model/quick_dtype.py", "model/timed_passes.py")),
    "kernels of attention": QuickPath("PyTorch's own", ("kernels/split_attention_triton.py", "model/crossover.py")),
    "kernels of chains": QuickPath("PyTorch's operators", ("kernels/chain_judge_triton.py",)),
    "kernels of greedy paths": QuickPath("PyTorch's operators", ("kernels/greedy_path_triton.py",)),
    "recorded passes": QuickPath("passes launch by launch", ("model/fixed.py",)),
    "recorded cycles": QuickPath("cycles pass by pass", ("engine/graphs.py",)),
}
"""All of them; tests/kernels/test_quick.py takes each away in turn, and finds what is quick in a file that is not named here."""


ANY = "any"
"""The type of a form that holds for every type of numbers."""


class Form(NamedTuple):
    """What a trial is made for."""

    device: str
    dtype: str
    sizes: tuple[int, ...] = ()


def form_of(device: torch.device, dtype: torch.dtype, *sizes: int) -> Form:
    """The form of these numbers on this device."""
    return Form(str(device), str(dtype).removeprefix("torch."), sizes)


_lock = RLock()  # a trial may use other quick paths
_reasons: dict[tuple[str, Form], str] = {}
"""Why a form of a path is not used, empty where it is."""
_plainly: ContextVar[bool] = ContextVar("plainly", default=False)


def is_plain() -> bool:
    """Whether every quick path is switched off now."""
    return _plainly.get() or os.environ.get(SWITCH, "").strip().lower() not in _OFF


@contextmanager
def plainly() -> Iterator[None]:
    """What is made inside is made of plain twins."""
    token = _plainly.set(True)
    try:
        yield
    finally:
        _plainly.reset(token)


def works(path: str, form: Form, trial: Callable[[], object]) -> bool:
    """Whether a quick path is used in this form: unless it is switched off, ``trial`` is run the first time, and must not raise."""
    return not is_plain() and not why_not(path, form, trial)


def why_not(path: str, form: Form, trial: Callable[[], object]) -> str:
    """Why this form cannot be used; empty where it can."""

    def try_as_in_a_pass() -> None:
        with _as_in_a_pass(torch.device(form.device)):
            trial()

    with _lock:
        if (path, form) not in _reasons:
            attempted(path, form, try_as_in_a_pass)
        return _reasons[path, form]


def attempted(path: str, form: Form, work: Callable[[], Made]) -> Made | None:
    """What ``work`` makes by a quick path; None where it fails, which is remembered, so that the form counts as one that is not used."""
    _ = QUICK_PATHS[path]  # whoever adds a path lists it there
    try:
        made = run_trial(path, work)
    except Exception as error:  # noqa: BLE001  a compiler, a driver and a missing package each raise what they like; the twin does the work
        _reasons[path, form] = f"{type(error).__name__}: {words(error)}"
        return None
    _reasons.setdefault((path, form), "")
    return made


def run_trial(path: str, work: Callable[[], Made]) -> Made:  # noqa: ARG001  see there
    """Run it: the one place that all trials go through, where tests make those of one ``path`` fail."""
    return work()


def fallen(forms: Iterable[tuple[torch.device, torch.dtype]]) -> list[str]:
    """What is not used in forms on these devices and types of numbers, a phrase each: what, what instead, and why."""
    if is_plain():
        return [f"every quick path is switched off by {SWITCH}"]
    asked = {(device.type, name) for device, dtype in forms for name in (ANY, form_of(device, dtype).dtype)}
    failed = [(path, form.dtype, why) for (path, form), why in _reasons.items() if why and (torch.device(form.device).type, form.dtype) in asked]
    return [f"{path}{_in(dtype)} are not used, {QUICK_PATHS[path].twin} instead ({why})" for path, dtype, why in dict.fromkeys(failed)]


def _in(dtype: str) -> str:
    return "" if dtype == ANY else f" in {dtype}"


def hold(found: Tensor, expected: Tensor) -> None:
    """Raise unless numbers are the true ones, given in more digits, but for rounding in their own type."""
    if found.shape != expected.shape:
        raise UnsolvedError(f"numbers of shape {tuple(expected.shape)}, as the twin gives", f"{tuple(found.shape)}")
    error, largest = (found.cpu().double() - expected.cpu().double()).abs().max().item(), expected.abs().max().item()
    if not error <= _TOLERANCES[found.dtype] * largest:
        raise UnsolvedError("the numbers of the twin", f"others, off by {error:.2g} where the largest is {largest:.2g}")


@contextmanager
def _as_in_a_pass(device: torch.device) -> Iterator[None]:
    """PyTorch as a pass has it, whatever this process made its default: no gradients, no autocast, new tensors on the form's device.

    Types are named wherever tensors are made: the default one belongs to all threads.
    """
    with torch.inference_mode(), torch.autocast(device.type, enabled=False), device:
        yield
