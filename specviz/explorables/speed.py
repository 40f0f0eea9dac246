"""What drafting is worth: lengths, costs, machines and batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from specviz.explorables.controls import Choice, Control, Explorable, Slider
from specviz.figures import (
    roofline_curve,
    speedup_curve,
    theme,
)
from specviz.figures.batch import row_cursors
from specviz.figures.lengths import best_lengths, geometric_law, speedup_surface
from specviz.figures.loss import batch_map, loss_conditions
from specviz.figures.measured import MeasuredPoint, recorded_points
from specviz.figures.verify import verify_price
from specviz.labs.seats import ALIKE, JOIN, RAGGED, STAY, Setting, play
from specviz.theory.roofline import MACHINES, SHAPES, Machine, Shape
from specviz.theory.serving import Serving
from specviz.theory.speedup import Floats, speedup


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
        textposition=_beside(gamma, best, is_below=slope > 0),
        textfont={"size": 15},
        marker={"symbol": "circle", "size": 14, "color": theme.INK},
        showlegend=False,
        hovertemplate=hover,
    )
    chosen = f"Chosen: length {gamma}, {here:.2f} times; the best length at these costs is {best}, {float(curve[best]):.2f} times."
    figure.layout.meta = {"alt": f"{theme.alt_text(figure)} {chosen}"}
    return figure


def _beside(gamma: int, best: int, *, is_below: bool) -> str:
    """Where a label stands clear of a curve with one top: above it and outwards, or below it when another curve runs above."""
    rises = gamma <= best
    if is_below:
        return "bottom right" if rises else "bottom left"
    return "top left" if rises and gamma > 0 else "top right"


_NO_POINTS = "none"


def _surface(*, gamma: int, alpha: float, c: float, slope: float, points: Sequence[MeasuredPoint] | str) -> go.Figure:
    """The speed-up over length and acceptance, with measured runs on it."""
    measured = () if points == _NO_POINTS else recorded_points() if isinstance(points, str) else points
    return speedup_surface(c=c, slope=slope, at=(gamma, alpha), points=measured)


def _roofline(*, machine: Machine | str, model: Shape | str, m: int, batch: int, context: int) -> go.Figure:
    """The least time of a pass; the context is given in thousands of positions."""
    able = MACHINES[machine] if isinstance(machine, str) else machine
    asked = SHAPES[model] if isinstance(model, str) else model
    return roofline_curve(asked, able, m=m, batch=batch, context=1000 * context)


def _verify(*, machine: Machine | str, model: Shape | str, m: int, context: int) -> go.Figure:
    """The price of checking many tokens, by batch; the context is given in thousands of positions."""
    able = MACHINES[machine] if isinstance(machine, str) else machine
    return verify_price(SHAPES[model] if isinstance(model, str) else model, able, m=m, context=1000 * context)


_AN_8B = next(iter(SHAPES))


def _loses(*, alpha: float, gamma: int, draft: float, batch: int, thousands: int, other: float, machine: Machine | str, view: str) -> go.Figure:
    """Which side of the line, and what would cross it."""
    able = MACHINES[machine] if isinstance(machine, str) else machine
    at = Serving(alpha, gamma, draft, draft, batch, 1024 * thousands, other)
    return (batch_map if view == "batch and text" else loss_conditions)(at, SHAPES[_AN_8B], able)


def _rows(*, seats: int, requests: int, alpha: float, spread: float, gamma: int, shorter: int, advance: str, seat: str) -> go.Figure:
    """A batch played by coins."""
    played = play(Setting(seats, requests, alpha, spread, gamma, ragged_length=shorter, advance=advance, seat=seat))
    return row_cursors(played, gamma=gamma)


_PASS: dict[str, Control] = {
    "machine": Choice("machine", tuple(MACHINES), "data-sheet bandwidth and arithmetic; nobody reaches both"),
    "model": Choice("model", tuple(SHAPES)),
    "m": Slider("m, tokens verified in one pass", 1, 64, 5, 1, "γ drafts and the token before them"),
}
_CONTEXT = Slider("thousands of positions in each cache", 0, 64, 0, 1)

SPEED: dict[str, Explorable] = {
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
    "speedup-surface": Explorable(
        title="The speed-up over every length and acceptance",
        question="Raise the price of verifying: where does the loss (orange) grow first, at short drafts or at long ones?",
        draw=_surface,
        controls={
            "gamma": Slider("γ, drafted tokens per cycle", 1, 16, 4, 1),
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05),
            "c": Slider("c, cost of a draft step in passes", 0.0, 1.0, 0.1, 0.02),
            "slope": Slider("price of each further token verified", 0.0, 0.5, 0.02, 0.02, "v(m) = 1 + price·(m − 1)"),
            "points": Choice("measured runs on it", (_NO_POINTS, "recorded"), "each filled with the colour of its own speed-up"),
        },
    ),
    "best-length": Explorable(
        title="The best draft length",
        question="Along which line does the best length become 0 when verifying is free, and where does that line go when it is not?",
        draw=lambda *, alpha, c, slope: best_lengths(slope=slope, at=(alpha, c)),
        controls={
            "alpha": Slider("α, acceptance of one drafted token", 0.05, 0.95, 0.7, 0.05),
            "c": Slider("c, cost of a draft step in passes", 0.01, 0.8, 0.1, 0.01),
            "slope": Slider("price of each further token verified", 0.0, 0.5, 0.0, 0.02, "v(m) = 1 + price·(m − 1)"),
        },
    ),
    "geometric-law": Explorable(
        title="How many drafts does a cycle keep?",
        question="Spread the acceptance between cycles and keep its mean: does a cycle yield more tokens or fewer?",
        draw=lambda *, alpha, gamma, spread: geometric_law(alpha, gamma, spread=spread),
        controls={
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05),
            "gamma": Slider("γ, drafted tokens per cycle", 1, 16, 6, 1),
            "spread": Slider("spread: cycles at α + and α −, half each", 0.0, 0.5, 0.0, 0.05),
        },
    ),
    "roofline": Explorable(
        title="How long must a pass take?",
        question="With one request, how many tokens can a pass verify for the price of one? Now raise the requests: where does v(m) leave 1?",
        draw=_roofline,
        controls={
            **_PASS,
            "batch": Slider("B, requests that share the pass", 1, 128, 1, 1, "they share the weights; each has a cache of its own"),
            "context": _CONTEXT,
        },
    ),
    "verify-price": Explorable(
        title="What does it cost to check many tokens at once?",
        question="Guess first: with 64 requests in the batch, what does it cost to check five tokens? Which machine keeps it free longest?",
        draw=_verify,
        controls={
            **_PASS,
            "context": _CONTEXT,
        },
    ),
    "where-it-loses": Explorable(
        title="Where speculation loses",
        question="Which letter must move least to cross the line? Fill the batch until it loses: which other letter brings it back?",
        draw=_loses,
        controls={
            "view": Choice("view", ("one letter at a time", "batch and text"), "six curves, or a map of batch and length of text"),
            "alpha": Slider("α, acceptance of one drafted token", 0.0, 1.0, 0.7, 0.05),
            "gamma": Slider("γ, drafted tokens per cycle", 1, 24, 4, 1),
            "draft": Slider("size of the draft ÷ target", 0.0, 1.0, 0.1, 0.05, "its weights, its arithmetic and its cache"),
            "batch": Slider("B, requests in the batch", 1, 512, 1, 1, "they share the weights; each has a cache of its own"),
            "thousands": Slider("thousands of positions in each cache", 0, 128, 1, 1),
            "other": Slider("other work of a cycle, in plain steps", 0.0, 3.0, 0.0, 0.1, "judging, commits, the host"),
            "machine": Choice("machine", tuple(MACHINES), "an 8 B model on a machine at its data-sheet figures"),
        },
    ),
    "row-cursors": Explorable(
        title="A batch, row by row",
        question="Hold all rows to the slowest: how many cycles more, and which rows pay? Then let the next request take a seat that is free.",
        draw=_rows,
        controls={
            "seats": Slider("B, rows that run at a time", 1, 16, 8, 1),
            "requests": Slider("requests", 1, 32, 12, 1),
            "alpha": Slider("α, acceptance of one drafted token", 0.05, 0.95, 0.7, 0.05),
            "spread": Slider("spread of α between requests", 0.0, 0.4, 0.2, 0.05, "of a request: even between α − spread and α + spread"),
            "gamma": Slider("γ, drafted tokens per cycle", 0, 8, 4, 1),
            "shorter": Slider("requests end up to this many tokens earlier", 0, 30, 20, 5, "the longest has 40 new tokens"),
            "advance": Choice("after a cycle", (RAGGED, ALIKE), "alike: by as many tokens as the row that accepted fewest"),
            "seat": Choice("a free seat", (STAY, JOIN)),
        },
    ),
}
