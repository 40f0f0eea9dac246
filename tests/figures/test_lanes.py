from __future__ import annotations

import plotly.graph_objects as go
import pytest

from specviz.figures import theme, timeline
from tests.figures.make_trace import chain, make_trace, sample_chain, sample_plain
from tests.figures.reading import heading


def named(figure: go.Figure, name: str) -> go.Bar:
    return next(line for line in figure.data if line.name == name)


def bars(figure: go.Figure) -> list[go.Bar]:
    return [line for line in figure.data if line.type == "bar"]


def test_the_bars_are_the_measured_milliseconds():
    trace = sample_chain(5)
    figure = timeline(trace)
    assert sum(sum(bar.x) for bar in bars(figure)) == pytest.approx(sum(c.total_ms for c in trace))
    assert list(named(figure, "draft").x) == pytest.approx([c.times_ms["draft"] for c in trace])
    assert list(named(figure, "draft").base)[1] == pytest.approx(trace.cycle(0).total_ms)


def test_without_a_second_run_no_lane_is_invented():
    figure = timeline(sample_chain(5))
    assert {y for bar in bars(figure) for y in bar.y} == {0}
    assert list(figure.layout.yaxis2.ticktext) == ["chain"]


def test_the_race_is_over_the_tokens_both_runs_have():
    trace, plain = sample_chain(5), sample_plain(10)
    figure = timeline(trace, compare=plain)
    counts = [len(c.committed) for c in trace]
    tenth = next(i for i in range(5) if sum(counts[: i + 1]) >= 10)
    first = sum(c.total_ms for c in trace.cycles[: tenth + 1])
    second = sum(c.total_ms for c in plain)
    assert figure.layout.title.text.startswith(f"<b>10 tokens: chain {first:.0f} ms, autoregressive {second:.0f} ms</b>")
    assert {y for bar in bars(figure) for y in bar.y} == {0, 1}


def test_a_window_starts_at_zero_and_cuts_the_other_run_to_the_same_tokens():
    trace, plain = sample_chain(6), sample_plain(40)
    figure = timeline(trace, compare=plain, cycles=(2, 4))
    window = sum(len(trace.cycle(i).committed) for i in (2, 3))
    verify = named(figure, "verify (target's pass)")
    assert sum(y == 1 for y in verify.y) == window
    assert min(b for bar in bars(figure) for b in bar.base) == 0


def test_a_click_says_the_cycle():
    data = named(timeline(sample_chain(3)), "verify (target's pass)").customdata
    assert [list(d) for d in data] == [[0, -1], [1, -1], [2, -1]]


def test_time_in_the_target_and_in_the_draft_have_the_colours_of_p_and_q():
    figure = timeline(sample_chain(3))
    assert named(figure, "verify (target's pass)").marker.color == theme.TARGET
    assert named(figure, "draft").marker.color == theme.DRAFT


def test_a_run_on_another_prompt_is_no_race():
    with pytest.raises(ValueError, match="same prompt"):
        timeline(sample_chain(3), compare=sample_plain(10, prompt=("other", " prompt")))


def test_a_run_on_another_machine_is_flagged():
    assert "Not the same machine" in heading(timeline(sample_chain(3), compare=sample_plain(20, device="cuda")))


@pytest.mark.parametrize("cycles", [(5, 5), (7, 9), (3, 1)])
def test_an_empty_window_is_refused(cycles: tuple[int, int]):
    with pytest.raises(ValueError, match="at least one"):
        timeline(sample_chain(5), cycles=cycles)


def test_a_run_that_is_too_short_to_compare_is_refused():
    with pytest.raises(ValueError, match="record a longer one"):
        timeline(sample_chain(20), compare=sample_plain(3), cycles=(15, 18))


def test_a_block_cut_at_the_end_counts_what_was_kept():
    plain = chain(3, 4)
    trace = make_trace([chain(3, 4, committed=[plain.nodes[0].token], stop="end")])
    assert timeline(trace).layout.title.text.startswith("<b>1 token: chain")
