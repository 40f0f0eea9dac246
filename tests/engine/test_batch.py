"""Several prompts at once: every row is its single run, whatever the others do."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from itertools import islice

import pytest
import torch

import specviz as sv
from specviz.engine.batch import BatchStream, Request
from specviz.engine.settings import RunSettings
from specviz.errors import WrongMomentError
from specviz.model import seats as seats_module
from specviz.model.attention import tree_mask
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.model.seats import Ask, Seats
from tests.helpers import Bench, fresh_cache, load, noisy_copy, random_model, some_tokens

METHODS = [
    "autoregressive",
    "chain",
    "chain:gamma=8",
    "block",
    "prompt-lookup",
    "specinfer",
    "sequoia:nodes=12",
    "eagle-2",
    "rsd-s",
    "chain:controller=entropy",
]
LENGTHS = (1, 2, 3, 5, 9, 17, 30, 44, 4, 60, 7, 1, 12, 25, 6, 80)


def prompts(count: int) -> list[list[int]]:
    """Prompts of very different lengths; some repeat themselves, so that a copy is accepted now and then."""
    return [(some_tokens(max(1, length // 2), seed) * 2)[:length] for seed, length in enumerate(LENGTHS[:count])]


def alone(pair: Pair, texts: list[list[int]], seeds: list[int], **options: object) -> list[sv.Run]:
    return [sv.generate(pair, text, seed=seed, **options) for text, seed in zip(texts, seeds, strict=True)]


def told(run: sv.Run) -> list[object]:
    """All that a run decided: its tokens, why it ended, and every node with its fate, cycle by cycle."""
    cycles = [(cycle.committed, [(node.token, node.parent, node.state) for node in cycle.nodes]) for cycle in run.trace.cycles]
    return [run.tokens, run.text, run.stats.stop, cycles]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("method", METHODS)
def test_every_row_equals_its_single_run(bench: Bench, method: str, temperature: float):
    pair = bench.pair("close")
    texts, seeds = prompts(5), [0, 1, 2, 3, 3]
    options = {"method": method, "max_new_tokens": 24, "temperature": temperature, "detail": "light"}
    single = alone(pair, texts, seeds, **options)
    together = sv.generate(pair, texts, seed=seeds, **options)
    assert [told(run) for run in together] == [told(run) for run in single]


@pytest.mark.parametrize("count", range(1, 17))
def test_batches_of_1_to_16_rows_equal_single_runs_with_different_lengths_ends_and_refusals(bench: Bench, count: int):
    """Every row has its own limit, some meet an end token or the end of the context, and no two accept alike."""
    pair = bench.pair("close")
    whole, longest = (sv.generate(pair, prompts(6)[row], "autoregressive", 200, detail="light").tokens for row in (0, 5))
    end = next(token for token in whole[4:40] if token not in longest)
    pair.target.config = replace(pair.target.config, end_tokens=(end,))
    settings = [RunSettings(max_new_tokens=limit, seed=row) for row, limit in zip(range(count), (40, 3, 90, 1, 60, 200, 11, 7) * 2, strict=False)]
    batch = BatchStream(pair, list(map(Request, prompts(count), settings)), "chain:gamma=5", "light")
    seen = list(batch)
    single = [
        sv.generate(pair, text, "chain:gamma=5", each.max_new_tokens, detail="light") for text, each in zip(prompts(count), settings, strict=True)
    ]
    traces = [batch.streams[row].trace for row in range(count)]
    assert [trace.tokens for trace in traces] == [run.tokens for run in single]
    assert [[cycle.committed for cycle in trace.cycles] for trace in traces] == [[cycle.committed for cycle in run.trace.cycles] for run in single]
    assert len(seen) == sum(len(trace.cycles) for trace in traces)
    if count >= 6:
        assert {run.stats.stop for run in single} >= {"end", "length", "context"}


@pytest.mark.parametrize("family", ["qwen2", "qwen3", "mistral", "smollm3"])
def test_rows_of_every_native_family_equal_single_runs(bench: Bench, family: str):
    pair = bench.pair("close", family)
    options = {"method": "specinfer", "max_new_tokens": 16, "temperature": 1.0, "detail": "light"}
    assert [told(run) for run in sv.generate(pair, prompts(3), **options)] == [told(run) for run in alone(pair, prompts(3), [0, 0, 0], **options)]


@pytest.mark.parametrize("method", ["chain", "specinfer"])
def test_rows_of_a_model_of_transformers_equal_single_runs_and_say_that_they_take_turns(bench: Bench, method: str):
    pair = load(bench.folder("gpt2", lambda: random_model("gpt2")), bench.folder("gpt2-close", lambda: noisy_copy(bench.reference("gpt2"), 0.02)))
    options = {"method": method, "max_new_tokens": 12, "temperature": 1.0, "detail": "light"}
    with pytest.warns(UserWarning, match="one after another"):
        together = sv.generate(pair, prompts(3), rows=2, **options)
    assert [told(run) for run in together] == [told(run) for run in alone(pair, prompts(3), [0, 0, 0], **options)]


def test_more_prompts_than_rows_wait_and_join_as_others_leave(bench: Bench):
    pair = bench.pair("close")
    texts = prompts(9)
    batch = BatchStream(pair, [Request(text, RunSettings(max_new_tokens=4 + 3 * row)) for row, text in enumerate(texts)], detail="light", most=3)
    running: dict[int, list[int]] = {}
    for at, (row, _) in enumerate(batch):
        running.setdefault(row, []).append(at)
    spans = [(steps[0], steps[-1]) for _, steps in sorted(running.items())]
    assert max(sum(first <= at <= last for first, last in spans) for at in range(spans[-1][1])) == 3
    assert spans[3][0] > min(last for _, last in spans[:3])  # the fourth began when one of the first three had ended
    single = [sv.generate(pair, text, max_new_tokens=4 + 3 * row) for row, text in enumerate(texts)]
    assert [batch.streams[row].trace.tokens for row in range(9)] == [run.tokens for run in single]


def test_rows_share_passes_instead_of_taking_turns(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("close")
    passes: list[int] = []
    real = Seats.score
    monkeypatch.setattr(Seats, "score", lambda self, asks: (passes.append(len(asks)), real(self, asks))[1])
    runs = sv.generate(pair, [some_tokens(8, seed) for seed in range(6)], max_new_tokens=20)
    longest = max(len(run.trace.cycles) for run in runs)
    assert len(passes) <= 2 + longest * 5  # two to read the prompts, then at most four of the draft and one of the target a cycle of the longest row
    assert max(passes) == 6


def test_a_long_pass_is_made_alone_and_changes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("close")
    expected = [run.tokens for run in sv.generate(pair, prompts(6), max_new_tokens=20)]
    for most in (0, 3, 1000):
        monkeypatch.setattr(seats_module, "MOST_TOGETHER", most)
        assert [run.tokens for run in sv.generate(pair, prompts(6), max_new_tokens=20)] == expected


def test_after_a_batch_of_passes_every_memory_is_what_a_fresh_reading_leaves(bench: Bench):
    """Chains and trees of different sizes in one pass, refusals, and a seat given back: the last row moves into its place."""
    model: Model = bench.pair("random").target
    waits = []
    table = Seats(model, 4, 128, lambda seat, ask: waits.append((seat, ask)))  # type: ignore[arg-type, func-returns-value]
    seats = [table.take() for _ in range(4)]
    texts = [some_tokens(length, seed=length) for length in (5, 11, 2, 30)]
    table.score({seat: Ask(text) for seat, text in zip(seats, texts, strict=True)})
    parents = [-1, -1, 0, 1]
    tree = Ask([9, 10, 11, 12, 13], [2, 3, 3, 4, 4], tree_mask(parents))
    table.score({seats[0]: Ask([1, 2, 3]), seats[2]: tree})
    seats[0].cache.rollback(6)
    seats[2].cache.keep(2, [0, 2, 4])
    table.leave(seats[1])
    logits = table.score({seats[0]: Ask([4, 5], rows=1), seats[3]: Ask([6], rows=1)})
    expected = {0: [*texts[0], 1, 4, 5], 2: [*texts[2], 9, 11, 13], 3: [*texts[3], 6]}
    for row, text in expected.items():
        assert seats[row].cache.length == len(text)
        assert torch.allclose(seats[row].cache.buffer[:, :, :, : len(text)], fresh_cache(model, text).buffer[:, :, :, : len(text)], atol=1e-5), row
    for row in (0, 3):
        model.cache.rollback(0)
        assert torch.allclose(logits[seats[row]], model.score(expected[row], rows=1), atol=1e-4)
    assert waits == []


def test_rows_are_recorded_each_in_its_own_file(bench: Bench, tmp_path):
    pair = bench.pair("close")
    runs = sv.generate(pair, prompts(3), max_new_tokens=9, save=tmp_path / "rows", detail="exact")
    files = sorted((tmp_path / "rows").iterdir())
    assert [file.name for file in files] == ["000.arrow", "001.arrow", "002.arrow"]
    assert [sv.load_trace(file).tokens for file in files] == [run.tokens for run in runs]
    assert {run.trace.header.settings["rows"] for run in runs} == {3}


def test_costs_of_a_batch_are_measured_once_with_all_its_rows(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("close")
    monkeypatch.setattr("specviz.engine.costs.START_S", 20.0)  # all counts are measured, however busy this machine is
    sizes: list[tuple[int, int]] = []
    real = Seats.score
    monkeypatch.setattr(
        Seats, "score", lambda self, asks: (sizes.append((len(asks), max(len(ask.tokens) for ask in asks.values()))), real(self, asks))[1]
    )
    texts = [some_tokens(8, seed) for seed in range(4)]
    first = sv.generate(pair, texts, "chain:controller=expected-gain", max_new_tokens=6)
    assert {rows for rows, tokens in sizes if tokens == 32} == {4}
    costs = [run.trace.header.settings["costs"] for run in first]
    assert all(cost["verify"] for cost in costs)
    sizes.clear()
    again = sv.generate(pair, texts, "chain:controller=expected-gain", max_new_tokens=6)
    assert max(tokens for _, tokens in sizes) < 32
    assert [run.tokens for run in again] == [run.tokens for run in first]


def test_a_batch_broken_off_closes_its_records_and_releases_the_pair(bench: Bench, tmp_path):
    pair = bench.pair("random")
    requests = [Request(text, RunSettings(max_new_tokens=30), tmp_path / f"{row}.arrow") for row, text in enumerate(prompts(4))]
    batch = BatchStream(pair, requests, most=2)
    steps = iter(batch)
    kept: dict[int, list[int]] = {}
    for _ in range(5):
        row, step = next(steps)
        kept.setdefault(row, []).extend(step.committed)
    assert pair.lock.locked()
    steps.close()
    assert not pair.lock.locked()
    assert {row: sv.load_trace(tmp_path / f"{row}.arrow").tokens for row in kept} == kept
    assert len(sv.generate(pair, prompts(2)[1], max_new_tokens=5).tokens) == 5


def test_an_error_in_a_row_ends_the_batch_and_releases_the_pair(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    with monkeypatch.context() as patch:
        patch.setattr(Seats, "score", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sv.generate(pair, prompts(3))
    assert not pair.lock.locked()


def test_what_is_wrong_with_one_row_is_said_before_any_begins(bench: Bench, tmp_path):
    pair = bench.pair("random")
    with pytest.raises(ValueError, match="expected a prompt of fewer than 128 tokens, got 200"):
        sv.generate(pair, [[1, 2], some_tokens(200)], save=tmp_path)
    with pytest.raises(ValueError, match="expected a prompt with at least one token, got prompt 1 without any"):
        sv.generate(pair, [[1, 2], []])
    with pytest.raises(ValueError, match="expected one seed, or one for each of 2 prompts, got 3"):
        sv.generate(pair, [[1], [2]], seed=[1, 2, 3])
    with pytest.raises(TypeError, match="expected one seed for one prompt"):
        sv.generate(pair, [1, 2], seed=[1])
    with pytest.raises(TypeError, match=r"expected one prompt, got a list of 2; generate\(\) takes a list"):
        sv.stream(pair, [[1], [2]])
    with pytest.raises(ValueError, match="expected rows as a whole number >= 1, got 0"):
        sv.generate(pair, [[1], [2]], rows=0)
    with pytest.raises(ValueError, match="expected at least one prompt, got an empty list"):
        BatchStream(pair, [])
    assert list(tmp_path.iterdir()) == []


def test_a_batch_that_does_not_fit_the_memory_says_how_much_it_needs(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    monkeypatch.setattr(seats_module, "free_memory", lambda _: 1 << 10)
    with pytest.raises(ValueError, match=r"expected at most 0.00 GiB.* for 2 rows of 128 positions; choose fewer rows"):
        sv.generate(pair, [[1], [2]])
    assert not pair.lock.locked()


def test_one_seed_serves_all_rows_alike(bench: Bench):
    pair = bench.pair("close")
    one, other = sv.generate(pair, [[3, 4, 5]] * 2, temperature=1.0, seed=4, max_new_tokens=12)
    assert one.tokens == other.tokens
    first, second = sv.generate(pair, [[3, 4, 5]] * 2, temperature=1.0, seed=[4, 5], max_new_tokens=12)
    assert first.tokens == one.tokens
    assert second.tokens != one.tokens


def test_a_batch_is_not_continued_in_another_thread_and_says_so(bench: Bench, tmp_path):
    """Rows that stopped halfway belong to the thread that began them; their records are finished all the same."""
    pair = bench.pair("random")
    requests = [Request(text, RunSettings(max_new_tokens=9), tmp_path / f"{row}.arrow") for row, text in enumerate(prompts(3))]
    steps = iter(BatchStream(pair, requests, detail="full"))
    begin, kept = [next(steps) for _ in range(5)], []

    def go_on() -> None:
        try:
            next(steps)
        except WrongMomentError as error:
            kept.append(str(error))

    other = threading.Thread(target=go_on)
    other.start()
    other.join(60)
    assert kept == ["expected a batch of this thread, got one begun in the thread 'MainThread'; read a batch to its end in the thread that began it"]
    assert not pair.lock.locked()
    for row in range(3):
        said = [token for number, step in begin if number == row for token in step.committed]
        trace = sv.load_trace(tmp_path / f"{row}.arrow")
        assert (trace.tokens[: len(said)], trace.is_complete) == (said, True)
    assert len(sv.generate(pair, prompts(3), max_new_tokens=2)) == 3


def test_a_batch_without_a_method_is_what_the_pair_can_do(bench: Bench):
    pair = bench.pair("random")
    for each, name in ((pair, "chain"), (load(pair.target_path), "prompt-lookup")):
        assert {run.trace.header.method for run in sv.generate(each, prompts(2), max_new_tokens=3)} == {name}


@pytest.mark.parametrize("read", [0, 1, None])
def test_a_batch_is_read_once_and_says_so(bench: Bench, read: int | None):
    running = BatchStream(bench.pair("random"), [Request([3, 4, 5], RunSettings(max_new_tokens=3))])
    with closing(iter(running)) as steps:
        list(islice(steps, read))
    if read == 0:  # a generator that was never begun has read nothing
        assert list(running)
    with pytest.raises(WrongMomentError, match=r"expected a batch to be read once, got a second reading; .*stream\(\) starts"):
        next(iter(running))
