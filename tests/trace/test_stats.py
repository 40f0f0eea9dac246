"""The conventions behind every figure, on runs made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from specviz.trace import Header, Trace, summarise
from tests.figures.make_trace import alone, chain, make_trace, tree


def test_the_last_token_counts_in_tokens_per_cycle():
    stats = summarise(make_trace([chain(4, 4), chain(0, 4), chain(2, 4)]))
    assert (stats.tokens, stats.cycles, stats.tokens_per_cycle) == (5 + 1 + 3, 3, 3.0)


def test_drafts_after_a_refusal_are_not_examined():
    stats = summarise(make_trace([chain(0, 4), chain(2, 4)]))
    assert (stats.accepted, stats.rejected, stats.drafted) == (2, 2, 8)
    assert stats.acceptance == pytest.approx(2 / 4)


def test_acceptance_by_position_is_conditional_on_all_before():
    stats = summarise(make_trace([chain(4, 4), chain(1, 4), chain(1, 4), chain(0, 4)]))
    assert stats.acceptance_by_position == pytest.approx([3 / 4, 1 / 3, 1.0, 1.0])
    assert [(p.drafted, p.examined, p.accepted) for p in stats.positions] == [(4, 4, 3), (4, 3, 1), (4, 1, 1), (4, 1, 1)]
    assert [p.unconditional for p in stats.positions] == pytest.approx([3 / 4, 1 / 4, 1 / 4, 1 / 4])


def test_siblings_share_one_position():
    stats = summarise(make_trace([tree([2, 2]), tree([2, 2], levels=1, seed=3)]))
    assert [(p.position, p.drafted, p.examined, p.accepted) for p in stats.positions] == [(1, 2, 2, 2), (2, 2, 2, 1)]


def test_a_position_never_reached_has_no_rate():
    assert math.isnan(summarise(make_trace([chain(0, 2)])).acceptance_by_position[1])


def test_plain_decoding_has_no_acceptance():
    stats = summarise(make_trace([alone(i) for i in range(4)]))
    assert (stats.tokens_per_cycle, stats.drafted, stats.acceptance_by_position) == (1.0, 0, [])
    assert math.isnan(stats.acceptance)
    assert math.isnan(stats.alpha)


def test_a_cut_last_cycle_counts_what_was_kept():
    whole = chain(4, 4)
    kept = [node.token for node in whole.nodes][:2]
    stats = summarise(make_trace([replace(whole, committed=kept, stop="length")]))
    assert (stats.tokens, stats.tokens_per_cycle, stats.accepted, stats.stop) == (2, 2.0, 2, "length")


def test_times_add_up_and_the_prompt_is_apart():
    trace = make_trace([replace(chain(4, 4), times_ms=(4, 1, 10, 2, 2, 1)), replace(chain(4, 4), times_ms=(4, 1, 10, 2, 2, 1))])
    trace = Trace(replace(trace.header, prefill_s=3.0), trace.batches)
    stats = summarise(trace)
    assert (stats.draft_s, stats.verify_s, stats.other_s) == pytest.approx((0.008, 0.020, 0.012), rel=1e-6)
    assert stats.tokens_per_second == pytest.approx(10 / 0.040, rel=1e-6)
    assert stats.prefill_s == 3.0


def test_alpha_is_the_closed_form_over_examined_nodes():
    plain = chain(1, 3)
    stats = summarise(make_trace([plain]))
    assert stats.alpha == pytest.approx((plain.nodes[0].alpha + plain.nodes[1].alpha) / 2, rel=1e-6)


def test_a_run_without_cycles_has_no_rates():
    stats = summarise(Trace(Header("chain", "light", "", [], [], 0, {}, {}, {}, "greedy"), []))
    assert (stats.tokens, stats.cycles, stats.stop) == (0, 0, None)
    assert math.isnan(stats.tokens_per_cycle)
    assert math.isnan(stats.tokens_per_second)
