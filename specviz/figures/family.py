"""The shipped family at a glance: how drafts follow the target by kind of text, what that buys, and where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.theory.acceptance import wilson

_HEIGHT = 300
_LOOKS = (("#0072B2", "circle"), ("#D55E00", "diamond"), ("#009E73", "square"), ("#CC79A7", "x"))
_CLASSES = ("remembered", "introduced", "number", "other word", "function word", "mark")
MEASURES = {
    "alpha": ("α at temperature 1", "How well each draft follows the target", "Σ min(p, q), the mean over text the target drew."),
    "match": ("same most likely token", "How often draft and target would choose the same token", "On text the target wrote greedily."),
    "speed": ("times plain decoding", "What the drafts buy", "Tokens a second of a chain at its best γ over our own plain decoding, greedy."),
}


def family_figures(report: Mapping[str, Any], measure: str = "alpha") -> go.Figure:
    """Draw one figure of every draft by kind of text.

    Args:
        report: what ``specviz bench zoo`` wrote.
        measure: ``alpha``, ``match`` or ``speed`` (with the smallest and largest round).

    Raises:
        ValueError: for another measure.
    """
    if measure not in MEASURES:
        raise UnexpectedValueError(f"a measure among {', '.join(MEASURES)}", repr(measure))
    axis, title, subtitle = MEASURES[measure]
    drafts = report["drafts"]
    families = list(next(iter(drafts.values()))["families"])
    means = {name: sum(_value(draft["families"][family], measure) for family in families) / len(families) for name, draft in drafts.items()}
    alt = f"{title}. Mean over {len(families)} kinds of text: " + ", ".join(f"{name} {value:.2f}" for name, value in means.items()) + "."
    figure = theme.card(title, f"{subtitle} Test split; {_machine(report)}.", height=_HEIGHT, alt=alt, badges=["measured"])
    for place, ((name, draft), (colour, symbol)) in enumerate(zip(drafts.items(), _LOOKS, strict=False)):
        values = [_value(draft["families"][family], measure) for family in families]
        spread = [draft["families"][family]["speed"]["best"] for family in families] if measure == "speed" else None
        figure.add_scatter(
            x=[i + (place - (len(drafts) - 1) / 2) * 0.13 for i in range(len(families))], y=values,
            mode="markers", name=f"{words.safe(name)} (mean {means[name]:.2f})", cliponaxis=False,
            marker={"size": 11, "color": colour, "symbol": symbol},
            error_y=None if spread is None else {
                "type": "data", "symmetric": False, "thickness": 1.5,
                "array": [s["max"] - v for s, v in zip(spread, values, strict=True)],
                "arrayminus": [v - s["min"] for s, v in zip(spread, values, strict=True)],
            },
            hovertext=[f"<b>{words.safe(name)}</b><br>{family}<br>{axis}: {value:.3f}" for family, value in zip(families, values, strict=True)],
            hoverinfo="text",
        )  # fmt: skip
    figure.update_xaxes(tickvals=list(range(len(families))), ticktext=families, range=[-0.5, len(families) - 0.5], fixedrange=True, showgrid=False)
    figure.update_yaxes(title={"text": axis}, fixedrange=True, rangemode="tozero" if measure == "speed" else "normal")
    if measure == "speed":
        figure.add_hline(y=1.0, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    return theme.steady(figure)


def _value(figures: Mapping[str, Any], measure: str) -> float:
    return float(figures["speed"]["best"]["median"] if measure == "speed" else figures[measure])


def refusals_by_class(report: Mapping[str, Any], draft: str, family: str = "story") -> go.Figure:
    """Draw how often a draft would be refused, by the class of the word, with Wilson 95 % intervals.

    Args:
        report: what ``specviz bench zoo`` wrote.
        draft: name of a draft in it.
        family: kind of text.

    Raises:
        ValueError: for a draft or family that was not measured.
    """
    if draft not in report["drafts"] or family not in report["drafts"][draft]["families"]:
        raise UnexpectedValueError(f"a measured draft ({', '.join(report['drafts'])}) and family", f"{draft!r} and {family!r}")
    measured = report["drafts"][draft]["families"][family]["refused_by_class"]
    classes = [name for name in _CLASSES if name in measured]
    rates = [measured[name]["refused"] for name in classes]
    counts = [measured[name]["tokens"] for name in classes]
    bounds = [wilson(round(rate * count), count) for rate, count in zip(rates, counts, strict=True)]
    listed = ", ".join(f"{name} {rate:.0%} of {count}" for name, rate, count in zip(classes, rates, counts, strict=True))
    figure = theme.card(
        f"Where {words.safe(draft)} fails: {words.safe(family)}",
        "Share of the target's greedy tokens that the draft would not have chosen. Remembered: names, colours, things and places that were "
        "mentioned before. Introduced: the same, at their first mention. Bars: Wilson 95 % intervals.",
        height=_HEIGHT,
        alt=f"Refusals of {draft} in {family} by class of word: {listed}.",
        badges=["measured"],
    )
    figure.add_bar(
        x=classes, y=rates, marker={"color": theme.look("rejected").colour}, showlegend=False, width=0.6,
        error_y={
            "type": "data", "symmetric": False, "thickness": 1.5, "color": theme.INK,
            "array": [high - rate for rate, (_, high) in zip(rates, bounds, strict=True)],
            "arrayminus": [rate - low for rate, (low, _) in zip(rates, bounds, strict=True)],
        },
        hovertext=[f"<b>{name}</b><br>{rate:.1%} of {count} tokens" for name, rate, count in zip(classes, rates, counts, strict=True)],
        hoverinfo="text",
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=classes, ticktext=[f"{name}<br><span style='font-size:12px'>{count}</span>" for name, count in zip(classes, counts, strict=True)],
        title={"text": "class of the word (below: tokens)"}, fixedrange=True, showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(title={"text": "refused"}, tickformat=".0%", range=[0, max(0.05, *(high for _, high in bounds)) * 1.08], fixedrange=True)
    return theme.steady(figure)


def _machine(report: Mapping[str, Any]) -> str:
    return words.safe(f"{words.processor(report['machine'])}, {report['dtype']}, {report['date']}")
