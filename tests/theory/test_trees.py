"""Expected tokens of a tree: against the DP's worked values, chains, and thresholds followed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from specviz.theory.sequoia import best_tree, best_values
from specviz.theory.speedup import expected_tokens as of_chain
from specviz.theory.trees import expected_tokens, from_thresholds, path_probabilities

A = (0.6, 0.2, 0.1)


def by_rank(parents):
    """Sequoia's model: the acceptance of a node is that of its rank among its siblings."""
    return [A[list(parents[:node]).count(parent)] for node, parent in enumerate(parents)]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("gamma", [0, 1, 4, 8])
def test_a_chain_has_the_chain_formula(alpha, gamma):
    assert expected_tokens(range(-1, gamma - 1), [alpha] * gamma) == pytest.approx(float(of_chain(alpha, gamma)), abs=1e-12)


def test_the_worked_tree_of_eight_nodes_is_worth_what_the_programme_says():
    # root, (0), (0,0), (0,0,0), (1), (0,0,0,0), (0,1), (1,0): verification.md 4.3
    parents = [-1, 0, 1, -1, 2, 0, 3]
    assert expected_tokens(parents, by_rank(parents)) == pytest.approx(2.7456, abs=1e-12)


@pytest.mark.parametrize("nodes", [1, 3, 7, 15])
@pytest.mark.parametrize("levels", [2, 3, 8])
def test_the_best_tree_is_worth_its_value(nodes, levels):
    parents = best_tree(A, nodes, levels)
    assert expected_tokens(parents, by_rank(parents)) == pytest.approx(best_values(A, nodes + 1, levels + 1)[len(parents) + 1, levels + 1], abs=1e-12)


def test_thresholds_count_only_after_the_refusals_before_them():
    parents, thresholds = [-1, -1, 0, 1, 1], [0.5, 0.4, 0.9, 0.25, 1.0]
    np.testing.assert_allclose(from_thresholds(parents, thresholds), [0.5, 0.2, 0.9, 0.25, 0.75])
    np.testing.assert_allclose(path_probabilities(parents, from_thresholds(parents, thresholds)), [0.5, 0.2, 0.45, 0.05, 0.15])


@pytest.mark.parametrize(
    ("parents", "acceptance", "words"),
    [
        ([-1, 0], [0.5], "one acceptance per node, 2"),
        ([-1, 1], [0.5, 0.5], r"node 1's parent in \[-1, 0\], got 1"),
        ([-1], [1.2], r"acceptances in \[0, 1\]"),
        ([-1, -1], [0.6, 0.6], "at most in all, got 1.2 after the root"),
        ([-1, 0, 0], [0.6, 0.6, 0.5], "got 1.1 after node 0"),
    ],
)
def test_what_is_no_tree_or_no_acceptance_is_refused(parents, acceptance, words):
    with pytest.raises(ValueError, match=words):
        expected_tokens(parents, acceptance)
