"""Checks of what people pass, before any work: the right kind, the right range, an error that names the argument.

Numbers of numpy and torch are taken for what they are. None is the caller's business: it means "the default" wherever it is allowed.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Collection, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from specviz.errors import UnexpectedTypeError, UnexpectedValueError, UnreadableFileError, shown


def whole_number(name: str, value: Any, least: int = 0, most: int | None = None, do: str = "") -> int:  # noqa: ANN401  whatever was passed
    """A whole number in [least, most]; no text, no 2.5, no True."""
    range_ = f"{name} as a whole number {_range(least, most)}"
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise UnexpectedTypeError(range_, shown(value), do)
    if number < least or (most is not None and number > most):
        raise UnexpectedValueError(range_, shown(number), do)
    return number


def number(
    name: str,
    value: Any,  # noqa: ANN401  whatever was passed
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
    do: str = "",
) -> float:
    """A finite number between ``least`` and ``most``; the ends themselves are left out with ``above`` and ``below``."""
    wanted = f"{name} as a number {_interval(least, most, above=above, below=below)}"
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number and hasattr(value, "item") and not isinstance(value, bool) and getattr(value, "ndim", 1) == 0:
        value = value.item()  # a number of torch
        is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number:
        raise UnexpectedTypeError(wanted, shown(value), do)
    try:
        found = float(value)
    except OverflowError:  # a whole number beyond all of them
        found = math.inf if value > 0 else -math.inf
    too_small = found <= least if above else found < least
    too_large = found >= most if below else found > most
    if not math.isfinite(found) or too_small or too_large:
        raise UnexpectedValueError(wanted, shown(value), do)
    return found


def one_of(name: str, value: Any, options: Collection[str], do: str = "") -> str:  # noqa: ANN401  whatever was passed
    """One of these names."""
    if not isinstance(value, str) or value not in options:
        kind = UnexpectedValueError if isinstance(value, str) else UnexpectedTypeError
        raise kind(f"{name} to be one of {', '.join(options)}", shown(value), do)
    return value


def text(name: str, value: Any, do: str = "") -> str:  # noqa: ANN401  whatever was passed
    """A string that can be written as UTF-8: half a surrogate pair cannot."""
    if not isinstance(value, str):
        raise UnexpectedTypeError(f"{name} as text", shown(value), do)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        broken = f"the half of a surrogate pair at character {error.start} ({value[error.start]!a})"
        raise UnexpectedValueError(f"{name} of whole characters", broken, do or "remove it, or replace it by the character that was meant") from None
    return value


def file_to_write(name: str, value: Any, do: str = "") -> Path:  # noqa: ANN401  whatever was passed
    """A file that can be written, there already or not; folders above it may be missing, and are made when it is written."""
    path = path_of(name, value)
    if path.exists() and not path.is_file():
        raise UnexpectedValueError(
            f"{name} as a file", f"{path.name!r}, which is {'a folder' if path.is_dir() else 'no plain file'}", do or "name a file"
        )
    above = path if path.exists() else next(folder for folder in path.absolute().parents if folder.exists())
    if above != path and not above.is_dir():
        raise UnexpectedValueError(f"{name} in a folder", f"{above.name!r} above it, which is a file", do)
    if not os.access(above, os.W_OK):
        raise UnreadableFileError(f"{name} where it can be written", f"{above.name!r}, which cannot", do or "choose another place")
    return path


def path_of(name: str, value: Any) -> Path:  # noqa: ANN401  whatever was passed
    """A path: a text or what ``os`` takes for one, and not an empty one."""
    if not isinstance(value, str | os.PathLike):
        raise UnexpectedTypeError(f"{name} as a path", shown(value))
    given = os.fspath(value)
    if not isinstance(given, str) or not given or "\0" in given:
        raise UnexpectedValueError(f"{name} as a path", shown(value))
    return Path(text(name, given))


def is_list(value: object) -> bool:
    """Whether it is a sequence of things, as opposed to a text."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def _range(least: int, most: int | None) -> str:
    return f">= {least}" if most is None else f"in [{least}, {most}]"


def _interval(least: float, most: float, *, above: bool, below: bool) -> str:
    if math.isinf(least) and math.isinf(most):
        return "that is finite"
    if math.isinf(most):
        return f"{'>' if above else '>='} {least:g}"
    if math.isinf(least):
        return f"{'<' if below else '<='} {most:g}"
    return f"in {'(' if above else '['}{least:g}, {most:g}{')' if below else ']'}"
