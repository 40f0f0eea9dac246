from __future__ import annotations

import numpy as np
import pytest

from specviz.theory.acceptance import alpha, residual, total_variation
from specviz.theory.coupling import coupling
from specviz.theory.one_draft import one_draft
from specviz.theory.rules import place
from specviz.verifiers import VERIFIERS

RNG = np.random.default_rng(5)
P, Q = RNG.dirichlet(np.full(6, 0.6), size=40), RNG.dirichlet(np.full(6, 0.6), size=40)


def test_the_rule_puts_out_p_and_accepts_the_overlap():
    found = one_draft(P, Q)
    assert found.distance.max() < 1e-14
    np.testing.assert_allclose(found.acceptance, alpha(P, Q))
    np.testing.assert_allclose(found.kept + found.refused, Q)


def test_it_is_what_the_engines_rule_does():
    for p, q in zip(P[:5], Q[:5], strict=True):
        joint, found = coupling(VERIFIERS["rejection"], place(p, q, 1, "iid")), one_draft(p, q)
        np.testing.assert_allclose(joint.given.sum(axis=0), found.kept, atol=1e-12)
        np.testing.assert_allclose(joint.drawn.sum(axis=0), found.redrawn, atol=1e-12)


def test_replacing_from_p_and_keeping_all_are_as_wrong_as_arithmetic_says():
    from_p, never = one_draft(P, Q, replace_from="p"), one_draft(P, Q, replace_from="never")
    np.testing.assert_allclose(from_p.output, np.minimum(P, Q) + (1 - alpha(P, Q))[:, None] * P)
    np.testing.assert_allclose(never.distance, total_variation(P, Q))
    assert from_p.distance.min() > 0


def test_a_rule_that_is_told_another_law_tests_and_replaces_with_that():
    believed = np.roll(Q, 1, axis=1)
    found = one_draft(P, Q, believed=believed)
    chance = np.minimum(1, P / believed)
    np.testing.assert_allclose(found.kept, Q * chance)
    np.testing.assert_allclose(found.redrawn, (Q * (1 - chance)).sum(axis=1, keepdims=True) * residual(P, believed))
    np.testing.assert_allclose(found.output.sum(axis=1), 1)


def test_zeros_divide_nothing():
    found = one_draft([0.5, 0.5, 0.0], [0.0, 0.5, 0.5])
    assert found.output.tolist() == [0.5, 0.5, 0.0]
    assert one_draft([1.0, 0.0], [1.0, 0.0]).acceptance == 1


def test_unknown_ways_and_laws_that_are_none_are_refused():
    with pytest.raises(ValueError, match="residual, p, never"):
        one_draft([1.0], [1.0], replace_from="q")
    with pytest.raises(ValueError, match="sum 1"):
        one_draft([0.5, 0.2], [0.5, 0.5])
