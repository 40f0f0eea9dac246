"""Whole runs, timed side by side: plain decoding, the method, and the method while it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from specviz.drafters import DRAFTERS
from specviz.engine.clock import TimedDrafter, synchronize
from specviz.engine.graphs import decoded
from specviz.engine.run import stream
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import METHODS, Method
from specviz.model.pair import Pair
from specviz.trace import Trace
from specviz.trace.schema import Detail
from specviz.types import Times

PLAIN, BARE, LIGHT, FULL = "plain", "method", "light", "full"


@dataclass(frozen=True)
class CycleFacts:
    """What is kept of a cycle: text before it, tokens drafted, passes of the draft, seconds by stage."""

    prefix: int
    nodes: int
    calls: int
    times: Times


@dataclass(frozen=True)
class Played:
    """One run: new tokens, seconds for the prompt and for decoding; its cycles where it was not recorded, its record where it was."""

    tokens: list[int]
    prefill_s: float
    decode_s: float
    cycles: tuple[CycleFacts, ...] = ()
    trace: Trace | None = None


Round = dict[str, list[Played]]
"""One repeat: task -> a run for every prompt."""


def play(pair: Pair, method: Method, settings: RunSettings, prompt: list[int]) -> Played:
    """Decode and write nothing down but times."""
    session = Session(pair, prompt, settings)
    drafter = TimedDrafter(DRAFTERS[method.drafter](pair, session.settings.sampling), pair.target.device) if method.drafter else None
    cycles = []
    with pair.held():
        begin = perf_counter()
        session.prefill()
        if drafter:
            drafter.start(session)
        synchronize(pair.target.device)
        start = perf_counter()
        for step in decoded(pair, session, drafter, method):
            cycles.append(CycleFacts(step.prefix, len(step.tree), step.draft_calls, step.times))  # noqa: PERF401  a step holds whole laws
        end = perf_counter()
    return Played(session.tokens[session.prompt_length :], start - begin, end - start, tuple(cycles))


def record(pair: Pair, method: Method, settings: RunSettings, detail: Detail, prompt: list[int]) -> Played:
    """Decode and record; the record's making is in the time."""
    s = settings
    sampling = s.temperature, s.top_k, s.top_p, s.seed
    options = {"gamma": s.gamma, "stop": s.stop, "ignore_eos": s.ignore_eos, **s.asked.said()}
    running = stream(pair, prompt, method, s.max_new_tokens, *sampling, detail, **options)
    begin = perf_counter()
    for _ in running:
        pass
    trace = running.trace
    seconds = perf_counter() - begin
    return Played(trace.tokens, trace.header.prefill_s, seconds - trace.header.prefill_s, trace=trace)


Tell = Callable[[int, int], None]
"""Told before every run how many are done, and of how many."""


def interleave(pair: Pair, method: Method, settings: RunSettings, prompts: Sequence[list[int]], repeats: int, tell: Tell) -> Iterator[Round]:
    """Run every task on every prompt ``repeats`` times, changing task after every prompt, in an order that turns with the repeats; yield each one.

    The first prompt is run once by every task before anything counts. ``tell`` is called outside all that is timed.
    """
    tasks = {PLAIN: partial(play, pair, METHODS["autoregressive"], settings), BARE: partial(play, pair, method, settings)}
    tasks |= {LIGHT: partial(record, pair, method, settings, "light"), FULL: partial(record, pair, method, settings, "full")}
    for task in tasks.values():
        task(prompts[0])
    done_runs, all_runs = 0, repeats * len(prompts) * len(tasks)
    for number in range(repeats):
        names = [*tasks][number % len(tasks) :] + [*tasks][: number % len(tasks)]
        done: Round = {name: [] for name in tasks}
        for prompt in prompts:
            for name in names:
                tell(done_runs, all_runs)
                done[name].append(tasks[name](prompt))
                done_runs += 1
        yield done


@dataclass(frozen=True)
class Total:
    """All prompts of one task in one repeat; ``seconds`` by part of the cycle, as :data:`specviz.doctor.diagnosis.PARTS` has them."""

    tokens: int
    cycles: int
    prefill_s: float
    decode_s: float
    seconds: dict[str, float]

    @classmethod
    def of(cls, runs: Sequence[Played]) -> Total:
        """Add up runs."""
        cycles = [cycle.times for run in runs for cycle in run.cycles]
        decode_s = sum(run.decode_s for run in runs)
        seconds = {part: sum(getattr(times, part) for times in cycles) for part in ("draft", "build", "verify", "judge", "commit")}
        seconds["host"] = decode_s - sum(seconds.values())  # the loop itself, between two cycles as well
        return cls(sum(len(run.tokens) for run in runs), len(cycles), sum(run.prefill_s for run in runs), decode_s, seconds)

    @property
    def per_token(self) -> float:
        """Seconds of decoding a token."""
        return self.decode_s / self.tokens

    @property
    def per_token_of_call(self) -> float:
        """Seconds a token, the prompt's processing included."""
        return (self.decode_s + self.prefill_s) / self.tokens
