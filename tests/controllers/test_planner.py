"""The planner learns what is accepted and drafts the shape that pays here: nothing, a chain or a tree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from specviz.controllers.acceptances import PRIOR_LATER, Acceptances
from specviz.controllers.gain import IDLE
from specviz.controllers.planner import EVERY, FIRST, Planner
from specviz.trees import planned
from specviz.types import ROOT, Costs, Decision, DraftTree, Sampling, Verdict
from specviz.verifiers import VERIFIERS
from specviz.verifiers.residual import excluding, residual
from tests.trees.drafting import Desk, TableDrafter

FLAT_COST = Costs(0.02, ((1, 1.0), (64, 1.05)))
STEEP_COST = Costs(0.1, ((1, 1.0), (64, 64.0)))
Q = np.array([0.35, 0.3, 0.2, 0.1, 0.05])


def run(planner: Planner, p: Any, cycles: int, q: Any = Q, *, greedy: bool = False, seed: int = 0) -> list[DraftTree]:
    """Cycles of a pair whose laws are the same everywhere."""
    rng = np.random.default_rng(seed)
    drafter = TableDrafter(lambda _: q)
    trees = []
    for cycle in range(cycles):
        tree = planned.build(drafter, planner, Desk(is_greedy=greedy, seed=1000 * seed + cycle))
        laws = np.stack([p] * (len(tree) + 1))
        verdict = VERIFIERS["greedy" if greedy else "recursive"].judge(tree, laws, rng.random(len(tree) + 1))
        planner.observe(tree, verdict)
        trees.append(tree)
    return trees


def test_a_tree_where_nodes_are_cheap_and_the_draft_is_in_doubt():
    trees = run(Planner(6, costs=FLAT_COST), np.array([0.2, 0.3, 0.3, 0.1, 0.1]), 60)
    assert all(tree.is_chain() for tree in trees[:FIRST])
    assert not trees[-1].is_chain()
    assert len(trees[-1]) > 16


def test_a_chain_where_every_node_costs_and_the_draft_is_sure():
    sure = np.array([0.96, 0.01, 0.01, 0.01, 0.01])
    trees = run(Planner(6, costs=Costs(0.02, ((1, 1.0), (64, 20.0)))), sure, 60, q=sure)
    assert all(tree.is_chain() for tree in trees)
    assert max(len(tree) for tree in trees[-10:]) >= 2


def test_plain_decoding_where_no_draft_pays_with_a_look_from_time_to_time():
    trees = run(Planner(6, costs=STEEP_COST), np.array([0.0, 0.0, 0.0, 0.5, 0.5]), 10 + 4 * IDLE)
    drafted = [len(tree) for tree in trees[10:]]
    assert sum(drafted) <= 2 * len(drafted) // IDLE
    assert sum(drafted) >= 1


def test_it_plans_again_when_the_text_changes():
    planner = Planner(6, costs=FLAT_COST)
    doubt = run(planner, np.array([0.2, 0.3, 0.3, 0.1, 0.1]), 60)
    assert len(doubt[-1]) > 16
    sure = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    later = run(planner, sure, 150, q=sure, seed=1)
    assert max(later[-1].depths()) == 6  # nothing is ever refused: as deep as it may


@pytest.mark.parametrize("kind", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_the_shape_of_a_cycle_does_not_depend_on_its_own_tokens(kind: Any):
    planner = Planner(6, costs=FLAT_COST)
    run(planner, np.array([0.2, 0.3, 0.3, 0.1, 0.1]), 40)
    shapes = {planned.build(TableDrafter(lambda _: kind(Q)), planner, Desk(seed=seed)).parents for seed in range(8)}
    assert len(shapes) == 1


def chain_of(*tokens: int, sampling: Sampling = "without_replacement", kind: Any = np.array) -> DraftTree:
    return DraftTree(list(tokens), range(-1, len(tokens) - 1), kind([Q.tolist()] * len(tokens)), range(len(tokens)), sampling)


def verdict_of(path: list[int], token: int, law: Any) -> Verdict:
    return Verdict(path, token, "corrected", [Decision("rejected", 0.0, 0.0, 0.0, None)], law)


@pytest.mark.parametrize("kind", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_a_refusal_tells_what_a_second_sibling_would_have_been_worth(kind: Any):
    """The chance of a second sibling is the overlap of what is left of p with the draft's law without the first."""
    p = np.array([0.1, 0.5, 0.2, 0.1, 0.1])
    left = residual(p, Q)
    learned = Acceptances(3)
    before = learned._later[0].hits, learned._later[0].seen
    learned.learn(chain_of(0, kind=kind), verdict_of([], 1, kind(left.tolist())))
    hit, seen = learned._later[0].hits - 0.98 * before[0], learned._later[0].seen - 0.98 * before[1]
    assert seen == pytest.approx(1.0)
    assert hit == pytest.approx(np.minimum(left, excluding(Q, [0])).sum())


@pytest.mark.parametrize("kind", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_at_temperature_0_a_refusal_tells_the_rank_of_the_right_token(kind: Any):
    learned = Acceptances(3)
    for _ in range(400):
        learned.learn(chain_of(0, sampling="deterministic", kind=kind), verdict_of([], 2, kind(Q.tolist())))
    chances = [rate.share for rate in learned._later[:3]]
    assert chances[0] < 0.02
    assert chances[1] > 0.98
    assert chances[2] == pytest.approx(PRIOR_LATER[2], abs=1e-9)  # never reached


def test_rates_are_learned_by_depth_and_the_table_is_one_of_chances():
    """The first level is always accepted, the second never."""
    learned = Acceptances(4)
    for _ in range(300):
        learned.learn(chain_of(0, 1), verdict_of([0], 4, residual(np.array([0, 0, 0, 0, 1.0]), Q)))
    table = learned.table()
    assert table[0][0] > 0.95
    assert table[1][0] < 0.1
    assert 0.3 < table[3][0] < 0.7  # never seen: the mean
    assert all(sum(row) <= 1.0 + 1e-12 and min(row) >= 0.0 for row in table)


def test_siblings_count_up_to_the_accepted_one():
    tree = DraftTree([0, 1, 2], [ROOT] * 3, np.stack([Q]), [0, 0, 0], "without_replacement")
    learned = Acceptances(2)
    for _ in range(400):
        learned.learn(tree, Verdict([1], 4, "bonus", [], Q))
    assert learned.table()[0][0] < 0.02
    assert learned._later[0].share > 0.98
    assert learned._later[1].share == pytest.approx(PRIOR_LATER[1], abs=1e-9)


def test_a_copying_drafter_teaches_first_ranks_only():
    learned = Acceptances(2)
    tree = DraftTree([3], [ROOT], None, [-1], "deterministic")
    learned.learn(tree, verdict_of([], 1, Q))
    assert learned.table()[0][0] < 0.7
    assert [rate.share for rate in learned._later] == pytest.approx(PRIOR_LATER)


def test_plans_are_made_at_the_stated_cycles(monkeypatch: pytest.MonkeyPatch):
    planner, made = Planner(4, costs=FLAT_COST), []
    monkeypatch.setattr(planner, "_choose", lambda: made.append(planner._cycles))
    run(planner, Q, FIRST + 2 * EVERY + 1)
    assert made == [FIRST, FIRST + EVERY, FIRST + 2 * EVERY]


def test_a_tree_of_no_nodes_is_refused():
    with pytest.raises(ValueError, match="expected nodes as a whole number >= 1, got 0; 48 is a good start"):
        Planner(4, costs=FLAT_COST, nodes=0)
