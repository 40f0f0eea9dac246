"""Which draft goes to which output: a rule at one place as a heat map of what was drafted against what was given out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from specviz.errors import UnexpectedValueError
from specviz.figures import coupling_words, theme, words
from specviz.figures.coupling_words import CouplingRows, short
from specviz.theory.coupling import Coupling, Drafts, Floats, Pooled, coupling, pool
from specviz.theory.rules import Place, bound, place
from specviz.trace import Trace
from specviz.trace.replay import find_rule, rebuild
from specviz.types import ROOT, Rule, Sampling
from specviz.verifiers import VERIFIERS

ROWS = ("set", "first", "list")
_ROW, _TOP, _GAP = 31, 84, 8
_SPLIT = 0.80
_MOST_ROWS = 14
_MOST_RECORDED = 3
"""Drafts of a recorded place that are drawn unless told otherwise: pooled tokens stand for fewer drafts the more are drawn."""
_EMPTY = "#F3F4F6"


def coupling_map(
    p: ArrayLike,
    q: ArrayLike,
    *,
    k: int = 1,
    rule: str | Rule = "rejection",
    sampling: Sampling = "iid",
    names: Sequence[str] | None = None,
    rows: str = "set",
) -> go.Figure:
    """Draw the joint law of k drafts from q and the token a rule gives out, with the drafts' law and p at its sides.

    Every number is exact: the real rule is asked about every list of drafts and every part of its coins.

    Args:
        p: float[V], the target's law; a small vocabulary (``specviz.theory.coupling.pool`` makes one of a large one).
        q: float[V], the draft's law.
        k: drafts at this place.
        rule: a name of ``specviz.verifiers.VERIFIERS``, or a rule.
        sampling: how the drafts are drawn.
        names: V texts; a, b, c, … by default.
        rows: one per ``set`` of drafted tokens, per ``first`` draft, or per ``list`` of drafts in drawing order.

    Raises:
        ValueError: for an unknown rule or kind of rows, names that do not fit, and as ``specviz.theory.coupling.coupling``.
    """
    at = place(p, q, k, sampling)
    texts = _letters(len(at.p)) if names is None else tuple(names)
    if len(texts) != len(at.p):
        raise UnexpectedValueError(f"one name for each of {len(at.p)} tokens", str(len(texts)))
    chosen = rule if not isinstance(rule, str) else _known(rule)
    drawn = _rows(chosen, at, [words.label(text, i, 12) for i, text in enumerate(texts)], rows)
    return _draw(drawn, rows, badges=["modelled"], where="")


def coupling_at(trace: Trace, *, cycle: int, node: int = 0, rule: str | Rule | None = None, k: int | None = None, top: int = 5) -> go.Figure:
    """Draw the coupling at the place where a recorded node was drafted: its real p and q, the likeliest tokens, the rest pooled.

    The rest are two entries, one where p ≥ q and one where p < q: exact for one draft, an approximation for several.

    Args:
        trace: of detail ``exact``.
        cycle: which cycle.
        node: any of the siblings drafted there.
        rule: the run's own by default.
        k: drafts at the place; by default as many as were drafted there, the first three at most.
        top: tokens shown by name; the drafted ones come first.

    Raises:
        IndexError: when there is no such cycle or node.
        ValueError: unless the trace is of detail ``exact``, and as :func:`coupling_map`.
    """
    seen, chosen = rebuild(trace, cycle), find_rule(rule, trace)
    parent = trace.node(cycle, node).parent
    siblings = seen.tree.children(parent)
    if not siblings or node >= len(seen.tree):
        raise UnexpectedValueError("a node that the target saw", f"node {node} of cycle {cycle}, which was pruned", "choose another")
    tokens = [seen.tree.tokens[child] for child in siblings]
    count = min(len(siblings), _MOST_RECORDED) if k is None else k
    p, row = seen.p[parent + 1], seen.tree.q_row[siblings[0]]
    q = seen.tree.q[row] if row >= 0 else np.bincount(tokens, minlength=len(p)) / len(tokens)
    less = pool(p, q, top, keep=tokens[: max(top, count)])
    at = place(less.p, less.q if row >= 0 else None, count, seen.tree.sampling, picked=_picked(seen.tree.sampling, tokens, less, count))
    where = _where(trace, cycle, parent, at, (p, q), len(siblings))
    return _draw(_rows(chosen, at, _pooled_labels(trace, cycle, less), "set"), "set", badges=["measured", "modelled"], where=where)


def _picked(sampling: Sampling, tokens: Sequence[int], less: Pooled, count: int) -> list[int] | None:
    """The recorded picks as entries of the smaller vocabulary; None where all siblings were drawn."""
    if sampling not in {"deterministic", "greedy"}:
        return None
    if count > len(tokens):
        raise UnexpectedValueError(
            f"at most the {len(tokens)} drafts that were picked there", f"k = {count}", "what else would be picked is not recorded"
        )
    return [less.kept.index(token) for token in tokens[:count]]


def _pooled_labels(trace: Trace, cycle: int, less: Pooled) -> list[str]:
    texts = _texts(trace, cycle)
    named = [words.label(texts.get(token, ""), token, 12) for token in less.kept]
    return named + [f"rest<br>{words.safe(name.replace(' ', ''))}<br>×{count}" for name, count in less.others]


def _letters(count: int) -> tuple[str, ...]:
    return tuple(chr(97 + i) if count <= 26 else str(i) for i in range(count))


def _known(rule: str) -> Rule:
    if rule not in VERIFIERS:
        raise UnexpectedValueError(f"a rule ({', '.join(VERIFIERS)})", repr(rule), "give the rule itself if it is one of your own")
    return VERIFIERS[rule]


def _texts(trace: Trace, cycle: int) -> dict[int, str]:
    """The texts of a cycle's tokens, as far as they were recorded."""
    record = trace.cycle(cycle)
    laws = [entry for node in record.nodes for law in (node.top_p, node.top_q, node.top_residual) for entry in law]
    return {entry.token: entry.text for entry in (*laws, *record.last_top)} | {node.token: node.text for node in record.nodes}


