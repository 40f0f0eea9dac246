"""The shipped family, measured: what the target can do, how well each draft follows it, and what that buys, by kind of text.

Prompts come from the test split. Quality is counted on text the target itself wrote, since that is what a draft meets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch import Tensor

from specviz.bench.costs import measure_costs
from specviz.bench.measure import interleave, ratio, report_head, unrecorded
from specviz.bench.word_classes import token_classes
from specviz.bench.workloads import held_out_prompts
from specviz.engine.run import stream
from specviz.engine.settings import RunSettings
from specviz.methods import METHODS
from specviz.model.pair import Pair, load_pair
from specviz.zoo.corpus.base import Example
from specviz.zoo.corpus.families import FAMILIES
from specviz.zoo.tokenizer import render

GAMMAS = (2, 4, 8)
SPEED_GAMMAS = (2, 3, 4, 5, 6, 8, 10)
_OPENING = 12  # tokens given of a text that has no prompt
_LONGEST = {"code": 128, "story": 256}
_LONGEST_OTHER = 128


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    answers: int = 100
    prompts: int = 12
    timed: int = 6
    repeats: int = 3


def bench_zoo(
    load: Callable[[str], Pair],
    drafts: Sequence[str],
    families: Sequence[str] = tuple(FAMILIES),
    sizes: Sizes | None = None,
) -> dict[str, Any]:
    """Measure every draft on every family and return a JSON-ready report with machine and date.

    Args:
        load: draft's name -> its pair; see :func:`shipped`.
        drafts: names.
        families: kinds of text.
        sizes: how much.
    """
    sizes = Sizes() if sizes is None else sizes
    first = load(drafts[0])
    report = report_head("test split; quality on text the target wrote; speed over whole calls, greedy, medians of interleaved rounds") | {
        "dtype": first.placement.dtype_name,
        "sizes": asdict(sizes),
        "target": {"parameters": first.target.parameters, "families": {family: measure_target(first, family, sizes) for family in families}},
        "drafts": {},
    }
    written = {family: write(first, prompts_of(first, family, sizes.prompts), family) for family in families}
    for name in drafts:
        pair = first if name == drafts[0] else load(name)
        assert pair.draft is not None  # noqa: S101  every pair of the family has one
        report["drafts"][name] = {
            "parameters": pair.draft.parameters,
            "costs": measure_costs(pair),
            "families": {family: measure_draft(pair, family, written[family], sizes) for family in families},
        }
    return report


def shipped(name: str = "tiny", dtype: str = "float32") -> Callable[[str], Pair]:
    """Loads the shipped pair with the draft it is asked for."""
    return lambda draft: load_pair(name, draft=draft, dtype=dtype)


def trained(folder: Path, dtype: str = "float32") -> Callable[[str], Pair]:
    """Loads the target that ``specviz train zoo`` left in ``folder``, with the draft it is asked for."""
    return lambda draft: load_pair(target=folder / "target", draft=folder / draft, dtype=dtype)


def prompts_of(pair: Pair, family: str, count: int) -> list[list[int]]:
    """Token ids of ``count`` prompts of the test split; a plain text gives its first tokens."""
    if family == "code":
        return [pair.text.encode(text) for text in held_out_prompts(count)]
    prompts = []
    for index in range(count):
        given, answer = render(FAMILIES[family].example("test", index).turns)
        prompts.append(pair.text.encode(given) if given else pair.text.encode(answer)[:_OPENING])
    return prompts


def mixed_prompts(pair: Pair, each: int = 1) -> list[list[int]]:
    """Prompts of every kind of text that the shipped family knows, ``each`` of every kind."""
    return [ids for family in FAMILIES for ids in prompts_of(pair, family, each)]


@dataclass(frozen=True)
class Written:
    """A prompt and what the target wrote after it: greedily, and drawn at temperature 1."""

    prompt: list[int]
    greedy: list[int]
    drawn: list[int]


def write(pair: Pair, prompts: Sequence[list[int]], family: str) -> list[Written]:
    """Let the target answer every prompt twice."""
    return [Written(prompt, _answer(pair, prompt, family, 0.0), _answer(pair, prompt, family, 1.0)) for prompt in prompts]


def _answer(pair: Pair, prompt: list[int], family: str, temperature: float) -> list[int]:
    settings = RunSettings(_LONGEST.get(family, _LONGEST_OTHER), temperature)
    return unrecorded(pair, METHODS["autoregressive"], settings)(prompt)


def measure_target(pair: Pair, family: str, sizes: Sizes) -> dict[str, Any]:
    """Loss of the test split's own answers in nats a token, and the share of right answers where they can be judged."""
    kind, losses, right, facts, asked = FAMILIES[family], [], 0, 0, 0
    count = sizes.answers if kind.has_checker else sizes.prompts
    for index in range(count):
        example = kind.example("test", index)
        losses.append(_loss(pair, example))
        if kind.has_checker:
            checked = kind.check(example, pair.text.decode(_answer(pair, pair.text.encode(render(example.turns)[0]), family, 0.0)))
            right, facts, asked = right + checked.is_right, facts + checked.right, asked + checked.of
    figures: dict[str, Any] = {"loss": round(mean(losses), 4), "examples": count}
    return figures | ({"right": round(right / count, 4), "facts_right": round(facts / asked, 4)} if kind.has_checker else {})


