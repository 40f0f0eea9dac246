"""Methods side by side on one machine: warmed up, interleaved, repeated, and set against plain decoding of the same call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from specviz.engine.run import Run, generate
from specviz.engine.settings import RunSettings
from specviz.methods import Method, find_method
from specviz.model.pair import Pair
from specviz.trace import Trace
from specviz.trace.schema import Detail

BASELINE = "autoregressive"


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` measured; nothing in it is modelled.

    Attributes:
        table: a row per method, plain decoding first. Columns:
            ``tokens_per_cycle`` new tokens / cycles over all prompts, the corrected or bonus token counted;
            ``acceptance`` accepted / examined drafts (NaN when none was drafted);
            ``tokens_per_s`` median over the repeats of new tokens / decoding seconds over all prompts, with ``_min`` and ``_max``;
            ``speedup`` median over the repeats of tokens per second over plain decoding's in the *same* repeat, with ``_min``
            and ``_max``;
            ``draft_share``, ``verify_share``, ``other_share`` of the decoding time, all repeats together;
            ``identical`` share of prompts whose tokens equal plain decoding's (temperature 0; NaN above, where coins decide).
        traces: method -> one record per prompt, that of the last repeat.
        prompts: the prompts, in the traces' order.
        repeats: how often each was run.
    """

    table: pd.DataFrame
    traces: dict[str, list[Trace]]
    prompts: list[str]
    repeats: int

    def __repr__(self) -> str:
        """The table as text."""
        return f"Comparison of {len(self.table)} methods on {len(self.prompts)} prompts, {self.repeats} repeats\n{self.table.round(3).to_string()}"


def compare(
    pair: Pair,
    prompts: Sequence[str],
    methods: Sequence[str | Method] | Mapping[str, str | Method] = ("chain", "prompt-lookup"),
    repeats: int = 3,
    *,
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    gamma: int | None = None,
    stop: str | Sequence[str] = (),
    detail: Detail = "light",
) -> Comparison:
    """Run every method, and plain decoding, on every prompt ``repeats`` times and say what each was worth.

    Each method runs the first prompt once before anything counts. Then methods alternate prompt by prompt, in an order that
    turns with every repeat, so that a machine that slows down slows all of them. The clock covers decoding alone: prompt
    processing and writing the record are outside it for every method.

    Args:
        pair: from :func:`specviz.load_pair`.
        prompts: texts.
        methods: names of ``specviz.METHODS`` or :class:`specviz.Method` objects; a mapping gives them names of your own.
            ``autoregressive`` is always run as the baseline.
        repeats: timed runs of every method on every prompt.
        max_new_tokens, temperature, top_k, top_p, seed, gamma, stop: as for :func:`specviz.generate`, the same for all methods.
        detail: what the traces hold, the same for all methods. ``light`` disturbs the machine least between cycles and draws
            every picture but ``distributions``, which needs ``full``.

    Raises:
        ValueError: for no prompts, an unknown method, two methods of one name, or settings that make no sense.
    """
    prompts = _checked_prompts(prompts, repeats)
    chosen = _with_baseline(methods)
    RunSettings(max_new_tokens, temperature, top_k, top_p, seed, gamma, stop)  # its checks, before minutes of work

    def run(name: str, prompt: str) -> Run:
        return generate(pair, prompt, chosen[name], max_new_tokens, temperature, top_k, top_p, seed, detail, gamma=gamma, stop=stop)

    for name in chosen:
        run(name, prompts[0])
    rounds = [_round(run, _turned(list(chosen), repeat), prompts) for repeat in range(repeats)]
    table = pd.DataFrame([_row(name, rounds, is_greedy=temperature == 0) for name in chosen]).set_index("method")
    traces = {name: [run.trace for run in rounds[-1][name]] for name in chosen}
    return Comparison(table, traces, prompts, repeats)
