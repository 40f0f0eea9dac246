"""A run as a timeline in the Chrome trace event format: open the file at ui.perfetto.dev or chrome://tracing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specviz.files import whole_file
from specviz.trace.export import strict_json
from specviz.trace.schema import STAGES, Cycle
from specviz.trace.store import Trace

Event = dict[str, Any]

_CYCLES, _STAGES = 1, 2  # threads of a run: the outer one and the one it is made of


def to_perfetto(trace: Trace, path: str | Path, compare: Trace | None = None) -> Path:
    """Write measured stages as slices, refusals as instants and acceptance as counters, on a clock that starts with the prompt.

    Stages of a cycle are written one behind the other in the order draft, build, verify, judge, commit, other: a record holds how long
    each took, not when within the cycle, and a tree builder may draft and build by turns.

    Args:
        trace: the run; process 1 of the file.
        path: of the JSON file, written whole.
        compare: another run, process 2, on the same clock.

    Returns:
        ``path``.

    Source: Trace Event Format (Google), the JSON object form.
    """
    path = Path(path)
    runs = [trace] if compare is None else [trace, compare]
    events = [event for process, run in enumerate(runs, start=1) for event in _events(run, process)]
    content = {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"made by": "specviz", "times": "measured"}}
    with whole_file("perfetto", path) as place:
        place.write_text(json.dumps(strict_json(content), ensure_ascii=False, allow_nan=False), encoding="utf-8", newline="\n")
    return path


def _events(trace: Trace, process: int) -> Iterator[Event]:
    header = trace.header
    yield _name("process_name", process, 0, f"{header.method} on {header.device}, {header.dtype}")
    yield _name("thread_name", process, _CYCLES, "cycles")
    yield _name("thread_name", process, _STAGES, "stages")
    now = header.prefill_s * 1e6
    yield _slice("prompt", process, _STAGES, 0.0, now, {"tokens": len(header.prompt_tokens)})
    examined = accepted = tokens = 0
    for cycle in trace:
        states = [node.state for node in cycle.nodes]
        accepted += states.count("accepted")
        examined += states.count("accepted") + states.count("rejected")
        tokens += len(cycle.committed)
        yield from _cycle(cycle, process, now)
        now += cycle.total_ms * 1e3
        yield _counter("tokens of the cycle", process, now, len(cycle.committed))
        yield _counter("tokens so far", process, now, tokens)
        yield _counter("target cache, tokens", process, now, cycle.cache_target)
        if examined:
            yield _counter("acceptance so far, % of examined drafts", process, now, 100 * accepted / examined)


def _cycle(cycle: Cycle, process: int, start: float) -> Iterator[Event]:
    ended = cycle.last_kind if cycle.is_last_kept else f"the end of the text ({cycle.stop})"
    facts = {"text": cycle.text, "drafted": len(cycle.nodes), "accepted": len(cycle.path), "ended by": ended, "prefix": cycle.prefix}
    yield _slice(f"cycle {cycle.cycle}", process, _CYCLES, start, cycle.total_ms * 1e3, facts)
    now = start
    for stage in STAGES:
        duration = cycle.times_ms[stage] * 1e3
        if duration > 0:
            yield _slice(stage, process, _STAGES, now, duration, {"calls": _calls(cycle, stage)} if stage in ("draft", "verify") else {})
        now += duration
    for node in cycle.nodes:
        if node.state == "rejected":
            facts = {"token": node.text, "p": node.p, "q": node.q, "coin": node.u, "threshold": node.threshold}
            yield {"name": "refused", "ph": "i", "s": "t", "ts": now, "pid": process, "tid": _CYCLES, "args": facts}


def _calls(cycle: Cycle, stage: str) -> int:
    return cycle.draft_calls if stage == "draft" else cycle.target_calls


def _name(kind: str, process: int, thread: int, name: str) -> Event:
    return {"name": kind, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}


def _slice(name: str, process: int, thread: int, start: float, duration: float, facts: dict[str, Any]) -> Event:
    return {"name": name, "cat": "specviz", "ph": "X", "ts": start, "dur": duration, "pid": process, "tid": thread, "args": facts}


def _counter(name: str, process: int, at: float, value: float) -> Event:
    return {"name": name, "ph": "C", "ts": at, "pid": process, "args": {"value": value}}
