"""One draft at one place: what is proposed, what is kept of it, and what comes out, beside what should."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from numpy.typing import ArrayLike

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.theory.one_draft import OneDraft, one_draft
from specviz.trace import Trace

_ROW = 34
_SPLIT = (0.0, 0.44, 0.56, 1.0)
_OFF = 5e-4
"""A difference that no printed digit shows."""

WAYS: dict[str, str] = {
    "residual": "a refused draft is replaced from the residual",
    "p": "a refused draft is replaced from p",
    "never": "no draft is ever refused",
}


def rule_at_place(
    p: ArrayLike, q: ArrayLike, *, believed: ArrayLike | None = None, replace_from: str = "residual", names: Sequence[str] | None = None
) -> go.Figure:
    """Draw a draft from q split into kept and refused, and what comes out of it against p.

    Args:
        p: float[V], the target's law; few tokens.
        q: float[V], the law the draft is drawn from.
        believed: float[V], the law the rule takes for q; q itself when not given.
        replace_from: as ``specviz.theory.one_draft.one_draft``.
        names: V texts; a, b, c, … by default.

    Raises:
        ValueError: for laws that are none, or names that do not fit.
    """
    found = one_draft(p, q, believed=believed, replace_from=replace_from)
    size = len(found.p)
    texts = [chr(97 + i) for i in range(size)] if names is None else list(names)
    if len(texts) != size:
        raise UnexpectedValueError(f"one name for each of {size} tokens", str(len(texts)))
    lie = "" if believed is None else " The test and the residual take another law for q than the draft was drawn from."
    off = float(found.distance)
    verdict = "p comes out exactly" if off < 1e-9 else f"the output is off by {off:.3f} (total variation)"
    figure = theme.card(
        f"{float(found.acceptance):.1%} of drafts stay; {verdict}",
        f"Here {WAYS[replace_from]}.{lie} Black marks: p. Every number is exact.",
        height=size * _ROW + 30,
        alt=_alt(found, texts),
        badges=["modelled"],
    )
    rows = list(range(size))
    _bars(figure, rows, found.kept.tolist(), "accepted", "● drafted and kept", 1)
    _bars(figure, rows, found.refused.tolist(), "rejected", "✕ drafted and refused", 1)
    _bars(figure, rows, found.kept.tolist(), "accepted", "", 2)
    _bars(figure, rows, found.redrawn.tolist(), "corrected", "◆ drawn in its place", 2)
    _totals(figure, rows, (found.kept + found.refused).tolist(), None, 1)
    _totals(figure, rows, found.output.tolist(), found.p.tolist(), 2)
    figure.add_scatter(
        x=found.p.tolist(), y=rows, mode="markers", name="p, what should come out", xaxis="x2", yaxis="y2", cliponaxis=False, hoverinfo="skip",
        marker={"symbol": "line-ns-open", "size": 24, "color": theme.INK, "line": {"width": 3}},
    )  # fmt: skip
    _set_axes(figure, found, texts)
    return theme.steady(figure)


def _bars(figure: go.Figure, rows: Sequence[int], values: Sequence[float], state: str, name: str, panel: int) -> None:
    look = theme.look(state)
    hatch = {"shape": "x", "size": 6, "solidity": 0.25, "fgcolor": "#FFFFFF", "bgcolor": look.colour} if state == "rejected" else {}
    axis = "" if panel == 1 else "2"
    figure.add_bar(
        x=list(values), y=list(rows), orientation="h", width=0.62, xaxis=f"x{axis}", yaxis=f"y{axis}", name=name, showlegend=bool(name),
        marker={"color": look.colour, "line": {"color": theme.INK, "width": 0.6}, "pattern": hatch},
        hovertemplate=f"{look.word}: %{{x:.4f}}<extra></extra>",
    )  # fmt: skip


def _totals(figure: go.Figure, rows: Sequence[int], values: Sequence[float], wanted: Sequence[float] | None, panel: int) -> None:
    """The number behind each bar; where it is not what it should be, that too, in the refusals' colour."""
    axis = "" if panel == 1 else "2"
    is_off = [wanted is not None and abs(v - w) > _OFF for v, w in zip(values, wanted or values, strict=True)]
    figure.add_scatter(
        x=[max(v, w) for v, w in zip(values, wanted or values, strict=True)], y=list(rows), mode="text", textposition="middle right",
        text=[f"  {v:.3f}, not {w:.3f}" if off else f"  {v:.3f}" for v, w, off in zip(values, wanted or values, is_off, strict=True)],
        textfont={"size": 12, "color": [theme.look("rejected").colour if off else theme.INK for off in is_off]},
        xaxis=f"x{axis}", yaxis=f"y{axis}", showlegend=False, hoverinfo="skip", cliponaxis=False, name=f"totals {panel}",
    )  # fmt: skip


