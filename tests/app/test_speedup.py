"""The Speed-up lab without a browser: the letters, the line and the doctor."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException

from specviz.theory.roofline import MACHINES, SHAPES
from specviz.theory.serving import Serving, served_speedup
from tests.app.test_pages import charts, html_of
from tests.figures import make_diagnosis as made


@pytest.fixture
def doctor(monkeypatch):
    """A doctor who finds what was made by hand, and keeps what was asked of him."""

    def visit(found=None, error=None):
        from ui import examining

        asked_of = []

        def execute(asked, wish, draw):
            asked_of.append(wish)
            asked.begin()
            draw("Timing 7 prompts: run 3 of 84 …")
            if error:
                raise error
            asked.end(found or made.diagnosis())

        monkeypatch.setattr(examining, "execute", execute)
        return asked_of

    return visit


def titles(app) -> list[str]:
    return [spec["layout"]["title"]["text"] for spec in charts(app)]


# ------------------------------------------------------------------------------------------------------------ the letters
def test_the_lab_opens_with_its_pictures_and_the_measured_points_on_the_surface(open_page):
    app = open_page("speedup")
    assert not app.exception
    assert len(charts(app)) == 2
    assert sum("Try this" in text.value for text in app.markdown) == 2
    points = next(line for line in charts(app)[0]["data"] if line["name"] == "measured runs")
    assert len(points["text"]) == 2  # the two chains; the plain run is what they are measured against
    assert "badge-measured" in json.dumps(charts(app)[0])


@pytest.mark.parametrize(
    ("show", "title"),
    [("length", "best draft length"), ("tokens", "tokens per cycle"), ("verify", "in a batch of"), ("roofline", "At best")],
)
def test_every_picture_can_be_linked_to(open_page, show, title):
    app = open_page("speedup", show=show)
    assert not app.exception
    assert title in titles(app)[0]
    assert app.query_params["show"] == show


def test_letters_in_the_address_are_set_and_stay_when_the_picture_changes(open_page):
    app = open_page("speedup", alpha="0.4", gamma="7", c="0.3")
    assert (app.slider("alpha").value, app.slider("gamma").value, app.slider("c").value) == (0.4, 7, 0.3)
    assert "c = 0.3" in titles(app)[0]
    app.button_group("show").set_value("tokens").run()
    assert app.slider("alpha").value == 0.4
    assert "0.40" in titles(app)[0]
    app.slider("alpha").set_value(0.6).run()
    assert app.query_params["alpha"] == "0.6"
    app.button_group("show").set_value("surface").run()
    assert (app.slider("alpha").value, app.slider("c").value) == (0.6, 0.3)


def test_an_address_that_is_nonsense_is_ignored(open_page):
    app = open_page("speedup", show="<b>", alpha="many", gamma="999", machine="abacus", at_batch="-5")
    assert not app.exception
    assert (app.slider("alpha").value, app.slider("gamma").value, app.slider("at_batch").value) == (0.7, 16, 1)


def test_a_measured_run_brings_the_map_to_its_costs(open_page, trace):
    from specviz.figures import measured_costs
    from specviz.trace import load_trace, store

    costs = measured_costs(trace, load_trace(store.SAMPLES / "autoregressive.arrow"))
    app = open_page("speedup")
    labels = [button.label for button in app.button if button.key.startswith("take_")]
    app.button(f"take_{labels.index('Costs of ‘chain’')}").click().run()
    assert app.slider("alpha").value == pytest.approx(costs.alpha, abs=0.026)
    assert app.slider("c").value == pytest.approx(min(costs.c, 1.0), abs=0.011)


# ------------------------------------------------------------------------------------------------------- where it loses
def test_every_situation_lies_on_the_side_it_is_called_after(open_page):
    from views.speedup import SITUATIONS

    app = open_page("speedup")
    for name, letters in SITUATIONS.items():
        app.button_group("situation").set_value(name).run()
        assert not app.exception
        fits = {"thousands": 1, **letters}
        at = Serving(**{key: value for key, value in fits.items() if key != "thousands"}, context=1024 * fits["thousands"])
        worth = served_speedup(at, SHAPES["8 B weights, 16 bits"], MACHINES["H100 SXM"])
        assert f"{worth:.2f}×" in titles(app)[1]
        assert (worth > 1.0) is (name in {"it pays", "a full batch of long texts"})


def test_the_line_is_crossed_by_one_slider_and_linked_to(open_page):
    app = open_page("speedup", at_thousands="0")
    assert "pays here" in titles(app)[1]
    app.slider("at_batch").set_value(400).run()
    assert "loses here" in titles(app)[1]
    assert app.query_params["at_batch"] == "400"
    assert "at_alpha" not in app.query_params


def test_the_map_of_batch_and_text_is_the_other_view(open_page):
    app = open_page("speedup", at_view="batch and text")
    assert "Batch and length of text" in titles(app)[1]


# ------------------------------------------------------------------------------------------------------------ the doctor
def test_a_diagnosis_is_shown_with_its_advice_its_pictures_and_its_point(open_page, doctor):
    wishes = doctor()
    app = open_page("speedup", new="32", repeats="2", heat="0.5")
    before = len(charts(app))
    app.button("examine").click().run()
    assert not app.exception
    page = html_of(app)
    assert "1.33x (1.28 to 1.37) plain decoding" in page
    assert "Your draft takes 43 % of the cycle." in page
    assert "Take a smaller draft." in page
    assert "rounding explains" in page
    assert "The machine is busy" in page
    assert "<script>" not in page
    assert "target tiny with <b>draft</b>" not in page
    assert len(charts(app)) == before + 6
    assert "the pair examined" in json.dumps(charts(app)[0])
    [wish] = wishes
    assert (wish.prompts, wish.max_new_tokens, wish.repeats, wish.temperature) == ((), 32, 2, 0.5)
    assert app.button("stop").disabled
    assert not app.button("examine").disabled


def test_two_models_that_are_no_pair_are_shown_without_pictures(open_page, doctor):
    doctor(made.apart())
    app = open_page("speedup")
    before = len(charts(app))
    app.button("examine").click().run()
    assert not app.exception
    assert "nothing was timed" in html_of(app)
    assert "They disagree." in html_of(app)
    assert len(charts(app)) == before


@pytest.mark.parametrize("error", [FileNotFoundError("no folder /x"), ValueError("expected prompts"), RuntimeError("out of memory")], ids=repr)
def test_what_goes_wrong_is_said_and_the_page_lives_on(open_page, doctor, error):
    doctor(error=error)
    app = open_page("speedup")
    app.button("examine").click().run()
    assert not app.exception
    assert str(error) in app.error[0].value
    assert not app.button("examine").disabled


def test_an_empty_prompt_cannot_be_examined(open_page, doctor):
    wishes = doctor()
    app = open_page("speedup", prompts="own")
    assert app.text_area("patient").value.startswith("def quicksort")
    app.text_area("patient").set_value("  \n ").run()
    assert "no prompt yet" in app.warning[0].value
    assert app.button("examine").disabled
    app.text_area("patient").set_value("import os\n").run()
    app.button("examine").click().run()
    assert wishes[0].prompts == ("import os\n",)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "empty file"), (b"\xff\xfe\x00", "UTF-8"), (b"x\n" * 200_000, "at most 200 kB")], ids=["empty", "binary", "long"]
)
def test_a_file_that_holds_no_prompts_is_refused_kindly(open_page, doctor, content, says):
    doctor()
    app = open_page("speedup", prompts="file")
    assert app.button("examine").disabled
    app.file_uploader("prompt_file").upload("prompts.txt", content, "text/plain").run()
    assert not app.exception
    assert says in app.warning[0].value
    assert app.button("examine").disabled


def test_a_file_of_prompts_is_examined(open_page, doctor):
    wishes = doctor()
    app = open_page("speedup", prompts="file")
    app.file_uploader("prompt_file").upload("prompts.txt", b"one\n  two\nthree\n", "text/plain").run()
    app.button("examine").click().run()
    assert wishes[0].prompts == ("one", "  two", "three")


def test_models_that_are_not_there_are_answered_with_what_to_do(open_page, monkeypatch):
    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    app = open_page("speedup", prompts="own")
    app.text_input("patient_target").set_value("/no/such/folder").run()
    app.button("examine").click().run()
    assert not app.exception
    assert "got 'folder', which is neither" in app.error[0].value


def test_models_of_ones_own_are_not_asked_what_the_shipped_pair_knows(open_page, monkeypatch):
    """Its test texts and its drafts are its own; a target alone is examined with what needs no draft."""
    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    app = open_page("speedup")
    assert app.selectbox("doctor_draft").options
    assert app.selectbox("method").value == "chain"
    app.text_input("patient_target").set_value("some/target").run()
    assert not app.exception
    assert "doctor_draft" not in {box.key for box in app.selectbox}
    assert app.selectbox("method").value == "prompt-lookup"
    assert set(app.selectbox("method").options) == {"prompt-lookup", "auto"}
    assert app.session_state["prompts"] == "own"
    app.text_input("patient_draft").set_value("some/draft").run()
    assert app.selectbox("method").value == "chain"
    assert "sequoia" in app.selectbox("method").options


def test_an_examination_of_ones_own_models_asks_for_prompts_and_for_a_draft_before_it_loads_them(monkeypatch):
    from ui import examining, models

    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    monkeypatch.setattr(models, "load", lambda *_: pytest.fail("something was loaded"))
    asked, wish = examining.Examination(), examining.Wish(("a text",), "chain", None, 8, 0.0, 1, target="some/target")
    with pytest.raises(ValueError, match=r"a draft model for the method 'chain'.*field “Draft”.*prompt-lookup"):
        examining.execute(asked, wish, lambda _: None)
    with pytest.raises(ValueError, match="expected prompts for your own models, got none"):
        examining.execute(asked, replace(wish, prompts=()), lambda _: None)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small pair on disk, and passes over few tokens: a whole examination in seconds."""
    from specviz.doctor import passes
    from tests.helpers import Bench

    monkeypatch.setenv("SPECVIZ_ALLOW_PATHS", "1")
    monkeypatch.setattr(passes, "MOST", 6)
    monkeypatch.setattr(passes, "FEW_COUNTS", (1, 2))
    return Bench(tmp_path / "models").pair("close")


