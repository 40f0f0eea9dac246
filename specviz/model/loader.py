"""Checkpoints into memory: a folder or a hub id in, a model ready to score out. Safetensors only, never a pickle."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from specviz.model.cache import KVCache
from specviz.model.config import ModelConfig, NotNativeError, read_config
from specviz.model.fixed import FixedPasses, fixed_passes
from specviz.model.hardware import Placement, dtype_name
from specviz.model.transformer import Transformer

_HUB_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
_HUB_TIMEOUT_S = 10

DeviceMap = str | dict[str, str | int]
"""What transformers takes for ``device_map``: ``"auto"``, or a device for each part of the model by its name."""


class Model:
    """A transformer with its one KV buffer and where it came from. Its pass is the native one; :class:`AdaptedModel` has transformers'."""

    is_native = True
    how = "native"
    fixed: FixedPasses | None = None
    """Passes recorded as CUDA graphs; None makes every pass launch by launch."""

    def __init__(self, folder: Path, name: str, placement: Placement, context: int) -> None:
        self.folder = folder
        self.name = name
        self.config: ModelConfig = read_config(folder)
        self.capacity = min(context, self.config.context)
        with _Tensors(folder) as tensors:
            self.transformer = Transformer(self.config, tensors.get, self.capacity, placement.device, placement.dtype)
        self.device = placement.device
        self.cache = self.new_cache(self.capacity)
        self.fixed = fixed_passes(self.transformer)

    def score(self, tokens: list[int], positions: list[int] | None = None, mask: Tensor | None = None, rows: int | None = None) -> Tensor:
        """Run ``tokens`` after the cached text; logits of the last ``rows``, float32[r, V]. See :meth:`Transformer.forward`."""
        if self.fixed is not None and (logits := self.fixed.forward(tokens, self.cache, positions, mask, rows)) is not None:
            return logits
        where = None if positions is None else torch.tensor(positions, device=self.device)
        return self.transformer.forward(torch.tensor(tokens, device=self.device), self.cache, where, mask, rows)

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights."""
        return self.transformer.dtype

    def new_cache(self, capacity: int) -> KVCache:
        """An empty memory for another text."""
        return KVCache(self.config, capacity, self.device, self.dtype)

    @property
    def parameters(self) -> int:
        """Number of weights, shared ones counted once."""
        c = self.config
        attention = c.width * c.head_width * (2 * c.heads + 2 * c.kv_heads)
        return c.vocab * c.width * (1 if c.tied_head else 2) + c.layers * (attention + 3 * c.width * c.hidden + 2 * c.width) + c.width

    @cached_property
    def fingerprint(self) -> str:
        """A hash that changes with the weights: names, shapes and sizes of all, content of the first megabyte of every file."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.glob("*.safetensors")):
            digest.update(f"{path.name}:{path.stat().st_size}".encode())
            with path.open("rb") as file:
                digest.update(file.read(1 << 20))
        return digest.hexdigest()[:16]

    def describe(self) -> dict[str, Any]:
        """Facts for the header of a trace: id, architecture, size, weight hash; no folder."""
        return {"id": self.name, "family": self.config.family, "layers": self.config.layers, "width": self.config.width} | {
            "parameters": self.parameters,
            "weights": self.fingerprint,
            "dtype": dtype_name(self.dtype),
            "pass": self.how,
        }


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint before any weight is read: its folder, the name it goes by, its shape, and why its pass is transformers' (None: it is native)."""

    folder: Path
    name: str
    config: ModelConfig
    why_adapted: str | None

    @cached_property
    def entries(self) -> int:
        """Numbers in all its weights, from the headers of its files."""
        return sum(_entries(self.folder / file) for file in sorted(set(_index(self.folder).values())))

    def load(self, placement: Placement, context: int, device_map: DeviceMap | None = None) -> Model:
        """Read the weights; ``device_map`` spreads a model of transformers over several devices."""
        if self.why_adapted is None:
            return Model(self.folder, self.name, placement, context)
        from specviz.model.adapter import AdaptedModel

        return AdaptedModel(self, placement, context, device_map)


