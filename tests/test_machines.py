"""The main jobs run on machines that lack what this one has: each in a process whose environment takes it away."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import specviz as sv
from specviz.kernels import quick
from tests.main_jobs import PROMPT, ROOT

MACHINES = {
    "every quick path switched off": {quick.SWITCH: "1"},
    "a processor without AVX-512": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
}


@pytest.fixture(scope="module", params=MACHINES, ids=lambda name: name.replace(" ", "-"))
def jobs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a machine makes of the main jobs, its times measured anew."""
    times: Path = tmp_path_factory.mktemp("times") / "times.json"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "SPECVIZ_DTYPES": str(times)} | MACHINES[request.param]
    done = subprocess.run(
        [sys.executable, "-m", "tests.main_jobs"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert times.exists() is (quick.SWITCH not in MACHINES[request.param])
    return request.param, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_default_pair_loads_and_says_what_it_lacks(jobs):
    machine, found = jobs
    if quick.SWITCH in MACHINES[machine]:
        assert "every quick path is switched off by SPECVIZ_PLAIN" in found["describe"]
        assert "float32 (SPECVIZ_PLAIN is set)" in found["describe"]
    elif platform.machine() in {"x86_64", "AMD64"}:
        assert "bfloat16, which has no packed products here," in found["describe"]
    assert "\n" not in found["describe"]


@pytest.mark.slow
def test_texts_are_those_of_this_machine(jobs):
    """In float32; in bfloat16 near-ties may fall otherwise, but a draft changes nothing."""
    here = sv.generate(sv.load_pair("tiny", dtype="float32"), PROMPT, "autoregressive", 16).text
    texts = jobs[1]["texts"]
    assert set(texts["float32"]) == {here}
    assert len(set(texts["bfloat16"])) == 1


@pytest.mark.slow
def test_the_command_line_runs(jobs):
    assert "tokens per cycle" in jobs[1]["command"]
    assert "same tokens       yes" in jobs[1]["command"]
    assert "exit code" not in jobs[1]["doctor"]


@pytest.mark.slow
def test_a_chapter_runs_to_its_end(jobs):
    assert jobs[1]["chapter"] == []


@pytest.mark.slow
def test_the_app_runs_what_is_asked_for(jobs):
    (shown,) = jobs[1]["live"]
    assert jobs[1]["texts"]["float32"][0].startswith(shown)
