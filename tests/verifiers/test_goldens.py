"""The golden values of the rules, worked out by hand or by other programs, against exact enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from specviz.theory.transport import optimal_acceptance
from specviz.types import DraftTree, Verdict
from specviz.verifiers import VERIFIERS
from specviz.verifiers.k_seq import smallest_factor
from tests.verifiers.enumeration import enumerate_tree, random_table, sampled_chain

X = (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.6, 0.25, 0.1, 0.05]))
Y = (np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4]))
Z = (np.array([0.5, 0.3, 0.15, 0.05]), np.full(4, 0.25))
PLACES = {"X2": (*X, 2), "X3": (*X, 3), "Y2": (*Y, 2), "Z2": (*Z, 2)}

ACCEPTANCE = {
    ("recursive", "iid"): (0.5325, 0.602625, 0.72, 0.825),
    ("k-seq", "iid"): (0.550560386, 0.634037493, 0.75, 0.847597051),
    ("transport", "iid"): (0.5775, 0.685875, 0.79, 0.9375),
    ("recursive", "without_replacement"): (0.6475, 0.833333333, 0.764285714, 0.85),
    ("transport", "without_replacement"): (0.725, 0.979700855, 0.834523810, 1.0),
    ("greedy-multidraft", "greedy"): (0.675, 0.933333333, 0.766666667, 1.0),
    ("transport", "greedy"): (0.675, 0.933333333, 0.766666667, 1.0),  # the matched rule is optimal for its drafts
}


def acceptance(name: str, p: np.ndarray, q: np.ndarray, k: int, sampling: str) -> float:
    """The chance that one of k siblings is given out."""
    found = enumerate_tree(VERIFIERS[name], lambda _: p, lambda _: q, (-1,) * k, sampling, len(p))
    assert found.error <= 1e-12
    return found.accepted


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "sampling"), ACCEPTANCE)
def test_acceptance_with_siblings(name: str, sampling: str, place: str):
    p, q, k = PLACES[place]
    assert acceptance(name, p, q, k, sampling) == pytest.approx(ACCEPTANCE[name, sampling][list(PLACES).index(place)], abs=1e-9)


@pytest.mark.parametrize(("place", "expected"), [("X2", 0.45), ("Y2", 0.6), ("Z2", 0.7)])
@pytest.mark.parametrize("name", ["rejection", "block", "recursive", "k-seq", "transport", "traversal"])
def test_acceptance_of_a_single_draft(name: str, place: str, expected: float):
    p, q, _ = PLACES[place]
    assert acceptance(name, p, q, 1, "iid") == pytest.approx(expected, abs=1e-12)


def test_naive_sampling_falls_short_of_recursive_rejection():
    assert acceptance("naive", *X, 2, "iid") == pytest.approx(0.2675, abs=1e-12)


@pytest.mark.parametrize(
    ("place", "rho"), [("X2", 1.6704025757937786), ("X3", 2.226916619), ("Y2", 1.5), ("Z2", 1.390388203)], ids=["X2", "X3", "Y2", "Z2"]
)
def test_the_smallest_factor_of_k_seq(place: str, rho: float):
    p, q, k = PLACES[place]
    assert smallest_factor(p, q, k) == pytest.approx(rho, abs=1e-9)
    beta = np.minimum(q, p / rho).sum()
    assert smallest_factor(p, p, k) == 1.0
    if place == "X2":
        assert beta == pytest.approx(0.329597424, abs=1e-9)


@pytest.mark.parametrize(("place", "expected"), [("X2", 0.51), ("X3", 0.578125), ("Y2", 0.64), ("Z2", 0.75)])
def test_k_seq_at_its_largest_factor_is_valid_and_accepts_less(place: str, expected: float, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("specviz.verifiers.k_seq.smallest_factor", lambda _p, _q, k: float(k))
    p, q, k = PLACES[place]
    assert acceptance("k-seq", p, q, k, "iid") == pytest.approx(expected, abs=1e-12)


def test_k_seq_of_x_step_by_step():
    tree = DraftTree((0, 1), (-1, -1), X[1][None], (0, 0), "iid")
    verdict = VERIFIERS["k-seq"].judge(tree, np.tile(X[0], (3, 1)), np.full(3, 0.99))
    assert [d.threshold for d in verdict.decisions] == pytest.approx([0.099776, 0.478926], abs=1e-6)
    assert verdict.law.tolist() == pytest.approx([0, 0, 0.295834, 0.704166], abs=1e-6)


def test_k_seq_below_its_smallest_factor_is_wrong(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("specviz.verifiers.k_seq.smallest_factor", lambda *_: 1.0)
    assert enumerate_tree(VERIFIERS["k-seq"], lambda _: X[0], lambda _: X[1], (-1, -1), "iid", 4).error > 1e-2


@pytest.mark.parametrize("seed", range(40))
def test_k_seq_keeps_its_guarantee_and_nothing_beats_the_coupling(seed: int):
    rng = np.random.default_rng(seed)
    k, vocab = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    p, q = rng.dirichlet(np.full(vocab, 0.6), 2)
    for sampling in ("iid", "without_replacement") if k <= vocab else ("iid",):
        best = optimal_acceptance(p, q, k, sampling == "iid")
        assert acceptance("transport", p, q, k, sampling) == pytest.approx(best, abs=1e-9)
        assert acceptance("recursive", p, q, k, sampling) <= best + 1e-12
    best = optimal_acceptance(p, q, k, True)
    assert (1 - (1 - 1 / k) ** k) * best - 1e-12 <= acceptance("k-seq", p, q, k, "iid") <= best + 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_the_matched_rule_reaches_the_most_greedy_drafts_allow(seed: int):
    rng = np.random.default_rng(seed)
    k, vocab = int(rng.integers(1, 4)), int(rng.integers(3, 6))
    p, q = rng.dirichlet(np.full(vocab, 0.6), 2)
    picked = np.argsort(-q, kind="stable")[: k - 1]
    rest = np.where(np.isin(np.arange(vocab), picked), 0.0, q)
    most = p[picked].sum() + np.minimum(np.where(np.isin(np.arange(vocab), picked), 0.0, p), rest / rest.sum()).sum()
    assert acceptance("greedy-multidraft", p, q, k, "greedy") == pytest.approx(most, abs=1e-12)
    assert acceptance("transport", p, q, k, "greedy") == pytest.approx(most, abs=1e-9)


@pytest.mark.parametrize("name", ["naive", "recursive", "transport", "traversal"])
@pytest.mark.parametrize("place", PLACES)
def test_picked_siblings_are_accepted_as_often_as_the_target_says_one_of_them(name: str, place: str):
    p, q, k = PLACES[place]
    picked = np.argsort(-q, kind="stable")[:k]
    assert acceptance(name, p, q, k, "deterministic") == pytest.approx(p[picked].sum(), abs=1e-12)


def test_recursive_rejection_of_x_round_by_round():
    tree = DraftTree((0, 1, 0), (-1, -1, -1), X[1][None], (0, 0, 0), "iid")
    verdict = VERIFIERS["recursive"].judge(tree, np.tile(X[0], (4, 1)), np.full(4, 0.99))
    assert [d.p for d in verdict.decisions] == [0.1, 0.0, 0.0]  # P_2 and P_3 hold nothing of 0 and 1: a repeat is wasted
    assert [d.threshold for d in verdict.decisions] == pytest.approx([1 / 6, 0.0, 0.0])
    second = np.array([0, 0, 0.363636, 0.636364])
    third = np.array([0, 0, 0.310160, 0.689840])
    one = VERIFIERS["recursive"].judge(DraftTree((0,), (-1,), X[1][None], (0,), "iid"), np.tile(X[0], (2, 1)), np.full(2, 0.99)).law
    two = VERIFIERS["recursive"].judge(DraftTree((0, 0), (-1, -1), X[1][None], (0, 0), "iid"), np.tile(X[0], (3, 1)), np.full(3, 0.99)).law
    assert one.tolist() == pytest.approx(second.tolist(), abs=1e-6)
    assert two.tolist() == pytest.approx(third.tolist(), abs=1e-6)
    shares = [np.minimum(law, X[1]).sum() for law in (X[0], one, two)]
    assert shares == pytest.approx([0.45, 0.15, 0.15])


def test_a_later_sibling_is_judged_by_what_the_first_one_left_of_both_laws():
    tree = DraftTree((0, 1), (-1, -1), X[1][None], (0, 0), "without_replacement")
    first, second = VERIFIERS["recursive"].judge(tree, np.tile(X[0], (3, 1)), np.full(3, 0.99)).decisions
    assert (first.p, first.q, first.threshold) == (0.1, 0.6, pytest.approx(1 / 6))
    assert (second.p, second.q, second.threshold) == (0.0, pytest.approx(0.25 / 0.4), 0.0)
    tree = DraftTree((0, 2), (-1, -1), X[1][None], (0, 0), "without_replacement")
    second = VERIFIERS["recursive"].judge(tree, np.tile(X[0], (3, 1)), np.array([0.99, 0.5, 0.5])).decisions[1]
    assert (second.p, second.q, second.threshold, second.state) == (pytest.approx(0.2 / 0.55), pytest.approx(0.1 / 0.4), 1.0, "accepted")


# ------------------------------------------------------------------------------------------------------- block and traversal

P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
AB = (np.array([1 / 3, 2 / 3]), np.array([2 / 3, 1 / 3]))


def kept_on_average(name: str, p: np.ndarray, q: np.ndarray, parents: tuple[int, ...], sampling: str = "iid") -> float:
    return enumerate_tree(VERIFIERS[name], lambda _: p, lambda _: q, parents, sampling, len(p)).accepted


def by_thresholds(p: np.ndarray, q: np.ndarray, gamma: int) -> float:
    """Expected length of block verification from its thresholds alone: the last coin below its own decides."""
    total = 0.0
    for tokens in itertools.product(range(len(p)), repeat=gamma):
        tree = sampled_chain(tokens, lambda _: q)
        # a coin too large for every threshold but 1 shows them all
        verdict: Verdict = VERIFIERS["block"].judge(tree, np.tile(p, (gamma + 1, 1)), np.full(gamma + 1, np.nextafter(1.0, 0.0)))
        thresholds = [1.0 if d.threshold is None else d.threshold for d in verdict.decisions]
        none_later, length = 1.0, 0.0
        for i in reversed(range(gamma)):
            length += (i + 1) * none_later * thresholds[i]
            none_later *= 1.0 - thresholds[i]
        total += float(np.prod(q[list(tokens)])) * length
    return total


@pytest.mark.parametrize(
    ("gamma", "token", "block"), [(1, 0.666667, 0.666667), (2, 1.111111, 1.222222), (3, 1.407407, 1.666667), (4, 1.604938, 2.049383)]
)
def test_expected_length_of_a_block_of_two_tokens(gamma: int, token: float, block: float):
    chain = tuple(range(-1, gamma - 1))
    assert kept_on_average("rejection", *AB, chain) == pytest.approx(token, abs=1e-6)
    assert kept_on_average("block", *AB, chain) == pytest.approx(block, abs=1e-6)
    assert by_thresholds(*AB, gamma) == pytest.approx(block, abs=1e-6)


def test_expected_length_of_a_block_of_eight():
    assert by_thresholds(*AB, 8) == pytest.approx(3.106843, abs=1e-6)


@pytest.mark.parametrize(("gamma", "expected"), [(1, 0.7), (2, 1.25), (3, 1.695), (4, 2.0635)])
def test_expected_length_of_a_block_of_three_tokens(gamma: int, expected: float):
    assert by_thresholds(P, Q, gamma) == pytest.approx(expected, abs=1e-12)
    if gamma < 4:
        assert kept_on_average("block", P, Q, tuple(range(-1, gamma - 1))) == pytest.approx(expected, abs=1e-12)


def test_a_later_token_can_save_a_block():
    rows, high = np.tile(P, (3, 1)), np.full(3, np.nextafter(1.0, 0.0))
    saved = VERIFIERS["block"].judge(sampled_chain((2, 0), lambda _: Q), rows, high)
    assert (saved.path, saved.kind) == ([0, 1], "bonus")
    assert [(d.state, d.threshold) for d in saved.decisions] == [("accepted", None), ("accepted", pytest.approx(1.0))]
    cut = VERIFIERS["block"].judge(sampled_chain((0, 2), lambda _: Q), rows, high)
    assert (cut.path, cut.kind, cut.law.tolist()) == ([0], "corrected", [1.0, 0.0, 0.0])
    assert [(d.state, d.threshold) for d in cut.decisions] == [("accepted", 1.0), ("rejected", pytest.approx(0.4))]
    # S_1 = 0 and c_1 = 0.4: the first token alone is never kept
    nothing = VERIFIERS["block"].judge(sampled_chain((2, 2), lambda _: Q), rows, np.array([0.0, 0.99, 0.0]))
    assert [d.threshold for d in nothing.decisions] == pytest.approx([0.0, 0.16])


TREES = {"chain of 2": ((-1, 0), 1.25, 1.19), "2 then 1": ((-1, -1, 0, 1), 1.454, 1.394), "2 then 2": ((-1, -1, 0, 0, 1, 1), 1.5284, 1.4924)}


@pytest.mark.parametrize("shape", TREES)
def test_expected_length_of_traversal_and_of_top_down(shape: str):
    parents, up, down = TREES[shape]
    assert kept_on_average("traversal", P, Q, parents, "without_replacement") == pytest.approx(up, abs=1e-9)
    assert kept_on_average("recursive", P, Q, parents, "without_replacement") == pytest.approx(down, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_on_a_chain_traversal_is_as_long_as_block_and_neither_is_shorter_than_rejection(seed: int):
    p, q = random_table(3, seed), random_table(3, seed + 50)
    chain, block, traversal = (enumerate_tree(VERIFIERS[name], p, q, (-1, 0, 1), "iid", 3).accepted for name in ("rejection", "block", "traversal"))
    assert traversal == pytest.approx(block, abs=1e-12)
    assert block >= chain - 1e-12


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("sampling", ["iid", "without_replacement", "greedy", "deterministic"])
def test_traversal_is_never_shorter_than_top_down(seed: int, sampling: str):
    p, q = random_table(3, seed), random_table(3, seed + 50)
    up, down = (enumerate_tree(VERIFIERS[name], p, q, (-1, -1, 0, 1), sampling, 3).accepted for name in ("traversal", "recursive"))
    assert up >= down - 1e-12