def _set_axes(figure: go.Figure, found: OneDraft, texts: Sequence[str]) -> None:
    widest = 1.55 * float(max(found.p.max(), found.output.max(), (found.kept + found.refused).max()))
    rows = {"range": [len(texts) - 0.5, -0.5], "showgrid": False, "fixedrange": True, "ticks": "", "tickvals": list(range(len(texts)))}
    labels = {"ticktext": [words.label(text, limit=14) for text in texts], "tickfont": {"family": theme.MONO, "size": 13, "color": theme.INK}}
    x = {"range": [0, widest], "fixedrange": True, "nticks": 5}
    figure.update_layout(
        barmode="stack",
        legend={"traceorder": "normal"},
        xaxis={"domain": list(_SPLIT[:2]), "anchor": "y", "title": {"text": "probability, drafted"}, **x},
        xaxis2={"domain": list(_SPLIT[2:]), "anchor": "y2", "title": {"text": "probability, comes out"}, **x},
        yaxis={"anchor": "x", **rows, **labels},
        yaxis2={"anchor": "x2", **rows, "showticklabels": False},
    )


def _alt(found: OneDraft, texts: Sequence[str]) -> str:
    drawn = zip(texts, found.kept + found.refused, found.kept, found.output, found.p, strict=True)
    rows = "; ".join(f"{words.plain(t)} drafted {q:.3f}, kept {k:.3f}, comes out {o:.3f}, p {p:.3f}" for t, q, k, o, p in drawn)
    return f"One draft at one place: {float(found.acceptance):.3f} kept, the output {float(found.distance):.3f} from p in total variation. {rows}."


def chain_weights(trace: Trace, *, cycle: int) -> go.Figure:
    """Draw for a recorded chain how often each of its beginnings is kept, judged token by token and judged as a whole.

    Both are chances given the draft's first i tokens, over the coins and over what might have been drafted behind them:
    prod min(1, p/q) for the rule ``rejection``, and c_i = min(1, c_(i-1) p/q) for the rule ``block``.

    Args:
        trace: a chain drawn at a temperature above 0.
        cycle: which cycle.

    Raises:
        ValueError: when nothing was drafted there, or what was drafted is no chain.
        IndexError: when there is no such cycle.
    """
    nodes = [node for node in trace.cycle(cycle).nodes if node.state != "pruned"]
    if not nodes or any(node.parent != i - 1 for i, node in enumerate(nodes)):
        raise UnexpectedValueError("a cycle with a drafted chain", f"{words.count(len(nodes), 'node')} in another shape", "choose another cycle")
    ratios = [node.p / node.q if node.q > 0.0 else 1.0 for node in nodes]
    single, whole = [1.0], [1.0]
    for ratio in ratios:
        single.append(single[-1] * min(1.0, ratio))
        whole.append(min(1.0, whole[-1] * ratio))
    gain = sum(whole) - sum(single)
    figure = theme.card(
        f"Cycle {cycle}: how often each beginning of this draft is kept",
        "Given its tokens so far. Below each token: p/q, what the target thinks of it against what the draft did.",
        height=300,
        alt=f"Cycle {cycle}, chance that the first i drafts are kept. "
        + "; ".join(
            f"{i + 1}: one by one {s:.2f}, as a whole {w:.2f}, p/q {r:.2f}"
            for i, (s, w, r) in enumerate(zip(single[1:], whole[1:], ratios, strict=True))
        )
        + ".",
        badges=["measured", "modelled"],
    )
    places = list(range(1, len(nodes) + 1))
    _pair_of_bars(figure, places, single[1:], "judged one by one: ∏ min(1, p/q)", 0)
    _pair_of_bars(figure, places, whole[1:], f"judged as a whole: c, together {gain:+.2f}", 1)
    ticks = [
        f"{words.label(node.text, node.token, 12)}<br><span style='font-size:12px'>{ratio:.2g}</span>"
        for node, ratio in zip(nodes, ratios, strict=True)
    ]
    figure.update_layout(barmode="group")
    figure.update_xaxes(tickvals=places, ticktext=ticks, title={"text": "drafted token (below: p/q)"}, fixedrange=True, showgrid=False)
    figure.update_yaxes(title={"text": "kept up to here"}, tickformat=".0%", range=[0, 1.12], fixedrange=True)
    return theme.steady(figure)


def _pair_of_bars(figure: go.Figure, places: Sequence[int], values: Sequence[float], name: str, number: int) -> None:
    look = theme.SERIES[number]
    pattern = {"shape": look.pattern, "size": 7, "solidity": 0.2, "fgcolor": theme.CARD, "bgcolor": look.colour}
    figure.add_bar(
        x=list(places), y=list(values), name=name, text=[f"{value:.2f}" for value in values], textposition="outside", cliponaxis=False,
        marker={"color": look.colour, "pattern": pattern}, hovertemplate="first %{x} kept: %{y:.3f}<extra></extra>",
    )  # fmt: skip
