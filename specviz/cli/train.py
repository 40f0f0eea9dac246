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
    out: Annotated[Path, typer.Option(help="Where the finished models go, a folder each.")] = Path("zoo-out"),
    only: Annotated[str | None, typer.Option(help="One model of the family: target, draft-s, draft-m, draft-l or draft-v2.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Training time of the target (drafts in proportion), or of --only.")] = None,
    distil: Annotated[bool, typer.Option(help="Teach drafts what the target says; without it, text alone, for a comparison.")] = True,
    device: Annotated[str, typer.Option(help="auto (cuda, else mps, else cpu) or a device's name.")] = "auto",
) -> None:
    """Train the shipped family from scratch: seven kinds of text, a target, four drafts. Ctrl-C stops it; the same call goes on."""
    from specviz.zoo.recipe import train_zoo

    try:
        train_zoo(work, out, only, minutes, device, distil=distil)
    except KeyboardInterrupt:
        console(stderr=True).print(f"stopped; the last checkpoint is in {work}, the same command goes on from it", soft_wrap=True)
        raise typer.Exit(130) from None
    draft = only if only and only != "target" else "draft-m"
    console().print(facts([("wrote", str(out)), ("try it", f"specviz run --target {out / 'target'} --draft {out / draft} 'def main('")]))
