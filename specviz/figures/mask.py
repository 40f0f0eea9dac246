"""Who sees whom in the target's pass over a tree, and what becomes of the keys and values that the pass writes.

The rows of the mask, its columns and the slots of the cache have one order: the root, then the nodes as they were drafted. So the
picture has one row for each: left what a token may look at, right the slot it is written to and where that goes.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from specviz.figures import theme, words
from specviz.figures.layout import Box, fitting
from specviz.figures.pieces import LAST, piece_before
from specviz.figures.slots import LINE, LIT, TEXT, Pass, draw_slots, fate, who
from specviz.trace import Trace, TraceError

_SEEN, _SELF, _EMPTY = "#A9B7C6", "#57606A", "#F6F7F9"
_WIDTH = 690
"""Pixels of the drawing on a narrow card."""
_SLOTS = 250
"""Pixels of it that the slots need."""
_LABEL, _LETTER = 108, 7.2
"""Pixels for the rows' names, and of a letter."""


def mask_and_cache(trace: Trace, *, cycle: int = 0, node: int | None = None) -> go.Figure:
    """Draw the attention mask of one pass of the target beside the slots of its cache, before and after the commit.

    Left: rows and columns are the root (the last committed token) and the drafted nodes; a row sees the text so far, its own
    ancestors and itself. Right: the slot each row is written to; the accepted path is packed behind the text by one gather, all
    other slots are free again. The nodes' markers are the trace named ``nodes``, with ``customdata = [cycle, node]``.

    Args:
        trace: the recorded run, of any detail.
        cycle: which cycle.
        node: the node whose row is lit and whose ancestors are named; None, or -1 for the last token, lights none.

    Raises:
        IndexError: when there is no such cycle or node.
        TraceError: when the recorded length of the cache is none that the accepted path can leave.
    """
    if node not in (None, LAST):
        trace.node(cycle, node)
    done = _pass(trace, cycle, node)
    matrix = min((_WIDTH - _SLOTS - _LABEL) / _WIDTH, (done.rows + done.prefix) * max(26.0, done.row_height) / _WIDTH)
    left = _LABEL / _WIDTH
    height = round((done.rows + 0.5) * done.row_height + _head(done))
    figure = theme.card(_title(done), _subtitle(done), height=height, alt=_alt(done), badges=["measured"], bottom=theme.BARE)
    _draw_mask(figure, done)
    draw_slots(figure, done)
    _draw_handles(figure, done)
    _set_axes(figure, done, (left, left + matrix))
    figure.update_layout(barmode="overlay", bargap=0)
    figure.add_traces([theme.legend_entry(state) for state in theme.LOOKS if state in {done.state(row) for row in range(1, done.rows)}])
    return theme.steady(figure)


def _pass(trace: Trace, cycle: int, node: int | None) -> Pass:
    record = trace.cycle(cycle)
    root = piece_before(trace, cycle)
    fed = [n for n in record.nodes if n.state != "pruned"]
    names = ["start" if root is None else words.label(root.text, root.token, 10), *(words.label(n.text, n.token, 10) for n in fed)]
    most = record.prefix + len(record.path)
    if not record.prefix <= record.cache_target <= most:
        raise TraceError(
            f"the target's cache to hold {record.prefix} to {most} positions after cycle {cycle}",
            str(record.cache_target),
            "the record does not fit together",
        )
    return Pass(record, names, node)


def _head(done: Pass) -> float:
    """Pixels above the first row: for the columns' names, and for the heads of the slots."""
    return max(52.0, 16 + _LETTER * max(len(_plain(done.names[row])) for row in _named_columns(done)))


def _plain(name: str) -> str:
    return html.unescape(name)


# ------------------------------------------------------------------------------------------------------------------- the mask
def _draw_mask(figure: go.Figure, done: Pass) -> None:
    """A bar for every run of cells that a row sees; a chain of hundreds is then no more than a bar a row."""
    rows = range(done.rows)
    figure.add_shape(
        type="rect", x0=-done.prefix - 0.5, x1=done.rows - 0.5, y0=-0.5, y1=done.rows - 0.5, fillcolor=_EMPTY, line={"width": 0}, layer="below"
    )
    text = words.count(done.start, "token")
    said = [f"{who(done, row)} sees the whole text before the root: {text}" for row in rows]
    _cells(figure, [(row, -done.prefix - 0.5, -0.5) for row in rows], said, _colours(done, TEXT), "the text so far")
    runs = [(row, first, last) for row in rows for first, last in _runs(done.ancestors[row])]
    said = [f"{who(done, row)} sees {_among(done, first, last)}" for row, first, last in runs]
    _cells(
        figure, [(row, first - 0.5, last + 0.5) for row, first, last in runs], said, _colours(done, _SEEN, [r for r, _, _ in runs]), "its ancestors"
    )
    _cells(figure, [(row, row - 0.5, row + 0.5) for row in rows], [f"{who(done, row)} sees itself" for row in rows], _colours(done, _SELF), "itself")
    _draw_grid(figure, done)


