"""Checkpoints into memory: a folder, a hub id, a GGUF file or a model object in, a model ready to score out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from specviz.model.cache import KVCache
from specviz.model.checkpoint.files import folder_name, is_there
from specviz.model.checkpoint.hub import Source, resolve
from specviz.model.checkpoint.names import NativeWeights
from specviz.model.checkpoint.tokenizer import read_tokenizer
from specviz.model.checkpoint.weights import FolderWeights, Weights, count
from specviz.model.config import ModelConfig, NotNativeError, read_config
from specviz.model.distribution.defaults import GenerationDefaults, read_defaults
from specviz.model.fixed import FixedPasses, fixed_passes
from specviz.model.hardware import Placement, dtype_name
from specviz.model.transformer import Transformer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

DeviceMap = str | dict[str, str | int]
"""What transformers takes for ``device_map``: ``"auto"``, or a device for each part of the model by its name."""
SPREAD = "spread by device_map"
"""Why the pass of a model is transformers' when it lies on several devices."""


class Model:
    """A transformer with its one KV buffer and where it came from. Its pass is the native one; :class:`AdaptedModel` has transformers'."""

    is_native = True
    how = "native"
    fixed: FixedPasses | None = None
    """Passes recorded as CUDA graphs; None makes every pass launch by launch."""
    folder: Path | None
    """The folder or GGUF file of the checkpoint; None for an object that was in memory already."""

    def __init__(self, folder: Path, name: str, placement: Placement, context: int, weights: NativeWeights | None = None) -> None:
        self.folder = folder
        self.name = name
        weights = weights or native_weights(folder)
        self.config: ModelConfig = weights.settled()
        self.capacity = min(context, self.config.context)
        self.transformer = Transformer(self.config, weights.get, self.capacity, placement.device, placement.dtype)
        weights.weights.close()
        self._weights: Weights = weights.weights
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
        """A hash that changes with the weights."""
        return self._weights.fingerprint

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
    """A checkpoint before any weight is read.

    Attributes:
        folder: its folder or GGUF file; None for a model object.
        name: what it goes by.
        config: its shape.
        why_adapted: why its pass is transformers' (None: it is native).
        weights: those of the files, known by their headers.
        native: the same, checked against the shape of a native pass.
    """

    folder: Path | None
    name: str
    config: ModelConfig
    why_adapted: str | None
    weights: Weights | None = field(default=None, repr=False)
    native: NativeWeights | None = field(default=None, repr=False)

    @property
    def entries(self) -> int:
        """Numbers in all its weights that are still to be read."""
        return 0 if self.weights is None else count(self.weights)

    @property
    def bytes_while_read(self) -> int:
        """Memory that reading takes besides the weights themselves."""
        return 0

    def tokenizer(self) -> Any:  # noqa: ANN401  a tokenizer of any class
        """The tokenizer that belongs to it."""
        assert self.folder is not None  # noqa: S101  objects, which have none, override this
        return read_tokenizer(self.folder)

    def defaults(self) -> GenerationDefaults:
        """What it asks for of a run, unless the run asks otherwise."""
        assert self.folder is not None  # noqa: S101  likewise
        return read_defaults(self.folder, self.name)

    def load(self, placement: Placement, context: int, device_map: DeviceMap | None = None) -> Model:
        """Read the weights; ``device_map`` spreads a model of transformers over several devices."""
        if self.native is not None:
            assert self.folder is not None  # noqa: S101  native weights were read from somewhere
            return Model(self.folder, self.name, placement, context, self.native)
        from specviz.model.adapter import AdaptedModel
        from specviz.model.checkpoint.any_weights import read_weights

        return AdaptedModel(self, read_weights(self, placement, device_map), placement, context)


def native_weights(folder: Path) -> NativeWeights:
    """The weights of a folder for a native pass, none of them read yet."""
    return NativeWeights(read_config(folder), FolderWeights(folder), repr(folder_name(folder)))


def find_checkpoint(
    source: str | Path | Source | PreTrainedModel, name: str, *, native: bool = True, adapter: str | Path | None = None
) -> Checkpoint:
    """Find a checkpoint and choose its pass: the native one where it is implemented (and ``native`` is wanted), else that of transformers.

    Args:
        source: a folder, a GGUF file or a hub id, with its revision; or a model of transformers that is in memory already.
        name: what it is to go by.
        native: whether the native pass may be chosen.
        adapter: a LoRA adapter to merge into it, a folder or a hub id.

    Raises:
        FileNotFoundError: when it is neither a folder nor a hub id that can be reached.
        UnsupportedModelError: when neither pass is right for it, with the reason.
    """
    if not isinstance(source, str | Path | Source):
        from specviz.model.checkpoint.given import ModelObject

        return ModelObject.of(source, name)
    place = resolve(source)
    if place.is_file():
        from specviz.model.checkpoint.gguf import gguf_checkpoint

        return gguf_checkpoint(place, name)
    if adapter is not None or is_there(place / "adapter_config.json"):
        from specviz.model.checkpoint.lora import merged_checkpoint

        return merged_checkpoint(place, name, None if adapter is None else resolve(adapter), native=native)
    return folder_checkpoint(place, name, native=native)


def folder_checkpoint(folder: Path, name: str, *, native: bool) -> Checkpoint:
    """The checkpoint that a folder holds whole."""
    why = SPREAD
    try:
        if native:
            config = read_config(folder)
            weights = FolderWeights(folder)
            return Checkpoint(folder, name, config, None, weights, NativeWeights(config, weights, repr(folder_name(folder))))
    except NotNativeError as error:
        why = error.reason
    from specviz.model.checkpoint.any_config import read_any_config

    return Checkpoint(folder, name, read_any_config(folder), why, FolderWeights(folder))
