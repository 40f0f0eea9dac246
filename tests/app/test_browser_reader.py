"""The course in a real Chromium: pages by keyboard, an exercise solved and one failed on purpose, a reload that stays where it was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def answer(page: Page, task: str, code: str) -> None:
    page.locator(f".st-key-exercise_{task} textarea").fill(code)
    page.locator(f".st-key-check_{task} button").click()


def test_a_learner_turns_pages_solves_one_exercise_and_fails_another(open_tab):
    page = open_tab("course")
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
