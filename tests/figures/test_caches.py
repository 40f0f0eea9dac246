from __future__ import annotations

from itertools import pairwise

import pytest

from specviz.explorables import EXPLORABLES
from specviz.figures import alt_text, cache_slots
from specviz.figures.caches import STAGES, slots
from specviz.trace import load_trace
from tests.figures.make_trace import make_trace, tree

RUN = load_trace("chain")


def cycle_with(test):
    return next(cycle for cycle in RUN if cycle.nodes and test(cycle))


def test_the_stages_follow_each_other_and_end_at_what_was_recorded():
    for cycle in RUN:
        by_stage = {stage: slots(RUN, cycle=cycle.cycle, stage=stage) for stage in STAGES}
        target, draft = by_stage["commit"]
        assert (target.length, draft.length) == (cycle.cache_target, cycle.cache_draft)
        if cycle.nodes:
            assert by_stage["verify"][0].length == cycle.prefix + len(cycle.nodes)
            assert by_stage["draft"][1].length - by_stage["before"][1].length == cycle.draft_calls + (by_stage["before"][1].length < cycle.prefix - 1)


def test_a_cycle_begins_with_what_the_one_before_it_left():
    for cycle, following in pairwise(RUN):
        left, found = slots(RUN, cycle=cycle.cycle, stage="commit"), slots(RUN, cycle=following.cycle, stage="before")
        assert [slot.length for slot in left] == [slot.length for slot in found]


def test_after_a_whole_acceptance_the_draft_lacks_two_tokens_and_after_a_refusal_one():
    for kind, missing in (("bonus", 2), ("corrected", 1)):
        cycle = cycle_with(lambda c, kind=kind: c.last_kind == kind)
        figure = cache_slots(RUN, cycle=cycle.cycle)
        lacking = {drawn.name: len(drawn.x) for drawn in figure.data if (drawn.name or "").endswith(": missing")}
        assert lacking == {"target: missing": 1, "draft: missing": missing}


def test_what_was_refused_is_shown_as_forgotten():
    cycle = cycle_with(lambda c: c.last_kind == "corrected" and len(c.path) < len(c.nodes) - 1)
    figure = cache_slots(RUN, cycle=cycle.cycle)
    [gone] = [drawn for drawn in figure.data if drawn.name == "target: forgotten"]
    assert list(gone.x) == list(range(cycle.cache_target, cycle.prefix + len(cycle.nodes)))
    assert "Forgotten" in alt_text(figure)


def test_the_text_shows_what_is_known_at_each_stage():
    cycle = cycle_with(lambda c: c.last_kind == "corrected" and c.path)

    def shown(stage):
        text = next(drawn for drawn in cache_slots(RUN, cycle=cycle.cycle, stage=stage).data if drawn.name == "text")
        return max(text.x) + 1

    assert shown("before") == cycle.prefix
    assert shown("verify") == cycle.prefix + len(cycle.nodes)
    assert shown("commit") == cycle.prefix + len(cycle.committed)


@pytest.mark.parametrize("name", ["prompt-lookup", "autoregressive"])
def test_without_a_draft_model_there_is_one_cache(name):
    run = load_trace(name)
    figure = cache_slots(run, cycle=1, stage="verify")
    assert not any((drawn.name or "").startswith("draft:") for drawn in figure.data)
    assert slots(run, cycle=1, stage="commit")[0].length == run.cycle(1).cache_target
    assert "no draft model" in figure.layout.yaxis.ticktext


def test_what_is_no_chain_is_refused():
    with pytest.raises(ValueError, match="to draft a chain, got another tree"):
        cache_slots(make_trace([tree([2, 2])]), cycle=0)
    with pytest.raises(ValueError, match="a stage among before, draft"):
        cache_slots(RUN, cycle=0, stage="later")


def test_the_menu_offers_only_runs_that_can_be_drawn():
    names = EXPLORABLES["caches"].controls_at({})["trace"].grid()
    assert {"chain", "prompt-lookup", "autoregressive"} <= set(names)
    assert all(cache_slots(load_trace(name), cycle=0).data for name in names)
