"""``specviz bench``: our engine beside ``transformers`` on this machine, written down as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specviz.cli import bench_shapes
from specviz.cli.bench_tables import batch_table, family_table, methods_table, passes_table, peers_table, rules_table
from specviz.cli.compare import PromptFile, read_prompts
from specviz.cli.run import Device, DraftName, PairName, TargetName, open_pair
from specviz.cli.terminal import console, json_place, write_json
from specviz.errors import UnexpectedValueError

if TYPE_CHECKING:
    from specviz.model.pair import Pair

Families = Annotated[str, typer.Option(help="Kinds of text, separated by commas; default: all seven.")]
EachKind = Annotated[int, typer.Option(min=1, help="Prompts of each kind of text.")]
Repeats = Annotated[int, typer.Option(min=1, help="Timed rounds.")]
Temperature = Annotated[float, typer.Option(min=0.0, help="0 for greedy.")]
Dtype = Annotated[str, typer.Option(help="Data type.")]
JsonOut = Annotated[Path | None, typer.Option("--json", callback=json_place, help="Write the report to this file.")]

bench = typer.Typer(no_args_is_help=True, help="Measure on this machine.")
bench.command("shapes")(bench_shapes.shapes)


@bench.command("peers")
def peers(  # noqa: PLR0913  every setting has an option of its own
    *,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    file: PromptFile = None,
    families: Families = "",
    each: EachKind = 3,
    new_tokens: Annotated[int, typer.Option(min=1, help="Most new tokens for each.")] = 128,
    repeats: Annotated[int, typer.Option(min=1, help="Timed rounds over all prompts.")] = 3,
    dtypes: Annotated[str, typer.Option(help="Data types, separated by commas.")] = "bfloat16,float32",
    device: Device = "auto",
    json_out: JsonOut = None,
) -> None:
    """Plain decoding, the best chain, the best tree and prompt lookup beside transformers' own: same weights and prompts, in one process."""
    from specviz.bench.peers import bench_peers

    with console(stderr=True).status("measuring beside transformers: some minutes …"):
        report = bench_peers(
            lambda dtype: open_pair(pair, target, draft, device, dtype, "auto"),
            lambda loaded: _texts(loaded, file, families, each),
            dtypes.split(","),
            new_tokens=new_tokens,
            repeats=repeats,
        )
    if json_out is not None:
        write_json(json_out, report)
    for dtype in dtypes.split(","):
        console().print(peers_table(dtype, report[dtype]))
    console().print(
        f"Measured on {report['machine']['processor']}, {report['machine']['cores']} cores, {report['date']}; medians of {repeats} rounds."
    )


@bench.command("zoo")
def family(  # noqa: PLR0913  every setting has an option of its own
    *,
    drafts: Annotated[str, typer.Option(help="Drafts of the shipped family, separated by commas; default: all.")] = "",
    families: Families = "",
    weights: Annotated[Path | None, typer.Option(help="The --out folder of `specviz train zoo`; default: the family that ships.")] = None,
    dtype: Dtype = "float32",
    answers: Annotated[int, typer.Option(min=1, help="Judged answers of each kind of text.")] = 100,
    prompts: Annotated[int, typer.Option(min=1, help="Prompts of each kind of text for acceptance.")] = 12,
    timed: Annotated[int, typer.Option(min=1, help="Of these, how many are timed.")] = 6,
    repeats: Repeats = 3,
    json_out: JsonOut = None,
) -> None:
    """Measure the family: accuracy, acceptance and speed, by kind of text and draft. Takes a while on a laptop."""
    from specviz.bench.zoo import Sizes, bench_zoo, shipped, trained
    from specviz.model.pair import shipped_drafts

    if weights is not None and not drafts:
        raise typer.BadParameter("expected --drafts with --weights, got none; name the folders to be measured")
    chosen, names = _kinds(families), drafts.split(",") if drafts else shipped_drafts("tiny")
    load = trained(weights, dtype) if weights is not None else shipped(dtype=dtype)
    with console(stderr=True).status(f"measuring {', '.join(names)} on {', '.join(chosen)}: this takes a while …"):
        report = bench_zoo(load, names, chosen, Sizes(answers, prompts, timed, repeats))
    if json_out is not None:
        write_json(json_out, report)
    for name, figures in report["drafts"].items():
        console().print(family_table(name, figures))


