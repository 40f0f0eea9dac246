"""One writer at a time: a lock that threads and processes of this machine see, on the file somebody is about to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from specviz.errors import SpecvizError, UnreadableFileError, words


class OccupiedFileError(SpecvizError, OSError):
    """A file that another program, or another run of this one, is writing."""


def hold(path: Path, wait_s: float = 0.0, do: str = "") -> FileLock:
    """Lock ``path`` until the lock that is returned is released, or the process ends, however it ends.

    Args:
        path: the file; it need not exist, its folder must. The lock is a small hidden file beside it.
        wait_s: how long to wait for another writer.
        do: what the error advises.

    Raises:
        OccupiedFileError: when another writer has it.
        UnreadableFileError: when nothing can be written in that folder.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), thread_local=False)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout:
        raise OccupiedFileError(f"{path.name} to be free", "a file that is being written by another run", do) from None
    except OSError as error:
        folder = path.parent.name or "this folder"
        raise UnreadableFileError(f"a folder that can be written to for {path.name}", f"{words(error.strerror or error)} in {folder}") from error
    return lock


@contextmanager
def held(path: Path, wait_s: float, do: str = "") -> Iterator[None]:
    """:func:`hold` for the length of a block."""
    lock = hold(path, wait_s, do)
    try:
        yield
    finally:
        lock.release()
