"""What holds for the exercises of every chapter."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from specviz import widgets

CHAPTERS = sorted(path.stem for path in widgets.tutorial_folder().glob("[0-9]*.md"))


@pytest.fixture(params=CHAPTERS)
def checks(request: pytest.FixtureRequest) -> ModuleType:
    return widgets.load_checks(request.param)


def test_every_stub_is_answered_kindly(checks):
    for exercise in checks.EXERCISES.values():
        reply = exercise.check(lambda *_: ...)
        assert not reply.is_attempted
        assert exercise.task in reply.message


def test_every_solution_passes_and_its_shown_source_is_code_that_passes(checks):
    for exercise in checks.EXERCISES.values():
        space = {"np": np}
        exec(exercise.solution().text, space)  # noqa: S102  what the learner would paste
        assert exercise.check(exercise.model)
        assert exercise.check(space[exercise.model.__name__])


def test_every_known_mistake_is_wrong_and_told_apart_from_the_others(checks):
    for exercise in checks.EXERCISES.values():
        for mistake in exercise.mistakes:
            assert exercise.check(mistake.function).message.endswith(mistake.why), mistake.name
