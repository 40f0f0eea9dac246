"""Traces changed as a stranger might: one value, type, length or null at a time, the file around it still a sound Arrow stream."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from specviz.trace import Trace
from specviz.trace.schema import METADATA_KEY, schema

_INTS = (-(2**31), -2, -1, 0, 1, 2, 7, 23, 24, 4096, 2**31 - 1)
_FLOATS = (float("nan"), float("inf"), float("-inf"), -1.0, -1e-9, 0.0, 1e-300, 0.5, 1.0, 1.5, 1e300)
_TEXTS = (
    "",
    "accepted",
    "rejected",
    "bonus",
    "iid",
    "deterministic",
    "no such word",
    "\x1b[2J",
    "![p](http://outside/p.png)",
    "<b>",
    "\u202e",
    "x" * 9000,
)
_JSON = (None, True, -1, 0, 2**70, 1.5, float("nan"), "text", "\ud800", [], [[[]]], {}, {"a": {"b": [1]}}, ["x"] * 3, [None], "y" * 2_000_000)

Place = tuple[Any, Any]
"""A list or dictionary, and the index or key of what may be changed in it."""


def file_of(header: dict[str, Any], rows: list[dict[str, Any]], compression: str | None = None) -> bytes:
    """A stream of these cycles, whatever is in them."""
    columns = schema(header["detail"]) if header.get("detail") in ("light", "full", "exact") else schema("light")
    sink = pa.BufferOutputStream()
    whole = columns.with_metadata({METADATA_KEY: json.dumps(header).encode()})
    with pa.ipc.new_stream(sink, whole, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        for row in rows:
            writer.write_batch(pa.RecordBatch.from_pylist([row], schema=columns))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def mutated(trace: Trace, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many files, each with a word of what was done to it."""
    rng = random.Random(seed)
    header, rows = asdict(trace.header), [row for batch in trace.batches for row in batch.to_pylist()]
    while count:
        changed_header, changed_rows = copy.deepcopy(header), copy.deepcopy(rows)
        said = _change_header(rng, changed_header) if rng.random() < 0.3 else _change_rows(rng, changed_rows)
        try:
            content = file_of(changed_header, changed_rows)
        except (pa.ArrowException, ValueError, OverflowError, TypeError):
            continue  # a value that the column cannot hold: such a file cannot be
        count -= 1
        yield said, content


def _change_header(rng: random.Random, header: dict[str, Any]) -> str:
    places = [place for place in _places(header) if not isinstance(place[1], int) or rng.random() < 0.1]
    holder, key = rng.choice(places)
    if isinstance(holder, dict) and rng.random() < 0.15:
        del holder[key]
        return f"header without {key}"
    holder[key] = rng.choice(_JSON)
    return f"header {key} = {str(holder[key])[:20]!a}"


def _change_rows(rng: random.Random, rows: list[dict[str, Any]]) -> str:
    name = rng.choice(list(rows[0]))  # every column as often, however much is in it
    row = rng.choice(rows)
    places = [((row, name)), *(_places(row[name]) if isinstance(row[name], dict | list) else ())]
    holder, key = rng.choice(places)
    old = holder[key]
    holder[key] = _other(rng, old)
    return f"{name} … {key}: {str(old)[:20]!a} -> {str(holder[key])[:20]!a}"


def _other(rng: random.Random, old: Any) -> Any:
    if old is None:
        return rng.choice(("length", 0.5, [], [[1.0]], [0]))
    if rng.random() < 0.1:
        return None
    if isinstance(old, list):
        size = len(old)
        return rng.choice((old[: size - 1], old + old[-1:], [], old[::-1], [*old, None], old * 3))
    pool = _TEXTS if isinstance(old, str) else _FLOATS if isinstance(old, float) else _INTS if isinstance(old, int) else ({},)
    return rng.choice(pool)


def _places(value: Any) -> Iterator[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield value, key
        if isinstance(each, dict | list):
            yield from _places(each)
