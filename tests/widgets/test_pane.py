from __future__ import annotations

import comm
import plotly.graph_objects as go
import pytest

from specviz.figures import alt_text, distributions, draft_tree, speedup_curve
from specviz.widgets.pane import Pane
from tests.widgets.helpers import click, plain, shown


def drawn(figure):
    return {(trace.type, trace.name): plain(trace) for trace in figure.data if trace.visible is not False}


def without_empty_parts(value):
    if not isinstance(value, dict):
        return value
    parts = {name: without_empty_parts(part) for name, part in value.items()}
    return {name: part for name, part in parts.items() if part not in ([], {})}


def pictures(trace):
    trees = [draft_tree(trace, cycle=i, node=-1) for i in range(len(trace))]
    laws = [distributions(trace, cycle=i, node=node) for i in range(len(trace)) for node in (-1, 0) if node < len(trace.cycle(i).nodes)]
    return [*trees, *laws, speedup_curve(), trees[1], draft_tree(trace, cycle=1), trees[0]]


def test_a_pane_shows_exactly_the_figure_it_was_given_whatever_it_showed_before(trace):
    todo = pictures(trace)
    pane = Pane(todo[0])
    plot = pane.plot
    for figure in todo:
        pane.show(figure)
        assert pane.plot is plot
        assert shown(pane) == drawn(figure)
        assert list(shown(pane)) == list(drawn(figure)), "what lies over what must follow the picture"
        layouts = [without_empty_parts(f.layout.to_plotly_json()) for f in (plot, figure)]
        layouts[0].pop("autosize")
        assert layouts[0] == layouts[1]


def test_a_view_made_later_starts_from_what_is_shown_now(trace):
    pane = Pane(draft_tree(trace, cycle=0))
    pane.show(draft_tree(trace, cycle=1, node=2))
    kept = go.Figure(data=pane.plot._widget_data, layout=pane.plot._widget_layout)
    assert drawn(kept) == shown(pane)
    assert kept.layout.title == pane.plot.layout.title


def test_the_widget_reaches_the_page_with_its_picture_not_before(trace, monkeypatch):
    opened = []
    real = comm.create_comm

    def create_comm(**arguments):
        opened.append(arguments["data"]["state"])
        return real(**arguments)

    monkeypatch.setattr(comm, "create_comm", create_comm)
    figure = draft_tree(trace, cycle=0)
    Pane(figure)
    [state] = [state for state in opened if "_widget_data" in state]
    assert len(state["_widget_data"]) == len(figure.data)
    assert state["_widget_layout"]["title"]["text"] == figure.layout.title.text
    assert state["_config"]["showSendToCloud"] is False


def test_a_new_view_is_told_to_take_the_width_there_is(trace):
    pane = Pane(draft_tree(trace, cycle=0))
    sent = []
    pane.plot.observe(lambda change: sent.append(change["new"]), "_py2js_relayout")
    pane.plot._view_count = 1
    assert [message["relayout_data"] for message in sent if message][-1] == {"autosize": True}
    assert pane.plot.layout.autosize is True


def test_the_words_for_screen_readers_follow_the_picture_and_are_escaped(trace):
    figure = draft_tree(trace, cycle=1)
    pane = Pane(figure)
    assert alt_text(figure).split(":")[0] in pane.description.value
    figure.layout.meta = {"alt": "a <script>alert(1)</script> & more"}
    pane.show(figure)
    assert "<script>" not in pane.description.value
    assert "&lt;script&gt;" in pane.description.value


def test_a_click_gives_the_customdata_of_the_point_and_clicks_elsewhere_give_nothing(trace):
    clicked = []
    pane = Pane(draft_tree(trace, cycle=0), on_click=clicked.append)
    click(pane, "nodes", 2)
    assert clicked == [[0, 2]]
    click(pane, "root", 0)
    assert clicked == [[0, 2]]


def test_clicks_still_arrive_on_a_trace_that_came_with_a_later_picture(trace):
    clicked = []
    pane = Pane(speedup_curve(), on_click=clicked.append)
    pane.show(draft_tree(trace, cycle=3))
    click(pane, "nodes", 1)
    assert clicked == [[3, 1]]


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="alt text"):
        Pane(go.Figure(go.Scatter(y=[1, 2])))
