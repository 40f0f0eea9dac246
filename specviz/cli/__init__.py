"""The command line: ``specviz run | compare | bench | doctor | trace | course | train | zoo | app``.

Each command loads what it needs when it is called.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from specviz.cli import bench, compare, course, doctor, run, serve, trace, train, zoo
from specviz.cli.terminal import report_error


class _Commands(TyperGroup):
    """Runs a command; what went wrong is said in one line on stderr, with exit code 1, unless ``--debug`` asks for the traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  typer brings its own click, whose names are private
        try:
            return super().invoke(ctx)
        except Exception as error:
            # whoever read our output has left, and typer ends quietly; or typer itself ends the command, or says how to call it
            if isinstance(error, (BrokenPipeError, typer.Exit, typer.Abort, *_COMPLAINTS)) or ctx.params.get("debug"):
                raise
            report_error(error)
            raise typer.Exit(1) from None


_COMPLAINTS = tuple(kind for kind in typer.BadParameter.__mro__ if kind not in Exception.__mro__)
"""Typer's own errors; it exports only the last of them."""


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Run speculative decoding for real, and look at every decision it makes.",
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("specviz")
        except PackageNotFoundError:
            number = "(a checkout that is not installed)"
        typer.echo(f"specviz {number}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", callback=_show_version, is_eager=True)] = False,
    debug: Annotated[bool, typer.Option("--debug", envvar="SPECVIZ_DEBUG", help="Show the traceback of an error.")] = False,
) -> None:
    """Read above, by typer and by ``_Commands``."""


app.command("run")(run.run)
app.command("compare")(compare.compare)
app.add_typer(bench.bench, name="bench")
app.command("doctor")(doctor.doctor)
app.add_typer(trace.trace, name="trace")
app.add_typer(course.course, name="course")
app.add_typer(train.train, name="train")
app.add_typer(zoo.zoo, name="zoo")
app.command("app")(serve.serve)
