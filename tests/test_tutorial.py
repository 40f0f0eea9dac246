from __future__ import annotations

import re
import subprocess
import sys
from types import ModuleType

import jupytext
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from specviz import widgets
from specviz.course import checks as course
from specviz.theory import speedup
from tools import notebooks

CHAPTERS = sorted(path.stem for path in widgets.tutorial_folder().glob("[0-9]*.md"))


@pytest.fixture
def checks() -> ModuleType:
    return widgets.load_checks("01_first_run")


# ------------------------------------------------------------------------------------------------------------ chapters


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_notebook_is_what_jupytext_makes_of_its_chapter(chapter, root):
    made = notebooks.render(root / "tutorial" / f"{chapter}.md")
    assert (root / "notebooks" / f"{chapter}.ipynb").read_text(encoding="utf-8") == made, "run `make course`"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_notebook_ships_without_outputs_and_with_its_kernel(chapter, root):
    notebook = nbformat.read(root / "notebooks" / f"{chapter}.ipynb", as_version=4)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_every_part_a_chapter_needs(chapter, root):
    notebook = jupytext.read(root / "tutorial" / f"{chapter}.md", fmt="md:myst")
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    for part in ("After this chapter you can", "**Claim.**", "**Proof.**", "## Break it", "## Exercises", "## What to remember", "## References"):
        assert part in prose, part
    assert "prediction" in tags
    assert 2 <= tags.count("exercise") <= 4
    assert re.search(r"arXiv\s+\d{4}\.\d{5}", prose)


def test_a_chapter_says_no_measured_number_in_its_prose(root):
    """Numbers a run gives belong into the output of a cell; in prose, they would be wrong on the next machine."""
    for chapter in CHAPTERS:
        notebook = jupytext.read(root / "tutorial" / f"{chapter}.md", fmt="md:myst")
        prose = "\n".join(re.sub(r"arXiv\s+[\d.]+", "", cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
        assert not re.findall(r"\d+\.\d+|\d+\s*(?:×|%|times faster|ms\b|tokens per second)", prose)


# ------------------------------------------------------------------------------------------------------- the notebooks


def cell_with(notebook, text):
    [place] = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and text in cell.source]
    return place


def output(notebook, text):
    cell = notebook.cells[cell_with(notebook, text)]
    parts = [out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in cell.outputs]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def first_chapter(root):
    """The first notebook run from the folder it lies in, once as it ships, with a solved copy behind every open exercise."""
    notebook = nbformat.read(root / "notebooks" / "01_first_run.ipynb", as_version=4)
    for name, exercise in widgets.load_checks("01_first_run").EXERCISES.items():
        solved = nbformat.v4.new_code_cell(f"{exercise.solution().text}\nchecks.EXERCISES['{name}'].check({exercise.model.__name__})")
        notebook.cells.insert(cell_with(notebook, f"checks.{name}.check(") + 1, solved)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # on a busy machine, threads that wait for each other take most of the time
        patch.setenv("PYTHONPATH", str(root))
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(root / "notebooks")}}).execute()
    return notebook


@pytest.mark.slow
def test_the_first_chapter_runs_from_top_to_bottom_and_shows_what_its_text_says(first_chapter):
    assert "same tokens as the target alone: True" in output(first_chapter, "same tokens as")
    assert re.search(r"Measured: [\d.]+ tokens per pass\nYou made no guess", output(first_chapter, "tokens_per_pass.reveal("))
    largest = [float(x) for x in re.findall(r"difference.*: +(\S+)", output(first_chapter, "overlap_gaps"))]
    assert len(largest) == 2
    assert max(largest) < 1e-12
    assert "TracePlayer" in output(first_chapter, "widgets.play(")
    assert "Explorer" in output(first_chapter, 'widgets.explore("one-draft"')
    assert "Explorer" in output(first_chapter, 'widgets.explore("speedup"')


