"""What holds for every rule: its record, its arguments, its arrays, its refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from specviz.types import ROOT, SAMPLINGS, DraftTree
from specviz.verifiers import VERIFIERS
from specviz.verifiers.residual import acceptance, excluding, residual, survival, without
from tests.verifiers.enumeration import next_sibling

P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
V = 6
HIGH = float(np.nextafter(1.0, 0.0))
PAIRS = [(name, sampling) for name, rule in VERIFIERS.items() for sampling in sorted(rule.samplings)]


def random_tree(rng: np.random.Generator, count: int, sampling: str, is_chain: bool) -> DraftTree:
    """A tree drawn as ``sampling`` says, from laws with zeros; no node has more children than tokens."""
    tokens: list[int] = []
    parents: list[int] = []
    rows = rng.dirichlet(np.full(V, 0.4), count + 1)
    rows[rng.random(rows.shape) < 0.2] = 0.0
    rows[:, 0] += 0.01
    rows /= rows.sum(1, keepdims=True)
    while len(parents) < count:
        parent = len(parents) - 1 if is_chain else int(rng.integers(-1, len(parents)))
        if parents.count(parent) < V - 1:
            parents.append(parent)
    for node, parent in enumerate(parents):
        tried = [tokens[i] for i in range(node) if parents[i] == parent]
        law = next_sibling(rows[parent + 1], tried, sampling, parent not in parents[node + 1 :])
        tokens.append(int(rng.choice(V, p=law)))
    return DraftTree(tokens, parents, rows, [parent + 1 for parent in parents], sampling)


def random_problem(seed: int, name: str, sampling: str) -> tuple[DraftTree, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 11))
    p = rng.dirichlet(np.full(V, 0.5), count + 1)
    p[:, rng.integers(V)] = 0.0
    p /= p.sum(1, keepdims=True)
    u = rng.choice([0.0, HIGH, 0.5, 0.25], count + 1) if seed % 4 == 0 else rng.random(count + 1)
    return random_tree(rng, count, sampling, VERIFIERS[name].chains_only), p, u


@pytest.mark.parametrize(("name", "sampling"), PAIRS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_record_says_what_was_decided(name: str, sampling: str, seed: int):
    tree, p, u = random_problem(seed, name, sampling)
    verdict = VERIFIERS[name].judge(tree, p, u)
    assert [tree.parents[node] for node in verdict.path] == [ROOT, *verdict.path][: len(verdict.path)]
    last = verdict.path[-1] if verdict.path else ROOT
    assert verdict.kind == ("corrected" if tree.children(last) else "bonus")
    assert verdict.law.shape == (V,)
    assert verdict.law.sum() == pytest.approx(1.0)
    assert verdict.law.min() >= 0.0
    assert verdict.law[verdict.token] > 0.0
    assert len(verdict.decisions) == len(tree)
    assert verdict.path == [i for i, decision in enumerate(verdict.decisions) if decision.state == "accepted"]
    for node, decision in enumerate(verdict.decisions):
        assert decision.u == u[node]
        if decision.state == "ignored":
            assert decision.threshold is None
            assert decision.p == p[tree.parents[node] + 1, tree.tokens[node]]
        elif decision.threshold is None:
            assert decision.state == "accepted"
            assert name in {"block", "traversal"}  # carried by a later token
        else:
            assert 0.0 <= decision.threshold <= 1.0
            assert (decision.state == "accepted") == (decision.u < decision.threshold)


@pytest.mark.parametrize(("name", "sampling"), PAIRS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_numpy_and_torch_give_the_same_verdict(name: str, sampling: str, seed: int):
    tree, p, u = random_problem(seed, name, sampling)
    twin = DraftTree(tree.tokens, tree.parents, torch.from_numpy(tree.q), tree.q_row, tree.sampling)
    ours, theirs = VERIFIERS[name].judge(tree, p, u), VERIFIERS[name].judge(twin, torch.from_numpy(p), torch.from_numpy(u))
    assert isinstance(theirs.law, torch.Tensor)
    assert (ours.path, ours.token, ours.kind) == (theirs.path, theirs.token, theirs.kind)
    assert np.asarray(theirs.law).tolist() == pytest.approx(ours.law.tolist(), abs=1e-14)
    for mine, other in zip(ours.decisions, theirs.decisions, strict=True):
        assert (mine.state, mine.u, mine.threshold is None) == (other.state, other.u, other.threshold is None)
        assert (mine.p, mine.q, mine.threshold or 0.0) == pytest.approx((other.p, other.q, other.threshold or 0.0), abs=1e-14)


@pytest.mark.parametrize(("name", "sampling"), PAIRS)
def test_judging_changes_none_of_its_arguments(name: str, sampling: str):
    for seed in range(10):
        tree, p, u = random_problem(seed, name, sampling)
        before = [a.copy() for a in (tree.q, p, u)]
        for array in (tree.q, p, u):
            array.flags.writeable = False
        VERIFIERS[name].judge(tree, p, u)
        assert all(np.array_equal(a, b) for a, b in zip(before, (tree.q, p, u), strict=True))


@pytest.mark.parametrize(("name", "sampling"), PAIRS)
def test_a_token_the_target_never_says_is_refused_by_a_coin_of_zero(name: str, sampling: str):
    tree = DraftTree((0,), (ROOT,), np.array([[0.7, 0.2, 0.1]]), (0,), sampling)
    verdict = VERIFIERS[name].judge(tree, np.array([[0.0, 0.6, 0.4]] * 2), np.zeros(2))
    assert (verdict.decisions[0].state, verdict.kind, verdict.token) == ("rejected", "corrected", 1)


@pytest.mark.parametrize("name", [name for name, rule in VERIFIERS.items() if "without_replacement" in rule.samplings and not rule.chains_only])
@pytest.mark.parametrize("u", [0.0, 0.5, HIGH])
def test_siblings_beyond_a_cut_law_divide_nothing_by_zero(name: str, u: float):
    """After top-p the draft may hold one token alone: the next sibling comes evenly from the rest, and is judged as such."""
    with np.errstate(all="raise"):
        tree = DraftTree((0, 2, 1), (ROOT,) * 3, np.array([[1.0, 0.0, 0.0]]), (0, 0, 0), "without_replacement")
        verdict = VERIFIERS[name].judge(tree, np.tile([0.2, 0.3, 0.5], (4, 1)), np.full(4, u))
        assert np.isfinite(verdict.law).all()
        # a token of no chance at all where others had some: drawn by nobody, but no reason to break
        impossible = DraftTree((0, 2), (ROOT,) * 2, np.array([[0.6, 0.4, 0.0]]), (0, 0), "without_replacement")
        assert np.isfinite(VERIFIERS[name].judge(impossible, np.tile([0.2, 0.3, 0.5], (3, 1)), np.full(3, u)).law).all()


def test_all_siblings_of_a_vocabulary_leave_nothing_to_refuse():
    tree = DraftTree((2, 0, 1), (ROOT,) * 3, Q[None], (0, 0, 0), "without_replacement")
    for name in ("recursive", "naive", "traversal", "transport"):
        for u in (0.0, 0.3, 0.6, 1 - 1e-12):  # an optimal coupling sums to 1 but for rounding
            assert len(VERIFIERS[name].judge(tree, np.tile(P, (4, 1)), np.full(4, u)).path) == 1


# ---------------------------------------------------------------------------------------------------------------- residuals


def test_an_exclusion_renormalises_and_goes_on_evenly_where_nothing_is_left():
    assert excluding(Q, [2]).tolist() == pytest.approx([0.4, 0.6, 0.0])
    assert excluding(np.array([1.0, 0.0, 0.0]), [0]).tolist() == [0.0, 0.5, 0.5]
    assert excluding(np.array([1.0, 0.0]), [0, 1]).tolist() == [0.0, 0.0]
    assert Q.tolist() == [0.2, 0.3, 0.5]
    assert excluding(torch.tensor([1.0, 0.0, 0.0]), [0]).tolist() == [0.0, 0.5, 0.5]


def test_thresholds_at_the_edges():
    assert [acceptance(px, qx) for px, qx in [(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.2, 0.5), (0.5, 0.2), (0.3, 0.3)]] == [0, 0, 1, 0.4, 1, 1]
    assert (survival(1.0, 0.0), survival(0.5, 0.0), survival(0.4, 0.3)) == (1.0, 0.0, pytest.approx(1 / 3))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8))
def test_what_is_left_and_what_is_taken_add_up(seed: int, vocab: int):
    p, q = np.random.default_rng(seed).dirichlet(np.full(vocab, 0.5), 2)
    shared = np.minimum(p, q)
    np.testing.assert_allclose(shared + (1 - shared.sum()) * residual(p, q), p, atol=1e-13)
    token = int(p.argmax())
    np.testing.assert_allclose(p[token] * np.eye(vocab)[token] + (1 - p[token]) * without(p, token), p, atol=1e-13)


# ----------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(("name", "sampling"), [(n, s) for n in VERIFIERS for s in SAMPLINGS if s not in VERIFIERS[n].samplings])
def test_a_sampling_that_cannot_be_judged_is_refused_naming_both(name: str, sampling: str):
    tree = DraftTree((0,), (ROOT,), Q[None], (0,), sampling)
    with pytest.raises(ValueError, match=f"'{name}'.*'{sampling}'"):
        VERIFIERS[name].judge(tree, np.array([P, P]), np.zeros(2))


@pytest.mark.parametrize("name", VERIFIERS)
def test_siblings_are_refused_by_chain_rules_alone(name: str):
    rule = VERIFIERS[name]
    tree = DraftTree((0, 1), (ROOT, ROOT), Q[None], (0, 0), sorted(rule.samplings)[0])
    if rule.chains_only:
        with pytest.raises(ValueError, match=rf"chain.*'{name}'.*siblings"):
            rule.judge(tree, np.tile(P, (3, 1)), np.zeros(3))
    else:
        assert len(rule.judge(tree, np.tile(P, (3, 1)), np.zeros(3)).decisions) == 2


@pytest.mark.parametrize("name", VERIFIERS)
@pytest.mark.parametrize(
    ("p", "u", "said"),
    [
        (np.tile(P, (3, 1)), np.zeros(2), r"p of shape \[2, V\]"),
        (P, np.zeros(2), r"p of shape \[2, V\]"),
        (np.tile(P, (2, 1)), np.zeros(1), "2 coins"),
        (np.tile([0.5, 0.5], (2, 1)), np.zeros(2), "below 2"),
        (np.tile([0.25] * 4, (2, 1)), np.zeros(2), "4 tokens"),
    ],
    ids=["too many rows", "one row", "too few coins", "small vocabulary", "large vocabulary"],
)
def test_arrays_that_do_not_fit_are_refused(name: str, p: np.ndarray, u: np.ndarray, said: str):
    rule = VERIFIERS[name]
    tree = DraftTree((2,), (ROOT,), Q[None], (0,), next(s for s in ("iid", "greedy") if s in rule.samplings))
    with pytest.raises(ValueError, match=said):
        rule.judge(tree, p, u)


def test_k_seq_refuses_siblings_from_different_laws_but_not_copies_of_one():
    rows, u = np.tile(P, (3, 1)), np.zeros(3)
    with pytest.raises(ValueError, match=r"one law.*'k-seq'.*recursive"):
        VERIFIERS["k-seq"].judge(DraftTree((0, 1), (ROOT, ROOT), np.array([P, Q]), (0, 1), "iid"), rows, u)
    assert VERIFIERS["k-seq"].judge(DraftTree((0, 1), (ROOT, ROOT), np.array([Q, Q]), (0, 1), "iid"), rows, u).path == [0]


def test_transport_refuses_a_vocabulary_that_is_too_large():
    tree = DraftTree((0, 1, 2), (ROOT,) * 3, np.full((1, 64), 1 / 64), (0, 0, 0), "iid")
    with pytest.raises(ValueError, match=r"at most 5000 sets.*'transport'.*3 siblings over 64 tokens.*recursive"):
        VERIFIERS["transport"].judge(tree, np.full((4, 64), 1 / 64), np.zeros(4))


def test_a_law_of_nan_is_refused():
    for name, sampling in PAIRS:
        tree = DraftTree((0,), (ROOT,), Q[None], (0,), sampling)
        if name != "greedy":  # it draws nothing
            with pytest.raises(ValueError, match="mass"):
                VERIFIERS[name].judge(tree, np.full((2, 3), np.nan), np.zeros(2))


def test_every_rule_carries_its_own_name_and_the_lossy_ones_what_they_cost():
    for name, rule in VERIFIERS.items():
        assert rule.name == name
        assert rule.samplings <= set(SAMPLINGS)
        assert rule.lossless != hasattr(rule, "total_variation")
    assert {name for name, rule in VERIFIERS.items() if not rule.lossless} == {"typical", "lenience", "top-m"}
