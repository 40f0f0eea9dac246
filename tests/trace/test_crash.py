"""A run that is killed loses at most the cycle it was in."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from specviz.engine.run import generate, stream
from specviz.trace import Cycle, load_trace
from tests.trace.conftest import PROMPT, SAMPLED

DETAILS = ("light", "full", "exact")
# Three runs side by side, one for each detail. All go on by one cycle for every line it is sent, so that the moment of the kill is known.
CHILD = """
import json, sys
import torch
from specviz.engine.run import stream
from specviz.model.pair import load_pair
target, draft, prompt, folder, settings, threads, *details = sys.argv[1:]
torch.set_num_threads(int(threads))  # sums are ordered by it, so last bits differ with another number
pairs = {detail: load_pair(target=target, draft=draft, device="cpu", dtype="float32") for detail in details}
runs = [stream(pair, prompt, "chain", detail=detail, save=f"{folder}/{detail}.arrow", **json.loads(settings)) for detail, pair in pairs.items()]
for steps in zip(*runs):
    print(*(step.cycle for step in steps), flush=True)
    sys.stdin.readline()
"""


def without_times(cycle: Cycle) -> str:
    return repr(replace(cycle, times_ms={}))


@pytest.fixture(scope="module")
def killed_runs(pair, root, tmp_path_factory) -> Path:
    """The folder of three runs whose process was killed when all had written their sixth cycle."""
    folder = tmp_path_factory.mktemp("killed")
    arguments = [str(pair.target_path), str(pair.draft_path), PROMPT, str(folder), json.dumps(SAMPLED), str(torch.get_num_threads()), *DETAILS]
    with subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as child:
        for expected in range(6):
            assert child.stdout.readline().split() == [str(expected)] * len(DETAILS)
            if expected < 5:
                child.stdin.write("\n")
                child.stdin.flush()
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=60)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("detail", DETAILS)
def test_a_killed_run_keeps_every_whole_cycle(pair, killed_runs, detail):
    killed = load_trace(killed_runs / f"{detail}.arrow")
    whole = generate(pair, PROMPT, "chain", detail=detail, **SAMPLED).trace
    assert not killed.is_complete
    assert killed.stop is None
    assert len(killed) == 6 < len(whole)
    assert [without_times(cycle) for cycle in killed] == [without_times(cycle) for cycle in list(whole)[:6]]


def test_a_run_left_early_leaves_a_finished_file(pair, tmp_path):
    path = tmp_path / "left.arrow"
    steps = iter(stream(pair, PROMPT, "chain", save=path, **SAMPLED))
    for _ in range(3):
        next(steps)
    steps.close()
    left = load_trace(path)
    assert left.is_complete
    assert (len(left), left.stop) == (3, None)
    assert not pair.lock.locked()
