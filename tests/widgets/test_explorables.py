from __future__ import annotations

import itertools
from random import Random

import pytest

from specviz import widgets
from specviz.explorables import EXPLORABLES, Choice, Explorable, Slider, find_explorable
from specviz.figures import alt_text, theme
from specviz.theory.speedup import speedup

MANY = 450
"""An explorable with more settings than these is drawn at a sample of them."""

LABEL = 43
"""Characters that fit beside a slider in a notebook; what is longer ends in dots."""


def grid(explorable, count=3):
    """Every combination of a few values of every control, later controls after earlier ones."""
    settings = [{}]
    for name in explorable.controls:
        settings = [{**values, name: value} for values in settings for value in explorable.controls_at(values)[name].grid(count)]
    return settings


@pytest.mark.parametrize("name", EXPLORABLES)
def test_every_explorable_draws_everywhere_on_its_grid(name):
    explorable = find_explorable(name)
    settings = grid(explorable)
    assert len(settings) > 20
    if len(settings) > MANY:
        settings = Random(0).sample(settings, MANY // 4)
    for values in settings:
        figure = explorable.figure(values)
        assert figure.data or figure.layout.annotations
        assert alt_text(figure)


@pytest.mark.parametrize("name", EXPLORABLES)
def test_every_explorable_asks_a_question_and_labels_its_controls(name):
    explorable = EXPLORABLES[name]
    assert "?" in explorable.question
    assert all(control.label for control in explorable.controls.values())


@pytest.mark.parametrize("name", EXPLORABLES)
def test_labels_fit_the_place_a_notebook_has_for_them(name):
    assert {control.label for control in EXPLORABLES[name].controls.values() if len(control.label) > LABEL} == set()


def test_a_grid_reaches_both_ends_of_every_slider():
    assert Slider("x", 0, 10, 5).grid(3) == [0, 5, 10]
    assert Slider("x", 0.0, 1.0, 0.5, 0.25).grid(3) == [0.0, 0.5, 1.0]
    assert Slider("x", 2, 2, 2).grid(3) == [2]


@pytest.mark.parametrize(("given", "fitted"), [(-5, 0), (99, 10), (3.4, 3), (7, 7)])
def test_values_are_made_to_fit_their_slider(given, fitted):
    explorable = Explorable("t", "q?", lambda x: x, {"x": Slider("x", 0, 10, 5)})
    assert explorable.settle({"x": given}) == {"x": fitted}
    assert isinstance(explorable.settle({"x": given})["x"], int)


def test_bounds_may_follow_earlier_controls_and_cut_later_values():
    controls = {"n": Slider("n", 1, 9, 4), "i": Slider("i", 0, lambda values: values["n"] - 1, 0)}
    explorable = Explorable("t", "q?", lambda n, i: (n, i), controls)
    assert explorable.settle({"n": 3, "i": 8}) == {"n": 3, "i": 2}
    assert explorable.controls_at({"n": 3})["i"].high == 2


def test_a_menu_takes_only_its_options():
    explorable = Explorable("t", "q?", lambda x: x, {"x": Choice("x", ("a", "b"))})
    assert explorable.settle({}) == {"x": "a"}
    assert explorable.settle({"x": "b"}) == {"x": "b"}
    assert explorable.settle({"x": "c"}) == {"x": "a"}


def test_a_menu_may_follow_earlier_controls_and_drop_what_is_no_option_any_more():
    controls = {"n": Slider("n", 1, 3, 3), "letter": Choice("letter", lambda values: "abc"[: values["n"]])}
    explorable = Explorable("t", "q?", lambda n, letter: (n, letter), controls)
    assert explorable.settle({"n": 3, "letter": "c"}) == {"n": 3, "letter": "c"}
    assert explorable.settle({"n": 2, "letter": "c"}) == {"n": 2, "letter": "a"}
    assert explorable.controls_at({"n": 2})["letter"].options == ("a", "b")
    with pytest.raises(TypeError, match=r"ask at\(values\) first"):
        controls["letter"].grid()


def test_the_menu_of_rules_holds_those_that_can_judge_the_drafts():
    explorer = widgets.explore("coupling", rule="block")
    assert explorer.values["rule"] == "block"
    explorer.controls["k"].value = 2
    assert explorer.values["rule"] == explorer.controls["rule"].value == "recursive"
    assert not {"block", "rejection", "greedy-multidraft"} & set(explorer.controls["rule"].options)
    explorer.controls["drawn"].value = "all but the last picked"
    assert {"greedy-multidraft", "typical, lossy"} <= set(explorer.controls["rule"].options)
    assert "k-seq" not in explorer.controls["rule"].options
    explorer.controls["rule"].value = "typical, lossy"
    assert "lossy" in explorer.pane.plot.layout.title.text
    assert explorer.errors.outputs == ()


def test_an_empty_menu_says_what_to_do():
    with pytest.raises(LookupError, match="give it by name instead"):
        Explorable("t", "q?", lambda x: x, {"x": Choice("x", list)}).settle()


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="speedup"):
        find_explorable("nonsense")
    with pytest.raises(TypeError, match="alpha, gamma, c, slope"):
        EXPLORABLES["speedup"].figure({"beta": 1})


