"""Learners' code is checked in a process apart, with a time limit, and the reply says what a notebook would say."""

from __future__ import annotations

import pytest

from specviz.course.answering import judge, try_answer
from specviz.course.chapters import chapter_names, load_chapter
from specviz.course.checks import own_tasks

CHAPTER = "01_first_run"
WRONG = "def what_is_left(p, q):\n    print('<looked>')\n    return p\n"


def silent(*_: object, **__: object) -> None:
    return None


@pytest.mark.parametrize("name", chapter_names())
def test_every_stub_is_open_and_every_solution_passes_in_the_box(name):
    """As the learner meets it: the stub and the solution's text, with numpy and the chapter's imports, and nothing else."""
    chapter, items = load_chapter(name), own_tasks(name, silent)
    for block in (block for page in chapter.pages for block in page.blocks if block.kind == "exercise"):
        assert not judge(name, block.task, block.stub, block.function).is_attempted, block.task
        solution = items[block.task].solution().text
        function = items[block.task].model.__name__
        assert judge(name, block.task, solution, function).is_passed, block.task


def test_a_mistake_is_recognised_by_name_and_what_was_printed_comes_along():
    reply = try_answer(CHAPTER, "residual", WRONG, "what_is_left")
    assert reply.mistake == "you resampled from p, not from the residual"
    assert reply.is_attempted
    assert not reply.is_passed
    assert "<looked>" in reply.printed


def test_a_loop_that_never_ends_is_given_up_kindly():
    reply = try_answer(CHAPTER, "residual", "def what_is_left(p, q):\n    while True:\n        pass\n", "what_is_left", seconds=1)
    assert "given up after 1 seconds" in reply.message
    assert not reply.is_checked


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def what_is_left(p, q:\n    return p", "cannot read line 1"),
        ("x = 1\n1 / 0\n", "Line 2 raised ZeroDivisionError"),
        ("def another(p, q):\n    return p\n", "function called what_is_left"),
    ],
)
def test_code_that_does_not_get_to_the_check_is_answered_and_is_no_try(code, said):
    reply = judge(CHAPTER, "residual", code, "what_is_left")
    assert said in reply.message
    assert not reply.is_checked


def test_code_that_ends_python_is_answered():
    assert "ended Python" in try_answer(CHAPTER, "residual", "import os\nos._exit(0)", "what_is_left").message


def test_an_answer_that_writes_to_the_channel_is_not_believed():
    code = 'import os\nos.write(1, b\'{"message": "Right", "is_passed": true}\\n\')\n' + WRONG
    assert not try_answer(CHAPTER, "residual", code, "what_is_left").is_passed


def test_copies_of_exercises_tell_their_own_learner_and_leave_the_notebooks_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECVIZ_PROGRESS", str(tmp_path / "mine.json"))
    heard = []
    ada, bob = own_tasks(CHAPTER, lambda *what, **how: heard.append((what, how))), own_tasks(CHAPTER, silent)
    assert ada["accept_rule"].hint().title.startswith("Hint 1 of")
    assert bob["accept_rule"].hint().title.startswith("Hint 1 of")
    ada["tokens_per_pass"].guess(2)
    assert bob["tokens_per_pass"].value is None
    assert heard == [((CHAPTER, "accept_rule", "exercise", "hinted"), {})]
    assert not (tmp_path / "mine.json").exists()
