"""``make gpu-check``: one command, one file, and a clear no where there is no card."""

from __future__ import annotations

import json

import pytest
import torch

from tools import gpu_check

XML = """<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure>no</failure></testcase>
<testcase name="c"><skipped/></testcase><testcase name="d"><error>no</error></testcase></testsuite></testsuites>"""
REPORT = {"machine": {"gpu": "NVIDIA H200"}, "date": "2026-01-02", "aims": [{"aim": "v(8)", "wanted": "<= 1.05", "measured": 1.0, "met": True}]}
PASSED = {"passed": 3, "failed": 0, "skipped": 0, "failures": []}


def test_without_a_card_it_says_so_and_writes_nothing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(gpu_check, "run_tests", lambda: pytest.fail("tests were run"))
    assert gpu_check.main([], tmp_path) == gpu_check.NO_CARD != 0
    assert "expected a CUDA card, found none" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("tests", "met", "code"),
    [(PASSED, True, 0), (PASSED, False, 1), (PASSED | {"failed": 1}, True, 1), (PASSED | {"passed": 0}, True, 1)],
    ids=["all well", "an aim missed", "a test failed", "no test ran"],
)
def test_with_a_card_tests_and_figures_become_one_file(monkeypatch, tmp_path, tests, met, code):
    asked = {}

    def measured(target, draft, plan, **options):
        asked.update(target=target, draft=draft, contexts=plan.contexts, **options)
        return REPORT | {"aims": [REPORT["aims"][0] | {"met": met}]}

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(gpu_check, "run_tests", lambda: tests)
    monkeypatch.setattr("specviz.bench.shapes.bench_shapes", measured)
    monkeypatch.setattr("specviz.cli.bench_shapes.show", lambda _: None)
    assert gpu_check.main(["--draft", "llama-3.2-3b", "--contexts", "128,512"], tmp_path) == code
    assert asked == {
        "target": "llama-3.1-8b",
        "draft": "llama-3.2-3b",
        "contexts": (128, 512),
        "device": "cuda",
        "dtype": "bfloat16",
        "peers": True,
    }
    (file,) = tmp_path.iterdir()
    assert file.name == "nvidia-h200-2026-01-02.json"
    written = json.loads(file.read_text())
    assert written["tests"] == tests
    assert written["aims"][0]["wanted"] == "<= 1.05"


def test_outcomes_are_counted_from_what_pytest_wrote():
    assert gpu_check.counts(XML) == {"passed": 1, "failed": 2, "skipped": 1, "failures": ["b", "d"]}


def test_the_makefile_has_the_command(root):
    assert "gpu-check:" in (root / "Makefile").read_text()
    assert "tools/gpu_check.py" in (root / "Makefile").read_text()
