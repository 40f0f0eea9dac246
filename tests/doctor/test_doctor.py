"""The doctor names the right cause first, complains of nothing where there is nothing, and its figures add up.

Patients run for real, on a clock of their own (``staged``): costs are those that were staged, whatever else this machine does.
"""

from __future__ import annotations

import json
import math

import pytest

from specviz.doctor import passes
from specviz.doctor.diagnosis import STAGES
from specviz.doctor.examine import examine
from specviz.engine import costs
from specviz.engine.settings import RunSettings
from specviz.methods import Method, find_method
from specviz.theory.speedup import best_gamma, expected_tokens
from tests.doctor.staged import Clock, stage
from tests.helpers import Bench

STEP = 0.01
PROMPTS = ["def add(first, second):", "The cat sat on the mat. The dog"]
CHEAP = lambda *_: STEP / 50  # noqa: E731  a staged cost, as all below
FLAT = lambda *_: STEP  # noqa: E731


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Bench:
    return Bench(tmp_path_factory.mktemp("models"))


@pytest.fixture
def staged(made, monkeypatch):
    """(kind, target's cost, draft's cost, prompts, gamma, ...) -> diagnosis."""
    monkeypatch.setattr(passes, "MOST", 16)

    def of(kind, target, draft, prompts=PROMPTS, gamma=4, tokens=40, method="chain", repeats=1, **settings):
        pair = stage(monkeypatch, made.pair(kind), target, draft)
        return examine(pair, prompts, method, RunSettings(tokens, gamma=gamma, **settings), rounds=3, repeats=repeats)

    return of


def test_a_draft_as_dear_as_the_target_is_called_slow(staged):
    found = staged("self", FLAT, FLAT)
    assert found.advice[0].cause == "slow draft"
    assert "80 % of the cycle" in found.advice[0].sentence
    assert found.costs.c.value == pytest.approx(1.0, abs=0.01)
    assert found.advice[0].gain == pytest.approx(5 / 1.4, rel=0.02)


def test_an_unrelated_draft_is_called_weak(staged):
    found = staged("random", FLAT, CHEAP)
    assert [advice.cause for advice in found.advice] == ["weak draft", "do not draft"]
    assert found.choice.gamma == 0
    assert found.advice[0].gain == pytest.approx(expected_tokens(0.8, 4), rel=0.05)
    assert found.speed.tau.value < 1.1


def test_marks_of_another_chat_template_come_first_whatever_else_is_wrong(staged):
    found = staged("random", FLAT, FLAT, ["<|im_start|>user\nAdd 1 and 2.<|im_end|>\n<|im_start|>assistant\n"])
    assert found.advice[0].cause == "wrong chat template"
    assert dict(found.templates.foreign).keys() == {"<|im_start|>", "<|im_end|>"}
    assert min(dict(found.templates.foreign).values()) > 1
    assert {advice.cause for advice in found.advice} >= {"slow draft", "weak draft"}


def test_costs_that_grow_with_the_text_are_blamed_on_the_context(staged):
    found = staged("self", FLAT, lambda _, n: STEP * (0.01 + max(n - 30, 0) * 0.02), [[5 + i % 60 for i in range(95)]], tokens=20)
    assert found.limits.typical > 95
    assert found.advice[0].cause == "context too long"
    assert "slow draft" not in {advice.cause for advice in found.advice}
    # tau = 5 pays while 4 c + 1 < 5: c = 1 at a text of 79.5 tokens
    assert found.limits.stops_at == pytest.approx(79.5, abs=2)


def test_a_healthy_pair_gets_no_complaint(staged):
    found = staged("close", lambda m, _: STEP * (1 + 0.02 * (m - 1)), lambda *_: STEP * 0.03)
    assert found.advice == ()
    assert found.speed.measured.value > 1.5
    assert found.limits.stops_at is None


@pytest.mark.parametrize("method", ["chain", "eagle-2:nodes=6:width=2:gamma=3", "prompt-lookup"])
def test_the_terms_add_up_to_the_whole_difference(staged, method):
    speed = staged("close", lambda m, n: STEP * (1 + 0.1 * m + 0.001 * n), lambda m, _: STEP * 0.1 * (1 + m), method=method, gamma=None).speed
    rungs = [figure.value for _, figure in speed.rungs()]
    for stage_name, before, after in zip(STAGES, rungs, rungs[1:], strict=False):
        parts = [term.speedup for term in speed.terms if term.stage == stage_name]
        assert parts
        assert sum(parts) == pytest.approx(after - before, abs=1e-9)
    assert sum(term.speedup for term in speed.terms) == pytest.approx(rungs[-1] - rungs[0], abs=1e-9)


def test_the_curve_over_lengths_holds_the_best_length_and_the_run_s_own(staged):
    choice = staged("close", lambda m, _: STEP * (1 + 0.1 * (m - 1)), lambda *_: STEP * 0.1).choice
    assert len(choice.by_length) == choice.longest + 1
    assert choice.by_length[0] == pytest.approx(1.0)
    assert choice.by_length[choice.gamma] == max(choice.by_length) == choice.chain.value
    assert choice.by_length[4] == choice.now.value


def test_costs_are_the_staged_ones(staged):
    found = staged("close", lambda m, _: STEP * (0.5 + 0.5 * m), lambda *_: STEP * 0.2)
    assert found.costs.c.value == pytest.approx(0.2, rel=0.01)
    assert [point.m for point in found.costs.v] == list(range(1, 17))
    for point in found.costs.v:
        assert point.value == pytest.approx(0.5 + 0.5 * point.m, rel=0.01)
    assert found.cycle.share("verify") == pytest.approx(3 / 3.8, abs=0.03)
    assert found.choice.gamma == best_gamma(found.choice.alpha.value, 0.2, lambda m: 0.5 + 0.5 * m, limit=15)
    assert found.speed.predicted.value == pytest.approx(found.speed.measured.value, rel=0.08)