def _where(trace: Trace, cycle: int, parent: int, at: Place, laws: tuple[Floats, Floats], drafted: int) -> str:
    """Where the laws come from, how many drafts there were, and what pooling changed."""
    after = "the text so far" if parent == ROOT else f"node {parent}"
    text = f"Laws recorded in cycle {cycle} after {after}, at temperature {trace.header.law_temperature:g}"
    text += f"; {words.count(drafted, 'draft')} there. " if drafted != at.k else ". "
    if at.k > 1 and at.sampling in {"iid", "without_replacement"}:
        whole = bound(place(*laws, at.k, at.sampling))
        text += f"Pooled tokens count as one, an approximation: the bound is {bound(at):.3f} here, {whole:.3f} over all {len(laws[0])} tokens. "
    return text


def _rows(rule: Rule, at: Place, labels: Sequence[str], kind: str) -> CouplingRows:
    if kind not in ROWS:
        raise UnexpectedValueError(f"rows to be one of {', '.join(ROWS)}", repr(kind))
    found = coupling(rule, at)
    grouped = found.by_set() if kind == "set" else found.by_first() if kind == "first" else found
    names = [_row_name(tokens, labels, kind) for tokens in grouped.drafts]
    if len(names) > _MOST_ROWS:
        grouped, names = _fewer(grouped, names)
    return CouplingRows(grouped, at, rule, tuple(names), tuple(labels))


def _row_name(tokens: Drafts, labels: Sequence[str], kind: str) -> str:
    single = [labels[token].rsplit("<br>", 1)[0].replace("<br>", " ") for token in tokens]  # without how many are pooled
    if kind == "list":
        return " → ".join(single)
    return " │ ".join(single)


