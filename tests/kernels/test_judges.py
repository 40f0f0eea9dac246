"""The judges on the device: the plain twins against the rules themselves, the Triton kernels against the twins (in Triton's own interpreter)."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from specviz.coins import draw
from specviz.kernels import fallback, quick
from specviz.kernels.chain_judge import chain_judge, plain_chain_judge
from specviz.kernels.greedy_path import greedy_path, plain_greedy_path
from specviz.kernels.inverse_cdf import inverse_cdf
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from tests.kernels.problems import chain_problems, random_law, tree_problems

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("vocab", [1, 2, 7, 320, 4096])
def test_a_coin_draws_the_token_that_the_host_draws(vocab: int):
    rng = np.random.default_rng(vocab)
    for sharpness in (0.0, 1.0, 30.0):
        law = random_law(rng, vocab, sharpness)
        law[rng.integers(vocab)] = 0.0 if vocab > 1 else 1.0
        for coin in (0.0, 0.5, rng.random(), 1 - 2**-53):
            found = inverse_cdf(torch.from_numpy(law), torch.tensor([coin], dtype=torch.float64))
            assert found.tolist() == [draw(torch.from_numpy(law), coin)]


def test_a_law_without_numbers_draws_a_token_that_can_be_looked_up():
    for law in (torch.full((5,), torch.nan, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)):
        assert 0 <= int(inverse_cdf(law, torch.tensor([0.3], dtype=torch.float64))) < 5


@pytest.mark.parametrize("problem", chain_problems(64), ids=str)
def test_the_twin_decides_a_chain_as_the_rule_does(problem):
    n = problem.allowed
    q = problem.q[:n]
    tree = DraftTree(problem.drafted[:n], range(-1, n - 1), torch.from_numpy(q) if n else None, range(n), "iid")
    verdict = VERIFIERS["rejection"].judge(tree, torch.from_numpy(problem.p[: n + 1]), problem.coins[: n + 1])
    found = plain_chain_judge(*problem.tensors())
    assert (int(found.accepted), int(found.token)) == (len(verdict.path), verdict.token)
    assert torch.equal(found.law, verdict.law)
    for i, decision in enumerate(verdict.decisions):
        assert (decision.p, decision.q) == (float(found.p[i]), float(found.q[i]))
        assert decision.threshold in (None, float(found.thresholds[i]))


@pytest.mark.parametrize("problem", tree_problems(60), ids=str)
def test_the_twin_decides_a_tree_as_the_greedy_rule_does(problem):
    n = problem.allowed
    p = torch.eye(12, dtype=torch.float64)[list(problem.best[: n + 1])]
    tree = DraftTree(problem.tokens[:n], problem.parents[:n], None, [-1] * n, "deterministic")
    verdict = VERIFIERS["greedy"].judge(tree, p, np.zeros(n + 1))
    found = plain_greedy_path(*problem.tensors())
    assert [i for i, stays in enumerate(found.stays.tolist()) if stays] == verdict.path
    assert (int(found.accepted), int(found.token)) == (len(verdict.path), verdict.token)
    assert int(found.row) == (verdict.path[-1] + 1 if verdict.path else 0)


@pytest.mark.slow
def test_the_kernels_give_what_their_twins_give():
    """In a process of its own: Triton reads TRITON_INTERPRET when it is imported."""
    said = in_a_process("tests.kernels.interpreted", TRITON_INTERPRET="1")
    assert said.startswith("held equal: ")
    assert int(said.split()[2]) > 80


@pytest.mark.slow
def test_the_kernels_compile_for_a_card():
    assert in_a_process("tests.kernels.compiled").startswith("compiled: [")


def in_a_process(module: str, **variables: str) -> str:
    """Run a module of the tests; what it printed."""
    pytest.importorskip("triton")
    run = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"} | variables, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return run.stdout


def test_off_a_card_the_twins_are_used_without_a_word():
    cpu = torch.device("cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert chain_judge(cpu) is plain_chain_judge
        assert greedy_path(cpu) is plain_greedy_path


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was tried yet in this process."""
    monkeypatch.setattr(quick, "_reasons", {})


@pytest.mark.usefixtures("untried")
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_for_a_card_that_is_not_there_the_twins_are_used_and_it_is_said():
    for choose, plain in ((chain_judge, plain_chain_judge), (greedy_path, plain_greedy_path)):
        with pytest.warns(RuntimeWarning, match="are not used here"):
            assert choose(torch.device("cuda")) is plain


CPU = torch.device("cpu")


def twin(x: torch.Tensor) -> tuple[torch.Tensor]:
    return (x + 1.0,)


def chosen(monkeypatch: pytest.MonkeyPatch, kernel: Callable[..., Any] | None, apart: float | None = None) -> Callable[..., Any]:
    """What is used where ``kernel`` stands in the module of a quick path; None: there is no such module."""
    if kernel is not None:
        monkeypatch.setattr(fallback, "import_module", lambda _: SimpleNamespace(kernel=kernel))
    return fallback.loaded_or_plain("kernels of chains", CPU, "kernel", twin, lambda _: [(torch.ones(2),)], apart)


def fails(_: torch.Tensor) -> tuple[torch.Tensor]:
    raise NotImplementedError("no such card")


@pytest.mark.usefixtures("untried")
@pytest.mark.parametrize("kernel", [None, fails, lambda x: (x + 2,), lambda _: ()], ids=["no such module", "it fails", "another answer", "no answer"])
def test_a_kernel_that_cannot_be_used_is_said_and_its_twin_taken(monkeypatch: pytest.MonkeyPatch, kernel: Callable[..., Any] | None):
    with pytest.warns(RuntimeWarning, match="their plain twin is"):
        assert chosen(monkeypatch, kernel) is twin
    (said,) = quick.fallen([(CPU, torch.float32)])
    assert said.startswith("kernels of chains are not used, PyTorch's operators instead (")


@pytest.mark.usefixtures("untried")
def test_a_kernel_that_gives_what_its_twin_gives_is_used(monkeypatch: pytest.MonkeyPatch):
    def kernel(x: torch.Tensor) -> tuple[torch.Tensor]:
        return (1 + x,)

    assert chosen(monkeypatch, kernel) is kernel
    assert quick.fallen([(CPU, torch.float32)]) == []


@pytest.mark.usefixtures("untried")
@pytest.mark.parametrize(("apart", "is_used"), [(None, False), (0.01, False), (0.5, True)])
def test_how_far_a_kernel_and_its_twin_may_be_apart_can_be_said(monkeypatch: pytest.MonkeyPatch, apart: float | None, is_used: bool):
    def kernel(x: torch.Tensor) -> tuple[torch.Tensor]:
        return (x + 1.1,)

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert (chosen(monkeypatch, kernel, apart) is kernel) is is_used
    assert len(said) == (not is_used)
