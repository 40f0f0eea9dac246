"""The live run on the real engine, without a browser."""

from __future__ import annotations

import contextlib
import threading

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException

TOKENS = 12


@pytest.fixture(scope="module")
def pair():
    import torch

    from specviz import load_pair

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a dozen tokens of a small model; more threads only wait for each other on a busy machine
    yield load_pair("tiny", dtype="float32")
    torch.set_num_threads(threads)


def a_wish(**changes):
    from ui.live import Wish

    settings = {"prompt": "def add(a, b):\n", "method": "chain", "gamma": 3, "max_new_tokens": TOKENS, "temperature": 0.0}
    settings |= {"top_k": None, "top_p": None, "seed": 0, "with_plain": True, "dtype": "float32"}
    return Wish(**(settings | changes))


def nothing(*_: object) -> None:
    """Draws nothing."""


def test_generate_runs_both_lanes_and_shows_what_they_measured(open_page):
    app = open_page("live")
    app.number_input("max_new_tokens").set_value(TOKENS)
    app.text_area("prompt").set_value("def add(a, b):\n").run()
    app.button("generate").click().run()
    assert not app.exception
    assert not app.error
    run = app.session_state["live"]
    assert len(run.trace.tokens) <= TOKENS
    assert run.plain.header.method == "autoregressive"
    shown = "".join(element.proto.body for element in app.get("html"))
    assert f"{run.trace.text.split()[0]}" in shown
    assert "speed-up" in shown
    assert len(app.get("plotly_chart")) == 1
    assert app.button("stop").disabled
    assert not app.button("generate").disabled


def test_a_setting_changed_in_the_same_breath_as_generate_counts(open_page):
    """Typing and pressing the button at once reaches the server as one rerun."""
    app = open_page("live")
    app.checkbox("with_plain").uncheck()
    app.number_input("max_new_tokens").set_value(3)
    app.text_area("prompt").set_value("class Stack:\n")
    app.button("generate").click().run()
    run = app.session_state["live"]
    assert run.trace.header.prompt == "class Stack:\n"
    assert len(run.trace.tokens) <= 3


def test_a_live_run_can_be_opened_in_the_explorer(open_page):
    app = open_page("live")
    app.number_input("max_new_tokens").set_value(TOKENS)
    app.checkbox("with_plain").uncheck().run()
    app.button("generate").click().run()
    name = app.session_state["live"].name
    app.button("explore").click().run()
    assert not app.exception
    assert app.selectbox("run").value == name


def test_at_temperature_0_in_float32_both_lanes_write_the_same(pair):
    from ui.live import LiveRun, execute, sameness

    run = LiveRun()
    execute(run, a_wish(), pair, nothing, nothing, nothing)
    is_same, words = sameness(run)
    assert is_same is (run.trace.tokens == run.plain.tokens)
    assert "same, token for token" in words


def test_texts_that_differ_are_said_to_differ_and_where(pair):
    from ui.live import LiveRun, execute, sameness

    run, other = LiveRun(), LiveRun()
    for each, prompt in ((run, "def add(a, b):\n"), (other, "class Stack:\n")):
        execute(each, a_wish(prompt=prompt), pair, nothing, nothing, nothing)
    run.plain = other.plain
    first = next(i for i, (a, b) in enumerate(zip(run.trace.tokens, other.plain.tokens, strict=False)) if a != b)
    is_same, words = sameness(run)
    assert is_same is False
    assert f"from token {first} on" in words


def test_a_prompt_that_does_not_fit_is_answered_with_what_to_do(open_page):
    app = open_page("live")
    app.text_area("prompt").set_value("x = 1\n" * 1300).run()
    app.button("generate").click().run()
    assert not app.exception
    assert "expected a prompt of fewer than" in app.error[0].value
    assert "shorten it" in app.error[0].value


def test_models_that_are_not_there_are_answered_with_what_to_do(open_page, monkeypatch):
    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    app = open_page("live")
    app.text_input("own_target").set_value("/no/such/folder").run()
    app.button("generate").click().run()
    assert not app.exception
    assert "got 'folder', which is neither" in app.error[0].value
    assert "/no/such" not in app.error[0].value
    assert not app.button("generate").disabled


