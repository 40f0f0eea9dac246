from __future__ import annotations

import numpy as np
import pytest

from specviz.figures import alt_text
from specviz.figures.grown import grown_tree
from specviz.labs.growing import SHAPES, acceptance, grow
from specviz.labs.markov import markov_pair
from specviz.trace.replay_odds import reach
from specviz.verifiers import VERIFIERS

PAIR = markov_pair(8, 0.5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_what_a_tree_is_said_to_yield_is_what_the_rule_does_over_every_coin(shape, seed):
    grown = grow(shape, PAIR, nodes=10, levels=4, seed=seed)
    p = PAIR.p[[PAIR.start, *grown.tree.tokens]]
    reached, kept = reach(VERIFIERS["recursive"], grown.tree, p)
    np.testing.assert_allclose(grown.reached, reached, atol=1e-12)
    assert grown.tokens_per_cycle == pytest.approx(1 + kept.value)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("nodes", "levels"), [(1, 1), (5, 2), (24, 8), (24, 1)])
def test_a_budget_is_kept_and_drawn(shape, nodes, levels):
    grown = grow(shape, PAIR, nodes=nodes, levels=levels)
    assert 1 <= len(grown.tree) <= nodes
    assert grown.levels <= levels
    assert grown.passes >= 1
    assert (grown.confidence > 0).all()
    assert f"{grown.tokens_per_cycle:.2f} tokens per cycle" in alt_text(grown_tree(grown))


def test_a_picked_tree_is_worth_the_targets_probability_of_its_paths():
    grown = grow("eagle-2", PAIR, nodes=8, levels=3)
    chances = acceptance(grown.tree, PAIR.p[[PAIR.start, *grown.tree.tokens]])
    before = [PAIR.start if parent < 0 else grown.tree.tokens[parent] for parent in grown.tree.parents]
    np.testing.assert_allclose(chances, PAIR.p[before, grown.tree.tokens])


@pytest.mark.parametrize("settings", [{"shape": "oak"}, {"nodes": 0}, {"levels": 0}])
def test_what_cannot_be_grown_is_refused(settings):
    with pytest.raises(ValueError, match="expected"):
        grow(**({"shape": "sequoia", "pair": PAIR, "nodes": 4, "levels": 2} | settings))
