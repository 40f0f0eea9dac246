"""What was measured on this machine, kept on disk, so that it is asked once: numbers by a key that names all they depend on.

A measurement that was disturbed counts for this process and for an hour; on a quiet machine it is then made again.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from time import perf_counter, thread_time, time
from typing import Any

import torch

from specviz.files import replacing

Times = dict[str, float]
"""Seconds, by the name of what took them."""

_VERSION = 2  # of what is measured and how
_DISTURBED_S = 3600.0  # a disturbed measurement is believed for so long
_UNDISTURBED = 0.85  # of the time that passed, a thread that has the processor for itself gets at least this
_CAPABILITIES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE", "MKL_ENABLE_INSTRUCTIONS", "GLIBC_TUNABLES")
_SLOWED, _MADE_AT = "disturbed", "made at"

_known: dict[tuple[Path, str], Times] = {}
"""What this process goes by, whatever becomes of the file: two loads of a process decide alike."""


def remembered(what: str, names: Collection[str], measure: Callable[[], Times]) -> Times:
    """The numbers of ``what`` on this machine, at least those of these ``names``; ``measure`` is asked where they are not known."""
    key = " | ".join([*(f"{name} {fact}" for name, fact in facts().items()), what])
    slot = (place(), key)
    if slot not in _known:
        entry = _read().get(key)
        if entry is None or not entry.keys() >= set(names):
            entry = _undisturbed(measure)
            _write({key: entry})
        _known[slot] = {name: seconds for name, seconds in entry.items() if name not in (_SLOWED, _MADE_AT)}
    return _known[slot]


def facts() -> dict[str, str | int]:
    """What the times of a pass depend on beside what is passed through: asked anew each time, since a process may change some of it."""
    named = " ".join(f"{name}={os.environ[name]}" for name in _CAPABILITIES if name in os.environ)
    return {
        "processor": processor(),
        "cores": cores(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "capability": " ".join((torch.backends.cpu.get_cpu_capability(), named)).strip(),
        "measurement": _VERSION,
    }


@cache
def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":", 1)[1].strip() for line in info.read_text(errors="ignore").splitlines() if line.startswith("model name")]
        if models:
            return models[0]
    return platform.processor() or platform.machine()


def cores() -> int:
    """Processors that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def busy() -> str:
    """That other work holds the machine up now, in words; empty where it does not, or the system does not say."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        return ""
    most = cores() + max(1.0, 0.25 * cores())  # a run of our own counts as well
    if load <= most:
        return ""
    return f"the machine is busy (load {load:.1f} on {cores()} processors): times vary, and one thread may be quicker than several"


def _undisturbed(measure: Callable[[], Times]) -> Times:
    """What is measured, with a note where others took the processor meanwhile."""
    begin, begin_own = perf_counter(), thread_time()
    times = measure()
    share = (thread_time() - begin_own) / max(perf_counter() - begin, 1e-9)
    return {**times, _MADE_AT: time(), _SLOWED: float(share < _UNDISTURBED)}


def place() -> Path:
    """The file that remembers: ``SPECVIZ_DTYPES`` if that is set, else in the user's cache folder. It may be deleted at any time."""
    from platformdirs import user_cache_path

    named = os.environ.get("SPECVIZ_DTYPES")
    return Path(os.path.expanduser(named)) if named else user_cache_path("specviz", appauthor=False) / "dtypes.json"  # noqa: PTH111  that of pathlib raises where there is no home


def _read() -> dict[str, Times]:
    """What was measured before; a file that is missing, damaged or somebody else's is nothing lost but a second."""
    try:
        found = json.loads(place().read_text(encoding="utf-8"))
        return {str(key): {str(name): float(value) for name, value in times.items()} for key, times in found.items() if _is_sound(times)}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _is_sound(times: Any) -> bool:  # noqa: ANN401  whatever stands in the file
    """Whether an entry holds times, and is not one of a disturbed hour that has passed."""
    if not isinstance(times, Mapping) or not {_SLOWED, _MADE_AT} < times.keys():
        return False
    is_fresh = not times[_SLOWED] or 0.0 <= time() - times[_MADE_AT] < _DISTURBED_S
    return is_fresh and all(0.0 < value < float("inf") for name, value in times.items() if name != _SLOWED)


def _write(new: dict[str, Times]) -> None:
    """Add to the file; what other processes wrote meanwhile stays."""
    path = place()
    if path.parts[0].startswith("~"):  # nobody's home: not a folder of that name where this process happens to stand
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            partial.write_text(json.dumps(_read() | new, indent=1) + "\n", encoding="utf-8")
    except OSError:
        pass  # a machine where nothing can be kept measures again in the next process
