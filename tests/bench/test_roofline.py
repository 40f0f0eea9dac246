from __future__ import annotations

import pytest

from specviz.bench.roofline import measure_machine, measure_passes, shape_of
from specviz.model.pair import SHIPPED, load_pair
from specviz.theory.roofline import kv_bytes, memory_seconds


@pytest.fixture(scope="module")
def pair():
    return load_pair("tiny", device="cpu", dtype="float32")


def test_a_loaded_model_is_counted_as_it_lies_in_memory(pair):
    shape = shape_of(pair.target)
    assert (shape.weights, shape.weight_bytes) == (pair.target.parameters, 4)  # tied: the table is the head, and is read
    assert kv_bytes(shape, pair.target.cache.capacity) == pair.target.cache.buffer.nbytes
    assert (SHIPPED / "tiny").is_dir()


def test_the_machine_is_measured_and_says_so(pair):
    machine = measure_machine(pair.draft, repeats=2)
    assert machine.source == "measured"
    assert 1e8 < machine.bandwidth < 1e14
    assert 1e8 < machine.compute < 1e16
    assert memory_seconds(shape_of(pair.draft), machine) > 0


def test_passes_are_timed_and_leave_the_text_behind_them(pair):
    passes = measure_passes(pair, (1, 3), context=20, repeats=2)
    assert list(passes) == [1, 3]
    assert all(seconds > 0 for seconds in passes.values())
    assert pair.target.cache.length == 20
    with pair.held():
        pass  # the lock is free again


def test_a_text_that_leaves_no_room_is_refused(pair):
    with pytest.raises(ValueError, match="within the target's"):
        measure_passes(pair, (64,), context=pair.target.capacity - 10)
