"""The coloured text as HTML, for pages that stream: every token escaped, marked by colour, underline and glyph."""

from __future__ import annotations

import html
from collections.abc import Iterable

from specviz.figures import theme, words
from specviz.figures.pieces import Piece, prompt_pieces, trace_pieces
from specviz.trace import Trace

_STATES = ("accepted", "rejected", "corrected", "bonus")
_BEFORE, _AFTER = 8, 5  # cycles of text shown around the one looked at
_BOX = (
    f"white-space:pre-wrap;overflow-wrap:anywhere;font-family:{theme.MONO};font-size:14px;line-height:1.9;"
    f"color:{theme.INK};background:{theme.CARD};padding:12px 16px;border-radius:8px"
)


def token_html(trace: Trace, *, cycle: int | None = None, refused: bool = False) -> str:
    """The prompt and the whole text of a recorded run as one block of HTML.

    Args:
        trace: the recorded run.
        cycle: the cycle to outline.
        refused: also show the refused drafts, struck through.
    """
    body = pieces_html(prompt_pieces(trace)) + pieces_html(trace_pieces(trace, refused=refused), cycle=cycle)
    return block_html(body)


def text_around_html(trace: Trace, *, cycle: int) -> str:
    """The text of the cycles around one, refused drafts too: a picture below it stays on the screen however long the run was."""
    first = max(0, cycle - _BEFORE)
    near = [trace.cycle(i) for i in range(first, min(len(trace), cycle + _AFTER + 1))]
    before = pieces_html(prompt_pieces(trace)) if first == 0 else "… "
    after = "" if near[-1].cycle == len(trace) - 1 else " …"
    return block_html(before + pieces_html(trace_pieces(trace, refused=True, cycles=near), cycle=cycle) + after)


def block_html(body: str) -> str:
    """Wrap streamed pieces: keep ``body`` as a string, append :func:`pieces_html` of each cycle, and show this."""
    return f'<div class="specviz-text" style="{html.escape(_BOX)}">{body}</div>'


def pieces_html(pieces: Iterable[Piece], *, cycle: int | None = None) -> str:
    """The pieces of one cycle (or of many) as spans, without anything around them: what a stream appends.

    ``pieces(cycle)`` gives them for a recorded cycle, ``step_pieces(step, to_text)`` for a live one.
    """
    return "".join(_span(piece, is_outlined=cycle is not None and piece.cycle == cycle) for piece in pieces)


def legend_html(*, refused: bool = False) -> str:
    """What the colours and glyphs mean, as one line of HTML."""
    entries = []
    for state in _STATES:
        if state != "rejected" or refused:
            chosen = theme.look(state)
            style = f"background:{chosen.tint};border-bottom:2px solid {chosen.colour};padding:0 .35em;margin-right:.9em;color:{theme.INK}"
            entries.append(f'<span style="{style}" title="{html.escape(chosen.meaning)}">{_glyph(chosen)} {chosen.word}</span>')
    return f'<div class="specviz-legend" style="font-size:13px;background:{theme.CARD};padding:4px 16px">{"".join(entries)}</div>'


def _span(piece: Piece, *, is_outlined: bool) -> str:
    chosen = theme.look(piece.state)
    if piece.state == "prompt":
        return f'<span style="color:{theme.MUTED}" title="prompt">{_text(piece)}</span>'
    style = f"background:{chosen.tint};border-bottom:2px solid {chosen.colour};border-radius:3px;padding:1px 0"
    style += f";box-shadow:0 -2px 0 {theme.INK},0 2px 0 {theme.INK}" if is_outlined else ""
    tag = "s" if piece.state == "rejected" else "span"
    mark = "" if piece.state == "accepted" else _glyph(chosen)  # most tokens are accepted: the plain ones are those, the others are marked
    place = f'data-cycle="{piece.cycle}" data-node="{piece.node}"'
    return f'<{tag} style="{style}" title="{html.escape(_tooltip(piece))}" {place}>{mark}{_text(piece)}</{tag}>'


def _glyph(chosen: theme.Look) -> str:
    return f'<span aria-hidden="true" style="font-size:.7em;vertical-align:super;color:{theme.INK}">{chosen.glyph}</span>'


def _text(piece: Piece) -> str:
    """Spaces stay spaces and newlines break the line, as in the text; whatever cannot be seen is written out."""
    if not piece.text:
        return html.escape(words.visible(piece.text, piece.token))
    line = "" if piece.state == "rejected" else "\n"  # a refused newline breaks no line
    shown = (letter if letter == " " else words.visible(letter) + (line if letter == "\n" else "") for letter in piece.text)
    return html.escape("".join(shown))


def _tooltip(piece: Piece) -> str:
    where = f"cycle {piece.cycle}" + (f", node {piece.node}" if piece.node >= 0 else ", last token")
    chosen = theme.look(piece.state)
    return f"{words.visible(piece.text, piece.token)} · {chosen.word} · {where}"
