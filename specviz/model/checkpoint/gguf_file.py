"""A GGUF file from the outside: its settings, and the place, type and shape of its tensors. Every length in it is doubted before it is used."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from specviz.errors import UnexpectedValueError
from specviz.model.checkpoint.fields import UnsupportedModelError
from specviz.model.checkpoint.files import refuse_pointer, size_of_regular

_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _LIST = 8, 9
_MOST_DIMENSIONS = 4
_VERSIONS = (2, 3)


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in the file: its shape in torch's order, its type, and where its bytes lie."""

    shape: tuple[int, ...]
    kind: GGMLQuantizationType
    start: int
    size: int

    @property
    def bytes_shape(self) -> tuple[int, ...]:
        """The shape of its bytes: blocks go along the last dimension."""
        items, width = GGML_QUANT_SIZES[self.kind]
        return (*self.shape[:-1], self.shape[-1] // items * width)


@dataclass(frozen=True)
class GgufFile:
    """What a GGUF file holds."""

    path: Path
    settings: dict[str, Any]
    tensors: dict[str, StoredTensor]

    @property
    def where(self) -> str:
        """The file as errors name it: its own name is enough."""
        return repr(self.path.name)


def read_gguf(path: Path) -> GgufFile:
    """Read settings and places of tensors; no tensor is touched.

    Raises:
        UnexpectedValueError: when it is no GGUF file, or was cut off.
        UnsupportedModelError: for a version or a kind of tensor that is not known, or one part of several.
    """
    size = size_of_regular(path)
    with path.open("rb") as file:
        refuse_pointer(path, file.read(64))
        if size < 24:
            raise UnexpectedValueError(f"a GGUF file in {path.name!r}", f"{size} bytes", "download it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                return _Reader(path, content).read()
            except (struct.error, IndexError, UnicodeDecodeError, RecursionError):
                raise UnexpectedValueError(
                    f"a whole GGUF file in {path.name!r}", "settings that break off or make no sense", "download it again"
                ) from None


class _Reader:
    """Goes through the file once, from settings to tensors."""

    def __init__(self, path: Path, content: mmap.mmap) -> None:
        self._path, self._content, self._at = path, content, 0

    def read(self) -> GgufFile:
        if self._bytes(4) != b"GGUF":
            raise UnexpectedValueError(
                f"a GGUF file in {self._path.name!r}", "a file that begins otherwise", "give a file that ends in .gguf and is one"
            )
        version = self._number("<I")
        if version not in _VERSIONS:
            raise UnsupportedModelError(f"version 2 or 3 of GGUF in {self._path.name!r}", f"{version}", "convert the model anew")
        num_tensors, num_settings = self._number("<Q"), self._number("<Q")
        settings = {}
        for _ in range(num_settings):
            key = self._text()
            settings[key] = self._value(self._number("<I"))
        _refuse_parts(settings, self._path)
        described = [self._tensor() for _ in range(num_tensors)]
        alignment = settings.get("general.alignment", 32)
        if type(alignment) is not int or alignment < 1:
            raise IndexError
        start = -(-self._at // alignment) * alignment
        return GgufFile(self._path, settings, {name: self._placed(name, shape, kind, start + offset) for name, shape, kind, offset in described})

    def _bytes(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if len(taken) != count:
            raise IndexError
        self._at += count
        return taken

    def _number(self, form: str) -> Any:  # noqa: ANN401  a number of any kind
        return struct.unpack(form, self._bytes(struct.calcsize(form)))[0]

    def _text(self) -> str:
        return self._bytes(self._number("<Q")).decode("utf-8")

    def _value(self, kind: int, depth: int = 0) -> Any:  # noqa: ANN401  a number, a text or a list
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == _TEXT:
            return self._text()
        if kind != _LIST or depth > 2:
            raise IndexError
        inner, count = self._number("<I"), self._number("<Q")
        if count > len(self._content) - self._at:  # an item takes a byte at least
            raise IndexError
        if inner in _NUMBERS:
            form = f"<{count}{_NUMBERS[inner][1]}"
            return list(struct.unpack(form, self._bytes(struct.calcsize(form))))
        item: Callable[[], Any] = self._text if inner == _TEXT else lambda: self._value(inner, depth + 1)
        return [item() for _ in range(count)]

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name, dimensions = self._text(), self._number("<I")
        if not 0 < dimensions <= _MOST_DIMENSIONS:
            raise IndexError
        shape = tuple(self._number("<Q") for _ in range(dimensions))
        return name, shape[::-1], self._number("<I"), self._number("<Q")

    def _placed(self, name: str, shape: tuple[int, ...], kind: int, start: int) -> StoredTensor:
        try:
            known = GGMLQuantizationType(kind)
            items, width = GGML_QUANT_SIZES[known]
        except (ValueError, KeyError):
            raise UnsupportedModelError(
                f"quantisations that the package gguf knows in {self._path.name!r}",
                f"number {kind} for {name!r}",
                "take a newer gguf or another file",
            ) from None
        if shape[-1] % items:
            raise UnexpectedValueError(f"rows of {name!r} in {self._path.name!r} in blocks of {items}", f"{shape[-1]} numbers", "download it again")
        size = prod(shape) // items * width
        if start + size > len(self._content):
            got = f"{len(self._content)}"
            raise UnexpectedValueError(f"{start + size} bytes or more in {self._path.name!r}", got, "the download broke off; download it again")
        return StoredTensor(shape, known, start, size)


def _refuse_parts(settings: dict[str, Any], path: Path) -> None:
    parts = settings.get("split.count", 1)
    if isinstance(parts, int) and parts > 1:
        raise UnsupportedModelError(f"a whole model in {path.name!r}", f"one of {parts} parts", "put them together with `llama-gguf-split --merge`")
