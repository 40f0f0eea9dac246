"""The course in a real Chromium: pages by keyboard, an exercise solved and one failed on purpose, a reload that stays where it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from specviz import progress
from specviz.course.chapters import chapter_names, load_chapter
from specviz.progress import Progress
from tests.app.serving import TOKEN

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def answer(page: Page, task: str, code: str) -> None:
    page.locator(f".st-key-exercise_{task} textarea").fill(code)
    page.locator(f".st-key-check_{task} button").click()


def test_a_learner_turns_pages_solves_one_exercise_and_fails_another(open_tab):
    page = open_tab(f"course?token={TOKEN}")
    expect(page.get_by_role("heading", name="1 · A first run")).to_be_visible()
    page.get_by_role("heading", name="1 · A first run").click()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="The first two minutes")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="1 · A first run")).to_be_visible()
    page.locator(".st-key-contents").get_by_role("button", name=re.compile("^Exercises")).click()
    answer(page, "accept_rule", "def accepts(p_x, q_x, u):\n    return u * q_x < p_x\n")
    expect(page.locator(".st-key-exercise_accept_rule")).to_contain_text("Right, down to the strict inequality")
    answer(page, "residual", "def what_is_left(p, q):\n    return p\n")
    expect(page.locator(".st-key-exercise_residual")).to_contain_text("You resampled from p, not from the residual")
    expect(page.locator(".st-key-exercise_accept_rule")).to_contain_text("solved")
    page.wait_for_url(re.compile("page=8"))
    page.reload()
    expect(page.get_by_role("heading", name="Exercises")).to_be_visible()


def test_an_arrow_key_on_an_explorables_slider_moves_it_and_turns_no_page(open_tab):
    page = open_tab("course?chapter=04_speculative_sampling&page=2")
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("x1_p_heat=1.1"))
    expect(page.get_by_role("heading", name="Two laws and one token")).to_be_visible()
    page.reload()
    expect(page.locator(".st-key-x1 .js-plotly-plot")).to_be_visible()
    assert "x1_p_heat=1.1" in page.url


WIDTHS = """() => [...document.querySelectorAll('[data-testid=stMain] .katex-display')].map(
    shown => [shown.querySelector('annotation').textContent, shown.scrollWidth - shown.clientWidth])"""


def longest_line(text: str) -> int:
    """Characters of the longest line of a displayed formula, 0 without one."""
    formulas = re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL)
    return max((len(line) for formula in formulas for line in re.split(r"\\\\\s", formula)), default=0)


def test_no_formula_is_wider_than_its_column(open_tab):
    """Of every chapter the page with the longest one; what does not fit is cut off."""
    shown = 0
    for name in chapter_names():
        lengths = [longest_line("".join(block.markdown for block in page.blocks)) for page in load_chapter(name).pages]
        if max(lengths):
            tab = open_tab(f"course?chapter={name}&page={lengths.index(max(lengths)) + 1}")
            tab.locator(".katex-display").first.wait_for()
            for formula, excess in tab.evaluate(WIDTHS):
                assert excess <= 0, f"{name}: {formula}"
                shown += 1
            tab.close()
    assert shown > 10


# what a learner types into two exercises of chapter 4, and a mistake that the course knows by name
STEP = """def step(p, q, u_draft, u_test, u_last):
    def pick(weights, u):
        return int(np.searchsorted(np.cumsum(weights), u * np.sum(weights), side="right"))

    x = pick(q, u_draft)
    return x if u_test * q[x] < p[x] else pick({left}, u_last)
"""
OVERLAP = "def overlap_of(p, q):\n    return np.minimum(p, q).sum(-1)\n"


def test_a_learner_walks_from_start_to_chapter_4_and_takes_the_record_along(open_tab):
    page = open_tab(f"?token={TOKEN}")
    page.get_by_test_id("stMain").get_by_role("button", name="Course", exact=True).click()
    expect(page.get_by_role("heading", name="1 · A first run")).to_be_visible()
    page.locator(".st-key-chapter_menu").get_by_role("combobox").click()
    page.get_by_role("option", name="4 · Speculative sampling").click()
    expect(page.get_by_role("heading", name="4 · Speculative sampling")).to_be_visible()
    page.get_by_role("heading", name="4 · Speculative sampling").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".st-key-x1 .js-plotly-plot")).to_be_visible()
    page.locator(".st-key-contents").get_by_role("button", name=re.compile("^Exercises")).click()
    answer(page, "whole_step", STEP.format(left="p"))
    expect(page.locator(".st-key-exercise_whole_step")).to_contain_text("ou resampled from p, not from the residual")
    answer(page, "whole_step", STEP.format(left="np.maximum(p - q, 0)"))
    expect(page.locator(".st-key-exercise_whole_step")).to_contain_text("solved")
    answer(page, "acceptance_rate", OVERLAP)
    expect(page.locator(".st-key-exercise_acceptance_rate")).to_contain_text("solved")
    page.reload()
    expect(page.locator(".st-key-exercise_whole_step")).to_contain_text("solved")
    page.get_by_role("button", name="My progress").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    record = {(chapter, name): task for chapter, name, task in read_record(download.value.path()) if chapter == "04_speculative_sampling"}
    assert {name for (_, name), task in record.items() if task.solved} >= {"whole_step", "acceptance_rate"}


def read_record(path: Path) -> Progress:
    return progress.read(path.read_text(encoding="utf-8"), path.name)
