"""The losslessness lab's pictures: what came out, how surprising each text's count is, and how far the law is off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.labs.fit import Fit
from specviz.labs.laws import Floats
from specviz.labs.markov import spelled

MOST_TEXTS = 18
"""Texts drawn one by one; the rarest beyond share a last place."""
_HEIGHT, _SPLIT = 430, 0.36
_BAND = 3.0
_PLAIN, _SPECULATIVE = theme.OTHER, theme.DRAFT
_LARGE = 30.0  # surprises beyond are drawn at the edge


def outputs(plain: Fit, speculative: Fit, *, vocab: int, length: int) -> go.Figure:
    """Draw how often each text came out of plain and of speculative decoding, with the exact law, and how surprising each count is.

    Args:
        plain: plain decoding against the exact law.
        speculative: speculative decoding against it.
        vocab: V, to spell the texts.
        length: tokens of a text.
    """
    order = np.argsort(-plain.expected, kind="stable")
    shown, rest = np.split(order, [MOST_TEXTS if len(order) > MOST_TEXTS + 1 else len(order)])
    names = [spelled(int(i), vocab, length) for i in shown] + ([f"{len(rest)}<br>others"] if len(rest) else [])
    figure = theme.card(
        f"What came out in {speculative.runs:,} runs of each".replace(",", "\u202f"),
        "Above: the share of each text, likeliest first, and its exact probability. Below: how many standard deviations each count lies off; "
        f"a right decoder stays within ±{_BAND:g} nearly always.",
        height=_HEIGHT,
        alt=_outputs_alt(plain, speculative, shown, vocab, length),
        badges=["measured", "modelled"],
    )
    x = list(range(len(names)))
    for fit, name, colour, offset in ((plain, "plain decoding", _PLAIN, -0.41), (speculative, "speculative", _SPECULATIVE, 0.01)):
        shares = _gathered(fit.observed, shown, rest)
        figure.add_bar(
            x=x, y=shares, width=0.40, offset=offset, name=name, marker={"color": colour, "line": {"color": theme.INK, "width": 0.6}},
            hovertext=[_hover(n, s, d, name) for n, s, d in zip(names, shares, _gathered(fit.expected, shown, rest), strict=True)], hoverinfo="text",
        )  # fmt: skip
    exact = _gathered(plain.expected, shown, rest)
    figure.add_scatter(
        x=x, y=exact, mode="markers", name="exact law of the target", hoverinfo="skip", cliponaxis=False,
        marker={"symbol": "line-ew-open", "size": 22 if len(x) <= 16 else 14, "color": theme.INK, "line": {"width": 2.5}},
    )  # fmt: skip
    _draw_surprises(figure, _surprises(plain, shown, rest), "plain decoding", -0.2)
    _draw_surprises(figure, _surprises(speculative, shown, rest), "speculative", 0.2)
    _set_axes(figure, names, max(abs(s) for fit in (plain, speculative) for s in _surprises(fit, shown, rest)))
    return theme.steady(figure)


def _gathered(values: Floats, shown: np.ndarray, rest: np.ndarray) -> list[float]:
    return [*values[shown].tolist(), *([float(values[rest].sum())] if len(rest) else [])]


def _surprises(fit: Fit, shown: np.ndarray, rest: np.ndarray) -> list[float]:
    seen, due = (np.array(_gathered(values, shown, rest)) * fit.runs for values in (fit.observed, fit.expected))
    return [float(s) for s in np.divide(seen - due, np.sqrt(due), out=np.zeros_like(due), where=due > 0.0)]


def _draw_surprises(figure: go.Figure, surprises: Sequence[float], name: str, shift: float) -> None:
    far = [abs(s) > _BAND for s in surprises]
    colour = _PLAIN if name.startswith("plain") else _SPECULATIVE
    figure.add_scatter(
        x=[i + shift for i in range(len(surprises))], y=[min(max(s, -_LARGE), _LARGE) for s in surprises], xaxis="x2", yaxis="y2", mode="markers",
        name=f"{name}, off", showlegend=False, cliponaxis=False,
        marker={
            "symbol": ["x" if f else "circle" for f in far], "size": [10 if f else 8 for f in far],
            "color": [theme.look("rejected").colour if f else colour for f in far], "opacity": 1, "line": {"width": 1, "color": theme.INK},
        },
        hovertext=[f"{name}: {s:+.1f} standard deviations" for s in surprises], hoverinfo="text",
    )  # fmt: skip


def _set_axes(figure: go.Figure, names: Sequence[str], farthest: float) -> None:
    reach = max(1.6 * _BAND, 1.15 * min(farthest, _LARGE))
    across = {"range": [-0.6, len(names) - 0.4], "fixedrange": True, "showgrid": False}
    marks = {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "tickfont": {"family": theme.MONO, "size": 12, "color": theme.INK},
        "ticks": "",
    }
    figure.update_layout(
        barmode="overlay",
        xaxis={**across, "anchor": "y", "showticklabels": False, "ticks": ""},
        yaxis={"domain": [_SPLIT + 0.08, 1], "title": {"text": "share of the runs"}, "rangemode": "tozero", "fixedrange": True, "nticks": 6},
        xaxis2={**across, **marks, "anchor": "y2", "tickangle": 0, "title": {"text": "text put out"}},
        yaxis2={
            "domain": [0, _SPLIT],
            "anchor": "x2",
            "title": {"text": "off by"},
            "range": [-reach, reach],
            "fixedrange": True,
            "nticks": 6,
            "zeroline": True,
            "zerolinecolor": theme.LINE,
        },
    )
    band = {"x0": 0, "x1": 1, "y0": -_BAND, "y1": _BAND, "fillcolor": "#EEF1F4", "line": {"width": 0}, "layer": "below"}
    figure.add_shape(type="rect", xref="x2 domain", yref="y2", name="band", **band)


def _hover(name: str, share: float, due: float, lane: str) -> str:
    return f"<b>{name.replace('<br>', ' ')}</b>, {lane}<br>share {words.number(share)}<br>exact {words.number(due)}"


def _outputs_alt(plain: Fit, speculative: Fit, shown: np.ndarray, vocab: int, length: int) -> str:
    best = ", ".join(
        f"{spelled(int(i), vocab, length)} exact {plain.expected[i]:.3f} plain {plain.observed[i]:.3f} speculative {speculative.observed[i]:.3f}"
        for i in shown[:4]
    )
    far = int(np.count_nonzero(np.abs(speculative.surprise) > _BAND))
    return (
        f"Shares of the texts put out by plain and speculative decoding in {speculative.runs} runs each, beside the exact law. "
        f"Likeliest: {best}. Speculative counts more than 3 standard deviations off: {far} of {len(speculative.expected)}."
    )


def distances(plain: Fit, speculative: Fit, exact: float) -> go.Figure:
    """Draw the measured total variation distance from the target's law with its 95 % interval, and the decoder's exact one.

    Args:
        plain: plain decoding against the exact law.
        speculative: speculative decoding against it.
        exact: TV of the speculative decoder's own law, by enumeration.
    """
    rows = (("plain", plain, 0.0, _PLAIN), ("speculative", speculative, exact, _SPECULATIVE))
    figure = theme.card(
        "How far from the target’s law?",
        "Dot: TV of the sample. Bar: 95 % interval of the decoder’s own TV (bootstrap). Diamond: that TV exactly, by enumeration of every draft "
        "and verdict.",
        height=112,
        alt=_distances_alt(plain, speculative, exact),
        badges=["measured", "modelled"],
        bottom=theme.AXIS - 50,
    )
    for place, (name, fit, truth, colour) in enumerate(rows):
        figure.add_scatter(
            x=[fit.low, fit.high],
            y=[place, place],
            mode="lines",
            line={"color": colour, "width": 14},
            hoverinfo="skip",
            showlegend=False,
            name=f"{name} bar",
        )
        figure.add_scatter(
            x=[fit.distance], y=[place], mode="markers", showlegend=False, name=name, marker={"symbol": "circle", "size": 11, "color": theme.INK},
            hovertext=[f"<b>{name}</b><br>sample {fit.distance:.4f}<br>95 % interval {fit.low:.4f} to {fit.high:.4f}"], hoverinfo="text",
        )  # fmt: skip
        figure.add_scatter(
            x=[truth], y=[place], mode="markers", showlegend=False, name=f"{name} exact", cliponaxis=False,
            marker={"symbol": "diamond", "size": 13, "color": "#FFFFFF", "line": {"width": 2, "color": theme.BADGES["modelled"]}},
            hovertext=[f"<b>{name}</b><br>exact {truth:.4f}"], hoverinfo="text",
        )  # fmt: skip
    reach = max(0.05, plain.high, speculative.high, exact) * 1.12
    figure.update_xaxes(range=[-0.012 * reach, reach], title={"text": "total variation distance (0: the same law)"}, fixedrange=True, nticks=8)
    figure.update_yaxes(tickvals=[0, 1], ticktext=["plain", "speculative"], range=[1.6, -0.6], showgrid=False, fixedrange=True, ticks="")
    figure.update_yaxes(tickfont={"size": 13, "color": theme.INK})
    return theme.steady(figure)


def _distances_alt(plain: Fit, speculative: Fit, exact: float) -> str:
    def said(name: str, fit: Fit, truth: float) -> str:
        return f"{name}: sample {fit.distance:.4f}, 95 % interval {fit.low:.4f} to {fit.high:.4f}, exact {truth:.4f}"

    return f"Total variation distance from the target's law. {said('Plain', plain, 0.0)}. {said('Speculative', speculative, exact)}."
