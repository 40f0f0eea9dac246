"""Memory is reckoned from headers alone, agrees with what is then held, and too little of it is said before any weight is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from specviz.model import footprint as reckoning
from specviz.model.checkpoint.weights import FolderWeights
from specviz.model.footprint import TooLargeError, check_fits, footprint, free_memory
from specviz.model.hardware import Placement, place
from specviz.model.loader import find_checkpoint
from tests.helpers import load, random_model, save, some_tokens

CPU = place("cpu", "float32")
GIB = 1 << 30


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    return save(random_model("llama"), tmp_path / "checkpoint", max_shard_size="20KB")


def only(monkeypatch: pytest.MonkeyPatch, free: int | None) -> None:
    """As if the device had this much memory free."""
    monkeypatch.setattr(reckoning, "free_memory", lambda *_, **__: free)


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("llama", {}),
        ("olmo2", {}),
        ("gpt2", {"num_key_value_heads": 4}),
        ("falcon", {"multi_query": True}),
        ("falcon", {"multi_query": True, "new_decoder_architecture": True, "num_kv_heads": 2}),
    ],
)
def test_weights_are_counted_from_the_headers_and_the_cache_is_as_large_as_it_then_is(tmp_path, family: str, changes: dict[str, object]):
    reference = random_model(family, **changes)
    checkpoint = find_checkpoint(save(reference, tmp_path), family)
    needed = footprint(checkpoint, CPU, 64)
    assert needed.weights == 4 * reference.num_parameters()
    model = checkpoint.load(CPU, 64)
    model.score(some_tokens(3))
    held = [model.cache.buffer] if model.is_native else [part for layer in model.cache.layers.layers for part in (layer.keys, layer.values)]
    assert needed.cache == sum(part.numel() * part.element_size() for part in held)
    assert needed.total == needed.weights + needed.cache + needed.work


def test_half_as_many_bytes_a_weight_need_half_the_memory_and_twice_the_context_twice_the_cache(checkpoint: Path):
    found = find_checkpoint(checkpoint, "m")
    whole, half = (footprint(found, place("cpu", dtype), 32) for dtype in ("float32", "bfloat16"))
    assert whole.weights == 2 * half.weights
    assert footprint(found, CPU, 64).cache == 2 * whole.cache
    assert footprint(found, CPU, 10**6) == footprint(found, CPU, 128)  # never more than the model was made for


def test_a_pair_that_does_not_fit_is_refused_before_a_weight_is_read(checkpoint: Path, monkeypatch):
    monkeypatch.setattr(FolderWeights, "get", lambda *_: pytest.fail("a weight was read"))
    only(monkeypatch, 10_000)
    with pytest.raises(TooLargeError) as refused:
        load(checkpoint, checkpoint, context=48)
    said = str(refused.value)
    assert "free on cpu" in said
    assert said.count("weights +") == said.count("cache for 48 positions") == 2
    assert 'a smaller context, dtype="bfloat16"' in said


def test_what_fits_to_the_byte_is_loaded_and_one_byte_less_is_not(checkpoint: Path, monkeypatch):
    needed = footprint(find_checkpoint(checkpoint, "m"), CPU, 48).total
    only(monkeypatch, needed)
    assert load(checkpoint, context=48).context == 48
    only(monkeypatch, needed - 1)
    with pytest.raises(TooLargeError):
        load(checkpoint, context=48)


def test_where_the_system_does_not_say_what_is_free_it_is_tried(checkpoint: Path, monkeypatch):
    only(monkeypatch, None)
    assert load(checkpoint).context == 128


def fake_cards(monkeypatch: pytest.MonkeyPatch, *free: int) -> None:
    """Graphics cards with so much free; torch itself holds 3 GiB of each and uses 1."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free[torch.device(device).index or 0], 80 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 3 * GIB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 1 * GIB)


def test_what_torch_holds_without_using_it_counts_as_free(monkeypatch):
    fake_cards(monkeypatch, 10 * GIB, 20 * GIB)
    assert free_memory(torch.device("cuda")) == 12 * GIB
    assert free_memory(torch.device("cuda", 1)) == 22 * GIB
    monkeypatch.setattr(reckoning, "_free_on_processor", lambda: 5 * GIB)
    assert free_memory(torch.device("cuda"), spread=True) == (12 + 22 + 5) * GIB


def test_several_cards_are_offered_to_what_does_not_fit_one(checkpoint: Path, monkeypatch):
    fake_cards(monkeypatch, -2 * GIB, -2 * GIB)
    card = Placement(torch.device("cuda"), torch.bfloat16, "made up")
    with pytest.raises(TooLargeError, match=r"free on cuda.*choose a smaller context, a smaller model, device_map=\"auto\""):
        check_fits([footprint(find_checkpoint(checkpoint, "m"), card, 48)], card)


def test_this_machine_says_what_it_has_free():
    assert (free_memory(torch.device("cpu")) or GIB) > 1 << 20
