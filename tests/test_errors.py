"""An error says what was expected, what came and what to do, whatever came, and survives being sent elsewhere."""

from __future__ import annotations

import ast
import json
import pickle
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import numpy as np
import pytest
import torch

import specviz
from specviz import arguments, errors
from specviz.errors import SpecvizError, UnexpectedTypeError, UnexpectedValueError

ROOT = Path(__file__).resolve().parent.parent
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SpecvizError)]


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_keeps_its_words_and_its_kind_when_it_is_pickled(kind):
    error = pickle.loads(pickle.dumps(kind("a file", "none", "make one")))  # noqa: S301  of our own making
    assert type(error) is kind
    assert str(error) == "expected a file, got none; make one"


def test_every_kind_but_the_base_is_one_of_pythons_own_too():
    assert all(len(kind.__mro__) > len(SpecvizError.__mro__) + 1 for kind in KINDS if kind is not SpecvizError)


@pytest.mark.parametrize("value", ["x" * 10_000, Unprintable(), "\ud800", "a\nb", {"k": "\x00"}])
def test_any_value_can_be_shown_on_one_short_line(value):
    text = errors.shown(value)
    text.encode()
    assert len(text) <= 80
    assert "\n" not in text


def test_what_a_library_raises_becomes_one_error_of_ours_with_its_words():
    wanted = r"expected JSON in the file, got JSONDecodeError: Expecting.*; repair it"
    with pytest.raises(UnexpectedValueError, match=wanted) as caught, errors.foreign("JSON in the file", "repair it"):
        json.loads("{")
    assert isinstance(caught.value.__cause__, ValueError)


def test_errors_of_ours_and_interrupts_pass_through():
    for error in (UnexpectedTypeError("a", "b"), KeyboardInterrupt(), MemoryError()):
        with pytest.raises(type(error)) as caught, errors.foreign("x"):
            raise error
        assert caught.value is error


@pytest.mark.parametrize("value", [3, np.int64(3), torch.tensor(3), np.uint8(3)])
def test_whole_numbers_of_any_library_are_taken(value):
    assert arguments.whole_number("n", value) == 3


@pytest.mark.parametrize("value", [2.5, "3", None, True, [3], float("nan"), object()])
def test_what_is_no_whole_number_is_refused_by_name(value):
    with pytest.raises(UnexpectedTypeError, match="expected n as a whole number >= 0, got "):
        arguments.whole_number("n", value)


@pytest.mark.parametrize(("value", "range_"), [(-1, (0, None)), (9, (0, 8))])
def test_a_whole_number_out_of_its_range_is_refused(value, range_):
    with pytest.raises(UnexpectedValueError, match="expected n as a whole number"):
        arguments.whole_number("n", value, *range_)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), torch.tensor(0.5)])
def test_numbers_of_any_library_are_taken(value):
    assert arguments.number("x", value, 0, 1) == 0.5


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, -(10**400), -0.1, 1.1, 0.0])
def test_a_number_out_of_its_range_is_refused(value):
    with pytest.raises(UnexpectedValueError, match=r"expected x as a number in \(0, 1\], got"):
        arguments.number("x", value, 0, 1, above=True)


@pytest.mark.parametrize("value", ["0.5", None, True, torch.ones(2), [0.5], 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(UnexpectedTypeError, match="expected x as a number"):
        arguments.number("x", value, 0, 1)


def test_half_a_surrogate_pair_is_no_text():
    with pytest.raises(UnexpectedValueError, match="whole characters"):
        arguments.text("the prompt", "a\ud800")


OWN_WORDS = {"AttributeError", "AssertionError", "NotImplementedError", "StopIteration", "KeyboardInterrupt", "GreenletExit"}
"""What Python's own protocols ask for."""
CHOSEN = {"kind", "into", "not_finite", "_unknown"}
"""What holds or makes one of ours."""
SHELL = {"Exit", "BadParameter"}
"""Typer's way to end."""


def raised() -> list[tuple[str, str]]:
    """Every class that specviz raises by name, and where."""
    found = []
    for path in sorted((ROOT / "specviz").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = ast.unparse(node.exc.func).rpartition(".")[2]
                found.append((name, f"{path.relative_to(ROOT)}:{node.lineno}"))
    return found


def kinds_of_ours() -> set[str]:
    """Names of all error classes of the package, wherever they stand."""
    for module in walk_packages(specviz.__path__, "specviz."):
        if not module.name.startswith("specviz.kernels.") and not module.name.endswith("__main__"):  # device code loads with Triton alone
            import_module(module.name)
    found, fresh = set(), [SpecvizError]
    while fresh:
        found.update(fresh)
        fresh = [sub for kind in fresh for sub in kind.__subclasses__()]
    return {kind.__name__ for kind in found}


def test_whatever_specviz_raises_has_the_form():
    known = kinds_of_ours() | OWN_WORDS | CHOSEN | SHELL
    assert [entry for entry in raised() if entry[0] not in known] == []
