"""Code: Python's own standard library, as it lies on this machine (Spec-Bench has no such category; HumanEval is the nearest).

Nothing is downloaded. The split is by file, through a hash of its path, so it is the same on every machine and no file is
ever cut in two.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from specviz.errors import MissingFileError, UnexpectedTypeError
from specviz.zoo.corpus.base import Checked, Example, Split, Turn, rng_for, split_of

# Third-party packages live below the standard library's folder; bytecode and test data that is broken on purpose is no text.
_SKIPPED_FOLDERS = {"site-packages", "dist-packages", "__pycache__", "bad_coding", "lib2to3", "idle_test"}
_LONGEST = 1200
"""Characters of one example; whole files are read in training."""


@dataclass(frozen=True)
class SourceFile:
    """One file of the corpus: its path below the standard library and its text."""

    name: str
    text: str

    @property
    def content(self) -> str:
        """What the split hangs on."""
        return self.name

    @property
    def split(self) -> Split:
        """The split the whole file belongs to."""
        return split_of(self.content)


def stdlib_folder() -> Path:
    """Return the folder of this interpreter's standard library."""
    return Path(sysconfig.get_paths()["stdlib"])


def python_files(root: Path | None = None) -> Iterator[SourceFile]:
    """Yield every readable ``.py`` file below ``root`` (default: the standard library), in a fixed order.

    Raises:
        FileNotFoundError: when ``root`` holds no Python source, which happens on interpreters shipped as a zip file.
    """
    root = root or stdlib_folder()
    count = 0
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if _SKIPPED_FOLDERS.intersection(relative.parts):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue  # a handful of test files are in other encodings, on purpose
        if len(text) < 200:
            continue
        count += 1
        yield SourceFile(relative.as_posix(), text)
    if count == 0:
        raise MissingFileError(f"Python source files below {root}", "none", "pass the folder of a Python installation that has them")


@cache
def _files_of(split: Split) -> list[SourceFile]:
    return [file for file in python_files() if file.split == split]


class Code:
    """Python functions and classes, from their first line."""

    name = "code"
    about = "Python's standard library, tests included (code)"
    has_checker = False

    def example(self, split: Split, index: int) -> Example:
        """A definition at the margin of a file, and what follows it."""
        rng = rng_for(self.name, split, index)
        while True:
            file = rng.choice(_files_of(split))
            starts = [file.text.find(f"\n{word} ", at) + 1 for word in ("def", "class") for at in (rng.randrange(len(file.text)),)]
            start = max(starts)
            text = file.text[start : start + _LONGEST]
            text = text[: text.rfind("\n")].rstrip()
            if start and len(text) > 200:
                return Example(self.name, (Turn("text", text),), frozenset({file.content}))

    def check(self, example: Example, answer: str) -> Checked:
        """Code is not judged by rule."""
        raise UnexpectedTypeError("a family whose answers can be checked", f"{example.family!r} ({len(answer)} characters of code)")


FAMILY = Code()
