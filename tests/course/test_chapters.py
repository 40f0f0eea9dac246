"""Chapters are read whole: every letter and every cell lands in exactly one block, and blocks are what their cells say."""

from __future__ import annotations

import re

import jupytext
import pytest

from specviz.course.chapters import Chapter, chapter_names, explored, load_chapter, parse
from specviz.course.checks import own_tasks, tutorial_folder
from specviz.explorables import EXPLORABLES


@pytest.fixture(params=chapter_names())
def chapter(request: pytest.FixtureRequest) -> Chapter:
    return load_chapter(request.param)


def source(chapter: Chapter) -> str:
    return (tutorial_folder() / f"{chapter.name}.md").read_text(encoding="utf-8")


def test_the_blocks_together_are_the_file_letter_for_letter(chapter):
    assert chapter.front + "".join(block.source for page in chapter.pages for block in page.blocks) == source(chapter)


def test_every_cell_that_jupytext_reads_lands_in_exactly_one_block(chapter):
    wanted = [cell for cell in jupytext.reads(source(chapter), fmt="md:myst").cells if cell.cell_type == "code"]
    assert [cell.code for cell in chapter.cells] == [cell.source for cell in wanted]
    assert [list(cell.tags) for cell in chapter.cells] == [cell.metadata.get("tags", []) for cell in wanted]
    assert [cell.number for cell in chapter.cells] == list(range(len(wanted)))


def test_a_page_is_a_section_and_the_opening_is_the_first(chapter):
    titles = re.findall(r"^## (.+)$", source(chapter), re.MULTILINE)
    assert [page.title for page in chapter.pages[1:]] == titles
    assert chapter.pages[0].title == chapter.title.partition("·")[2].strip()


def test_exercises_and_predictions_are_the_ones_of_its_checks(chapter):
    blocks = [block for page in chapter.pages for block in page.blocks]
    named = {kind: [block.task for block in blocks if block.kind == kind] for kind in ("exercise", "prediction")}
    items = own_tasks(chapter.name, lambda *_, **__: None)
    assert sorted(named["exercise"] + named["prediction"]) == sorted(items)
    assert all(chapter.revealed_in(task) is not None for task in named["prediction"])
    for block in (block for block in blocks if block.kind == "exercise"):
        assert f"def {block.function}(" in block.stub
        assert "checks." not in block.stub
        assert len(block.cells) == 2, "the cell of hints belongs to its exercise"
        assert f"checks.{block.task}.hint()" in block.cells[1].code


def test_every_explorable_is_a_known_one_with_known_controls(chapter):
    for block in (block for page in chapter.pages for block in page.blocks if block.kind == "explorable"):
        asked = explored(block)
        assert {*asked.given, *asked.of_run} <= set(EXPLORABLES[asked.name].controls)


def test_displayed_formulas_stand_on_lines_of_their_own_and_nothing_else_changes(chapter):
    for block in (block for page in chapter.pages for block in page.blocks if block.kind == "text"):
        assert all(line.strip() == "$$" for line in block.markdown.splitlines() if "$$" in line)
        assert re.sub(r"\s", "", block.markdown) == re.sub(r"\s", "", block.text)


def test_a_fence_that_is_no_cell_and_a_heading_inside_one_stay_text():
    chapter = parse("x", "# 1 · X\n\n```\n## not a page\n```\n\n## A page\n\n$$a\n= b$$ so\n")
    assert [page.title for page in chapter.pages] == ["X", "A page"]
    assert chapter.cells == ()
    assert chapter.pages[1].blocks[0].markdown == "## A page\n\n$$\na\n= b\n$$\nso"


def test_a_chapter_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(FileNotFoundError, match="01_first_run"):
        load_chapter("99_nothing")
    with pytest.raises(ValueError, match=r"widgets\.explore"):
        explored(load_chapter("01_first_run").pages[0].blocks[0])
