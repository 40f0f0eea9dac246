"""Attention with shared keys, folded for CUDA, is attention with shared keys."""

from __future__ import annotations

import pytest
import torch

from specviz.model.attention import Bias, additive, attend, attend_in_groups
from specviz.model.fixed import FixedPasses
from tests.helpers import Bench, load, some_tokens


@pytest.mark.parametrize("texts", [1, 3])
@pytest.mark.parametrize(("heads", "kv_heads"), [(4, 2), (6, 1), (5, 5)])
def test_heads_folded_into_rows_see_what_they_saw(texts: int, heads: int, kv_heads: int):
    draw = torch.Generator().manual_seed(heads)
    queries, keys, values = (torch.randn(texts, h, n, 8, generator=draw) for h, n in ((heads, 7), (kv_heads, 20), (kv_heads, 20)))
    mask = torch.rand((texts, 1, 7, 20) if texts > 1 else (7, 20), generator=draw) < 0.5
    mask[..., 0] = True
    bias = Bias(additive(mask, torch.float32))
    assert torch.allclose(attend_in_groups(queries, keys, values, bias), attend(queries, keys, values, bias), atol=1e-6)


def test_a_pass_repeats_its_mask_for_all_its_layers_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """As on a card, where the heads of a group are folded; here every layer is told to."""
    free, bound = (load(bench.family("llama")).target for _ in range(2))
    bound.fixed = FixedPasses(bound.transformer, lambda run: run)
    expected = [free.score(some_tokens(9)), free.score(some_tokens(3, 1))]
    made: list[torch.Tensor] = []

    def folded(queries, keys, values, bias, *, is_causal=False):
        if bias is None:
            return attend(queries, keys, values, bias, is_causal=is_causal)
        seen = attend_in_groups(queries, keys, values, bias)
        made.append(bias.repeated(2))
        return seen

    monkeypatch.setattr("specviz.model.memory.attend", folded)
    for tokens, logits in zip((some_tokens(9), some_tokens(3, 1)), expected, strict=True):
        made.clear()
        assert torch.allclose(bound.transformer.forward(torch.tensor(tokens), bound.cache), logits, atol=1e-4)
        assert len({id(mask) for mask in made}) <= 1
        bound.cache.rollback(bound.cache.length - len(tokens))
        made.clear()
        assert torch.allclose(bound.score(tokens), logits, atol=1e-4)
        assert made
        assert len({id(mask) for mask in made[-2:]}) == 1, "one for both layers"
