"""Resumable state of a training run, as safetensors and JSON: no pickles, and a kill while writing loses nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


@dataclass
class Progress:
    """How far a run has come."""

    step: int = 0
    tokens: int = 0
    elapsed_s: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)


def save_checkpoint(path: Path, model: nn.Module, optimizers: list[torch.optim.Optimizer], progress: Progress) -> None:
    """Write weights, optimiser state and progress to ``path`` in one rename."""
    tensors: dict[str, Tensor] = {f"model.{k}": v.detach().contiguous() for k, v in model.named_parameters()}
    for index, optimizer in enumerate(optimizers):
        for parameter, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                tensors[f"optim.{index}.{parameter}.{name}"] = torch.as_tensor(value).contiguous()
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"progress": json.dumps(asdict(progress))})
    partial.replace(path)


def load_checkpoint(path: Path, model: nn.Module, optimizers: list[torch.optim.Optimizer]) -> Progress:
    """Load what :func:`save_checkpoint` wrote into ``model`` and ``optimizers``; return the progress made."""
    states: list[dict[int, dict[str, Any]]] = [{} for _ in optimizers]
    parameters = dict(model.named_parameters())
    with safe_open(path, framework="pt") as file, torch.no_grad():
        progress = Progress(**json.loads(file.metadata()["progress"]))
        for key in file.keys():  # noqa: SIM118  a safetensors file is no dict
            kind, rest = key.split(".", 1)
            if kind == "model":
                parameters[rest].copy_(file.get_tensor(key))
            else:
                index, parameter, name = rest.split(".")
                states[int(index)].setdefault(int(parameter), {})[name] = file.get_tensor(key)
    for optimizer, state in zip(optimizers, states, strict=True):
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return progress
