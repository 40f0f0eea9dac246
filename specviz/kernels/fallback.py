"""How a kernel is chosen: it is loaded, it is held against its plain twin, and where either fails the twin is used, with a word."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, TypeVar

import torch
from torch import Tensor

from specviz.kernels import quick

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def loaded_or_plain(
    path: str,
    device: torch.device,
    name: str,
    plain: Kernel,
    examples: Callable[[torch.device], Iterable[tuple[Tensor, ...]]],
    apart: float | None = None,
) -> Kernel:
    """The kernel ``name`` of a quick path's module, which needs Triton, once it gave what ``plain`` gives on all ``examples``; else ``plain``.

    ``apart`` is how far both may be apart, relative and absolute; None for rounding alone, as PyTorch's tests have it.
    """
    module = "specviz." + quick.QUICK_PATHS[path].homes[0].removesuffix(".py").replace("/", ".")
    form = quick.Form(str(device), quick.ANY)

    def attempt() -> None:
        kernel = getattr(import_module(module), name)
        for example in examples(device):
            _hold(kernel(*example), plain(*example), apart)

    if quick.works(path, form, attempt):
        kernel: Kernel = getattr(import_module(module), name)
        return kernel
    if not quick.is_plain():
        warnings.warn(
            f"{path} are not used here ({quick.why_not(path, form, attempt)}); their plain twin is, and is slower",
            RuntimeWarning,
            stacklevel=3,
        )
    return plain


def _hold(found: Iterable[Tensor], expected: Iterable[Tensor], apart: float | None) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=apart, atol=apart)
