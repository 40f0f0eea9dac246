"""``specviz bench``: our engine beside ``transformers`` on this machine, written down as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Table

from specviz.cli.terminal import console

bench = typer.Typer(no_args_is_help=True, help="Measure on this machine.")


@bench.command("peers")
def peers(
    *,
    prompts: Annotated[int, typer.Option(help="Held-out functions of the standard library to go on from.")] = 20,
    new_tokens: Annotated[int, typer.Option(help="New tokens for each.")] = 128,
    repeats: Annotated[int, typer.Option(help="Timed rounds over all prompts.")] = 3,
    dtypes: Annotated[str, typer.Option(help="Data types, separated by commas.")] = "bfloat16,float32",
    out: Annotated[Path | None, typer.Option(help="Write the report to this JSON file as well.")] = None,
) -> None:
    """Plain decoding, chain and prompt lookup beside transformers' own, same weights and prompts, in one process."""
    from specviz.bench.peers import bench_peers

    with console(stderr=True).status(f"measuring {prompts} prompts x {new_tokens} tokens, {repeats} rounds: some minutes …"):
        report = bench_peers(dtypes=dtypes.split(","), prompts=prompts, new_tokens=new_tokens, repeats=repeats)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(report, indent=1) + "\n")
    for dtype in dtypes.split(","):
        console().print(_table(dtype, report[dtype]))
    console().print(
        f"Measured on {report['machine']['processor']}, {report['machine']['cores']} cores, {report['date']}; medians of {repeats} rounds."
    )


def _table(dtype: str, figures: dict[str, Any]) -> Table:
    table = Table(
        "ratio of tokens/s", "median", "smallest to largest", title=f"{dtype}: {figures['best']['chain']}, {figures['best']['assisted']}", box=SIMPLE
    )
    for name, value in figures["ratios"].items():
        table.add_row(name, f"{value['median']:.2f}x", f"{value['min']:.2f} to {value['max']:.2f}")
    return table
