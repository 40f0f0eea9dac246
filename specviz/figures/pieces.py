"""Which part of a cycle every committed token is: an accepted draft, the correction or the bonus.

Written once for a recorded :class:`~specviz.trace.Cycle` and for a live :class:`~specviz.types.Step`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from specviz.trace import Cycle, Trace
from specviz.types import Step

LAST = -1
"""Stands for a node where a token was no draft: the cycle's last token, or the prompt."""
PROMPT = -1
"""Stands for a cycle where a token belongs to the prompt."""


@dataclass(frozen=True)
class Piece:
    """One token of the text: its text, its state, the cycle that added it and the node it was, or :data:`LAST`."""

    text: str
    state: str
    cycle: int
    node: int
    token: int


@dataclass(frozen=True)
class _Drafted:
    parent: int
    piece: Piece


def pieces(cycle: Cycle, *, refused: bool = False) -> list[Piece]:
    """The tokens a recorded cycle added, in order.

    Args:
        cycle: the recorded cycle; tokens cut away at the end of the text are left out.
        refused: also list the drafts that were refused on the way, before the token that took their place.
    """
    drafted = [_Drafted(n.parent, Piece(n.text, n.state, cycle.cycle, n.id, n.token)) for n in cycle.nodes]
    last = Piece(cycle.last_text, cycle.last_kind, cycle.cycle, LAST, cycle.last_token)
    return _walk(drafted, cycle.path, last, len(cycle.committed), refused)


def step_pieces(step: Step, to_text: Callable[[int], str], *, refused: bool = False) -> list[Piece]:
    """The tokens a live step added, like :func:`pieces`; ``to_text`` gives the text of a token id."""
    rows = zip(step.tree.tokens, step.tree.parents, step.verdict.decisions, strict=True)
    drafted = [_Drafted(parent, Piece(to_text(token), d.state, step.cycle, i, token)) for i, (token, parent, d) in enumerate(rows)]
    token = int(step.verdict.token)
    last = Piece(to_text(token), step.verdict.kind, step.cycle, LAST, token)
    return _walk(drafted, step.verdict.path, last, len(step.committed), refused)


def prompt_pieces(trace: Trace) -> list[Piece]:
    """The prompt's tokens."""
    rows = zip(trace.header.prompt_tokens, trace.header.prompt_pieces, strict=True)
    return [Piece(text, "prompt", PROMPT, LAST, token) for token, text in rows]


def trace_pieces(trace: Trace, *, refused: bool = False, cycles: Iterable[Cycle] | None = None) -> list[Piece]:
    """The tokens of a whole run after its prompt, in order."""
    return [piece for cycle in (trace if cycles is None else cycles) for piece in pieces(cycle, refused=refused)]


def piece_before(trace: Trace, cycle: int) -> Piece | None:
    """The last committed token before a cycle: the root its drafts hang from. None after an empty prompt."""
    for earlier in range(cycle - 1, -1, -1):
        if found := pieces(trace.cycle(earlier)):
            return found[-1]
    prompt = prompt_pieces(trace)
    return prompt[-1] if prompt else None


def _walk(drafted: Sequence[_Drafted], path: Sequence[int], last: Piece, committed: int, refused: bool) -> list[Piece]:
    out: list[Piece] = []
    parent = -1
    for node in [*path, None][:committed]:
        if refused:
            out += [d.piece for d in drafted if d.parent == parent and d.piece.state == "rejected"]
        out.append(last if node is None else drafted[node].piece)
        parent = parent if node is None else node
    return out
