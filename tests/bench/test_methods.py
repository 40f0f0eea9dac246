"""Methods beside each other: what is reported follows from real runs, and the best fixed one is found among the fixed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specviz.bench import methods as bench
from specviz.bench.zoo import prompts_of
from specviz.model.pair import Pair

NAMES = ("chain:gamma=2", "chain:gamma=4", "sequoia:nodes=8", "auto")
KINDS = ("story", "maths")


@pytest.fixture(scope="module")
def report(pair: Pair) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "SETTLING", 8)
        patch.setattr(bench, "LEAST_LATE", 10)
        return bench.bench_methods(pair, {kind: prompts_of(pair, kind, 2) for kind in KINDS}, NAMES, new_tokens=24, repeats=2)


def test_every_method_and_plain_decoding_is_measured_on_every_kind_of_text(report: dict[str, Any]):
    assert json.loads(json.dumps(report))["families"] == report["families"]
    for figures in report["families"].values():
        assert list(figures["methods"]) == [bench.PLAIN, *NAMES]
        plain = figures["methods"][bench.PLAIN]
        assert plain["tau"] == 1.0
        assert plain["speedup"] == {"median": 1.0, "min": 1.0, "max": 1.0}
        for name, row in figures["methods"].items():
            assert row["same_text"], name
            assert row["tokens"] == plain["tokens"] > 0
            assert row["tau"] >= 1.0
            assert row["speedup"]["min"] <= row["speedup"]["median"] <= row["speedup"]["max"]


def test_an_automatic_choice_is_held_against_the_best_fixed_one(report: dict[str, Any]):
    for figures in report["families"].values():
        against = figures["choosing"]["auto"]
        fixed = {name: row["tokens_per_second"] for name, row in figures["methods"].items() if name != "auto"}
        assert against["best"] == max(fixed, key=fixed.__getitem__)
        assert against["best_settled"] in fixed
        assert 0.0 < against["of_best_settled"] < 10.0
        assert set(figures["choosing"]) == {"auto"}


def test_what_comes_after_the_first_tokens_is_not_stated_where_texts_are_short(pair: Pair):
    report = bench.bench_methods(pair, {"story": prompts_of(pair, "story", 1)}, ("chain:gamma=2", "auto"), new_tokens=12, repeats=1)
    against = report["families"]["story"]["choosing"]["auto"]
    assert (against["best_settled"], against["of_best_settled"]) == (None, None)
