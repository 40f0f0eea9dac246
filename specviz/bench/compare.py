"""Methods side by side on one machine: warmed up, interleaved, repeated, and set against plain decoding of the same call."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Unpack

import pandas as pd

from specviz.arguments import whole_number
from specviz.engine.run import Run, generate
from specviz.engine.stops import Stop
from specviz.errors import UnexpectedValueError, shown
from specviz.methods import Method, choose_method, find_method, possible
from specviz.model.distribution.options import DistributionOptions
from specviz.model.pair import Pair
from specviz.trace import Stats, Trace
from specviz.trace.schema import Detail

BASELINE = "autoregressive"
USUAL = ("chain", "prompt-lookup")
"""What is compared where no methods are named."""

WORDS = {
    "tokens_per_cycle": "tokens per cycle",
    "acceptance": "acceptance",
    "tokens_per_s": "tokens per second",
    "tokens_per_s_min": "slowest, tokens per second",
    "tokens_per_s_max": "fastest, tokens per second",
    "speedup": "speed-up",
    "speedup_min": "smallest speed-up",
    "speedup_max": "largest speed-up",
    "draft_share": "share of drafting",
    "verify_share": "share of verifying",
    "other_share": "share of the rest",
    "identical": "identical",
}
"""What a reader sees above each column of a comparison's table."""


