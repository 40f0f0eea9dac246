"""The header of a safetensors file: which tensors it holds, of what type and shape, known before any of them is read."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specviz.errors import UnexpectedValueError, shown, words
from specviz.model.checkpoint.files import file_of, refuse_pointer, size_of_regular

_MOST_HEADER = 100_000_000
_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U64": 64, "U32": 32, "U16": 16, "U8": 8, "BOOL": 8}
FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
"""Types whose numbers are the weights themselves; all others are codes that need a scale, or no weights."""
_AGAIN = "download it again"


@dataclass(frozen=True)
class Entry:
    """A tensor as a file announces it: the file that holds it, the type of its numbers, its shape."""

    file: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, Entry]:
    """The tensors of a file by name.

    Raises:
        UnexpectedValueError: when it is a git-lfs pointer, was cut off, or is no safetensors file.
    """
    size = size_of_regular(path)
    with path.open("rb") as file:
        start = file.read(8)
        refuse_pointer(path, start + file.read(64))
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(_MOST_HEADER, size - 8):
            raise UnexpectedValueError(f"a safetensors header in {file_of(path)}", f"{size} bytes that hold none", f"is it cut off? {_AGAIN}")
        file.seek(8)
        raw = _parse(path, file.read(length))
    held = size - 8 - length
    return {name: _entry(path, name, value, held) for name, value in raw.items() if name != "__metadata__"}


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnexpectedValueError(f"a safetensors header in {file_of(path)}", words(error), _AGAIN) from None
    if not isinstance(raw, dict):
        raise UnexpectedValueError(f"a safetensors header in {file_of(path)}", shown(raw), _AGAIN)
    return raw


def _entry(path: Path, name: str, value: Any, held: int) -> Entry:  # noqa: ANN401  whatever the file holds
    fields = value if isinstance(value, dict) else {}
    dtype: Any = fields.get("dtype")
    shape: Any = fields.get("shape")
    offsets: Any = fields.get("data_offsets")
    if not (isinstance(dtype, str) and _are_sizes(shape) and _are_sizes(offsets) and len(offsets) == 2):
        raise UnexpectedValueError(f"type, shape and place of {name!r} in {file_of(path)}", shown(value), _AGAIN)
    entry = Entry(path.name, dtype, tuple(shape))
    if offsets[1] > held:
        raise UnexpectedValueError(f"{offsets[1]} bytes of weights or more in {file_of(path)}", f"{held}", f"the download broke off; {_AGAIN}")
    if dtype in _BITS and offsets[1] - offsets[0] != entry.count * _BITS[dtype] // 8:
        raise UnexpectedValueError(f"as many bytes for {name!r} in {file_of(path)} as its shape needs", f"{offsets[1] - offsets[0]}", _AGAIN)
    return entry


def _are_sizes(value: Any) -> bool:  # noqa: ANN401  whatever the file holds
    return isinstance(value, list) and all(type(number) is int and number >= 0 for number in value)
