"""Where the methods come from and where each stands: a timeline of papers, and the map of who drafts x what is promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme
from specviz.theory.papers import ALIGNMENTS, DRAFTS, PROMISES, Alignment, Drafts, Paper, Promise, papers

_LINE = 24
"""Pixels from one name to the next."""
_HEADS: dict[Promise, str] = {
    "same text": "the target's greedy text",
    "same law": "the target's law, at any temperature",
    "relaxed": "relaxed",
}
_COLUMNS: dict[Promise, int] = {"same text": 1, "same law": 2, "relaxed": 1}
"""Names side by side in a cell of each column: most of the field stands in the middle."""
_WIDTHS: dict[Promise, float] = {"same text": 1.2, "same law": 2.0, "relaxed": 1.0}
"""How wide each column is: the longest name, and the head, fit on the narrowest card."""
SHOWS: dict[str, Callable[[Paper], bool]] = {
    "all": lambda _: True,
    "runs here": lambda paper: bool(paper.method),
    "taught in detail": lambda paper: paper.is_core,
    "several candidates": lambda paper: paper.several,
}
"""Which papers :func:`method_map` may be asked to show."""
_RUNS, _READS = "#0072B2", "#57606A"
_SHORT: dict[str, str] = {"as it is": "draft taken as it is", "trained": "trained to agree", "kept up online": "learns while serving"}


def paper_timeline(*, since: int = 2018, until: int = 2023) -> go.Figure:
    """Draw the papers of some years one below the other, each at its date.

    Args:
        since: the first year.
        until: the last year.

    Raises:
        ValueError: when no paper appeared in these years.
    """
    rows = papers(since=since, until=until)
    told = "; ".join(f"{paper.year} {paper.name}: {paper.gist}" for paper in rows)
    figure = theme.card(
        f"From {since} to {until}: {len(rows)} steps",
        "Each mark stands at the month its paper appeared. Its shape says who drafts; a bold name was taught in detail at COLING 2025; "
        "(relaxed) marks what does not keep the target's output.",
        height=_LINE * len(rows) + 30, alt=f"A timeline, oldest first. {told}.", badges=["literature"],
    )  # fmt: skip
    middle = (since + until + 1) / 2
    for drafts, series in zip(DRAFTS, theme.SERIES, strict=False):
        mine = [(place, paper) for place, paper in enumerate(rows) if paper.drafts == drafts]
        figure.add_scatter(
            x=[_date(paper) for _, paper in mine], y=[place for place, _ in mine], mode="markers+text", name=drafts,
            text=[_line(paper) for _, paper in mine], textfont={"size": 12, "color": theme.INK},
            textposition=["middle right" if _date(paper) < middle else "middle left" for _, paper in mine],
            marker={"symbol": series.symbol, "size": 12, "color": series.colour, "line": theme.outline(series.symbol)},
            hovertext=[_hover(paper) for _, paper in mine], hoverinfo="text", cliponaxis=False,
        )  # fmt: skip
    figure.update_xaxes(range=[since - 0.1, until + 1.05], dtick=1, tick0=since, tickformat="d", fixedrange=True)
    figure.update_yaxes(range=[len(rows) - 0.3, -0.7], showgrid=False, showticklabels=False, ticks="", fixedrange=True)
    return theme.steady(figure)


def method_map(*, until: int = 2025, show: str = "all", alignment: str = "any") -> go.Figure:
    """Draw the map: who drafts downwards, what verification promises across, how the draft was aligned as the filling of the mark.

    Args:
        until: leave out what appeared after this year.
        show: ``all``, or only what ``runs here``, was ``taught in detail`` at COLING 2025, or verifies ``several candidates``.
        alignment: ``any``, or only drafts of one of ``specviz.theory.papers.ALIGNMENTS``.

    Raises:
        ValueError: when nothing had appeared by then, or for an unknown choice.
    """
    if show not in SHOWS or alignment not in ("any", *ALIGNMENTS):
        choices = f"show among {', '.join(SHOWS)} and alignment among any, {', '.join(ALIGNMENTS)}"
        raise UnexpectedValueError(choices, f"{show!r} and {alignment!r}")
    rows = [paper for paper in papers(until=until) if SHOWS[show](paper) and alignment in ("any", paper.alignment)]
    cells = {(drafts, promise): [p for p in rows if (p.drafts, p.promise) == (drafts, promise)] for drafts in DRAFTS for promise in PROMISES}
    heights = [max(1, *(-(-len(cells[drafts, promise]) // _COLUMNS[promise]) for promise in PROMISES)) for drafts in DRAFTS]
    figure = theme.card(
        f"The map of methods, {until}" + (f", {show}" if show != "all" else "") + (f", {_SHORT[alignment]}" if alignment in _SHORT else ""),
        "Down: who drafts. Across: what verification promises of the output. A triangle verifies several candidates at once, a circle one chain. "
        "Blue runs in this kit; a bold name was taught in detail at COLING 2025.",
        height=round(_LINE * (sum(heights) + 1.2 * len(DRAFTS)) + 34), alt=_alt(cells, until), badges=["literature"], bottom=theme.BARE,
    )  # fmt: skip
    _draw_grid(figure, heights)
    placed = _places(cells, heights)
    for kind in ALIGNMENTS:
        _draw_papers(figure, [(x, y, paper) for x, y, paper in placed if paper.alignment == kind], kind)
    figure.update_xaxes(visible=False, range=[-0.02, _lefts()[-1] + 0.02], fixedrange=True)
    figure.update_yaxes(visible=False, range=[_tops(heights)[-1] + 0.1, -1.2], fixedrange=True)
    return theme.steady(figure)


def _date(paper: Paper) -> float:
    """When it appeared, in years: the middle of its month."""
    return paper.year + (int(paper.month[2:]) - 0.5) / 12


def _name(paper: Paper) -> str:
    name = paper.name.replace("&", "&amp;")
    return f"<b>{name}</b>" if paper.is_core else name


def _line(paper: Paper) -> str:
    mark = " (relaxed)" if paper.promise == "relaxed" else ""
    return f"  {_name(paper)}{mark}: {paper.gist}  "


def _hover(paper: Paper) -> str:
    several = "several candidates at once" if paper.several else "one chain"
    runs = f"<br>runs here as {paper.method}" if paper.method else ""
    return (
        f"{_name(paper)}, {paper.source}<br>{paper.gist}<br>drafts: {paper.drafts}; {_SHORT[paper.alignment]}<br>"
        f"promise: {_HEADS[paper.promise]}; {several}<br>chapter {paper.chapter}{runs}"
    )


def _tops(heights: Sequence[int]) -> list[float]:
    """Where each row of cells begins, in lines, and where the last one ends."""
    tops = [0.0]
    for height in heights:
        tops.append(tops[-1] + height + 1.2)
    return tops


def _lefts() -> list[float]:
    """Where each column begins, and where the last one ends."""
    lefts = [0.0]
    for promise in PROMISES:
        lefts.append(lefts[-1] + _WIDTHS[promise])
    return lefts


def _draw_grid(figure: go.Figure, heights: Sequence[int]) -> None:
    tops, lefts = _tops(heights), _lefts()
    for column, promise in enumerate(PROMISES):
        figure.add_annotation(
            x=lefts[column] + 0.06, y=-0.55, text=f"<b>{_HEADS[promise]}</b>", xanchor="left", showarrow=False, font={"size": 12, "color": theme.INK}
        )
        for row, drafts in enumerate(DRAFTS):
            figure.add_shape(
                type="rect", x0=lefts[column] + 0.02, x1=lefts[column + 1] - 0.02, y0=tops[row] + 0.04, y1=tops[row + 1] - 0.08,
                line={"width": 1, "color": theme.LINE}, fillcolor=theme.mix(theme.SERIES[row].colour, 0.07), layer="below",
            )  # fmt: skip
            if not column:
                figure.add_annotation(
                    x=0.06, y=tops[row] + 0.5, text=f"by {drafts}".replace("by text", "from text"), xanchor="left", showarrow=False,
                    font={"size": 12, "color": theme.MUTED},
                )  # fmt: skip


def _places(cells: dict[tuple[Drafts, Promise], list[Paper]], heights: Sequence[int]) -> list[tuple[float, float, Paper]]:
    """A place for every paper: cells are filled column by column, oldest first."""
    tops, lefts = _tops(heights), _lefts()
    placed = []
    for row, drafts in enumerate(DRAFTS):
        for column, promise in enumerate(PROMISES):
            for i, paper in enumerate(cells[drafts, promise]):
                across, down = divmod(i, heights[row])
                placed.append((lefts[column] + across * _WIDTHS[promise] / _COLUMNS[promise] + 0.1, tops[row] + down + 1.3, paper))
    return placed


def _draw_papers(figure: go.Figure, placed: Sequence[tuple[float, float, Paper]], alignment: Alignment) -> None:
    ending = {"as it is": "-open", "trained": "", "kept up online": "-open-dot"}[alignment]
    colours = [_RUNS if paper.method else _READS for _, _, paper in placed]
    symbols = [("triangle-up" if paper.several else "circle") + ending for _, _, paper in placed]
    figure.add_scatter(
        x=[x for x, _, _ in placed], y=[y for _, y, _ in placed], mode="markers+text", name=_SHORT[alignment], showlegend=False,
        text=[f" {_name(paper)}" for _, _, paper in placed], textposition="middle right", textfont={"size": 12, "color": colours},
        marker={"symbol": symbols, "size": 11, "color": colours, "line": {"width": 2, "color": colours}},
        hovertext=[_hover(paper) for _, _, paper in placed], hoverinfo="text", cliponaxis=False,
    )  # fmt: skip
    figure.add_scatter(
        x=[None], y=[None], mode="markers", name=_SHORT[alignment], hoverinfo="skip",
        marker={"symbol": "circle" + ending, "size": 11, "color": _READS, "line": {"width": 2, "color": _READS}},
    )  # fmt: skip


def _alt(cells: dict[tuple[Drafts, Promise], list[Paper]], until: int) -> str:
    parts = [f"drafted by {drafts}, {promise}: {', '.join(paper.name for paper in found) or 'nothing'}" for (drafts, promise), found in cells.items()]
    return f"A map of methods up to {until}, a cell for who drafts and what is promised. {'; '.join(parts)}."
