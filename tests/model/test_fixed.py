"""Passes of fixed sizes give the logits of free ones, and a recording that fails or is wrong is said once and not used.

On a processor a recorded pass is the pass itself; what a card adds is tested in ``tests/gpu``.
"""

from __future__ import annotations

import pytest
import torch

from specviz.model import fixed
from specviz.model.attention import tree_mask
from specviz.model.fixed import FixedPasses
from specviz.model.loader import Model
from specviz.model.seats import Seats
from tests.helpers import CONFIGS, Bench, load, some_tokens
from tests.model.noted_card import noted_card


def as_it_is(run):
    """Records nothing: the pass is made again."""
    return run


@pytest.fixture
def pair(bench: Bench, request) -> tuple[Model, Model]:
    """The same model twice: with free passes, and with fixed ones."""
    folder = bench.family(getattr(request, "param", "llama"))
    free, bound = (load(folder).target for _ in range(2))
    bound.fixed = FixedPasses(bound.transformer, as_it_is)
    return free, bound


def both(pair: tuple[Model, Model], *arguments, **options) -> torch.Tensor:
    """Ask both for the same pass and hold them together; returns the logits."""
    expected, found = (model.score(*arguments, **options) for model in pair)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-4)
    assert pair[0].cache.length == pair[1].cache.length
    return found


@pytest.mark.parametrize("pair", CONFIGS, indirect=True)
def test_a_text_read_token_by_token_and_in_blocks_gives_the_same_logits(pair, monkeypatch):
    monkeypatch.setattr(fixed, "_SHORTEST_SPAN", 16)  # so that a short text goes through several
    tokens = some_tokens(90)
    at = 0
    for count in (1, 5, 1, 2, 16, 7, 1, 30, 3, 1, 4, 9):
        both(pair, tokens[at : at + count], rows=None if count % 2 else 1)
        at += count
    assert len(pair[1].fixed._made) > 3


def test_what_an_earlier_pass_left_behind_is_not_seen(pair):
    """A refused draft, and what padded a pass, lie in slots that the next pass writes over or does not look at."""
    both(pair, some_tokens(20))
    for seed in range(6):
        both(pair, some_tokens(5 + seed, seed))
        for model in pair:
            model.cache.rollback(18 + seed)


def test_a_tree_is_seen_through_its_mask(pair):
    parents = [-1, -1, 0, 0, 1, 2, 5]
    both(pair, some_tokens(20))
    positions = [20, 21, 21, 22, 22, 22, 23, 24]
    both(pair, some_tokens(8, 1), positions, tree_mask(parents))
    for model in pair:
        model.cache.keep(20, [0, 1, 3, 6])
    both(pair, some_tokens(3, 2))


def test_logits_outlive_the_next_pass_of_their_width(pair):
    both(pair, some_tokens(4))
    first = pair[1].score([7])
    kept = first.clone()
    pair[1].score([9])
    assert torch.equal(first, kept)


def test_long_passes_and_the_last_slots_are_left_to_free_passes(pair):
    model = pair[1]
    cache = model.cache
    assert model.fixed.forward(some_tokens(65), cache, None, None, None) is None
    both(pair, some_tokens(65))
    both(pair, some_tokens(57, 1))
    assert cache.capacity - cache.length == 6
    assert model.fixed.forward(some_tokens(5), cache, None, None, None) is None, "eight slots do not fit"
    both(pair, some_tokens(5, 2))
    both(pair, [3])
    with pytest.raises(ValueError, match="expected at most 128 positions"):
        model.score([4])


def test_other_memory_is_another_pass(pair):
    """A row of a batch moves to another part of the buffer: what was recorded over the old one would write there."""
    both(pair, some_tokens(10))
    for model in pair:
        model.cache.move(model.cache.buffer.clone())
    both(pair, some_tokens(3, 1))
    both(pair, some_tokens(2, 2))


def test_a_row_of_a_batch_records_nothing_over_memory_that_ends_with_it(pair):
    _, bound = pair
    seat = Seats(bound, 2, 64, lambda seat, ask: seat.score_alone(ask)).take()
    assert seat.score(some_tokens(5)).shape == (5, 320)
    assert bound.fixed is not None
    assert bound.fixed._made == {}


def test_a_recording_that_fails_is_said_once_and_decoding_goes_on(pair):
    def fails(run):
        raise RuntimeError("no graph for you")

    free, bound = pair
    bound.fixed = FixedPasses(bound.transformer, fails)
    with pytest.warns(RuntimeWarning, match="no graph for you"):
        both(pair, some_tokens(5))
    both(pair, some_tokens(5, 1))  # warnings are errors in these tests
    assert free.cache.length == bound.cache.length == 10


def test_a_recording_that_gives_other_logits_is_not_used(pair):
    _, bound = pair
    bound.fixed = FixedPasses(bound.transformer, lambda run: lambda: run() * 2.0)
    with pytest.warns(RuntimeWarning, match="logits of the pass itself, got others"):
        both(pair, some_tokens(5))
    both(pair, some_tokens(5, 1))


def test_few_recordings_are_kept(pair, monkeypatch):
    monkeypatch.setattr(fixed, "_SHORTEST_SPAN", 4)
    monkeypatch.setattr(fixed, "_MOST", 3)
    for token in some_tokens(40):
        both(pair, [token])
    assert len(pair[1].fixed._made) == 3


@pytest.mark.parametrize("end", [1, 200, 256, 257, 3000, 20_001])
def test_a_span_holds_the_pass_and_little_more(end: int):
    span = fixed.span_of(end, 1 << 20)
    assert end <= span <= end + max(fixed._SHORTEST_SPAN, end // 4)
    assert fixed.span_of(end, end) == end


def test_a_graph_is_recorded_on_the_models_own_card_after_two_passes_aside(pair, monkeypatch: pytest.MonkeyPatch):
    """The order of calls, with a card that only notes them."""
    said = noted_card(monkeypatch)
    result = torch.ones(2)
    capture = fixed.CudaGraphs(torch.device("cuda:1"))
    replay = capture(lambda: said.append("pass") or result)
    assert said.index("device cuda:1") < said.index("in device") < said.index("in stream") < said.index("in graph")
    assert said[said.index("in stream") : said.index("out stream") + 1] == ["in stream", "pass", "pass", "out stream"]
    assert said[said.index("in graph") :] == ["in graph", "pass", "out graph", "out device"]
    assert replay() is result
    assert said[-1] == "CUDAGraph.replay"
