"""What a cell puts out, as plain data that can leave the process which ran it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
    """An explorable with the values it begins with; runs among them are the bytes of their records."""

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
