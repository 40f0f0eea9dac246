"""One writer at a time: a lock that threads and processes of this machine see, on the file somebody is about to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from specviz.errors import SpecvizError, UnreadableFileError, said_of, words


class OccupiedFileError(SpecvizError, OSError):
    """A file that another program, or another run of this one, is writing."""


class Hold:
    """A lock that is held until it is released, or the process ends, however it ends."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """Let others write; a second call does nothing."""
        if self._lock.is_locked:
            with suppress(OSError):  # goes while it is held: whoever waits for it sees that it is gone, and makes a new one
                Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()


def hold(path: Path, wait_s: float = 0.0, do: str = "") -> Hold:
    """Lock ``path``.

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
        raise UnreadableFileError(f"a folder that can be written to for {path.name}", f"{words(said_of(error))} in {folder}") from error
    return Hold(lock)


@contextmanager
def held(path: Path, wait_s: float, do: str = "") -> Iterator[None]:
    """:func:`hold` for the length of a block."""
    lock = hold(path, wait_s, do)
    try:
        yield
    finally:
        lock.release()
