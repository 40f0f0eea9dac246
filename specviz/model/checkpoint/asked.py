"""What ``load_pair`` was asked for: looked at before any work, then found, placed and named."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch

from specviz.arguments import path_of, text, whole_number
from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown
from specviz.model.checkpoint.files import folder_name
from specviz.model.checkpoint.given import ModelObject, check_is_model, object_name
from specviz.model.checkpoint.hub import Source, on_this_machine, resolve
from specviz.model.checkpoint.tokenizer import given_tokenizer, read_tokenizer
from specviz.model.hardware import Placement, dtype_name, place
from specviz.model.loader import Checkpoint, DeviceMap, find_checkpoint
from specviz.model.text import Text

_ASK_FOR_A_TOKENIZER = "give the one it was trained with as tokenizer=…"


@dataclass(frozen=True)
class Asked:
    """The arguments of ``load_pair``, each of the kind it should be."""

    target: Any
    draft: Any
    tokenizer: Any
    adapter: str | Path | None
    device: str
    dtype: str
    draft_dtype: str | None
    context: int
    device_map: DeviceMap | None
    names: tuple[str, ...] = ()
    label: str = ""

    @classmethod
    def of(cls, *, places: tuple[Any, ...], **given: Any) -> Self:  # noqa: ANN401  whatever was passed
        """Look at all of them.

        Args:
            places: revision and subfolder of target and draft.
            given: the other arguments by their names.

        Raises:
            UnexpectedTypeError: for an argument of another kind.
            UnexpectedValueError: for arguments that do not go together.
        """
        target, draft = _source("target", given["target"], *places[:2]), _source("draft", given["draft"], *places[2:])
        given |= {name: _place(name, given[name]) for name in ("adapter", "tokenizer") if isinstance(given[name], str | os.PathLike)}
        if given["adapter"] is not None and not isinstance(given["adapter"], str | Path):
            raise UnexpectedTypeError("adapter as a folder or a hub id", shown(given["adapter"]))
        if given["adapter"] is not None and not isinstance(target, Source):
            raise UnexpectedValueError("adapter=… with a target that is a folder or a hub id", "another target", "merge it by hand, with peft")
        if given["device_map"] is not None and not isinstance(given["device_map"], str | dict):
            raise UnexpectedTypeError("device_map as a text or a device for each part by name", shown(given["device_map"]))
        kinds = {"device": _device_name(given["device"]), "dtype": _dtype_name("dtype", given["dtype"])}
        draft_dtype = None if given["draft_dtype"] is None else _dtype_name("draft_dtype", given["draft_dtype"])
        sources = [source for source in (target, draft) if source is not None]
        names = tuple(_label(source, given["adapter"] if source is target else None) for source in sources)
        return cls(
            **(
                given
                | kinds
                | {
                    "target": target,
                    "draft": draft,
                    "draft_dtype": draft_dtype,
                    "context": whole_number("context", given["context"], 2, do="it counts the positions to reserve memory for"),
                }
            ),
            names=names,
            label=names[0] if names else "",
        )

    def shipped(self, name: str, target: Path, draft: Path) -> Self:
        """The same of a pair that ships."""
        if self.adapter is not None or self.tokenizer is not None:
            raise UnexpectedValueError("a shipped pair by its name alone", "adapter=… or tokenizer=…", "give target=… for your own models")
        return replace(self, target=Source(target), draft=Source(draft), names=(f"{name}/target", f"{name}/{draft.name}"), label=name)

    def find(self) -> list[Checkpoint]:
        """The checkpoints, none of their weights read: the target's, and the draft's where there is one.

        Raises:
            UnexpectedValueError: when a model in memory is asked for in another place or type than its own, or without a tokenizer.
        """
        found = [find_checkpoint(self.target, self.names[0], native=self.device_map is None, adapter=self.adapter)]
        if self.draft is not None:
            found.append(find_checkpoint(self.draft, self.names[1]))
        if isinstance(found[0], ModelObject):
            self._check_object(found[0])
        return found

    def place(self, target: Checkpoint) -> Placement:
        """Device and type of the target."""
        return target.placement() if isinstance(target, ModelObject) else place(self.device, self.dtype, target.config)

    def place_draft(self, target: Placement, draft: Checkpoint) -> Placement:
        """Beside the target; on a GPU ``auto`` is the target's type, for there no small type is slow."""
        if isinstance(draft, ModelObject):
            own = draft.placement()
            if own.device != target.device:
                raise UnexpectedValueError(f"the draft on the target's device ({target.device})", f"{own.device}", "move it there with draft.to(…)")
            return own
        wanted = self.draft_dtype or ("auto" if self.dtype == "auto" else None)
        if wanted is None or (wanted == "auto" and target.device.type != "cpu"):
            return target
        return place(str(target.device), wanted, draft.config, "draft")

    def text(self, target: Checkpoint) -> Text:
        """The tokenizer: the one that was given, else the target's."""
        if self.tokenizer is None:
            return Text(target.tokenizer())
        is_place = isinstance(self.tokenizer, str | Path)
        read = Text(read_tokenizer(resolve(self.tokenizer, weights=False)) if is_place else given_tokenizer(self.tokenizer))
        largest = max(read.vocabulary().values(), default=0)
        if largest >= target.config.vocab:
            raise UnexpectedValueError(
                f"a tokenizer of at most {target.config.vocab} tokens, as {target.name!r} has", f"one up to {largest}", _ASK_FOR_A_TOKENIZER
            )
        return read

    def _check_object(self, target: ModelObject) -> None:
        if self.tokenizer is None:
            raise UnexpectedValueError("tokenizer=… beside a model in memory", "none", _ASK_FOR_A_TOKENIZER)
        own = target.placement()
        if self.device not in {"auto", str(own.device), own.device.type} or self.dtype not in {"auto", own.dtype_name} or self.device_map is not None:
            asked = self.device if self.device != "auto" else self.dtype if self.dtype != "auto" else "device_map"
            raise UnexpectedValueError(
                f"the place and type of a model in memory left as they are ({own.device}, {own.dtype_name})",
                asked,
                "move it yourself, with model.to(…)",
            )


