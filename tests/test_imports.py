"""Imports run one way only (see the design): rules name no array library, the reading side never meets torch.

The source is read with ``ast``, so imports inside functions count too, and one more test asks a fresh interpreter.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TORCH = {"torch", "transformers", "accelerate"}

# Each part of the package -> the other parts it may import, at the top or inside a function. A part missing here fails the
# test: a new folder has to say where it stands.
MAY_IMPORT: dict[str, set[str]] = {
    # what everything may use: COMMON below
    "errors": set(),
    "arguments": {"errors"},
    "locking": {"errors"},
    "files": {"errors", "arguments"},
    # pure rules
    "types": set(),
    "coins": {"types"},
    "theory": {"types"},
    "verifiers": {"types", "coins", "theory"},
    "controllers": {"types", "theory"},
    "trees": {"types", "coins", "theory"},
    # compute side
    "kernels": {"types"},
    "model": {"types", "kernels"},
    "drafters": {"types", "coins", "kernels", "model"},
    "combinations": {"types", "verifiers", "controllers", "trees", "drafters"},
    "methods": {"types", "combinations", "verifiers", "controllers", "trees", "drafters"},
    "engine": {"types", "coins", "theory", "verifiers", "controllers", "trees", "kernels", "model", "drafters", "combinations", "methods", "trace"},
    "train": {"types", "coins", "theory", "verifiers", "trees", "kernels", "model", "drafters", "methods", "engine", "trace", "zoo"},
    "zoo": {"types", "model", "train", "engine", "methods", "trace"},
    "bench": {"types", "theory", "kernels", "model", "drafters", "methods", "engine", "trace", "zoo"},
    "doctor": {"types", "theory", "verifiers", "model", "drafters", "combinations", "methods", "engine", "trace", "bench"},
    # reading side
    "trace": {"types", "coins", "theory", "verifiers", "trees"},
    "labs": {"types", "coins", "theory", "verifiers", "trees", "trace"},
    "figures": {"types", "theory", "trace", "verifiers", "labs"},
    "explorables": {"types", "coins", "theory", "verifiers", "controllers", "trees", "trace", "labs", "figures"},
    "widgets": {"types", "theory", "trace", "figures", "explorables", "course"},
    "progress": set(),
    "course": {"theory", "trace", "progress"},
}
COMMON = {"errors", "arguments", "locking", "files"}  # how an error is said, the checks that say it, files and who writes them: for any part
# Parts that start a live run when a person asks for one: these they may import as well, but only inside a function.
WHEN_ASKED = {"widgets": {"model", "methods", "engine", "bench"}}
FRONT = {"", "cli", "__main__"}  # specviz itself and the command line hand work to every part, each when it is asked for
RULES = {"types", "coins", "verifiers", "controllers", "trees", "theory"}
NAMELESS = {"types", "verifiers", "controllers", "trees"}  # ... and these name no array library; coins and formulas are numpy's
READING = {"trace", "labs", "figures", "explorables", "widgets", "course"}
COMPUTE = {"kernels", "model", "drafters", "engine", "train", "bench", "doctor"}


@dataclass(frozen=True)
class Import:
    """One imported name: where it stands, what it names, and whether importing the module runs it."""

    path: Path
    line: int
    name: str
    runs_at_import: bool


def is_type_checking(node: ast.AST) -> bool:
    """Say whether this is an ``if TYPE_CHECKING:`` block, which never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def names_of(node: ast.Import | ast.ImportFrom, path: Path, root: Path) -> Iterator[str]:
    """Yield the dotted names an import statement may load; ``from a import b`` may load a and a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        package = path.relative_to(root).parent.parts
        base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
    yield base
    yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def imports_of(path: Path, root: Path) -> tuple[Import, ...]:
    """List every import of a file, in functions and type-checking blocks as well."""

    def walk(node: ast.AST, runs: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield from (Import(path, child.lineno, name, runs) for name in names_of(child, path, root))
            elif is_type_checking(child):
                yield from walk(ast.Module(child.body, []), False)
                yield from walk(ast.Module(child.orelse, []), runs)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, runs and not inside)

    return tuple(walk(ast.parse(path.read_text(encoding="utf-8")), True))


def part_of(name: str) -> str | None:
    """Name the part of specviz that a module belongs to; None when it is not specviz's."""
    head, *rest = name.split(".")
    return None if head != "specviz" else (rest[0] if rest else "")


