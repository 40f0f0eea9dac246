"""``specviz bench passes``: floors, growth, and attention timed alone."""

from __future__ import annotations

import json

import pytest
import torch
from typer.testing import CliRunner

from specviz.bench import passes
from specviz.bench.passes import bench_passes
from specviz.cli import app
from specviz.model.pair import Pair
from tests.helpers import Bench, bench, some_tokens  # noqa: F401  pytest finds fixtures by name


def test_a_report_holds_every_context_and_its_figures_agree(bench: Bench):  # noqa: F811
    pair = bench.pair("close")
    report = bench_passes(lambda _: pair, ["float32"], contexts=(8, 40), gamma=3, rounds=3)
    figures = report["passes"]["float32"]
    assert [row["context"] for row in figures["contexts"]] == [8, 40]
    assert figures["of_floor"] == pytest.approx(figures["step_ms"] / figures["floor_ms"], rel=0.02)
    for row in figures["contexts"]:
        assert 0 < row["attention_of_step_ms"] < row["step_ms"]
        assert 0 < row["attention_of_cycle_ms"] < row["cycle_ms"]
        assert row["cycle_ms"] > row["step_ms"]
    assert all(name.startswith(("aten::", "mkldnn::")) or 0 < share < 1 for name, share in figures["operations"].items())
    assert 0.2 < sum(figures["operations"].values()) <= 1.001
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("n", [1, 4])
def test_attention_alone_reads_what_a_pass_reads(bench: Bench, monkeypatch: pytest.MonkeyPatch, n: int):  # noqa: F811
    model = bench.pair("close").target
    real = passes.attend
    model.cache.rollback(0)
    model.score(some_tokens(9), rows=1)
    alone = passes._attention(model.cache, model.config.heads, n)
    seen: dict[str, list[tuple[torch.Size, ...]]] = {"pass": [], "alone": []}

    def spy(name: str):
        def attend(queries, keys, values, bias, **kwargs):
            seen[name].append((queries.shape, keys.shape, values.shape, None if bias is None else bias.shape))
            return real(queries, keys, values, bias, **kwargs)

        return attend

    monkeypatch.setattr(passes, "attend", spy("alone"))
    alone()
    monkeypatch.setattr("specviz.model.memory.attend", spy("pass"))
    model.score(some_tokens(n))
    assert len(seen["alone"]) == model.config.layers
    assert seen["alone"] == seen["pass"]


def test_what_cannot_be_timed_is_refused(bench: Bench):  # noqa: F811
    pair = bench.pair("close")
    with pytest.raises(ValueError, match="expected contexts of at most"):
        bench_passes(lambda _: pair, ["float32"], contexts=(8, pair.context))
    alone = Pair(pair.target, None, pair.text, pair.placement, "alone")
    with pytest.raises(ValueError, match="expected a pair with a draft model, got 'alone' without one"):
        bench_passes(lambda _: alone, ["float32"], contexts=(8,))


def test_the_command_writes_its_report_and_prints_its_table(tmp_path):
    file = tmp_path / "report.json"
    done = CliRunner().invoke(app, ["bench", "passes", "--dtypes", "float32", "--contexts", "16,64", "--rounds", "3", "--json", str(file)])
    assert done.exit_code == 0, done.output
    assert "GB/s" in done.output
    assert len(json.loads(file.read_text())["passes"]["float32"]["contexts"]) == 2
