"""Speculative sampling: its output law, its golden values, and proof that a wrong rule would be found."""

from __future__ import annotations

import numpy as np
import pytest

from specviz.coins import draw
from specviz.types import DraftTree, Verdict
from specviz.verifiers import VERIFIERS
from specviz.verifiers.rejection import Rejection
from specviz.verifiers.residual import residual, without
from tests.verifiers.enumeration import all_drafts, joint_error, on, outcome, picked_chain, random_table, sampled_chain, target_rows

RULE = VERIFIERS["rejection"]
P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
SHAPES = ["plain", "zeros", "ties", "one-hot"]


@pytest.mark.parametrize("gamma", [0, 1, 2, 3])
@pytest.mark.parametrize("p_shape", SHAPES)
@pytest.mark.parametrize("q_shape", SHAPES)
def test_the_output_law_is_the_targets(gamma: int, p_shape: str, q_shape: str):
    assert joint_error(RULE, random_table(3, 1, p_shape), random_table(3, 2, q_shape), gamma, 3) <= 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_the_output_law_is_the_targets_over_four_tokens(seed: int):
    assert joint_error(RULE, random_table(4, seed), random_table(4, seed + 10), 2, 4) <= 1e-12


def test_the_output_law_is_the_targets_when_both_laws_are_equal():
    same = random_table(3, 5)
    assert joint_error(RULE, same, same, 3, 3) <= 1e-12
    for tokens, _ in all_drafts(same, 2, 3):
        verdict = RULE.judge(sampled_chain(tokens, same), target_rows(tokens, same), np.full(3, np.nextafter(1.0, 0.0)))
        assert verdict.path == [0, 1]


def test_the_output_law_is_the_targets_when_the_laws_share_no_token():
    p, q = on([0, 1], random_table(4, 1)), on([2, 3], random_table(4, 2))
    assert joint_error(RULE, p, q, 2, 4) <= 1e-12
    assert joint_error(RULE, on([0, 1, 2], p), q, 2, 4) <= 1e-12


@pytest.mark.parametrize("p_shape", SHAPES)
@pytest.mark.parametrize("gamma", [1, 2, 3])
def test_the_output_law_is_the_targets_for_picked_drafts(p_shape: str, gamma: int):
    p, q = random_table(4, 3, p_shape), random_table(4, 4)
    assert joint_error(RULE, p, q, gamma, 4, pick=lambda context: int(q(context).argmax())) <= 1e-12
    assert joint_error(RULE, p, q, gamma, 4, pick=lambda context: int(p(context).argmin())) <= 1e-12


class ResamplesFromP(Rejection):
    """Planted bug: after a refusal the last token comes from p."""

    def judge(self, tree: DraftTree, p: np.ndarray, u: np.ndarray) -> Verdict:
        verdict = super().judge(tree, p, u)
        row = p[len(verdict.path)]
        return Verdict(verdict.path, draw(row, float(u[-1])), verdict.kind, verdict.decisions, row)


class UsesTheNextRow(Rejection):
    """Planted bug: laws are read one row too late."""

    def judge(self, tree: DraftTree, p: np.ndarray, u: np.ndarray) -> Verdict:
        return super().judge(tree, np.concatenate([p[1:], p[-1:]]), u)


class ReusesACoin(Rejection):
    """Planted bug: the coin that refused also draws the last token."""

    def judge(self, tree: DraftTree, p: np.ndarray, u: np.ndarray) -> Verdict:
        verdict = super().judge(tree, p, u)
        if verdict.kind == "bonus":
            return verdict
        return Verdict(verdict.path, draw(verdict.law, float(u[len(verdict.path)])), verdict.kind, verdict.decisions, verdict.law)


class AcceptsTheLikely(Rejection):
    """Planted bug: keeps any token the target finds likely enough."""

    def judge(self, tree: DraftTree, p: np.ndarray, u: np.ndarray) -> Verdict:
        return super().judge(tree, p, np.where(np.arange(len(u)) == len(u) - 1, u, u * 0.8))


