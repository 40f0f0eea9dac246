"""The front door: run a method on a prompt, as a whole or step by step."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any, TypeGuard, cast, overload

from specviz.drafters import DRAFTERS
from specviz.engine.choice import for_pair
from specviz.engine.clock import TimedDrafter, synchronize
from specviz.engine.costs import settled
from specviz.engine.graphs import decoded
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import Method, find_method
from specviz.model.hardware import machine
from specviz.model.pair import Pair
from specviz.trace.recorder import Recorder
from specviz.trace.schema import Detail, Header
from specviz.trace.stats import Stats, summarise
from specviz.trace.store import Trace
from specviz.types import Costs, Step

DETAILS = ("light", "full", "exact")


@dataclass(frozen=True)
class Run:
    """A finished run: ``text`` and ``tokens`` (new ones only), ``stats``, and the whole record in ``trace``."""

    text: str
    tokens: list[int]
    _recorder: Recorder

    @cached_property
    def trace(self) -> Trace:
        """Every cycle; what still waits to be put into columns is so when this is first asked for."""
        return self._recorder.trace

    @cached_property
    def stats(self) -> Stats:
        """What it achieved and what it cost, counted when first asked for."""
        return summarise(self.trace)

    def __repr__(self) -> str:
        """Method, length and tokens per cycle."""
        return f"Run({self.trace.header.method!r}, {len(self.tokens)} tokens, {self.stats.tokens_per_cycle:.2f} tokens per cycle)"


class Stream:
    """A run in progress: iterate over its steps; ``trace`` is the record so far. Closing it early keeps what was recorded.

    Holds the pair's lock from the first step to the end, since a model has one KV buffer.
    """

    def __init__(
        self,
        pair: Pair,
        prompt: str | Sequence[int],
        method: str | Method,
        settings: RunSettings,
        detail: Detail,
        save: str | Path | None,
        rows: int = 1,
    ) -> None:
        if _is_batch(prompt):
            raise TypeError(f"expected one prompt, got a list of {len(prompt)}; generate() takes a list and decodes it as a batch")
        if detail not in DETAILS:
            raise ValueError(f"expected detail to be one of {', '.join(DETAILS)}, got {detail!r}")
        name, chosen = find_method(method)
        chosen = for_pair(chosen, pair)
        if settings.gamma is not None:
            chosen = replace(chosen, gamma=settings.gamma)
        rule = chosen.rule(settings.temperature)
        tokens = pair.text.encode(prompt) if isinstance(prompt, str) else [int(token) for token in prompt]
        self.session = Session(pair, tokens, settings)
        make = DRAFTERS[chosen.drafter] if chosen.drafter else None
        self._drafter = TimedDrafter(make(pair, settings.sampling), pair.target.device) if make else None
        self._pair, self._method, self._save = pair, chosen, save
        text = prompt if isinstance(prompt, str) else pair.text.decode(tokens)
        self._header = _header(pair, name, chosen, rule.name, settings, detail, text, tokens, rows)
        self._recorder: Recorder | None = None

    def __iter__(self) -> Generator[Step]:
        """Run: prompt first, then one step a cycle.

        Raises:
            RuntimeError: when the stream was read before, or another one of this pair is open in the same thread.
        """
        if self._recorder:
            raise RuntimeError("expected a stream to be read once, got a second reading; its .trace holds the record, stream() starts another run")
        with self._pair.held():
            begin = perf_counter()
            self.session.prefill()
            if self._drafter:
                self._drafter.start(self.session)
            synchronize(self._pair.target.device)
            prefill_s = perf_counter() - begin
            method = settled(self._pair, self._method)
            parts = {} if method is self._method else _parts(method)
            header = replace(self._header, prefill_s=prefill_s, settings=self._header.settings | parts)
            self._recorder = Recorder(header, self._pair.text.piece, self._save)
            try:
                for step in decoded(self._pair, self.session, self._drafter, method):
                    self._recorder.add(step)
                    yield step
            finally:
                self._recorder.close()

    @property
    def trace(self) -> Trace:
        """The record so far."""
        return self._recorder.trace if self._recorder else Trace(self._header, [])

    def finished(self, text: str) -> Run:
        """The run, when all steps were taken; ``text`` is what they added."""
        if not self._recorder:
            raise RuntimeError("expected a stream that was read to its end, got one that was not begun; iterate over it first")
        return Run(text, self.session.tokens[self.session.prompt_length :], self._recorder)


def stream(
    pair: Pair,
    prompt: str | Sequence[int],
    method: str | Method = "chain",
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    detail: Detail = "full",
    save: str | Path | None = None,
    *,
    gamma: int | None = None,
    stop: str | Sequence[str] = (),
) -> Stream:
    """Run a method step by step; same arguments as :func:`generate`. Iterate over the result; its ``.trace`` grows meanwhile."""
    settings = RunSettings(max_new_tokens, temperature, top_k, top_p, seed, gamma, (stop,) if isinstance(stop, str) else stop)
    return Stream(pair, prompt, method, settings, detail, save)


@overload
def generate(
    pair: Pair,
    prompt: str | Sequence[int],
    method: str | Method = "chain",
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    detail: Detail = "full",
    save: str | Path | None = None,
    *,
    gamma: int | None = None,
    stop: str | Sequence[str] = (),
) -> Run: ...


@overload
def generate(
    pair: Pair,
    prompt: list[str] | list[list[int]],
    method: str | Method = "chain",
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | Sequence[int] = 0,
    detail: Detail = "full",
    save: str | Path | None = None,
    *,
    gamma: int | None = None,
    stop: str | Sequence[str] = (),
    rows: int = 16,
) -> list[Run]: ...


def generate(
    pair: Pair,
    prompt: str | Sequence[int] | list[str] | list[list[int]],
    method: str | Method = "chain",
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | Sequence[int] = 0,
    detail: Detail = "full",
    save: str | Path | None = None,
    *,
    gamma: int | None = None,
    stop: str | Sequence[str] = (),
    rows: int = 16,
) -> Run | list[Run]:
    """Run a method on a prompt and return text, tokens, figures and the record; on a list of prompts together, a :class:`Run` for each.

    Args:
        pair: from :func:`specviz.load_pair`.
        prompt: text, or token ids; a list of either is a batch, whose passes are made together (see :mod:`specviz.engine.batch`).
        method: a name of ``specviz.METHODS``, with settings if you like (``"sequoia:nodes=64"``), or a :class:`specviz.Method`.
        max_new_tokens: never exceeded, not even inside an accepted block.
        temperature: 0 decodes greedily; above, tokens are drawn from the target's law at this temperature.
        top_k: draw only from the k most likely tokens; None for all.
        top_p: draw only from the smallest set of most likely tokens with this mass; None for all.
        seed: the coins are a function of seed and place; the same seed gives the same run. For a batch one for all rows, so that each equals
            its single run, or one for each.
        detail: what is recorded: ``light`` (no laws), ``full`` (the top 20 of every law), ``exact`` (whole laws; small vocabularies).
        save: also write the record to this file as the run goes on; for a batch a folder, which gets ``000.arrow`` and so on.
        gamma: most levels drafted in a cycle; None for the method's own.
        stop: end after the token that completes one of these strings, which stays in the text (as in transformers).
        rows: most prompts of a batch that run at a time; a row that is done makes room for the next.

    Raises:
        ValueError: for settings that make no sense, an unknown method, or a prompt that does not fit the context.
    """
    stops = (stop,) if isinstance(stop, str) else stop
    if _is_batch(prompt):
        from specviz.engine.batch import BatchStream, Request  # it is made of single runs, so it imports this module

        seeds = list(seed) if isinstance(seed, Sequence) else [seed] * len(prompt)
        if len(seeds) != len(prompt):
            raise ValueError(f"expected one seed, or one for each of {len(prompt)} prompts, got {len(seeds)}")
        settings = [RunSettings(max_new_tokens, temperature, top_k, top_p, each, gamma, stops) for each in seeds]
        files = [Path(save) / f"{row:03}.arrow" if save is not None else None for row in range(len(prompt))]
        batch = BatchStream(pair, list(map(Request, prompt, settings, files)), method, detail, rows)
        texts = [""] * len(prompt)
        for row, step in batch:
            texts[row] += step.text
        return [batch.streams[row].finished(text) for row, text in enumerate(texts)]
    if isinstance(seed, Sequence):
        raise TypeError(f"expected one seed for one prompt, got {seed!r}")
    single = cast("str | Sequence[int]", prompt)
    running = Stream(pair, single, method, RunSettings(max_new_tokens, temperature, top_k, top_p, seed, gamma, stops), detail, save)
    return running.finished("".join(step.text for step in running))


def _is_batch(prompt: str | Sequence[Any]) -> TypeGuard[list[Any]]:
    """Whether it is a list of prompts: of texts, or of lists of token ids."""
    return not isinstance(prompt, str) and len(prompt) > 0 and hasattr(prompt[0], "__len__")


def _parts(method: Method) -> dict[str, Any]:
    """What the method is made of, with every setting in force, as JSON has it."""
    parts: dict[str, Any] = {"drafter": method.drafter, "tree": method.tree, "controller": method.controller, "gamma": method.gamma}
    settings = method.settings if method.drafter else {}
    return parts | {name: _listed(asdict(value) if isinstance(value, Costs) else value) for name, value in settings.items()}


def _listed(value: Any) -> Any:  # noqa: ANN401  a setting is a number, a name, or some of them within each other
    """A setting with its tuples as lists, so that a header equals itself read back."""
    if isinstance(value, dict):
        return {name: _listed(part) for name, part in value.items()}
    return [_listed(part) for part in value] if isinstance(value, list | tuple) else value


def _header(
    pair: Pair, name: str, method: Method, rule: str, settings: RunSettings, detail: Detail, prompt: str, tokens: list[int], rows: int
) -> Header:
    uses_draft = method.drafter == "independent" and pair.draft is not None
    return Header(
        method=name,
        detail=detail,
        prompt=prompt,
        prompt_tokens=tokens,
        prompt_pieces=[pair.text.piece(token) for token in tokens],
        seed=settings.seed,
        settings=settings.as_dict() | _parts(method) | ({"rows": rows} if rows > 1 else {}),
        target=pair.target.describe(),
        draft=pair.draft.describe() if uses_draft and pair.draft else {},
        verifier=rule,
        device=str(pair.target.device),
        dtype=pair.placement.dtype_name,
        machine=dict(machine()),
        law_temperature=settings.temperature or 1.0,
        vocab_size=pair.target.config.vocab,
        chat_template_hash=pair.text.template_hash,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        package_version=_version(),
    )


@cache
def _version() -> str:
    """Asking costs half a millisecond: a run's record is not worth more."""
    try:
        return version("specviz")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "unknown"
