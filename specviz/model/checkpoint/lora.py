"""LoRA adapters, merged into their base model while it is read: afterwards it is a checkpoint like any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from specviz.errors import MissingFileError, MissingPackageError, UnexpectedValueError, foreign, shown
from specviz.model.checkpoint.any_weights import read_weights
from specviz.model.checkpoint.fields import UnsupportedModelError
from specviz.model.checkpoint.files import file_of, folder_name, is_there, read_json_file
from specviz.model.checkpoint.headers import read_header
from specviz.model.checkpoint.hub import Source, resolve
from specviz.model.checkpoint.names import NativeWeights
from specviz.model.checkpoint.tokenizer import has_tokenizer, read_tokenizer
from specviz.model.checkpoint.weights import StateWeights, count
from specviz.model.hardware import Placement
from specviz.model.loader import Checkpoint, DeviceMap, Model, folder_checkpoint

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_FITTING = "take the adapter and the base model it was trained on"


@dataclass(frozen=True)
class MergedCheckpoint(Checkpoint):
    """A base model and the adapter that is merged into it when it is read, in float32 and in memory alone."""

    adapter: Path | None = None

    @property
    def bytes_while_read(self) -> int:
        """The base model in float32 beside what becomes of it."""
        return 0 if self.weights is None else 4 * count(self.weights)

    def tokenizer(self) -> Any:  # noqa: ANN401  a tokenizer of any class
        """The adapter's, where it brings one, else that of its base."""
        assert self.folder is not None and self.adapter is not None  # noqa: S101, PT018  both are folders
        return read_tokenizer(self.adapter if has_tokenizer(self.adapter) else self.folder)

    def load(self, placement: Placement, context: int, device_map: DeviceMap | None = None) -> Model:
        """Read, merge, and go on as with any other checkpoint."""
        assert self.folder is not None and self.adapter is not None  # noqa: S101, PT018  both are folders
        merged = merge(self, self.adapter, placement, device_map)
        if self.native is None:
            from specviz.model.adapter import AdaptedModel

            moved = merged if device_map is not None else merged.to(device=placement.device, dtype=placement.dtype)
            return AdaptedModel(replace(self, weights=StateWeights(moved.state_dict())), moved.eval(), placement, context)
        native = NativeWeights(self.config, StateWeights(merged.state_dict()), repr(self.name))
        return Model(self.folder, self.name, placement, context, native)


def merged_checkpoint(folder: Path, name: str, adapter: Path | None, *, native: bool) -> MergedCheckpoint:
    """A base model with an adapter; a folder that is an adapter itself names its base.

    Args:
        folder: the base model, or without ``adapter`` the adapter.
        name: what the two go by.
        adapter: the folder of the adapter.
        native: whether the native pass may be chosen.

    Raises:
        MissingFileError: when one of the two is not there.
        MissingPackageError: when peft is not installed.
        UnsupportedModelError: when the adapter is of another kind than can be merged.
    """
    if adapter is None:
        folder, adapter = _base_of(folder), folder
    _refuse_both(folder)
    settings = _settings(adapter)
    kind = settings.get("peft_type")
    if kind != "LORA":
        raise UnsupportedModelError(
            f"a LoRA adapter in {folder_name(adapter)!r}", f"peft_type {shown(kind)}", "merge it by hand, and give the result"
        )
    if find_spec("peft") is None:
        raise MissingPackageError("the package peft, which merges adapters", "none", "pip install peft, or merge the adapter and give the result")
    found = folder_checkpoint(folder, name, native=native)
    return MergedCheckpoint(found.folder, name, found.config, found.why_adapted, found.weights, found.native, adapter=adapter)


def merge(checkpoint: Checkpoint, adapter: Path, placement: Placement, device_map: DeviceMap | None) -> Any:  # noqa: ANN401  a model of any class
    """The base model in float32 with the adapter's products added to its weights."""
    from peft import PeftModel

    base = read_weights(checkpoint, replace(placement, dtype=torch.float32, device=torch.device("cpu")), device_map)
    with foreign(f"an adapter in {folder_name(adapter)!r} that fits {checkpoint.name!r}", _FITTING, into=UnsupportedModelError):
        adapted = PeftModel.from_pretrained(base, str(adapter), local_files_only=True)
        _refuse_other_weights(adapted, adapter, checkpoint.name)
        _untie(base)
        return adapted.merge_and_unload(safe_merge=True)


def _refuse_other_weights(adapted: Any, adapter: Path, name: str) -> None:  # noqa: ANN401  peft's model
    """What peft does not find it leaves as it was drawn, and what it has no place for it leaves out: both would be another model."""
    from peft import load_peft_weights, set_peft_model_state_dict

    result: Any = set_peft_model_state_dict(adapted, load_peft_weights(str(adapter), device="cpu"))
    missing = [key for key in result.missing_keys if "lora_" in key or "modules_to_save" in key]
    for keys, what in ((missing, "missing"), (result.unexpected_keys, "without a place")):
        if keys:
            raise UnsupportedModelError(
                f"an adapter in {folder_name(adapter)!r} with just the weights that its {SETTINGS} and {name!r} ask for",
                f"{len(keys)} {what} ({', '.join(sorted(keys)[:2])})",
                _FITTING,
            )


def _untie(base: Any) -> None:  # noqa: ANN401  a model of any class
    """Give head and embedding a weight each where the adapter changes one of them: merged into a shared one it would change both."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    parts = base.get_input_embeddings(), base.get_output_embeddings()
    if not any(isinstance(part, BaseTunerLayer) for part in parts):
        return
    layers: list[Any] = [part.get_base_layer() if isinstance(part, BaseTunerLayer) else part for part in parts]
    embedding, head = layers
    if head is not None and head.weight is embedding.weight:
        head.weight = torch.nn.Parameter(head.weight.detach().clone())


def _settings(adapter: Path) -> dict[str, Any]:
    """The adapter's settings, once it is clear that its weights can be read without a pickle."""
    if not is_there(adapter / SETTINGS):
        raise MissingFileError(f"an adapter ({SETTINGS}) in {folder_name(adapter)!r}", "none", "give the folder that peft's save_pretrained wrote")
    settings = read_json_file(adapter / SETTINGS)
    if not is_there(adapter / WEIGHTS):
        raise MissingFileError(f"{WEIGHTS} in {folder_name(adapter)!r}", "none", "pickles are never loaded; save it anew with save_pretrained")
    read_header(adapter / WEIGHTS)
    return settings


def _base_of(adapter: Path) -> Path:
    """The base model that an adapter names."""
    _refuse_both(adapter)
    settings = _settings(adapter)
    base, revision = settings.get("base_model_name_or_path"), settings.get("revision")
    do = "give the base model as target=… and the adapter as adapter=…"
    if not isinstance(base, str) or not base:
        raise UnexpectedValueError(f"base_model_name_or_path in {file_of(adapter / SETTINGS)}", shown(base), do)
    try:
        return resolve(Source(base, revision if isinstance(revision, str) else None))
    except OSError as error:
        raise MissingFileError(
            f"the base model that {file_of(adapter / SETTINGS)} names", f"{shown(Path(base).name)}, which cannot be found", do
        ) from error


def _refuse_both(folder: Path) -> None:
    """A folder that is both would have its adapter applied by transformers unasked."""
    if is_there(folder / "config.json") and is_there(folder / SETTINGS):
        do = "give the checkpoint as target=… and a folder with the adapter as adapter=…"
        raise UnexpectedValueError(f"a checkpoint or an adapter in {folder_name(folder)!r}", "both", do)
