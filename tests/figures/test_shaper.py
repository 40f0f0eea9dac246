from __future__ import annotations

import numpy as np
import pytest

from specviz.figures import alt_text
from specviz.figures.shaper import WAYS, chain_weights, rule_at_place
from specviz.theory.acceptance import alpha
from specviz.theory.one_draft import REPLACEMENTS
from tests.figures.make_trace import chain, make_trace, sample_plain, tree

P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])


def bars(figure, axis):
    return [np.array(trace.x) for trace in figure.data if trace.type == "bar" and (trace.xaxis or "x") == axis]


def test_left_adds_up_to_q_and_right_to_p():
    figure = rule_at_place(P, Q)
    np.testing.assert_allclose(sum(bars(figure, "x")), Q)
    np.testing.assert_allclose(sum(bars(figure, "x2")), P)
    assert "p comes out exactly" in figure.layout.title.text
    assert f"{float(alpha(P, Q)):.1%}" in figure.layout.title.text


def test_a_broken_rule_says_how_far_it_is_off_and_which_tokens_are_wrong():
    assert set(WAYS) == set(REPLACEMENTS)
    figure = rule_at_place(P, Q, replace_from="p", names=["x", "<b>", "\n"])
    assert "off by 0.150" in figure.layout.title.text
    [totals] = [trace for trace in figure.data if trace.name == "totals 2"]
    assert [", not " in text for text in totals.text] == [True, True, True]
    assert "<b>" not in figure.layout.yaxis.ticktext[1]
    assert "another law" in rule_at_place(P, Q, believed=P).layout.title.text


def test_names_must_fit():
    with pytest.raises(ValueError, match="one name"):
        rule_at_place(P, Q, names=["a"])


def test_weights_of_a_chain_are_those_of_the_two_rules():
    trace = make_trace([chain(2, 4)])
    nodes = trace.cycle(0).nodes
    ratios = np.array([node.p / node.q for node in nodes])
    figure = chain_weights(trace, cycle=0)
    single, whole = (np.array(trace.y) for trace in figure.data)
    np.testing.assert_allclose(single, np.cumprod(np.minimum(1, ratios)))
    assert whole[0] == pytest.approx(min(1, ratios[0]))
    assert (whole >= single - 1e-12).all()
    assert "p/q" in alt_text(figure)


def test_what_is_no_chain_is_refused():
    with pytest.raises(ValueError, match="another cycle"):
        chain_weights(make_trace([tree([3, 2, 2])], method="tree"), cycle=0)
    with pytest.raises(ValueError, match="0 nodes"):
        chain_weights(sample_plain(3), cycle=0)
