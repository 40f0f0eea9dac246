"""How much memory a pair needs, from the headers of its files, and whether there is as much, before any weight is read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from specviz.errors import UnexpectedValueError
from specviz.model.cache import attention_dtype
from specviz.model.hardware import Placement
from specviz.model.loader import Checkpoint

_GIB = 1 << 30
_WIDEST_TREE = 64
"""Rows of logits reckoned with at once; each is held as float32 and turned into a law in float64."""


class TooLargeError(UnexpectedValueError):
    """A pair that does not fit the memory of its device."""


@dataclass(frozen=True)
class Footprint:
    """Bytes that a model asks for: its weights, a cache for ``context`` positions, and what one pass holds at its widest (an estimate)."""

    name: str
    context: int
    weights: int
    cache: int
    work: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.cache + self.work

    def __str__(self) -> str:
        """For people, in GiB."""
        return f"{self.name}: {gib(self.weights)} weights + {gib(self.cache)} cache for {self.context} positions + {gib(self.work)} for a pass"


def footprint(checkpoint: Checkpoint, placement: Placement, context: int) -> Footprint:
    """Reckon what a checkpoint will need with room for ``context`` positions."""
    c, native = checkpoint.config, checkpoint.why_adapted is None
    positions = min(context, c.context)
    size = placement.dtype.itemsize
    cached = attention_dtype(placement.device, placement.dtype).itemsize if native else size
    # a shared head is held twice where its product wants a layout of its own
    again = c.vocab * c.width if native and c.tied_head and placement.device.type == "cpu" else 0
    # a prompt is read in one pass, and the inner values of one layer are the most there are at once
    held = positions * (6 * c.width + 3 * c.hidden) * size
    masks = 0 if native else positions * positions * (1 + size)
    laws = _WIDEST_TREE * c.vocab * (4 + 8 + 8)
    return Footprint(
        name=checkpoint.name,
        context=positions,
        weights=(checkpoint.entries + again) * size,
        cache=2 * c.layers * c.kv_heads * c.head_width * positions * cached,
        work=max(held + masks + laws, checkpoint.bytes_while_read),
    )


def check_fits(needs: Sequence[Footprint], placement: Placement, *, spread: bool = False) -> None:
    """Compare what is needed with what is free; where that is not known, let it be tried.

    Args:
        needs: of all models that are to be loaded.
        placement: the device they go to.
        spread: whether they may go to every device of this machine.

    Raises:
        TooLargeError: when it is more than there is, naming what needs how much and what to do.
    """
    free = free_memory(placement.device, spread=spread)
    needed = sum(need.total for need in needs)
    if free is None or needed <= free:
        return
    cures = ["a smaller context", "a smaller model"]
    if placement.dtype == torch.float32:
        cures.insert(1, 'dtype="bfloat16", half as large')
    if placement.device.type == "cuda" and not spread and torch.cuda.device_count() > 1:
        cures.append('device_map="auto", which spreads the target over all cards')
    where = "all devices" if spread else placement.device.type
    raise TooLargeError(
        f"at most {gib(free)}, which is free on {where}",
        f"{gib(needed)} ({'; '.join(str(need) for need in needs)})",
        f"choose {', '.join(cures)}, or close other programs",
    )


def free_memory(device: torch.device, *, spread: bool = False) -> int | None:
    """Free bytes of a device, or of all graphics cards and the processor together; None when this system does not say."""
    if spread:
        cards = sum(_free_on_card(torch.device("cuda", index)) for index in range(torch.cuda.device_count()))
        return cards + (_free_on_processor() or 0)
    if device.type == "cuda":
        return _free_on_card(device)
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return _free_on_processor()


def _free_on_card(device: torch.device) -> int:
    """What the card has free, and what torch holds of it without using it."""
    return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def _free_on_processor() -> int | None:
    """Memory that can be had without swapping; Linux says so itself, elsewhere free pages are the nearest."""
    info = Path("/proc/meminfo")
    if info.exists():
        lines = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        if "MemAvailable" in lines:
            return int(lines["MemAvailable"].split()[0]) * 1024
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def gib(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / _GIB:.2f} GiB"
