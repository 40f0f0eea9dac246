"""Training: the schedule's shape, which optimiser gets what, and a run that a kill cannot spoil."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from hypothesis import given, strategies as st

from specviz.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from specviz.train.objective import Batch, Objective, whole
from specviz.train.optim import DECAY_FROM, build_optimizers, schedule, set_learning_rate
from specviz.train.trainer import Plan, _step, evaluate, train
from tests.helpers import random_model

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, sys, torch
from pathlib import Path
from specviz.train.objective import whole
from specviz.train.trainer import Plan, train
from tests.helpers import random_model

folder = Path(sys.argv[1])
log = (folder / sys.argv[2]).open("a")

def batch(step):
    tokens = torch.randint(0, 320, (2, 16), generator=torch.Generator().manual_seed(step))
    log.write(json.dumps([step, int(tokens.sum())]) + "\\n")
    log.flush()
    return [whole(tokens)]

plan = Plan("small", minutes=float(sys.argv[3]) / 60, checkpoint_every_s=0.2, evaluate_every_s=0.5)
progress = train(plan, random_model("llama", 1), batch, {"text": [whole(torch.arange(32).view(2, 16))]}, folder)
print(json.dumps([progress.step, progress.tokens, progress.elapsed_s, len(progress.curve)]))
"""


