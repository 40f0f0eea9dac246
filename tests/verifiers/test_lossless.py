"""Every lossless rule gives out the target's own law, to 1e-12, by exact enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from specviz.verifiers import VERIFIERS
from tests.verifiers.enumeration import enumerate_tree, random_table
from tests.verifiers.instances import KINDS, instances

# exact match is lossless for greedy decoding: test_greedy
RULES = [name for name, rule in VERIFIERS.items() if rule.lossless and name != "greedy"]
COUNT = 216


@pytest.mark.parametrize("name", RULES)
def test_the_output_law_is_the_targets_on_216_random_instances(name: str):
    rule, seen = VERIFIERS[name], set()
    for instance in instances(rule, COUNT):
        found = instance.solve(rule)
        assert found.error <= 1e-12, instance
        seen.add((instance.kind, instance.sampling))
    assert seen == {(kind, sampling) for kind in KINDS for sampling in rule.samplings}


DEEP = {"chain of 3": (-1, 0, 1), "2 then 2": (-1, -1, 0, 0, 1, 1), "2, 1, 1": (-1, -1, 0, 1, 2, 3), "1, 2, 1": (-1, 0, 0, 1, 2)}


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("shape", DEEP)
def test_the_output_law_is_the_targets_on_deeper_trees_of_three_tokens(name: str, shape: str):
    rule = VERIFIERS[name]
    if rule.chains_only and shape != "chain of 3":
        with pytest.raises(ValueError, match=r"chain.*siblings"):
            enumerate_tree(rule, random_table(3, 1), random_table(3, 2), DEEP[shape], sorted(rule.samplings)[0], 3)
        return
    for sampling in sorted(rule.samplings):
        vocab = 3 if sampling != "iid" or len(DEEP[shape]) < 6 else 2  # 3 ** 6 drafts with repeats take half a minute
        assert enumerate_tree(rule, random_table(vocab, 1), random_table(vocab, 2), DEEP[shape], sampling, vocab).error <= 1e-12


@pytest.mark.parametrize("name", RULES)
def test_a_perfect_draft_is_accepted_whole(name: str):
    rule, same = VERIFIERS[name], random_table(3, 5)
    for sampling in sorted(rule.samplings - {"deterministic"}):
        found = enumerate_tree(rule, same, same, (-1, 0), sampling, 3)
        # naive sampling does not look at q: it meets a draw from the same law by chance alone
        assert (found.accepted < 1.5) if name == "naive" else (found.accepted == pytest.approx(2.0, abs=1e-12))


@pytest.mark.parametrize("name", RULES)
def test_a_draft_the_target_never_says_is_never_accepted(name: str):
    rule = VERIFIERS[name]
    p, q = np.array([0.5, 0.5, 0.0, 0.0]), np.array([0.0, 0.0, 0.4, 0.6])
    for sampling in sorted(rule.samplings):
        found = enumerate_tree(rule, lambda _: p, lambda _: q, (-1, 0) if rule.chains_only else (-1, -1), sampling, 4)
        assert found.accepted == 0.0
        assert np.abs(found.first - p).max() <= 1e-15
