"""``specviz bench endurance``: optimised passes against their twins, and memory over many runs."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator

import pytest
import torch
from typer.testing import CliRunner

from specviz.bench import endurance
from specviz.bench.endurance import bench_endurance, plain_twin
from specviz.cli import app
from specviz.kernels import packed_linear, rms_norm
from specviz.model import transformer
from specviz.model.pair import Pair
from tests.helpers import Bench, bench, some_tokens  # noqa: F401  pytest finds fixtures by name


@pytest.fixture(autouse=True, scope="module")
def _own_memory_alone() -> Iterator[None]:
    """Marks are read after a collection; what earlier tests left in memory is not looked through at each of them."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _prompts(_: Pair) -> list[list[int]]:
    return [some_tokens(6, seed) for seed in range(5)]


def test_the_twin_makes_no_optimised_product_and_leaves_the_next_pair_optimised(bench: Bench, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    made = []

    def spied(weight, *rest):
        made.append(weight)
        return packed_linear.packed_linear(weight, *rest)

    monkeypatch.setattr(transformer, "packed_linear", spied)
    twin = plain_twin(lambda: bench.pair("close"))
    assert not made
    assert transformer.packed_linear is spied
    assert transformer.fused_rms_norm is rms_norm.fused_rms_norm
    assert len(twin.target.score([1, 2, 3])) == 3


def test_optimised_and_plain_passes_write_the_same_texts_and_memory_is_read_in_equal_shares(bench: Bench):  # noqa: F811
    report = bench_endurance(lambda: bench.pair("close"), _prompts, new_tokens=12, runs=20, tokens_a_run=4)
    assert (report["prompts"], report["same_as_plain_twin"]) == (5, 5)
    assert len(report["soak"]["resident_mb"]) == endurance.MARKS
    assert all(held is None or held > 50 for held in report["soak"]["resident_mb"])
    assert json.loads(json.dumps(report)) == report


def test_a_product_that_is_wrong_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    right = transformer.packed_linear
    monkeypatch.setattr(transformer, "packed_linear", lambda weight, *rest: lambda x: right(weight, *rest)(torch.roll(x, 1, -1)))
    report = bench_endurance(lambda: bench.pair("close"), _prompts, new_tokens=12, runs=10, tokens_a_run=2)
    assert report["same_as_plain_twin"] < 5


def test_the_command_writes_its_report_and_says_what_it_found(tmp_path):
    file = tmp_path / "report.json"
    options = ["--families", "maths", "--each", "2", "--new-tokens", "8", "--runs", "10", "--json", str(file)]
    done = CliRunner().invoke(app, ["bench", "endurance", *options])
    assert done.exit_code == 0, done.output
    assert "2 of 2 texts are those of the plain twin" in done.output
    assert json.loads(file.read_text())["soak"]["runs"] == 10