@pytest.mark.parametrize("bug", [ResamplesFromP, UsesTheNextRow, AcceptsTheLikely])
@pytest.mark.parametrize("gamma", [1, 2])
def test_the_enumeration_finds_planted_bugs(bug: type[Rejection], gamma: int):
    assert joint_error(bug(), random_table(3, 1), random_table(3, 2), gamma, 3) > 1e-3


def test_the_enumeration_finds_a_q_of_another_temperature():
    q = random_table(3, 2)

    def sharper(context: tuple[int, ...]) -> np.ndarray:
        row = q(context) ** 2
        return row / row.sum()

    assert joint_error(RULE, random_table(3, 1), q, 2, 3, judged_with=sharper) > 1e-3


def test_the_enumeration_finds_a_drawn_draft_judged_as_picked_never_wrong_and_the_reverse_wrong():
    """Judging a picked token with a law it was not drawn from is trap 1."""
    p, q = random_table(3, 1), random_table(3, 2)
    tokens = (int(q(()).argmax()),)
    law = outcome(RULE, sampled_chain(tokens, q), target_rows(tokens, p))
    first = np.array([sum(mass for emitted, mass in law.items() if emitted[0] == token) for token in range(3)])
    assert np.abs(first - p(())).max() > 1e-2
    law = outcome(RULE, picked_chain(tokens), target_rows(tokens, p))
    first = np.array([sum(mass for emitted, mass in law.items() if emitted[0] == token) for token in range(3)])
    assert np.abs(first - p(())).max() < 1e-12


def test_a_reused_coin_shows_in_the_joint_draws():
    """Bisection moves one coin at a time, so this bug is looked for with coins drawn together."""
    rng, tree, p = np.random.default_rng(0), sampled_chain((2,), lambda _: Q), np.array([P, P])
    coins = rng.random((2000, 2))
    wrong = [ReusesACoin().judge(tree, p, u) for u in coins]
    right = [RULE.judge(tree, p, u) for u in coins]
    assert {v.token for v in right if v.kind == "corrected"} == {0}  # the residual is one-hot here
    tree, p = sampled_chain((0,), lambda _: np.array([0.9, 0.05, 0.05])), np.array([[0.3, 0.35, 0.35]] * 2)
    wrong = [v.token for u in coins if (v := ReusesACoin().judge(tree, p, u)).kind == "corrected"]
    right = [v.token for u in coins if (v := RULE.judge(tree, p, u)).kind == "corrected"]
    assert np.mean(right) == pytest.approx(1.5, abs=0.05)
    assert np.mean(wrong) > 1.6


def test_golden_acceptance_and_residual():
    accepted = {token: outcome(RULE, sampled_chain((token,), lambda _: Q), np.array([P, P])) for token in range(3)}
    alpha = sum(Q[token] * sum(mass for emitted, mass in law.items() if len(emitted) == 2) for token, law in accepted.items())
    assert alpha == pytest.approx(0.7, abs=1e-12)
    assert residual(P, Q).tolist() == [1.0, 0.0, 0.0]
    verdict = RULE.judge(sampled_chain((2,), lambda _: Q), np.array([P, P]), np.array([0.4, 0.999]))
    assert (verdict.path, verdict.token, verdict.kind) == ([], 0, "corrected")
    assert verdict.decisions[0].threshold == pytest.approx(0.4)
    assert verdict.law.tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(("gamma", "expected"), [(1, 0.7), (2, 1.19), (3, 1.533), (4, 1.7731)])
