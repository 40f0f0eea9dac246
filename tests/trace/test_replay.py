"""Replay: the recorded verdict comes out again, coins can be moved, and every expectation over coins is the true one."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from specviz.coins import Purpose, toss
from specviz.engine.run import generate
from specviz.methods import METHODS
from specviz.theory.outcomes import UnpredictableRuleError, outcomes
from specviz.theory.rules import Rate
from specviz.theory.transport import optimal_acceptance
from specviz.trace import load_trace, read_trace, sample_names
from specviz.trace.replay import ALMOST_ONE, as_cycle, judge_again, judge_by, move_coins, rebuild, reroll, text_of
from specviz.trace.replay_hindsight import Choice, Hindsight, best_gamma, best_size
from specviz.trace.replay_odds import cut, reach
from specviz.trace.replay_run import rates_at, replay_run
from specviz.types import SAMPLINGS, Decision, Verdict
from specviz.verifiers import VERIFIERS
from tests.trace.conftest import PROMPT, SAMPLED
from tests.trace.replays import SEED, SHAPES, can_judge, path_of, random_draft, recorded

CASES = [
    (name, shape, sampling)
    for name, rule in VERIFIERS.items()
    for shape in SHAPES
    for sampling in SAMPLINGS
    if can_judge(rule, shape, sampling) and not (shape == "ragged" and name == "transport")
]


def assert_same(new: Verdict, old: Verdict) -> None:
    assert (new.path, new.token, new.kind) == (old.path, old.token, old.kind)
    for mine, theirs in zip(new.decisions, old.decisions, strict=True):
        assert (mine.state, mine.u) == (theirs.state, theirs.u)
        # torch and numpy add up a residual in different orders: the last bits of what is left of p may differ
        assert (mine.p, mine.q) == pytest.approx((theirs.p, theirs.q), abs=1e-12)
        assert mine.threshold == (None if theirs.threshold is None else pytest.approx(theirs.threshold, abs=1e-12))


@pytest.mark.parametrize(("rule", "shape", "sampling"), CASES)
def test_a_recorded_verdict_comes_out_again(rule, shape, sampling):
    trace, verdicts = recorded(rule, shape, sampling)
    for cycle, verdict in enumerate(verdicts):
        again = judge_by(trace, cycle)
        assert_same(again.verdict, verdict)
        assert_same(again.before, verdict)
        assert again.changed == ()
        assert again.is_same_output


@pytest.mark.parametrize(("rule", "shape", "sampling"), [case for case in CASES if case[1] in ("chain", "pairs")])
def test_a_run_judged_on_tensors_comes_out_again_on_rows(rule, shape, sampling):
    trace, verdicts = recorded(rule, shape, sampling, kind=torch.tensor, cycles=3)
    for cycle, verdict in enumerate(verdicts):
        again = judge_by(trace, cycle).verdict
        assert (again.path, again.token, again.kind) == (verdict.path, verdict.token, verdict.kind)
        assert [d.state for d in again.decisions] == [d.state for d in verdict.decisions]


@pytest.mark.parametrize(("method", "temperature"), [*((name, 0.8) for name in METHODS), ("chain", 0.0), ("prompt-lookup", 0.0), ("sequoia", 0.0)])
def test_a_real_run_comes_out_again(pair, tmp_path, method, temperature):
    run = generate(pair, PROMPT, method, detail="exact", save=tmp_path / "run.arrow", **SAMPLED | {"temperature": temperature})
    trace = load_trace(tmp_path / "run.arrow")
    for cycle in range(len(trace)):
        assert_same(judge_by(trace, cycle).verdict, rebuild(trace, cycle).verdict)
        assert reroll(trace, cycle, run.trace.header.seed).changed == ()


def test_every_exact_sample_that_ships_comes_out_again_and_others_are_refused():
    assert sample_names()
    for name in sample_names():
        trace = load_trace(name)
        if trace.header.detail != "exact":
            with pytest.raises(ValueError, match='record the run again with detail="exact"'):
                judge_by(trace, 0)
            continue
        for cycle in range(len(trace)):
            assert_same(judge_by(trace, cycle).verdict, rebuild(trace, cycle).verdict)


@pytest.mark.parametrize("detail", ["light", "full"])
def test_a_trace_without_whole_laws_is_refused_with_what_to_do(detail):
    trace, _ = recorded("rejection", detail=detail)
    for ask in (
        lambda: judge_by(trace, 0),
        lambda: move_coins(trace, 0, {0: 0.5}),
        lambda: reroll(trace, 0, 1),
        lambda: replay_run(trace),
        lambda: best_gamma(trace, 0.1),
        lambda: best_size(trace, 0.1),
    ):
        with pytest.raises(ValueError, match=f"expected a trace of detail 'exact' to replay, got '{detail}'.*detail=\"exact\""):
            ask()


def test_a_rule_that_cannot_judge_a_recorded_tree_is_named_with_it():
    trace, _ = recorded("recursive", "pairs", "without_replacement")
    with pytest.raises(ValueError, match="'k-seq', got 'without_replacement'"):
        judge_by(trace, 0, "k-seq")
    with pytest.raises(ValueError, match="expected a chain for the rule 'rejection'"):
        judge_by(trace, 0, "rejection")
    with pytest.raises(ValueError, match=r"expected a rule \(greedy, .*\), got 'best'"):
        judge_by(trace, 0, "best")


def test_a_record_that_does_not_fit_together_is_refused():
    trace, _ = recorded("rejection")
    trace._cycles[0] = replace(trace.cycle(0), p_rows=np.tile(np.full(6, 1 / 6), (6, 1)))
    with pytest.raises(ValueError, match="the file is damaged"):
        judge_by(trace, 0)
    with pytest.raises(IndexError, match="expected a cycle in"):
        judge_by(trace, 99)


def test_nodes_that_the_builder_pruned_are_left_out():
    trace, verdicts = recorded("naive", "pairs", "deterministic")
    seen = trace.cycle(0)
    extra = replace(seen.nodes[0], id=len(seen.nodes), state="pruned", threshold=None)
    trace._cycles[0] = replace(seen, nodes=(*seen.nodes, extra))
    assert_same(judge_by(trace, 0).verdict, verdicts[0])


def test_a_moved_coin_changes_what_hangs_on_it_and_nothing_before():
    trace, verdicts = recorded("rejection", cycles=8)
    for cycle, verdict in enumerate(verdicts):
        for node, decision in enumerate(verdict.decisions):
            if decision.threshold is None:
                continue
            accepted = move_coins(trace, cycle, {node: 0.0})
            refused = move_coins(trace, cycle, {node: ALMOST_ONE})
            if decision.threshold > 0.0:
                assert accepted.verdict.path[: node + 1] == list(range(node + 1))
            if decision.threshold < 1.0:
                assert refused.verdict.path == list(range(node))
                assert refused.verdict.kind == "corrected"
            for moved in (accepted, refused):
                states = [d.state for d in moved.verdict.decisions]
                assert [i for i, d in enumerate(verdict.decisions) if d.state != states[i]] == list(moved.changed)
                assert all(i >= node for i in moved.changed)


def test_moving_the_last_coin_changes_the_last_token_alone():
    trace, _ = recorded("rejection")
    law = judge_by(trace, 0).verdict.law
    tokens = set()
    for coin in np.linspace(0, ALMOST_ONE, 50):
        moved = move_coins(trace, 0, {-1: float(coin)})
        assert moved.changed == ()
        assert moved.verdict.token == int(np.searchsorted(np.cumsum(law), coin * law.sum(), side="right"))
        tokens.add(moved.verdict.token)
    assert len(tokens) > 1
    assert move_coins(trace, 0, {3: 0.0}).verdict.token == move_coins(trace, 0, {-1: 0.0}).verdict.token


@pytest.mark.parametrize("coins", [{0: 1.0}, {1: -0.1}, {0: math.nan}])
def test_a_coin_outside_the_unit_interval_is_refused(coins):
    trace, _ = recorded("rejection")
    with pytest.raises(ValueError, match=r"expected a coin in \[0, 1\)"):
        move_coins(trace, 0, coins)


def test_a_coin_of_no_node_is_refused():
    trace, _ = recorded("rejection")
    with pytest.raises(IndexError, match=r"expected a node in \[0, 3\] of cycle 0"):
        move_coins(trace, 0, {4: 0.5})


def test_rerolling_uses_the_coins_another_seed_would_have_tossed():
    trace, _ = recorded("recursive", "pairs")
    again = reroll(trace, 2, 31)
    np.testing.assert_array_equal(again.u, toss(31, trace.cycle(2).prefix, Purpose.VERIFY, 7))
    assert reroll(trace, 2, SEED).is_same_output
    assert {tuple(reroll(trace, 2, seed).verdict.path) for seed in range(30)} > {tuple(again.before.path)}
    with pytest.raises(ValueError, match="expected a seed"):
        reroll(trace, 2, -1)


def test_moved_coins_are_compared_with_the_same_rule_on_the_recorded_ones():
    trace, _ = recorded("recursive", "pairs")
    other = judge_by(trace, 0, "traversal")
    assert_same(move_coins(trace, 0, {}, "traversal").before, other.verdict)
    assert other.before.path == rebuild(trace, 0).verdict.path


@pytest.mark.parametrize(("rule", "shape", "sampling"), [case for case in CASES if case[1] != "none"])
def test_paths_and_their_chances_are_those_that_tossing_shows(rule, shape, sampling):
    tree, p = random_draft(SHAPES[shape], sampling, 5)
    found = list(outcomes(VERIFIERS[rule], tree, p))
    assert len(found) <= len(tree) + 1
    assert sum(outcome.probability for outcome in found) == pytest.approx(1.0, abs=1e-12)
    chances = {tuple(outcome.verdict.path): 0.0 for outcome in found}
    for outcome in found:
        chances[tuple(outcome.verdict.path)] += outcome.probability
    draws = 300
    counts = dict.fromkeys(chances, 0)
    for i in range(draws):
        counts[tuple(VERIFIERS[rule].judge(tree, p, toss(1, i, Purpose.VERIFY, len(tree) + 1)).path)] += 1
    for path, chance in chances.items():
        assert abs(counts[path] / draws - chance) <= 4.5 * math.sqrt(chance * (1 - chance) / draws) + 1e-9


@pytest.mark.parametrize("rule", [name for name, rule in VERIFIERS.items() if rule.lossless and "iid" in rule.samplings and name != "greedy"])
def test_outcomes_weighted_by_their_drafts_give_out_the_targets_law(rule):
    parents, vocab = ((-1, 0) if VERIFIERS[rule].chains_only else (-1, -1)), 3
    _, p = random_draft(parents, "iid", 3, vocab)
    q = np.random.default_rng(4).dirichlet(np.ones(vocab), 2)
    law = np.zeros(vocab)
    for tokens in itertools.product(range(vocab), repeat=2):
        rows = [0, 1] if parents[1] == 0 else [0, 0]
        tree = replace(random_draft(parents, "iid", 3, vocab)[0], tokens=tokens, q=q, q_row=rows)
        chance = q[rows[0], tokens[0]] * q[rows[1], tokens[1]]
        target = np.vstack((p[0], np.tile(p[1], (2, 1))))
        for outcome in outcomes(VERIFIERS[rule], tree, target):
            first = np.eye(vocab)[tree.tokens[outcome.verdict.path[0]]] if outcome.verdict.path else outcome.verdict.law
            law += chance * outcome.probability * first
    np.testing.assert_allclose(law, p[0], atol=1e-12)


class Liar:
    """Says 0.3 and accepts below another number."""

    name, lossless, chains_only, samplings = "liar", False, True, frozenset(SAMPLINGS)

    def __init__(self, truth):
        self.truth = truth

    def judge(self, tree, p, u):
        path = list(itertools.takewhile(lambda i: u[i] < self.truth, range(len(tree))))
        decisions = [Decision("accepted" if i in path else "rejected", 0.5, 0.5, float(u[i]), 0.3) for i in range(len(tree))]
        return Verdict(path, 0, "bonus", decisions, p[len(path)])


@pytest.mark.parametrize("truth", [0.1, 0.6])
def test_a_rule_whose_thresholds_are_untrue_is_noticed_and_tossed(truth):
    tree, p = random_draft(SHAPES["chain"], "iid", 0)
    with pytest.raises(UnpredictableRuleError, match="'liar'"):
        list(outcomes(Liar(truth), tree, p))
    found = reach(Liar(truth), tree, p, draws=1500)[1]
    assert not found.is_exact
    assert found.value == pytest.approx(truth + truth**2 + truth**3, abs=3 * found.error)
    trace, _ = recorded("rejection")
    run = replay_run(trace, [Liar(truth)], draws=300).rules["liar"]
    assert run.tokens_per_cycle.error > 0
    assert run.first == [None] * len(trace)


def test_a_run_under_its_own_rule_has_the_closed_form():
    trace, _ = recorded("rejection", cycles=5)
    found = replay_run(trace)
    for cycle in range(5):
        seen = rebuild(trace, cycle)
        ratios = [min(1.0, seen.p[i, t] / seen.tree.q[seen.tree.q_row[i], t]) for i, t in enumerate(seen.tree.tokens)]
        assert found.rules["rejection"].accepted[cycle].value == pytest.approx(float(np.cumprod(ratios).sum()), abs=1e-12)
        assert found.bounds[cycle] == pytest.approx(optimal_acceptance(seen.p[0], seen.tree.q[seen.tree.q_row[0]], 1, replacement=True), abs=1e-12)
        assert found.recorded[cycle] == len(seen.verdict.path)
    assert found.rules["rejection"].tokens_per_cycle.is_exact
    assert found.rules["rejection"].acceptance.value == pytest.approx(found.bound, abs=1e-12)  # with one draft it is the best


@pytest.mark.parametrize(("recorder", "shape", "sampling"), [("recursive", "pairs", s) for s in SAMPLINGS] + [("rejection", "chain", "iid")])
def test_no_lossless_rule_passes_a_first_place_more_often_than_the_bound(recorder, shape, sampling):
    trace, _ = recorded(recorder, shape, sampling, cycles=8)
    found = replay_run(trace)
    fit = {name for name, rule in VERIFIERS.items() if can_judge(rule, shape, sampling)}
    assert set(found.rules) == fit
    assert set(found.refused) == set(VERIFIERS) - fit
    for name, run in found.rules.items():
        assert run.is_lossless == (VERIFIERS[name].lossless and name != "greedy")
        assert len(run.accepted) == len(run.first) == 8
        if any(run.first):
            assert min(found.missed(name)) >= -1e-9
    assert [row["tokens_per_cycle"] for row in found.table()] == sorted((r.tokens_per_cycle.value for r in found.rules.values()), reverse=True)
    assert max(abs(gap) for gap in found.missed("transport")) < 1e-12


def test_a_greedy_run_calls_only_the_exact_match_lossless():
    found = replay_run(recorded("greedy", "chain", "deterministic")[0])
    assert [name for name, run in found.rules.items() if run.is_lossless] == ["greedy"]


def test_cycles_without_a_draft_count_as_plain_steps():
    found = replay_run(recorded("recursive", "none", "deterministic", cycles=3)[0])
    assert {run.tokens_per_cycle.value for run in found.rules.values()} == {1.0}
    assert math.isnan(found.bound)
    assert all(math.isnan(run.acceptance.value) for run in found.rules.values())


def test_a_place_further_down_has_rates_of_its_own():
    trace, _ = recorded("recursive", "pairs", "without_replacement")
    seen = rebuild(trace, 0)
    here = rates_at(trace, 0, 0)
    assert (here.node, here.siblings, here.sampling) == (0, 2, "without_replacement")
    assert here.bound == pytest.approx(optimal_acceptance(seen.p[1], seen.tree.q[1], 2, replacement=False), abs=1e-12)
    assert here.rates["recursive"].value <= here.bound + 1e-12
    with pytest.raises(ValueError, match="with drafted children, got 5"):
        rates_at(trace, 0, 5)


def test_transport_is_left_out_of_large_vocabularies_unless_asked_for(saved):
    trace = load_trace(saved["exact"][0])
    assert "ask for it by name" in replay_run(trace).refused["transport"]


def test_the_best_length_is_worked_out_from_the_recorded_laws():
    trace, _ = recorded("rejection", cycles=5)
    found = best_gamma(trace, 0.25, lambda m: 1 + 0.1 * (m - 1))
    cycles = [rebuild(trace, i) for i in range(5)]
    ratios = [[min(1.0, seen.p[i, t] / seen.tree.q[seen.tree.q_row[i], t]) for i, t in enumerate(seen.tree.tokens)] for seen in cycles]
    for gamma, choice in enumerate(found.choices):
        assert choice.value == gamma
        assert choice.tokens_per_cycle.value == pytest.approx(1 + np.cumprod(ratios, axis=1)[:, :gamma].sum() / 5, abs=1e-12)
        assert choice.cost == pytest.approx(1 + 0.35 * gamma, abs=1e-12)
        assert choice.speedup == pytest.approx(choice.tokens_per_cycle.value / choice.cost)
    assert found.best.speedup == max(choice.speedup for choice in found.choices)
    assert best_gamma(trace, 0.0).best.value == 3
    assert best_gamma(trace, 9.0).best.value == 0


def test_of_equally_quick_lengths_the_shortest_is_best():
    choices = [Choice(gamma, Rate(1.0 + gamma), cost) for gamma, cost in enumerate((1.0, 1.0, 1.5, 3.0))]
    assert Hindsight("gamma", "rejection", choices).best.value == 1


def test_on_a_chain_sizes_are_lengths():
    trace, _ = recorded("block", cycles=4)
    lengths, sizes = best_gamma(trace, 0.2), best_size(trace, 0.2)
    assert [c.tokens_per_cycle.value for c in sizes.choices] == pytest.approx([c.tokens_per_cycle.value for c in lengths.choices], abs=1e-12)
    assert sizes.best.value == lengths.best.value


@pytest.mark.parametrize("rule", ["recursive", "traversal", "naive"])
def test_a_larger_part_of_the_same_tree_never_brings_fewer_tokens(rule):
    trace, _ = recorded(rule, "ragged", "without_replacement", cycles=6)
    found = best_size(trace, 0.1)
    assert [choice.value for choice in found.choices] == [0, 1, 2, 3, 4, 5, 6, 7]
    if rule != "traversal":  # there a leaf that is cut off may have been in its parent's way in a single draft
        tokens = [choice.tokens_per_cycle.value for choice in found.choices]
        assert all(later >= earlier - 1e-12 for earlier, later in itertools.pairwise(tokens))
    assert found.choices[-1].tokens_per_cycle.value == pytest.approx(replay_run(trace, [rule]).rules[rule].tokens_per_cycle.value, abs=1e-12)
    assert found.choices[0].speedup == 1.0


def test_a_cut_tree_keeps_paths_whole():
    tree, p = random_draft(SHAPES["ragged"], "iid", 1)
    smaller, rows = cut(tree, p, [0, 2, 5])
    assert (smaller.parents, smaller.tokens) == ((-1, 0, 1), tuple(tree.tokens[i] for i in (0, 2, 5)))
    np.testing.assert_array_equal(rows, p[[0, 1, 3, 6]])
    assert path_of(tree, 5) == [0, 2, 5]


def test_sizes_of_greedy_drafts_are_refused_and_their_lengths_are_not():
    trace, _ = recorded("greedy-multidraft", "pairs", "greedy")
    with pytest.raises(ValueError, match="ask for best_gamma"):
        best_size(trace, 0.1)
    assert [choice.value for choice in best_gamma(trace, 0.1).choices] == [0, 1, 2]


def test_costs_that_no_machine_has_are_refused():
    trace, _ = recorded("rejection")
    with pytest.raises(ValueError, match="cost c of a draft step >= 0, got -1"):
        best_gamma(trace, -1.0)
    with pytest.raises(ValueError, match=r"expected the cost v\(m\) of a target pass > 0"):
        best_gamma(trace, 0.1, lambda _: 0.0)


def test_replaying_a_file_loads_no_torch(saved):
    code = (
        "import sys\nfrom specviz.trace import load_trace\nfrom specviz.trace.replay import judge_by\n"
        "from specviz.trace.replay_run import replay_run\n"
        "from specviz.trace.replay_hindsight import best_gamma\n"
        f"trace = load_trace({str(saved['exact'][0])!r})\njudge_by(trace, 0, 'block'), replay_run(trace, ['block']), best_gamma(trace, 0.1)\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_trace_read_from_bytes_replays_as_the_one_in_memory():
    trace, verdicts = recorded("traversal", "ragged", "iid")
    assert_same(judge_by(read_trace(trace.to_bytes()), 1).verdict, verdicts[1])


def test_judging_again_takes_seed_and_moved_coins_together_and_compares_with_the_record():
    trace, verdicts = recorded("recursive", "pairs", "iid")
    again = judge_again(trace, 2, seed=5, coins={1: 0.25, -1: 0.5})
    coins = reroll(trace, 2, 5).u
    coins[1], coins[-1] = 0.25, 0.5
    assert again.u.tolist() == coins.tolist()
    assert (again.before.path, again.before.token) == (verdicts[2].path, verdicts[2].token)
    assert_same(judge_again(trace, 2).verdict, verdicts[2])


def test_a_replayed_cycle_reads_like_a_recorded_one():
    trace, _ = recorded("recursive", "pairs", "iid")
    for cycle in range(len(trace)):
        same = as_cycle(trace, cycle, judge_by(trace, cycle))
        record = trace.cycle(cycle)
        assert (same.path, same.committed, same.last_text, same.last_kind) == (record.path, record.committed, record.last_text, record.last_kind)
        assert [node.state for node in same.nodes] == [node.state for node in record.nodes]
        other = as_cycle(trace, cycle, judge_again(trace, cycle, seed=1))
        assert other.committed == (*(record.nodes[node].token for node in other.path), other.last_token)
        assert other.last_text == chr(97 + other.last_token)  # found in some law of the run


def test_a_token_that_no_law_recorded_has_no_text():
    trace, _ = recorded("recursive", "pairs", "iid")
    assert text_of(trace, 0, 4000) == ""
