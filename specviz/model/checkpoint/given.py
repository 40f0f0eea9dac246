"""A model of transformers that is in memory already: used as it is, by its own pass, without a copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch

from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown
from specviz.model.checkpoint.fields import Fields
from specviz.model.checkpoint.hub import on_this_machine
from specviz.model.distribution.defaults import GenerationDefaults
from specviz.model.hardware import DTYPES, Placement, dtype_name
from specviz.model.loader import Checkpoint, DeviceMap, Model

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_WITHOUT_MODES = (torch.nn.Embedding, torch.nn.Linear)
"""Parts that do the same in training: resizing a vocabulary leaves new ones in that mode."""


@dataclass(frozen=True)
class ModelObject(Checkpoint):
    """A checkpoint that is a model object; nothing of it is changed: not its device, its type, its mode."""

    model: Any = None

    @classmethod
    def of(cls, model: PreTrainedModel, name: str) -> Self:
        """Look at an object without touching it.

        Raises:
            UnexpectedTypeError: when it is no model of transformers.
            UnexpectedValueError: when a part of it is in training mode: dropout would make every pass another; or it is in a type of numbers
                that no pass here is made in.
            UnsupportedModelError: when it cannot be decoded speculatively.
        """
        from specviz.model.checkpoint.any_config import any_config

        check_is_model(model)
        if any(part.training and not isinstance(part, _WITHOUT_MODES) for part in model.modules()):
            raise UnexpectedValueError(f"{name!r} in evaluation mode", "training mode, with dropout", "call model.eval() first")
        if model.dtype not in DTYPES.values():
            raise UnexpectedValueError(f"{name!r} in one of {', '.join(DTYPES)}", dtype_name(model.dtype), "change it with model.to(…)")
        where = f"the configuration of {name!r}"
        config = any_config(model.config, where, Fields(_generation(model), f"the generation_config of {name!r}"))
        return cls(None, name, config, "a model object in memory", model=model)

    def placement(self) -> Placement:
        """Where it lies."""
        device, dtype = self.model.device, self.model.dtype
        return Placement(device, dtype, f"{device.type} (where the model lies), {dtype_name(dtype)} (its own)")

    def defaults(self) -> GenerationDefaults:
        """What its generation_config asks for."""
        return GenerationDefaults(self.name, _generation(self.model))

    def load(self, placement: Placement, context: int, device_map: DeviceMap | None = None) -> Model:  # noqa: ARG002  it is spread already, or not
        """The object with our memory around it."""
        from specviz.model.adapter import AdaptedModel

        return AdaptedModel(self, self.model, placement, context)


def _generation(model: PreTrainedModel) -> dict[str, Any]:
    settings: Any = model.generation_config
    return {} if settings is None else dict(settings.to_dict())


def object_name(model: object) -> str:
    """What an object goes by: the last name of where it came from, else its class; never a path."""
    source = str(getattr(model, "name_or_path", "") or "")
    if not source:
        return type(model).__name__
    return Path(source).name if Path(source).is_absolute() or on_this_machine(source) else source


def check_is_model(model: object) -> None:
    """Refuse what is no causal model of transformers.

    Raises:
        UnexpectedTypeError: saying what would be one.
    """
    from transformers import PreTrainedModel

    if not isinstance(model, PreTrainedModel):
        do = "merge the adapter into it first, with merge_and_unload()" if hasattr(model, "merge_and_unload") else ""
        raise UnexpectedTypeError("a folder, a *.gguf file, a hub id or a PreTrainedModel of transformers", shown(model), do)
    if not model.can_generate():
        do = "load it with AutoModelForCausalLM"
        raise UnexpectedTypeError("a model of transformers that continues a text", f"{type(model).__name__}, which has no head for that", do)
