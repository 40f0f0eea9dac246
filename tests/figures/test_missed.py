"""A run's missed acceptance: taken and missed add up to the bound, cycle by cycle."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from specviz.figures import missed_acceptance, theme
from specviz.trace.replay_run import replay_run
from tests.figures.make_trace import sample_chain
from tests.trace.replays import recorded

TRACE, _ = recorded("recursive", "pairs", "without_replacement", cycles=8, vocab=8)
REPLAY = replay_run(TRACE)


def bar(figure, name: str):
    return next(t for t in figure.data if t.name == name)


def test_taken_and_missed_add_up_to_the_bound_in_every_cycle():
    figure = missed_acceptance(TRACE, replay=REPLAY)
    taken, missed = bar(figure, "taken"), bar(figure, "missed: the bound allows it")
    assert list(taken.x) == list(range(8))
    assert list(taken.y) == pytest.approx([rate.value for rate in REPLAY.rules["recursive"].first])
    assert [a + b for a, b in zip(taken.y, missed.y, strict=True)] == pytest.approx(REPLAY.bounds)
    assert list(missed.y) == pytest.approx(REPLAY.missed("recursive"), abs=1e-12)
    assert list(missed.base) == list(taken.y)


def test_another_rule_may_be_asked_for_and_the_title_gives_its_mean():
    figure = missed_acceptance(TRACE, rule="naive", replay=REPLAY)
    assert list(bar(figure, "taken").y) == pytest.approx([rate.value for rate in REPLAY.rules["naive"].first])
    mean = REPLAY.rules["naive"].acceptance.value
    assert figure.layout.title.text.startswith(f"<b>naive: {mean:.1%} taken")
    assert f"{REPLAY.bound:.1%}" in figure.layout.title.text


def test_marks_say_what_really_happened():
    figure = missed_acceptance(TRACE, replay=REPLAY)
    accepted = [i for i in range(8) if TRACE.cycle(i).path]
    assert list(bar(figure, "really accepted").x) == accepted
    assert sorted([*accepted, *bar(figure, "really refused").x]) == list(range(8))


def test_the_means_of_all_rules_stand_beside_the_bound_best_first():
    figure = missed_acceptance(TRACE, replay=REPLAY)
    means = bar(figure, "means")
    assert list(means.x) == pytest.approx(sorted((REPLAY.rules[rule].acceptance.value for rule in ("recursive", "naive")), reverse=True))
    assert list(bar(figure, "the bound").x) == pytest.approx([REPLAY.bound] * 2)


def test_rates_that_were_drawn_show_their_interval():
    trace, _ = recorded("recursive", "ragged", "without_replacement", cycles=2, vocab=150)
    figure = missed_acceptance(trace, replay=replay_run(trace, ["recursive"]))
    assert max(bar(figure, "taken").error_y.array) > 0.0
    assert bar(missed_acceptance(TRACE, replay=REPLAY), "taken").error_y.array is None


def test_the_replay_is_made_when_none_is_given():
    chain, _ = recorded("rejection", "chain", cycles=2)
    assert "rejection: " in missed_acceptance(chain).layout.title.text
    assert len(theme.alt_text(missed_acceptance(chain))) > 60


def test_a_cycle_without_a_bound_is_left_out():
    found = replace(REPLAY, bounds=[math.nan, *REPLAY.bounds[1:]])
    assert list(bar(missed_acceptance(TRACE, replay=found), "taken").x) == list(range(1, 8))


def test_a_run_that_drafted_nothing_is_refused():
    trace, _ = recorded("rejection", "none", cycles=2)
    with pytest.raises(ValueError, match="expected a run that drafted tokens"):
        missed_acceptance(trace)


def test_a_rule_without_a_rate_says_so():
    with pytest.raises(ValueError, match=r"got 'greedy': it has no formula"):
        missed_acceptance(TRACE, rule="greedy", replay=REPLAY)
    with pytest.raises(ValueError, match=r"got 'rejection': expected a chain"):
        missed_acceptance(TRACE, rule="rejection", replay=REPLAY)
    with pytest.raises(ValueError, match="8 cycles, got one of 2"):
        missed_acceptance(TRACE, replay=replay_run(recorded("recursive", "pairs", cycles=2)[0]))
    with pytest.raises(ValueError, match="detail 'exact'"):
        missed_acceptance(sample_chain(2))


def test_the_mean_bound_is_the_mean_of_the_cycles():
    assert pytest.approx(float(np.mean(REPLAY.bounds))) == REPLAY.bound
