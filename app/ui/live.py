"""A live run: what was asked for, the lanes it draws while it decodes, and what is left when it ends or is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from time import monotonic
from typing import TYPE_CHECKING, Any

import streamlit as st

from specviz.figures import Piece, block_html, pieces_html, prompt_pieces, step_pieces, trace_pieces, words
from specviz.trace import Trace, summarise
from ui import models

if TYPE_CHECKING:
    from specviz.engine.run import Stream
    from specviz.model.pair import Pair
    from specviz.types import Step

DRAW_EVERY_S = 0.1
"""Seconds between two drawings of a running text; more often would slow down what is being measured."""
PLAIN = "autoregressive"
_SETTLE_S = 20.0


@dataclass(frozen=True)
class Wish:
    """Everything a reader chose for a run."""

    prompt: str
    method: str
    gamma: int | None
    max_new_tokens: int
    temperature: float
    top_k: int | None
    top_p: float | None
    seed: int
    with_plain: bool
    dtype: str = "auto"
    is_chat: bool = False
    target: str = ""
    draft: str = ""

    def settings(self) -> dict[str, Any]:
        """What both lanes are decoded with."""
        names = ("max_new_tokens", "temperature", "top_k", "top_p", "seed")
        return {name: getattr(self, name) for name in names}


@dataclass
class LiveRun:
    """One reader's run: whether one is wanted, then what it was and its records as they grow."""

    is_wanted: bool = False
    done: Wish | None = None
    trace: Trace | None = None
    plain: Trace | None = None
    name: str | None = None
    models: str = ""
    was_stopped: bool = False
    error: str = ""
    started: list[Stream] = field(default_factory=list)
    busy: threading.Lock = field(default_factory=threading.Lock)
    """Held while a script decodes."""

    def begin(self, wish: Wish) -> None:
        """Note what is run, so that no rerun of the page begins it a second time, and forget the run before."""
        self.is_wanted, self.done, self.trace, self.plain, self.name, self.error = False, wish, None, None, None, ""
        self.was_stopped = True  # until it got to its end

    def settle(self) -> None:
        """Wait for a script that was told to stop: Streamlit starts the next one while the old one is still between two drawings."""
        if self.busy.acquire(timeout=_SETTLE_S):
            self.busy.release()


def current() -> LiveRun:
    """The reader's run."""
    found: LiveRun = st.session_state.setdefault("live", LiveRun())
    return found


@dataclass
class Progress:
    """What a lane has reached. Counted step by step: reading the growing record again for every drawing would slow the run."""

    tokens: int = 0
    passes: int = 0
    seconds: float = 0.0

    def add(self, step: Step) -> None:
        """Count one cycle."""
        self.tokens += len(step.committed)
        self.passes += step.target_calls
        self.seconds += step.times.total

    @classmethod
    def of(cls, trace: Trace) -> Progress:
        """What a finished record reached."""
        stats = summarise(trace)
        return cls(stats.tokens, stats.cycles, stats.tokens / stats.tokens_per_second if stats.tokens else 0.0)

    def words(self) -> str:
        """One line."""
        speed = f" · {self.tokens / self.seconds:.0f} tokens/s" if self.seconds else ""
        return f"{words.count(self.tokens, 'token')} in {self.passes} {'pass' if self.passes == 1 else 'passes'}{speed}"


Draw = Callable[[str, Progress], None]


def execute(run: LiveRun, wish: Wish, pair: Pair, draw: Draw, draw_plain: Draw, say: Callable[[str], None]) -> None:
    """Decode the wish, then the same prompt plainly; leave the records in ``run`` whatever ends it."""
    with models.turn(lambda: say("Waiting for another run on this server to end …")), run.busy:
        say("Decoding …")
        run.begin(wish)  # from here on a rerun of the page shows this run instead of beginning it again
        run.models = pair.describe()
        with _kept(run, "trace"):
            run.trace = decode(run, pair, wish, wish.method, draw)
        if wish.with_plain and wish.method != PLAIN:
            say("Now the same prompt, one token a pass …")
            with _kept(run, "plain"):
                run.plain = decode(run, pair, wish, PLAIN, draw_plain)
        run.was_stopped = False


@contextmanager
def _kept(run: LiveRun, lane: str) -> Iterator[None]:
    """Keep what was recorded even when a stop ends the script in the middle."""
    run.started.clear()
    try:
        yield
    finally:
        if run.started:
            trace = run.started.pop().trace
            if len(trace):
                setattr(run, lane, trace)


def decode(run: LiveRun, pair: Pair, wish: Wish, method: str, draw: Draw) -> Trace:
    """Decode with one method, drawing as it goes. The stream is closed on every way out, which frees the pair's lock."""
    from specviz.engine.run import stream

    gamma = None if method == PLAIN else wish.gamma
    prompt = pair.text.chat(wish.prompt) if wish.is_chat else wish.prompt
    running = stream(pair, prompt, method, **wish.settings(), gamma=gamma)
    run.started.append(running)
    body, drawn, progress = pieces_html(prompt_pieces(running.trace)), 0.0, Progress()
    with running:
        for step in running:
            progress.add(step)
            latest = step_pieces(step, pair.text.piece)
            if monotonic() - drawn >= DRAW_EVERY_S:
                draw(block_html(body + _new_html(latest, method, cycle=step.cycle)), progress)
                drawn = monotonic()
            body += _new_html(latest, method)
    draw(block_html(body), progress)
    return running.trace


def text_html(trace: Trace) -> str:
    """The whole coloured text of a record."""
    return block_html(pieces_html(prompt_pieces(trace)) + _new_html(trace_pieces(trace), trace.header.method))


def _new_html(new: list[Piece], method: str, cycle: int | None = None) -> str:
    """New tokens, coloured by their state; plain decoding has no states to tell apart."""
    if method == PLAIN:
        return escape("".join(piece.text for piece in new))
    return pieces_html(new, cycle=cycle)


def sameness(run: LiveRun) -> tuple[bool | None, str]:
    """Whether both lanes wrote the same, and what that means; None where it need not be so."""
    if run.trace is None or run.plain is None or run.done is None:
        return None, ""
    ours, plain = run.trace.tokens, run.plain.tokens
    if run.done.temperature > 0:
        return None, "Above temperature 0 both texts are drawn from the same law with different coins, so they may differ."
    length = min(len(ours), len(plain)) if run.was_stopped else max(len(ours), len(plain))
    differing = next((i for i in range(length) if ours[i : i + 1] != plain[i : i + 1]), None)
    if differing is None:
        return True, f"Both texts are the same, token for token ({length} compared)."
    return False, (
        f"The texts differ from token {differing} on. The rule is exact, but arithmetic is not: a pass over several places adds numbers in another "
        "order than a pass over one, and where two tokens are almost equally likely that can change the choice, most of all in bfloat16. Try float32."
    )
