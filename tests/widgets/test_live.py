from __future__ import annotations

import pytest

import specviz as sv
from specviz import widgets


@pytest.fixture(scope="module")
def pair():
    return sv.load_pair("tiny", device="cpu")


@pytest.fixture
def box(pair):
    live = widgets.live(pair, "def add(")
    live.length.value = 12
    return live


def test_a_run_from_the_box_is_the_run_the_engine_makes(box, pair):
    box.gamma.value = 2
    box.button.click()
    assert box.errors.outputs == ()
    assert box.trace.tokens == sv.generate(pair, "def add(", max_new_tokens=12, gamma=2).tokens
    assert box.trace.header.settings["gamma"] == 2
    assert box.button.disabled is False


def test_a_second_run_goes_into_the_same_player(box):
    box.button.click()
    [player] = box.below.children
    box.method.value, box.temperature.value = "autoregressive", 1.0
    box.button.click()
    assert box.below.children == (player,)
    assert player.trace is box.trace
    assert player.trace.header.method == "autoregressive"


def test_a_run_that_cannot_be_made_says_why_and_leaves_the_button_usable(box):
    box.prompt.value = "x " * 5000
    box.button.click()
    assert "expected a prompt of fewer than" in box.errors.outputs[0]["text"]
    assert box.button.disabled is False
    box.prompt.value = "x ="
    box.button.click()
    assert box.errors.outputs == ()
