"""A learner's progress: written down as exercises are checked, merged without counting twice, and read by an instructor as a class."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from specviz import progress
from specviz.cli import app
from specviz.progress import Progress, Task, load, place, read, save
from specviz.widgets import load_checks

CHAPTER = "01_first_run"
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mine" / "progress.json"
    monkeypatch.setenv("SPECVIZ_PROGRESS", str(path))
    return path


def call(*words: object) -> str:
    done = CliRunner().invoke(app, ["course", *map(str, words)], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    return done.output


def refused(*words: object) -> str:
    done = CliRunner().invoke(app, ["course", *map(str, words)], env={"COLUMNS": "400"})
    assert done.exit_code == 1
    return done.stderr


def test_every_try_is_written_down_with_the_mistake_it_made(mine: Path):
    exercise = load_checks(CHAPTER).accept_rule
    exercise.check(lambda *_: ...)  # not written yet: no try
    assert not mine.exists()
    exercise.check(lambda p, q, u: u * q <= p)
    exercise.hint()
    exercise.check(lambda p, q, u: u * q < p)
    exercise.solution()
    record = load().of(CHAPTER, "accept_rule")
    assert record is not None
    assert (record.kind, record.tries, record.solved, record.solved_at_try, record.hints) == ("exercise", 2, True, 2, 1)
    assert record.mistakes == {"a non-strict test accepts a token with p = 0": 1}
    assert not record.saw_solution  # only after it was solved


def test_a_solution_seen_first_is_remembered():
    exercise = load_checks(CHAPTER).accept_rule
    exercise.solution()
    exercise.check(lambda p, q, u: u * q < p)
    record = load().of(CHAPTER, "accept_rule")
    assert record is not None
    assert record.solved
    assert record.saw_solution


def test_a_prediction_counts_when_it_is_revealed():
    guess = load_checks(CHAPTER).tokens_per_pass
    guess.guess(None)
    guess.reveal(2.0)
    assert load().of(CHAPTER, "tokens_per_pass") is None
    guess.guess(2.1)
    guess.reveal(2.0)
    guess.guess(None)
    record = load().of(CHAPTER, "tokens_per_pass")
    assert record is not None
    assert (record.kind, record.solved) == ("prediction", True)


def test_a_measurement_beyond_its_bounds_is_put_down_to_a_busy_machine():
    guess = load_checks("02_why_decoding_is_slow").eight_tokens
    assert "should lie between 1 and 8. A machine that is busy" in str(guess.reveal(0.65))
    guess.guess(2)
    assert "A machine that is busy" in guess.reveal(0.65).message
    assert "busy" not in guess.reveal(1.2).message


def test_an_exercise_works_where_nothing_can_be_written(mine: Path):
    mine.parent.parent.joinpath("mine").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="your progress is not kept"):
        reply = load_checks(CHAPTER).accept_rule.check(lambda p, q, u: u * q < p)
    assert reply.is_passed


def test_a_damaged_file_is_left_as_it_is(mine: Path):
    mine.parent.mkdir()
    mine.write_text("{ not json")
    with pytest.warns(UserWarning, match="expected a record of progress"):
        load_checks(CHAPTER).accept_rule.check(lambda p, q, u: u * q < p)
    assert mine.read_text() == "{ not json"


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    tries, solved, mistakes = draw(st.integers(0, 9)), draw(st.booleans()), draw(st.sets(st.sampled_from("abc")))
    at_try = tries + 1 if solved else 0
    seen, day = draw(st.booleans()), draw(st.integers(1, 9))
    return Task("exercise", tries + solved, solved, at_try, dict.fromkeys(mistakes, 1 + tries), draw(st.integers(0, 3)), seen, f"2026-01-0{day}")


RECORDS = st.builds(
    Progress, st.sampled_from(["", "Ada"]), st.dictionaries(st.sampled_from(["01", "02"]), st.dictionaries(st.sampled_from("xyz"), tasks()))
)


@given(RECORDS)
def test_a_file_says_what_was_saved(record: Progress):
    assert read(record.as_json()) == record


@given(RECORDS, RECORDS)
def test_merging_counts_nothing_twice_and_loses_nothing(a: Progress, b: Progress):
    both = a.merged(b)
    assert both.merged(b) == both
    assert {(chapter, task) for chapter, task, _ in both} == {(chapter, task) for chapter, task, _ in (*a, *b)}
    for chapter, task, record in (*a, *b):
        merged = both.of(chapter, task)
        assert merged is not None
        assert merged.solved >= record.solved
        assert merged.tries <= max(r.tries for side in (a, b) if (r := side.of(chapter, task)))
        assert set(merged.mistakes) >= set(record.mistakes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "got None"),
        ("nonsense", "got no JSON"),
        ('{"specviz_progress": 2}', "of format 1 in this file, got 2"),
        ('{"specviz_progress": 1}', "KeyError"),
        ('{"specviz_progress": 1, "learner": "", "tasks": []}', "AttributeError"),
        ('{"specviz_progress": 1, "learner": "", "tasks": {"c": {"t": {"tries": -1}}}}', "no record of a task"),
        ('{"specviz_progress": 1, "learner": "", "tasks": {"c": {"t": {"solved": "yes"}}}}', "no record of a task"),
        ('{"specviz_progress": 1, "learner": "", "tasks": {"c": {"t": {"mistakes": {"m": "x"}}}}}', "no record of a task"),
    ],
)
def test_foreign_files_are_refused_with_what_was_expected(text: str, words: str):
    with pytest.raises(ValueError, match="expected") as raised:
        read(text)
    assert words in str(raised.value)


def test_a_large_file_is_not_read(tmp_path: Path):
    (tmp_path / "big.json").write_text(" " * (progress.MOST_BYTES + 1))
    with pytest.raises(ValueError, match="is it another file"):
        load(tmp_path / "big.json")


def test_without_a_setting_the_file_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("SPECVIZ_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert place().name == "progress.json"
    assert "specviz" in place().parts


def test_a_learner_sees_exports_and_takes_in_progress(tmp_path: Path):
    assert "none yet" in call("progress")
    assert "solve an exercise first" in refused("export", tmp_path / "ada.json")
    load_checks(CHAPTER).accept_rule.check(lambda p, q, u: u * q < p)
    shown = call("progress")
    assert "accept_rule" in shown
    assert "at try 1" in shown
    call("export", tmp_path / "ada.json", "--name", "Ada")
    assert json.loads((tmp_path / "ada.json").read_text())["learner"] == "Ada"
    place().unlink()
    assert "1 tasks solved" in call("import", tmp_path / "ada.json")
    assert load().learner == "Ada"
    assert "got none called" in refused("import", tmp_path / "nobody.json")


def test_an_instructor_reads_a_class_with_one_command(tmp_path: Path):
    solved, failed = Task().tried(is_right=False, mistake="m, q").tried(is_right=True), Task().tried(is_right=False, mistake="m, q").shown()
    folder = tmp_path / "handed-in"
    save(Progress("Ada [bold]", {CHAPTER: {"x": solved, "y": solved}}), folder / "a.json")
    save(Progress("=HYPERLINK(1)", {CHAPTER: {"x": failed}}), folder / "b.json")
    save(Progress("", {CHAPTER: {"x": solved}}), folder / "c.json")
    (folder / "d.json").write_text("{}")
    done = CliRunner().invoke(app, ["course", "class", str(folder), "--csv", str(tmp_path / "class.csv")], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert "3 learners" in done.stdout
    assert "Ada [bold]" in done.stdout
    assert "m, q: 3" in done.stdout
    assert "d.json" in done.stderr
    line = next(line for line in done.stdout.splitlines() if " x " in line and CHAPTER in line)
    assert line.split()[:5] == [CHAPTER, "x", "3", "2", "2"]
    rows = list(csv.DictReader((tmp_path / "class.csv").open()))
    assert len(rows) == 4
    assert {row["learner"] for row in rows} == {"Ada [bold]", "'=HYPERLINK(1)", "c"}
    assert "got none that can be read" in refused("class", folder / "d.json")


def test_two_files_of_one_learner_are_one_learner(tmp_path: Path):
    for number, task in enumerate("xy"):
        save(Progress("Ada", {CHAPTER: {task: Task().tried(is_right=True)}}), tmp_path / f"{number}.json")
    assert "1 learners" in call("class", tmp_path)


# -------------------------------------------------------------------------------------------------- what others hand in
DEEP = '{"specviz_progress": 1, "learner": "", "tasks": ' + "[" * 100_000 + "]" * 100_000 + "}"
ONE = '{"specviz_progress": 1, "learner": %s, "tasks": {"c": {"t": %s}}}'
BROKEN = {
    "a date that is a number": ONE % ('"Bo"', '{"last": 5}'),
    "a date without end": ONE % ('"Bo"', f'{{"last": "{"9" * 5000}"}}'),
    "nested without end": DEEP,
    "open brackets": "[" * 500_000,
    "half a surrogate pair": ONE % (r'"\ud800"', "{}"),
    "a name that is none": ONE % ("[1]", "{}"),
    "a count that is none": ONE % ('"Bo"', '{"tries": true}'),
    "a count without end": ONE % ('"Bo"', f'{{"tries": {10**30}}}'),
    "a number of too many digits": ONE % ('"Bo"', f'{{"tries": {"9" * 5000}}}'),
    "tasks that are none": '{"specviz_progress": 1, "learner": "", "tasks": {"c": 3}}',
    "a task that is none": ONE % ('"Bo"', "7"),
    "mistakes that are none": ONE % ('"Bo"', '{"mistakes": [1]}'),
    "a kind that is none": ONE % ('"Bo"', '{"kind": []}'),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_one_learners_broken_file_hides_nobody_elses(tmp_path: Path, fault: str):
    save(Progress("Ada", {CHAPTER: {"x": Task().tried(is_right=True)}}), tmp_path / "a.json")
    (tmp_path / "b.json").write_text(BROKEN[fault])
    done = CliRunner().invoke(app, ["course", "class", str(tmp_path), "--csv", str(tmp_path / "class.csv")], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert "1 learners" in done.stdout
    assert "left out" in done.stderr
    assert "b.json" in done.stderr
    with pytest.raises(ValueError, match=r"^expected .*, got .*; "):
        read(BROKEN[fault])


def test_what_is_no_regular_file_or_too_large_is_left_out_of_the_class(tmp_path: Path):
    save(Progress("Ada", {CHAPTER: {"x": Task()}}), tmp_path / "a.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(3 << 30)
    done = CliRunner().invoke(app, ["course", "class", str(tmp_path), str(tmp_path / "nobody.json")], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert "1 learners" in done.stdout
    for name in ("pipe.json", "folder.json", "huge.json", "nobody.json"):
        assert name in done.stderr


FORMULAS = ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "\n=1", "＝1")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_the_table_is_a_formula(tmp_path: Path, formula: str):
    task = Task(mistakes={formula: 1}, last=formula)
    text = json.dumps({"specviz_progress": 1, "learner": formula, "tasks": {formula: {formula: vars(task)}}})
    (tmp_path / "a.json").write_text(text)
    call("class", tmp_path / "a.json", "--csv", tmp_path / "class.csv")
    with (tmp_path / "class.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    for column in ("learner", "chapter", "task", "mistakes", "last"):
        assert row[column].startswith("'"), column


def test_two_processes_lose_no_try_of_each_other(mine: Path):
    code = "from specviz.progress import note\nfor _ in range(40): note('c', 't', 'exercise', 'tried', {'is_right': False, 'mistake': ''})"
    writers = [subprocess.Popen([sys.executable, "-W", "error", "-c", code], cwd=ROOT) for _ in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    record = load().of("c", "t")
    assert record is not None
    assert record.tries == 120
    assert [path.name for path in mine.parent.iterdir()] == [mine.name]


def test_a_note_never_fails(mine: Path):
    mine.parent.mkdir()
    for content in (DEEP, "[" * 500_000, ONE % ('"Bo"', '{"last": 5}'), "\x00"):
        mine.write_text(content)
        with pytest.warns(UserWarning, match="your progress is not kept: expected"):
            progress.note(CHAPTER, "accept_rule", "exercise", "tried", {"is_right": True, "mistake": ""})
        assert mine.read_text() == content
