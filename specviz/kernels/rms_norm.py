"""RMSNorm in one fused pass on a CPU, where PyTorch's own takes ten small ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.kernels import quick

Norm = Callable[[Tensor], Tensor]

_SCALES = (1e-3, 1.0, 1e4)  # of what comes in; a few entries are a hundred times larger, as in trained models


def plain_rms_norm(weight: Tensor, eps: float) -> Norm:
    """The twin: x [.., D] / sqrt(mean(x^2) + eps) * weight, on any device."""

    def norm(x: Tensor) -> Tensor:
        return F.rms_norm(x, weight.shape, weight, eps)

    return norm


def fused_rms_norm(weight: Tensor, eps: float) -> Norm:
    """The same by layer norm, where that is fused and right; else the twin."""
    form = quick.form_of(weight.device, weight.dtype, *weight.shape)
    if weight.device.type != "cpu" or not quick.works("fused norms", form, lambda: _try(weight.shape[0], weight.dtype, eps)):
        return plain_rms_norm(weight, eps)
    return _fused(weight, eps)


def _fused(weight: Tensor, eps: float) -> Norm:
    """[x, -x] has mean zero and the mean square of x."""
    width = weight.shape[0]
    doubled = torch.cat((weight, weight))
    shape = (2 * width,)

    def norm(x: Tensor) -> Tensor:
        return torch.layer_norm(torch.cat((x, -x), dim=-1), shape, doubled, None, eps)[..., :width]

    return norm


def _try(width: int, dtype: torch.dtype, eps: float) -> None:
    """Raise unless it is the true norm: of one row, of some, of heads cut from wider rows, of small numbers and of large ones."""
    steps = torch.arange(6 * 3 * 2 * width, dtype=torch.float64, device="cpu").view(6, 3, 2 * width)
    drawn = torch.sin(steps * 12.9898) * torch.where(torch.sin(steps * 78.233) > 0.999, 100.0, 1.0)
    weight = torch.cos(steps[0, 0, :width]).add_(1.5).to(dtype)
    norm = _fused(weight, eps)
    for scale in _SCALES:
        heads = (drawn * scale).clamp_(-6e4, 6e4).to(dtype)[..., :width]  # more float16 does not hold
        for x in (heads, heads[:1, 0].contiguous(), heads[:, 0]):
            true = x.double() / (x.double().square().mean(-1, keepdim=True) + eps).sqrt() * weight.double()
            quick.hold(norm(x), true)
