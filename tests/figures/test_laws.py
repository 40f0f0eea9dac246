from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from specviz.figures import distributions
from specviz.trace import Trace
from tests.figures.make_trace import alone, chain, copied, drafted, law, light, make_trace, text_of, top, tree
from tests.figures.reading import heading


def named(figure: go.Figure, name: str) -> go.Bar:
    return next(line for line in figure.data if line.name and line.name.startswith(name))


def words_of(figure: go.Figure) -> str:
    notes = [note.text for note in figure.layout.annotations]
    return " ".join([figure.layout.title.text, *notes, *[t for line in figure.data for t in line.text or ()]])


def one(node: object, **recipe: object) -> Trace:
    return make_trace([replace(chain(0, 1), nodes=[node])], **recipe)


def test_bars_are_the_recorded_laws_and_their_minimum():
    trace = make_trace([chain(2, 4)])
    node, figure = trace.node(0, 1), distributions(trace, cycle=0, node=1, top=6)
    p = {e.token: e.prob for e in node.top_p}
    q = {e.token: e.prob for e in node.top_q}
    order = sorted(p.keys() | q.keys(), key=lambda t: (-max(p.get(t, 0), q.get(t, 0)), t))[:6]
    assert list(named(figure, "p,").x)[:6] == pytest.approx([p[t] for t in order])
    assert list(named(figure, "q,").x)[:6] == pytest.approx([q[t] for t in order])
    assert list(named(figure, "overlap").x)[:6] == pytest.approx([min(p[t], q[t]) for t in order])


def test_the_overlap_is_named_with_the_recorded_alpha():
    trace = make_trace([chain(2, 4)])
    assert f"α = {trace.node(0, 0).alpha:.3f}" in words_of(distributions(trace, cycle=0, node=0))
    assert "overlap not measured" in words_of(distributions(one(drafted(0, -1, 1, "rejected", alpha=math.nan)), cycle=0, node=0))


def test_the_drafted_token_is_shown_however_unlikely():
    node = drafted(0, -1, 1, "rejected", token=999, text="rare", p=2e-6, q=3e-6)
    figure = distributions(one(node), cycle=0, node=0, top=5)
    assert "▶ rare" in figure.layout.yaxis.ticktext
    assert "p = 2.0e-06" in named(figure, "p,").text
    assert len(figure.layout.yaxis.ticktext) == 6


def test_all_others_are_written_and_not_drawn():
    figure = distributions(make_trace([chain(2, 4)]), cycle=0, node=0, top=3)
    assert figure.layout.yaxis.ticktext[-1] == "all others"
    assert named(figure, "p,").x[-1] == 0
    assert named(figure, "p,").text[-1].startswith("p = 0.")


