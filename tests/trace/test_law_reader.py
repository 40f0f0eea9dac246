"""Laws that wait to be read, and summaries that stay on a card until a batch is written, give the record of laws that are read one by one.

A processor's tensors stand in for the card's.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from itertools import zip_longest

import numpy as np
import pytest
import torch

from specviz.engine.run import Stream, generate, stream
from specviz.model.pair import Pair, load_pair
from specviz.trace import law_reader
from specviz.trace.law_reader import LawReader
from specviz.trace.law_summary import LawSummary
from specviz.trace.laws_on_card import LawsOnCard
from specviz.types import Step
from tests.trace.conftest import PROMPT, SAMPLED


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Take every tensor for one on a card; how many steps each copy to the host brought."""
    counts: list[int] = []
    fetch = LawsOnCard.fetch

    def counted(self: LawsOnCard) -> None:
        counts.append(len(self._kept))
        fetch(self)

    monkeypatch.setattr(law_reader, "is_on_card", lambda rows: isinstance(rows, torch.Tensor))
    monkeypatch.setattr(LawsOnCard, "fetch", counted)
    return counts


RUNS = [("chain", "full"), ("chain", "exact"), ("autoregressive", "full"), ("prompt-lookup", "full"), ("eagle-2", "full"), ("sequoia", "full")]


@pytest.mark.parametrize(("method", "detail"), RUNS)
def test_the_record_is_the_same(pair, monkeypatch: pytest.MonkeyPatch, request, method: str, detail: str):
    settings = {"method": method, "detail": detail, "max_new_tokens": 40, "temperature": 1.0, "seed": 3}
    expected = generate(pair, PROMPT, **settings).trace
    fetched = request.getfixturevalue("fetched")
    found = generate(pair, PROMPT, **settings).trace
    assert sum(fetched) == len(found)
    for a, b in zip(found.batches, expected.batches, strict=True):
        names = [name for name in a.schema.names if name != "times_ms"]
        found_leaves, expected_leaves = (list(_leaves(batch.select(names).to_pylist())) for batch in (a, b))
        # numpy and torch add in another order
        for one, other in zip(found_leaves, expected_leaves, strict=True):
            assert one == (pytest.approx(other, rel=1e-5, abs=1e-6, nan_ok=True) if isinstance(other, float) else other)


def _leaves(record: object) -> Iterator[object]:
    """What a record holds, without its lists and names."""
    if isinstance(record, dict | list):
        for part in record.values() if isinstance(record, dict) else record:
            yield from _leaves(part)
    else:
        yield record


def test_one_copy_serves_a_batch_of_cycles(pair, fetched: list[int]):
    trace = generate(pair, PROMPT, "autoregressive", detail="full", max_new_tokens=80).trace
    assert fetched == [64, 16]
    assert len(fetched) == len(trace.batches)


def test_whole_laws_on_a_card_do_not_wait(pair, fetched: list[int]):
    """What waits to be written down is small: a step that was recorded is let go."""
    running = stream(pair, PROMPT, "autoregressive", detail="full", max_new_tokens=20)
    steps = []
    for step in running:
        steps.append(weakref.ref(step))
        assert [recorded() for recorded in steps if recorded() is not None] == [step]
    assert len(running.trace.batches) == 1
    assert fetched == [20]


