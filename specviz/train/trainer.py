"""The one training loop: text in, a trained model out, resumable after a kill. With a teacher it distils."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.progress import BarColumn, Progress as Bar, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from specviz.train import losses
from specviz.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from specviz.train.optim import build_optimizers, schedule, set_learning_rate


@dataclass(frozen=True)
class Plan:
    """One stage of training."""

    name: str
    minutes: float
    lr: float = 2e-3
    muon_lr: float = 0.02
    seed: int = 0
    checkpoint_every_s: float = 120.0
    evaluate_every_s: float = 240.0


def logits_of(model: nn.Module, tokens: Tensor) -> Tensor:
    """Run ``model`` under bf16 autocast; tokens [B, T] in, logits [B, T, V] out."""
    with torch.autocast(tokens.device.type, dtype=torch.bfloat16):
        logits: Tensor = model(tokens, use_cache=False).logits
    return logits


def train(
    plan: Plan,
    model: nn.Module,
    batches: Callable[[int], Tensor],
    held_out: Callable[[], Iterator[Tensor]],
    folder: Path,
    teacher: nn.Module | None = None,
) -> Progress:
    """Train ``model`` for ``plan.minutes``, counting only time spent training; return the progress with its curve.

    Args:
        plan: how long, how fast.
        model: a causal language model whose forward gives ``.logits``.
        batches: step number -> tokens [B, T]; a function of the step alone, so that a resumed run goes on where it stopped.
        held_out: makes an iterator over evaluation batches.
        folder: where ``<name>.safetensors`` (the checkpoint) and ``<name>.jsonl`` (the log) go.
        teacher: distil from this model (forward KL) instead of following the text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, log = folder / f"{plan.name}.safetensors", folder / f"{plan.name}.jsonl"
    optimizers = build_optimizers(model, plan.lr, plan.muon_lr)
    progress = load_checkpoint(checkpoint, model, optimizers) if checkpoint.exists() else Progress()
    budget = plan.minutes * 60
    saved = evaluated = progress.elapsed_s
    running = float("nan")
    model.train()
    with Bar(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"), TimeRemainingColumn()) as bar:
        task = bar.add_task(plan.name, total=budget, completed=int(progress.elapsed_s), now="")
        while progress.elapsed_s < budget:
            start = time.perf_counter()
            tokens = batches(progress.step)
            set_learning_rate(optimizers, schedule(progress.elapsed_s / budget))
            loss = _loss(model, tokens, teacher)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            value = loss.item()
            running = value if math.isnan(running) else 0.95 * running + 0.05 * value
            progress.step += 1
            progress.tokens += tokens.numel()
            progress.elapsed_s += time.perf_counter() - start
            bar.update(task, completed=progress.elapsed_s, now=f"loss {running:.3f}  {progress.tokens / 1e6:.2f} M tokens")
            is_last = progress.elapsed_s >= budget
            if is_last or progress.elapsed_s - evaluated > plan.evaluate_every_s:
                evaluated = progress.elapsed_s
                row = {"step": progress.step, "tokens": progress.tokens, "seconds": round(progress.elapsed_s, 1), "train": running}
                row |= evaluate(model, held_out(), teacher)
                progress.curve.append(row)
                with log.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            if is_last or progress.elapsed_s - saved > plan.checkpoint_every_s:
                saved = progress.elapsed_s
                save_checkpoint(checkpoint, model, optimizers, progress)
    return progress


def _loss(model: nn.Module, tokens: Tensor, teacher: nn.Module | None) -> Tensor:
    logits = logits_of(model, tokens)
    if teacher is None:
        return losses.cross_entropy(logits, tokens)
    with torch.no_grad():
        teacher_logits = logits_of(teacher, tokens)
    # a little of the text itself keeps the student from drifting where the teacher is unsure
    return 0.9 * losses.forward_kl(logits, teacher_logits) + 0.1 * losses.cross_entropy(logits, tokens)


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterator[Tensor], teacher: nn.Module | None) -> dict[str, float]:
    """Held-out loss and, with a teacher, the overlap sum(min(p, q)) and the share of equal most likely tokens."""
    model.eval()
    sums: dict[str, list[float]] = {"held_out": []}
    for tokens in batches:
        logits = logits_of(model, tokens)
        sums["held_out"].append(losses.cross_entropy(logits, tokens).item())
        if teacher is not None:
            teacher_logits = logits_of(teacher, tokens)
            sums.setdefault("alpha", []).append(losses.overlap(logits, teacher_logits).item())
            same = (logits.argmax(-1) == teacher_logits.argmax(-1)).float().mean().item()
            sums.setdefault("same_argmax", []).append(same)
    model.train()
    return {name: sum(values) / len(values) for name, values in sums.items()}
