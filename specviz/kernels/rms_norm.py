"""RMSNorm in one fused pass on a CPU, where PyTorch's own takes ten small ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Norm = Callable[[Tensor], Tensor]


def plain_rms_norm(weight: Tensor, eps: float) -> Norm:
    """The twin: x [.., D] / sqrt(mean(x^2) + eps) * weight, on any device."""

    def norm(x: Tensor) -> Tensor:
        return F.rms_norm(x, weight.shape, weight, eps)

    return norm


def fused_rms_norm(weight: Tensor, eps: float) -> Norm:
    """The same by layer norm, which is fused: [x, -x] has mean zero and the mean square of x. The twin off the CPU."""
    if weight.device.type != "cpu":
        return plain_rms_norm(weight, eps)
    width = weight.shape[0]
    doubled = torch.cat((weight, weight))
    shape = (2 * width,)

    def norm(x: Tensor) -> Tensor:
        return torch.layer_norm(torch.cat((x, -x), dim=-1), shape, doubled, None, eps)[..., :width]

    return norm
