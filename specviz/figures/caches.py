"""What lies in both models' caches while a cycle of a chain goes by: what is fed, what stays, what is forgotten, what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.graph_objects as go

from specviz.errors import UnexpectedValueError
from specviz.figures import theme, words
from specviz.trace import Cycle, Trace

STAGES = ("before", "draft", "verify", "commit")
_DONE = {"before": "before the cycle", "draft": "after drafting", "verify": "after the target's pass", "commit": "after the commit"}
_HEIGHT = 190
_BEFORE = 5
_FEWEST, _MOST = 10, 14
"""Slots drawn: few drafts leave room for wide ones, and the drawing keeps its scale from cycle to cycle."""
_ROOM = 470
"""Pixels that the slots share on the narrowest card."""
_TEXT, _TARGET, _DRAFT = 2, 1, 0


@dataclass(frozen=True)
class Slots:
    """Which positions a cache holds at a moment: those below ``length``, of which those from ``fed`` on came in this stage.

    Positions from ``length`` up to, not including, ``gone`` were held a moment ago and are forgotten now.
    """

    length: int
    fed: int
    gone: int

    def state(self, position: int) -> str:
        """``held``, ``fed``, ``forgotten`` or ``none``."""
        if position < self.length:
            return "fed" if position >= self.fed else "held"
        return "forgotten" if position < self.gone else "none"


def slots(trace: Trace, *, cycle: int, stage: str) -> tuple[Slots, Slots]:
    """Both caches, (target, draft), at a stage of a cycle of a chain.

    Raises:
        ValueError: for an unknown stage, or a cycle that drafted another tree than a chain.
    """
    if stage not in STAGES:
        raise UnexpectedValueError(f"a stage among {', '.join(STAGES)}", repr(stage))
    seen = trace.cycle(cycle)
    if not is_chain(seen):
        raise UnexpectedValueError(f"cycle {cycle} to draft a chain", "another tree", "figures.mask_and_cache shows those")
    prefix, drafted = seen.prefix, len(seen.nodes)
    target, draft = prefix - 1, 0
    if has_draft(trace):
        draft = trace.cycle(cycle - 1).cache_draft if cycle else prefix - 1
    read = prefix + drafted - 1 if drafted and has_draft(trace) else draft  # the draft is never fed the last token it proposed
    moments = {
        "before": (Slots(target, target, target), Slots(draft, draft, draft)),
        "draft": (Slots(target, target, target), Slots(read, draft, read)),
        "verify": (Slots(prefix + drafted, target, prefix + drafted), Slots(read, read, read)),
        "commit": (
            Slots(seen.cache_target, seen.cache_target, prefix + drafted),
            Slots(seen.cache_draft, seen.cache_draft, read),
        ),
    }
    return moments[stage]


def is_chain(cycle: Cycle) -> bool:
    """Whether a cycle drafted one token after another, or none."""
    return all(node.parent == node.id - 1 and node.state != "pruned" for node in cycle.nodes)


def has_draft(trace: Trace) -> bool:
    """Whether a draft model, with a cache of its own, took part; copied drafts need none."""
    return bool(trace.header.draft)


def cache_slots(trace: Trace, *, cycle: int = 0, stage: str = "commit") -> go.Figure:
    """Draw the text and, below it, the slots of both caches at one stage of a cycle.

    Args:
        trace: a recorded run that drafts chains; without a draft model there is one cache.
        cycle: which cycle.
        stage: ``before`` it, after the ``draft``, after the target's pass (``verify``), or after the ``commit``.

    Raises:
        ValueError: see :func:`slots`.
    """
    target, draft = slots(trace, cycle=cycle, stage=stage)
    seen = trace.cycle(cycle)
    held = slots(trace, cycle=cycle, stage="before")[: 1 + has_draft(trace)]
    last = seen.prefix + len(seen.nodes) + 1
    first = max(0, min(slot.length for slot in held) + 1 - _BEFORE)
    first = min(max(first, last - _MOST), seen.prefix - 1)  # a long draft pushes the text before it out of sight, all but its last token
    end = min(last, first + _MOST)
    figure = theme.card(
        f"Cycle {cycle}, {_DONE[stage]}", _subtitle(trace, seen, stage, target, draft), height=_HEIGHT, bottom=theme.BARE + 24,
        alt=_alt(trace, seen, stage, target, draft), badges=["measured"],
    )  # fmt: skip
    positions, span = range(first, end), max(_FEWEST, end - first)
    text = _text(trace, seen, stage)
    _draw_text(figure, {position: text[position] for position in positions if position in text}, span)
    committed = seen.prefix + (len(seen.committed) if stage == "commit" else 0)
    rows = ((_TARGET, target, theme.TARGET), (_DRAFT, draft, theme.DRAFT))
    for row, cache, colour in rows[: 1 + has_draft(trace)]:
        _draw_slots(figure, row, cache, colour, positions, committed)
    _legend(figure)
    figure.update_layout(
        xaxis={"range": [first - 0.6, first + span - 0.4], "title": {"text": "position = slot"}, "dtick": 1, "showgrid": False, "fixedrange": True},
        yaxis={
            "range": [-0.6, 2.6], "tickvals": [_DRAFT, _TARGET, _TEXT],
            "ticktext": ["draft's cache" if has_draft(trace) else "no draft model", "target's cache", "text"],
            "tickfont": {"size": 13, "color": theme.INK}, "showgrid": False, "ticks": "", "fixedrange": True,
        },
    )  # fmt: skip
    return theme.steady(figure)


def _text(trace: Trace, seen: Cycle, stage: str) -> dict[int, tuple[str, int, str]]:
    """By position: a token's text, id and state as far as it is known at this stage."""
    pieces = [*zip(trace.header.prompt_pieces, trace.header.prompt_tokens, strict=True)]
    for earlier in range(seen.cycle):
        pieces += _committed_pieces(trace.cycle(earlier))
    shown = {i: (piece, token, "prompt") for i, (piece, token) in enumerate(pieces)}
    if stage == "before":
        return shown
    for node in seen.nodes:
        if stage != "commit" or node.state == "accepted":
            shown[seen.prefix + node.id] = (node.text, node.token, node.state if stage == "commit" else "ignored")
    if stage == "commit":
        for i, (piece, token) in enumerate(_committed_pieces(seen)):
            state = "accepted" if i < len(seen.path) else seen.last_kind
            shown[seen.prefix + i] = (piece, token, state)
        shown = {position: found for position, found in shown.items() if position < seen.prefix + len(seen.committed)}
    return shown


