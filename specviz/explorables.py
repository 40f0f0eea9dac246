"""Explorables: a drawing, the controls that change it, and one question to ask of it, declared once as plain data.

``specviz.widgets.explore(name)`` shows one in Jupyter, the app shows the same one in Streamlit; neither is imported here.
A front asks ``controls_at(values)`` which controls there are for the values so far, and draws ``figure(values)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from specviz.figures import distributions, draft_tree, speedup_curve, theme, token_strip
from specviz.theory.speedup import Floats, speedup
from specviz.trace import Trace, load_trace, sample_names

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
            raise TypeError(f"expected a slider with known bounds, got {self.label!r}; ask at(values) first")
        steps = round((float(value) - self.low) / self.step)
        steps = min(max(steps, 0), int((self.high - self.low) / self.step + 1e-9))
        fitted = self.low + steps * self.step
        return round(fitted) if isinstance(self.step, int) else round(fitted, 10)

    def grid(self, count: int = 3) -> list[float]:
        """At most ``count`` values from one bound to the other, for tests and galleries."""
        return sorted({self.fit(x) for x in np.linspace(float(self.low), float(self.high), count)})  # type: ignore[arg-type]  # fit checks


@dataclass(frozen=True)
class Choice:
    """One of several options; ``options`` may be looked up when the control is shown. The first is the default."""

    label: str
    options: tuple[str, ...] | Callable[[], list[str]]
    help: str = ""

    def at(self, values: Values) -> Choice:  # noqa: ARG002  one signature for all controls
        """The menu with its options.

        Raises:
            LookupError: when there are none.
        """
        options = tuple(self.options() if callable(self.options) else self.options)
        if not options:
            raise LookupError(
                f"expected something to choose for {self.label!r}, got nothing; give it by name instead, as in explore(name, trace=run.trace)"
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
        """The options, at most ``count`` of them."""
        return list(self.options() if callable(self.options) else self.options)[:count]


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
            raise TypeError(f"expected controls among {', '.join(self.controls)}, got {', '.join(sorted(unknown))}")
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


def _speedup(*, alpha: float, gamma: int, c: float, slope: float) -> go.Figure:
    """The speed-up over the draft length, with the length chosen marked and the price of verifying many tokens drawn in."""
    longest = 24

    def verify(m: Floats) -> Floats:
        return np.asarray(1 + slope * (m - 1))

    lengths = np.arange(longest + 1)
    curve = speedup(alpha, lengths, c, verify)
    here, best = float(curve[gamma]), int(np.argmax(curve))
    figure = speedup_curve(alpha=alpha, c=c, longest=longest).update_traces(
        line_color=theme.BADGES["modelled"], line_width=3, selector={"mode": "lines"}
    )
    hover = "γ = %{x}: %{y:.2f}×<extra></extra>"
    figure.add_scatter(
        x=lengths.tolist(),
        y=curve.tolist(),
        mode="lines",
        name=f"verifying costs {1 + slope * gamma:.2f} passes at γ = {gamma}",
        line={"color": theme.look("rejected").colour, "width": 2.5, "dash": "dash"},
        showlegend=slope > 0,
        visible=slope > 0,
        hovertemplate=hover,
    )
    figure.add_scatter(
        x=[gamma],
        y=[here],
        mode="markers+text",
        name="chosen",
        text=[f"{here:.2f}×"],
        textposition="top center",
        textfont={"size": 15},
        marker={"symbol": "circle", "size": 14, "color": theme.INK},
        showlegend=False,
        hovertemplate=hover,
    )
    chosen = f"Chosen: length {gamma}, {here:.2f} times; the best length at these costs is {best}, {float(curve[best]):.2f} times."
    figure.layout.meta = {"alt": f"{theme.alt_text(figure)} {chosen}"}
    return figure


def _run(*, trace: Trace | str, view: str, cycle: int, node: int) -> go.Figure:
    """One view of one moment of a recorded run."""
    run = _trace(trace)
    if view == "laws":
        return distributions(run, cycle=cycle, node=node)
    return token_strip(run, cycle=cycle, refused=True) if view == "text" else draft_tree(run, cycle=cycle, node=node)


def _trace(source: Trace | str) -> Trace:
    return load_trace(source) if isinstance(source, str) else source


EXPLORABLES: dict[str, Explorable] = {
    "speedup": Explorable(
        title="How much faster?",
        question="Find the draft length where the curve turns. Now make the draft slower (c): does the best length grow or shrink, and when is it 0?",
        draw=_speedup,
        controls={
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05, "the overlap of the two laws, averaged over places"),
            "gamma": Slider("γ, drafted tokens per cycle", 0, 24, 4, 1),
            "c": Slider("c, cost of a draft step in passes", 0.0, 1.0, 0.1, 0.02),
            "slope": Slider(
                "price of each further token verified",
                0.0,
                0.5,
                0.0,
                0.02,
                "v(m) = 1 + price·(m − 1): 0 while memory is the limit, more in large batches",
            ),
        },
    ),
    "recorded-run": Explorable(
        title="A recorded run, cycle by cycle",
        question="Find a cycle in which nothing was refused. What did the target's pass yield there that a refusal does not?",
        draw=_run,
        controls={
            "trace": Choice("recorded run", sample_names),
            "view": Choice("view", ("tree", "laws", "text"), "the draft tree, the laws at one node, or the whole text"),
            "cycle": Slider("cycle", 0, lambda values: len(_trace(values["trace"])) - 1, 0, 1),
            "node": Slider("node (−1 is the last token)", -1, lambda values: len(_trace(values["trace"]).cycle(values["cycle"]).nodes) - 1, 0, 1),
        },
    ),
}


def find_explorable(name: str) -> Explorable:
    """The explorable of this name.

    Raises:
        ValueError: when there is none.
    """
    if name not in EXPLORABLES:
        raise ValueError(f"expected an explorable ({', '.join(EXPLORABLES)}), got {name!r}")
    return EXPLORABLES[name]
