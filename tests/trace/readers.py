"""Everything that reads a trace and draws, counts or writes something of it."""

from __future__ import annotations

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
    """Read it in every way there is; raises whatever one of them raises."""
    from ui import decisions, player, runs

    summary(summarise(trace))
    described(trace)
    read_trace_whole(trace)
    for cycle in range(len(trace)):
        record = trace.cycle(cycle)
        for node in decisions.nodes(record):
            decisions.decision(trace, cycle, node)
        figures.draft_tree(trace, cycle=cycle)
        if trace.header.detail != "light":
            figures.distributions(trace, cycle=cycle, node=len(record.nodes) - 1)
        if record.cache_target:  # 0 where none was told of
            figures.mask_and_cache(trace, cycle=cycle)
        if is_chain(record):
            cache_slots(trace, cycle=cycle, stage="commit")
        figures.text_around_html(trace, cycle=cycle)
    figures.token_strip(trace, cycle=0)
    player.script(trace)
    runs.first_question(trace)
    for write, name in ((to_parquet, "a.parquet"), (to_jsonl, "a.jsonl"), (to_perfetto, "a.json")):
        write(trace, folder / name)
    to_html(trace, folder / "a.html")
    trace.save(folder / "a.arrow")
    judge(trace)


def read_trace_whole(trace: Trace) -> None:
    """The pictures and words of a whole run."""
    repr(trace)
    figures.timeline(trace)
    if len(trace) and any(cycle.nodes for cycle in trace):
        figures.acceptance_by_position(trace)
    figures.token_html(trace)
    text_of(trace, 0, 5)


def judge(trace: Trace) -> None:
    """Every cycle by every rule that can judge it."""
    if trace.header.detail != "exact" or any(cycle.p_rows is None for cycle in trace):
        return
    for cycle in range(len(trace)):
        for rule in VERIFIERS:
            try:
                judge_by(trace, cycle, rule)
            except ValueError as error:
                assert "expected" in str(error), error
    if trace.header.verifier in VERIFIERS:
        replay_run(trace)