def test_models_of_ones_own_bring_their_own_menus(open_page, monkeypatch):
    """What is said of the shipped pair is not said of them, and methods are those that they can run."""
    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    app = open_page("live")
    assert "shipped models know" in app.text_area("prompt").help
    assert app.selectbox("draft").options
    assert app.selectbox("method").value == "chain"
    app.text_input("own_target").set_value("some/target").run()
    assert not app.exception
    assert not app.text_area("prompt").help
    assert not app.get("button_group")
    assert "draft" not in {box.key for box in app.selectbox}
    assert (app.selectbox("method").value, app.selectbox("method").options) == ("prompt-lookup", ["autoregressive", "prompt-lookup", "auto"])
    app.text_input("own_draft").set_value("some/draft").run()
    assert app.selectbox("method").value == "chain"
    app.text_input("own_target").set_value("").run()
    assert "shipped models know" in app.text_area("prompt").help


def test_a_target_alone_runs(open_page, monkeypatch, tmp_path):
    from tests.helpers import random_model, save

    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    app = open_page("live")
    app.text_input("own_target").set_value(str(save(random_model(), tmp_path))).run()
    app.number_input("max_new_tokens").set_value(6)
    app.text_area("prompt").set_value("ab ab ab").run()
    app.button("generate").click().run()
    assert not app.exception
    assert not app.error
    assert app.session_state["live"].trace.header.method == "prompt-lookup"


def test_a_method_that_ones_own_models_cannot_run_is_refused_before_they_are_loaded(monkeypatch):
    from ui import models

    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    with pytest.raises(ValueError, match=r"expected a draft model for the method 'sequoia', got a target alone; .*field “Draft”.*prompt-lookup"):
        models.check_method("sequoia", "/a/secret/folder", "")
    models.check_method("sequoia", "", "")
    models.check_method("auto", "some/target", "")


@pytest.mark.parametrize("lane", ["trace", "plain"])
def test_stop_closes_the_generator_frees_the_lock_and_keeps_what_was_decoded(pair, lane, monkeypatch):
    """Streamlit ends a script by raising in the next call that draws, which is what this drawing does."""
    from ui import live, models

    monkeypatch.setattr(live, "DRAW_EVERY_S", 0.0)
    drawn = []

    def stop_soon(_html: str, progress: live.Progress) -> None:
        drawn.append(progress.passes)
        assert pair.lock.locked()
        if len(drawn) == 2:
            raise StopException

    run = live.LiveRun(is_wanted=True)
    with pytest.raises(StopException):
        live.execute(run, a_wish(max_new_tokens=40), pair, *((stop_soon, nothing) if lane == "trace" else (nothing, stop_soon)), nothing)
    assert not pair.lock.locked()
    assert not models.turns().locked()
    assert not run.busy.locked()
    assert run.was_stopped
    assert len(getattr(run, lane)) == 2
    assert not run.is_wanted  # the next rerun does not begin it again
    again = live.LiveRun()
    live.execute(again, a_wish(), pair, nothing, nothing, nothing)
    assert len(again.trace.tokens) == len(again.plain.tokens)


def test_stop_while_waiting_for_another_run_gives_up_the_place(pair):
    from ui import live, models

    def stop(text: str) -> None:
        assert "Waiting" in text
        raise StopException

    run = live.LiveRun()
    with models.turn(lambda: None), pytest.raises(StopException):
        live.execute(run, a_wish(), pair, nothing, nothing, stop)
    assert run.trace is None
    assert not run.busy.locked()
    assert not models.turns().locked()


def test_the_page_after_a_stop_waits_for_what_the_stopped_script_keeps(pair, monkeypatch):
    """Streamlit starts the next script before the old one has reached the drawing where it ends."""
    from ui import live

    monkeypatch.setattr(live, "DRAW_EVERY_S", 0.0)
    run, is_drawing, may_end = live.LiveRun(), threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        is_drawing.set()
        may_end.wait(20)
        raise StopException

    def old_script() -> None:
        with contextlib.suppress(StopException):
            live.execute(run, a_wish(), pair, stop, nothing, nothing)

    old = threading.Thread(target=old_script)
    old.start()
    assert is_drawing.wait(60)
    threading.Timer(0.2, may_end.set).start()
    run.settle()
    assert run.trace is not None
    assert len(run.trace) == 1
    old.join(20)


def test_drawing_happens_at_most_ten_times_a_second(pair):
    from ui import live

    drawn = []
    run = live.LiveRun()
    live.execute(run, a_wish(with_plain=False, max_new_tokens=40), pair, lambda *_: drawn.append(1), nothing, nothing)
    seconds = sum(cycle.total_ms for cycle in run.trace) / 1e3
    # the last drawing is always made; recording and preparing the text take time beside the cycles
    assert len(drawn) <= 3 + 3 * seconds / live.DRAW_EVERY_S
