"""The optimisers and the learning-rate schedule of every training run."""

from __future__ import annotations

import torch
from torch import nn

DECAY_FROM = 0.75
"""The share of a run after which the learning rate falls to nothing."""


def build_optimizers(model: nn.Module, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices, Adam for the embedding (tied to the head) and the norms; each group remembers its peak rate.

    Args:
        model: what is to be trained.
        lr: of Muon. The embedding, whose entries are of size 1/2, follows 1.5 times as fast; norms a tenth.
    """
    parameters = dict(model.named_parameters())
    tables = [name for name in parameters if "embed" in name or "lm_head" in name]
    matrices = [name for name, parameter in parameters.items() if parameter.ndim == 2 and name not in tables]
    norms = [name for name in parameters if name not in tables and name not in matrices]
    muon = torch.optim.Muon([parameters[name] for name in matrices], lr=lr, momentum=0.95, weight_decay=0.05, adjust_lr_fn="original")
    adam = torch.optim.Adam(
        [
            {"params": [parameters[name] for name in tables], "lr": 1.5 * lr},
            {"params": [parameters[name] for name in norms], "lr": 0.1 * lr},
        ],
        betas=(0.9, 0.95),
    )
    optimizers: list[torch.optim.Optimizer] = [muon, adam]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def schedule(progress: float, warm_up: float = 0.005, decay_from: float = DECAY_FROM) -> float:
    """Warm-up, stable, decay: the share of the peak rate at ``progress`` in [0, 1] of the run."""
    if progress < warm_up:
        return max(progress / warm_up, 0.05)
    if progress < decay_from:
        return 1.0
    return max((1.0 - progress) / (1.0 - decay_from), 0.0)


def set_learning_rate(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    """Set every group to ``share`` of its peak rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak_lr"] * share
