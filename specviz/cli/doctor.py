"""``specviz doctor``: why a pair is not faster, or how much faster it could be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specviz.cli.compare import PromptFile, read_prompts
from specviz.cli.run import Device, DraftName, Dtype, Gamma, PairName, Seed, TargetName, Temperature, TopK, TopP, chosen_method, open_pair
from specviz.cli.terminal import console, json_place, write_json
from specviz.errors import UnexpectedValueError

if TYPE_CHECKING:
    from specviz.doctor.diagnosis import Diagnosis
    from specviz.engine.settings import RunSettings
    from specviz.model.pair import Pair


def doctor(  # noqa: PLR0913  every setting of a run has an option of its own
    prompts: Annotated[
        list[str] | None, typer.Argument(help="Texts to go on from; for the shipped pair its own test split if none are given.")
    ] = None,
    *,
    file: PromptFile = None,
    method: Annotated[
        str | None,
        typer.Option(help="The method to examine, also with settings: sequoia:nodes=64. If not given, chain, or prompt-lookup without a draft."),
    ] = None,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    max_new_tokens: Annotated[int, typer.Option(help="Most new tokens of each prompt.")] = 64,
    temperature: Temperature = 0.0,
    top_k: TopK = None,
    top_p: TopP = None,
    seed: Seed = 0,
    gamma: Gamma = None,
    repeats: Annotated[int, typer.Option(min=1, help="Timed runs of every task on every prompt.")] = 3,
    rounds: Annotated[int, typer.Option(min=1, help="Timed rounds of single passes.")] = 7,
    device: Device = "auto",
    dtype: Dtype = "auto",
    json_out: Annotated[Path | None, typer.Option("--json", callback=json_place, help="Write the diagnosis to this file.")] = None,
) -> None:
    """Say why a pair is, or is not, faster than its target alone, and what to try. Takes a minute or two."""
    from specviz.cli.doctor_report import show
    from specviz.engine.settings import RunSettings

    method, _ = chosen_method(method, target, draft)  # before the models are loaded
    settings = RunSettings(max_new_tokens, temperature, top_k, top_p, seed, gamma)
    texts = [*(prompts or ()), *(read_prompts(file) if file else ())]
    if not texts and target is not None:
        raise UnexpectedValueError("prompts for your own models", "none", "give them as arguments or with --prompts FILE")
    found = _no_pair(target, draft) or _examined(open_pair(pair, target, draft, device, dtype), texts, method, settings, repeats, rounds)
    if json_out is not None:
        write_json(json_out, found.as_plain)
    show(found, console())


def _examined(pair: Pair, texts: list[Any], method: str, settings: RunSettings, repeats: int, rounds: int) -> Diagnosis:
    from specviz.bench.zoo import mixed_prompts
    from specviz.doctor.examine import examine

    with console(stderr=True).status("examining …") as status:
        prompts = texts or mixed_prompts(pair)
        return examine(pair, prompts, method, settings, repeats=repeats, rounds=rounds, say=lambda words: status.update(f"{words} …"))


def _no_pair(target: str | None, draft: str | None) -> Diagnosis | None:
    """What keeps two checkpoints of one's own from being loaded as a pair, if anything does."""
    if target is None or draft is None:
        return None
    from specviz.doctor.examine import compare_checkpoints

    return compare_checkpoints(target, draft)