def _fewer(found: Coupling, names: Sequence[str]) -> tuple[Coupling, list[str]]:
    """The likeliest rows, and one that adds up the others: no mass is hidden."""
    kept = np.sort(np.argsort(-found.chances, kind="stable")[: _MOST_ROWS - 1])
    rest = np.setdiff1d(np.arange(len(names)), kept)
    chances, given, drawn = (np.concatenate([part[kept], part[rest].sum(axis=0)[None]]) for part in (found.chances, found.given, found.drawn))
    drafts = tuple(found.drafts[row] for row in kept)
    return Coupling((*drafts, ()), chances, given, drawn), [*(names[row] for row in kept), f"{len(rest)} others"]


def _draw(drawn: CouplingRows, kind: str, *, badges: Sequence[str], where: str) -> go.Figure:
    cells = len(drawn.rows) * _ROW
    height = cells + _GAP + _TOP
    figure = theme.card(
        coupling_words.title(drawn), where + coupling_words.subtitle(drawn, kind), height=height, alt=coupling_words.alt_text(drawn), badges=badges
    )
    _draw_cells(figure, drawn)
    _draw_output(figure, drawn)
    _draw_drafts(figure, drawn)
    _set_axes(figure, drawn, cells / height, kind)
    for state, name in (("accepted", "one of the drafts is given out"), ("corrected", "all drafts refused, this one drawn instead")):
        entry = theme.legend_entry(state)
        figure.add_trace(entry.update(name=name, marker={"symbol": "square", "size": 12}))
    return theme.steady(figure)


def _draw_cells(figure: go.Figure, drawn: CouplingRows) -> None:
    joint = drawn.joint
    largest = float(joint.joint.max())
    columns, rows = list(range(len(drawn.columns))), list(range(len(drawn.rows)))
    is_given = joint.given >= joint.drawn
    layers = (
        ("nothing", np.where(joint.joint > coupling_words.NIL, np.nan, 0.0), _EMPTY),
        ("given", np.where(is_given & (joint.given > coupling_words.NIL), joint.joint, np.nan), theme.look("accepted").colour),
        ("drawn", np.where(~is_given & (joint.drawn > coupling_words.NIL), joint.joint, np.nan), theme.look("corrected").colour),
    )
    for name, values, colour in layers:
        pale = colour if name == "nothing" else theme.mix(colour, 0.13)
        figure.add_heatmap(
            x=columns, y=rows, z=_gaps(values), name=name, zmin=0.0, zmax=largest, colorscale=[[0, pale], [1, colour]], showscale=False,
            xgap=3, ygap=3,
            text=coupling_words.cell_texts(joint, values), texttemplate="%{text}", textfont={"size": 12}, hoverongaps=False,
            hovertext=coupling_words.hovers(drawn), hovertemplate="%{hovertext}<extra></extra>", xaxis="x", yaxis="y",
        )  # fmt: skip


def _gaps(values: Floats) -> list[list[float | None]]:
    """Rows with None where there is nothing: JSON, by which Jupyter hands figures over, has no NaN."""
    return [[None if np.isnan(value) else value for value in row] for row in values.tolist()]


def _draw_output(figure: go.Figure, drawn: CouplingRows) -> None:
    """On top: the sums of the columns as bars, p as marks they must meet."""
    output, columns = drawn.joint.output, list(range(len(drawn.columns)))
    is_off = [abs(value - wanted) > 0.0005 for value, wanted in zip(output, drawn.at.p, strict=True)]
    hover = [f"given out: {words.number(v)}<br>p: {words.number(w)}" for v, w in zip(output.tolist(), drawn.at.p.tolist(), strict=True)]
    shared = {"x": columns, "hovertext": hover, "hoverinfo": "text", "showlegend": False, "cliponaxis": False, "xaxis": "x", "yaxis": "y2"}
    figure.add_bar(y=output.tolist(), name="sum of the column", width=0.5, marker={"color": theme.TARGET}, **shared)
    figure.add_scatter(
        y=drawn.at.p.tolist(), mode="markers", name="p, what must come out",
        marker={"symbol": "line-ew-open", "size": 46, "color": theme.INK, "line": {"width": 2.5}}, **shared,
    )  # fmt: skip
    figure.add_scatter(
        y=np.maximum(output, drawn.at.p).tolist(), mode="text", name="sums", textposition="top center",
        text=[f"{short(v)}, not {short(w)}" if off else short(v) for v, w, off in zip(output, drawn.at.p, is_off, strict=True)],
        textfont={"size": 12, "color": [theme.look("rejected").colour if off else theme.INK for off in is_off]}, **shared,
    )  # fmt: skip


