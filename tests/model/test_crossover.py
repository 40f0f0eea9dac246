"""The attention of passes of fixed sizes: what a sight lets through, the one that splits the slots in its place, and how one of both is chosen."""

from __future__ import annotations

import json

import pytest
import torch

from specviz.kernels.split_attention import examples, plain_split_attention, split_attention, visible
from specviz.model import crossover, memory
from specviz.model.attention import Sight, tree_mask
from specviz.model.crossover import Sizes, both_tried, choices, quickest_split, seconds_on_card
from specviz.model.fixed import FixedPasses, window_of
from tests.helpers import Bench, load, some_tokens
from tests.model.noted_card import noted_card

CPU = torch.device("cpu")
SIZES = Sizes(heads=4, kv_heads=2, width=8, tokens=3, span=40, dtype=torch.float32, device=CPU)


@pytest.mark.parametrize("start", [-2, 0, 3, 7])
def test_all_before_the_start_is_seen_and_nothing_behind_the_window(start: int):
    among = torch.rand(3, 4, generator=torch.Generator().manual_seed(1)) < 0.5
    seen = visible(torch.tensor([start]), among, 12)
    for row in range(3):
        for slot in range(12):
            expected = slot < start or (slot < start + 4 and bool(among[row, slot - start]))
            assert bool(seen[row, slot]) is expected, (row, slot)
    assert torch.equal(torch.isinf(Sight(torch.tensor([start]), among).bias(12, torch.float32).scores), ~seen)


@pytest.mark.parametrize("example", examples(CPU), ids=lambda example: str(tuple(example[0].shape)))
def test_the_twin_is_a_softmax_over_what_is_seen(example):
    queries, keys, values, start, among = (part.double() if part.is_floating_point() else part for part in example)
    seen = visible(start, among, keys.shape[1])
    found = plain_split_attention(queries, keys, values, start, among)
    sharing = len(queries) // len(keys)
    for head in range(len(queries)):
        for row in range(queries.shape[1]):
            slots = torch.nonzero(seen[row])[:, 0]
            weights = torch.softmax(keys[head // sharing, slots] @ queries[head, row] / queries.shape[2] ** 0.5, 0)
            torch.testing.assert_close(found[head, row], weights @ values[head // sharing, slots])


def test_windows_come_in_few_sizes():
    assert [window_of(slots) for slots in (1, 2, 3, 8, 9, 65)] == [1, 2, 4, 8, 16, 128]


def split_everywhere(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Passes of fixed sizes use the twin of the kernel; how many tokens each call was for."""
    asked: list[int] = []

    def attend(queries: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        asked.append(queries.shape[1])
        return plain_split_attention(queries, *rest)

    monkeypatch.setattr(memory, "quickest_split", lambda _: attend)
    return asked


def test_passes_with_split_slots_give_the_logits_of_free_ones(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """A prompt, a chain, and a tree that is drafted level by level: its later levels see nodes that lie in the memory already."""
    asked = split_everywhere(monkeypatch)
    free, bound = (load(bench.family("llama")).target for _ in range(2))
    bound.fixed = FixedPasses(bound.transformer, lambda run: run)
    parents, tokens = [-1, -1, 0, 0, 1, 2, 5], some_tokens(7, 1)
    seen, depths = tree_mask(parents)[1:, 1:], [1, 1, 2, 2, 2, 3, 4]
    passes = [(some_tokens(19), None, None), ([3], None, None), ([4, 5, 6], None, None)]
    passes += [(tokens[a:b], [22 + d for d in depths[a:b]], seen[a:b, :b]) for a, b in ((0, 2), (2, 5), (5, 6), (6, 7))]
    for read, positions, mask in passes:
        expected, found = (model.score(read, positions, mask) for model in (free, bound))
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert set(asked) == {32, 1, 4, 2}
    assert bound.cache.length == 30


def test_whichever_was_quicker_is_used():
    for own, split in ((2.0, 1.0), (1.0, 2.0)):
        times = iter((own, split))
        tried = both_tried(SIZES, plain_split_attention, lambda _, times=times: next(times))
        assert (tried.own, tried.split, tried.is_split) == (own, split, split < own)


def test_an_attention_that_gives_other_numbers_is_not_used():
    with pytest.warns(RuntimeWarning, match="not used over 3 tokens and 40 slots .*numbers of PyTorch's own attention, got others"):
        tried = both_tried(SIZES, lambda *inputs: plain_split_attention(*inputs) * 1.1, lambda _: pytest.fail("timed"))
    assert not tried.is_split


def test_both_are_tried_once_for_each_size_and_never_while_a_graph_is_recorded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crossover, "_tried", {})
    monkeypatch.setattr(crossover, "split_attention", lambda _: plain_split_attention)
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: True)
    assert quickest_split(SIZES) is None
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: False)
    times = iter((2.0, 1.0))
    monkeypatch.setattr(crossover, "seconds_on_card", lambda _: next(times))
    assert quickest_split(SIZES) is plain_split_attention
    assert quickest_split(SIZES) is plain_split_attention
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: True)
    assert quickest_split(SIZES) is plain_split_attention, "what was tried is known while a graph is recorded, too"
    (row,) = json.loads(json.dumps(choices()))
    assert (row["tokens"], row["span"], row["own_us"], row["split_us"], row["is_split"], row["dtype"]) == (3, 40, 2e6, 1e6, True, "float32")


def test_on_a_card_calls_are_recorded_after_one_aside_and_replayed_between_two_events(monkeypatch: pytest.MonkeyPatch):
    said = noted_card(monkeypatch)
    assert seconds_on_card(lambda: said.append("work")) == pytest.approx(40e-3 / 10), "ten calls lie between two events"
    assert said[said.index("in stream") : said.index("out stream") + 1] == ["in stream", "work", "out stream"]
    assert said[said.index("in graph") : said.index("out graph") + 1] == ["in graph", *["work"] * 10, "out graph"]
    timed = said[said.index("out graph") + 1 :]
    assert timed == [
        "CUDAGraph.replay",
        *["Event", "Event", "Event.record", "CUDAGraph.replay", "Event.record", "Event.synchronize", "Event.elapsed_time"] * 3,
    ]


def test_on_a_processor_there_is_nothing_to_choose():
    assert split_attention(CPU) is None
    assert quickest_split(SIZES) is None
