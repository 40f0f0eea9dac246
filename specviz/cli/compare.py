"""``specviz compare``: several methods on several prompts, timed side by side."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Table

from specviz.cli.run import (
    ASKED_OF,
    Chat,
    Device,
    DraftName,
    Dtype,
    Gamma,
    MaxNewTokens,
    PairName,
    Seed,
    Set,
    Stop,
    TargetName,
    Temperature,
    TopK,
    TopP,
    distribution_of,
    offers,
    open_pair,
)
from specviz.cli.terminal import console, share_words
from specviz.errors import UnexpectedValueError
from specviz.files import text_of

if TYPE_CHECKING:
    from specviz.bench.compare import Comparison

PromptFile = Annotated[Path | None, typer.Option("--prompts", help="A file of prompts: one a line, or separated by blank lines if it has any.")]

Methods = Annotated[
    str | None,
    typer.Option(
        help="Names of specviz.METHODS, with settings (sequoia:nodes=64), separated by commas; plain decoding is always added. "
        "If not given, chain and prompt-lookup; without a draft prompt-lookup alone."
    ),
]

CONVENTIONS = (
    "tokens/s and speed-up over plain decoding are medians of the repeats (smallest to largest) and cover decoding alone; "
    "tokens per cycle count the corrected or bonus token; acceptance is of examined drafts; same text: runs with plain decoding's very tokens."
)


def compare(  # noqa: PLR0913  every setting of a run has an option of its own
    prompts: Annotated[list[str] | None, typer.Argument(help="Texts to go on from.")] = None,
    *,
    file: PromptFile = None,
    chat: Chat = False,
    methods: Methods = None,
    repeats: Annotated[int, typer.Option(help="Timed runs of every method on every prompt.")] = 3,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    max_new_tokens: MaxNewTokens = 128,
    temperature: Temperature = 0.0,
    top_k: TopK = None,
    top_p: TopP = None,
    seed: Seed = 0,
    gamma: Gamma = None,
    stop: Stop = None,
    settings: Set = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Time methods against plain decoding: interleaved, after a warm-up, medians of the repeats."""
    texts = [*(prompts or ()), *(read_prompts(file) if file else ())]
    if not texts:
        raise UnexpectedValueError("prompts", "none", "give them as arguments or with --prompts FILE")
    from specviz.bench.compare import compare as measure, with_baseline

    names = None if methods is None else [name.strip() for name in methods.split(",") if name.strip()]
    with_baseline(names, offers(target, draft), ASKED_OF)  # before the models are loaded
    distribution: Any = distribution_of(settings)
    loaded = open_pair(pair, target, draft, device, dtype)
    texts = [loaded.text.chat(text) for text in texts] if chat else texts
    with console(stderr=True).status(f"measuring {len(texts)} prompts …"):
        result = measure(
            loaded, texts, names, repeats, max_new_tokens=max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed, gamma=gamma,
            stop=stop or None, **distribution,
        )  # fmt: skip
    out = console()
    if as_json:
        out.print(json.dumps(as_plain(result) | {"pair": loaded.describe()}, indent=1), soft_wrap=True)
    else:
        out.print(_table(result))
        out.print(f"Measured here on {loaded.describe()}. {CONVENTIONS}", style="dim")


def read_prompts(file: Path) -> list[str]:
    """The prompts of a file."""
    from specviz.bench.workloads import split_prompts

    return split_prompts(text_of("a file of prompts", file))


def as_plain(result: Comparison) -> dict[str, Any]:
    """The comparison as plain data; what was not measured is null."""
    rows = result.table.reset_index().to_dict("records")
    cleaned = [{name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()} for row in rows]
    return {"prompts": len(result.prompts), "repeats": result.repeats, "methods": cleaned}


def _rate(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _table(result: Comparison) -> Table:
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), title=f"{len(result.prompts)} prompts, {result.repeats} repeats")
    for column in ("method", "tokens/\ncycle", "accept-\nance", "tokens/s", "speed-up", "draft/tar-\nget/rest %", "same\ntext"):
        table.add_column(column, justify="left" if column == "method" else "right", no_wrap=True)
    for name, row in result.table.iterrows():
        table.add_row(
            str(name),
            f"{row.tokens_per_cycle:.2f}",
            share_words(row.acceptance),
            f"{_rate(row.tokens_per_s)}\n({_rate(row.tokens_per_s_min)}–{_rate(row.tokens_per_s_max)})",
            f"{row.speedup:.2f}x\n({row.speedup_min:.2f}–{row.speedup_max:.2f})",
            "/".join(f"{100 * row[f'{part}_share']:.0f}" for part in ("draft", "verify", "other")),
            "yes" if row.identical == 1 else share_words(row.identical),
        )
    return table
