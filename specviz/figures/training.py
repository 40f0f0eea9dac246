"""How a model learned: its held-out loss by kind of text, and how well a draft came to follow its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words

_HEIGHT = 320
# One colour and one dash for each kind of text, in the order they come: neighbours differ in both.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#1B1F24")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "solid", "dash")
_MEASURES = {
    "held_out": ("held-out loss, nats a token", "Held-out loss"),
    "alpha": ("α = Σ min(p, q)", "Agreement with the target"),
    "match": ("same most likely token", "Same most likely token as the target"),
}


def training_curves(stages: Mapping[str, Mapping[str, Any]], measure: str = "held_out") -> go.Figure:
    """Draw what the held-out texts said while a model learned, a line for each kind of text and a thick one for their mean.

    Args:
        stages: stage's name -> its facts, in order, as ``training.json`` of a shipped model holds them under ``stages``.
        measure: ``held_out`` loss in nats, or for stages with a teacher ``alpha`` (the overlap of the laws) or ``match``.

    Raises:
        ValueError: for another measure, or when no stage has it.
    """
    if measure not in _MEASURES:
        raise UnexpectedValueError(f"a measure among {', '.join(_MEASURES)}", repr(measure))
    points = _points(stages, measure)
    if not points:
        raise UnexpectedValueError(f"a stage with {measure!r} in its curve", ", ".join(stages) or "no stage", "only distillation has a teacher")
    axis, title = _MEASURES[measure]
    kinds = [name.split("/", 1)[1] for name in points[0][1] if name.startswith(measure + "/")]
    names = ", ".join(dict.fromkeys(stage for _, _, stage in points))
    last = points[-1][1]
    ends = ", ".join(f"{kind} {last[f'{measure}/{kind}']:.2f}" for kind in kinds)
    figure = theme.card(
        f"{title} while it learned",
        f"Stages: {words.safe(names)}. Evaluated on validation text at the end of each span of training.",
        height=_HEIGHT,
        alt=f"{title} by tokens read, measured. At the end {ends}, mean {last[measure]:.2f}.",
        badges=["measured"],
    )
    for i, kind in enumerate(kinds):
        _line(figure, points, f"{measure}/{kind}", kind, {"color": _COLOURS[i % 7], "dash": _DASHES[i % 7], "width": 1.5})
    _line(figure, points, measure, "mean", {"color": theme.INK, "width": 3})
    figure.update_xaxes(title={"text": "tokens read, millions"}, fixedrange=True)
    figure.update_yaxes(title={"text": axis}, fixedrange=True)
    return theme.steady(figure)


def _points(stages: Mapping[str, Mapping[str, Any]], measure: str) -> list[tuple[float, Mapping[str, float], str]]:
    """(millions of tokens read so far, figures, stage), stages one behind the other."""
    points, before = [], 0.0
    for stage, facts in stages.items():
        points += [((before + row["tokens"]) / 1e6, row, stage) for row in facts["curve"] if measure in row]
        before += facts["tokens"]
    return points


def _line(figure: go.Figure, points: Sequence[tuple[float, Mapping[str, float], str]], key: str, name: str, line: dict[str, Any]) -> None:
    rows = [(x, row[key], stage) for x, row, stage in points if key in row]
    figure.add_scatter(
        x=[x for x, _, _ in rows],
        y=[y for _, y, _ in rows],
        name=words.safe(name),
        mode="lines+markers",
        marker={"size": 4, "color": line["color"]},
        line=line,
        hovertext=[f"<b>{words.safe(name)}</b><br>{words.safe(stage)}<br>{x:.2f} M tokens<br>{y:.3f}" for x, y, stage in rows],
        hoverinfo="text",
    )
