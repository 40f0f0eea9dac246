"""The distribution lab's pictures: where the probability of one place goes, and what giving up exactness buys there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.labs.laws import Floats
from specviz.labs.place import Place, Price, prices

_ROW = 34
_PANELS = ((0.0, 0.385), (0.425, 0.81), (0.86, 1.0))
_PRICE_HEIGHT = 330
_SMALL = 5e-4
"""Mass that no bar would show."""


def mass_flow(place: Place) -> go.Figure:
    """Draw where the mass goes when one draft from q is judged by rejection sampling: q into kept and refused, p into kept and redrawn.

    The refused areas and the redrawn ones are equal in sum: 1 - alpha = TV(p, q). The last panel is the redrawn part scaled to 1,
    the residual.

    Args:
        place: the laws.
    """
    kept = [min(a, b) for a, b in zip(place.p.tolist(), place.q.tolist(), strict=True)]
    refused, redrawn = ([max(0.0, x - k) for x, k in zip(law.tolist(), kept, strict=True)] for law in (place.q, place.p))
    left = place.residual.tolist() if place.distance > 0.0 else [0.0] * place.size
    figure = theme.card(
        f"Kept {words.number(place.alpha)}, refused and redrawn {words.number(place.distance)}",
        "A draft from q stays with probability min(1, p/q). What is refused on the left is drawn again on the right, so that p comes out.",
        height=place.size * _ROW + 26,
        alt=_mass_alt(place),
        badges=["modelled"],
        bottom=theme.AXIS - 40,
    )
    _bars(figure, place, kept, "accepted", "● kept: min(p, q)", 0)
    _bars(figure, place, refused, "rejected", "✕ refused: (q − p)<sub>+</sub>", 0, totals=place.q)
    _bars(figure, place, kept, "accepted", "", 1)
    _bars(figure, place, redrawn, "corrected", "◆ redrawn: (p − q)<sub>+</sub>", 1, totals=place.p)
    _bars(figure, place, left, "corrected", "", 2, totals=place.residual if place.distance > 0.0 else None)
    _set_panels(figure, place)
    if not place.distance > _SMALL:
        figure.add_annotation(text="nothing<br>is refused", xref="x3 domain", yref="y3 domain", x=0.5, y=0.5, showarrow=False)
    return theme.steady(figure)


def _bars(figure: go.Figure, place: Place, values: Sequence[float], state: str, name: str, panel: int, *, totals: Floats | None = None) -> None:
    axis = "" if panel == 0 else str(panel + 1)
    colour = theme.look(state).colour
    hatch = {"shape": "x", "size": 6, "solidity": 0.25, "fgcolor": "#FFFFFF", "bgcolor": colour} if state == "rejected" else {}
    figure.add_bar(
        x=list(values), y=list(range(place.size)), orientation="h", width=0.66, xaxis=f"x{axis}", yaxis=f"y{axis}",
        name=name, showlegend=bool(name), marker={"color": colour, "line": {"color": theme.INK, "width": 0.6}, "pattern": hatch},
        hovertext=[_mass_hover(place, i) for i in range(place.size)], hoverinfo="text",
    )  # fmt: skip
    if totals is not None:
        # bars that are stacked put their texts inside: a text of its own stands behind the last one
        figure.add_scatter(
            x=totals.tolist(), y=list(range(place.size)), mode="text", text=[f" {words.number(x)}" if x else " 0" for x in totals.tolist()],
            textposition="middle right", textfont={"size": 12},
            xaxis=f"x{axis}", yaxis=f"y{axis}", showlegend=False, hoverinfo="skip", cliponaxis=False, name=f"totals {panel}",
        )  # fmt: skip


def _mass_hover(place: Place, i: int) -> str:
    p, q = float(place.p[i]), float(place.q[i])
    chance = min(1.0, p / q) if q > 0.0 else 1.0
    judged = f"drafted, it is kept with probability {words.number(chance)}" if q > 0.0 else "never drafted"
    return f"<b>{words.quoted(place.names[i])}</b><br>p {words.number(p)}, q {words.number(q)}<br>{judged}"


def _set_panels(figure: go.Figure, place: Place) -> None:
    widest = min(1.0, float(max(place.p.max(), place.q.max()))) * 1.2
    heads = ("q, what the draft proposes", "p, what comes out", "residual")
    ticks = {
        "tickvals": list(range(place.size)),
        "ticktext": [words.label(name, limit=16) for name in place.names],
        "ticks": "",
        "ticklabelstandoff": 6,
    }
    rows: dict[str, Any] = {"range": [place.size - 0.5, -0.5], "showgrid": False, "fixedrange": True}
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    for panel, (domain, head) in enumerate(zip(_PANELS, heads, strict=True)):
        axis = "" if panel == 0 else str(panel + 1)
        names = (
            {**ticks, "tickfont": {"family": theme.MONO, "size": 13, "color": theme.INK}} if panel == 0 else {"showticklabels": False, "ticks": ""}
        )
        reach = [0, 1.42] if panel == 2 else [0, widest]
        x = {"domain": list(domain), "anchor": f"y{axis}", "range": reach, "fixedrange": True, "nticks": 5}
        figure.update_layout(
            {f"xaxis{axis}": x | ({"tickvals": [0, 0.5, 1]} if panel == 2 else {}), f"yaxis{axis}": {"anchor": f"x{axis}", **rows, **names}}
        )
        figure.add_annotation(
            text=f"<b>{head}</b>",
            xref="paper",
            yref="paper",
            x=domain[0],
            y=1,
            yshift=2,
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"size": 13},
        )


def _mass_alt(place: Place) -> str:
    rows = ", ".join(
        f"{words.plain(name)} p {words.number(a)} q {words.number(b)}"
        for name, a, b in zip(place.names, place.p.tolist(), place.q.tolist(), strict=True)
    )
    return (
        f"Where the probability goes at one place: kept {words.number(place.alpha)}, refused and redrawn {words.number(place.distance)}. "
        f"Tokens: {rows}."
    )


_KNOBS = {
    "lenience": ("lenience: take p for p/l", theme.SERIES[0]),
    "top-m": ("top-m: keep the target’s m likeliest", theme.SERIES[1]),
    "typical": ("typical: keep what is plausible", theme.SERIES[2]),
}


def lossy_prices(place: Place) -> go.Figure:
    """Draw what each lossy rule pays at this place with one draft: TV from p over how often the draft is kept.

    Below the line distance = kept - alpha nothing can be: what is kept beyond the overlap is mass that p does not have there.

    Args:
        place: the laws.
    """
    found = prices(place)
    alpha, top = place.alpha, max(0.05, *(price.distance for price in found)) * 1.22
    figure = theme.card(
        "What giving up exactness buys",
        f"One draft. Left of α = {words.number(alpha)} nothing need be lost; each further percent kept costs at least a percent of total "
        "variation. Lenience pays just that; rules that look at the token alone pay more.",
        height=_PRICE_HEIGHT,
        alt=_price_alt(place, found),
        badges=["modelled"],
    )
    figure.add_scatter(
        x=[alpha, 1.0, 1.0], y=[0.0, 1.0 - alpha, 0.0], fill="toself", fillcolor="#F0F2F4", mode="lines", line={"width": 0}, hoverinfo="skip",
        name="no rule can be here", showlegend=alpha < 1.0 - _SMALL,
    )  # fmt: skip
    for rule, (name, look) in _KNOBS.items():
        own = sorted((price for price in found if price.rule == rule), key=lambda price: (price.accepted, price.distance))
        figure.add_scatter(
            x=[price.accepted for price in own], y=[price.distance for price in own], mode="lines+markers+text", name=name, cliponaxis=False,
            text=_labels(own, rule), textposition="top center", textfont={"size": 11, "color": theme.MUTED},
            line={"color": look.colour, "width": 1.6, "dash": "solid" if rule == "lenience" else "dot"},
            marker={"symbol": look.symbol, "size": 9, "color": look.colour, "line": {"width": 1, "color": theme.INK}},
            hovertext=[_price_hover(price) for price in own], hoverinfo="text",
        )  # fmt: skip
    figure.add_scatter(
        x=[alpha], y=[0.0], mode="markers", name="rejection sampling: exact", cliponaxis=False,
        marker={"symbol": "star", "size": 15, "color": theme.look("accepted").colour, "line": {"width": 1, "color": theme.INK}},
        hovertext=[f"<b>rejection sampling</b><br>kept {words.number(alpha)}, nothing lost"], hoverinfo="text",
    )  # fmt: skip
    figure.update_xaxes(title={"text": "drafts kept"}, range=[-0.02, 1.03], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(title={"text": "TV from p"}, range=[-0.02 * top, top], nticks=6, fixedrange=True)
    return theme.steady(figure)


def _labels(own: Sequence[Price], rule: str) -> list[str]:
    """Settings by name where there is room: top-m's, and the usual lenience."""
    shown: list[str] = []
    last = -1.0
    for price in own:
        is_wanted = rule == "top-m" or price.setting == "l = 0.5"
        has_room = price.accepted - last > 0.06 and price.accepted < 0.97  # at the right end all rules meet
        shown.append(price.setting if is_wanted and has_room else "")
        last = price.accepted if shown[-1] else last
    return shown


def _price_hover(price: Price) -> str:
    return f"<b>{price.rule}, {price.setting}</b><br>kept {words.number(price.accepted)}<br>TV from p {words.number(price.distance)}"


def _price_alt(place: Place, found: Sequence[Price]) -> str:
    worst = {rule: max((p for p in found if p.rule == rule), key=lambda p: p.distance) for rule in _KNOBS}
    listed = "; ".join(f"{p.rule} at {p.setting}: kept {p.accepted:.3f}, distance {p.distance:.3f}" for p in worst.values())
    return f"Distance of the output from p over how often a draft is kept. Exact up to {place.alpha:.3f}. The dearest settings: {listed}."