@pytest.mark.slow
def test_breaking_it_breaks_it(first_chapter):
    """The numbers behind the sentences of "Break it" that do not depend on a clock."""
    rows = [line.split() for line in output(first_chapter, "lengths = ").splitlines() if re.match(r"\d", line)]
    table = {int(gamma): [float(x) for x in row] for gamma, *row in rows}
    assert list(table) == [1, 2, 4, 8, 16, 32]
    drafted, kept, per_pass, _ = zip(*table.values(), strict=True)
    assert list(drafted) == sorted(drafted)
    assert list(kept) == sorted(kept, reverse=True)
    assert per_pass[-1] - per_pass[-2] < 0.05 * per_pass[-1], "tokens per pass stop growing"
    distances = dict(re.findall(r"(the rule|replace from p|keep every draft)\D*?(\d\.\d+)", output(first_chapter, "distances = ")))
    assert float(distances["the rule"]) == 0.0
    assert min(float(distances["replace from p"]), float(distances["keep every draft"])) > 0.01


@pytest.mark.slow
def test_the_exercises_ship_open_and_their_solutions_pass_in_the_notebook(first_chapter, checks):
    for name, exercise in checks.EXERCISES.items():
        assert f"○ Not written yet. {exercise.task}" in output(first_chapter, f"checks.{name}.check(")
        assert f"✓ {exercise.praise}" in output(first_chapter, f"checks.EXERCISES['{name}'].check(")


# ----------------------------------------------------------------------------------------------------------- exercises


def test_solutions_agree_with_the_package_far_from_the_checked_cases(checks):
    rng = np.random.default_rng(0)
    for _ in range(200):
        alpha, gamma, c = rng.random(), int(rng.integers(0, 20)), rng.random()
        assert checks.expected(alpha, gamma) == pytest.approx(float(speedup.expected_tokens(alpha, gamma)))
        assert checks.how_much_faster(alpha, gamma, c) == pytest.approx(float(speedup.speedup(alpha, gamma, c)))
        p, q = rng.dirichlet(np.full(6, 0.5)), rng.dirichlet(np.full(6, 0.5))
        np.testing.assert_allclose(checks.what_is_left(p, q), checks.residual.reference(p, q))
        p_x, q_x, u = rng.random(3)
        assert checks.accepts(p_x, q_x, u) == checks.accept_rule.reference(p_x, q_x, u)


def loose(p_x, q_x, u):
    return u <= p_x / q_x


def swapped(p_x, q_x, u):
    return u < min(1, q_x / p_x) if p_x else True


def coin_against_p(p_x, q_x, u):
    return bool(u < p_x)


def from_p(p, q):
    return p / p.sum()


def over_both_sides(p, q):
    left = p - q
    left[left < 0] = 0
    return left / abs(p - q).sum()


def over_alpha(p, q):
    return [max(a - b, 0) / sum(map(min, p, q)) for a, b in zip(p, q, strict=True)]


def unnormalised(p, q):
    return p - np.minimum(p, q)


def never_empty(p, q):
    left = (p - q).clip(0)
    return left / left.sum()


def no_bonus(alpha, gamma):
    return sum(alpha ** (i + 1) for i in range(gamma))


def linear(alpha, gamma):
    return 1 + gamma * alpha


def short(alpha, gamma):
    return sum(alpha**i for i in range(max(gamma, 0)))


def hole_at_one(alpha, gamma):
    with np.errstate(all="ignore"):
        return np.float64(1 - alpha ** (gamma + 1)) / np.float64(1 - alpha)


def one_step(alpha, gamma, c):
    return float(speedup.expected_tokens(alpha, gamma)) / (1 + c)


def free_draft(alpha, gamma, c):
    return float(speedup.expected_tokens(alpha, gamma))


