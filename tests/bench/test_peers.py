"""``specviz bench peers``: every engine on every prompt, each kind of text by itself, and the best settings found first."""

from __future__ import annotations

import json

import pytest

from specviz.bench import peers
from specviz.bench.measure import Timing
from specviz.figures.peers import data_types, speed_ratios
from tests.helpers import Bench, bench, some_tokens  # noqa: F401  pytest finds fixtures by name
from tools.benchmark_targets import kind_of


def test_every_engine_is_measured_on_every_kind_of_text_and_greedy_texts_are_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    monkeypatch.setattr(peers, "CHAINS", ("chain:gamma=2", "chain:controller=confidence:gamma=3"))
    monkeypatch.setattr(peers, "TREES", ("sequoia:nodes=4",))
    monkeypatch.setattr(peers, "ASSISTED", [(2, "constant", 0.0)])
    pair = bench.pair("close")
    texts = {"one": [some_tokens(6), some_tokens(9, 1)], "other": [some_tokens(4, 2)]}
    report = peers.bench_peers(lambda _: pair, lambda _: texts, ["float32"], new_tokens=5, repeats=2)
    found = report["float32"]
    assert set(found["best"].values()) == {found["best"]["chain"], "tree sequoia:nodes=4", "assisted 2 constant 0.0"}
    assert found["best"]["chain"] in {f"chain {name}" for name in peers.CHAINS}
    assert set(found["identical_to_transformers_plain"].values()) == {"3/3"}
    assert set(found["kinds"]) == {"one", "other"}
    for part in (found["ratios"], *found["kinds"].values()):
        assert all(0 < row["min"] <= row["median"] <= row["max"] for row in part.values())
        assert "tree / transformers assisted" in part
    assert report["prompts"] == 3
    assert kind_of(report) == "peers"
    assert data_types(report) == ["float32"]
    assert speed_ratios(report).data
    assert json.loads(json.dumps(report)) == report


def test_a_part_of_a_timing_is_that_of_its_prompts():
    timing = Timing([[1.0, 2.0, 4.0], [2.0, 3.0, 5.0]], [[1], [2, 3], [4, 5, 6]])
    part = timing.of([True, False, True])
    assert (part.seconds, part.tokens) == ([[1.0, 4.0], [2.0, 5.0]], [[1], [4, 5, 6]])
    assert part.tokens_per_second == pytest.approx(4 / 6.0)
