"""How an error is said, once: what was expected, what came, what to do.

Every error that leaves the public surface, the command line or the app is one of these classes; each is also the kind of Python's own that it
would be anyway, so that ``except ValueError`` goes on working. What a library raises is turned into one of them by :func:`foreign`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SHOWN = 80
"""Characters of a value that an error shows."""


class SpecvizError(Exception):
    """An error that says what was expected, what came and what to do: "expected …, got …; …".

    Args:
        expected: what would have been right.
        got: what came, as :func:`shown` shows it.
        do: what helps; empty where the first two say it all.
    """

    def __init__(self, expected: str, got: str, do: str = "") -> None:
        super().__init__(f"expected {expected}, got {got}{f'; {do}' if do else ''}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep its words when it is copied or sent to another process."""
        return _again, (type(self), self.args, self.__dict__)


class UnexpectedValueError(SpecvizError, ValueError):
    """A value, a file's content or a combination that makes no sense here."""


class UnexpectedTypeError(SpecvizError, TypeError):
    """A thing of another kind than asked for."""


class OutOfRangeError(SpecvizError, IndexError):
    """A number or a choice of something that is not there."""


class MissingFileError(SpecvizError, FileNotFoundError):
    """A file or folder that is not there, or cannot be fetched."""


class UnreadableFileError(SpecvizError, OSError):
    """A file that is there and cannot be read or written."""


class WrongMomentError(SpecvizError, RuntimeError):
    """Something asked for at a moment when it cannot be done."""


class UnsolvedError(SpecvizError, ArithmeticError):
    """A computation that found no answer, or found one that contradicts itself."""


class MissingPackageError(SpecvizError, ImportError):
    """An optional package that is not installed."""


def shown(value: object, most: int = _SHOWN) -> str:
    """A value as an error shows it: its repr on one line, cut short; of what has no repr, its type."""
    try:
        text = value if type(value) is _Words else repr(value)
    except Exception:  # noqa: BLE001  somebody's __repr__ may fail in any way; the error that is being written must not
        text = f"a {type(value).__name__}"
    text = " ".join(text.split()).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= most else f"{text[: most - 1]}…"


class _Words(str):
    """Text that is shown as it is, without quotation marks."""

    __slots__ = ()


def words(text: object, most: int = 200) -> str:
    """Somebody else's message on one line, cut short, for the middle of one of ours."""
    return shown(_Words(text), most)


@contextmanager
def foreign(
    expected: str,
    do: str = "",
    *,
    into: Callable[[str, str, str], SpecvizError] = UnexpectedValueError,
    kinds: tuple[type[BaseException], ...] = (Exception,),
) -> Iterator[None]:
    """Around a call into a library that raises what it likes: it becomes one error of ours, with its own words as what came.

    Errors of ours pass as they are, and so do memory that ran out and an interrupt.
    """
    try:
        yield
    except (SpecvizError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except kinds as error:
        raise into(expected, f"{type(error).__name__}: {words(said_of(error)) or 'no further word'}", do) from error


def said_of(error: BaseException) -> object:
    """What an error says, without the path that one of the operating system names in full."""
    return error.strerror if isinstance(error, OSError) and error.strerror else error


def _again(kind: type[SpecvizError], args: tuple[Any, ...], state: dict[str, Any]) -> SpecvizError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