def _cells(figure: go.Figure, cells: Sequence[tuple[int, float, float]], said: list[str], colours: list[str], name: str) -> None:
    figure.add_bar(
        x=[right - left for _, left, right in cells],
        base=[left for _, left, _ in cells],
        y=[row for row, _, _ in cells],
        orientation="h",
        width=1.0,
        name=name,
        showlegend=False,
        marker={"color": colours, "line": {"width": 0}},
        hovertext=said,
        hoverinfo="text",
    )


def _colours(done: Pass, colour: str, rows: Sequence[int] | None = None) -> list[str]:
    """The lit row stands out in ink; the text before it stays light enough to tell from the tree."""
    lit = "#8B95A1" if colour == TEXT else LIT
    return [lit if row == done.lit else colour for row in (range(done.rows) if rows is None else rows)]


def _runs(columns: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as runs of neighbours."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and runs[-1][1] == column - 1:
            runs[-1] = (runs[-1][0], column)
        else:
            runs.append((column, column))
    return runs


def _draw_grid(figure: go.Figure, done: Pass) -> None:
    """White lines between cells, where cells are large enough to be told apart by them."""
    if done.row_height < 6:
        return
    x: list[float | None] = []
    y: list[float | None] = []
    top, bottom, left, right = -0.5, done.rows - 0.5, -done.prefix - 0.5, done.rows - 0.5
    for i in range(done.rows + 1):
        x += [i - 0.5, i - 0.5, None, left, right, None]
        y += [top, bottom, None, i - 0.5, i - 0.5, None]
    line = {"color": theme.CARD, "width": 2 if done.row_height >= 12 else 1}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name="grid")


def _among(done: Pass, first: int, last: int) -> str:
    return who(done, first) if first == last else f"{who(done, first)} to {who(done, last)}"


def _draw_handles(figure: go.Figure, done: Pass) -> None:
    """A marker per drafted node in its state's glyph, beside its name: what a reader clicks."""
    looks = [theme.look(done.state(row)) for row in range(1, done.rows)]
    figure.add_scatter(
        x=[0] * len(looks),
        y=list(range(1, done.rows)),
        xaxis="x3",
        yaxis="y",
        mode="markers",
        name="nodes",
        showlegend=False,
        cliponaxis=False,
        marker={
            "symbol": [look.symbol for look in looks],
            "color": [look.colour for look in looks],
            "size": max(4.0, min(11.0, done.row_height * 0.6)),
            "line": {"width": [1.5 if look.symbol.endswith("open") else 0.6 for look in looks], "color": [look.colour for look in looks]},
        },
        customdata=[[done.cycle.cycle, row - 1] for row in range(1, done.rows)],
        hovertext=[f"{who(done, row)}<br>{fate(done, row)}" for row in range(1, done.rows)],
        hoverinfo="text",
    )


