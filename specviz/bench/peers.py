"""Our engine beside ``transformers``: same weights, data type, threads, prompts and counting, in one process.

Both sides are timed over whole calls, prompt included, greedy. Assisted generation is tried at many settings and its best
one is what we compare with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from specviz.bench.measure import Task, Timing, interleave, ratio, report_head, unrecorded
from specviz.bench.workloads import held_out_prompts
from specviz.engine.run import generate
from specviz.engine.settings import RunSettings
from specviz.methods import METHODS
from specviz.model.pair import Pair, load_pair

CHAIN_GAMMAS = (2, 3, 4, 5, 6)
ASSISTED = [
    (tokens, schedule, threshold)
    for tokens in (2, 3, 4, 5, 6, 8)
    for schedule, threshold in (("constant", 0.0), ("constant", 0.4), ("heuristic", 0.0))
]


def bench_peers(
    pair_name: str = "tiny", dtypes: Iterable[str] = ("bfloat16", "float32"), prompts: int = 20, new_tokens: int = 128, repeats: int = 3
) -> dict[str, Any]:
    """Measure everything and return a JSON-ready report with the machine, the date and the spread."""
    texts = held_out_prompts(prompts)
    report = report_head("greedy decoding of held-out standard-library functions; whole calls, prompt included") | {
        "pair": pair_name,
        "prompts": prompts,
        "new_tokens": new_tokens,
        "repeats": repeats,
    }
    for dtype in dtypes:
        pair = load_pair(pair_name, dtype=dtype)
        report[dtype] = _one_type(pair, [pair.text.encode(text) for text in texts], new_tokens, repeats)
    return report


def _one_type(pair: Pair, prompts: list[list[int]], new_tokens: int, repeats: int) -> dict[str, Any]:
    settings = RunSettings(max_new_tokens=new_tokens)
    plain, chain, lookup = (METHODS[name] for name in ("autoregressive", "chain", "prompt-lookup"))
    theirs = Transformers(_checkpoint(pair, pair.target_path), _checkpoint(pair, pair.draft_path), pair.placement.device, new_tokens)
    # a quick look finds each side's best setting; the careful measurement then compares only those
    sweep: dict[str, Task] = {f"chain gamma={gamma}": unrecorded(pair, replace(chain, gamma=gamma), settings) for gamma in CHAIN_GAMMAS}
    sweep |= {f"assisted {n} {schedule} {threshold}": theirs.assisted(n, schedule, threshold) for n, schedule, threshold in ASSISTED}
    quick = interleave(sweep, prompts[:4], 2)
    speeds = {name: round(timing.tokens_per_second, 1) for name, timing in quick.items()}
    best = {side: max((name for name in speeds if name.startswith(side)), key=lambda name: speeds[name]) for side in ("chain", "assisted")}
    gamma = int(best["chain"].split("=")[1])
    tasks: dict[str, Task] = {
        "plain": unrecorded(pair, plain, settings),
        "chain": sweep[best["chain"]],
        "prompt-lookup": unrecorded(pair, lookup, settings),
        "transformers plain": theirs.plain,
        "transformers assisted": sweep[best["assisted"]],
        "transformers prompt lookup": theirs.prompt_lookup,
        "chain recorded full": lambda prompt: generate(pair, prompt, "chain", new_tokens, gamma=gamma, detail="full").tokens,
        "chain recorded light": lambda prompt: generate(pair, prompt, "chain", new_tokens, gamma=gamma, detail="light").tokens,
    }
    timings = interleave(tasks, prompts, repeats)
    return {
        "sweep_tokens_per_second": speeds,
        "best": best,
        "tokens_per_second": {name: round(timing.tokens_per_second, 1) for name, timing in timings.items()},
        "identical_to_transformers_plain": {name: _identical(timing, timings["transformers plain"]) for name, timing in timings.items()},
        "ratios": {
            "chain / plain": ratio(timings["chain"], timings["plain"]),
            "prompt-lookup / plain": ratio(timings["prompt-lookup"], timings["plain"]),
            "plain / transformers plain": ratio(timings["plain"], timings["transformers plain"]),
            "chain / transformers assisted": ratio(timings["chain"], timings["transformers assisted"]),
            "transformers assisted / transformers plain": ratio(timings["transformers assisted"], timings["transformers plain"]),
            "prompt-lookup / transformers prompt lookup": ratio(timings["prompt-lookup"], timings["transformers prompt lookup"]),
            "chain / chain recorded full": ratio(timings["chain"], timings["chain recorded full"]),
            "chain / chain recorded light": ratio(timings["chain"], timings["chain recorded light"]),
        },
    }


def _identical(timing: Timing, reference: Timing) -> str:
    same = sum(a == b for a, b in zip(timing.tokens, reference.tokens, strict=True))
    return f"{same}/{len(reference.tokens)}"


def _checkpoint(pair: Pair, path: Path | None) -> Any:  # noqa: ANN401  a model of any class
    """One of the pair's checkpoints, loaded once more by ``transformers``."""
    from transformers import AutoModelForCausalLM

    if path is None:
        raise ValueError(f"expected a pair with a draft model to compare assisted generation with, got {pair.name!r} without one")
    return AutoModelForCausalLM.from_pretrained(path, dtype=pair.placement.dtype)


class Transformers:
    """Two models of ``transformers``, decoding greedily; without a draft there is no :meth:`assisted`."""

    def __init__(self, target: Any, draft: Any, device: torch.device, new_tokens: int) -> None:  # noqa: ANN401  models of any class
        self._target = target.to(device).eval()
        self._draft = None if draft is None else draft.to(device).eval()
        self._settings = {"max_new_tokens": new_tokens, "do_sample": False}
        self._device = device

    def _generate(self, prompt: list[int], **extra: Any) -> list[int]:  # noqa: ANN401  generate's own keyword arguments
        ids = torch.tensor([prompt], device=self._device)
        with torch.inference_mode():
            out: list[int] = self._target.generate(ids, attention_mask=torch.ones_like(ids), **self._settings, **extra)[0].tolist()
        return out[len(prompt) :]

    def plain(self, prompt: list[int]) -> list[int]:
        """One token a pass."""
        return self._generate(prompt)

    def prompt_lookup(self, prompt: list[int]) -> list[int]:
        """N-gram copying, at the number of tokens we use ourselves."""
        return self._generate(prompt, prompt_lookup_num_tokens=METHODS["prompt-lookup"].gamma)

    def assisted(self, tokens: int, schedule: str, threshold: float) -> Task:
        """Assisted generation at one setting."""
        draft = self._draft
        if draft is None:
            raise ValueError("expected a draft for assisted generation, got none; give Transformers one")

        def task(prompt: list[int]) -> list[int]:
            config = draft.generation_config
            config.num_assistant_tokens, config.num_assistant_tokens_schedule, config.assistant_confidence_threshold = tokens, schedule, threshold
            return self._generate(prompt, assistant_model=draft)

        return task
