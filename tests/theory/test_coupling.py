"""The joint law of drafts and output: its marginals, its worked values, what it says of every rule."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from specviz.theory import coupling as couplings
from specviz.theory.acceptance import residual
from specviz.theory.coupling import Coupling, coupling, pool
from specviz.theory.outcomes import UnpredictableRuleError
from specviz.theory.rules import RATES, Place, bound, place, rate
from specviz.types import SAMPLINGS
from specviz.verifiers import LOSSLESS, LOSSY, VERIFIERS
from tests.theory.places import SPECIAL, random_law, tuples_of

P, Q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])


def places(rule, count: int, seed: int = 0) -> list[Place]:
    """Random places this rule can judge: every kind of law, k up to 3, every way of drawing."""
    rng = np.random.default_rng([seed, *rule.name.encode()])
    found = []
    for i in range(count):
        sampling = sorted(rule.samplings)[i % len(rule.samplings)]
        k = 1 if rule.chains_only else 1 + i % 3
        p, q = SPECIAL[i % len(SPECIAL)](random_law(rng, 4), random_law(rng, 4))
        found.append(place(p, q, k, sampling))
    return found


def independent(at: Place) -> dict[tuple[int, ...], float]:
    """The law of the drafted list, found by the tests' own enumeration."""
    if at.sampling in {"iid", "without_replacement"}:
        return {t: c for t, c in tuples_of(at.q, at.k, replacement=at.sampling == "iid", fallback=True) if c > 0.0}
    if at.sampling == "deterministic":
        return {at.picked: 1.0}
    rest = np.where(np.isin(np.arange(len(at.q)), at.picked), 0.0, at.q)
    rest = rest if rest.sum() > 0.0 else np.where(np.isin(np.arange(len(at.q)), at.picked), 0.0, 1.0)
    return {(*at.picked, int(t)): float(rest[t] / rest.sum()) for t in np.flatnonzero(rest)}


@pytest.mark.parametrize("rule", [rule for rule in LOSSLESS if rule.name != "greedy"], ids=lambda rule: rule.name)
def test_rows_sum_to_the_drafts_law_and_columns_to_p(rule):
    for at in places(rule, 48):
        found, expected = coupling(rule, at), independent(at)
        assert dict.fromkeys(found.drafts).keys() == expected.keys()
        drafted = np.array([expected[tokens] for tokens in found.drafts])
        np.testing.assert_allclose(found.chances, drafted, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.joint.sum(axis=1), drafted, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.output, at.p, rtol=0, atol=1e-12)
        assert found.total_variation(at.p) < 1e-12
        assert (found.given >= 0.0).all()
        assert (found.drawn >= 0.0).all()


@pytest.mark.parametrize("rule", [rule for rule in LOSSLESS if rule.name in RATES], ids=lambda rule: rule.name)
def test_what_is_given_out_of_the_draft_is_the_rules_rate_and_never_above_the_bound(rule):
    for at in places(rule, 36, seed=1):
        found = coupling(rule, at)
        assert found.acceptance == pytest.approx(rate(rule.name, at).value, abs=1e-9 if rule.name == "transport" else 1e-12)
        assert found.acceptance <= bound(at) + 1e-12


@pytest.mark.parametrize("rule", LOSSY, ids=lambda rule: rule.name)
def test_a_lossy_rule_misses_p_by_the_distance_it_admits(rule):
    worst = 0.0
    for at in (at for at in places(rule, 60, seed=2) if at.k == 1 and at.sampling == "iid"):
        found = coupling(rule, at)
        np.testing.assert_allclose(found.joint.sum(axis=1), found.chances, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.output, rule.output_law(at.p, at.q), rtol=0, atol=1e-12)
        assert found.total_variation(at.p) == pytest.approx(rule.total_variation(at.p, at.q), abs=1e-12)
        worst = max(worst, found.total_variation(at.p))
    assert worst > 0.01


def test_one_draft_puts_the_overlap_on_the_diagonal_and_the_surplus_times_the_residual_beside_it():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        p, q = random_law(rng, 5), random_law(rng, 5)
        found = coupling(VERIFIERS["rejection"], place(p, q, 1, "iid"))
        assert found.drafts == tuple((token,) for token in range(5))
        np.testing.assert_allclose(found.given, np.diag(np.minimum(p, q)), rtol=0, atol=1e-14)
        np.testing.assert_allclose(found.drawn, np.outer(np.maximum(q - p, 0), residual(p, q)), rtol=0, atol=1e-14)


def test_only_drafted_tokens_are_given_out():
    for rule in LOSSLESS[1:]:
        for at in places(rule, 12, seed=3):
            found = coupling(rule, at)
            for tokens, row in zip(found.drafts, found.given, strict=True):
                assert set(np.flatnonzero(row)) <= set(tokens)


@pytest.mark.parametrize("view", ["by_set", "by_first"])
def test_grouping_rows_keeps_every_sum(view):
    whole = coupling(VERIFIERS["recursive"], place(P, Q, 3, "iid"))
    found: Coupling = getattr(whole, view)()
    assert len(found.drafts) == {"by_set": 14, "by_first": 4}[view]
    np.testing.assert_allclose(found.output, whole.output, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.joint.sum(axis=1), found.chances, rtol=0, atol=1e-14)
    assert found.acceptance == pytest.approx(whole.acceptance, abs=1e-14)
    pair = whole.drafts.index((2, 0, 2))
    assert found.drafts.index((0, 2) if view == "by_set" else (2,)) >= 0
    assert whole.chances[pair] == pytest.approx(0.3 * 0.1 * 0.3)


