"""Strangers in a real Chromium: who may run code, and what an address that somebody sends can do."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from specviz.course.chapters import load_chapter
from tests.app.serving import TOKEN

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
CHAPTER = "01_first_run"
EXERCISES = [page.title for page in load_chapter(CHAPTER).pages].index("Exercises") + 1
PLACE = f"course?chapter={CHAPTER}&page={EXERCISES}"
EVIL = "![p](http://outside.example.org/p.png)[log in](http://outside.example.org) http://outside.example.org www.outside.example.org :red[x]"


def code_box(page: Page):
    return page.locator(".st-key-exercise_accept_rule textarea")


def test_who_comes_with_the_token_may_run_code_also_after_a_reload_and_in_another_tab(open_tab):
    page = open_tab(f"{PLACE}&token={TOKEN}")
    expect(code_box(page)).to_be_visible()
    expect(page).to_have_url(re.compile(r"^(?!.*token)"))  # nothing to be passed on by accident
    page.reload()
    expect(code_box(page)).to_be_visible()
    other = open_tab(PLACE)
    expect(code_box(other)).to_be_visible()
    code_box(page).fill("def accepts(p_x, q_x, u):\n    return u * q_x < p_x\n")
    code_box(page).press("Control+Enter")
    page.locator(".st-key-check_accept_rule button").click()
    expect(page.locator(".st-key-exercise_accept_rule .sv-reply")).to_contain_text("✓")


def test_a_page_that_gets_the_token_back_from_the_browser_shows_what_it_holds(open_tab):
    """The browser's answer comes while the page is being drawn for the first time: nothing of that drawing may get lost."""
    expect(open_tab(f"?token={TOKEN}").get_by_role("button", name="Run it yourself").first).to_be_visible()
    for _ in range(3):
        page = open_tab("live")
        expect(page.get_by_text("Your own models", exact=True)).to_be_visible()  # it is known again
        expect(page.locator(".st-key-prompt textarea")).to_have_value(re.compile("Mara the cat"))
        expect(page.locator(".st-key-method input")).to_have_value("chain")
        page.close()


def test_own_models_stay_in_sight_when_they_bring_another_method(open_tab):
    page = open_tab(f"live?token={TOKEN}")
    page.get_by_text("Your own models", exact=True).click()
    target, draft = (page.locator(f".st-key-own_{field} input") for field in ("target", "draft"))
    target.fill("/somewhere/target")
    target.press("Tab")
    expect(page.locator(".st-key-method input")).to_have_value("prompt-lookup")
    expect(draft).to_be_focused()
    draft.fill("/somewhere/draft")
    draft.press("Enter")
    expect(page.locator(".st-key-method input")).to_have_value("chain")
    expect(draft).to_be_visible()


def test_who_comes_without_it_reads_and_is_told_how_to_get_it(server, browser):
    with browser.new_context() as apart:  # another browser: nothing is kept in it
        page = apart.new_page()
        for place in (PLACE, f"{PLACE}&token=guessed"):
            page.goto(f"{server}/{place}")
            expect(page.locator(".st-key-exercise_accept_rule").get_by_text("the terminal printed")).to_be_visible(timeout=60_000)
            expect(code_box(page)).to_have_count(0)


@pytest.mark.parametrize(
    "place",
    [
        f"explorer?trace={quote(EVIL)}",
        f"explorer?trace=chain&cycle={quote(EVIL)}",
        f"explorer?trace=chain&cycle=0&node={quote(EVIL)}",
        f"course?chapter={quote(EVIL)}",
        f"course?chapter={CHAPTER}&page={quote(EVIL)}",
        f"distribution?from={quote(EVIL)}.1.2",
        f"distribution?p={quote(EVIL)}",
    ],
)
def test_an_address_shows_no_link_and_fetches_nothing(open_tab, place):
    """``open_tab`` fails when anything outside this machine is asked for."""
    page = open_tab(place)
    said = page.get_by_test_id("stAlert").first
    expect(said).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert page.locator("a[href*='outside.example.org'], img[src*='outside.example.org']").count() == 0
