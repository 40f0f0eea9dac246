"""Everything that reads a trace and draws, counts or writes something of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from specviz import figures
from specviz.cli.run import summary
from specviz.cli.trace import described
from specviz.figures.caches import cache_slots, is_chain
from specviz.figures.page import to_html
from specviz.trace import Trace, summarise
from specviz.trace.export import to_jsonl, to_parquet
from specviz.trace.perfetto import to_perfetto
from specviz.trace.replay import judge_by, text_of
from specviz.trace.replay_run import replay_run
from specviz.verifiers import VERIFIERS


def read_all(trace: Trace, folder: Path) -> None:
    """Read it in every way that takes no time; raises whatever one of them raises."""
    from ui import decisions, player, runs

    summary(summarise(trace))
    described(trace)
    repr(trace)
    figures.token_html(trace)
    text_of(trace, 0, 5)
    for cycle in range(len(trace)):
        for node in decisions.nodes(trace.cycle(cycle)):
            decisions.decision(trace, cycle, node)
        figures.text_around_html(trace, cycle=cycle)
    player.script(trace)
    runs.first_question(trace)
    for write, name in ((to_parquet, "a.parquet"), (to_jsonl, "a.jsonl"), (to_perfetto, "a.json")):
        write(trace, folder / name)
    trace.save(folder / "a.arrow")


def _distributions(trace: Trace, cycle: int) -> None:
    if trace.header.detail != "light":
        figures.distributions(trace, cycle=cycle, node=len(trace.cycle(cycle).nodes) - 1)


def _mask(trace: Trace, cycle: int) -> None:
    if trace.cycle(cycle).cache_target:  # 0 where none was told of
        figures.mask_and_cache(trace, cycle=cycle)


def _slots(trace: Trace, cycle: int) -> None:
    if is_chain(trace.cycle(cycle)):
        cache_slots(trace, cycle=cycle, stage="commit")


def _rates(trace: Trace, _: int) -> None:
    if any(cycle.nodes for cycle in trace):
        figures.acceptance_by_position(trace)


def _judged(trace: Trace, cycle: int) -> None:
    """By every rule that can judge it; one that cannot says so."""
    if trace.header.detail != "exact" or any(cycle.p_rows is None for cycle in trace):
        return
    for rule in VERIFIERS:
        try:
            judge_by(trace, cycle, rule)
        except ValueError as error:
            if not str(error).startswith("expected"):
                raise
    if trace.header.verifier in VERIFIERS:
        replay_run(trace)


PICTURES: tuple[Callable[[Trace, int], object], ...] = (
    lambda trace, cycle: figures.draft_tree(trace, cycle=cycle),
    _distributions,
    _mask,
    _slots,
    _rates,
    _judged,
    lambda trace, cycle: figures.token_strip(trace, cycle=cycle),
    lambda trace, _: figures.timeline(trace),
    lambda trace, _: to_html(trace),
)
"""What takes a while each: of a trace and one of its cycles."""