def test_token_ids_that_would_not_be_exact_are_refused(pair, fetched: list[int], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(law_reader, "LARGEST_VOCABULARY", 300)
    with pytest.raises(ValueError, match="expected a vocabulary of at most 300 to record laws on a card, got 320; record with detail='light'"):
        generate(pair, PROMPT, "chain", detail="full", **SAMPLED)
    assert generate(pair, PROMPT, "chain", detail="light", **SAMPLED).tokens


def test_a_file_gets_every_cycle_as_it_comes(pair, fetched: list[int], tmp_path):
    trace = generate(pair, PROMPT, "chain", detail="full", save=tmp_path / "run.arrow", **SAMPLED).trace
    assert fetched == [1] * len(trace)


def test_the_record_so_far_can_be_asked_for_at_any_time(pair, fetched: list[int]):
    running = stream(pair, PROMPT, "chain", detail="full", **SAMPLED)
    for count, _ in enumerate(running, start=1):
        assert len(running.trace) == count
        assert all(node.top_p for node in running.trace.cycles[-1].nodes)
    assert fetched == [1] * count


def test_steps_of_growing_size_make_the_block_grow(pair, fetched: list[int]):
    steps = steps_of_all_sizes(pair)
    reader = LawReader()
    kept = [reader.read(step) for step in steps]
    found = LawSummary.of([step.on_host() for step in kept])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(law_reader, "is_on_card", lambda _: False)
        assert_equal(found, one_by_one(steps))
    assert len(fetched) > 1


def steps_of_all_sizes(pair: Pair) -> list[Step]:
    return [step for gamma in (0, 1, 6, 2, 12) for step in stream(pair, PROMPT, "chain", gamma=gamma, **SAMPLED)][:60]


def one_by_one(steps: list[Step]) -> LawSummary:
    reader = LawReader()
    return LawSummary.of([reader.read(step).on_host() for step in steps])


def assert_equal(found: LawSummary, expected: LawSummary) -> None:
    for name in ("refused", "entropy_p", "entropy_q", "tokens", "probs"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-5, err_msg=name)


def test_on_a_processor_nothing_is_kept(pair, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(LawsOnCard, "keep", lambda *_: pytest.fail("kept"))
    generate(pair, PROMPT, "chain", detail="full", **SAMPLED)


@pytest.mark.parametrize("entries", [1, 10_000, 1 << 40])
def test_laws_that_wait_for_each_other_come_down_to_the_same(pair, monkeypatch: pytest.MonkeyPatch, entries: int):
    steps = steps_of_all_sizes(pair)
    expected = one_by_one(steps)
    monkeypatch.setattr(law_reader, "_ENTRIES", entries)
    reader = LawReader()
    waiting = [reader.read(step) for step in steps]
    assert_equal(LawSummary.of([laws.on_host() for laws in reversed(waiting)][::-1]), expected)


@pytest.mark.parametrize(("rows", "held"), [(1, 1), (2, 1), (6, 5), (100, 20)])
def test_no_more_laws_wait_than_were_allowed(pair, monkeypatch: pytest.MonkeyPatch, rows: int, held: int):
    """The step that fills the measure has all that wait read, and they are let go; where one fills it, none waits."""
    monkeypatch.setattr(law_reader, "_ENTRIES", rows * pair.target.config.vocab)
    steps, most = [], 0
    for step in stream(pair, PROMPT, "autoregressive", detail="full", max_new_tokens=20):
        steps.append(weakref.ref(step))
        most = max(most, sum(each() is not None for each in steps))
    assert most == held


def test_runs_that_take_turns_do_not_disturb_each_other(pair, monkeypatch: pytest.MonkeyPatch):
    """All runs of a thread share the memory that laws are read in, whatever their vocabularies."""
    monkeypatch.setattr(law_reader, "_ENTRIES", 30_000)
    pairs = [pair, load_pair("tiny", device="cpu", dtype="float32")]

    def begin(which: Pair) -> Stream:
        return stream(which, [1, 2, 3, 1, 2], "chain", gamma=3, detail="full", **SAMPLED)

    alone = [begin(which) for which in pairs]
    assert all(len(list(running)) > 3 for running in alone)
    together = [begin(which) for which in pairs]
    assert len(list(zip_longest(*together))) > 3
    for running, expected in zip(together, alone, strict=True):
        names = [name for name in expected.trace.batches[0].schema.names if name != "times_ms"]
        found, wanted = (str([batch.select(names).to_pylist() for batch in each.trace.batches]) for each in (running, expected))
        assert found == wanted


def test_a_small_block_outlives_its_run_and_a_large_one_does_not(pair, monkeypatch: pytest.MonkeyPatch):
    blocks = law_reader._of_thread.blocks
    generate(pair, PROMPT, "chain", detail="full", **SAMPLED)
    kept = blocks._made
    assert kept is not None
    generate(pair, PROMPT, "chain", detail="full", **SAMPLED)
    assert blocks._made is kept
    monkeypatch.setattr(law_reader, "_KEPT", kept[0].numel() - 1)
    generate(pair, PROMPT, "chain", detail="full", **SAMPLED)
    assert blocks._made is None