@bench.command("methods")
def methods(  # noqa: PLR0913  every setting has an option of its own
    *,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    file: PromptFile = None,
    names: Annotated[str, typer.Option("--methods", help="Methods with settings, separated by commas; default: chains, trees, automatic.")] = "",
    families: Families = "",
    each: EachKind = 4,
    new_tokens: Annotated[int, typer.Option(min=1, help="Most new tokens for each.")] = 160,
    temperature: Temperature = 0.0,
    repeats: Repeats = 3,
    device: Device = "auto",
    dtype: Dtype = "float32",
    json_out: JsonOut = None,
) -> None:
    """Chains, trees and automatic choices against plain decoding: tokens per cycle and wall clock, by kind of text."""
    from specviz.bench.methods import CHAINS, CHOOSING, TREES, bench_methods

    loaded = open_pair(pair, target, draft, device, dtype)
    texts = _texts(loaded, file, families, each)
    chosen = names.split(",") if names else [*CHAINS, *TREES, *CHOOSING]
    with console(stderr=True).status(f"measuring {len(chosen)} methods on {', '.join(texts)}: this takes a while …"):
        report = bench_methods(loaded, texts, chosen, new_tokens=new_tokens, temperature=temperature, repeats=repeats)
    if json_out is not None:
        write_json(json_out, report)
    for kind, figures in report["families"].items():
        console().print(methods_table(kind, figures))