def _loss(pair: Pair, example: Example) -> float:
    given, answer = (pair.text.encode(text) if text else [] for text in render(example.turns))
    ids = (given + answer)[: pair.context]
    rows = _logits(pair.target, ids[:-1])[max(len(given) - 1, 0) :]
    return float(torch.nn.functional.cross_entropy(rows, torch.tensor(ids[max(len(given), 1) :], device=rows.device)))


def _logits(model: Any, ids: list[int]) -> Tensor:  # noqa: ANN401  a Model, target's or draft's
    model.cache.rollback(0)
    rows: Tensor = model.score(ids)
    return rows


def measure_draft(pair: Pair, family: str, written: Sequence[Written], sizes: Sizes) -> dict[str, Any]:
    """How well the draft follows the target on this kind of text, and what that buys."""
    alpha, match, classes = _agreement(pair, written)
    runs = {f"T={temperature:g} gamma={gamma}": _run(pair, family, written, gamma, temperature) for temperature in (0.0, 1.0) for gamma in GAMMAS}
    return {"alpha": alpha, "match": match, "refused_by_class": classes, "runs": runs, "speed": _speed(pair, family, written, sizes)}


def _agreement(pair: Pair, written: Sequence[Written]) -> tuple[float, float, dict[str, dict[str, float]]]:
    """Overlap alpha = sum(min(p, q)) on drawn text; share of equal most likely tokens on greedy text, and where they differ, by class of word."""
    overlaps: list[float] = []
    matches: list[bool] = []
    classes: dict[str, list[bool]] = {}
    for text in written:
        p, q = (torch.softmax(_after(model, text.prompt, text.drawn).double(), -1) for model in (pair.target, pair.draft))
        overlaps += torch.minimum(p, q).sum(-1).tolist()
        same = (_after(pair.target, text.prompt, text.greedy).argmax(-1) == _after(pair.draft, text.prompt, text.greedy).argmax(-1)).tolist()
        matches += same
        for name, is_same in zip(token_classes(pair, text.prompt, text.greedy), same, strict=True):
            classes.setdefault(name, []).append(is_same)
    refused = {name: {"refused": round(1 - mean(values), 4), "tokens": len(values)} for name, values in sorted(classes.items())}
    return round(mean(overlaps), 4), round(mean(matches), 4), refused


def _after(model: Any, prompt: list[int], answer: list[int]) -> Tensor:  # noqa: ANN401  a Model
    return _logits(model, [*prompt, *answer[:-1]])[len(prompt) - 1 :]


def _run(pair: Pair, family: str, written: Sequence[Written], gamma: int, temperature: float) -> dict[str, Any]:
    """Tokens per cycle, bonus included, and how often the i-th draft was accepted when it was examined."""
    tokens = cycles = 0
    examined, accepted = [0] * gamma, [0] * gamma
    for text in written:
        running = stream(pair, text.prompt, "chain", _LONGEST.get(family, _LONGEST_OTHER), temperature, detail="light", gamma=gamma)
        for step in running:
            tokens, cycles = tokens + len(step.committed), cycles + 1
            for depth, decision in enumerate(step.verdict.decisions):
                examined[depth] += decision.state != "ignored"
                accepted[depth] += decision.state == "accepted"
    return {
        "tau": round(tokens / cycles, 4),
        "cycles": cycles,
        "acceptance_by_position": [round(a / e, 4) if e else None for a, e in zip(accepted, examined, strict=True)],
    }


def _speed(pair: Pair, family: str, written: Sequence[Written], sizes: Sizes) -> dict[str, Any]:
    """Tokens a second of the chain at every gamma over our own plain decoding, in one interleaved run."""
    settings = RunSettings(_LONGEST.get(family, _LONGEST_OTHER))
    tasks = {"plain": unrecorded(pair, METHODS["autoregressive"], settings)}
    tasks |= {str(gamma): unrecorded(pair, replace(METHODS["chain"], gamma=gamma), settings) for gamma in SPEED_GAMMAS}
    timings = interleave(tasks, [text.prompt for text in written[: sizes.timed]], sizes.repeats)
    speedups = {gamma: ratio(timing, timings["plain"]) for gamma, timing in timings.items() if gamma != "plain"}
    best = max(speedups, key=lambda gamma: speedups[gamma]["median"])
    return {
        "plain_tokens_per_second": round(timings["plain"].tokens_per_second, 1),
        "speedup": speedups,
        "best_gamma": int(best),
        "best": speedups[best],
    }
