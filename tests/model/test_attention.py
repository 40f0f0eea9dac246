"""Attention with shared keys, folded for CUDA, is attention with shared keys."""

from __future__ import annotations

import pytest
import torch

from specviz.model.attention import additive, attend, attend_in_groups


@pytest.mark.parametrize("texts", [1, 3])
@pytest.mark.parametrize(("heads", "kv_heads"), [(4, 2), (6, 1), (5, 5)])
def test_heads_folded_into_rows_see_what_they_saw(texts: int, heads: int, kv_heads: int):
    draw = torch.Generator().manual_seed(heads)
    queries, keys, values = (torch.randn(texts, h, n, 8, generator=draw) for h, n in ((heads, 7), (kv_heads, 20), (kv_heads, 20)))
    mask = torch.rand((texts, 1, 7, 20) if texts > 1 else (7, 20), generator=draw) < 0.5
    mask[..., 0] = True
    bias = additive(mask, torch.float32)
    assert torch.allclose(attend_in_groups(queries, keys, values, bias), attend(queries, keys, values, bias), atol=1e-6)
