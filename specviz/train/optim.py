"""The optimisers and the learning-rate schedule of every training run."""

from __future__ import annotations

import torch
from torch import nn

DECAY_FROM = 0.75
"""The share of a run after which the learning rate falls to nothing."""


def build_optimizers(model: nn.Module, lr: float, muon_lr: float = 0.02) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices, AdamW for the embedding, the head and the norms; each group remembers its peak rate."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_hidden_matrix = parameter.ndim == 2 and "embed" not in name and "lm_head" not in name
        (matrices if is_hidden_matrix else rest).append(parameter)
    muon = torch.optim.Muon(matrices, lr=muon_lr, momentum=0.95, weight_decay=0.01, adjust_lr_fn="original")
    adam = torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.01)
    optimizers: list[torch.optim.Optimizer] = [muon, adam]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def schedule(progress: float, warm_up: float = 0.02, decay_from: float = DECAY_FROM) -> float:
    """Warm-up, stable, decay: the share of the peak rate at ``progress`` in [0, 1] of the run."""
    if progress < warm_up:
        return max(progress / warm_up, 0.02)
    if progress < decay_from:
        return 1.0
    return max((1.0 - progress) / (1.0 - decay_from), 0.0)


def set_learning_rate(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    """Set every group to ``share`` of its peak rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak_lr"] * share
