from __future__ import annotations

import numpy as np
import pytest

from specviz.theory.roofline import (
    MACHINES,
    SHAPES,
    Machine,
    Shape,
    compute_seconds,
    crossing,
    intensity,
    kv_bytes,
    memory_seconds,
    pass_bytes,
    pass_operations,
    pass_seconds,
    verify_cost,
)

SMALL = Shape("small", 1000.0, 2, layers=3, heads=8, kv_heads=2, head_width=5, cache_bytes=4)
BOX = Machine("box", bandwidth=100.0, compute=5000.0)


def test_bytes_and_operations_counted_by_hand():
    assert kv_bytes(SMALL, 7) == 2 * 3 * 2 * 5 * 4 * 7
    assert pass_bytes(SMALL, context=7, batch=3) == 2000 + 3 * kv_bytes(SMALL, 7)
    attention = 3 * 8 * (2 * 5 + 2 * 5) * 7  # a score and a share of the mix for every layer, head and position
    assert pass_operations(SMALL, 4, context=7, batch=3) == 3 * 4 * (2 * 1000 + attention)


def test_with_an_empty_cache_the_size_of_the_model_cancels():
    assert intensity(SMALL, 6) == 6
    assert crossing(SMALL, BOX) == BOX.ridge == 50
    assert [verify_cost(SMALL, BOX, m) for m in (1, 50, 100)] == [1, 1, 2]


@pytest.mark.parametrize("context", [0, 500])
@pytest.mark.parametrize("batch", [1, 9])
def test_at_the_crossing_moving_and_computing_take_the_same_time(context, batch):
    where = {"context": context, "batch": batch}
    star = crossing(SMALL, BOX, **where)
    assert compute_seconds(SMALL, BOX, star, **where) == pytest.approx(memory_seconds(SMALL, BOX, **where))
    for m in np.geomspace(star / 8, star * 8, 9):
        expected = max(1.0, m / star) / max(1.0, 1 / star)
        assert verify_cost(SMALL, BOX, m, **where) == pytest.approx(expected)
        assert pass_seconds(SMALL, BOX, m, **where) >= memory_seconds(SMALL, BOX, **where)


def test_requests_share_the_weights_so_that_arithmetic_catches_up_sooner():
    stars = [crossing(SMALL, BOX, batch=batch) for batch in (1, 2, 10)]
    assert stars == pytest.approx([50, 25, 5])


def test_where_one_token_keeps_the_arithmetic_busy_every_token_is_charged():
    assert verify_cost(SMALL, Machine("slow", 1e9, 1.0), 6) == pytest.approx(6)


def test_the_listed_machines_and_models_are_in_a_believable_range():
    for machine in MACHINES.values():
        assert 5 < machine.ridge < 500
        for shape in SHAPES.values():
            assert 0.001 < memory_seconds(shape, machine) < 5


def test_a_machine_without_speed_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Machine("none", 0.0, 1.0)
