"""Chapters 2 and 3 as notebooks, run from a clean kernel; what their texts say of a run is what the run shows."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient

from specviz import widgets


def run(root, name):
    """The notebook as it ships, with a solved copy behind every open exercise."""
    notebook = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    for key, exercise in widgets.load_checks(name).EXERCISES.items():
        [place] = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and f"checks.{key}.check(" in cell.source]
        source = f"{exercise.solution().text}\nchecks.EXERCISES['{key}'].check({exercise.model.__name__})"
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONPATH", str(root))
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(root / "notebooks")}}).execute()
    return notebook


def output(notebook, text):
    [cell] = [cell for cell in notebook.cells if cell.cell_type == "code" and text in cell.source]
    return "\n".join(out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in cell.outputs)


def assert_exercises_ship_open_and_solved_pass(notebook, name):
    checks = widgets.load_checks(name)
    for key, exercise in checks.EXERCISES.items():
        assert f"○ Not written yet. {exercise.task}" in output(notebook, f"checks.{key}.check(")
        assert f"✓ {exercise.praise}" in output(notebook, f"checks.EXERCISES['{key}'].check(")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_second_chapter_runs_and_its_cache_is_the_formulas(root):
    notebook = run(root, "02_why_decoding_is_slow")
    by_formula, in_engine = re.findall(r": +(\d+) bytes a position", output(notebook, "per_position ="))
    assert by_formula == in_engine
    assert "Explorer" in output(notebook, 'widgets.explore("roofline", m=5, batch=64)')
    assert "Explorer" in output(notebook, "machine=machine, model=model, m=5")
    assert re.search(r"Measured: [\d.]+ times as long", output(notebook, "checks.crowd.reveal("))
    assert_exercises_ship_open_and_solved_pass(notebook, "02_why_decoding_is_slow")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_third_chapter_runs_and_shows_what_its_text_says(root):
    notebook = run(root, "03_draft_verify_correct")
    assert "Measured: 2 tokens" in output(notebook, "checks.not_read.reveal(")
    compared = output(notebook, "def read_afresh(")
    assert float(re.search(r"fresh reading: (\S+)", compared)[1]) < 1e-3
    assert "target: [1]" in compared
    assert re.search(r"draft: \[1(, 2)?\]", compared)
    ended = output(notebook, "prompt_length = ")
    assert "same tokens as the target alone: True" in ended
    accepted, committed = re.search(r"(\d+) accepted, (\d+) committed", ended).groups()
    assert int(committed) <= int(accepted), "the end falls inside the accepted block"
    text, target = re.search(r"text (\d+), target's cache (\d+)", ended).groups()
    assert int(target) == int(text) - 1
    assert "Measured: 0 tokens changed" in output(notebook, "checks.changed.reveal(")
    right, wrong = (float(x) for x in re.findall(r"^(?:right|reads only the last) +True +([\d.]+)", output(notebook, "def outcome("), re.M))
    assert right == 1.0
    assert wrong < 0.95
    assert re.search(r"^right +True", output(notebook, "def keeps_a_refused_slot"), re.M)
    assert re.search(r"^keeps a refused slot +False", output(notebook, "def keeps_a_refused_slot"), re.M)
    assert_exercises_ship_open_and_solved_pass(notebook, "03_draft_verify_correct")
