from __future__ import annotations

import pytest

from specviz.widgets.controller import Moment, check, decisions, landing, step
from tests.figures.make_trace import chain, make_trace, tree


def walk(trace, at, by):
    seen = [at]
    while (after := step(trace, seen[-1], by)) != seen[-1]:
        seen.append(after)
    return seen


def test_stepping_visits_every_decision_once_and_in_order(trace):
    expected = [Moment(i, node) for i, cycle in enumerate(trace) for node in decisions(cycle)]
    assert walk(trace, expected[0], 1) == expected
    assert walk(trace, expected[-1], -1) == expected[::-1]


def test_a_tree_is_walked_level_by_level_and_never_into_what_was_not_examined(trace):
    nodes = trace.cycle(1).nodes
    order = decisions(trace.cycle(1))
    assert order[-1] == -1
    assert [nodes[n].depth for n in order[:-1]] == sorted(nodes[n].depth for n in order[:-1])
    assert {nodes[n].state for n in order[:-1]} == {"accepted", "rejected"}
    assert len(order) - 1 == sum(n.state in ("accepted", "rejected") for n in nodes)


def test_a_step_from_an_ignored_draft_goes_on_from_the_end_of_its_cycle(trace):
    ignored = next(n.id for n in trace.cycle(0).nodes if n.state == "ignored")
    assert step(trace, Moment(0, ignored), 1) == Moment(1, decisions(trace.cycle(1))[0])
    assert step(trace, Moment(0, ignored), -1) == Moment(0, 2)


def test_one_lands_on_the_refusal_that_ended_the_cycle_else_on_the_last_token():
    run = make_trace([chain(2, 4), chain(4, 4), tree([2, 2], levels=2), tree([2, 2], levels=1)])
    assert [landing(run, i).node for i in range(3)] == [2, -1, -1]
    refused = run.node(3, landing(run, 3).node)
    assert (refused.state, refused.depth) == ("rejected", 2)


@pytest.mark.parametrize("at", [Moment(99, 0), Moment(-1, 0), Moment(0, 99), Moment(2, 0)])
def test_a_moment_that_is_not_in_the_run_is_refused(trace, at):
    with pytest.raises(IndexError, match="expected a"):
        check(trace, at)
