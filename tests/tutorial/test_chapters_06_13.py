"""Chapters 6 and 13 as notebooks, run from a clean kernel; what their texts say of a run is what the run shows."""

from __future__ import annotations

import re

import pytest

from tests.tutorial.test_chapters_02_03 import assert_exercises_ship_open_and_solved_pass, output, run


def cells(text):
    """Rows of a printed table: what stands before the first number, and the numbers."""
    rows = (re.match(r"(.*?\S)\s{2,}([-\d.].*)$", line) for line in text.splitlines())
    return {row[1].strip(): row[2].split() for row in rows if row}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_sixth_chapter_runs_and_every_drafter_writes_the_targets_text(root):
    notebook = run(root, "06_history_and_map")
    assert "Measured: 6 of the six texts" in output(notebook, "checks.same_texts.reveal(")
    passes = dict(re.findall(r"^(\S.*?)\s+True\s+(\d+)", output(notebook, "promises.round("), re.MULTILINE))
    assert len(passes) == 6
    assert int(passes["dice"]) >= int(passes["contradicts it"]) - 5
    assert int(passes["knows the text"]) < int(passes["draft model, one chain"])
    identical = output(notebook, "compared = sv.compare(").split("identical")[1]
    assert re.findall(r"([\d.]+)\s*$", identical, re.MULTILINE) == ["1.0"] * 4
    assert "Explorer" in output(notebook, 'widgets.explore("method-map"')
    agreed = {int(m): int(float(n)) for m, n in re.findall(r"^(\d+)\s+[\d.]+\s+(\d+)", output(notebook, "relaxed_runs = {"), re.MULTILINE)}
    assert agreed[1] >= agreed[10]
    assert_exercises_ship_open_and_solved_pass(notebook, "06_history_and_map")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_thirteenth_chapter_runs_and_shows_what_its_text_says(root):
    notebook = run(root, "13_measuring_honestly")
    assert re.search(r"Measured: [\d.]+ times", output(notebook, "checks.two_denominators.reveal("))
    rates = cells(output(notebook, "counted = pd.DataFrame.from_dict("))
    assert float(rates["acceptance of the examined"][-1]) >= float(rates["acceptance of the drafted"][-1])
    mean, pooled = map(float, re.findall(r"(?:prompts|first): ([\d.]+)", output(notebook, "pooled = ")))
    assert mean >= pooled - 1e-3
    programs = output(notebook, "def compare_programs(")
    assert re.search(r"same text\s+True", programs), "float32"
    single, half = (float(x) for x in cells(programs)["ε, the largest difference"])
    assert single < half / 50
    lies = cells(output(notebook, "tricks = {"))
    assert float(lies["the best round"][0]) >= float(lies["none: median of the rounds"][0])
    assert float(lies["the best run of all"][0]) >= float(lies["mean of all ratios"][0])
    claims = {name: float(row[0]) for name, row in cells(output(notebook, "claims = {")).items()}
    assert claims.pop("none") < min(v for name, v in claims.items() if "called" not in name)
    assert_exercises_ship_open_and_solved_pass(notebook, "13_measuring_honestly")