@pytest.mark.parametrize(("state", "u", "words"), [("accepted", 0.1, "was accepted"), ("rejected", 0.9, "was refused")])
def test_the_coin_stands_against_its_threshold(state: str, u: float, words: str):
    figure = distributions(one(drafted(0, -1, 1, state, threshold=0.4, u=u)), cycle=0, node=0)
    accept, refuse = named(figure, "coin accepted"), named(figure, "coin rejected")
    assert (accept.base[0], accept.x[0]) == (0, pytest.approx(0.4))
    assert (refuse.base[0], refuse.x[0]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert named(figure, "coin line").x[0] == u
    assert words in words_of(figure)


def test_a_certain_threshold_leaves_nothing_to_refuse():
    figure = distributions(one(drafted(0, -1, 1, "accepted", threshold=1.0)), cycle=0, node=0)
    assert not any(line.name == "coin rejected" for line in figure.data)


def test_a_token_the_target_never_says_is_refused_by_any_coin():
    figure = distributions(one(drafted(0, -1, 1, "rejected", p=0.0, threshold=0.0, u=0.0)), cycle=0, node=0)
    assert not any(line.name == "coin accepted" for line in figure.data)
    assert "u = 0.000 ≥ threshold 0.000" in words_of(figure)


@pytest.mark.parametrize("state", ["ignored", "pruned"])
def test_no_coin_is_drawn_where_none_was_looked_at(state: str):
    figure = distributions(one(drafted(0, -1, 1, state)), cycle=0, node=0)
    assert not any(line.name == "coin line" for line in figure.data)
    assert "no coin was looked at" in words_of(figure)


def test_a_greedy_run_says_what_its_laws_are():
    trace = make_trace([replace(chain(0, 1), nodes=[drafted(0, -1, 1, "rejected", threshold=0.0)])], temperature=0.0)
    figure = distributions(trace, cycle=0, node=0)
    assert "temperature 0" in words_of(figure)
    assert "shown at temperature 1" in words_of(figure).replace("<br>", " ") or "laws shown" in words_of(figure)
    assert not any(line.name == "coin line" for line in figure.data)


def test_a_copied_token_has_a_one_hot_draft_law():
    figure = distributions(make_trace([copied(1, 3)]), cycle=0, node=0)
    place = next(i for i, tick in enumerate(figure.layout.yaxis.ticktext) if tick.startswith("▶"))
    q = list(named(figure, "q,").x)
    assert q[place] == 1
    assert sum(q) == 1
    assert "copied or picked" in words_of(figure)


def test_the_residual_is_the_recorded_one():
    trace = make_trace([chain(1, 2)])
    left = {e.token: e.prob for e in trace.node(0, 1).top_residual}
    drawn = list(named(distributions(trace, cycle=0, node=1, top=24), "residual").x)
    assert sorted(v for v in drawn if v) == pytest.approx(sorted(left.values()))


def test_equal_laws_leave_nothing():
    p = top(law(4, size=8))
    node = drafted(0, -1, 1, "accepted", top_p=p, top_q=p, top_residual=(), alpha=1.0, token=p[0].token, p=p[0].prob, q=p[0].prob, threshold=1.0)
    assert "nothing is left" in words_of(distributions(one(node), cycle=0, node=0))


def test_a_later_sibling_says_which_p_its_coin_was_compared_with():
    plain = tree([3, 2])
    nodes = [replace(n, p=0.015625, q=0.25) if n.id == 1 else n for n in plain.nodes]
    text = words_of(distributions(make_trace([replace(plain, nodes=nodes)]), cycle=0, node=1))
    assert "Siblings were refused before it" in text.replace("<br>", " ")


@pytest.mark.parametrize("node", [0, -1])
def test_a_light_trace_has_no_laws_and_says_what_to_do(node: int):
    plain = chain(1, 2)
    trace = make_trace([replace(plain, nodes=[light(n) for n in plain.nodes])], detail="light")
    with pytest.raises(ValueError, match="detail='full'"):
        distributions(trace, cycle=0, node=node)


def test_the_last_tokens_law_is_drawn_even_when_nothing_was_drafted():
    trace = make_trace([alone()])
    figure = distributions(trace, cycle=0, node=-1, top=5)
    assert list(named(figure, "the law").x)[:5] == pytest.approx([e.prob for e in trace.cycle(0).last_top[:5]])


def test_a_whole_law_is_laid_end_to_end_under_the_last_coin():
    probs = law(5, size=9, sharp=1.0)
    u = float(np.cumsum(probs)[3] + 0.5 * probs[4])
    trace = make_trace([chain(0, 2, last_top=top(probs), last_token=4, last_u=u)])
    figure = distributions(trace, cycle=0, node=-1)
    part = named(figure, "coin corrected")
    assert part.base[0] <= u < part.base[0] + part.x[0]
    assert sum(line.x[0] for line in figure.data if line.name.startswith("coin ") and line.type == "bar") == pytest.approx(1, abs=1e-6)
    assert text_of(4) in part.hovertext[0]


def test_a_law_known_in_part_gets_no_ladder():
    flat = top(law(5, sharp=0.5))
    figure = distributions(make_trace([chain(0, 2, last_top=flat)]), cycle=0, node=-1)
    assert not any((line.name or "").startswith("coin") for line in figure.data)
    assert "only its likeliest" in heading(figure)


def test_a_logarithmic_axis_keeps_every_bar():
    figure = distributions(make_trace([chain(2, 4)]), cycle=0, node=0, log=True)
    assert figure.layout.xaxis.type == "log"


@pytest.mark.parametrize(("cycle", "node"), [(1, 0), (0, 4), (0, -2)])
def test_an_unknown_place_is_refused(cycle: int, node: int):
    with pytest.raises(IndexError):
        distributions(make_trace([chain(2, 4)]), cycle=cycle, node=node)