def files_of(root: Path, part: str) -> list[Path]:
    """List the source files of one part, a folder or a single file."""
    folder, single = root / "specviz" / part, root / "specviz" / f"{part}.py"
    return [path for path in sorted(folder.rglob("*.py")) if "weights" not in path.parts] if folder.is_dir() else [single]


def parts(root: Path) -> set[str]:
    """List the parts that exist."""
    here = (root / "specviz").iterdir()
    return {p.stem for p in here if p.suffix == ".py" or any(p.rglob("*.py"))} - {"__init__", "__main__", "cli", "_app", "_tutorial"}


def file_of(root: Path, module: str) -> Path | None:
    """Return the file a module of specviz lies in; None for names that are no module."""
    base = root.joinpath(*module.split("."))
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None)


def loaded_by(root: Path, start: Path) -> set[str]:
    """Follow the imports that run when ``start`` is imported; return the names outside specviz that they reach."""
    outside: set[str] = set()
    seen: set[Path] = set()
    todo = [start]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for entry in imports_of(path, root):
            if not entry.runs_at_import:
                continue
            if part_of(entry.name) is None:
                outside.add(entry.name.split(".")[0])
                continue
            pieces = entry.name.split(".")
            ancestors = (file_of(root, ".".join(pieces[:n])) for n in range(1, len(pieces) + 1))
            todo += [found for found in ancestors if found is not None]
    return outside


def say(root: Path, entry: Import, why: str) -> str:
    """One line of complaint."""
    return f"{entry.path.relative_to(root).as_posix()}:{entry.line} imports {entry.name}: {why}"


def wrong_directions(root: Path) -> Iterator[str]:
    """Complain about imports against the direction of the design."""
    for part in sorted(parts(root)):
        if part not in MAY_IMPORT:
            yield f"specviz/{part} is not in MAY_IMPORT: say there what it may import"
            continue
        allowed = MAY_IMPORT[part] | {part} | COMMON
        for path in files_of(root, part):
            for entry in imports_of(path, root):
                other = part_of(entry.name)
                late = set() if entry.runs_at_import else WHEN_ASKED.get(part, set())
                if other == "" or other is None or other in allowed | late:
                    continue
                if file_of(root, f"specviz.{other}") or (root / "specviz" / other).is_dir() or other in MAY_IMPORT or other in FRONT:
                    yield say(root, entry, f"{part} may import {sorted(MAY_IMPORT[part]) or 'nothing of specviz'}")


def array_names_in_rules(root: Path) -> Iterator[str]:
    """Complain about rules that name torch, or numpy where arrays of either kind must pass."""
    for part in sorted(RULES & parts(root)):
        for path in files_of(root, part):
            for entry in imports_of(path, root):
                head = entry.name.split(".")[0]
                if head in TORCH or (head == "numpy" and part in NAMELESS and entry.runs_at_import):
                    yield say(root, entry, "rules take numpy and torch arrays alike and name neither; use array_api_compat")


def torch_on_the_reading_side(root: Path) -> Iterator[str]:
    """Complain about reading code that names torch anywhere, or loads it through something else."""
    for part in sorted(READING & parts(root)):
        for path in files_of(root, part):
            yield from (
                say(root, entry, "what is read from a trace needs no torch") for entry in imports_of(path, root) if entry.name.split(".")[0] in TORCH
            )
            if reached := loaded_by(root, path) & TORCH:
                yield f"{path.relative_to(root).as_posix()} loads {sorted(reached)} through what it imports"


def eager_compute_in_app(root: Path) -> Iterator[str]:
    """Complain about pages that load the compute side before anyone asked for a live run."""
    for path in sorted((root / "app").rglob("*.py")):
        for entry in imports_of(path, root):
            named = part_of(entry.name) in COMPUTE or entry.name.split(".")[0] in TORCH
            if entry.runs_at_import and named:
                yield say(root, entry, "import the compute side inside the function that runs it")
        if reached := loaded_by(root, path) & TORCH:
            yield f"{path.relative_to(root).as_posix()} loads {sorted(reached)} when it is imported"


