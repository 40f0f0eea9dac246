"""How a kernel is chosen: it is loaded, it is held against its plain twin, and where either fails the twin is used, with a word."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import torch
from torch import Tensor

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


@cache
def loaded_or_plain(
    module: str, name: str, plain: Kernel, examples: Callable[[torch.device], Iterable[tuple[Tensor, ...]]], apart: float | None = None
) -> Kernel:
    """The kernel ``name`` of a module that needs Triton, once it gave what ``plain`` gives on all ``examples``; else ``plain``.

    ``apart`` is how far both may be apart, relative and absolute; None for rounding alone, as PyTorch's tests have it.
    """
    try:
        kernel: Kernel = getattr(import_module(module), name)
        for example in examples(torch.device("cuda")):
            _hold(kernel(*example), plain(*example), apart)
    except Exception as error:  # noqa: BLE001  a compiler, a driver and a missing package each raise what they like; the twin does the work
        warnings.warn(
            f"the kernel {name!r} of {module} is not used here ({type(error).__name__}: {error}); its plain twin is, and is slower",
            RuntimeWarning,
            stacklevel=3,
        )
        return plain
    return kernel


def _hold(found: Iterable[Tensor], expected: Iterable[Tensor], apart: float | None) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=apart, atol=apart)
