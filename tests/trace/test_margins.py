from __future__ import annotations

import math

import pytest

from specviz.trace import Entry
from specviz.trace.margins import margins, noise, parting
from tests.figures.make_trace import Plain, alone, drafted, make_trace, text_of


def entries(**probs: float) -> tuple[Entry, ...]:
    """A law over the tokens a, b, c …, likeliest first."""
    found = [(ord(name) - ord("a"), prob) for name, prob in probs.items()]
    return tuple(Entry(token, text_of(token), prob) for token, prob in sorted(found, key=lambda pair: -pair[1]))


def written(token: int, law: tuple[Entry, ...]) -> Plain:
    return Plain(last_token=token, last_top=law)


CALM = entries(a=0.7, b=0.2, c=0.1)
CLOSE, TURNED = entries(a=0.41, b=0.40, c=0.19), entries(a=0.40, b=0.41, c=0.19)


def run(*places: tuple[int, tuple[Entry, ...]], **recipe):
    return make_trace([written(token, law) for token, law in places], temperature=0.0, **recipe)


def test_a_margin_is_the_lead_of_the_best_token_in_logits():
    assert margins(run((0, CALM), (0, CLOSE))) == pytest.approx([math.log(3.5), math.log(0.41 / 0.40)])


def test_a_place_with_one_recorded_token_has_an_infinite_margin():
    assert margins(run((0, entries(a=1.0)))) == [math.inf]


def test_margins_follow_the_accepted_path_of_a_drafting_run():
    node = drafted(0, -1, 1, "accepted", token=0, top_p=CALM)
    refused = drafted(1, 0, 2, "rejected", token=2, top_p=CLOSE)
    trace = make_trace([Plain(nodes=[node, refused], last_token=0, last_kind="corrected", last_top=CLOSE)], temperature=0.0)
    assert margins(trace) == pytest.approx([math.log(3.5), math.log(0.41 / 0.40)])


def test_a_text_that_was_cut_has_as_many_margins_as_tokens():
    node = drafted(0, -1, 1, "accepted", token=0, top_p=CALM)
    trace = make_trace([Plain(nodes=[node], last_token=1, last_top=CALM, committed=[0])], temperature=0.0)
    assert len(margins(trace)) == len(trace.tokens) == 1


def test_equal_texts_never_part_and_equal_laws_have_no_noise():
    one, two = run((0, CALM), (0, CLOSE)), run((0, CALM), (0, CLOSE))
    assert parting(one, two) is None
    assert noise(one, two) == [0.0, 0.0]


def test_a_text_that_ends_earlier_is_no_parting():
    assert parting(run((0, CALM)), run((0, CALM), (0, CALM))) is None


def test_two_runs_part_where_a_token_first_differs():
    found = parting(run((0, CALM), (0, CLOSE), (0, CALM)), run((0, CALM), (1, TURNED), (0, CALM)))
    assert found is not None
    assert (found.place, found.token, found.other) == (1, 0, 1)
    assert found.gap == pytest.approx(math.log(0.41 / 0.40))
    assert found.other_gap == pytest.approx(math.log(0.41 / 0.40))


def test_noise_is_taken_up_to_the_place_where_they_part():
    changes = noise(run((0, CALM), (0, CLOSE), (0, CALM)), run((0, CALM), (1, TURNED), (0, CLOSE)))
    assert changes == pytest.approx([0.0, math.log(0.41 / 0.40)])


def test_rounding_explains_gaps_up_to_twice_the_noise_and_no_more():
    found = parting(run((0, CLOSE)), run((1, TURNED)))
    both = found.gap + found.other_gap
    assert found.is_rounding(both / 2 + 1e-12)
    assert not found.is_rounding(both / 2 - 1e-9)


def test_a_token_that_the_other_law_does_not_hold_is_no_rounding():
    found = parting(run((0, CALM)), run((7, entries(h=1.0))))
    assert found.gap == math.inf
    assert not found.is_rounding(100.0)


def test_runs_that_cannot_be_compared_are_refused():
    greedy = run((0, CALM))
    with pytest.raises(ValueError, match="greedy"):
        parting(greedy, make_trace([alone()], temperature=1.0))
    with pytest.raises(ValueError, match="one prompt"):
        parting(greedy, run((0, CALM), prompt=("x",)))
    with pytest.raises(ValueError, match="detail"):
        margins(make_trace([alone()], temperature=0.0, detail="light"))
