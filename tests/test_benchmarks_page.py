"""docs/benchmarks.md says what the reports under benchmarks/results say, and what fell short of the aims."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from specviz.figures import alt_text
from specviz.figures.peers import method_speeds, speed_ratios
from tests.figures.make_diagnosis import apart, diagnosis
from tests.figures.test_batch import report as batch
from tools import benchmarks_page
from tools.benchmark_targets import RATIO_TARGETS, TARGETS, kind_of

REPORTS = benchmarks_page.sources()
PEERS = next(report for report in REPORTS.values() if kind_of(report) == "peers")
HEAD = {"what": "made by hand", "date": "2026-12-01", "machine": {"processor": "p", "cores": 2, "load_before": 0.1}}


def zoo() -> dict[str, Any]:
    def row(median: float) -> dict[str, Any]:
        best = {"median": median, "min": median - 0.1, "max": median + 0.1}
        speed = {"plain_tokens_per_second": 200.0, "best_gamma": 4, "best": best}
        return {"alpha": 0.8, "match": 0.85, "runs": {"T=0 gamma=4": {"tau": 3.1}}, "speed": speed}

    costs = {"context": 200, "c": 0.1, "v": {"1": 1.0, "2": 1.1, "4": 1.2, "8": 1.3, "16": 1.5}}
    drafts = {"draft-s": {"costs": costs, "families": {"code": row(2.5), "story": row(1.4)}}}
    return HEAD | {"dtype": "float32", "sizes": {"prompts": 2, "timed": 2, "repeats": 3}, "target": {}, "drafts": drafts}


def rules() -> dict[str, Any]:
    rows = [
        {"temperature": 1.0, "k": k, "sampling": way, "rule": rule, "places": 9, "bound": 0.9, "acceptance": 0.8, "acceptance_error": 0.02,
         "gap_error": 0.01, "drawn_error": 0.0}
        for k in (1, 2) for way in ("iid", "without_replacement") for rule in ("naive", "recursive")
    ]  # fmt: skip
    claims = [{"temperature": 1.0, "k": k, "bound_with": 0.9, "bound_without": 0.9 + 0.01 * k} for k in (1, 2)]
    return HEAD | {"pair": {"target": {"id": "t"}, "draft": {"id": "d"}}, "rows": rows, "claims": claims}


def methods() -> dict[str, Any]:
    def row(tau: float, median: float) -> dict[str, Any]:
        speedup = {"median": median, "min": median - 0.02, "max": median + 0.02}
        return {"tau": tau, "tokens": 90, "tokens_per_second": 100 * median, "speedup": speedup, "same_text": True}

    def family(tree: float, auto: float) -> dict[str, Any]:
        gain = "chain:controller=expected-gain:gamma=12"
        named = {"autoregressive": (1.0, 1.0), "chain:gamma=4": (3.0, 1.6), "dyspec:nodes=32": (tree, 1.2), gain: (3.2, 1.58), "auto": (3.1, auto)}
        of = {"best": "chain:gamma=4", "of_best": {"median": 0.99, "min": 0.97, "max": 1.0}, "best_settled": "chain:gamma=4"}
        choosing = {gain: of | {"of_best_settled": None}, "auto": of | {"of_best_settled": auto / 1.6}}
        return {"methods": {name: row(*numbers) for name, numbers in named.items()}, "choosing": choosing}

    settings = {"new_tokens": 160, "temperature": 0.0, "repeats": 3}
    costs = {"context": 200, "c": 0.1, "v": {"1": 1.0, "2": 1.1}}
    families = {"code": family(4.2, 1.6), "story": family(3.3, 0.95)}
    return HEAD | {"pair": "target with draft", "dtype": "float32", "settings": settings, "costs": costs, "families": families}


def slow(median: float) -> dict[str, float]:
    return {"median": median, "min": median - 0.1, "max": median + 0.1}


def endurance() -> dict[str, Any]:
    soak = {"runs": 1000, "tokens_a_run": 16, "resident_mb": [800.0, 804.0, 840.0]}
    return HEAD | {"pair": "target with draft", "dtype": "float32", "prompts": 200, "new_tokens": 64, "same_as_plain_twin": 200, "soak": soak}


def passes() -> dict[str, Any]:
    def behind(context: int, cycle: float, attention: float) -> dict[str, float]:
        return {"context": context, "step_ms": 2.0, "attention_of_step_ms": 0.2, "cycle_ms": cycle, "attention_of_cycle_ms": attention}

    figures = {"bandwidth_gb_s": 30.0, "floor_ms": 1.6, "step_ms": 2.0, "of_floor": 1.25, "operations": {"mkldnn::_linear_pointwise": 0.7}}
    contexts = {"contexts": [behind(64, 5.0, 0.5), behind(1000, 6.0, 1.0)]}
    return HEAD | {"pair": "target with draft", "gamma": 5, "rounds": 41, "passes": {"float32": figures | contexts}}


def doctor() -> dict[str, Any]:
    found = diagnosis().as_plain
    return found | {"head": found["head"] | HEAD}


def test_the_page_is_what_the_reports_say():
    assert benchmarks_page.PAGE.read_text(encoding="utf-8") == benchmarks_page.page(REPORTS), "run python -m tools.benchmarks_page"


def test_every_report_has_its_picture_and_no_picture_is_left_over():
    wanted = set(benchmarks_page.pictures(REPORTS, benchmarks_page.PAGE.parent))
    assert wanted == set((benchmarks_page.PAGE.parent / "benchmarks").glob("*.png")), "run python -m tools.benchmarks_page"


def test_a_report_that_changes_asks_for_another_picture():
    changed = copy.deepcopy(PEERS)
    changed["float32"]["ratios"]["chain / plain"]["median"] += 0.01
    assert [*benchmarks_page.pictures({"a": PEERS}, benchmarks_page.ROOT)] != [*benchmarks_page.pictures({"a": changed}, benchmarks_page.ROOT)]


def test_every_number_of_peers_stands_on_the_page():
    text = benchmarks_page.page(REPORTS)
    for kind in ("bfloat16", "float32"):
        for found in PEERS[kind]["ratios"].values():
            assert f"{found['median']:.2f}x ({found['min']:.2f} to {found['max']:.2f})" in text
        assert all(f"{speed:.1f}" in text for speed in PEERS[kind]["tokens_per_second"].values())
    assert PEERS["machine"]["torch"] in text
    assert PEERS["machine"]["processor"] in text


def test_what_fell_short_is_said_and_what_was_not_measured_is_not_called_met():
    report = copy.deepcopy(PEERS)
    for kind in ("bfloat16", "float32"):
        report[kind]["ratios"] |= {"chain / chain recorded full": slow(1.2), "plain / transformers plain": slow(1.5)}
    text = benchmarks_page.page({"peers": report})
    short = text.split("## What fell short")[1].split("\n## ")[0]
    assert "recording at detail full adds" in short
    assert "plain decoding over `transformers`" not in short
    assert "bench zoo" in short
    assert text.count("not measured yet") == sum(target.kind != "peers" for target in TARGETS)


@pytest.mark.parametrize(("median", "is_short"), [(1.99, True), (2.0, False)])
def test_a_target_is_judged_by_its_bound(median, is_short):
    report = copy.deepcopy(PEERS)
    for kind in ("bfloat16", "float32"):
        report[kind]["ratios"]["chain / transformers assisted"]["median"] = median
    short = benchmarks_page.page({"peers": report}).split("## What fell short")[1].split("\n## ")[0]
    assert ("assisted at its best" in short) is is_short


def test_the_newest_report_of_a_kind_is_the_one_that_is_judged(tmp_path):
    old, new = copy.deepcopy(PEERS), copy.deepcopy(PEERS)
    old["date"], new["date"] = "2026-11-01", "2026-12-01"
    for name, report in (("a-new", new), ("b-old", old)):
        (tmp_path / f"{name}.json").write_text(benchmarks_page.json.dumps(report))
    found = benchmarks_page.sources(tmp_path)
    assert list(found) == ["a-new", "b-old"]
    assert "`b-old`" not in benchmarks_page.page(found).split("## What fell short")[0]


def test_reports_of_every_command_have_a_section():
    text = benchmarks_page.page({"z": zoo(), "r": rules(), "d": doctor(), "m": methods(), "b": batch(), "e": endurance(), "p": passes()})
    assert "| `chain:gamma=4` | 180, 1.80x (1.70 to 1.90) | 480, 1.20x (1.10 to 1.30) | 1280, 0.80x (0.70 to 0.90) | B = 8 |" in text
    assert "`draft-s`: c = 0.1" in text
    assert "2.50x (2.40 to 2.60)" in text
    assert (
        "| chain over our plain decoding, best γ, the least of the kinds of text | at least 1.50x | 1.40x (1.30x to 1.50x) | draft-s, story |" in text
    )
    assert "| without replacement | recursive | 0.800 ± 0.020 | 0.800 ± 0.020 |" in text
    assert "the higher one in 1 of 1" in text
    assert "1.33x | measured" in text
    assert "0.95 (0.91 to 0.98)" in text  # 1.33 measured over 1.40 predicted
    assert "| memory over many runs grows by | at most 2.0 % | 5.0 % | 1000 runs | **fell short** |" in text
    assert "| a one-token step over its bandwidth floor | at most 2.00x | 1.25x | float32 | met |" in text
    assert "attention's | at most 5.0 % | 10.0 % | float32, from 64 to 1000 tokens | **fell short** |" in text  # (1.0 - 0.5) / 5.0
    assert "1.25 times the 1.60 ms in which its bytes can be read at the measured 30.0 GB/s" in text
    assert "| texts of optimised passes that are those of the plain twin | at least 100.0 % | 100.0 % | 200 prompts | met |" in text


def test_methods_are_judged_on_the_text_where_they_reach_least():
    text = benchmarks_page.page({"m": methods()})
    lines = {line.split(" | ")[0].strip("| "): line for line in text.split("## What fell short")[0].splitlines() if line.startswith("| ")}
    assert "| 0.95 (0.93 to 0.97) | story, the least of 2 | **fell short** |" in lines["`auto` over plain decoding, whole runs"]
    assert "| 0.59 | story, the least of 2 | **fell short** |" in lines["`auto` of the best fixed method, beyond the first 64 tokens"]
    assert "| 0.99 (0.97 to 1.00) | code, the least of 2 | met |" in lines["expected gain of the best fixed chain, whole runs"]
    tree = lines["tokens per cycle, best dynamic tree of 32 nodes over the best chain"]
    assert f"| {(4.2 / 3 + 1.1) / 2:.2f}x (1.10x to 1.40x) | mean, least and most of 2 kinds of text | met |" in tree
    assert "code: best chain: `chain:gamma=4` 1.60x" in text


def test_the_picture_of_methods_marks_the_best_chain_tree_and_choices():
    figure = method_speeds(methods())
    marks = {trace.name: list(trace.x) for trace in figure.data if trace.mode == "markers"}
    assert marks == {"best chain": [1.6, 1.6], "best tree": [1.2, 1.2], "expected gain": [1.58, 1.58], "auto": [1.6, 0.95]}
    with pytest.raises(ValueError, match="without kinds of text"):
        method_speeds({"what": "else"})


def test_a_json_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="expected a report of bench peers"):
        kind_of({"hello": 1})
    with pytest.raises(ValueError, match="expected a report of bench peers"):
        kind_of(apart().as_plain)  # nothing was timed


def test_the_picture_holds_medians_spread_and_aims():
    figure = speed_ratios(PEERS, targets=RATIO_TARGETS)
    marks = next(trace for trace in figure.data if trace.name == "float32")
    ratios = [found for name, found in PEERS["float32"]["ratios"].items() if "recorded" not in name]
    assert list(marks.x) == [found["median"] for found in ratios]
    assert list(marks.error_x.array) == pytest.approx([found["max"] - found["median"] for found in ratios])
    assert sorted(next(trace for trace in figure.data if trace.name == "aimed at").x) == sorted(RATIO_TARGETS.values())
    assert "chain / plain: bfloat16" in alt_text(figure)
    with pytest.raises(ValueError, match="without ratios"):
        speed_ratios({"what": "else"})
