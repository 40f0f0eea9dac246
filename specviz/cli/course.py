"""``specviz course``: what a learner has done in the course, and what a class has."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from specviz.cli.terminal import console, facts, one_line
from specviz.errors import MissingFileError, SpecvizError, UnexpectedValueError, shown, words
from specviz.files import whole_file
from specviz.progress import Progress, Task, change, load, place, save

course = typer.Typer(no_args_is_help=True, help="Your progress in the course; a class's, from the files its learners hand in.")

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a formula begins with; some spreadsheets take the wide signs for the narrow ones."""

Key = tuple[str, str]
"""Chapter and task."""


@course.command("progress")
def show() -> None:
    """What you have solved, and where it is written down."""
    mine = load()
    console().print(_learner_table(mine))
    console().print(facts([("kept in", str(place()))]))


@course.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="The file to write, to be handed in or taken to another machine.")],
    name: Annotated[str, typer.Option(help="Your name, as your instructor knows you.")] = "",
) -> None:
    """Write your progress to a file."""
    mine = load()
    if not mine.tasks:
        raise UnexpectedValueError("some progress to export", "none", "solve an exercise first: make notebooks, or the app's Course")
    from dataclasses import replace

    save(replace(mine, learner=name or mine.learner), out)
    console().print(facts([("wrote", f"{out}: {_solved(mine)} of {len(list(mine))} tasks worked on are solved")]))


@course.command("import")
def take(file: Annotated[Path, typer.Argument(help="A file written by export.")]) -> None:
    """Add the progress of a file to yours; what is further on either side is kept."""
    if not file.exists():
        raise MissingFileError("a file written by specviz course export", f"none called {shown(file.name)}", "name the file that was exported")
    brought = load(file)
    together = change(lambda mine: mine.merged(brought))
    console().print(facts([("now", f"{_solved(together)} tasks solved"), ("kept in", str(place()))]))


@course.command("class")
def group(
    files: Annotated[list[Path], typer.Argument(help="The files handed in, or folders of them.")],
    csv_out: Annotated[Path | None, typer.Option("--csv", help="Write a line for every learner and task to this file.")] = None,
) -> None:
    """How a class did: who solved what, and which mistakes were made most."""
    learners, refused = _read_all(files)
    if not learners:
        why = words("; ".join(refused), 2000) or "the folder is empty"
        raise UnexpectedValueError("files written by specviz course export", "none that can be read", why)
    console().print(_class_table(learners), _tasks_table(learners))
    for why in refused:
        console(stderr=True).print(Text(f"left out: {one_line(why)}"))
    if csv_out is not None:
        _write_csv(csv_out, learners)


def _read_all(files: list[Path]) -> tuple[dict[str, Progress], list[str]]:
    """Learner -> progress, and why files were left out. One learner's files are taken together; a file without a name goes by its own."""
    learners: dict[str, Progress] = {}
    refused: list[str] = []
    for path in [found for file in files for found in (sorted(file.glob("*.json")) if file.is_dir() else [file])]:
        try:
            one = _read(path)
        except Exception as error:  # noqa: BLE001  one learner's file, whatever is in it, never hides what the others did
            refused.append(str(error) if isinstance(error, SpecvizError) else f"{path.name}: {type(error).__name__}")
            continue
        name = one.learner or path.stem
        learners[name] = learners[name].merged(one) if name in learners else one
    return learners, refused


def _read(path: Path) -> Progress:
    if not path.exists():
        raise MissingFileError("a file written by specviz course export", f"none called {path.name}")
    return load(path)


def _solved(progress: Progress) -> int:
    return sum(record.solved for _, _, record in progress)


def _learner_table(progress: Progress) -> Table:
    table = Table("chapter", "task", "solved", "tries", "hints", "mistakes recognised", box=SIMPLE)
    for chapter, name, record in progress:
        mistakes = ", ".join(f"{mistake} ({count})" for mistake, count in record.mistakes.items())
        table.add_row(*(Text(one_line(text)) for text in (chapter, name, _state(record), str(record.tries), str(record.hints), mistakes)))
    if not progress.tasks:
        table.add_row("none yet", "", "", "", "", "")
    return table


def _state(record: Task) -> str:
    if not record.solved:
        return "no"
    return f"at try {record.solved_at_try}" + (", after the solution" if record.saw_solution else "")


def _class_table(learners: dict[str, Progress]) -> Table:
    table = Table("learner", "solved", "without the solution", "tries", "last seen", title=f"{len(learners)} learners", box=SIMPLE)
    for name, progress in sorted(learners.items(), key=lambda item: (-_solved(item[1]), item[0])):
        records = [record for _, _, record in progress]
        alone = sum(record.solved and not record.saw_solution for record in records)
        last = max((record.last for record in records), default="")[:10]
        row = (name, str(_solved(progress)), str(alone), str(sum(record.tries for record in records)), last)
        table.add_row(*(Text(one_line(text)) for text in row))
    return table


def _tasks_table(learners: dict[str, Progress]) -> Table:
    table = Table("chapter", "task", "tried by", "solved by", "median tries", "most made mistake", title="by task", box=SIMPLE)
    for (chapter, task), records in _by_task(learners).items():
        tries = [record.solved_at_try for record in records if record.solved]
        made = Counter[str]()
        for record in records:
            made.update(record.mistakes.keys())  # a learner counts once, however often
        common = ", ".join(f"{mistake}: {count}" for mistake, count in made.most_common(1))
        row = (chapter, task, str(len(records)), str(len(tries)), f"{median(tries):g}" if tries else "–", common)
        table.add_row(*(Text(one_line(text)) for text in row))
    return table


def _by_task(learners: dict[str, Progress]) -> dict[Key, list[Task]]:
    found: dict[Key, list[Task]] = {}
    for progress in learners.values():
        for chapter, task, record in progress:
            found.setdefault((chapter, task), []).append(record)
    return dict(sorted(found.items()))


def _write_csv(path: Path, learners: dict[str, Progress]) -> None:
    with whole_file("--csv", path) as place, place.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["learner", "chapter", "task", "kind", "solved", "solved_at_try", "tries", "hints", "saw_solution", "mistakes", "last"])
        for name, progress in learners.items():
            for chapter, task, record in progress:
                mistakes = "; ".join(f"{mistake} x{count}" for mistake, count in record.mistakes.items())
                counts = (record.solved, record.solved_at_try, record.tries, record.hints, record.saw_solution)
                rows.writerow([_plain(cell) for cell in (name, chapter, task, record.kind, *counts, mistakes, record.last)])


def _plain(cell: str | int) -> str | int:
    """What no spreadsheet takes for a formula: these files come from other people, and some programs skip white space in front of one."""
    is_formula = isinstance(cell, str) and (cell.lstrip().startswith(_FORMULA) or cell.startswith(("\t", "\r", "\n")))
    return f"'{cell}" if is_formula else cell