def start(folder: Path, log: str, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), log, str(seconds)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def batches_of(path: Path) -> list[list[int]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_killed_training_goes_on_from_its_checkpoint_with_the_batches_it_would_have_seen(tmp_path):
    running = start(tmp_path, "first", seconds=600)
    checkpoint = tmp_path / "small.safetensors"
    limit = time.monotonic() + 120
    while not (checkpoint.exists() and len(batches_of(tmp_path / "first")) > 20):
        assert running.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait(timeout=30)
    running.stdout.close()
    model = random_model("llama", 1)
    kept = load_checkpoint(checkpoint, model, build_optimizers(model, 1e-3))
    assert kept.step > 0
    assert kept.tokens == kept.step * 32

    again = start(tmp_path, "second", seconds=kept.elapsed_s + 1.0)
    out, _ = again.communicate(timeout=120)
    steps, tokens, elapsed, _ = json.loads(out.splitlines()[-1])
    first, second = batches_of(tmp_path / "first"), batches_of(tmp_path / "second")
    assert [step for step, _ in second] == list(range(kept.step, steps))
    overlap = dict(first).keys() & dict(second).keys()
    assert all(dict(first)[step] == dict(second)[step] for step in overlap)
    assert tokens == steps * 32
    assert elapsed >= kept.elapsed_s + 1.0
    assert not list(tmp_path.glob("*.partial"))


def stepped(model: torch.nn.Module, optimizers: list[torch.optim.Optimizer], numbers: range) -> None:
    for number in numbers:
        tokens = torch.randint(0, 320, (2, 12), generator=torch.Generator().manual_seed(number))
        set_learning_rate(optimizers, 0.5)
        torch.nn.functional.cross_entropy(model(tokens).logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()


def test_a_checkpoint_brings_back_weights_and_optimisers_to_the_last_bit(tmp_path):
    whole = random_model("llama", 2)
    optimizers = build_optimizers(whole, 1e-3)
    stepped(whole, optimizers, range(3))
    save_checkpoint(tmp_path / "c.safetensors", whole, optimizers, Progress(3, 72, 1.5, [{"step": 3.0}]))
    stepped(whole, optimizers, range(3, 6))

    resumed = random_model("llama", 9)
    others = build_optimizers(resumed, 1e-3)
    progress = load_checkpoint(tmp_path / "c.safetensors", resumed, others)
    assert progress == Progress(3, 72, 1.5, [{"step": 3.0}])
    stepped(resumed, others, range(3, 6))
    for (name, ours), theirs in zip(whole.named_parameters(), resumed.parameters(), strict=True):
        assert torch.equal(ours, theirs), name


def test_a_kill_while_writing_leaves_the_older_checkpoint_whole(tmp_path, monkeypatch: pytest.MonkeyPatch):
    model = random_model("llama", 2)
    optimizers, path = build_optimizers(model, 1e-3), tmp_path / "c.safetensors"
    save_checkpoint(path, model, optimizers, Progress(step=1))

    def dies(tensors: object, file: Path, metadata: object = None) -> None:
        Path(file).write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr("specviz.train.checkpoint.save_file", dies)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, model, optimizers, Progress(step=2))
    assert load_checkpoint(path, model, optimizers).step == 1


def test_training_lowers_the_loss_and_a_teacher_is_followed(tmp_path):
    torch.manual_seed(0)
    batch = whole(torch.arange(64).view(2, 32) % 7)
    held_out = {"sevens": [batch], "again": [batch, batch]}
    student, teacher = random_model("llama", 1, spread=0.05), random_model("llama", 2)
    before = evaluate(student, held_out, teacher)
    train(Plan("text", 2.0 / 60), student, lambda _: [batch], held_out, tmp_path)
    after = evaluate(student, held_out, teacher)
    assert after["held_out"] < before["held_out"] - 1
    kinds = {f"{name}/{kind}" for name in ("held_out", "alpha", "match") for kind in held_out}
    assert set(after) == {"held_out", "alpha", "match"} | kinds
    assert after["held_out/sevens"] == pytest.approx(after["held_out/again"], rel=1e-5)
    train(Plan("distil", 2.0 / 60), student, lambda _: [batch], held_out, tmp_path, Objective(teacher))
    assert evaluate(student, held_out, teacher)["alpha"] > after["alpha"]
    rows = [json.loads(line) for line in (tmp_path / "distil.jsonl").read_text().splitlines()]
    assert {"step", "tokens", "seconds", "train", "held_out", "alpha"} <= set(rows[-1])
    assert student.training


def test_several_batches_of_a_step_weigh_by_their_counted_tokens(tmp_path):
    """Two batches are to give the update that one of all their rows gives."""
    rows = torch.randint(0, 320, (6, 12), generator=torch.Generator().manual_seed(5))
    together, apart = random_model("llama", 3), random_model("llama", 3)
    for model, batches in ((together, [whole(rows)]), (apart, [whole(rows[:1]), whole(rows[1:])])):
        _step(model, [torch.optim.SGD(model.parameters(), lr=1.0)], batches, Objective(), Progress())
    for (name, ours), theirs in zip(together.named_parameters(), apart.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-3), name


def test_more_minutes_go_back_to_where_the_decay_began(tmp_path):
    batch = whole(torch.arange(32).view(2, 16))
    seen: list[int] = []

    def steps(number: int) -> list[Batch]:
        seen.append(number)
        return [batch]

    first = train(Plan("small", 1.5 / 60), random_model("llama", 1), steps, {"text": [batch]}, tmp_path)
    model = random_model("llama", 1)
    stable = load_checkpoint(tmp_path / "small.stable.safetensors", model, build_optimizers(model, 1e-3))
    assert DECAY_FROM * 1.5 <= stable.elapsed_s < 1.5
    assert stable.step < first.step
    seen.clear()
    train(Plan("small", 1.5 / 60), random_model("llama", 1), steps, {"text": [batch]}, tmp_path)
    assert seen == []  # it was finished
    train(Plan("small", 4.0 / 60), random_model("llama", 1), steps, {"text": [batch]}, tmp_path)
    assert seen[0] == stable.step


def test_a_run_given_more_minutes_and_stopped_once_more_goes_on_where_it_stopped(tmp_path):
    batch = whole(torch.arange(32).view(2, 16))
    seen: list[int] = []
    stop_after = 10**9

    def steps(number: int) -> list[Batch]:
        if len(seen) == stop_after:
            raise KeyboardInterrupt
        seen.append(number)
        return [batch]

    train(Plan("small", 1.0 / 60), random_model("llama", 1), steps, {"text": [batch]}, tmp_path)
    longer = Plan("small", 600.0, checkpoint_every_s=0.0)
    for stop_after in (8, 3):  # the second time, the checkpoint lies after the first decay's beginning and before the next
        seen.clear()
        with pytest.raises(KeyboardInterrupt):
            train(longer, random_model("llama", 1), steps, {"text": [batch]}, tmp_path)
        if stop_after == 8:
            stopped_at = seen[-1]
    assert seen[0] == stopped_at + 1


def test_the_schedule_warms_up_stays_and_decays():
    assert schedule(0.0) == 0.05
    assert schedule(0.0025) == pytest.approx(0.5)
    assert [schedule(x) for x in (0.005, 0.3, 0.7499)] == [1.0, 1.0, 1.0]
    assert schedule(0.875) == pytest.approx(0.5)
    assert schedule(1.0) == 0.0
    assert schedule(1.3) == 0.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_schedule_rises_once_and_falls_once(one: float, other: float):
    low, high = sorted((one, other))
    assert 0.0 <= schedule(low) <= 1.0
    if high <= 0.7:
        assert schedule(low) <= schedule(high)
    if low >= 0.7:
        assert schedule(low) >= schedule(high)


def test_hidden_matrices_go_to_muon_and_all_else_to_adam_each_weight_once():
    model = random_model("llama", 1)
    muon, adam = build_optimizers(model, lr=0.01)
    names = {id(weight): name for name, weight in model.named_parameters()}
    in_muon, in_adam = ({names[id(w)] for group in opt.param_groups for w in group["params"]} for opt in (muon, adam))
    assert in_muon | in_adam == set(names.values())
    assert not in_muon & in_adam
    assert in_muon == {name for name in names.values() if name.endswith("_proj.weight")}
    set_learning_rate([muon, adam], 0.25)
    assert [group["lr"] for opt in (muon, adam) for group in opt.param_groups] == pytest.approx([0.0025, 0.00375, 0.00025])
    set_learning_rate([muon, adam], 1.0)
    assert [group["lr"] for opt in (muon, adam) for group in opt.param_groups] == pytest.approx([0.01, 0.015, 0.001])
