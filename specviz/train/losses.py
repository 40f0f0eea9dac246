"""What a model is trained to do: follow the text (cross-entropy), or follow its teacher by one of four divergences.

Everything is per row and in nats: logits [R, V], one row for each predicted token. p is the teacher, q the student.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Divergence = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, tokens: Tensor) -> Tensor:
    """-log q(token), float32[R]; ``tokens`` int[R]."""
    return F.cross_entropy(logits.float(), tokens, reduction="none")


def forward_kl(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """KL(p || q), float32[R]: the student covers all that the teacher may say (DistillSpec, 2310.08461, section 3)."""
    log_q, log_p = _logs(logits, teacher_logits)
    return F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1)


def reverse_kl(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """KL(q || p), float32[R]: the student keeps to what the teacher finds likely."""
    log_q, log_p = _logs(logits, teacher_logits)
    return F.kl_div(log_p, log_q, reduction="none", log_target=True).sum(-1)


def jensen_shannon(logits: Tensor, teacher_logits: Tensor, beta: float = 0.5) -> Tensor:
    """Generalised Jensen-Shannon divergence beta KL(p || m) + (1 - beta) KL(q || m), m = beta p + (1 - beta) q; float32[R]."""
    log_q, log_p = _logs(logits, teacher_logits)
    log_m = torch.log((beta * log_p.exp() + (1 - beta) * log_q.exp()).clamp_min(1e-30))
    p_to_m = F.kl_div(log_m, log_p, reduction="none", log_target=True).sum(-1)
    q_to_m = F.kl_div(log_m, log_q, reduction="none", log_target=True).sum(-1)
    return beta * p_to_m + (1 - beta) * q_to_m


def total_variation(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """1/2 sum |p - q| = 1 - alpha, float32[R]: the chance that a drawn draft token is refused."""
    log_q, log_p = _logs(logits, teacher_logits)
    return 0.5 * (log_p.exp() - log_q.exp()).abs().sum(-1)


DIVERGENCES: dict[str, Divergence] = {
    "forward-kl": forward_kl,
    "reverse-kl": reverse_kl,
    "jensen-shannon": jensen_shannon,
    "total-variation": total_variation,
}


def overlap(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Return alpha = sum(min(p, q)), float32[R]: the chance that a drawn draft token is accepted at temperature 1."""
    return 1.0 - total_variation(logits, teacher_logits)


def _logs(logits: Tensor, teacher_logits: Tensor) -> tuple[Tensor, Tensor]:
    return F.log_softmax(logits.float(), dim=-1), F.log_softmax(teacher_logits.float(), dim=-1)