def _source(name: str, given: Any, revision: Any, subfolder: Any) -> Any:  # noqa: ANN401  whatever was passed
    """A place with its revision, or a model object; None where nothing was given."""
    kind = "" if name == "target" else "draft_"
    for part, value in ((f"{kind}revision", revision), (f"{kind}subfolder", subfolder)):
        if value is not None:
            text(part, value)
    if given is None:
        return None
    if isinstance(given, str | os.PathLike):
        return Source(_place(name, given), revision, subfolder)
    check_is_model(given)
    return given


def _place(name: str, given: str | os.PathLike[str]) -> str | Path:
    """A folder, a file or a hub id, as far as the words themselves can tell."""
    if not str(given).strip() or "\0" in str(given):
        raise UnexpectedValueError(f"{name} as a folder, a *.gguf file or a hub id", shown(str(given)))
    path = path_of(name, given)
    return given if isinstance(given, str) else path


def _label(source: Any, adapter: str | Path | None) -> str:  # noqa: ANN401  a source or a model object
    """A hub id as it is, a folder by its last name: a record never carries a path of this machine."""
    if not isinstance(source, Source):
        return object_name(source)
    name = _name_of(source.place)
    return name if adapter is None else f"{name} + {_name_of(adapter)}"


def _name_of(place: str | Path) -> str:
    here = on_this_machine(place)
    return str(place) if here is None else folder_name(here)


def _device_name(device: Any) -> str:  # noqa: ANN401  whatever was passed
    return str(device) if isinstance(device, torch.device) else text("device", device, "auto, cuda, mps or cpu")


def _dtype_name(name: str, dtype: Any) -> str:  # noqa: ANN401  whatever was passed
    return dtype_name(dtype) if isinstance(dtype, torch.dtype) else text(name, dtype, "auto, float32, bfloat16 or float16")
