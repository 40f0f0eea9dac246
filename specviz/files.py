"""Files that people name: texts are read up to a limit, results are written as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from specviz.arguments import file_to_write, path_of
from specviz.errors import MissingFileError, UnexpectedValueError, UnreadableFileError, foreign, shown

_MOST_BYTES = 16 << 20
_DO = "free some room, or choose a folder you may write to"


def text_of(name: str, path: str | Path, most: int = _MOST_BYTES) -> str:
    """What a text file holds.

    Raises:
        MissingFileError, UnreadableFileError: when it is not there or cannot be read; a folder, pipe or device is not read at all.
        UnexpectedValueError: when it is longer than ``most`` bytes, or no UTF-8.
    """
    path = path_of(name, path)
    with foreign(f"{name} that can be read", "choose a file you may read", into=UnreadableFileError, kinds=(OSError,)):
        if not path.exists():
            raise MissingFileError(name, f"none called {shown(path.name)}", "is the path right?")
        if not path.is_file():
            raise UnreadableFileError(name, f"{shown(path.name)}, which is a folder, pipe or device", "name a text file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    if len(content) > most:
        raise UnexpectedValueError(f"{name} of at most {most} bytes", f"{shown(path.name)}, which is longer", "is it another file?")
    with foreign(f"{name} as UTF-8 text in {shown(path.name)}", "save it as UTF-8", kinds=(UnicodeDecodeError,)):
        return content.decode("utf-8-sig")


def output(name: str, path: str | Path) -> Path:
    """A place that a result can be written to: a file, there already or not, or a pipe or device such as /dev/stdout."""
    place = path_of(name, path)
    is_special = place.exists() and not place.is_file() and not place.is_dir()
    return place if is_special else file_to_write(name, place)


@contextmanager
def whole_file(name: str, path: str | Path, do: str = _DO) -> Iterator[Path]:
    """What to write to, for the length of a block; then it takes the place of ``path`` in one step, whatever stood there before.

    When writing fails, nothing of it is left and an older file stays. A pipe or device is no file that another could replace: it is written to.

    Raises:
        UnreadableFileError, UnexpectedValueError: when nothing can be written there.
    """
    place = output(name, path)
    with foreign(f"to write {shown(place.name)}", do, into=UnreadableFileError, kinds=(OSError, ValueError, RuntimeError)):
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists() and not place.is_file():
            yield place
            return
        with replacing(place.resolve()) as partial:  # what a link points to gives way, not the link
            yield partial


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to be written beside ``path`` that takes its place in one step; nothing is left of it if that fails."""
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
