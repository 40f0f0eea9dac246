"""``specviz trace``: what a recorded run holds, and the same in other formats. Loads no model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specviz.cli.run import summary
from specviz.cli.terminal import console, facts, size_words
from specviz.errors import UnexpectedValueError

if TYPE_CHECKING:
    from specviz.trace import Trace

trace = typer.Typer(no_args_is_help=True, help="Look into a recorded run, or write it in another format.")
File = Annotated[str, typer.Argument(help="A trace file, or the name of a recorded sample.")]


@trace.command()
def info(file: File) -> None:
    """Say how a run was made, what it achieved and whether it is whole."""
    from specviz.trace import load_trace, summarise

    loaded = load_trace(file)
    rows = described(loaded)
    if Path(file).exists():
        rows.append(("file", f"{Path(file).name}, {size_words(Path(file).stat().st_size)}"))
    whole = "yes" if loaded.is_complete else "no: the run was cut off while it wrote; every cycle before that is here"
    console().print(facts([*rows, ("cycles", str(len(loaded))), ("complete", whole), *summary(summarise(loaded))]))


@trace.command()
def export(
    file: File,
    parquet: Annotated[Path | None, typer.Option(help="Write a Parquet file, a row a cycle.")] = None,
    jsonl: Annotated[Path | None, typer.Option(help="Write JSON lines: the header, then a line a cycle.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one HTML page that needs no network.")] = None,
    perfetto: Annotated[Path | None, typer.Option(help="Write a timeline for ui.perfetto.dev or chrome://tracing (JSON).")] = None,
) -> None:
    """Write a run in other formats; several may be asked for at once."""
    if parquet is None and jsonl is None and html is None and perfetto is None:
        raise UnexpectedValueError("--parquet OUT, --jsonl OUT, --html OUT or --perfetto OUT", "none of them", "name a file to write")
    from specviz.trace import load_trace
    from specviz.trace.export import to_jsonl, to_parquet

    loaded = load_trace(file)
    written = []
    if parquet is not None:
        written.append(to_parquet(loaded, parquet))
    if jsonl is not None:
        written.append(to_jsonl(loaded, jsonl))
    if html is not None:
        from specviz.figures.page import to_html

        to_html(loaded, html)
        written.append(html)
    if perfetto is not None:
        from specviz.trace.perfetto import to_perfetto

        written.append(to_perfetto(loaded, perfetto))
    console().print(facts([("wrote", f"{path} ({size_words(path.stat().st_size)})") for path in written]))


def described(loaded: Trace) -> list[tuple[str, str]]:
    """How a run was made, in names and values."""
    h = loaded.header
    draft = f" + {h.draft.get('id', 'unknown')}" if h.draft else ""
    settings = json.dumps({"seed": h.seed, **h.settings}, ensure_ascii=False)
    return [
        ("method", f"{h.method}, judged by {h.verifier}"),
        ("models", f"{h.target.get('id', 'unknown')}{draft} on {h.device}, {h.dtype}"),
        ("prompt", h.prompt if len(h.prompt) <= 200 else h.prompt[:200] + "…"),
        ("settings", settings),
        ("recorded", f"{h.detail}, format {h.format_version}, specviz {h.package_version or 'unknown'}, {h.started or 'at no known time'}"),
        ("machine", ", ".join(f"{name} {value}" for name, value in h.machine.items()) or "unknown"),
    ]
