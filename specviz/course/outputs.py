"""What a cell puts out, as plain data that leaves the process which ran it as a line of JSON."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_args

from specviz.errors import UnexpectedTypeError, UnexpectedValueError
from specviz.theory.roofline import Machine, Shape


@dataclass(frozen=True)
class Printed:
    """Text, as printed or as Python shows a value."""

    text: str


@dataclass(frozen=True)
class Html:
    """A table or the like; made by pandas or the course, which escape what they show."""

    html: str


@dataclass(frozen=True)
class Figure:
    """A Plotly figure as JSON."""

    json: str


@dataclass(frozen=True)
class Explorable:
    """An explorable with the values it begins with: plain ones, a measured machine, a model's shape; runs are the bytes of their records."""

    name: str
    values: dict[str, Any]
    traces: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Played:
    """A recorded run to step through, as the bytes of its record."""

    trace: bytes


@dataclass(frozen=True)
class Revealed:
    """The answer to a prediction."""

    task: str
    answer: float


@dataclass(frozen=True)
class Failed:
    """What went wrong in a cell, and in which of its lines (from 1 on; 0 when that is unknown)."""

    error: str
    message: str
    line: int = 0


Output = Printed | Html | Figure | Explorable | Played | Revealed | Failed


@dataclass(frozen=True)
class Done:
    """A cell that has run: what it put out, and the seconds it took."""

    outputs: tuple[Output, ...]
    seconds: float

    @property
    def failure(self) -> Failed | None:
        """What went wrong, if something did."""
        return next((output for output in self.outputs if isinstance(output, Failed)), None)

    def of(self, kind: type[Any]) -> Any:
        """The last output of a kind, or None."""
        return next((output for output in reversed(self.outputs) if isinstance(output, kind)), None)


_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Output)}
_BYTES = "base64"
_MEASURED: dict[str, type[Any]] = {kind.__name__: kind for kind in (Machine, Shape)}
"""What a cell may measure and hand to an explorable in place of a menu's choice."""


def to_line(done: Done) -> bytes:
    """One line of JSON."""
    outputs = [{"kind": type(output).__name__, **{f.name: getattr(output, f.name) for f in fields(output)}} for output in done.outputs]
    return json.dumps({"outputs": outputs, "seconds": done.seconds}, default=_packed).encode() + b"\n"


def from_line(line: bytes) -> Done:
    """What :func:`to_line` wrote.

    Raises:
        ValueError: for a line that is none.
    """
    try:
        found = json.loads(line, object_hook=_unpacked)
        return Done(tuple(_KINDS[output.pop("kind")](**output) for output in found["outputs"]), found["seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnexpectedValueError("a line written by to_line", f"{line[:60]!r} ({type(error).__name__}: {error})") from None


def _packed(value: Any) -> dict[str, Any]:
    name = type(value).__name__
    if isinstance(value, bytes):
        return {_BYTES: b64encode(value).decode()}
    if type(value) is _MEASURED.get(name):
        return {name: asdict(value)}
    raise UnexpectedTypeError(f"text, numbers, bytes, lists of them, a {' or a '.join(_MEASURED)} in an output", f"a {name}")


def _unpacked(found: dict[str, Any]) -> Any:
    if len(found) != 1:
        return found
    [(name, value)] = found.items()
    if name == _BYTES:
        return b64decode(value)
    return _MEASURED[name](**value) if name in _MEASURED else found
