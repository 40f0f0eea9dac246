"""A stand-in for CUDA graphs on a processor: what is recorded is made again operation by operation, over the very tensors of the recording.

As on a card, whatever came from the host is burnt in, nothing may wait for the device, no shape may depend on a number, and an intermediate
result is only as good as this replay made it: before each one all of them are filled with rubbish.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "lift_fresh", "is_nonzero", "unique", "item", "equal")
"""Operations that read a number on the host, bring one from it, or have a shape that depends on one."""


class NotRecordableError(RuntimeError):
    """What a card would refuse while it records."""


@dataclass
class Done:
    """One recorded operation. ``made`` are those of its results that lie in memory of their own."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    made: list[Tensor]


class Recording(TorchDispatchMode):
    """Notes every operation while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Done] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func._schema.name.split("::")[-1]
        if name in FORBIDDEN or (name == "index" and any(t.dtype == torch.bool for t in tree_leaves(args) if isinstance(t, Tensor))):
            raise NotRecordableError(f"{func} waits for the device, or brings something from the host")
        result = func(*args, **kwargs)
        given = {storage(t) for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}
        made = [t for t in tree_leaves(result) if isinstance(t, Tensor) and storage(t) not in given]
        if made or func._schema.is_mutable:  # a view lies where it lay
            self.done.append(Done(func, args, kwargs, made))
        return result

    def replay(self) -> None:
        """Make everything again, where it was made."""
        for done in self.done:
            for made in done.made:
                made.fill_(torch.nan if made.is_floating_point() else 1 if made.dtype == torch.bool else 10**9)
        for done in self.done:
            results = [t for t in tree_leaves(done.function(*done.arguments, **done.options)) if isinstance(t, Tensor)]
            for made, result in zip(done.made, results, strict=True) if done.made else ():
                made.copy_(result)


def storage(tensor: Tensor) -> int:
    """Where a tensor's numbers lie."""
    return id(tensor) if tensor.layout != torch.strided else tensor.untyped_storage().data_ptr()


def recorded(run: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """A capture: see :data:`specviz.model.fixed.Capture`."""
    with torch.inference_mode(), Recording() as recording:
        result = run()

    def replay() -> Tensor:
        with torch.inference_mode():
            recording.replay()
        return result

    return replay
