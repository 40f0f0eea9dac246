"""The course's front pages keep what they promise: chapters, papers, exercises, and an instructor's plans and addresses."""

from __future__ import annotations

import re

import pytest

from specviz import widgets
from specviz.course.chapters import chapter_names, load_chapter
from specviz.methods import METHODS
from specviz.theory.papers import PAPERS, SURVEY
from specviz.trees import TREES
from specviz.verifiers import VERIFIERS

FOLDER = widgets.tutorial_folder()
CONTENTS, GUIDE = ((FOLDER / name).read_text(encoding="utf-8") for name in ("README.md", "INSTRUCTOR.md"))
WRITTEN = {name[:2]: name for name in chapter_names()}
TAUGHT = "The papers of the COLING 2025 tutorial, and where they are taught"


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their heads."""
    part = text.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not re.fullmatch(r"[|\s-]+", line)]


# ------------------------------------------------------------------------------------------------------------- the contents


def test_every_chapter_is_linked_or_has_its_place_kept():
    listed = {row[0]: row[1] for row in rows(CONTENTS, "Contents") if row[0].isdecimal()}
    assert list(listed) == [f"{number:02d}" for number in range(1, 21)]
    for number, title in listed.items():
        assert title.endswith(f"({WRITTEN[number]}.md)" if number in WRITTEN else "*to come*")


def test_the_seventeen_papers_are_listed_with_the_chapter_that_the_map_gives_them():
    listed = {row[2]: (row[3], row[4]) for row in rows(CONTENTS, TAUGHT) if "." in row[2]}
    core = {paper.number: paper for paper in PAPERS if paper.is_core}
    assert listed.keys() == core.keys() | {SURVEY}
    for number, paper in core.items():
        chapters, runs = listed[number]
        assert paper.chapter in chapters
        assert not paper.method or f"`{paper.method}`" in runs


def test_what_the_contents_say_runs_is_known_to_the_package_and_run_in_a_chapter():
    known = METHODS.keys() | TREES.keys() | VERIFIERS.keys()
    cells = "\n".join(cell.code for name in chapter_names() for cell in load_chapter(name).cells)
    for row in rows(CONTENTS, TAUGHT):
        for name in set(re.findall(r"`([a-z0-9-]+)`", row[4])):
            assert name in known
            assert name in cells


TO_WRITE = {
    "the accept rule": ("01", "accept_rule"),
    "the residual": ("01", "residual"),
    "expected length": ("01", "expected_tokens"),
    "the best length": ("05", "the_best_length"),
    "the tree mask": ("10", "mask"),
    "the positions": ("10", "places"),
    "the gather": ("10", "gather"),
    "recursive rejection": ("11", "recursive_rejection"),
    "a K-SEQ step": ("11", "k_seq"),
    "the bound for two drafts": ("11", "bound_of_two"),
    "a controller": ("12", "expected_gain"),
}


@pytest.mark.parametrize(("chapter", "exercise"), TO_WRITE.values(), ids=TO_WRITE)
def test_a_learner_writes_this_part_of_the_engine(chapter, exercise):
    found = widgets.load_checks(WRITTEN[chapter]).EXERCISES[exercise]
    assert len(found.mistakes) >= 4
    assert len(found.hints) >= 2
    tasks = {block.task for page in load_chapter(WRITTEN[chapter]).pages for block in page.blocks if block.kind == "exercise"}
    assert exercise in tasks


# ------------------------------------------------------------------------------------------------------------ the instructor


def test_ninety_minutes_follow_each_other_without_a_gap():
    times = [tuple(map(int, row[0].split("–"))) for row in rows(GUIDE, "90 minutes") if "–" in row[0]]
    assert [start for start, _ in times] == [0, *(end for _, end in times[:-1])]
    assert times[-1][1] == 90


def test_half_a_day_has_the_lengths_of_its_title():
    listed = [(int(row[0]), row[1]) for row in rows(GUIDE, "Half a day: 40 + 45 + 40 + 30 + 20") if row[0].isdecimal()]
    assert [minutes for minutes, part in listed if part.startswith("**")] == [40, 45, 40, 30, 20]
    assert sum(minutes for minutes, _ in listed) == 210, "three and a half hours"


def test_an_address_leads_to_the_page_that_its_row_names():
    listed = [row for row in rows(GUIDE, "The other pictures, and where they are") if "course?" in row[2]]
    assert len(listed) > 10
    for _, place, address in listed:
        name, number = re.fullmatch(r"`course\?chapter=(\w+)&page=(\d+)`", address).groups()
        assert f"{name[:2]}, {load_chapter(name).pages[int(number) - 1].title}" == place
