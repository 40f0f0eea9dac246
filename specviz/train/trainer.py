"""The one training loop: batches in, a trained model out, resumable after a kill. With a teacher it distils."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.progress import BarColumn, Progress as Bar, TextColumn, TimeRemainingColumn
from torch import nn

from specviz.train import losses
from specviz.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from specviz.train.objective import Batch, Objective, row_logits
from specviz.train.optim import DECAY_FROM, build_optimizers, schedule, set_learning_rate

Steps = Callable[[int], list[Batch]]
HeldOut = Mapping[str, Iterable[Batch]]


@dataclass(frozen=True)
class Plan:
    """One stage of training."""

    name: str
    minutes: float
    lr: float = 0.02
    seed: int = 0
    checkpoint_every_s: float = 120.0
    evaluate_every_s: float = 300.0


def train(plan: Plan, model: nn.Module, steps: Steps, held_out: HeldOut, folder: Path, objective: Objective | None = None) -> Progress:
    """Train ``model`` for ``plan.minutes``, counting only time spent training; return the progress with its curve.

    The learning rate warms up, stays, and decays over the last part of the time. A stage that was finished, or was in its
    decay, and is given more minutes goes back to where the decay began: nothing of the stable part is lost.

    Args:
        plan: how long, how fast.
        model: a Llama of transformers, where it is to be trained.
        steps: step number -> its batches, whose gradients are added up; a function of the number alone, so that a resumed
            run goes on where it stopped.
        held_out: evaluation batches by the name of their kind of text; iterated anew every time.
        folder: where ``<name>.safetensors`` (the checkpoint), ``<name>.stable.safetensors`` (before the decay) and
            ``<name>.jsonl`` (the log) go.
        objective: what to minimise; default: follow the text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    objective = objective or Objective()
    device = next(model.parameters()).device
    optimizers = build_optimizers(model, plan.lr)
    budget = plan.minutes * 60
    checkpoint, stable = folder / f"{plan.name}.safetensors", folder / f"{plan.name}.stable.safetensors"
    progress = _resume(checkpoint, stable, budget, model, optimizers)
    saved = evaluated = progress.elapsed_s
    running = float("nan")
    model.train()
    with Bar(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"), TimeRemainingColumn()) as bar:
        task = bar.add_task(plan.name, total=budget, completed=int(progress.elapsed_s), now="")
        while progress.elapsed_s < budget:
            start = time.perf_counter()
            was_stable = progress.elapsed_s < DECAY_FROM * budget
            set_learning_rate(optimizers, schedule(progress.elapsed_s / budget))
            value = _step(model, optimizers, [batch.to(device) for batch in steps(progress.step)], objective, progress)
            running = value if math.isnan(running) else 0.95 * running + 0.05 * value
            progress.elapsed_s += time.perf_counter() - start
            bar.update(task, completed=progress.elapsed_s, now=f"loss {running:.3f}  {progress.tokens / 1e6:.2f} M tokens")
            is_last = progress.elapsed_s >= budget
            if is_last or progress.elapsed_s - evaluated > plan.evaluate_every_s:
                evaluated = progress.elapsed_s
                row = {"step": progress.step, "tokens": progress.tokens, "seconds": round(progress.elapsed_s, 1), "train": running}
                row |= evaluate(model, held_out, objective.teacher)
                progress.curve.append(row)
                with (folder / f"{plan.name}.jsonl").open("a") as file:
                    file.write(json.dumps(row) + "\n")
            if was_stable and progress.elapsed_s >= DECAY_FROM * budget:
                save_checkpoint(stable, model, optimizers, progress)
            if is_last or progress.elapsed_s - saved > plan.checkpoint_every_s:
                saved = progress.elapsed_s
                save_checkpoint(checkpoint, model, optimizers, progress)
    return progress


def _resume(checkpoint: Path, stable: Path, budget: float, model: nn.Module, optimizers: list[torch.optim.Optimizer]) -> Progress:
    """Load the latest state that lies before this budget's decay, or inside the decay it was made for."""
    if stable.exists():
        progress = load_checkpoint(stable, model, optimizers)
        if progress.elapsed_s < DECAY_FROM * budget - 1.0:  # the minutes were raised: the decay was too early
            stable.replace(checkpoint)  # or the next resumption would go back once more
            return progress
    return load_checkpoint(checkpoint, model, optimizers) if checkpoint.exists() else Progress()


def _step(model: nn.Module, optimizers: list[torch.optim.Optimizer], batches: list[Batch], objective: Objective, progress: Progress) -> float:
    """One update from all ``batches``; the mean loss of a counted token."""
    total, count = 0.0, 0
    expected = sum(int(batch.counted.sum()) for batch in batches)
    for batch in batches:
        loss, counted = objective(model, batch)
        (loss / max(expected, 1)).backward()
        total, count = total + loss.item(), count + counted
        progress.tokens += batch.tokens.numel()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    progress.step += 1
    return total / max(count, 1)


@torch.no_grad()
def evaluate(model: nn.Module, held_out: HeldOut, teacher: nn.Module | None = None) -> dict[str, float]:
    """Held-out loss of a counted token, by kind of text and as the mean over kinds (``held_out``).

    With a teacher also the mean overlap sum(min(p, q)) (``alpha``) and the share of equal most likely tokens (``match``).
    """
    model.eval()
    device = next(model.parameters()).device
    sums: dict[str, dict[str, float]] = {}
    for kind, batches in held_out.items():
        parts = [_measures(model, batch.to(device), teacher) for batch in batches]
        count = sum(part["count"] for part in parts)
        sums[kind] = {name: sum(part[name] for part in parts) / count for name in parts[0] if name != "count"}
    model.train()
    names = {"loss": "held_out", "alpha": "alpha", "match": "match"}
    result = {names[name]: sum(kind[name] for kind in sums.values()) / len(sums) for name in next(iter(sums.values()))}
    return result | {f"{names[name]}/{kind}": value for kind, values in sums.items() for name, value in values.items()}


def _measures(model: nn.Module, batch: Batch, teacher: nn.Module | None) -> dict[str, float]:
    logits = row_logits(model, batch)
    measures = {"count": float(len(logits)), "loss": losses.cross_entropy(logits, batch.targets).sum().item()}
    if teacher is not None:
        teacher_logits = row_logits(teacher, batch)
        measures["alpha"] = losses.overlap(logits, teacher_logits).sum().item()
        measures["match"] = float((logits.argmax(-1) == teacher_logits.argmax(-1)).sum())
    return measures