# ------------------------------------------------------------------------------------------------------------- axes and words
def _set_axes(figure: go.Figure, done: Pass, domain: tuple[float, float]) -> None:
    top = -_head(done) / done.row_height - 0.5
    rows = {"range": [done.rows - 0.2, top], "fixedrange": True, "showgrid": False, "ticks": "", "showline": False}
    shown = _named_rows(done)
    columns = _named_columns(done)
    mono = {"family": theme.MONO, "size": 12, "color": theme.INK}
    figure.update_layout(
        xaxis={
            "domain": list(domain), "range": [-done.prefix - 0.5, done.rows - 0.5], "visible": False, "fixedrange": True, "anchor": "y",
        },
        yaxis={
            **rows, "anchor": "x", "tickvals": shown, "ticktext": [_emphasised(done, row) for row in shown], "tickfont": mono,
            "ticklabelstandoff": 25,
        },
        xaxis3={"domain": [domain[0] - 0.024, domain[0] - 0.004], "range": [-1, 1], "visible": False, "fixedrange": True, "anchor": "y"},
        xaxis2={"domain": [1 - _SLOTS / _WIDTH + 0.03, 1], "range": [0, 3], "visible": False, "fixedrange": True, "anchor": "y2"},
        yaxis2={**rows, "anchor": "x2", "visible": False},
    )  # fmt: skip
    for row in columns:
        figure.add_annotation(
            x=row, y=-0.5, xref="x", yref="y", text=_emphasised(done, row), textangle=-90, showarrow=False, yanchor="bottom", font=mono, yshift=3
        )
    figure.add_annotation(
        x=-done.prefix / 2 - 0.5, y=-0.5, xref="x", yref="y", text=f"text<br>{done.start}", showarrow=False, yanchor="bottom",
        font={"size": 12, "color": theme.MUTED}, yshift=2,
    )  # fmt: skip


def _emphasised(done: Pass, row: int) -> str:
    """A row's name, bold where the lit row sees it."""
    seen = done.lit is not None and (row == done.lit or row in done.ancestors[done.lit])
    return f"<b>{done.names[row]}</b>" if seen else done.names[row]


def _named_rows(done: Pass) -> list[int]:
    return sorted(fitting(((row, Box(0, 1, row * done.row_height)) for row in _important(done, done.row_height)), LINE))


def _named_columns(done: Pass) -> list[int]:
    """The columns that have room for their names: all of a small tree, else what the lit row or the accepted path leads through."""
    width = min(max(26.0, done.row_height), (_WIDTH - _SLOTS - _LABEL) / (done.rows + done.prefix))
    return sorted(fitting(((row, Box(0, 1, row * width)) for row in _important(done, width)), LINE))


def _important(done: Pass, room: float) -> list[int]:
    """The lit row and what it sees, the accepted path, then all others, if ``room`` pixels are enough for a name each."""
    lit = [] if done.lit is None else [done.lit, *reversed(done.ancestors[done.lit])]
    rest = range(done.rows) if room >= LINE else []
    return list(dict.fromkeys([*lit, 0, *(node + 1 for node in done.cycle.path), *rest]))


def _title(done: Pass) -> str:
    return f"Cycle {done.cycle.cycle}: one pass over {words.count(done.rows, 'token')}, {len(done.kept)} of {done.rows} slots kept"


def _subtitle(done: Pass) -> str:
    parts = ["A filled cell: the token of the row sees the token of the column."]
    if done.rows > 2 and all(parent == row - 1 for row, parent in enumerate(done.parents)):
        parts.append("A chain needs no mask of its own: each token sees all before it.")
    parts.append(_sight(done))
    if moved := sum(to != row for to, row in enumerate(done.kept)):
        parts.append(f"To keep the accepted path, {words.count(moved, 'slot')} {'is' if moved == 1 else 'are'} copied forward.")
    if done.cycle.cache_draft:
        parts.append(f"The draft's own cache holds {words.count(done.cycle.cache_draft, 'position')} afterwards.")
    return " ".join(filter(None, parts))


def _sight(done: Pass) -> str:
    """What the selected token sees, and the difference between its position and its slot."""
    if done.chosen == LAST:
        return "The last token was not in this pass: it is drawn after it, and is the next pass's root."
    if done.chosen is not None and done.lit is None:
        return "The selected token was cut before the pass: it has no row and no slot."
    if done.lit is None:
        return ""
    above = done.ancestors[done.lit]
    seen = ", ".join(f"‘{done.names[row]}’" for row in above)
    at = f"It stands at position {done.start + len(above)} of the text, in slot {done.start + done.lit}."
    name = who(done, done.lit)
    return f"{name[0].upper()}{name[1:]} sees the text, {seen} and itself. {at}"


def _alt(done: Pass) -> str:
    record = done.cycle
    moved = sum(to != row for to, row in enumerate(done.kept))
    slots = f"{words.count(done.rows, 'slot')} written from slot {done.start} on, {len(done.kept)} kept, {moved} of them moved"
    return (
        f"Attention mask and cache of cycle {record.cycle}: the root and {words.count(done.rows - 1, 'node')}, each seeing {done.start} tokens "
        f"of text, its ancestors and itself. {slots}; the cache holds {record.cache_target} positions afterwards. {html.unescape(_sight(done))}"
    ).strip()
