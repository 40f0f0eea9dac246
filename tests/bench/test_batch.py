"""``specviz bench batch``: whole batches, every row to its full length, plain decoding among them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from specviz.bench.batch import bench_batch
from specviz.cli import app
from tests.helpers import Bench, bench, some_tokens  # noqa: F401  pytest finds fixtures by name


def test_every_batch_and_method_is_measured_and_every_row_goes_to_its_full_length(bench: Bench):  # noqa: F811
    pair = bench.pair("close")
    report = bench_batch(pair, [some_tokens(5, seed) for seed in range(3)], ["chain:gamma=2", "specinfer"], (1, 4), new_tokens=6, repeats=2)
    assert [(row["batch"], row["method"]) for row in report["rows"]] == [
        (batch, method) for batch in (1, 4) for method in ("autoregressive", "chain:gamma=2", "specinfer")
    ]
    for row in report["rows"]:
        assert row["tokens_per_second"] > 0
        assert row["speedup"]["min"] <= row["speedup"]["median"] <= row["speedup"]["max"]
        assert (row["tau"] == 1.0) == (row["method"] == "autoregressive")
    assert set(report["crossing"]) == {"chain:gamma=2", "specinfer"}
    assert json.loads(json.dumps(report)) == report
    assert pair.target.config.end_tokens == ()


def test_no_prompt_and_no_request_are_refused(bench: Bench):  # noqa: F811
    pair = bench.pair("close")
    with pytest.raises(ValueError, match="expected prompts, and batches of at least one request"):
        bench_batch(pair, [])
    with pytest.raises(ValueError, match="expected prompts, and batches of at least one request"):
        bench_batch(pair, [[1]], batches=(0, 1))


def test_the_command_writes_its_report_and_prints_a_table(tmp_path):
    file = tmp_path / "report.json"
    options = ["--batches", "1,2", "--new-tokens", "4", "--repeats", "1", "--methods", "chain:gamma=2", "--families", "story", "--json", str(file)]
    result = CliRunner().invoke(app, ["bench", "batch", *options])
    assert result.exit_code == 0, result.output
    assert "B=2" in result.output
    assert [row["batch"] for row in json.loads(file.read_text())["rows"]] == [1, 1, 2, 2]
