"""Our engine beside ``transformers``: same weights, data type, threads, prompts and counting, in one process.

Both sides are timed over whole calls, prompt included, greedy. Assisted generation is tried at many settings and its best
one is what we compare with. The data type is the target's; where the draft has its own (see ``load_pair``), theirs is tried in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from specviz.bench.measure import Task, Timing, interleave, ratio, report_head, unrecorded
from specviz.engine.run import Run, generate
from specviz.engine.settings import RunSettings
from specviz.errors import UnexpectedValueError
from specviz.methods import METHODS, find_method
from specviz.model.hardware import dtype_name
from specviz.model.pair import Pair
from specviz.trace.schema import Detail

CHAINS = (
    *(f"chain:gamma={gamma}" for gamma in (2, 3, 4, 5, 6, 8)),
    "chain:controller=confidence:gamma=8",  # as assisted generation stops at a threshold
    "chain:controller=expected-gain:gamma=12",
)
TREES = ("sequoia:nodes=8", "sequoia:nodes=16", "eagle-2:nodes=8", "eagle-2:nodes=16")
ASSISTED = [
    (tokens, schedule, threshold)
    for tokens in (2, 3, 4, 5, 6, 8)
    for schedule, threshold in (("constant", 0.0), ("constant", 0.4), ("heuristic", 0.0))
]


def bench_peers(
    open_with: Callable[[str], Pair],
    prompts_for: Callable[[Pair], Mapping[str, Sequence[list[int]]]],
    dtypes: Sequence[str] = ("bfloat16", "float32"),
    *,
    new_tokens: int = 128,
    repeats: int = 3,
) -> dict[str, Any]:
    """Measure everything at every data type.

    Args:
        open_with: loads the pair at a data type.
        prompts_for: kind of text -> prompts, as token ids, for a pair.
        dtypes: names of data types.
        new_tokens: most new tokens of a prompt.
        repeats: timed rounds, interleaved prompt by prompt.

    Returns:
        JSON-ready, with machine, date and spread: for every data type the ratios over all prompts, and under ``kinds`` for each kind of text.
    """
    report = report_head("greedy decoding, whole calls, prompt included; a ratio is of tokens a second over all prompts")
    for dtype in dtypes:
        pair = open_with(dtype)
        prompts = prompts_for(pair)
        report |= {
            "pair": pair.name,
            "prompts": sum(map(len, prompts.values())),
            "new_tokens": new_tokens,
            "repeats": repeats,
            dtype: _one_type(pair, prompts, new_tokens, repeats),
        }
    return report


RATIOS = (
    ("chain", "plain"),
    ("tree", "plain"),
    ("prompt-lookup", "plain"),
    ("plain", "transformers plain"),
    ("chain", "transformers assisted"),
    ("tree", "transformers assisted"),
    ("transformers assisted", "transformers plain"),
    ("prompt-lookup", "transformers prompt lookup"),
)
RECORDINGS = 3
"""Rounds of what recording costs, for each of the others."""


def _one_type(pair: Pair, prompts: Mapping[str, Sequence[list[int]]], new_tokens: int, repeats: int) -> dict[str, Any]:
    settings = RunSettings(max_new_tokens=new_tokens)
    plain, lookup = METHODS["autoregressive"], METHODS["prompt-lookup"]
    theirs = _theirs(pair, pair.placement.dtype, new_tokens)
    # a quick look finds each side's best setting; the careful measurement then compares only those
    ours = [f"{side} {name}" for side, names in (("chain", CHAINS), ("tree", TREES)) for name in names]
    sweep = {name: unrecorded(pair, find_method(name.split()[1])[1], settings) for name in ours}
    sweep |= {f"assisted {n} {schedule} {threshold}": theirs.assisted(n, schedule, threshold) for n, schedule, threshold in ASSISTED}
    own = pair.draft.dtype if pair.draft else pair.placement.dtype
    if own != pair.placement.dtype:
        other = _theirs(pair, own, new_tokens)
        sweep |= {f"assisted {n} {schedule} {t}, draft {dtype_name(own)}": other.assisted(n, schedule, t) for n, schedule, t in ASSISTED}
    quick = interleave(sweep, [texts[0] for texts in prompts.values()], 2)
    speeds = {name: round(timing.tokens_per_second, 1) for name, timing in quick.items()}
    best = {side: max((name for name in speeds if name.startswith(side)), key=speeds.__getitem__) for side in ("chain", "tree", "assisted")}
    tasks: dict[str, Task] = {
        "plain": unrecorded(pair, plain, settings),
        "chain": sweep[best["chain"]],
        "tree": sweep[best["tree"]],
        "prompt-lookup": unrecorded(pair, lookup, settings),
        "transformers plain": theirs.plain,
        "transformers assisted": sweep[best["assisted"]],
        "transformers prompt lookup": theirs.prompt_lookup,
    }
    every = [prompt for texts in prompts.values() for prompt in texts]
    timings = interleave(tasks, every, repeats)
    # a few per cent are lost among engines of other libraries: recording is measured beside the same chain alone, and more often
    with TemporaryDirectory() as folder:
        recorded = _recorded(pair, best["chain"].removeprefix("chain "), new_tokens, Path(folder))
        recordings = interleave({"chain": tasks["chain"]} | recorded, every, RECORDINGS * repeats)
    kinds = [kind for kind, texts in prompts.items() for _ in texts]
    return {
        "draft_dtype": dtype_name(own),
        "sweep_tokens_per_second": speeds,
        "best": best,
        "tokens_per_second": {name: round(timing.tokens_per_second, 1) for name, timing in timings.items()},
        "identical_to_transformers_plain": {name: _identical(timing, timings["transformers plain"]) for name, timing in timings.items()},
        "ratios": _ratios(timings, RATIOS) | _ratios(recordings, [("chain", name) for name in recorded]),
        "kinds": {kind: _ratios(_of(timings, [other == kind for other in kinds]), RATIOS) for kind in prompts},
    }


def _recorded(pair: Pair, method: str, new_tokens: int, folder: Path) -> dict[str, Task]:
    """The chain with each way of writing it down."""

    def run(prompt: list[int], detail: Detail, save: Path | None = None) -> Run:
        return generate(pair, prompt, method, new_tokens, detail=detail, save=save)

    return {
        "chain recorded full": lambda prompt: run(prompt, "full").tokens,
        "chain recorded light": lambda prompt: run(prompt, "light").tokens,
        # columns are made when the record is first read
        "chain recorded full, and read": lambda prompt: run(prompt, "full").trace.tokens,
        # every cycle is handed to the system as it comes
        "chain recorded full, into a file": lambda prompt: run(prompt, "full", folder / "run.arrow").tokens,
    }


def _of(timings: Mapping[str, Timing], marked: Sequence[bool]) -> dict[str, Timing]:
    """The part of every timing over the prompts that are marked."""
    return {name: timing.of(marked) for name, timing in timings.items()}


def _ratios(timings: Mapping[str, Timing], pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, float]]:
    return {f"{ours} / {theirs}": ratio(timings[ours], timings[theirs]) for ours, theirs in pairs}


def _identical(timing: Timing, reference: Timing) -> str:
    same = sum(a == b for a, b in zip(timing.tokens, reference.tokens, strict=True))
    return f"{same}/{len(reference.tokens)}"


def _theirs(pair: Pair, draft_dtype: torch.dtype, new_tokens: int) -> Transformers:
    target = _checkpoint(pair, pair.target_path, pair.placement.dtype)
    return Transformers(target, _checkpoint(pair, pair.draft_path, draft_dtype), pair.placement.device, new_tokens)


def _checkpoint(pair: Pair, path: Path | None, dtype: torch.dtype) -> Any:  # noqa: ANN401  a model of any class
    """One of the pair's checkpoints, loaded once more by ``transformers``."""
    from transformers import AutoModelForCausalLM

    if path is None:
        raise UnexpectedValueError("a pair with a draft model to compare assisted generation with", f"{pair.name!r} without one")
    if path.is_file():
        return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=dtype)
    return AutoModelForCausalLM.from_pretrained(path, dtype=dtype)


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
            raise UnexpectedValueError("a draft for assisted generation", "none", "give Transformers one")

        def task(prompt: list[int]) -> list[int]:
            config = draft.generation_config
            config.num_assistant_tokens, config.num_assistant_tokens_schedule, config.assistant_confidence_threshold = tokens, schedule, threshold
            return self._generate(prompt, assistant_model=draft)

        return task
