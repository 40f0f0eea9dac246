"""What a model of the family starts from."""

import pytest
import torch

from specviz.zoo.recipe import SHAPES, build_model

HALF = 24


@pytest.fixture(scope="module")
def repeated() -> torch.Tensor:
    """Rows of random tokens, each twice: int64[8, 2 * HALF]."""
    tokens = torch.randint(3, 2000, (8, HALF), generator=torch.Generator().manual_seed(3))
    return torch.cat((tokens, tokens), dim=1)


@pytest.mark.parametrize("name", SHAPES)
def test_the_first_head_reads_the_token_before(name: str, repeated: torch.Tensor):
    model = build_model(SHAPES[name], seed=0)
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        weights = model(repeated, output_attentions=True).attentions[0][:, 0]
    assert weights.diagonal(-1, 1, 2).mean() > 0.8


@pytest.mark.parametrize(("name", "least"), [("target", 0.5), ("draft-m", 0.1)])
def test_a_model_copies_what_it_saw_before_it_was_trained(name: str, least: float, repeated: torch.Tensor):
    """Chance is 1 in 4096."""
    with torch.inference_mode():
        choices = build_model(SHAPES[name], seed=0)(repeated).logits[:, HALF:-1].argmax(-1)
    assert (choices == repeated[:, HALF + 1 :]).float().mean() > least


def test_only_the_planted_heads_write_at_first_and_a_seed_decides_all():
    one, same, other = (build_model(SHAPES["draft-m"], seed=seed) for seed in (4, 4, 5))
    head = one.config.hidden_size // one.config.num_attention_heads
    for layer in one.model.layers:
        assert not layer.mlp.down_proj.weight.any()
        assert not layer.self_attn.o_proj.weight[:, head:].any()
        assert layer.self_attn.o_proj.weight[:, :head].any()  # both layers of this shape hold one
    for (key, ours), theirs in zip(one.named_parameters(), same.parameters(), strict=True):
        assert torch.equal(ours, theirs), key
    assert not torch.equal(one.model.embed_tokens.weight, other.model.embed_tokens.weight)
