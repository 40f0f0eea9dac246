"""``specviz zoo``: look at what the shipped models learned from."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from specviz.cli.terminal import console, harmless
from specviz.errors import UnexpectedValueError

zoo = typer.Typer(no_args_is_help=True, help="The small models that ship, and the text they learned from.")


@zoo.callback()
def _group() -> None:
    """Keep ``sample`` a command of its own however many there are."""


@zoo.command()
def sample(
    family: Annotated[str, typer.Argument(help="code, story, chat, translate, summarise, retrieve or maths.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 3,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    start: Annotated[int, typer.Option(min=0, help="Number of the first; the same number is the same text everywhere.")] = 0,
) -> None:
    """Print examples of one family of text."""
    from specviz.zoo.corpus.base import SPLITS
    from specviz.zoo.corpus.families import FAMILIES

    if family not in FAMILIES:
        raise UnexpectedValueError(f"a family of text ({', '.join(FAMILIES)})", repr(family))
    chosen = next((known for known in SPLITS if known == split), None)
    if chosen is None:
        raise UnexpectedValueError(f"a split ({', '.join(SPLITS)})", repr(split))
    names = {"user": ("user  ", "bold cyan"), "assistant": ("model ", "bold green"), "text": ("", "")}
    for index in range(start, start + count):
        console().print(Text(f"{family} {split} {index}", style="dim"))
        for turn in FAMILIES[family].example(chosen, index).turns:
            name, style = names[turn.role]
            console().print(Text.assemble((name, style), harmless(turn.text)), soft_wrap=True)
        console().print()
