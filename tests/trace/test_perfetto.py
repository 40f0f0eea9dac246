"""The timeline file: what a viewer of the Chrome trace event format needs, and the run's own figures."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest

from specviz.trace import Trace
from specviz.trace.perfetto import to_perfetto
from specviz.trace.schema import STAGES
from specviz.trace.stats import summarise
from tests.figures.make_trace import alone, chain, make_trace, tree

NEEDED = {"X": {"ts", "dur", "pid", "tid"}, "C": {"ts", "pid", "args"}, "M": {"pid", "args"}, "i": {"ts", "pid", "tid", "s"}}


@pytest.fixture(scope="module")
def run() -> Trace:
    return make_trace([chain(4, 2), chain(4, 4), tree([2, 2], seed=1), alone(1)], prompt=("def", "</script>"))


def events_of(path: Path) -> list[dict[str, Any]]:
    def no_constant(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"), parse_constant=no_constant)["traceEvents"]
    return found


@pytest.fixture(scope="module")
def events(run: Trace, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return events_of(to_perfetto(run, tmp_path_factory.mktemp("out") / "new" / "run.json"))


def test_every_event_has_what_its_kind_needs(events: list[dict[str, Any]]):
    assert {event["ph"] for event in events} == set(NEEDED)
    for event in events:
        assert event["name"]
        assert NEEDED[event["ph"]] <= set(event)
        assert event.get("dur", 0) >= 0


def test_stages_fill_their_cycle_one_behind_the_other(run: Trace, events: list[dict[str, Any]]):
    slices = [event for event in events if event["ph"] == "X"]
    cycles = [event for event in slices if event["name"].startswith("cycle ")]
    assert [event["dur"] for event in cycles] == pytest.approx([cycle.total_ms * 1e3 for cycle in run])
    assert cycles[0]["ts"] == pytest.approx(run.header.prefill_s * 1e6)
    for cycle, following in itertools.pairwise(cycles):
        assert following["ts"] == pytest.approx(cycle["ts"] + cycle["dur"])
    for recorded, cycle in zip(run, cycles, strict=True):
        inside = [e for e in slices if e["name"] in STAGES and cycle["ts"] - 1e-6 <= e["ts"] < cycle["ts"] + cycle["dur"] - 1e-6]
        assert [e["name"] for e in inside] == [stage for stage in STAGES if recorded.times_ms[stage] > 0]
        assert math.fsum(e["dur"] for e in inside) == pytest.approx(cycle["dur"])


def test_the_last_counters_are_the_run_s_own_figures(run: Trace, events: list[dict[str, Any]]):
    stats = summarise(run)
    last = {event["name"]: event["args"]["value"] for event in events if event["ph"] == "C"}
    assert last["tokens so far"] == stats.tokens
    assert last["acceptance so far, % of examined drafts"] == pytest.approx(100 * stats.acceptance)


def test_every_refusal_is_marked_with_its_numbers(run: Trace, events: list[dict[str, Any]]):
    refused = [node for cycle in run for node in cycle.nodes if node.state == "rejected"]
    marked = [event["args"] for event in events if event["ph"] == "i"]
    assert [facts["token"] for facts in marked] == [node.text for node in refused]
    assert [facts["q"] for facts in marked] == pytest.approx([node.q for node in refused])


def test_a_compared_run_is_a_process_of_its_own(run: Trace, tmp_path: Path):
    plain = make_trace([alone(1), alone(2)])
    events = events_of(to_perfetto(run, tmp_path / "two.json", compare=plain))
    assert {event["pid"] for event in events} == {1, 2}
    assert sum(event["pid"] == 2 and event["name"].startswith("cycle ") for event in events) == 2
