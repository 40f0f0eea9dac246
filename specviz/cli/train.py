"""``specviz train``: make models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from specviz.cli.terminal import console, facts

train = typer.Typer(no_args_is_help=True, help="Make models.")


@train.callback()
def _group() -> None:
    """Keep ``zoo`` a command of its own however many there are."""


@train.command()
def zoo(
    work: Annotated[Path, typer.Option(help="Checkpoints and logs; the same folder again goes on where it stopped.")] = Path("zoo-work"),
    out: Annotated[Path, typer.Option(help="Where the finished pair goes.")] = Path("zoo-out"),
    minutes: Annotated[float, typer.Option(min=0.01, help="Training time of the target.")] = 50.0,
    draft_minutes: Annotated[float, typer.Option(min=0.01, help="Training time of the draft.")] = 20.0,
    device: Annotated[str, typer.Option(help="auto or cpu: the recipe trains on the processor.")] = "auto",
) -> None:
    """Train the shipped pair from scratch, on this machine's own Python library. Ctrl-C stops it; the same call goes on."""
    if device not in ("auto", "cpu"):
        raise ValueError(f"expected device auto or cpu, got {device!r}; the recipe trains on the processor")
    from specviz.zoo.recipe import train_zoo

    try:
        train_zoo(work, out, minutes, draft_minutes)
    except KeyboardInterrupt:
        console(stderr=True).print(f"stopped; the last checkpoint is in {work}, the same command goes on from it", soft_wrap=True)
        raise typer.Exit(130) from None
    console().print(facts([("wrote", str(out)), ("try it", f"specviz run --target {out / 'target'} --draft {out / 'draft'} 'def main('")]))
