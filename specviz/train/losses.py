"""What a model is trained to do: follow the text (cross-entropy), or follow its teacher (forward KL)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, tokens: Tensor) -> Tensor:
    """Mean next-token cross-entropy in nats; ``logits`` [B, T, V] and ``tokens`` [B, T], row t predicts token t+1."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), tokens[:, 1:].flatten())


def forward_kl(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Mean KL(p || q) in nats, p the teacher's law and q the student's; both logits [B, T, V] (DistillSpec, 2310.08461, section 3)."""
    log_q = F.log_softmax(logits.float().flatten(0, 1), dim=-1)
    log_p = F.log_softmax(teacher_logits.float().flatten(0, 1), dim=-1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def overlap(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Mean of sum(min(p, q)), the chance that a sampled draft token is accepted at temperature 1."""
    q = torch.softmax(logits.float(), dim=-1)
    p = torch.softmax(teacher_logits.float(), dim=-1)
    return torch.minimum(p, q).sum(-1).mean()