def find_checkpoint(source: str | Path, name: str, *, native: bool = True) -> Checkpoint:
    """Find a checkpoint and choose its pass: the native one where it is implemented (and ``native`` is wanted), else that of transformers.

    Raises:
        FileNotFoundError: when it is neither a folder nor a hub id that can be reached.
        UnsupportedModelError: when neither pass is right for it, with the reason.
    """
    folder = resolve(source)
    why = "spread by device_map"
    try:
        if native:
            return Checkpoint(folder, name, read_config(folder), None)
    except NotNativeError as error:
        why = error.reason
    from specviz.model.adapter import read_any_config

    return Checkpoint(folder, name, read_any_config(folder), why)


class _Tensors:
    """Tensors by name from one or several safetensors files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._where = _index(folder)
        self._open: dict[str, Any] = {}

    def __enter__(self) -> _Tensors:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.clear()

    def get(self, name: str) -> Tensor | None:
        """The tensor of this name, or None."""
        file = self._where.get(name)
        if file is None:
            return None
        if file not in self._open:
            self._open[file] = safe_open(self._folder / file, framework="pt")
        tensor: Tensor = self._open[file].get_tensor(name)
        return tensor


def _index(folder: Path) -> dict[str, str]:
    """Which file holds which tensor."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        where: dict[str, str] = json.loads(index.read_text())["weight_map"]
        missing = sorted({file for file in where.values() if not (folder / file).exists()})
        if missing:
            raise FileNotFoundError(f"expected all weight files of {folder.name!r}, {', '.join(missing)} missing; finish the download")
        return where
    single = folder / "model.safetensors"
    if single.exists():
        with safe_open(single, framework="pt") as file:
            return dict.fromkeys(file.keys(), single.name)
    others = sorted(path.name for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".pth"})
    found = (
        f"found {', '.join(others[:3])}, which are pickles and are never loaded; convert them with save_pretrained" if others else "found no weights"
    )
    raise FileNotFoundError(f"expected model.safetensors in {folder.name!r}, {found}")


def _entries(file: Path) -> int:
    """Numbers in a safetensors file: its first 8 bytes give the length of a JSON header that holds all shapes."""
    with file.open("rb") as opened:
        header = json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")


def resolve(source: str | Path) -> Path:
    """The local folder of a checkpoint: ``source`` itself if it is a folder, else a download (or the cached copy) of that hub id.

    Raises:
        FileNotFoundError: when it is neither a folder nor a hub id that can be reached.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    looks_like_path = str(source).startswith((".", "/", "~")) or str(source).count("/") != 1
    if looks_like_path:
        raise FileNotFoundError(f"expected a checkpoint folder or a hub id (owner/name), got {str(source)!r}, which is neither; is the path right?")
    return _download(str(source))


def _download(hub_id: str) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(hub_id, allow_patterns=_HUB_FILES, local_files_only=True))
    except HFValidationError:
        raise FileNotFoundError(
            f"expected a checkpoint folder or a hub id (owner/name), got {hub_id!r}, which is neither; is the path right?"
        ) from None
    except (LocalEntryNotFoundError, FileNotFoundError):
        pass
    try:
        # one quick question first: the download itself would retry for minutes without a network
        HfApi().model_info(hub_id, timeout=_HUB_TIMEOUT_S)
        return Path(snapshot_download(hub_id, allow_patterns=_HUB_FILES))
    except RepositoryNotFoundError:
        raise FileNotFoundError(
            f"expected an existing public hub id, got {hub_id!r}; check the spelling, or log in with hf auth login for a gated one"
        ) from None
    except Exception as error:  # a missing network shows as whatever the hub's HTTP library raises, which differs between releases
        raise FileNotFoundError(
            f"expected to reach the model hub for {hub_id!r}, but could not ({type(error).__name__}); "
            "give the folder of a checkpoint instead, or use the shipped pair 'tiny', which needs no network"
        ) from error