CHECKS = [wrong_directions, array_names_in_rules, torch_on_the_reading_side, eager_compute_in_app]

PLANTED = [
    (wrong_directions, "specviz/drafters/a.py", "from specviz.trees import chain"),
    (wrong_directions, "specviz/trees/a.py", "def build():\n    import specviz.verifiers.rejection"),
    (wrong_directions, "specviz/verifiers/a.py", "from ..controllers import constant"),
    (wrong_directions, "specviz/figures/a.py", "from specviz import engine"),
    (wrong_directions, "specviz/trace/a.py", "def f():\n    from specviz.model.pair import load_pair"),
    (wrong_directions, "specviz/model/a.py", "from specviz.drafters import independent"),
    (wrong_directions, "specviz/model/a.py", "from specviz.cli import app"),
    (wrong_directions, "specviz/novelty/a.py", "import json"),
    (wrong_directions, "specviz/widgets/a.py", "from specviz.engine import run"),
    (array_names_in_rules, "specviz/verifiers/a.py", "import numpy as np"),
    (array_names_in_rules, "specviz/controllers/a.py", "from numpy import exp"),
    (array_names_in_rules, "specviz/trees/a.py", "def f():\n    import torch.nn.functional as F"),
    (array_names_in_rules, "specviz/theory/a.py", "import torch"),
    (torch_on_the_reading_side, "specviz/figures/a.py", "def f():\n    from transformers import AutoTokenizer"),
    (torch_on_the_reading_side, "specviz/trace/a.py", "from specviz.types import x"),  # where types, planted below, loads torch
    (eager_compute_in_app, "app/views/a.py", "import torch"),
    (eager_compute_in_app, "app/views/a.py", "if True:\n    from specviz.engine import run"),
    (eager_compute_in_app, "app/views/a.py", "from specviz.types import x"),
]

HARMLESS = [
    (wrong_directions, "specviz/verifiers/a.py", "from specviz.types import DraftTree\nfrom . import b"),
    (wrong_directions, "specviz/engine/a.py", "from specviz import __version__"),
    (wrong_directions, "specviz/widgets/a.py", "def live():\n    from specviz.engine import run"),
    (array_names_in_rules, "specviz/theory/a.py", "import numpy as np"),
    (array_names_in_rules, "specviz/verifiers/a.py", "from array_api_compat import array_namespace"),
    (array_names_in_rules, "specviz/verifiers/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy as np"),
    (eager_compute_in_app, "app/views/a.py", "def f():\n    from specviz.engine import run"),
]


def plant(root: Path, file: str, source: str) -> None:
    """Write a small package with one file of interest."""
    for name in ("specviz/__init__.py", "specviz/engine/__init__.py", "specviz/model/pair.py", file):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / file).write_text(source)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nobody_imports_against_the_design(check) -> None:
    assert list(check(ROOT)) == []


@pytest.mark.parametrize(("check", "file", "source"), PLANTED)
def test_a_planted_violation_is_found(tmp_path, check, file, source) -> None:
    plant(tmp_path, file, source)
    if "specviz.types" in source:
        (tmp_path / "specviz" / "types.py").write_text("import torch")
    assert list(check(tmp_path))


@pytest.mark.parametrize(("check", "file", "source"), HARMLESS)
def test_what_the_design_allows_passes(tmp_path, check, file, source) -> None:
    plant(tmp_path, file, source)
    assert list(check(tmp_path)) == []


READERS = [
    "import specviz",
    "import specviz as sv; sv.load_trace; sv.figures; sv.theory",
    "import specviz.trace, specviz.figures, specviz.theory, specviz.verifiers, specviz.controllers, specviz.trees",
    "import specviz.cli",
]


@pytest.mark.parametrize("statement", READERS)
def test_reading_loads_no_torch(statement) -> None:
    code = f"import sys\n{statement}\nprint(sorted({TORCH!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_public_names_are_there() -> None:
    import specviz as sv

    expected = {"load_pair", "generate", "stream", "compare", "Method", "METHODS", "load_trace", "figures", "theory"}
    assert {name for name in expected if getattr(sv, name, None) is None} == set()
    assert expected <= set(dir(sv))