def verify_per_token(alpha, gamma, c):
    return float(speedup.expected_tokens(alpha, gamma)) / (gamma * c + gamma + 1)


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("accept_rule", loose, "a non-strict test accepts a token with p = 0"),
        ("accept_rule", swapped, "p and q changed places"),
        ("accept_rule", coin_against_p, "the coin is compared with p alone"),
        ("accept_rule", lambda p, q, u: u > p / q, "the test points the wrong way"),
        ("accept_rule", lambda p, q, _: p / q >= 1, "no coin at all: kept whenever p ≥ q"),
        ("residual", from_p, "you resampled from p, not from the residual"),
        ("residual", over_both_sides, "normalised by the wrong sum"),
        ("residual", over_alpha, "normalised by the wrong sum"),
        ("residual", unnormalised, "not normalised"),
        ("residual", never_empty, "all right but for p = q"),
        ("expected_tokens", no_bonus, "the target's own token is missing"),
        ("expected_tokens", linear, "drafts after a refusal were counted"),
        ("expected_tokens", short, "one term too few"),
        ("expected_tokens", hole_at_one, "all right but for alpha = 1"),
        ("faster", one_step, "only one draft step is paid for"),
        ("faster", free_draft, "drafting is free here"),
        ("faster", verify_per_token, "the verifying pass was charged per token"),
    ],
)
def test_a_usual_mistake_fails_and_is_called_by_its_name(checks, exercise, answer, name):
    reply = checks.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name
    assert reply.message.lower().startswith(name.lower())


def test_an_unusual_mistake_is_shown_the_case_where_it_differs(checks):
    reply = checks.expected_tokens.check(lambda *_: 42.0)
    assert not reply
    assert "7 of 7 cases differ" in reply.message
    assert "expected 3.3616, got 42" in reply.message


def test_answers_that_raise_return_nothing_or_are_no_function_get_a_reply_not_a_traceback(checks):
    assert "raised ZeroDivisionError" in checks.accept_rule.check(lambda p, *_: p / 0).message
    assert not checks.accept_rule.check(lambda *_: None).is_attempted
    assert "without brackets" in checks.accept_rule.check(True).message
    assert not checks.residual.check(lambda *_: "p")
    assert "raised TypeError" in checks.residual.check(lambda p: p).message


def test_a_truthy_answer_is_not_taken_for_a_decision(checks):
    assert not checks.accept_rule.check(lambda p, q, u: 1 if u * q < p else 0)


def test_an_answer_that_changes_its_arguments_spoils_no_later_case(checks):
    def greedy_with_memory(p, q):
        p -= np.minimum(p, q)
        return p / p.sum() if p.sum() else q

    assert checks.residual.check(greedy_with_memory)
    assert checks.residual.check(checks.what_is_left)


def test_hints_come_one_by_one_and_the_last_one_stays(checks):
    exercise = checks.Exercise(**{**checks.faster.__dict__, "_given": 0})
    texts = [exercise.hint().text for _ in range(len(exercise.hints) + 2)]
    assert texts[: len(exercise.hints)] == list(exercise.hints)
    assert set(texts[len(exercise.hints) :]) == {exercise.hints[-1]}


def test_what_a_learner_returns_cannot_write_html(checks):
    reply = checks.residual.check(lambda *_: "<script>alert(1)</script>")
    assert "<script>" not in reply._repr_html_()
    assert "&lt;script&gt;" in reply._repr_html_()


def test_a_guess_is_compared_and_an_impossible_one_questioned(checks):
    prediction = type(checks.tokens_per_pass)("q?", "tokens per pass", 1, 5)
    assert "no guess" in prediction.reveal(2.0).text
    assert "Expected a guess between 1 and 5" in prediction.guess(9).text
    prediction.guess(2.2)
    assert prediction.reveal(2.0)
    assert not prediction.reveal(4.0)


# -------------------------------------------------------------------------------------------------- finding the checks


def test_the_checks_are_found_from_outside_the_checkout(root):
    """From within it, and from the notebooks' folder, every test and every notebook above finds them."""
    code = "from specviz.widgets import load_checks; print(load_checks('01_first_run').faster.check(lambda a, g, c: 0))"
    environment = {"PYTHONPATH": str(root), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("✗"), done.stderr


def test_an_installed_wheel_finds_them_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "site" / "specviz"
    (package / "_tutorial" / "checks").mkdir(parents=True)
    monkeypatch.setattr(course, "_PACKAGE", package)
    with pytest.raises(FileNotFoundError, match="install specviz"):
        course.tutorial_folder()
    (package / "_tutorial" / "checks" / "__init__.py").touch()
    assert course.tutorial_folder() == package / "_tutorial"


def test_a_chapter_without_exercises_is_refused_with_the_known_ones():
    with pytest.raises(FileNotFoundError, match="01_first_run"):
        widgets.load_checks("99_nothing")
