from __future__ import annotations

import re
from dataclasses import replace

import pytest

from specviz.widgets.inspector import verdict_html, verdict_text
from tests.figures.make_trace import alone, chain, copied, drafted, make_trace, tree


def text(trace, cycle, node):
    return re.sub(r"<[^>]+>", " ", verdict_html(trace, cycle=cycle, node=node))


def test_a_refusal_names_the_coin_the_threshold_and_what_follows(trace):
    node = trace.node(0, 2)
    said = text(trace, 0, 2)
    assert "refused" in said
    assert f"{node.u:.3f}" in said
    assert f"{node.threshold:.3f}" in said
    assert "what the draft left of p" in said


def test_a_draft_the_target_likes_better_cannot_be_refused_and_the_words_say_so(trace):
    node = next(n for n in trace.cycle(0).nodes if n.state == "accepted" and n.p >= n.q)
    assert "no coin can refuse it" in text(trace, 0, node.id)


def test_a_refused_sibling_hands_over_to_the_next_one(trace):
    assert trace.node(1, 0).state == "rejected"
    assert "The next draft for this place" in text(trace, 1, 0)


@pytest.mark.parametrize(
    ("cycle", "node", "words"),
    [
        (0, 3, "never examined: it continues"),
        (3, 0, "copied or picked"),
        (0, -1, "from the residual"),
        (4, -1, "one more comes free"),
        (2, -1, "Nothing was drafted"),
    ],
)
def test_every_state_has_its_own_words(trace, cycle, node, words):
    assert words in text(trace, cycle, node)


def test_a_pruned_draft_and_an_unexamined_sibling_are_told_apart():
    run = make_trace([tree([2, 2], levels=1, pruned=1)])
    pruned = next(n.id for n in run.cycle(0).nodes if n.state == "pruned")
    assert "the target never saw it" in text(run, 0, pruned)
    after = make_trace([replace(chain(1, 1), nodes=[drafted(0, -1, 1, "accepted"), drafted(1, -1, 1, "ignored")])])
    assert "a sibling was accepted first" in text(after, 0, 1)


def test_a_greedy_run_speaks_of_likeliest_tokens_and_never_of_coins():
    run = make_trace([chain(1, 3), alone(1)], temperature=0.0)
    assert "This one is." in text(run, 0, 0)
    assert "the target's choice here is" in text(run, 0, 1)
    assert "coin" not in text(run, 0, 1)
    assert "likeliest token" in text(run, 0, -1)


def test_a_rule_that_does_not_go_by_p_over_q_is_not_explained_by_p_over_q():
    node = drafted(0, -1, 1, "accepted", threshold=0.123456, u=0.01)
    run = make_trace([replace(chain(1, 1), nodes=[node])])
    assert "This rule keeps it with probability 0.123" in text(run, 0, 0)


def test_what_was_cut_at_the_end_of_the_text_is_said_to_be_cut():
    whole = chain(3, 3)
    run = make_trace([replace(whole, committed=[whole.nodes[0].token])])
    assert "ignored" in text(run, 0, 2)
    assert "the text had ended before it" in text(run, 0, 2)
    assert "the text had ended before it" not in text(run, 0, 0)
    assert "It was not kept" in text(run, 0, -1)


def test_no_token_can_write_html(trace):
    hostile = make_trace([copied(2, 4), chain(1, 2, seed=3)])
    nodes = [(c.cycle, n.id) for c in [*trace, *hostile] for n in c.nodes if "<" in n.text]
    assert nodes, "the made-up run must hold hostile tokens"
    for run in (trace, hostile):
        for cycle in run:
            for node in [*range(len(cycle.nodes)), -1]:
                tags = set(re.findall(r"</?([a-z]+)", verdict_html(run, cycle=cycle.cycle, node=node)))
                assert tags <= {"div", "b", "code", "p", "table", "tr", "th", "td"}


def test_menu_entries_carry_glyph_token_and_state(trace):
    assert verdict_text(trace, cycle=0, node=2).startswith("✕ draft 3")
    assert verdict_text(trace, cycle=0, node=-1).endswith("corrected")
