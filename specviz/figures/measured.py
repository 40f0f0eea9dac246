"""Measured runs as points on modelled pictures: what a recorded run, or a diagnosis, says of the formula's letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.figures.caches import is_chain
from specviz.figures.curves import measured_costs
from specviz.theory.speedup import expected_tokens, general_speedup
from specviz.trace import Trace, load_trace, sample_names, store

_SIDES = ("middle right", "middle left", "bottom center")
"""Where the numbers of points stand: runs of one pair lie close together."""


@dataclass(frozen=True)
class MeasuredPoint:
    """A chain that was run and timed.

    Attributes:
        name: what it is called.
        gamma: drafted tokens per cycle, the mean.
        alpha: accepted / examined drafts, all positions together.
        speedup: times plain decoding of the same prompts, measured.
        c: a draft step, in plain target passes.
        slope: price of each further token verified: v(m) = 1 + slope (m - 1).
        other: the rest of a cycle, in plain target passes.
    """

    name: str
    gamma: float
    alpha: float
    speedup: float
    c: float
    slope: float
    other: float

    @property
    def modelled(self) -> float:
        """What the formula gives for its own letters."""
        return float(general_speedup(expected_tokens(self.alpha, self.gamma), self.gamma, self.c, 1.0 + self.slope * self.gamma, self.other))


def recorded_points() -> tuple[MeasuredPoint, ...]:
    """The recorded runs that ship and that can be measured: chains beside plain decoding of the same prompt."""
    return _points(tuple((path, path.stat().st_mtime_ns) for path in map(store.sample_path, sample_names())))


@lru_cache(maxsize=4)
def _points(files: tuple[tuple[Path, int], ...]) -> tuple[MeasuredPoint, ...]:
    runs = {path.stem: load_trace(path) for path, _ in files}
    plain = [run for run in runs.values() if not any(cycle.nodes for cycle in run.outline())]
    return tuple(point for name, run in runs.items() if (point := trace_point(name, run, plain)) is not None)


def trace_point(name: str, trace: Trace, plain: Sequence[Trace]) -> MeasuredPoint | None:
    """A recorded chain as a point; None for a run that drafted none, or has no plain run of its prompt among ``plain``."""
    outline = trace.outline()
    if not any(cycle.nodes for cycle in outline) or not all(is_chain(cycle) for cycle in outline):
        return None
    other = next((run for run in plain if run.header.prompt_tokens == trace.header.prompt_tokens), None)
    if other is None:
        return None
    costs = measured_costs(trace, other)
    if costs.v is None or costs.other is None or costs.speedup is None:
        return None
    return MeasuredPoint(name, costs.gamma, costs.alpha, costs.speedup, costs.c, max(0.0, (costs.v - 1.0) / costs.gamma), costs.other)


def diagnosed_point(report: Mapping[str, Any]) -> MeasuredPoint | None:
    """What ``specviz doctor --json`` found as a point; None for a method that is no chain of one length, or when nothing was timed.

    c and v are the passes' own, timed alone; ``other`` is the rest of the cycle as the run had it.
    """
    speed, choice, costs, cycle = (report.get(part) for part in ("speed", "choice", "costs", "cycle"))
    if not speed or not choice or not costs or not cycle or not choice["now"]:
        return None
    gamma = len(report["positions"])
    v = {point["m"]: point["value"] for point in costs["v"]}
    nearest = min(v, key=lambda m: (abs(m - gamma - 1), m))
    other = sum(cycle["ms"][part] for part in ("build", "judge", "commit", "host")) / costs["target_ms"]["value"]
    slope = max(0.0, (v[nearest] - 1.0) / max(nearest - 1, 1))
    return MeasuredPoint("the pair examined", gamma, choice["alpha"]["value"], speed["measured"]["value"], costs["c"]["value"], slope, other)


def add_points(figure: go.Figure, points: Sequence[MeasuredPoint], colours: Mapping[str, Any]) -> None:
    """Put measured runs on a map of speed-ups over length and acceptance, each filled with the colour of what was measured.

    Where a diamond melts into the ground, the model at these costs is right.
    """
    if not points:
        return
    figure.add_scatter(
        x=[p.gamma for p in points], y=[p.alpha for p in points], mode="markers+text", name="measured runs", cliponaxis=False,
        text=[f"<b>{p.speedup:.2f}×</b>" for p in points], textfont={"size": 13, "color": theme.BADGES["measured"]},
        textposition=[_SIDES[place % len(_SIDES)] for place in range(len(points))],
        marker={"symbol": "diamond", "size": 17, "color": [p.speedup for p in points], "cmin": colours["zmin"], "cmax": colours["zmax"],
                "colorscale": colours["colorscale"], "line": {"width": 2.5, "color": theme.BADGES["measured"]}},
        hovertext=[_hover(p) for p in points], hoverinfo="text",
    )  # fmt: skip
    listed = "; ".join(f"{p.name}: {p.speedup:.2f} times at length {p.gamma:.1f}, acceptance {p.alpha:.2f}" for p in points)
    figure.layout.meta = {"alt": f"{theme.alt_text(figure)} Measured runs: {listed}."}
    theme.badge(figure, "measured", place=1)


def _hover(p: MeasuredPoint) -> str:
    return (
        f"<b>{words.safe(p.name)}</b>, measured: {p.speedup:.2f}×<br>γ = {p.gamma:.2f}, α = {p.alpha:.2f}<br>"
        f"at its own c = {p.c:.2f}, price {p.slope:.3f}, other {p.other:.2f}<br>the formula gives {p.modelled:.2f}×"
    )
