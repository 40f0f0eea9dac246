"""The weights of any causal model that ``transformers`` knows, read by it and looked at afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import transformers
from transformers import AutoModelForCausalLM

from specviz.errors import MissingPackageError, foreign
from specviz.model.checkpoint.fields import UnsupportedModelError
from specviz.model.checkpoint.files import folder_name
from specviz.model.checkpoint.headers import FLOATS
from specviz.model.checkpoint.names import HARMLESS, refuse_layers_beyond
from specviz.model.hardware import Placement
from specviz.model.loader import Checkpoint, DeviceMap


def read_weights(checkpoint: Checkpoint, placement: Placement, device_map: DeviceMap | None) -> Any:  # noqa: ANN401  a model of any class
    """The model of transformers with the weights of a folder, safetensors only.

    Raises:
        MissingPackageError: when ``device_map`` is given and accelerate is not installed.
        UnsupportedModelError: when weights are missing, of another shape, or too many.
    """
    if device_map is not None and find_spec("accelerate") is None:
        raise MissingPackageError(f"the package accelerate for device_map={device_map!r}", "none", "pip install accelerate, or leave device_map out")
    assert checkpoint.folder is not None  # noqa: S101  a model object is not read
    name = folder_name(checkpoint.folder)
    _refuse_codes(checkpoint, name)
    # asked for nothing, transformers takes sdpa, or eager attention for families that need it: both take our mask as it is
    with foreign(f"weights and settings of {name!r} that transformers takes", "choose another model", into=UnsupportedModelError), quiet():
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            checkpoint.folder,
            dtype=placement.dtype,
            device_map=device_map,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            output_loading_info=True,
        )
    model, info = loaded
    _refuse_wrong_weights(info, checkpoint, name)
    return (model if device_map is not None else model.to(placement.device)).eval()


def _refuse_wrong_weights(info: Mapping[str, Any], checkpoint: Checkpoint, name: str) -> None:
    """Look at what transformers says of the weights it read: some may be missing, of another shape, or not asked for."""
    do = "config.json does not fit the weights, or the download is not complete"
    mismatched = [f"{key[0]} is {tuple(key[1])} and should be {tuple(key[2])}" for key in sorted(info.get("mismatched_keys", ()))]
    wrong = mismatched + sorted(info["missing_keys"])
    if wrong:
        raise UnsupportedModelError(f"all weights of {name!r}", f"{len(wrong)} that are missing or of another shape ({'; '.join(wrong[:3])})", do)
    stored = checkpoint.weights.entries if checkpoint.weights else {}
    unasked = sorted(key for key in info.get("unexpected_keys", ()) if not HARMLESS.search(key) and _is_of_a_module(key, stored))
    refuse_layers_beyond(unasked, checkpoint.config.layers, repr(name))
    if unasked:
        raise UnsupportedModelError(
            f"no weights in {name!r} but those its config.json asks for", f"{len(unasked)} others ({', '.join(unasked[:3])})", do
        )


def _is_of_a_module(name: str, stored: Iterable[str]) -> bool:
    """Whether it is a weight, or the bias of one; old files hold masks and tables besides, which no pass reads from them any more."""
    module = name.removesuffix(".bias")
    return name.endswith(".weight") or (module != name and any(other.endswith(f"{module}.weight") for other in stored))


def _refuse_codes(checkpoint: Checkpoint, name: str) -> None:
    """Weights that are no floating-point numbers are codes of some quantisation; masks that old files hold may be what they like."""
    for weight, entry in checkpoint.weights.entries.items() if checkpoint.weights else ():
        if weight.endswith("weight") and entry.dtype not in FLOATS:
            raise UnsupportedModelError(f"floating-point numbers for {weight!r} of {name!r}", entry.dtype, "use the original, unquantised checkpoint")


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' table of wrong weights: the error says the same."""
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        transformers.logging.set_verbosity(before)