class Settings(DistributionOptions, total=False):
    """What :func:`compare` hands on to every run; see :func:`specviz.generate`."""

    max_new_tokens: int
    temperature: float
    top_k: int | None
    top_p: float | None
    seed: int
    gamma: int | None
    stop: Stop
    detail: Detail


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` measured; nothing in it is modelled.

    Attributes:
        table: a row per method (the index), plain decoding first. Columns:
            ``tokens_per_cycle``, new tokens / cycles over all prompts, the corrected or bonus token counted;
            ``acceptance``, accepted / examined drafts, NaN when nothing was drafted;
            ``tokens_per_s``, median over the repeats of new tokens / decoding seconds, with ``tokens_per_s_min`` and ``_max``;
            ``speedup``, median over the repeats of tokens_per_s over plain decoding's in the *same* repeat, with ``_min`` and ``_max``;
            ``draft_share``, ``verify_share``, ``other_share`` of the decoding time;
            ``identical``, share of runs with the very tokens of plain decoding (temperature 0; NaN above, where coins decide).
        traces: method -> one record per prompt, from the last repeat.
        prompts: the prompts, in the order of the traces.
        repeats: how often each was timed.
    """

    table: pd.DataFrame
    traces: dict[str, list[Trace]]
    prompts: list[str]
    repeats: int

    def readable(self, *columns: str) -> pd.DataFrame:
        """The table with words above its columns: those named, in this order, or all of them.

        Raises:
            KeyError: for a column that the table does not have.
        """
        return self.table[[*columns] or [*WORDS]].rename(columns=WORDS)

    def __repr__(self) -> str:
        """The table as text."""
        return f"Comparison of {len(self.table)} methods on {len(self.prompts)} prompts, {self.repeats} repeats\n{self.table.round(3).to_string()}"


def compare(
    pair: Pair,
    prompts: Sequence[str],
    methods: Sequence[str | Method] | Mapping[str, str | Method] | None = None,
    repeats: int = 3,
    **settings: Unpack[Settings],
) -> Comparison:
    """Run every method, and plain decoding, on every prompt ``repeats`` times and say what each was worth.

    Each method runs the first prompt once before anything counts. Then the methods alternate prompt by prompt, in an order
    that turns with every repeat, so that a machine that slows down slows all of them. The clock covers decoding alone:
    prompt processing and writing the record stay outside it, for every method.

    Args:
        pair: from :func:`specviz.load_pair`.
        prompts: texts.
        methods: names of ``specviz.METHODS`` or :class:`specviz.Method` objects; a mapping gives them names of your own. None is ``chain`` and
            ``prompt-lookup``, as far as the pair can run them. ``autoregressive`` is always run, as the baseline.
        repeats: timed runs of every method on every prompt.
        settings: ``max_new_tokens``, ``temperature``, ``top_k``, ``top_p``, ``seed``, ``gamma``, ``stop``, ``detail`` and what else shapes the
            distribution as for :func:`specviz.generate`, the same for all methods. ``detail`` is ``light`` unless asked otherwise: it disturbs the
            machine least between two cycles, and serves every picture but those of whole laws.

    Raises:
        ValueError: for no prompts, an unknown method, two methods of one name, or settings that make no sense.
    """
    texts = _checked(prompts, repeats, settings)
    chosen = with_baseline(methods, pair.offers)
    options: dict[str, Any] = {"detail": "light", **settings}
    for method in chosen.values():
        generate(pair, texts[0], method, **options)
    rounds: list[dict[str, _Total]] = []
    traces: dict[str, list[Trace]] = {}
    for repeat in range(repeats):
        names = [*chosen][repeat % len(chosen) :] + [*chosen][: repeat % len(chosen)]
        runs: dict[str, list[Run]] = {name: [] for name in chosen}
        for text in texts:
            for name in names:
                runs[name].append(generate(pair, text, chosen[name], **options))
        rounds.append({name: _total(runs[name], runs[BASELINE]) for name in chosen})
        traces = {name: [run.trace for run in runs[name]] for name in chosen}
    is_greedy = settings.get("temperature", 0.0) == 0
    table = pd.DataFrame([_row(name, rounds, is_greedy=is_greedy) for name in chosen]).set_index("method")
    return Comparison(table, traces, texts, repeats)


@dataclass(frozen=True)
class _Total:
    """All prompts of one method in one repeat."""

    stats: list[Stats]
    identical: int

    def sum(self, name: str) -> float:
        return float(sum(getattr(stats, name) for stats in self.stats))

    @property
    def seconds(self) -> float:
        return self.sum("draft_s") + self.sum("verify_s") + self.sum("other_s")

    @property
    def tokens_per_s(self) -> float:
        return self.sum("tokens") / self.seconds


def _total(runs: Sequence[Run], plain: Sequence[Run]) -> _Total:
    return _Total([run.stats for run in runs], sum(run.tokens == other.tokens for run, other in zip(runs, plain, strict=True)))


def _row(name: str, rounds: Sequence[dict[str, _Total]], *, is_greedy: bool) -> dict[str, Any]:
    mine = [totals[name] for totals in rounds]
    rates = [total.tokens_per_s for total in mine]
    speedups = [total.tokens_per_s / totals[BASELINE].tokens_per_s for total, totals in zip(mine, rounds, strict=True)]
    seconds = sum(total.seconds for total in mine)
    first = mine[0]  # what was decoded is the same in every repeat: coins are a function of the seed
    examined = first.sum("accepted") + first.sum("rejected")
    return {
        "method": name,
        "tokens_per_cycle": first.sum("tokens") / first.sum("cycles"),
        "acceptance": first.sum("accepted") / examined if examined else float("nan"),
        **_spread("tokens_per_s", rates),
        **_spread("speedup", speedups),
        **{f"{part}_share": sum(total.sum(f"{part}_s") for total in mine) / seconds for part in ("draft", "verify", "other")},
        "identical": sum(total.identical for total in mine) / sum(len(total.stats) for total in mine) if is_greedy else float("nan"),
    }


def _spread(name: str, values: Sequence[float]) -> dict[str, float]:
    return {name: median(values), f"{name}_min": min(values), f"{name}_max": max(values)}


def _checked(prompts: Sequence[str], repeats: int, settings: Settings) -> list[str]:
    known = sorted(Settings.__optional_keys__)
    unknown = set(settings) - set(known)
    if unknown:
        raise UnexpectedValueError(f"settings among {', '.join(known)}", ", ".join(sorted(unknown)))
    if isinstance(prompts, str):
        raise UnexpectedValueError("a list of prompts", "one string", f"write [{prompts[:20]!r}]")
    texts = list(prompts)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise UnexpectedValueError("at least one prompt, each a string", shown(texts))
    whole_number("repeats", repeats, 1)
    return texts


def with_baseline(
    methods: Sequence[str | Method] | Mapping[str, str | Method] | None, offers: Collection[str], asked_of: Mapping[str, str] | None = None
) -> dict[str, Method]:
    """Name -> method, plain decoding first; None are those of ``USUAL`` that a pair with these offers can run.

    Raises:
        ValueError: for methods that cannot be told apart, and as :func:`specviz.methods.choose_method`, which ``asked_of`` is handed on to.
    """
    if isinstance(methods, str):
        raise UnexpectedValueError("a list of methods", "one string", f"write [{methods!r}]")
    usual = [name for name in USUAL if name in possible(offers)]
    given = usual if methods is None else methods
    pairs = given.items() if isinstance(given, Mapping) else [(find_method(method)[0], method) for method in given]
    if not pairs:
        raise UnexpectedValueError("at least one method to compare with plain decoding", "none", "specviz.METHODS lists them")
    chosen = {BASELINE: find_method(BASELINE)[1]}
    for name, method in pairs:
        choose_method(method, offers, asked_of)  # its own checks; every run chooses again
        found = find_method(method)[1]
        if chosen.get(name, found) != found:
            raise UnexpectedValueError("methods of different names", f"two called {name!r}", "name them yourself: methods={'short': …, 'long': …}")
        chosen[name] = found
    return chosen
