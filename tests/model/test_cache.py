"""The KV buffer: what is kept, what is forgotten, and where positions come from."""

from __future__ import annotations

import random

import pytest
import torch

from specviz.model.attention import tree_mask
from specviz.model.cache import ContextFullError
from specviz.model.hardware import place
from specviz.model.loader import Model
from specviz.types import ROOT, DraftTree
from tests.helpers import Bench, fresh_cache, fresh_logits, some_tokens

CPU = place("cpu", "float32")


def random_parents(count: int, seed: int) -> list[int]:
    """Any tree whose parents stand before their children."""
    rng = random.Random(seed)
    return [rng.randrange(-1, i) for i in range(count)]


def root_path(parents: list[int], node: int) -> list[int]:
    path: list[int] = []
    while node != ROOT:
        path.append(node)
        node = parents[node]
    return path[::-1]


def score_tree(model: Model, text: list[int], tokens: list[int], parents: list[int]) -> torch.Tensor:
    """Score the root and a tree after ``text``, whose last token is the root."""
    prefix = len(text) - 1
    model.cache.rollback(0)
    model.score(text[:-1])
    depths = DraftTree(tokens, parents, None, [-1] * len(tokens), "deterministic").depths()
    return model.score([text[-1], *tokens], [prefix, *(prefix + d for d in depths)], tree_mask(parents))


@pytest.mark.parametrize("family", ["llama", "qwen3"])
@pytest.mark.parametrize("seed", range(4))
def test_every_node_of_a_tree_gets_the_logits_of_its_own_path(bench: Bench, family: str, seed: int):
    model = Model(bench.family(family), "m", CPU, 128)
    text, parents = some_tokens(9, seed), random_parents(14, seed)
    tokens = some_tokens(14, seed + 100)
    rows = score_tree(model, text, tokens, parents)
    for node in range(14):
        path = [tokens[i] for i in root_path(parents, node)]
        torch.testing.assert_close(rows[node + 1], fresh_logits(model, text + path)[-1], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(rows[0], fresh_logits(model, text)[-1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_after_keeping_a_path_the_next_pass_equals_one_from_scratch(bench: Bench, seed: int):
    model = Model(bench.family("llama"), "m", CPU, 128)
    text, parents, tokens = some_tokens(7, seed), random_parents(12, seed), some_tokens(12, seed + 50)
    score_tree(model, text, tokens, parents)
    path = root_path(parents, random.Random(seed).randrange(12))
    model.cache.keep(len(text) - 1, [0, *(node + 1 for node in path)])
    committed = text + [tokens[node] for node in path]
    reference = fresh_cache(model, committed)
    assert model.cache.length == len(committed)
    length = reference.length
    torch.testing.assert_close(model.cache.buffer[..., :length, :], reference.buffer[..., :length, :], atol=1e-5, rtol=1e-5)
    following = some_tokens(3, seed + 9)
    torch.testing.assert_close(model.score(following), fresh_logits(model, committed + following)[-3:], atol=1e-4, rtol=1e-4)


def test_a_chain_told_as_a_tree_gives_the_logits_of_a_chain(bench: Bench):
    model = Model(bench.family("llama"), "m", CPU, 128)
    text, tokens = some_tokens(9), some_tokens(6, 5)
    as_tree = score_tree(model, text, tokens, list(range(-1, 5)))
    model.cache.rollback(len(text) - 1)
    torch.testing.assert_close(as_tree, model.score([text[-1], *tokens]), atol=1e-5, rtol=1e-5)


def test_positions_are_prefix_plus_depth_not_slots(bench: Bench):
    """A planted off-by-one in the positions must show, or the tests above could not."""
    model = Model(bench.family("llama"), "m", CPU, 128)
    text, tokens = some_tokens(9), some_tokens(3, 5)
    prefix = len(text) - 1
    model.score(text[:-1])
    mask = tree_mask([-1, -1, -1])
    right = model.score([text[-1], *tokens], [prefix, *[prefix + 1] * 3], mask)
    model.cache.rollback(prefix)
    by_slot = model.score([text[-1], *tokens], [prefix, prefix + 1, prefix + 2, prefix + 3], mask)
    torch.testing.assert_close(right[1], by_slot[1], atol=1e-5, rtol=1e-5)
    assert (right[3] - by_slot[3]).abs().max() > 1e-2


def test_rolled_back_positions_leave_no_trace(bench: Bench):
    model = Model(bench.family("llama"), "m", CPU, 128)
    text = some_tokens(10)
    model.score(text)
    model.score(some_tokens(5, 77))
    model.cache.rollback(10)
    torch.testing.assert_close(model.score([3]), fresh_logits(model, [*text, 3])[-1:], atol=1e-5, rtol=1e-5)


def test_a_full_buffer_says_so_before_writing(bench: Bench):
    model = Model(bench.family("llama"), "m", CPU, 16)
    model.score(some_tokens(14))
    with pytest.raises(ContextFullError, match=r"at most 16 positions, got 17"):
        model.score(some_tokens(3))
    assert model.cache.length == 14
    model.score(some_tokens(2))
    assert model.cache.length == 16


@pytest.mark.parametrize("path", [[1, 0], [0, 0], [0, 9], [-1, 0]], ids=str)
def test_a_path_that_goes_back_or_was_never_written_is_refused(bench: Bench, path: list[int]):
    model = Model(bench.family("llama"), "m", CPU, 16)
    model.score(some_tokens(8))
    with pytest.raises(ValueError, match="increasing slots"):
        model.cache.keep(4, path)
    assert model.cache.length == 8


def test_rolling_forward_is_refused(bench: Bench):
    model = Model(bench.family("llama"), "m", CPU, 16)
    model.score(some_tokens(8))
    for length in (9, -1):
        with pytest.raises(ValueError, match="roll back"):
            model.cache.rollback(length)
