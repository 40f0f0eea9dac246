"""Each recorded run that is to show one thing shows it, at the place that is named."""

from __future__ import annotations

import pytest

from specviz.trace import load_trace, sample_names, store
from specviz.trace.moments import moments
from tools import moments as tool

LESSONS = {lesson.name: lesson for lesson in tool.LESSONS}


def test_every_lesson_has_its_run_in_the_order_in_which_they_teach():
    assert [each.run for each in moments()] == list(LESSONS)
    assert {name for each in moments() for name in (each.run, each.beside) if name} <= set(sample_names())


@pytest.mark.parametrize("name", LESSONS)
def test_the_thing_happens_at_the_place_that_is_named(name: str):
    moment = next(each for each in moments() if each.run == name)
    beside = load_trace(moment.beside) if moment.beside else None
    assert LESSONS[name].find(load_trace(name), beside) == (moment.cycle, moment.node)


@pytest.mark.parametrize("name", [name for name, lesson in LESSONS.items() if not lesson.twin])
def test_a_run_in_which_it_does_not_happen_is_not_taken(name: str):
    """Plain decoding drafts nothing: no lesson can be found in it."""
    assert LESSONS[name].find(load_trace("autoregressive"), None) is None


def test_a_run_beside_itself_shows_neither_another_answer_nor_a_loss():
    for name in ("a-lossy-rule", "speculation-loses"):
        run = load_trace(name)
        assert LESSONS[name].find(run, run) is None


def test_the_instructors_table_is_the_one_that_was_found():
    assert f"{tool.BEGIN}\n{tool.table(moments())}\n{tool.END}" in tool.GUIDE.read_text(encoding="utf-8")


def test_without_recorded_runs_there_is_no_moment(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SAMPLES", tmp_path)
    assert moments() == []
