"""A run as it happens, and what is left of it when it is over."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import GEN_RUNNING, getgeneratorstate
from os import PathLike
from time import perf_counter
from typing import Any

from specviz.arguments import file_to_write, one_of
from specviz.drafters import DRAFTERS
from specviz.engine.clock import TimedDrafter, synchronize
from specviz.engine.costs import settled
from specviz.engine.graphs import decoded
from specviz.engine.header import header_of, parts_of
from specviz.engine.logprobs import Logprobs, TokenLogprob
from specviz.engine.prompts import read_prompts
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.errors import WrongMomentError, shown
from specviz.methods import Method, choose_method
from specviz.model.pair import Pair
from specviz.trace.recorder import Recorder, check_detail
from specviz.trace.schema import Detail
from specviz.trace.stats import Stats, summarise
from specviz.trace.store import Trace
from specviz.types import Step

DETAILS = ("light", "full", "exact")


@dataclass(frozen=True)
class Run:
    """A finished run: ``text`` and ``tokens`` (new ones only), ``stats``, and the whole record in ``trace``."""

    text: str
    tokens: list[int]
    _recorder: Recorder | None = field(compare=False)
    _logprobs: Logprobs | None = field(compare=False)

    @cached_property
    def trace(self) -> Trace:
        """Every cycle; what still waits to be put into columns is so when this is first asked for."""
        assert self._recorder is not None  # noqa: S101  a run that was copied has its trace already
        return self._recorder.trace

    @cached_property
    def stats(self) -> Stats:
        """What it achieved and what it cost, counted when first asked for."""
        return summarise(self.trace)

    @cached_property
    def logprobs(self) -> list[TokenLogprob]:
        """Every new token with the log of its probability under the target and under the draft, and where it came from."""
        assert self._logprobs is not None  # noqa: S101  as above
        return self._logprobs.listed()

    def __repr__(self) -> str:
        """Method, length and tokens per cycle."""
        return f"Run({self.trace.header.method!r}, {len(self.tokens)} tokens, {self.stats.tokens_per_cycle:.2f} tokens per cycle)"

    def __reduce__(self) -> tuple[Any, ...]:
        """What a copy is made of: the run alone, nothing of the pair that made it."""
        return _again, (self.text, self.tokens, self.trace, self.logprobs)


def _again(text: str, tokens: list[int], trace: Trace, logprobs: list[TokenLogprob]) -> Run:
    run = Run(text, tokens, None, None)
    vars(run).update(trace=trace, logprobs=logprobs)
    return run


class Stream:
    """A run in progress: iterate over its steps; ``trace`` is the record so far. Closing it early keeps what was recorded.

    Holds the pair's lock from the first step to the end, since a model has one KV buffer. The end comes with the last step, with :meth:`close`,
    with the end of a ``with`` block around it, or when nobody can reach it any more.
    """

    def __init__(
        self,
        pair: Pair,
        prompt: Any,  # noqa: ANN401  see ``prompts.py``
        method: str | Method | None,
        settings: RunSettings,
        detail: Detail,
        save: str | PathLike[str] | None,
        rows: int = 1,
    ) -> None:
        text = read_prompts(prompt, pair.text).single
        one_of("detail", detail, DETAILS)
        check_detail(detail, pair.target.config.vocab)
        name, chosen = choose_method(method, pair.offers)
        if settings.gamma is not None:
            chosen = replace(chosen, gamma=settings.gamma)
        chosen.rule(settings.temperature)  # its own checks
        tokens = pair.text.encode(text) if isinstance(text, str) else text
        self.session = Session(pair, tokens, settings)
        settings = self.session.settings  # with what the checkpoint asks for
        make = DRAFTERS[chosen.drafter] if chosen.drafter else None
        self._drafter = TimedDrafter(make(pair, settings.sampling), pair.target.device) if make else None
        self._pair, self._method = pair, chosen
        self._save = None if save is None else file_to_write("save", save)
        words = text if isinstance(text, str) else pair.text.decode(tokens)
        self._header = header_of(pair, name, chosen, settings, detail, words, tokens, rows)
        self._recorder: Recorder | None = None
        self._logprobs = Logprobs()
        self._steps: weakref.WeakSet[Generator[Step]] = weakref.WeakSet()  # a stream that is dropped is to close at once, not some day
        self._is_closed = False

    def __iter__(self) -> Generator[Step]:
        """Run: prompt first, then one step a cycle.

        Raises:
            WrongMomentError: when the stream was read before, or another one of this pair is open in the same thread.
        """
        steps = self._run()
        self._steps.add(steps)
        return steps

    def __enter__(self) -> Stream:
        """The stream itself, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let the pair go; what was recorded until now stays. A second time does nothing.

        Raises:
            WrongMomentError: when another thread is in the middle of a step.
        """
        self._is_closed = True
        for steps in list(self._steps):
            if getgeneratorstate(steps) == GEN_RUNNING:
                raise WrongMomentError(
                    "a stream between two steps", "one in the middle of a step", "stop reading it in the other thread, then close it"
                )
            steps.close()

    def _run(self) -> Generator[Step]:
        if self._recorder or self._is_closed:
            found = "a second reading" if self._recorder else "one that was closed"
            raise WrongMomentError("a stream to be read once", found, "its .trace holds the record, stream() starts another run")
        with self._pair.held(f"the method {self._header.method!r} on {shown(self._header.prompt, 40)}") as holder:
            self._recorder = self._prepared()
            try:
                for step in decoded(self._pair, self.session, self._drafter, self._method):
                    self._recorder.add(step)
                    self._logprobs.add(step)
                    yield step
                    holder.thread = threading.current_thread()  # who goes on with it may be another than who began
            finally:
                self.end_record()

    def _prepared(self) -> Recorder:
        """Read the prompt and measure what the method needs to know; the record to write."""
        begin = perf_counter()
        self.session.prefill()
        if self._drafter:
            self._drafter.start(self.session)
        synchronize(self._pair.target.device)
        prefill_s = perf_counter() - begin
        method = settled(self._pair, self._method)
        parts = {} if method is self._method else parts_of(method)
        self._method = method
        header = replace(self._header, prefill_s=prefill_s, settings=self._header.settings | parts)
        return Recorder(header, self._pair.text.piece, self._save)

    def end_record(self) -> None:
        """Finish the file of the record, if there is one, whoever reads the stream; a second time does nothing."""
        if self._recorder:
            self._recorder.close()

    @property
    def trace(self) -> Trace:
        """The record so far."""
        return self._recorder.trace if self._recorder else Trace(self._header, [])

    def finished(self) -> Run:
        """The run, when all steps were taken."""
        if not self._recorder:
            raise WrongMomentError("a stream that was read to its end", "one that was not begun", "iterate over it first")
        tokens = self.session.tokens[self.session.prompt_length :]
        return Run(self._pair.text.decode(tokens), tokens, self._recorder, self._logprobs)