def _draw_drafts(figure: go.Figure, drawn: CouplingRows) -> None:
    """At the right: the sums of the rows, which are the drafts' law."""
    chances = drawn.joint.chances.tolist()
    figure.add_bar(
        x=chances, y=list(range(len(chances))), orientation="h", name="sum of the row", width=0.5, xaxis="x2", yaxis="y", showlegend=False,
        marker={"color": theme.DRAFT, "pattern": {"shape": "/", "size": 6, "solidity": 0.3, "fgcolor": theme.HATCH, "bgcolor": theme.DRAFT}},
        text=[short(value) for value in chances], textposition="outside", textfont={"size": 12}, cliponaxis=False, constraintext="none",
        hovertext=[f"drafted {name}: {words.number(value)}" for name, value in zip(drawn.rows, chances, strict=True)], hoverinfo="text",
    )  # fmt: skip


def _set_axes(figure: go.Figure, drawn: CouplingRows, split: float, kind: str) -> None:
    columns, rows = len(drawn.columns), len(drawn.rows)
    mono = {"family": theme.MONO, "size": 13, "color": theme.INK}
    steady = {"fixedrange": True, "showgrid": False, "ticks": "", "showline": False}
    title = "drafted" if drawn.at.k == 1 else {"set": "drafted", "first": "drafted first", "list": "drafted, in order"}[kind]
    top = 1 - (1 - split) * _TOP / (_TOP + _GAP)
    highest, widest = max(drawn.joint.output.max(), drawn.at.p.max()), drawn.joint.chances.max()
    figure.update_layout(
        barmode="overlay",
        xaxis={
            "domain": [0, _SPLIT], "anchor": "y", "range": [-0.5, columns - 0.5], "tickvals": list(range(columns)), "ticktext": list(drawn.columns),
            "tickfont": mono, "tickangle": 0, "title": {"text": "given out"}, **steady,
        },
        yaxis={
            "domain": [0, split], "anchor": "x", "range": [rows - 0.5, -0.5], "tickvals": list(range(rows)), "ticktext": list(drawn.rows),
            "tickfont": mono, "ticklabelstandoff": 6, "title": {"text": title}, **steady,
        },
        xaxis2={"domain": [_SPLIT + 0.01, 1], "anchor": "y", "range": [0, widest * 1.5], "showticklabels": False, **steady},
        yaxis2={"domain": [top, 1], "anchor": "x", "range": [0, highest * 1.42], "showticklabels": False, **steady},
    )  # fmt: skip
    drafts = "q, drafted" if drawn.at.k == 1 else "drafts’ law"
    _side(figure, 0.0, 1.0, "p, the target’s law (marks), and what comes out (bars)", "left", 4)
    _side(figure, _SPLIT + 0.01, split, drafts, "left", 4)


def _side(figure: go.Figure, x: float, y: float, text: str, anchor: str, shift: int) -> None:
    figure.add_annotation(
        text=f"<b>{text}</b>",
        xref="paper",
        yref="paper",
        x=x,
        y=y,
        xanchor=anchor,
        yanchor="bottom",
        yshift=shift,
        showarrow=False,
        font={"size": 12},
    )
