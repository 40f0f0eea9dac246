"""Where the time went, cycle by cycle, and who has the text first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.trace import Cycle, Trace

_LANE, _STEPS, _GAP = 62, 150, 36
_BAR = 0.56
_STAGES = {"draft": (theme.DRAFT, "draft"), "verify": (theme.TARGET, "verify (target's pass)"), "other": (theme.OTHER, "everything else")}


@dataclass(frozen=True)
class _Lane:
    """Some cycles of one run on a clock that starts with the first of them."""

    name: str
    cycles: Sequence[Cycle]
    is_compared: bool

    @property
    def starts(self) -> list[float]:
        return list(accumulate((cycle.total_ms for cycle in self.cycles), initial=0.0))[:-1]

    @property
    def ends(self) -> list[float]:
        return list(accumulate(cycle.total_ms for cycle in self.cycles))

    @property
    def counts(self) -> list[int]:
        return list(accumulate(len(cycle.committed) for cycle in self.cycles))

    def finish(self, tokens: int) -> float | None:
        """Milliseconds until it has ``tokens`` tokens, None if it never does."""
        return next((end for end, count in zip(self.ends, self.counts, strict=True) if count >= tokens), None)


def timeline(trace: Trace, *, compare: Trace | None = None, cycles: tuple[int, int] | None = None) -> go.Figure:
    """Draw the measured time of every cycle as a lane of stages, and the tokens gained below, on one clock.

    Every bar carries ``customdata = [cycle, -1]``.

    Args:
        trace: the recorded run.
        compare: a run on the same prompt to race against, as a rule plain decoding; without it there is one lane.
        cycles: draw only cycles ``first`` up to, not including, ``end``; ``compare`` is cut to the passes that gave the same tokens.

    Raises:
        ValueError: when ``compare`` ran on another prompt, or ``cycles`` names none.
    """
    lanes = _lanes(trace, compare, cycles)
    tokens = min(lane.counts[-1] for lane in lanes)
    longest = max(lane.ends[-1] for lane in lanes)
    height = len(lanes) * _LANE + _GAP + _STEPS
    figure = theme.card(_title(lanes, tokens), _subtitle(trace, compare, cycles), height=height, alt=_alt(lanes, tokens), badges=["measured"])
    for stage in _STAGES:
        _draw_stage(figure, lanes, stage)
    for row, lane in enumerate(lanes):
        _draw_steps(figure, lane)
        _draw_finish(figure, lane, row, tokens, longest)
    _set_axes(figure, lanes, height, longest)
    return theme.steady(figure)


def _lanes(trace: Trace, compare: Trace | None, cycles: tuple[int, int] | None) -> list[_Lane]:
    first, end = (0, len(trace)) if cycles is None else (max(0, cycles[0]), min(len(trace), cycles[1]))
    chosen = [trace.cycle(i) for i in range(first, end)]
    if not chosen:
        raise UnexpectedValueError(f"cycles=(first, end) to name at least one of {len(trace)} recorded cycles", str(cycles))
    names = words.names(trace, compare)
    lanes = [_Lane(names[0], chosen, is_compared=False)]
    if compare is not None:
        lanes.append(_Lane(names[1], _same_tokens(trace, compare, chosen), is_compared=True))
    return lanes


def _same_tokens(trace: Trace, compare: Trace, chosen: Sequence[Cycle]) -> list[Cycle]:
    """The cycles of ``compare`` that gave tokens at the places ``chosen`` did."""
    if compare.header.prompt_tokens != trace.header.prompt_tokens:
        raise UnexpectedValueError("compare to be a run on the same prompt", "another prompt", "record both runs with one prompt")
    start, end = chosen[0].prefix, chosen[-1].prefix + len(chosen[-1].committed)
    found = [c for c in compare if c.prefix >= start and c.prefix < end]
    if not found:
        raise UnexpectedValueError(f"compare to reach text position {start}", f"a run of {len(compare.tokens)} new tokens", "record a longer one")
    return found


def _duration(ms: float) -> str:
    """Milliseconds in words a reader can compare."""
    return f"{ms:.0f} ms" if ms < 10_000 else f"{ms / 1e3:.1f} s"


def _split(cycle: Cycle) -> dict[str, float]:
    draft, verify = cycle.times_ms["draft"], cycle.times_ms["verify"]
    return {"draft": draft, "verify": verify, "other": max(0.0, cycle.total_ms - draft - verify)}


def _draw_stage(figure: go.Figure, lanes: Sequence[_Lane], stage: str) -> None:
    colour, name = _STAGES[stage]
    x, base, y, data, hover = [], [], [], [], []
    for row, lane in enumerate(lanes):
        for start, cycle in zip(lane.starts, lane.cycles, strict=True):
            split = _split(cycle)
            if split[stage] > 0:
                before = {"draft": 0.0, "verify": split["draft"], "other": split["draft"] + split["verify"]}[stage]
                x.append(split[stage])
                base.append(start + before)
                y.append(row)
                data.append([cycle.cycle, -1])
                hover.append(_hover(lane, cycle, split))
    hatch = {"shape": "/", "size": 5, "solidity": 0.25, "fgcolor": theme.HATCH, "bgcolor": colour} if stage == "draft" else {}
    figure.add_bar(
        x=x, base=base, y=y, orientation="h", width=_BAR, name=name, customdata=data, hovertext=hover, hoverinfo="text", yaxis="y2",
        marker={"color": colour, "line": {"color": theme.CARD, "width": 0 if stage == "other" else 0.6}, "pattern": hatch},
    )  # fmt: skip


def _hover(lane: _Lane, cycle: Cycle, split: dict[str, float]) -> str:
    lines = [f"<b>{words.safe(lane.name)}, cycle {cycle.cycle}</b>: {words.count(len(cycle.committed), 'token')} in {cycle.total_ms:.2f} ms"]
    lines += [f"{stage:<7} {ms:8.2f} ms".replace(" ", "&nbsp;") for stage, ms in split.items()]
    return "<br>".join([*lines, f"text {words.quoted(cycle.text, None, 48)}"])


def _draw_steps(figure: go.Figure, lane: _Lane) -> None:
    line = {"color": theme.LINE, "width": 2.5} if lane.is_compared else {"color": theme.INK, "width": 2.5}
    figure.add_scatter(
        x=[0.0, *lane.ends], y=[0, *lane.counts], mode="lines", line={**line, "shape": "hv"}, name=f"tokens, {words.safe(lane.name)}",
        hovertext=["start", *[f"{words.safe(lane.name)}: {n} tokens after {t:.1f} ms" for n, t in zip(lane.counts, lane.ends, strict=True)]],
        hoverinfo="text",
    )  # fmt: skip


def _draw_finish(figure: go.Figure, lane: _Lane, row: int, tokens: int, longest: float) -> None:
    """Say above the lane when the common number of tokens was there."""
    end = lane.finish(tokens)
    if end is not None:
        figure.add_shape(
            type="line", xref="x", yref="paper", x0=end, x1=end, y0=0, y1=1, layer="below", line={"color": theme.MUTED, "width": 1, "dash": "dot"}
        )
        is_early = end < longest / 3
        figure.add_annotation(
            text=f"{words.count(tokens, 'token')} after <b>{_duration(end)}</b>", x=end, y=row - _BAR / 2, xref="x", yref="y2", showarrow=False,
            xanchor="left" if is_early else "right", yanchor="bottom", font={"size": 13},
        )  # fmt: skip


def _set_axes(figure: go.Figure, lanes: Sequence[_Lane], height: float, longest: float) -> None:
    figure.update_layout(
        barmode="overlay",
        xaxis={"range": [0, longest * 1.02], "title": {"text": "milliseconds since the first cycle shown (prompt not included)"}, "anchor": "y"},
        yaxis={"domain": [0, _STEPS / height], "title": {"text": "tokens"}, "rangemode": "tozero", "nticks": 5},
        yaxis2={
            "domain": [1 - len(lanes) * _LANE / height, 1], "anchor": "x", "range": [len(lanes) - 0.5, -0.5], "showgrid": False, "ticks": "",
            "tickvals": list(range(len(lanes))), "ticktext": [words.safe(lane.name) for lane in lanes],
            "tickfont": {"size": 13, "color": theme.INK}, "ticklabelstandoff": 6,
        },
    )  # fmt: skip


def _title(lanes: Sequence[_Lane], tokens: int) -> str:
    ends = [f"{words.safe(lane.name)} {_duration(lane.finish(tokens) or 0)}" for lane in lanes]
    return f"{words.count(tokens, 'token')}: {', '.join(ends)}"


def _subtitle(trace: Trace, compare: Trace | None, cycles: tuple[int, int] | None) -> str:
    parts = ["Each cycle is draft, then verify, then everything else (gathered at its end)."]
    if cycles is not None:
        parts.append(f"Cycles {cycles[0]} to {min(cycles[1], len(trace)) - 1} only.")
    if compare is not None and _place(compare) != _place(trace):
        parts.append(f"Not the same machine: {words.safe(_place(trace))} and {words.safe(_place(compare))}; the race is not fair.")
    return " ".join(parts)


def _place(trace: Trace) -> str:
    """Device, number format and what the header says of the machine."""
    h = trace.header
    name = h.machine.get("gpu") or h.machine.get("processor") or ""
    return " ".join(str(part) for part in (h.device, h.dtype, name) if part)


def _alt(lanes: Sequence[_Lane], tokens: int) -> str:
    parts = []
    for lane in lanes:
        totals = {stage: sum(_split(cycle)[stage] for cycle in lane.cycles) for stage in _STAGES}
        spent = ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in totals.items())
        parts.append(f"{lane.name} took {lane.finish(tokens) or 0:.0f} ms for {tokens} tokens in {words.count(len(lane.cycles), 'cycle')} ({spent})")
    return "Timeline, measured: " + "; ".join(parts) + "."
