"""The text the shipped models learn from: Python's own standard library, as it lies on this machine.

Nothing is downloaded. A file belongs to the held-out split when a hash of its path says so, so the split is the same on
every machine and no file is ever cut in two.
"""

from __future__ import annotations

import hashlib
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HELD_OUT_SHARE = 0.05
# Third-party packages live below the standard library's folder; bytecode and test data that is broken on purpose is no text.
_SKIPPED_FOLDERS = {"site-packages", "dist-packages", "__pycache__", "bad_coding", "lib2to3", "idle_test"}


@dataclass(frozen=True)
class SourceFile:
    """One file of the corpus: its path below the standard library, its text and whether it is held out."""

    name: str
    text: str
    is_held_out: bool


def stdlib_folder() -> Path:
    """Return the folder of this interpreter's standard library."""
    return Path(sysconfig.get_paths()["stdlib"])


def is_held_out(name: str) -> bool:
    """Say whether the file of this name belongs to the held-out split (5 % of the files, by a hash of the name)."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT_SHARE


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
        yield SourceFile(relative.as_posix(), text, is_held_out(relative.as_posix()))
    if count == 0:
        raise FileNotFoundError(f"expected Python source files below {root}, found none; pass the folder of a Python installation that has them")
