"""Exact match: whatever was drafted, the output is the target's own greedy text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from specviz.types import ROOT, SAMPLINGS, DraftTree
from specviz.verifiers import VERIFIERS
from tests.verifiers.enumeration import picked_chain, random_table, target_rows

RULE = VERIFIERS["greedy"]


def greedy_text(p, count: int) -> list[int]:
    text: list[int] = []
    while len(text) < count:
        text.append(int(p(tuple(text)).argmax()))
    return text


def picked_tree(tokens: list[int], parents: list[int]) -> DraftTree:
    return DraftTree(tokens, parents, None, [-1] * len(tokens), "deterministic")


def rows_of(tree: DraftTree, p) -> np.ndarray:
    """The target's row after the root and after each node's own path."""
    paths: list[tuple[int, ...]] = []
    for token, parent in zip(tree.tokens, tree.parents, strict=True):
        paths.append((*(() if parent == ROOT else paths[parent]), token))
    return np.array([p(()), *(p(path) for path in paths)])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 3), max_size=6), st.sampled_from(["plain", "ties", "zeros", "one-hot"]))
def test_any_chain_gives_the_start_of_the_greedy_text(seed: int, tokens: list[int], shape: str):
    p = random_table(4, seed, shape)
    verdict = RULE.judge(picked_chain(tuple(tokens)), target_rows(tuple(tokens), p), np.zeros(len(tokens) + 1))
    emitted = [*(tokens[i] for i in verdict.path), verdict.token]
    assert emitted == greedy_text(p, len(emitted))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.data())
def test_any_tree_gives_the_longest_start_of_the_greedy_text_it_holds(seed: int, data: st.DataObject):
    """Siblings that repeat a token included: then a start as long as the first of them allows."""
    count = data.draw(st.integers(0, 10))
    tokens = [data.draw(st.integers(0, 2)) for _ in range(count)]
    parents = [data.draw(st.integers(-1, i - 1)) for i in range(count)]
    p, tree = random_table(3, seed), picked_tree(tokens, parents)
    verdict = RULE.judge(tree, rows_of(tree, p), np.zeros(count + 1))
    emitted = [*(tokens[i] for i in verdict.path), verdict.token]
    assert emitted == greedy_text(p, len(emitted))
    assert [parents[i] for i in verdict.path] == [ROOT, *verdict.path][: len(verdict.path)]
    last = verdict.path[-1] if verdict.path else ROOT
    assert verdict.token not in [tokens[child] for child in tree.children(last)]
    for decision, parent in zip(verdict.decisions, parents, strict=True):
        assert (decision.state == "ignored") == (parent != ROOT and parent not in verdict.path)
        assert decision.threshold == {"accepted": 1.0, "rejected": 0.0, "ignored": None}[decision.state]


def test_a_right_draft_is_accepted_whole_and_a_wrong_one_not_at_all():
    p = random_table(4, 9)
    right = tuple(greedy_text(p, 5))
    verdict = RULE.judge(picked_chain(right), target_rows(right, p), np.zeros(6))
    assert (verdict.path, verdict.kind) == ([0, 1, 2, 3, 4], "bonus")
    wrong = tuple((t + 1) % 4 for t in right)
    verdict = RULE.judge(picked_chain(wrong), target_rows(wrong, p), np.zeros(6))
    assert (verdict.path, verdict.token, verdict.kind) == ([], right[0], "corrected")


def test_nothing_drafted_gives_one_token():
    verdict = RULE.judge(picked_chain(()), np.array([[0.1, 0.7, 0.2]]), np.zeros(1))
    assert (verdict.path, verdict.token, verdict.kind, verdict.decisions) == ([], 1, "bonus", [])


def test_ties_go_to_the_lowest_id():
    p = np.array([[0.4, 0.4, 0.2]] * 2)
    assert RULE.judge(picked_chain((0,)), p, np.zeros(2)).path == [0]
    verdict = RULE.judge(picked_chain((1,)), p, np.zeros(2))
    assert (verdict.path, verdict.token) == ([], 0)


def test_a_repeated_sibling_is_taken_once():
    tree = picked_tree([1, 1, 2], [ROOT, ROOT, 1])
    p = np.array([[0.1, 0.9, 0.0], [0.0, 0.1, 0.9], [0.0, 0.1, 0.9], [1.0, 0.0, 0.0]])
    verdict = RULE.judge(tree, p, np.zeros(4))
    assert verdict.path == [0]
    assert [d.state for d in verdict.decisions] == ["accepted", "rejected", "ignored"]


def test_coins_change_nothing():
    p, tokens = random_table(4, 3), (1, 2, 0)
    rows = target_rows(tokens, p)
    low, high = (RULE.judge(picked_chain(tokens), rows, np.full(4, u)) for u in (0.0, 0.999))
    assert (low.path, low.token) == (high.path, high.token)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_drafts_of_every_sampling_are_judged(sampling: str):
    tree = DraftTree((1,), (ROOT,), np.array([[0.5, 0.5]]), (0,), sampling)
    assert RULE.judge(tree, np.array([[0.2, 0.8]] * 2), np.zeros(2)).path == [0]
