"""The two labs without a browser."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from specviz.labs.bugs import BUGS
from specviz.labs.place import PRESETS, at_node, preset, write_law
from tests.app.test_pages import charts, html_of


def facts(app: AppTest) -> list[str]:
    return re.findall(r'class="sv-fact"><div class="v">(.*?)</div>', html_of(app))


def sent(app: AppTest) -> dict:
    """What the page tells the draggable bars."""
    return next(json.loads(element.proto.json) for element in app.get("bidi_component"))


@pytest.mark.parametrize("name", ["distribution", "losslessness"])
def test_a_lab_opens_with_pictures_and_badges(open_page, name):
    app = open_page(name)
    assert not app.exception
    assert len(charts(app)) >= 2
    assert "sv-badge" in html_of(app)
    assert any("Predict first" in text.value for text in app.markdown)


# ------------------------------------------------------------------------------------------------------------ distribution
@pytest.mark.parametrize("name", PRESETS)
def test_every_shape_can_be_linked_to(open_page, name):
    app = open_page("distribution", shape=name, tokens="5")
    assert not app.exception
    here = preset(name, 5)
    assert sent(app)["q"] == pytest.approx(here.q.tolist())
    assert facts(app)[:2] == [f"{here.alpha:.3f}", f"{here.distance:.3f}"]
    assert app.query_params["shape"] == name


def test_laws_in_the_address_are_shown(open_page):
    app = open_page("distribution", p="50-30-15-5", q="10-20-30-40", k="3", drawn="with", tq="2.0")
    assert not app.exception
    assert sent(app)["p"] == pytest.approx([0.5, 0.3, 0.15, 0.05])
    heated = [x**0.5 for x in (0.1, 0.2, 0.3, 0.4)]
    assert sent(app)["q"] == pytest.approx([x / sum(heated) for x in heated])
    assert app.slider("k").value == 3
    assert "with replacement" in json.dumps(charts(app))
    assert app.query_params["p"] == write_law(np.array([0.5, 0.3, 0.15, 0.05]))


@pytest.mark.parametrize(
    "query",
    [
        {"p": "<script>"},
        {"p": "1-2-3-4", "q": "1-2-3-4-5"},
        {"shape": "nonsense"},
        {"tokens": "99"},
        {"from": "chain.99.0"},
        {"from": "x"},
        {"from": "no-run.1.1"},
    ],
    ids=str,
)
def test_an_address_that_cannot_be_shown_says_so_and_shows_something(open_page, query):
    app = open_page("distribution", **query)
    assert not app.exception
    assert any("cannot be shown" in warning.value for warning in app.warning)
    assert len(charts(app)) >= 2


def test_a_recorded_nodes_laws_are_taken_with_their_alpha(open_page, trace):
    node = trace.cycle(3).nodes[1]
    app = open_page("distribution", **{"from": "chain.3.1"})
    assert not app.exception
    assert facts(app)[0] == f"{at_node(trace, 3, 1).alpha:.3f}"
    assert float(facts(app)[0]) == pytest.approx(node.alpha, abs=2e-3)
    app.number_input("from_cycle").set_value(4).run()
    app.selectbox("from_node").set_value(0).run()
    app.button("take_node").click().run()
    assert app.query_params["from"] == "chain.4.0"
    assert facts(app)[0] == f"{at_node(trace, 4, 0).alpha:.3f}"


def test_choosing_a_shape_or_a_size_changes_the_laws_and_the_address(open_page):
    app = open_page("distribution")
    app.slider("tokens_count").set_value(4).run()
    assert len(sent(app)["p"]) == 4
    assert app.query_params["tokens"] == "4"
    app.button_group("shape_name").set_value("uniform").run()
    assert sent(app)["q"] == pytest.approx([0.25] * 4)
    assert app.query_params["shape"] == "uniform"


def test_the_answer_can_be_hidden_until_a_guess_is_checked(open_page):
    app = open_page("distribution", shape="disagree", tokens="4", hide="true")
    assert charts(app) == []
    assert any("hidden until" in info.value for info in app.info)
    app.button_group("guess").set_value([0, 1]).run()
    app.button("check").click().run()
    assert any("Right" in success.value for success in app.success)
    assert len(charts(app)) >= 2


def test_a_wrong_guess_is_told_what_is_wrong(open_page):
    app = open_page("distribution", shape="disagree", tokens="4")
    app.button_group("guess").set_value([3]).run()
    app.button("check").click().run()
    said = app.warning[0].value
    assert "floor cannot" in said
    assert "mat can" in said


# ------------------------------------------------------------------------------------------------------------ losslessness
def test_without_a_bug_nothing_is_found(open_page):
    app = open_page("losslessness")
    assert "Nothing found" in app.success[0].value
    assert not app.error
    assert facts(app)[2] == "0"


@pytest.mark.parametrize("bug", BUGS)
def test_every_bug_can_be_planted_by_a_switch_and_is_found(open_page, bug):
    app = open_page("losslessness")
    app.button_group("bug").set_value(bug).run()
    assert not app.exception
    assert "The test fails" in app.error[0].value
    page = html_of(app)
    assert all(head in page for head in ("What the code did", "Why the law moves", "How people meet it"))
    assert 'rel="noreferrer"' in page
    assert app.query_params["bug"] == bug


def test_a_trial_can_be_linked_to(open_page):
    query = {"vocab": "3", "quality": "0.8", "heat": "0.5", "rule": "block", "gamma": "3", "length": "1", "runs": "5000", "seed": "7"}
    app = open_page("losslessness", **query)
    assert not app.exception
    assert app.selectbox("rule").value == "block"
    assert app.slider("gamma").value == 3
    assert "in 5" in json.dumps(charts(app), ensure_ascii=False)
    assert {word: app.query_params[word] for word in query} == query


def test_a_bug_without_its_place_says_what_it_takes(open_page):
    app = open_page("losslessness", bug="sibling")
    assert not app.exception
    assert "rule ‘recursive’" in app.info[0].value


def test_a_harmless_bug_is_said_to_be_harmless(open_page):
    app = open_page("losslessness", bug="temperature", rule="naive")
    assert any("does no harm" in info.value for info in app.info)


def test_a_wrong_decoder_that_passes_is_called_wrong_all_the_same(open_page):
    app = open_page("losslessness", bug="sibling", rule="recursive", k="2", quality="0.95", runs="1000")
    assert not app.error
    assert any("And yet this decoder is wrong" in caption.value for caption in app.caption)


@pytest.mark.parametrize("rule", ["typical", "k-seq", "greedy-multidraft", "traversal", "transport"])
def test_every_kind_of_rule_can_be_tried(open_page, rule):
    app = open_page("losslessness", rule=rule, k="2", runs="1000")
    assert not app.exception
    assert len(charts(app)) == 2
