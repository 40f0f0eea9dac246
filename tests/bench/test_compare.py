"""A comparison is fair: one baseline, one clock, one set of settings, and every figure follows from the records."""

from __future__ import annotations

import math

import pytest

from specviz.bench import compare as module
from specviz.bench.compare import BASELINE, compare
from specviz.methods import Method
from specviz.trace import summarise
from tests.helpers import Bench

PROMPTS = ["def add(first, second):", "The cat sat on the mat. The cat sat"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("models")).pair("close")


@pytest.fixture(scope="module")
def result(pair):
    return compare(pair, PROMPTS, ["prompt-lookup", "chain"], repeats=2, max_new_tokens=16)


def test_plain_decoding_is_always_there_and_first(result):
    assert list(result.table.index) == [BASELINE, "prompt-lookup", "chain"]
    assert result.table.loc[BASELINE, "tokens_per_cycle"] == 1.0
    assert result.table.loc[BASELINE, ["speedup", "speedup_min", "speedup_max"]].tolist() == [1.0, 1.0, 1.0]


def test_asking_for_the_baseline_runs_it_once(pair):
    assert list(compare(pair, PROMPTS[:1], [BASELINE, "chain"], repeats=1, max_new_tokens=4).table.index) == [BASELINE, "chain"]


def test_the_readable_table_has_words_above_the_same_numbers(result):
    shown = result.readable("speedup", "tokens_per_cycle")
    assert list(shown.columns) == ["speed-up", "tokens per cycle"]
    assert shown["speed-up"].tolist() == result.table["speedup"].tolist()
    every = result.readable()
    assert len(every.columns) == len(set(every.columns)) == len(result.table.columns)
    assert not any("_" in name for name in every.columns)
    with pytest.raises(KeyError, match="tau"):
        result.readable("tau")


def test_there_is_a_trace_per_method_and_prompt(result):
    assert {name: [trace.header.prompt for trace in traces] for name, traces in result.traces.items()} == dict.fromkeys(result.table.index, PROMPTS)
    assert all(trace.header.method == name for name, traces in result.traces.items() for trace in traces)
    assert {trace.header.detail for traces in result.traces.values() for trace in traces} == {"light"}


def test_figures_pool_all_prompts(result):
    stats = [summarise(trace) for trace in result.traces["chain"]]
    row = result.table.loc["chain"]
    assert row.tokens_per_cycle == pytest.approx(sum(s.tokens for s in stats) / sum(s.cycles for s in stats))
    assert row.acceptance == pytest.approx(sum(s.accepted for s in stats) / sum(s.accepted + s.rejected for s in stats))
    assert math.isnan(result.table.loc[BASELINE].acceptance)


def test_medians_lie_within_their_spread_and_shares_add_up(result):
    for _, row in result.table.iterrows():
        for name in ("tokens_per_s", "speedup"):
            assert 0 < row[f"{name}_min"] <= row[name] <= row[f"{name}_max"]
        assert row.draft_share + row.verify_share + row.other_share == pytest.approx(1.0)
    assert result.table.loc[BASELINE].draft_share == 0.0
    assert result.table.loc["chain"].draft_share > 0.0


def test_greedy_methods_give_the_tokens_of_plain_decoding(result):
    assert result.table.identical.tolist() == [1.0, 1.0, 1.0]


def test_above_temperature_0_identity_is_not_claimed(pair):
    assert compare(pair, PROMPTS[:1], ["chain"], repeats=1, max_new_tokens=8, temperature=1.0).table.identical.isna().all()


def test_a_method_that_errs_is_found_out(pair, monkeypatch):
    real = module.generate

    def wrong(pair, prompt, method, **options):
        return real(pair, "elsewhere" if method.drafter == "prompt-lookup" else prompt, method, **options)

    monkeypatch.setattr(module, "generate", wrong)
    table = compare(pair, PROMPTS[:1], ["prompt-lookup", "chain"], repeats=1, max_new_tokens=12).table
    assert table.identical.tolist() == [1.0, 0.0, 1.0]


def test_runs_are_warmed_up_then_interleaved_in_turning_order(pair, monkeypatch):
    real, order = module.generate, []

    def noted(pair, prompt, method, **options):
        order.append((prompt, {None: "plain", "independent": "chain"}.get(method.drafter, method.drafter)))
        return real(pair, prompt, method, **options)

    monkeypatch.setattr(module, "generate", noted)
    compare(pair, ["a b", "c d"], ["chain"], repeats=2, max_new_tokens=2)
    warm_up, first, second = order[:2], order[2:6], order[6:]
    assert warm_up == [("a b", "plain"), ("a b", "chain")]
    assert first == [("a b", "plain"), ("a b", "chain"), ("c d", "plain"), ("c d", "chain")]
    assert second == [("a b", "chain"), ("a b", "plain"), ("c d", "chain"), ("c d", "plain")]


def test_settings_reach_every_run(pair):
    result = compare(pair, PROMPTS[:1], ["chain"], repeats=1, max_new_tokens=6, temperature=0.7, top_k=9, seed=3, gamma=2, detail="full")
    for traces in result.traces.values():
        header = traces[0].header
        assert (header.seed, header.detail) == (3, "full")
        assert {"max_new_tokens": 6, "temperature": 0.7, "top_k": 9}.items() <= header.settings.items()
    assert result.traces["chain"][0].header.settings["gamma"] == 2


def test_variants_may_be_named(pair):
    variants = {"short": Method(gamma=1), "long": Method(gamma=6)}
    result = compare(pair, PROMPTS[:1], variants, repeats=1, max_new_tokens=8)
    assert list(result.table.index) == [BASELINE, "short", "long"]
    assert [result.traces[name][0].header.settings["gamma"] for name in variants] == [1, 6]


def test_the_table_is_shown_as_text(result):
    assert "prompt-lookup" in repr(result)
    assert "2 prompts, 2 repeats" in repr(result)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"prompts": []}, "at least one prompt"),
        ({"prompts": "text"}, r"got one string; write \['text'\]"),
        ({"prompts": [3]}, "each a string"),
        ({"methods": ["chian"]}, "expected a method .*got 'chian'"),
        ({"methods": "chain"}, "expected a list of methods"),
        ({"methods": []}, "at least one method"),
        ({"methods": [Method(gamma=2), Method(gamma=3)]}, "two called"),
        ({"repeats": 0}, "repeats as a whole number >= 1, got 0"),
        ({"save": "x.arrow"}, "expected settings among .*got save"),
        ({"temperature": -1.0}, "temperature as a number >= 0"),
    ],
)
def test_what_makes_no_sense_is_refused(pair, arguments, words):
    with pytest.raises(ValueError, match=words):
        compare(pair, **{"prompts": PROMPTS, "methods": ["chain"], "repeats": 1, "max_new_tokens": 4} | arguments)