def test_golden_expected_accepted_drafts(gamma: int, expected: float):
    total = 0.0
    for tokens, weight in all_drafts(lambda _: Q, gamma, 3):
        shares = np.minimum(1.0, P[list(tokens)] / Q[list(tokens)])
        verdict = RULE.judge(sampled_chain(tokens, lambda _: Q), np.tile(P, (gamma + 1, 1)), np.zeros(gamma + 1))
        assert [d.threshold for d in verdict.decisions] == pytest.approx(shares)
        total += weight * float(np.cumprod([d.threshold for d in verdict.decisions]).sum())
    assert total == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("picked", [False, True])
def test_a_token_the_target_never_says_is_refused_by_a_coin_of_zero(picked: bool):
    p = np.array([[0.0, 0.6, 0.4]] * 2)
    tree = picked_chain((0,)) if picked else sampled_chain((0,), lambda _: np.array([1.0, 0.0, 0.0]))
    verdict = RULE.judge(tree, p, np.zeros(2))
    assert verdict.decisions[0].state == "rejected"
    assert verdict.token == 1


def test_a_token_is_accepted_just_below_its_threshold_and_refused_at_it():
    tree, p = sampled_chain((0,), lambda _: np.array([0.5, 0.5])), np.array([[0.25, 0.75]] * 2)
    assert RULE.judge(tree, p, np.array([np.nextafter(0.5, 0), 0.5])).path == [0]
    assert RULE.judge(tree, p, np.array([0.5, 0.5])).path == []


def test_a_residual_that_rounds_away_falls_back_to_p():
    p = np.array([0.1, 0.2, 0.7])
    assert residual(p, p).tolist() == p.tolist()
    one_hot = np.array([0.0, 1.0])
    assert without(one_hot, 1).tolist() == one_hot.tolist()
    # p <= q everywhere by rounding alone: refused by the largest coin, drawn from p and not from NaN
    q = np.array([0.1, 0.2, np.nextafter(0.7, 1.0)])
    verdict = RULE.judge(sampled_chain((2,), lambda _: q), np.array([p, p]), np.array([np.nextafter(1.0, 0), 0.0]))
    assert np.isfinite(verdict.law).all()
    assert verdict.law.sum() == pytest.approx(1.0)


def test_a_law_of_nan_is_refused():
    with pytest.raises(ValueError, match="mass"):
        RULE.judge(picked_chain((0,)), np.full((2, 3), np.nan), np.zeros(2))


def test_nodes_after_a_refusal_are_ignored_and_have_no_threshold():
    tree = sampled_chain((0, 2, 1), lambda _: Q)
    verdict = RULE.judge(tree, np.tile(P, (4, 1)), np.array([0.9, 0.9, 0.0, 0.0]))
    assert [d.state for d in verdict.decisions] == ["accepted", "rejected", "ignored"]
    assert [d.threshold is None for d in verdict.decisions] == [False, False, True]
    assert [(d.p, d.q, d.u) for d in verdict.decisions] == [(0.5, 0.2, 0.9), (0.2, 0.5, 0.9), (0.3, 0.3, 0.0)]


def test_judging_changes_none_of_its_arguments():
    p, q, u = np.tile(P, (3, 1)), np.tile(Q, (2, 1)), np.full(3, 0.9)
    for sampling in ("iid", "deterministic"):
        RULE.judge(DraftTree((2, 2), (-1, 0), q, (0, 1), sampling), p, u)
    assert np.array_equal(p, np.tile(P, (3, 1)))
    assert np.array_equal(q, np.tile(Q, (2, 1)))


def test_a_sampling_that_cannot_be_judged_is_refused_naming_both():
    tree = DraftTree((0,), (-1,), Q[None], (0,), "greedy")
    with pytest.raises(ValueError, match=r"'rejection'.*'greedy'"):
        RULE.judge(tree, np.array([P, P]), np.zeros(2))


def test_siblings_are_refused_by_a_chain_rule():
    tree = DraftTree((0, 1), (-1, -1), Q[None], (0, 0), "iid")
    with pytest.raises(ValueError, match=r"chain.*'rejection'.*siblings"):
        RULE.judge(tree, np.tile(P, (3, 1)), np.zeros(3))