def a_wish(pair, **changes):
    from ui.examining import Wish

    settings = {"prompts": ("The cat sat on the mat.",), "method": "chain", "gamma": 3, "max_new_tokens": 8, "temperature": 0.0, "repeats": 1}
    return Wish(**(settings | {"dtype": "float32", "target": str(pair.target_path), "draft": str(pair.draft_path)} | changes))


def test_a_real_examination_says_where_it_is_and_leaves_a_report_that_can_be_drawn(small):
    from ui import diagnosed, examining, models

    said: list[str] = []
    asked = examining.Examination(is_wanted=True)
    examining.execute(asked, a_wish(small), said.append)
    assert not asked.is_wanted
    assert asked.found is not None
    assert asked.report == json.loads(json.dumps(asked.report))
    assert diagnosed.head(asked.found)
    assert said
    assert not models.turns().locked()


def test_stop_ends_an_examination_at_the_next_word_and_gives_the_turn_back(small, monkeypatch):
    from ui import examining, models

    monkeypatch.setattr(examining, "DRAW_EVERY_S", 0.0)
    asked = examining.Examination(is_wanted=True)

    def stop(text: str) -> None:
        if "run 2 of 4" in text:
            raise StopException

    with pytest.raises(StopException):
        examining.execute(asked, a_wish(small), stop)
    assert asked.found is None
    assert asked.was_stopped
    assert not asked.is_wanted  # the next rerun does not begin it again
    assert not models.turns().locked()
