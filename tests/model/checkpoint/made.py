"""Checkpoints that were saved well and then changed: entries of a JSON file, names and numbers of the weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from torch import Tensor

from specviz.errors import SpecvizError
from tests.helpers import load

Tensors = dict[str, Tensor]


def spoil(folder: Path, file: str = "config.json", **changes: object) -> Path:
    """Change entries of a JSON file; None removes one, and a null is written as ``...``."""
    path = folder / file
    entries = json.loads(path.read_text()) if path.exists() else {}
    entries |= changes
    path.write_text(json.dumps({name: None if value is ... else value for name, value in entries.items() if value is not None}))
    return folder


def rewrite(folder: Path, change: Callable[[Tensors], Tensors | None]) -> Path:
    """Change the weights of a folder; ``change`` returns other ones, or changes those it is given."""
    tensors = {name: tensor.clone() for name, tensor in load_file(folder / "model.safetensors").items()}
    tensors = change(tensors) or tensors
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@contextmanager
def in_our_form(folder: Path | None = None) -> Iterator[None]:
    """What is inside goes well or raises an error of ours, which names no path of this machine."""
    try:
        yield
    except SpecvizError as error:
        said = str(error)
        if not said.startswith("expected ") or ", got " not in said or (folder is not None and str(folder.parent) in said):
            raise AssertionError(said) from error


def refusal(folder: Any, **options: Any) -> str:
    """What loading it is refused with: in our form, without a path of this machine."""
    with pytest.raises(SpecvizError) as refused:
        load(folder, **options)
    said = str(refused.value)
    assert said.startswith("expected ")
    assert ", got " in said
    if isinstance(folder, Path):
        assert str(folder.parent) not in said
    return said