def test_sets_come_small_ones_first():
    sizes = [len(tokens) for tokens in coupling(VERIFIERS["naive"], place(P, Q, 2, "iid")).by_set().drafts]
    assert sizes == sorted(sizes) == [1] * 4 + [2] * 6


def test_drafts_that_were_copied_need_no_law():
    at = place(P, None, 2, "deterministic", picked=(3, 1))
    found = coupling(VERIFIERS["recursive"], at)
    assert found.drafts == ((3, 1),)
    np.testing.assert_allclose(found.joint[0], P, rtol=0, atol=1e-14)
    assert found.acceptance == pytest.approx(0.4)


def test_too_many_drafts_are_refused_before_any_is_judged():
    law = np.full(30, 1 / 30)
    with pytest.raises(ValueError, match=r"expected at most 5000 lists of drafts, got 27000: 3 drawn from 30 tokens"):
        coupling(VERIFIERS["recursive"], place(law, law, 3, "iid"))


def test_lists_are_counted_as_they_are_drawn():
    for seed, (k, sampling) in enumerate(itertools.product((1, 2, 3), SAMPLINGS)):
        rng = np.random.default_rng(seed)
        for q in (random_law(rng, 4), np.array([0.5, 0.0, 0.5, 0.0]), np.eye(4)[1]):
            at = place(P, q, k, sampling)
            assert couplings._lists(at) == len(coupling(VERIFIERS["recursive"], at).drafts)


def test_no_more_can_be_drawn_without_replacement_than_there_are_tokens():
    assert coupling(VERIFIERS["recursive"], place(P, Q, 4, "without_replacement")).acceptance == pytest.approx(1.0)
    with pytest.raises(ValueError, match="at most 4 drafts without replacement from as many tokens, got 5"):
        coupling(VERIFIERS["recursive"], place(P, Q, 5, "without_replacement"))


def test_a_rule_that_does_not_draw_from_the_law_it_reports_is_caught():
    with pytest.raises(UnpredictableRuleError, match="'greedy' to draw"):
        coupling(VERIFIERS["greedy"], place(P, Q, 1, "iid"))
    at_zero = coupling(VERIFIERS["greedy"], place(np.eye(4)[0], Q, 1, "iid"))
    assert at_zero.total_variation(np.eye(4)[0]) == 0.0


def test_dust_that_no_coin_reaches_does_not_make_a_rule_unpredictable():
    """The linear programme leaves a last token 4e-17 here: less than one step of the running sum, so it is never drawn."""
    p = [0.054379, 0.31562467, 0.13889417, 0.22051911, 0.27058304]
    q = [0.17847015, 0.42412212, 0.0222606, 0.21231023, 0.1628369]
    rng = np.random.default_rng(0)
    laws = [(p, q), *((rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))) for _ in range(4))]
    for here in laws:
        at = place(*here, 2, "iid")
        found = coupling(VERIFIERS["transport"], at)
        assert found.total_variation(at.p) < 1e-9
        assert found.acceptance == pytest.approx(bound(at), abs=1e-8)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_rule_says_which_siblings_it_cannot_judge(sampling):
    judged = {rule.name for rule in LOSSLESS if sampling in rule.samplings}
    for rule in LOSSLESS[1:]:
        at = place(P, Q, 1, sampling)
        if rule.name in judged:
            assert coupling(rule, at).acceptance > 0.0
        else:
            with pytest.raises(ValueError, match=rf"rule '{rule.name}', got '{sampling}'"):
                coupling(rule, at)


def test_pooling_keeps_one_drafts_joint_law_exact():
    rng = np.random.default_rng(5)
    for top in (1, 3, 6):
        p, q = random_law(rng, 40), random_law(rng, 40)
        less = pool(p, q, top)
        assert len(less.kept) == top
        assert sum(count for _, count in less.others) == 40 - top
        assert np.minimum(less.p, less.q).sum() == pytest.approx(np.minimum(p, q).sum(), abs=1e-14)
        found, whole = (coupling(VERIFIERS["rejection"], place(*laws, 1, "iid")) for laws in ((less.p, less.q), (p, q)))
        groups = [[token] for token in less.kept]
        rest = [token for token in range(40) if token not in less.kept]
        groups += [[t for t in rest if p[t] >= q[t]], [t for t in rest if p[t] < q[t]]]
        for (i, rows), (j, columns) in itertools.product(enumerate([g for g in groups if g]), repeat=2):
            assert found.joint[i, j] == pytest.approx(whole.joint[np.ix_(rows, columns)].sum(), abs=1e-14)


def test_pooling_keeps_what_it_is_told_to_and_nothing_that_is_empty():
    less = pool([0.5, 0.3, 0.2, 0.0], [0.5, 0.3, 0.2, 0.0], 2, keep=[2])
    assert less.kept == (0, 2)
    assert less.others == (("p ≥ q", 1),)
    assert pool(P, Q, 9).others == ()
    with pytest.raises(ValueError, match="at least 1 token, got 0"):
        pool(P, Q, 0)
    with pytest.raises(ValueError, match="one vocabulary, got 4 and 3"):
        pool(P, Q[:3] / Q[:3].sum(), 2)


def test_the_limit_leaves_room_for_what_is_drawn():
    assert 7**4 < couplings.MOST_DRAFTS < 6**5
