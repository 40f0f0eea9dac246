"""What passes cost is measured within the first second of a run, on a clock of the test's own, and single figures that stand out are not believed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import specviz as sv
from specviz.doctor.diagnosis import Point
from specviz.doctor.passes import Curve
from specviz.engine import costs
from specviz.engine.costs import COUNTS, FEW, START_S, measure, settled, steadied
from specviz.methods import METHODS
from specviz.types import Costs
from tests.helpers import Bench, TokenCache, load, some_tokens

Seconds = Callable[[int], float]


class Clock:
    """Time that passes while a model does, and notes of what it did."""

    def __init__(self) -> None:
        self.now = 0.0
        self.passes: list[tuple[str, int]] = []

    def model(self, name: str, seconds: Seconds, capacity: int = 4096) -> SimpleNamespace:
        """A model whose passes take so long."""
        cache = TokenCache()

        def score(tokens: list[int]) -> None:
            cache.tokens += tokens
            self.passes.append((name, len(tokens)))
            self.now += seconds(len(tokens))

        return SimpleNamespace(cache=cache, score=score, device=torch.device("cpu"), capacity=capacity)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that costs are read off."""
    made = Clock()
    monkeypatch.setattr(costs, "perf_counter", lambda: made.now)
    return made


def pair_of(clock: Clock, target: Seconds, draft: Seconds | None = None, capacity: int = 4096) -> Any:
    return SimpleNamespace(target=clock.model("t", target, capacity), draft=clock.model("d", draft) if draft else None)


@pytest.mark.parametrize("one", [0.0005, 0.003, 0.02, 0.064, 0.2, 0.7, 5.0])
@pytest.mark.parametrize("rise", [0.0, 0.05, 1.0], ids=["flat", "gentle", "straight"])
@pytest.mark.parametrize("draft", [None, 0.02, 0.5])
def test_a_run_begins_within_its_first_second(clock: Clock, one: float, rise: float, draft: float | None):
    """Whatever the models; one that takes longer for a single step is asked for that step alone, as is its draft."""
    pair = pair_of(clock, lambda m: one * (1 + rise * (m - 1)), (lambda m: one * draft * m) if draft else None)
    found = measure(pair, has_model=draft is not None, seconds=START_S)
    steps = one * (1 + (draft or 0.0))
    assert clock.now <= max(1.0, steps + START_S / 4) + 1e-9
    assert found.draft == pytest.approx(draft or 0.0)
    assert (len(pair.target.cache.tokens), pair.draft and len(pair.draft.cache.tokens)) == (0, pair.draft and 0)
    if ("t", 2) in clock.passes:
        for m in (2, 5, 13):
            assert found.v(m) == pytest.approx(1 + rise * (m - 1), rel=0.01)
    else:
        assert found.v(13) == pytest.approx(1.6), "modelled: nothing but a step could be tried"


def test_a_quick_pair_is_measured_in_many_rounds_and_a_slow_one_in_none(clock: Clock):
    measure(pair_of(clock, lambda _: 0.001, lambda _: 0.0001), seconds=START_S)
    assert {m for name, m in clock.passes if name == "t"} == set(FEW)
    assert clock.passes.count(("t", 16)) >= 1 + costs.REPEATS
    clock.passes.clear()
    measure(pair_of(clock, lambda _: 0.2, lambda _: 0.02), seconds=START_S)
    assert len(clock.passes) <= 4


def test_without_a_limit_every_count_is_measured_in_all_rounds(clock: Clock):
    found = measure(pair_of(clock, lambda m: 0.2 * m, lambda _: 0.02), repeats=3)
    assert [m for m, _ in found.verify] == list(COUNTS)
    assert clock.passes.count(("t", 48)) == 4


def test_what_no_longer_fits_the_memory_is_left_out(clock: Clock):
    pair = pair_of(clock, lambda _: 0.001, capacity=9)
    assert [m for m, _ in measure(pair, has_model=False, seconds=START_S).verify] == [1, 2, 4, 8]
    pair = pair_of(clock, lambda _: 0.001, capacity=1)
    assert measure(pair, has_model=False, seconds=START_S).v(1) == 1.0


