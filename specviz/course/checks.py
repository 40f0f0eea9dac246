"""Finds the tutorial, whose exercises live outside the package: beside it in a checkout, inside it in a wheel."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from specviz import progress
from specviz.errors import MissingFileError

Hear = Callable[..., None]
"""Hears of a learner: ``hear(chapter, task, kind, event, **details)``, as :meth:`specviz.progress.Progress.noted` takes it."""
_PACKAGE = Path(__file__).resolve().parents[1]
_NAME = "specviz_tutorial_checks"  # a name of its own: "tutorial" or "checks" may well be taken in a learner's environment


def tutorial_folder() -> Path:
    """Where the chapters are.

    Raises:
        FileNotFoundError: when the installation came without them.
    """
    places = (_PACKAGE.parent / "tutorial", _PACKAGE / "_tutorial")
    for place in places:
        if (place / "checks" / "__init__.py").is_file():
            return place
    raise MissingFileError(f"the tutorial at {places[0]} or {places[1]}", "neither", "install specviz from its checkout or wheel")


def load_checks(chapter: str) -> ModuleType:
    """The exercises of a chapter, whatever the working directory: ``load_checks("01_first_run").residual.check(mine)``.

    What is tried is written down in the learner's own file (``specviz.progress``).

    Raises:
        FileNotFoundError: when there is no such chapter, or no tutorial.
    """
    module = _module(chapter)
    for task, item in tasks(module).items():
        item.tell = partial(_write_down, _stem(chapter), task, kind_of(item))
    return module


def own_tasks(chapter: str, hear: Hear) -> dict[str, Any]:
    """Copies of a chapter's exercises and predictions for one learner of many: ``hear`` is told, and no file is written.

    Raises:
        FileNotFoundError: as :func:`load_checks`.
    """
    own = {}
    for task, item in tasks(_module(chapter)).items():
        own[task] = copy.copy(item)
        own[task].tell = partial(hear, _stem(chapter), task, kind_of(item))
    return own


def tasks(module: ModuleType) -> dict[str, Any]:
    """The exercises and predictions of a chapter by name, in the order of the file."""
    return {name: item for name, item in vars(module).items() if hasattr(item, "tell") and not isinstance(item, type)}


def kind_of(item: Any) -> progress.Kind:
    """Whether it is an exercise or a prediction."""
    return "prediction" if hasattr(item, "guess") else "exercise"


def _module(chapter: str) -> ModuleType:
    folder, name = tutorial_folder() / "checks", _short(chapter)
    if not (folder / f"{name}.py").is_file():
        known = ", ".join(sorted(path.stem for path in tutorial_folder().glob("[0-9]*.md")))
        raise MissingFileError(f"exercises for one of the chapters ({known})", repr(chapter))
    if _NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(_NAME, folder / "__init__.py", submodule_search_locations=[str(folder)])
        if spec is None or spec.loader is None:
            raise MissingFileError(f"a Python package at {folder}", "something that cannot be loaded")
        package = importlib.util.module_from_spec(spec)
        sys.modules[_NAME] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{_NAME}.{name}")


def _short(chapter: str) -> str:
    return chapter.removesuffix(".md").lstrip("0123456789").lstrip("_-")


def _stem(chapter: str) -> str:
    return next((path.stem for path in tutorial_folder().glob(f"[0-9]*_{_short(chapter)}.md")), _short(chapter))


def _write_down(chapter: str, task: str, kind: progress.Kind, event: str, **details: Any) -> None:
    progress.note(chapter, task, kind, event, details)