def _committed_pieces(cycle: Cycle) -> list[tuple[str, int]]:
    known = {node.token: node.text for node in cycle.nodes} | {cycle.last_token: cycle.last_text}
    return [(known[token], token) for token in cycle.committed]


def _draw_text(figure: go.Figure, text: dict[int, tuple[str, int, str]], span: int) -> None:
    """The tokens in boxes that touch and never overlap, however many slots there are."""
    box = min(44, _ROOM // span - 1)
    figure.add_scatter(
        x=list(text), y=[_TEXT] * len(text), mode="markers+text", name="text", showlegend=False, hoverinfo="text",
        text=[words.label(piece, token, 6 if box > 40 else 5) for piece, token, _ in text.values()],
        textfont={"family": theme.MONO, "size": 12 if box > 40 else 10, "color": theme.INK},
        hovertext=[f"position {i}: {words.quoted(piece, token)}, {_state(state)}" for i, (piece, token, state) in text.items()],
        marker={
            "symbol": "square", "size": box, "color": [_tint(state) for *_, state in text.values()],
            "line": {"width": 1.5, "color": [theme.look(state).colour for *_, state in text.values()]},
        },
    )  # fmt: skip


def _tint(state: str) -> str:
    if state == "ignored":  # not judged yet
        return theme.mix(theme.DRAFT, 0.25)
    return theme.CARD if state == "prompt" else theme.mix(theme.look(state).colour, 0.17)


def _state(state: str) -> str:
    return {"prompt": "committed", "ignored": "drafted"}.get(state, theme.look(state).word)


_MARKS = {
    "held": ("square", "held"),
    "fed": ("square", "read just now"),
    "forgotten": ("x-thin", "forgotten"),
    "missing": ("circle-open", "in the text, not read yet"),
}


def _draw_slots(figure: go.Figure, row: int, cache: Slots, colour: str, positions: range, committed: int) -> None:
    whose = "target" if row == _TARGET else "draft"
    states = {i: cache.state(i) for i in positions}
    states = {i: "missing" if state == "none" and i < committed else state for i, state in states.items()}
    for kind in _MARKS:
        places = [i for i, state in states.items() if state == kind or (kind == "missing" and state == "forgotten" and i < committed)]
        if not places:
            continue
        figure.add_scatter(
            x=places, y=[row] * len(places), mode="markers+text", name=f"{whose}: {kind}", showlegend=False, marker=_marker(kind, colour),
            text=["+" if kind == "fed" else ""] * len(places), textfont={"size": 15, "color": theme.INK}, hoverinfo="text",
            hovertext=[f"{whose}'s cache, slot {i}: {_MARKS[kind][1]}" for i in places],
        )  # fmt: skip


def _marker(kind: str, colour: str) -> dict[str, object]:
    symbol = _MARKS[kind][0]
    if kind in ("held", "fed"):
        return {"symbol": symbol, "size": 26, "color": theme.mix(colour, 0.3 if kind == "held" else 1), "line": {"width": 1.5, "color": colour}}
    if kind == "forgotten":
        return {"symbol": symbol, "size": 16, "color": theme.look("rejected").colour, "line": {"width": 3, "color": theme.look("rejected").colour}}
    return {"symbol": symbol, "size": 26, "color": theme.INK, "line": {"width": 2}}


def _legend(figure: go.Figure) -> None:
    for kind, (_, word) in _MARKS.items():
        marker = _marker(kind, theme.TARGET) | {"size": 12 if kind != "forgotten" else 9}
        shown = f"{word} (+)" if kind == "fed" else word
        figure.add_scatter(x=[None], y=[None], mode="markers", name=shown, marker=marker, hoverinfo="skip")


def _subtitle(trace: Trace, seen: Cycle, stage: str, target: Slots, draft: Slots) -> str:
    own = f", the draft's {draft.length}" if has_draft(trace) else ""
    held = f"The target's cache holds {words.count(target.length, 'position')}{own}."
    tokens = seen.prefix + (len(seen.committed) if stage == "commit" else 0)
    drafted = words.count(len(seen.nodes), "token")
    did = {
        "before": "The last token of the text has not been read: it is read first.",
        "draft": f"The draft read what it lacked and proposed {drafted}; the last of them it has not read." if own else f"{drafted} proposed.",
        "verify": f"The target read the last token of the text and {drafted} of the draft.",
        "commit": f"{len(seen.path)} of {drafted} stayed; the rest is forgotten. {_last(seen)}",
    }
    return f"The text has {tokens} tokens. {held} {did[stage]}"


def _last(seen: Cycle) -> str:
    if not seen.is_last_kept:
        return "The text ends inside the accepted block."
    return f"The {seen.last_kind} token has not been read by anyone."


def _alt(trace: Trace, seen: Cycle, stage: str, target: Slots, draft: Slots) -> str:
    gone = ""
    if stage == "commit":
        gone = f" Forgotten: {words.count(target.gone - target.length, 'position')} by the target, {draft.gone - draft.length} by the draft."
    return f"Text and caches in cycle {seen.cycle}, {_DONE[stage]}. {_subtitle(trace, seen, stage, target, draft)}{gone}"