def test_a_pass_that_costs_more_in_the_run_is_found(staged, monkeypatch):
    """The draft's pass is dear while a draft grows, where its text differs from the one it was timed on."""
    from specviz.doctor import examine as module

    cheap = []
    real = module.PassClock.time, module._behind_growing_texts

    def quietly(which):
        def measured(*arguments, **named):
            cheap.append(1)
            try:
                return which(*arguments, **named)
            finally:
                cheap.pop()

        return measured

    monkeypatch.setattr(module.PassClock, "time", quietly(real[0]))
    monkeypatch.setattr(module, "_behind_growing_texts", quietly(real[1]))
    found = staged("close", FLAT, lambda *_: STEP * (0.02 if cheap else 0.3))
    assert found.advice[0].cause == "passes dearer than alone"
    dear = next(term for term in found.speed.terms if term.name == "draft passes dearer than c")
    assert dear.passes == pytest.approx(found.cycle.ms["draft"] / 1e3 / STEP * 0.28 / 0.3, rel=0.02)


def test_more_rows_pay_less_and_what_is_beyond_the_measurement_says_so(staged):
    limits = staged("close", lambda m, _: STEP * (0.9 + 0.1 * m), CHEAP).limits
    worths = [worth for _, worth in limits.batch]
    assert worths == sorted(worths, reverse=True)
    assert limits.extrapolated_from == 16 // 5 + 1
    assert 2 < limits.batch_stops_at < 64
    assert [worth < 1 for _, worth in limits.batch] == [rows >= limits.batch_stops_at for rows, _ in limits.batch]


def test_acceptance_is_counted_and_intervals_hold_it(staged):
    found = staged("close", FLAT, CHEAP)
    rates = found.positions
    assert [row.position for row in rates] == [1, 2, 3, 4]
    assert all(row.low <= row.rate <= row.high for row in rates if row.examined)
    assert rates[1].examined <= rates[0].accepted
    assert found.choice.by_rank[0] == pytest.approx(found.choice.alpha.value)
    assert sum(found.choice.by_rank) <= 1 + 1e-12


def test_a_tree_is_advised_where_the_second_choice_is_often_right_and_the_advice_can_be_followed(staged):
    found = staged("close", lambda m, _: STEP * (1 + 0.001 * (m - 1)), lambda *_: STEP * 0.15)
    advice = next(advice for advice in found.advice if advice.cause == "a tree would do better")
    assert advice.gain == pytest.approx(found.choice.tree.speedup.value / found.choice.chain.value)
    name, method = find_method(advice.remedy.removeprefix("Try --method ").removesuffix("."))
    assert name.startswith("sequoia:")
    assert (method.nodes, method.gamma) == (found.choice.tree.nodes, found.choice.tree.levels)
    assert list(method.acceptance) == sorted(method.acceptance, reverse=True)


def test_little_data_is_said_and_no_tree_is_proposed(staged):
    found = staged("close", FLAT, CHEAP, PROMPTS[:1], tokens=6)
    assert found.choice.tree is None
    assert any("Only" in note and "were examined" in note for note in found.notes)
    assert any(note.startswith("Too few places for a tree") for note in found.notes)


def test_a_lossy_rule_is_not_held_to_plain_decoding_s_text(staged):
    found = staged("close", FLAT, CHEAP, method=Method(verifier="lenience"), temperature=1.0)
    assert found.compared == 0
    assert any("lossy" in note for note in found.notes)


def test_above_temperature_0_the_greedy_texts_are_compared(staged):
    found = staged("close", FLAT, CHEAP, temperature=1.0, tokens=12)
    assert (found.compared, found.divergences) == (2, ())


def test_the_diagnosis_is_json(staged):
    found = staged("random", FLAT, CHEAP, repeats=2)
    plain = found.as_plain
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["speed"]["measured"]["how"] == "measured"
    assert plain["speed"]["predicted"]["how"] == "modelled"
    assert plain["costs"]["v"][0] == {"m": 1, "value": 1.0, "low": plain["costs"]["v"][0]["low"], "high": plain["costs"]["v"][0]["high"]}
    never = [row for row in plain["positions"] if row["examined"] == 0]
    assert never
    assert never[0]["low"] is None
    assert math.isnan(found.positions[-1].rate)


def test_recording_is_measured_apart(made, monkeypatch):
    from specviz.trace.recorder import Recorder

    monkeypatch.setattr(passes, "MOST", 8)
    pair = stage(monkeypatch, made.pair("close"), FLAT, CHEAP)
    watch: Clock = costs.perf_counter
    add = Recorder.add

    def dear(self, step):
        watch.now += STEP if self.header.detail == "full" else 0.0
        add(self, step)

    monkeypatch.setattr(Recorder, "add", dear)
    found = examine(pair, PROMPTS, "chain", RunSettings(24), rounds=2, repeats=1)
    assert found.cycle.recording["full"].value == pytest.approx(1 / 1.08, abs=0.06)
    assert abs(found.cycle.recording["light"].value) < 0.02
    assert found.advice[-1].cause == "recording"


@pytest.mark.parametrize(
    ("prompts", "method", "words"),
    [([], "chain", "expected a list of prompts"), ("text", "chain", "expected a list of prompts"), (PROMPTS, "autoregressive", "method that drafts")],
)
def test_what_makes_no_sense_is_refused(made, prompts, method, words):
    with pytest.raises(ValueError, match=words):
        examine(made.pair("close"), prompts, method)