@bench.command("batch")
def batch(  # noqa: PLR0913  every setting has an option of its own
    *,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    file: PromptFile = None,
    names: Annotated[str, typer.Option("--methods", help="Methods with settings, separated by commas; default: chains and a tree.")] = "",
    batches: Annotated[str, typer.Option(help="Numbers of requests, separated by commas.")] = "1,2,4,8,16,32",
    families: Families = "",
    new_tokens: Annotated[int, typer.Option(min=1, help="New tokens of every request.")] = 96,
    temperature: Temperature = 0.0,
    repeats: Repeats = 3,
    device: Device = "auto",
    dtype: Dtype = "float32",
    json_out: JsonOut = None,
) -> None:
    """Tokens a second against the number of requests that share every pass, and where drafting stops paying."""
    from specviz.bench.batch import METHODS, bench_batch

    sizes = [int(size) for size in batches.split(",")]
    loaded = open_pair(pair, target, draft, device, dtype)
    by_kind = _texts(loaded, file, families, each=-(-max(sizes) // len(_kinds(families))))
    texts = [text for texts in zip(*by_kind.values(), strict=True) for text in texts]  # kind after kind, so that small batches mix them, too
    with console(stderr=True).status(f"measuring batches of {batches} requests: this takes a while …"):
        report = bench_batch(
            loaded, texts, names.split(",") if names else METHODS, sizes, new_tokens=new_tokens, temperature=temperature, repeats=repeats
        )
    if json_out is not None:
        write_json(json_out, report)
    console().print(batch_table(report))


@bench.command("endurance")
def endurance(  # noqa: PLR0913  every setting has an option of its own
    *,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    file: PromptFile = None,
    families: Families = "",
    each: EachKind = 30,
    new_tokens: Annotated[int, typer.Option(min=1, help="Most new tokens for each, where texts are compared.")] = 64,
    runs: Annotated[int, typer.Option(min=10, help="Runs of 16 tokens during which memory is watched.")] = 1000,
    device: Device = "auto",
    json_out: JsonOut = None,
) -> None:
    """Whether optimised passes write what plain ones write, and whether memory stays flat over many runs."""
    from specviz.bench.endurance import bench_endurance

    def load() -> Pair:
        return open_pair(pair, target, draft, device, "float32")

    def prompts_for(loaded: Pair) -> list[list[int]]:
        return [ids for texts in _texts(loaded, file, families, each).values() for ids in texts]

    with console(stderr=True).status("comparing texts, then watching memory: this takes a while …"):
        report = bench_endurance(load, prompts_for, new_tokens=new_tokens, runs=runs)
    if json_out is not None:
        write_json(json_out, report)
    console().print(f"{report['same_as_plain_twin']} of {report['prompts']} texts are those of the plain twin, token for token.")
    console().print(f"Memory over {runs} runs, MB: {', '.join(str(held) for held in report['soak']['resident_mb'])}")


@bench.command("passes")
def passes(
    *,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    dtypes: Annotated[str, typer.Option(help="Data types, separated by commas.")] = "bfloat16,float32",
    contexts: Annotated[str, typer.Option(help="Tokens of text before a pass, rising, separated by commas.")] = "64,128,256,512,1000",
    rounds: Annotated[int, typer.Option(min=3, help="Interleaved rounds; medians count.")] = 41,
    device: Device = "auto",
    json_out: JsonOut = None,
) -> None:
    """How far a one-token step is from its bandwidth floor, and how a cycle grows with the text before it."""
    from specviz.bench.passes import bench_passes

    lengths = [int(part) for part in contexts.split(",")]
    with console(stderr=True).status("timing passes …"):
        report = bench_passes(lambda dtype: open_pair(pair, target, draft, device, dtype, "auto"), dtypes.split(","), contexts=lengths, rounds=rounds)
    if json_out is not None:
        write_json(json_out, report)
    console().print(passes_table(report))


@bench.command("rules")
def rules(  # noqa: PLR0913  every setting has an option of its own
    *,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    file: PromptFile = None,
    temperatures: Annotated[str, typer.Option(help="Temperatures above 0, separated by commas.")] = "0.6,1",
    most: Annotated[int, typer.Option(min=1, help="From one draft to this many at a place.")] = 8,
    places: Annotated[int, typer.Option(min=1, help="Places of the target's text, at each temperature.")] = 96,
    device: Device = "auto",
    json_out: JsonOut = None,
) -> None:
    """How far every rule falls short of the best that any lossless rule could do, on real p and q."""
    from specviz.bench.rules import rule_gap
    from specviz.bench.zoo import prompts_of
    from specviz.zoo.corpus.families import FAMILIES

    asked = [float(part) for part in temperatures.split(",")]
    loaded = open_pair(pair, target, draft, device, "float32")
    prompts: list[Any] = read_prompts(file) if file else [ids for family in FAMILIES for ids in prompts_of(loaded, family, 2)]
    with console(stderr=True).status(f"measuring {places} places at {len(asked)} temperatures …"):
        report = rule_gap(loaded, prompts, ks=range(1, most + 1), temperatures=asked, places=places)
    if json_out is not None:
        write_json(json_out, report)
    for temperature in asked:
        console().print(rules_table(report, temperature))


def _texts(pair: Pair, file: Path | None, families: str, each: int) -> dict[str, list[list[int]]]:
    """Kind of text -> prompts as token ids: those of a file, or ``each`` of every kind asked for."""
    from specviz.bench.zoo import prompts_of

    if file:
        return {"file": [pair.text.encode(text) for text in read_prompts(file)]}
    return {kind: prompts_of(pair, kind, each) for kind in _kinds(families)}


def _kinds(families: str) -> list[str]:
    """The kinds of text asked for, all without a word; ValueError for an unknown one."""
    from specviz.zoo.corpus.families import FAMILIES

    chosen = families.split(",") if families else list(FAMILIES)
    unknown = [name for name in chosen if name not in FAMILIES]
    if unknown:
        raise UnexpectedValueError(f"families of text ({', '.join(FAMILIES)})", repr(unknown[0]))
    return chosen
