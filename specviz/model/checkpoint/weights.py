"""Weights by name, wherever they lie: in the files of a folder, or in memory already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from safetensors import safe_open
from torch import Tensor

from specviz.errors import MissingFileError, UnexpectedValueError, foreign, shown
from specviz.model.checkpoint.files import file_of, folder_name, is_there, read_json_file
from specviz.model.checkpoint.headers import Entry, read_header

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"


class Weights(Protocol):
    """What a model is filled from."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Every tensor by the name it is stored under."""

    @property
    def fingerprint(self) -> str:
        """A hash that changes with the weights."""

    def get(self, name: str) -> Tensor:
        """The tensor stored under this name."""

    def close(self) -> None:
        """Let go of what was opened."""


class FolderWeights:
    """The safetensors files of a folder; their headers are read at once, a tensor when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.entries: dict[str, Entry] = _entries(folder)
        self._open: dict[str, Any] = {}

    def get(self, name: str) -> Tensor:
        """The tensor stored under this name."""
        file = self.entries[name].file
        path = self._folder / file
        with foreign(f"the weight {name!r} in {file_of(path)}", "download it again"):
            if file not in self._open:
                self._open[file] = safe_open(path, framework="pt")
            tensor: Tensor = self._open[file].get_tensor(name)
        return tensor

    def close(self) -> None:
        """Close the files."""
        self._open.clear()

    @cached_property
    def fingerprint(self) -> str:
        """Names and sizes of all files, and the first megabyte of each: names and shapes of the weights, and some of their content."""
        digest = hashlib.sha256()
        for path in (self._folder / name for name in sorted({entry.file for entry in self.entries.values()})):
            digest.update(f"{path.name}:{path.stat().st_size}".encode())
            with path.open("rb") as file:
                digest.update(file.read(1 << 20))
        return digest.hexdigest()[:16]


class StateWeights:
    """Weights that are in memory already."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self.entries = {name: Entry("", _type_of(tensor), tuple(tensor.shape)) for name, tensor in tensors.items()}

    def get(self, name: str) -> Tensor:
        """The tensor of this name."""
        return self._tensors[name].detach()

    def close(self) -> None:
        """There is nothing to close."""

    @cached_property
    def fingerprint(self) -> str:
        """Names and shapes of all, and some numbers of each."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self._tensors.items()):
            sample = tensor.detach().flatten()[:1024].float().cpu().numpy().tobytes()
            digest.update(f"{name}:{tuple(tensor.shape)}".encode() + sample)
        return digest.hexdigest()[:16]


def _type_of(tensor: Tensor) -> str:
    """A type as safetensors writes it, as far as it matters whether it is a float."""
    names = {"torch.float64": "F64", "torch.float32": "F32", "torch.float16": "F16", "torch.bfloat16": "BF16"}
    return names.get(str(tensor.dtype), str(tensor.dtype).removeprefix("torch.").upper())


def _entries(folder: Path) -> dict[str, Entry]:
    """All tensors of a folder; a single file goes before an index, as in transformers."""
    if is_there(folder / SINGLE):
        return read_header(folder / SINGLE)
    if is_there(folder / INDEX):
        return _indexed(folder, shard_names(folder / INDEX))
    raise MissingFileError(f"{SINGLE} in {folder_name(folder)!r}", *_what_there_is(folder))


def _indexed(folder: Path, where: Mapping[str, str]) -> dict[str, Entry]:
    files = sorted(set(where.values()))
    missing = [file for file in files if not is_there(folder / file)]
    if missing:
        some = f"{', '.join(missing[:3])}{' and more' if len(missing) > 3 else ''} missing"
        raise MissingFileError(f"all weight files of {folder_name(folder)!r}", some, "finish the download")
    headers = {file: read_header(folder / file) for file in files}
    for name, file in where.items():
        if name not in headers[file]:
            raise UnexpectedValueError(f"the weight {name!r} in {file_of(folder / file)}, as the index says", "none", "download both again")
    # transformers reads all that lies in these files, whether the index names it or not
    return {name: entry for header in headers.values() for name, entry in header.items()}


def shard_names(index: Path) -> dict[str, str]:
    """Which file holds which tensor, as an index says.

    Raises:
        UnexpectedValueError: when it says nothing of the kind, or names a file outside its folder.
    """
    where = read_json_file(index).get("weight_map")
    if not isinstance(where, dict) or not where:
        raise UnexpectedValueError(f"a weight_map in {file_of(index)}, tensor names to file names", shown(where), "download it again")
    for name, file in where.items():
        if not is_plain_name(file):
            raise UnexpectedValueError(
                f"the file of {name!r} in {file_of(index)} to be a *.safetensors beside it", shown(file), "take the checkpoint from where it was made"
            )
    return where


def is_plain_name(file: object) -> bool:
    """Whether it names a safetensors file of the same folder."""
    return isinstance(file, str) and file.endswith(".safetensors") and not any(mark in file for mark in ("/", "\\", "\0", ":"))


def _what_there_is(folder: Path) -> tuple[str, str]:
    """What lies in the place of weights, and what to do about it."""
    names = sorted(path.name for path in folder.iterdir())
    pickles = [name for name in names if name.endswith((".bin", ".pt", ".pth"))]
    if pickles:
        return f"{', '.join(pickles[:3])}, which are pickles and are never loaded", "convert them with save_pretrained"
    ggufs = [name for name in names if name.endswith(".gguf")]
    if ggufs:
        return f"{', '.join(ggufs[:3])}", "give that file itself"
    others = [name for name in names if name.endswith(".safetensors")]
    if others:
        return f"{', '.join(others[:3])} without {INDEX}", f"finish the download, or name a single file {SINGLE}"
    return "no weights", "finish the download"


def count(weights: Weights) -> int:
    """Numbers in all of them."""
    return sum(entry.count for entry in weights.entries.values())