def test_a_pass_that_has_to_be_prepared_is_made_again(clock: Clock):
    """As on a card, where the first of each width is recorded."""
    seen: set[int] = set()

    def seconds(m: int) -> float:
        is_new = m not in seen
        seen.add(m)
        return 0.05 if is_new else 0.002

    found = measure(pair_of(clock, seconds), has_model=False, seconds=START_S)
    assert found.verify[0] == (1, 1.0)
    assert found.v(2) == pytest.approx(1.0)


def test_rows_that_measure_at_once_do_the_same_passes_whatever_each_of_them_sees(monkeypatch: pytest.MonkeyPatch):
    """A second row on a clock of its own, where everything takes a hundred times as long, follows the first."""
    decided: list[int] = []
    passes = []
    for one in (0.001, 0.1):
        clock = Clock()
        monkeypatch.setattr(costs, "perf_counter", lambda clock=clock: clock.now)
        measure(pair_of(clock, lambda _, one=one: one, lambda _, one=one: one / 10), seconds=START_S, agree=costs._first_of(decided))
        passes.append(clock.passes)
    assert passes[0] == passes[1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.7, 11.6, 4.6], [1.0, 2.7, 4.6, 4.6]),
        ([1.0, 9.0, 1.2, 1.3], [1.0, 1.2, 1.2, 1.3]),
        ([1.0, 1.2, 1.5, 2.0, 9.0], [1.0, 1.2, 1.5, 2.0, 9.0]),
        ([1.0, 5.0, 5.0, 3.0], [1.0, 5.0, 5.0, 3.0]),
        ([1.0, 1.3, 1.2, 1.6], [1.0, 1.3, 1.2, 1.6]),
        ([1.0, 9.0], [1.0, 9.0]),
        ([], []),
    ],
    ids=["late", "early", "it rises", "a hump", "noise", "two", "none"],
)
def test_a_figure_that_stands_out_alone_is_not_believed(values: list[float], expected: list[float]):
    assert steadied(values) == pytest.approx(expected)


def test_v_never_falls_and_forgets_a_disturbed_pass(clock: Clock):
    v = dict(zip(FEW, (1.0, 1.1, 1.2, 1.3, 6.0, 1.7, 2.0), strict=True))
    found = measure(pair_of(clock, lambda m: 0.005 * v[m]), has_model=False, seconds=START_S)
    assert found.v(16) < 2.0
    values = [value for _, value in found.verify]
    assert values == sorted(values)


def test_the_doctors_curve_does_not_believe_a_figure_that_stands_out_alone():
    points = tuple(Point(m, v, v, v) for m, v in ((1, 1.0), (16, 2.0), (32, 2.7), (48, 11.6), (64, 4.6)))
    assert Curve(points)(48) == pytest.approx(4.6)
    assert Curve(points)(64) == pytest.approx(4.6)


# ------------------------------------------------------------------------------------------- auto: all that the pair allows


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_auto_runs_without_a_draft_model_by_copying(bench: Bench, temperature: float):
    pair = load(bench.pair("close").target_path)
    prompt = some_tokens(4) * 6
    found = sv.generate(pair, prompt, "auto", 40, temperature)
    assert found.trace.header.settings["drafter"] == "prompt-lookup"
    assert found.trace.header.method == "auto"
    assert len(found.tokens) == 40
    if not temperature:
        assert found.tokens == sv.generate(pair, prompt, "autoregressive", 40).tokens
    batch = sv.generate(pair, [prompt, prompt[:7]], "auto", 12, temperature)
    assert [len(run.tokens) for run in batch] == [12, 12]


def test_auto_drafts_with_the_model_where_there_is_one(bench: Bench):
    found = sv.generate(bench.pair("close"), some_tokens(8), "auto", 12)
    assert found.trace.header.settings["drafter"] == "independent"


def test_the_first_run_of_a_pair_measures_within_its_second(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(costs, "measure", lambda _, **how: asked.append(how["seconds"]) or Costs(0.1))
    settled(load(bench.pair("close").target_path), METHODS["auto"])
    assert asked == [START_S]
    assert START_S < 1.0
