from __future__ import annotations

import re

import plotly.graph_objects as go
import pytest

from specviz.figures import method_map, paper_timeline, theme
from specviz.theory.papers import DRAFTS, PAPERS, PROMISES, SURVEY, papers
from specviz.widgets import tutorial_folder

CORE = {
    "1811.03115", "2203.16487", "2211.17192", "2302.01318", "2309.08168", "2311.08252", "2401.10774", "2401.15077", "2402.02057", "2406.16858",
    "2402.02082", "2501.19309", "2411.10666", "2404.11912", "2401.14021", "2406.16758",
}  # fmt: skip
"""What the tutorial of COLING 2025 taught in detail, beside the survey."""


def drawn(figure: go.Figure) -> list[str]:
    """The names on the figure, bold or not."""
    texts = [text for line in figure.data for text in line.text or ()]
    return [re.sub(r"</?b>", "", text).replace("&amp;", "&").strip() for text in texts]


def test_the_tutorials_seventeen_papers_have_their_place():
    assert {paper.number for paper in PAPERS if paper.is_core} | {SURVEY} == CORE | {SURVEY}
    assert len(CORE | {SURVEY}) == 17


def test_rows_are_in_order_and_name_each_paper_once():
    assert [p.month for p in PAPERS] == sorted(p.month for p in PAPERS)
    assert len({p.name for p in PAPERS}) == len({p.gist for p in PAPERS}) == len(PAPERS)
    assert all(not p.number or p.number.startswith(p.month) for p in PAPERS)


def test_every_method_that_is_said_to_run_here_runs_here():
    from specviz.methods import METHODS

    assert {p.method for p in PAPERS if p.method} <= set(METHODS)
    sources = {p.method: p.number for p in PAPERS if p.method and p.number}
    assert all(number in METHODS[name].source or name == "chain" for name, number in sources.items())


def test_every_paper_has_a_chapter_in_the_contents():
    contents = (tutorial_folder() / "README.md").read_text(encoding="utf-8")
    chapters = {line[2:4] for line in contents.splitlines() if re.match(r"\| \d\d \|", line)}
    assert {f"{i:02d}" for i in range(1, 21)} == chapters
    for paper in PAPERS:
        assert paper.chapter in chapters
        assert not paper.is_core or paper.number in contents, paper.name


def test_a_timeline_holds_the_papers_of_its_years():
    figure = paper_timeline(since=2018, until=2022)
    assert {text.split(":")[0].removesuffix(" (relaxed)") for text in drawn(figure)} == {p.name for p in papers(until=2022)}
    assert sum("(relaxed)" in text for text in drawn(figure)) == 1
    assert "Blockwise" in theme.alt_text(figure)


def test_a_mark_stands_at_its_month():
    figure = paper_timeline(since=2018, until=2018)
    [[x]] = [line.x for line in figure.data if len(line.x)]
    assert x == pytest.approx(2018 + 10.5 / 12)


def test_the_map_places_every_paper_once_and_in_its_cell():
    figure = method_map()
    assert sorted(drawn(figure)) == sorted(p.name for p in PAPERS)
    cells = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(cells) == len(DRAFTS) * len(PROMISES)
    where = {name: (x, y) for line in figure.data if line.text for name, x, y in zip(drawn(go.Figure(line)), line.x, line.y, strict=True)}
    for paper in PAPERS:
        x, y = where[paper.name]
        [cell] = [i for i, c in enumerate(cells) if c.x0 <= x <= c.x1 and c.y0 <= y <= c.y1]
        assert (PROMISES[cell // len(DRAFTS)], DRAFTS[cell % len(DRAFTS)]) == (paper.promise, paper.drafts), paper.name


def test_no_two_names_of_the_map_share_a_place():
    places = [(x, y) for line in method_map().data if line.text for x, y in zip(line.x, line.y, strict=True)]
    assert len(places) == len(set(places)) == len(PAPERS)


def test_the_map_of_a_year_leaves_out_what_came_later():
    assert drawn(method_map(until=2019)) == ["Blockwise"]
    assert "nothing" in theme.alt_text(method_map(until=2019))


@pytest.mark.parametrize("figure", [paper_timeline, method_map])
def test_these_numbers_are_literature(figure):
    notes = {note.text for note in figure().layout.annotations if (note.name or "").startswith("badge-")}
    assert notes == {"literature"}


def test_years_without_papers_are_refused():
    with pytest.raises(ValueError, match="between 2018 and 2025"):
        method_map(until=2017)


def test_the_map_shows_what_it_is_asked_for():
    assert set(drawn(method_map(show="runs here"))) == {p.name for p in PAPERS if p.method}
    assert set(drawn(method_map(show="taught in detail", alignment="trained"))) == {p.name for p in PAPERS if p.is_core and p.alignment == "trained"}
    assert drawn(method_map(until=2018, alignment="kept up online")) == []
    with pytest.raises(ValueError, match="taught in detail"):
        method_map(show="everything")
