"""Methods side by side on every kind of text: tokens per cycle, wall clock, and what an automatic choice loses against the best fixed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

from specviz.bench.costs import measure_costs
from specviz.bench.measure import Timing, cycles, interleave, pair_facts, ratio, report_head
from specviz.engine.costs import COUNTS
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import Method, find_method
from specviz.model.pair import Pair

PLAIN = "autoregressive"
CHAINS = tuple(f"chain:gamma={gamma}" for gamma in (1, 2, 3, 4, 6, 8))
TREES = tuple(f"{name}:nodes={nodes}" for name in ("sequoia", "dyspec", "eagle-2", "opt-tree") for nodes in (8, 16, 32, 64))
CHOOSING = {"chain:controller=expected-gain:gamma=12": "chain", "auto": ""}
"""Methods that choose as they run, and how the names begin of what each chooses among, besides plain decoding."""
SETTLING = 64
"""New tokens after which an automatic choice should have settled."""
_CONTEXT = 200  # tokens of text behind which passes are timed, where there is room
LEAST_LATE = 200  # tokens beyond that, over all prompts, that a rate is worth stating for


@dataclass
class _Watched:
    """A method as a task, which also notes cycles, and the tokens and seconds of every call beyond the first ``SETTLING`` tokens."""

    pair: Pair
    method: Method
    settings: RunSettings
    cycles: list[int] = field(default_factory=list)
    late: list[tuple[int, float]] = field(default_factory=list)

    def __call__(self, prompt: list[int]) -> list[int]:
        session = Session(self.pair, prompt, self.settings)
        count, settled = 0, None
        for _ in cycles(self.pair, session, self.method):
            count += 1
            if settled is None and session.num_new >= SETTLING:
                settled = session.num_new, perf_counter()
        self.cycles.append(count)
        self.late.append((session.num_new - settled[0], perf_counter() - settled[1]) if settled else (0, 0.0))
        return session.tokens[session.prompt_length :]

    def late_rate(self, repeat: int, prompts: int) -> float | None:
        """Tokens a second beyond the first ones in one repeat; None where there are too few."""
        calls = self.late[1 + repeat * prompts : 1 + (repeat + 1) * prompts]  # the first call warms up
        tokens = sum(count for count, _ in calls)
        return tokens / sum(seconds for _, seconds in calls) if tokens >= LEAST_LATE else None


def bench_methods(
    pair: Pair,
    prompts: Mapping[str, Sequence[list[int]]],
    methods: Sequence[str] = (*CHAINS, *TREES, *CHOOSING),
    *,
    new_tokens: int = 160,
    temperature: float = 0.0,
    repeats: int = 3,
) -> dict[str, Any]:
    """Time every method, and plain decoding, on the prompts of every kind of text.

    Args:
        pair: target and draft.
        prompts: kind of text -> prompts, as token ids.
        methods: names of ``specviz.METHODS``, with settings.
        new_tokens: most new tokens of a prompt.
        temperature: 0 for greedy.
        repeats: timed rounds, interleaved prompt by prompt.

    Returns:
        JSON-ready: ``costs`` (c and v(m)); ``families``: for each kind of text the tokens per cycle and the speed-up over plain decoding of
        every method, and under ``choosing`` what each automatic choice reaches of its best fixed rival's tokens a second, over whole runs
        and beyond the first 64 new tokens (None where too few texts are so long).
    """
    report = report_head("tokens per cycle and tokens a second over plain decoding, whole calls, medians of interleaved rounds") | {
        **pair_facts(pair),
        "settings": {"new_tokens": new_tokens, "temperature": temperature, "repeats": repeats},
        "costs": measure_costs(pair, max(1, min(_CONTEXT, pair.drafted_context - COUNTS[-1]))),
        "families": {},
    }
    settings = RunSettings(new_tokens, temperature)
    for kind, texts in prompts.items():
        watched = {name: _Watched(pair, find_method(name)[1], settings) for name in (PLAIN, *methods)}
        timings = interleave(dict(watched), texts, repeats)
        report["families"][kind] = {
            "methods": {name: _row(watched[name], timing, timings[PLAIN], len(texts)) for name, timing in timings.items()},
            "choosing": {name: _against_best(name, watched, timings, len(texts), repeats) for name in methods if name in CHOOSING},
        }
    return report


def _row(watched: _Watched, timing: Timing, plain: Timing, texts: int) -> dict[str, Any]:
    cycles = sum(watched.cycles[1 : 1 + texts])
    return {
        "tau": round(timing.num_tokens / cycles, 4),
        "tokens": timing.num_tokens,
        "tokens_per_second": round(timing.tokens_per_second, 1),
        "speedup": ratio(timing, plain),
        "same_text": timing.tokens == plain.tokens,
    }


def _against_best(name: str, watched: Mapping[str, _Watched], timings: Mapping[str, Timing], texts: int, repeats: int) -> dict[str, Any]:
    fixed = {other: timing for other, timing in timings.items() if other not in CHOOSING and other.startswith((PLAIN, CHOOSING[name]))}
    best = max(fixed, key=lambda other: fixed[other].tokens_per_second)
    late = {other: median(rates) for other in (name, *fixed) if (rates := _late_rates(watched[other], repeats, texts))}
    settled = max((other for other in fixed if other in late), key=late.__getitem__, default=None)
    return {
        "best": best,
        "of_best": ratio(timings[name], timings[best]),
        "best_settled": settled,
        "of_best_settled": round(late[name] / late[settled], 3) if settled and name in late else None,
    }


def _late_rates(watched: _Watched, repeats: int, texts: int) -> list[float]:
    rates = [watched.late_rate(repeat, texts) for repeat in range(repeats)]
    return [rate for rate in rates if rate is not None]