def test_a_slider_whose_bounds_depend_on_others_asks_for_them():
    with pytest.raises(TypeError, match=r"ask at\(values\) first"):
        Slider("i", 0, lambda values: values["n"], 0).fit(3)


@pytest.mark.parametrize(("alpha", "gamma", "c", "slope"), list(itertools.product([0.0, 0.6, 1.0], [0, 4, 24], [0.0, 0.3], [0.0, 0.1])))
def test_the_chosen_point_of_the_speedup_is_the_theorys_number(alpha, gamma, c, slope):
    figure = EXPLORABLES["speedup"].figure({"alpha": alpha, "gamma": gamma, "c": c, "slope": slope})
    [point] = [trace for trace in figure.data if trace.name == "chosen"]
    assert point.x[0] == gamma
    assert point.y[0] == pytest.approx(float(speedup(alpha, gamma, c, 1 + slope * gamma)))
    assert f"{point.y[0]:.2f} times" in alt_text(figure)


def chosen(explorer):
    [point] = [trace for trace in explorer.pane.plot.data if trace.name == "chosen"]
    return point.x[0], point.y[0]


def test_moving_a_slider_moves_the_picture_in_the_same_widget():
    explorer = widgets.explore("speedup", alpha=0.5, gamma=3, c=0.1)
    plot, before = explorer.pane.plot, chosen(explorer)
    explorer.controls["gamma"].value = 8
    assert chosen(explorer)[0] == 8
    explorer.controls["c"].value = 0.5
    assert explorer.pane.plot is plot
    assert chosen(explorer) == (8, pytest.approx(float(speedup(0.5, 8, 0.5))))
    assert chosen(explorer) != before
    assert explorer.values == {"alpha": 0.5, "gamma": 8, "c": 0.5, "slope": 0.0}


def test_setting_values_from_code_moves_the_sliders():
    explorer = widgets.explore("speedup")
    explorer.values = {**explorer.values, "alpha": 0.9}
    assert explorer.controls["alpha"].value == pytest.approx(0.9)
    assert explorer.errors.outputs == ()


def test_a_run_at_hand_takes_the_place_of_its_menu_and_sets_the_bounds(trace):
    explorer = widgets.explore("recorded-run", trace=trace, cycle=1, node=5)
    assert "trace" not in explorer.controls
    assert (explorer.controls["cycle"].max, explorer.controls["node"].max) == (4, 9)
    explorer.controls["cycle"].value = 2
    assert (explorer.controls["node"].max, explorer.values["node"]) == (-1, -1)
    explorer.controls["view"].value = "laws"
    assert "law" in explorer.pane.description.value
    assert explorer.errors.outputs == ()


def test_an_error_while_drawing_is_shown_below_the_picture():
    def draw(x):
        if x > 1:
            raise RuntimeError("too large for me")
        return theme.card("t", "s", height=50, alt="a picture")

    explorer = widgets.explore(Explorable("t", "q?", draw, {"x": Slider("x", 0, 3, 0)}))
    explorer.controls["x"].value = 2
    assert "too large for me" in explorer.errors.outputs[0]["text"]
    explorer.controls["x"].value = 1
    assert explorer.errors.outputs == ()


def test_both_caches_are_shown_before_a_run_is_chosen():
    explorable = find_explorable("caches")
    figure = explorable.figure(explorable.settle({}))
    assert "draft's cache" in figure.layout.yaxis.ticktext
