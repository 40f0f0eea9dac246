"""The front door: run a method on a prompt, as a whole or step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from os import PathLike
from typing import Any, Unpack, overload

from specviz.arguments import is_list, path_of
from specviz.engine.prompts import Conversation, Prompts, read_prompts
from specviz.engine.settings import RunSettings
from specviz.engine.stops import Stop
from specviz.engine.stream import DETAILS, Run, Stream
from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown
from specviz.methods import Method
from specviz.model.distribution.options import DistributionOptions
from specviz.model.pair import Pair
from specviz.trace.schema import Detail
from specviz.types import Array

__all__ = ["DETAILS", "Run", "Stream", "generate", "stream"]

Single = str | Sequence[int] | Conversation
"""One prompt with a type of its own; arrays, tensors and a tokenizer's output have none that can be named here (``Array``)."""
Several = list[str] | list[list[int]] | list[Conversation]
"""A batch, likewise."""


def stream(
    pair: Pair,
    prompt: Single | Array,
    method: str | Method | None = None,
    max_new_tokens: int | None = 128,
    temperature: float | None = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | None = 0,
    detail: Detail | None = "full",
    save: str | PathLike[str] | None = None,
    *,
    gamma: int | None = None,
    stop: Stop = None,
    ignore_eos: bool | None = False,
    **distribution: Unpack[DistributionOptions],
) -> Stream:
    """Run a method step by step; same arguments as :func:`generate`. Iterate over the result; its ``.trace`` grows meanwhile."""
    options: dict[str, Any] = {"max_new_tokens": max_new_tokens, "temperature": temperature, "top_k": top_k, "top_p": top_p}
    options |= {"gamma": gamma, "stop": stop, "ignore_eos": ignore_eos, "distribution": dict(distribution)}
    return Stream(pair, prompt, method, _settings(seed=seed, **options), "full" if detail is None else detail, save)


@overload
def generate(
    pair: Pair,
    prompt: Several,
    method: str | Method | None = None,
    max_new_tokens: int | None = 128,
    temperature: float | None = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | Sequence[int] | Array | None = 0,
    detail: Detail | None = "full",
    save: str | PathLike[str] | None = None,
    *,
    gamma: int | None = None,
    stop: Stop = None,
    ignore_eos: bool | None = False,
    rows: int | None = 16,
    **distribution: Unpack[DistributionOptions],
) -> list[Run]: ...


@overload
def generate(
    pair: Pair,
    prompt: Single | Array,
    method: str | Method | None = None,
    max_new_tokens: int | None = 128,
    temperature: float | None = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | None = 0,
    detail: Detail | None = "full",
    save: str | PathLike[str] | None = None,
    *,
    gamma: int | None = None,
    stop: Stop = None,
    ignore_eos: bool | None = False,
    **distribution: Unpack[DistributionOptions],
) -> Run: ...


def generate(
    pair: Pair,
    prompt: Single | Several | Array,
    method: str | Method | None = None,
    max_new_tokens: int | None = 128,
    temperature: float | None = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | Sequence[int] | Array | None = 0,
    detail: Detail | None = "full",
    save: str | PathLike[str] | None = None,
    *,
    gamma: int | None = None,
    stop: Stop = None,
    ignore_eos: bool | None = False,
    rows: int | None = 16,
    **distribution: Unpack[DistributionOptions],
) -> Run | list[Run]:
    """Run a method on a prompt and return text, tokens, figures and the record; on a list of prompts together, a :class:`Run` for each.

    Args:
        pair: from :func:`specviz.load_pair`.
        prompt: text, token ids (a list, an array, a tensor, a tokenizer's output), or chat messages, which go through the target's template; a
            list of these is a batch, whose passes are made together (see :mod:`specviz.engine.batch`).
        method: a name of ``specviz.METHODS``, with settings if you like (``"sequoia:nodes=64"``), or a :class:`specviz.Method`; None is the best
            that this pair can do: ``chain`` where there is a draft model, else ``prompt-lookup``.
        max_new_tokens: never exceeded, not even inside an accepted block.
        temperature: 0 decodes greedily; above, tokens are drawn from the target's law at this temperature.
        top_k: draw only from the k most likely tokens; 0 for all, None for the checkpoint's own setting.
        top_p: draw only from the smallest set of most likely tokens with this mass; 1 for all, None for the checkpoint's own setting.
        seed: the coins are a function of seed and place; the same seed gives the same run. For a batch one for all rows, so that each equals
            its single run, or one for each.
        detail: what is recorded: ``light`` (no laws), ``full`` (the top 20 of every law), ``exact`` (whole laws; small vocabularies).
        save: also write the record to this file as the run goes on; for a batch a folder, which gets ``000.arrow`` and so on.
        gamma: most levels drafted in a cycle; None for the method's own.
        stop: strings and token ids, one or several (``["END", 50256]``): end after the token that completes such a string, or is such a token.
            It stays in the tokens, and the string in the text, as in transformers. A string may be that of a special token. What the prompt
            holds does not count. None is the checkpoint's own stop strings, an empty list none at all.
        ignore_eos: go on behind the model's own end tokens.
        rows: most prompts of a batch that run at a time; a row that is done makes room for the next.
        distribution: what else shapes the distributions, as ``repetition_penalty=1.1`` or ``processors=[…]``: see
            :class:`specviz.model.distribution.options.DistributionOptions`.

    None for any of these is its default.

    Raises:
        ValueError: for settings that make no sense, an unknown method, or a prompt that does not fit the context.
    """
    options: dict[str, Any] = {"max_new_tokens": max_new_tokens, "temperature": temperature, "top_k": top_k, "top_p": top_p}
    options |= {"gamma": gamma, "stop": stop, "ignore_eos": ignore_eos, "distribution": dict(distribution)}
    detail = "full" if detail is None else detail
    found = read_prompts(prompt, pair.text)
    if found.is_batch:
        settings = [_settings(seed=each, **options) for each in _seeds(seed, len(found.rows))]
        return _together(pair, found, method, settings, detail, save, rows)
    if is_list(seed) or getattr(seed, "ndim", False):
        raise UnexpectedTypeError("one seed for one prompt", shown(seed))
    running = Stream(pair, found.single, method, _settings(seed=seed, **options), detail, save)
    deque(running, maxlen=0)
    return running.finished()


def _together(
    pair: Pair,
    prompts: Prompts,
    method: str | Method | None,
    settings: Sequence[RunSettings],
    detail: Detail,
    save: str | PathLike[str] | None,
    rows: int | None,
) -> list[Run]:
    from specviz.engine.batch import ROWS, BatchStream, Request  # it is made of single runs

    folder = None if save is None else path_of("save", save)
    files = [None if folder is None else folder / f"{row:03}.arrow" for row in range(len(prompts.rows))]
    batch = BatchStream(pair, list(map(Request, prompts.rows, settings, files)), method, detail, ROWS if rows is None else rows)
    deque(batch, maxlen=0)
    return [batch.streams[row].finished() for row in range(len(prompts.rows))]


def _settings(**given: Any) -> RunSettings:  # noqa: ANN401  checked there
    """The settings of one run; None leaves one at its own default."""
    return RunSettings(**{name: value for name, value in given.items() if value is not None})


def _seeds(seed: Any, count: int) -> list[Any]:  # noqa: ANN401  a number, or several in any form
    """A seed for every row of a batch."""
    seeds = seed.tolist() if getattr(seed, "ndim", False) else list(seed) if is_list(seed) else [seed] * count
    if len(seeds) != count:
        raise UnexpectedValueError(f"one seed, or one for each of {count} prompts", f"{len(seeds)} seeds")
    return seeds
