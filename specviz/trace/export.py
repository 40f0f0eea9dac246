"""A recorded run in other formats: Parquet for tables, JSON lines for everything else."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from specviz.files import whole_file
from specviz.trace.schema import METADATA_KEY
from specviz.trace.store import Trace


def to_parquet(trace: Trace, path: str | Path) -> Path:
    """Write a row a cycle, the columns of the trace as they are, the header as JSON under the schema's key ``specviz``."""
    path = Path(path)
    metadata = {METADATA_KEY: json.dumps(asdict(trace.header), ensure_ascii=False).encode()}
    with whole_file("parquet", path) as place, place.open("wb") as file:  # a path of its own Arrow would remove when it cannot be written
        pq.write_table(trace.table.replace_schema_metadata(metadata), file, compression="zstd")
    return path


def to_jsonl(trace: Trace, path: str | Path) -> Path:
    """Write one JSON object a line: ``{"header": …}`` first, then the cycles in order. What was not measured (NaN) is null."""
    path = Path(path)
    with whole_file("jsonl", path) as place, place.open("w", encoding="utf-8", newline="\n") as file:
        for row in ({"header": asdict(trace.header)}, *(row for batch in trace.batches for row in batch.to_pylist())):
            file.write(json.dumps(strict_json(row), ensure_ascii=False, allow_nan=False) + "\n")
    return path


def strict_json(value: Any) -> Any:  # noqa: ANN401  whatever a column holds
    """The same without NaN and infinities, which JSON does not know: None stands for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: strict_json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [strict_json(entry) for entry in value]
    return value
