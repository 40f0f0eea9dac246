"""A chain on a shared machine: the roofline's corner cases by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specviz.theory.roofline import MACHINES, SHAPES, Machine, crossing, verify_cost
from specviz.theory.serving import Serving, draft_seconds, served_speedup
from specviz.theory.speedup import expected_tokens, speedup

SHAPE, CARD = SHAPES["8 B weights, 16 bits"], MACHINES["H100 SXM"]
ALONE = Serving(alpha=0.7, gamma=4, draft=0.1, draft_cache=0.1)


def test_alone_with_empty_caches_it_is_the_formula_with_c_the_draft_s_size():
    assert served_speedup(ALONE, SHAPE, CARD) == pytest.approx(float(speedup(0.7, 4, 0.1)))


def test_a_busy_machine_loses_whatever_the_draft():
    full = replace(ALONE, batch=4096)
    assert full.batch > crossing(SHAPE, CARD), "even one token a request keeps the arithmetic busy"
    assert served_speedup(full, SHAPE, CARD) == pytest.approx(float(expected_tokens(0.7, 4)) / (4 * 0.1 + 5))
    assert served_speedup(replace(full, draft=0.0, draft_cache=0.0), SHAPE, CARD) < 1.0


def test_long_texts_turn_a_full_batch_round():
    """2408.11049: the caches keep the pass on the memory's side."""
    full = replace(ALONE, batch=256)
    short, long = (served_speedup(replace(full, context=n), SHAPE, CARD) for n in (0, 32_768))
    assert short < 1.0 < long


def test_a_draft_whose_cache_is_the_target_s_own_wins_less_behind_a_long_text():
    long = replace(ALONE, batch=32, context=32_768)
    assert served_speedup(replace(long, draft_cache=1.0), SHAPE, CARD) < served_speedup(long, SHAPE, CARD)


def test_other_work_and_no_draft_at_all():
    assert served_speedup(replace(ALONE, gamma=0), SHAPE, CARD) == pytest.approx(1.0)
    assert served_speedup(replace(ALONE, gamma=0, other=1.0), SHAPE, CARD) == pytest.approx(0.5)


def test_the_draft_s_step_is_bound_by_memory_or_by_arithmetic():
    slow, weak = Machine("slow memory", 1e9, 1e15), Machine("weak arithmetic", 1e15, 1e9)
    assert draft_seconds(ALONE, SHAPE, slow) == pytest.approx(0.1 * SHAPE.weights * 2 / 1e9)
    assert draft_seconds(replace(ALONE, batch=3), SHAPE, weak) == pytest.approx(3 * 0.1 * 2 * SHAPE.weights / 1e9)
    assert verify_cost(SHAPE, weak, 5) == pytest.approx(5.0)


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="alpha in"):
        served_speedup(replace(ALONE, alpha=1.2), SHAPE, CARD)
