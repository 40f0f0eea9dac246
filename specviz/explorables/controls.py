"""The controls of an explorable, and the explorable: plain data that every front reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from specviz.errors import OutOfRangeError, UnexpectedTypeError

Values = Mapping[str, Any]


Bound = float | Callable[[Values], float]

"""A number, or what it is for the controls declared before this one."""


@dataclass(frozen=True)
class Slider:
    """A number between two bounds; a whole number when ``step`` is one."""

    label: str
    low: Bound
    high: Bound
    value: float
    step: float = 1
    help: str = ""

    def at(self, values: Values) -> Slider:
        """The slider with its bounds for these values, and its own value between them."""
        low, high = (bound(values) if callable(bound) else bound for bound in (self.low, self.high))
        placed = replace(self, low=low, high=max(low, high))
        return replace(placed, value=placed.fit(self.value))

    def fit(self, value: float | str) -> float:
        """The nearest value the slider can take; its bounds must be numbers by now."""
        if callable(self.low) or callable(self.high):
            raise UnexpectedTypeError("a slider with known bounds", repr(self.label), "ask at(values) first")
        steps = round((float(value) - self.low) / self.step)
        steps = min(max(steps, 0), int((self.high - self.low) / self.step + 1e-9))
        fitted = self.low + steps * self.step
        return round(fitted) if isinstance(self.step, int) else round(fitted, 10)

    def grid(self, count: int = 3) -> list[float]:
        """At most ``count`` values from one bound to the other, for tests and galleries."""
        return sorted({self.fit(x) for x in np.linspace(float(self.low), float(self.high), count)})  # type: ignore[arg-type]  # fit checks


@dataclass(frozen=True)
class Choice:
    """One of several options, which may depend on the controls declared before this one. The first is the default."""

    label: str
    options: tuple[str, ...] | Callable[[Values], Sequence[str]]
    help: str = ""

    def at(self, values: Values) -> Choice:
        """The menu with its options.

        Raises:
            OutOfRangeError: when there are none.
        """
        options = tuple(self.options(values) if callable(self.options) else self.options)
        if not options:
            raise OutOfRangeError(
                f"something to choose for {self.label!r}", "nothing", "give it by name instead, as in explore(name, trace=run.trace)"
            )
        return replace(self, options=options)

    @property
    def value(self) -> str:
        """The default."""
        return self.grid()[0]

    def fit(self, value: object) -> str:
        """``value`` when it is an option, else the default."""
        return str(value) if value in self.grid() else self.value

    def grid(self, count: int | None = None) -> list[str]:
        """The options, at most ``count`` of them; they must be known by now."""
        if callable(self.options):
            raise UnexpectedTypeError("a menu with known options", repr(self.label), "ask at(values) first")
        return list(self.options)[:count]


Control = Slider | Choice


@dataclass(frozen=True)
class Explorable:
    """A drawing with controls.

    Attributes:
        title: what it is.
        question: one line that gives the controls a purpose.
        draw: called with one keyword argument per control; returns the figure.
        controls: by the name of the argument; later ones may depend on earlier ones.
    """

    title: str
    question: str
    draw: Callable[..., go.Figure]
    controls: Mapping[str, Control] = field(default_factory=dict)

    def settle(self, values: Values | None = None) -> dict[str, Any]:
        """A value for every control: those given, made to fit, and defaults. What is no menu's text or number is kept as it is.

        Raises:
            TypeError: for a name that is no control.
        """
        given = dict(values or {})
        if unknown := given.keys() - self.controls.keys():
            raise UnexpectedTypeError(f"controls among {', '.join(self.controls)}", ", ".join(sorted(unknown)))
        settled: dict[str, Any] = {}
        for name, control in self.controls.items():
            if name in given and not isinstance(given[name], str | int | float):
                settled[name] = given[name]  # an object in place of its name: a run at hand instead of a recorded one
                continue
            placed = control.at(settled)
            settled[name] = placed.fit(given[name]) if name in given else placed.value
        return settled

    def controls_at(self, values: Values | None = None) -> dict[str, Control]:
        """The controls to show for these values, with bounds and options filled in; values given as objects need none."""
        settled = self.settle(values)
        shown = {name: control for name, control in self.controls.items() if isinstance(settled[name], str | int | float)}
        return {name: control.at(settled) for name, control in shown.items()}

    def figure(self, values: Values | None = None) -> go.Figure:
        """Draw it for these values."""
        return self.draw(**self.settle(values))
