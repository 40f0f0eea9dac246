"""Drawing from a law on its own device: :func:`specviz.coins.draw` without a word to the host, so that it can be recorded."""

from __future__ import annotations

import torch
from torch import Tensor


def inverse_cdf(law: Tensor, coin: Tensor) -> Tensor:
    """The token int64[1] that ``coin`` float[1] draws from ``law`` float[V] (weights >= 0, any sum); a token without mass is never drawn.

    A law of NaN, or without mass, gives some token of the vocabulary: whoever draws looks at the law for that.
    """
    cdf = law.cumsum(0)
    found = torch.searchsorted(cdf, coin * cdf[-1:], right=True).clamp(max=law.shape[0] - 1)
    places = torch.arange(law.shape[0], device=law.device)
    last = torch.where(law > 0, places, 0).amax(0, keepdim=True)  # where coin * total rounded up to the total
    return torch.where(law.index_select(0, found) > 0, found, last)
