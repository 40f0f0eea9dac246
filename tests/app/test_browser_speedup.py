"""The Speed-up lab in a real Chromium: a slider crosses the line, the doctor examines, links survive a reload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.serving import serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# the app with a doctor who is quick and always finds the same: what he measures is tested without a browser
QUICK_DOCTOR = """
import sys, time
sys.path.insert(0, "app")
from ui import examining
from tests.figures.make_diagnosis import diagnosis
def execute(asked, wish, draw):
    asked.begin()
    for run in range(1, 40):
        draw(f"Timing 7 prompts: run {run} of 40 …")
        time.sleep(0.1)
    asked.end(diagnosis())
examining.execute = execute
from streamlit.web.cli import main
sys.argv = ["streamlit", "run", "app", *sys.argv[1:]]
main()
"""


@pytest.fixture
def quick_doctor(tmp_path: Path) -> Iterator[str]:
    """The app with the quick doctor."""
    yield from serve(tmp_path, ["-c", QUICK_DOCTOR])


def expect_title(page: Page, key: str, text: str) -> None:
    """A drawn chart with this in its heading; while one chart gives way to the next there are two for a moment."""
    expect(page.locator(f".st-key-{key} .js-plotly-plot .gtitle", has_text=text)).to_be_visible()
    expect(page.locator(f".st-key-{key} .js-plotly-plot")).to_have_count(1)


def test_a_situation_crosses_the_line_and_the_address_keeps_it(open_tab):
    page = open_tab("speedup")
    expect_title(page, "surface", "Speed-up over length")
    expect_title(page, "losing", "pays here")
    full = page.get_by_role("radio", name="the batch is full", exact=True).or_(page.get_by_role("button", name="the batch is full", exact=True))
    full.first.click()
    expect_title(page, "losing", "loses here")
    page.wait_for_url(re.compile("at_batch=256"))
    page.reload()
    expect_title(page, "losing", "loses here")
    slider = page.locator(".st-key-at_thousands").get_by_role("slider")
    slider.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect_title(page, "losing", "pays here")


def test_a_picture_is_linked_to_with_its_letters(open_tab):
    page = open_tab("speedup?show=length&alpha=0.5&c=0.3")
    expect_title(page, "length", "At α = 0.5 and c = 0.3")


def test_the_doctor_examines_shows_progress_and_can_be_stopped(quick_doctor, open_tab):  # a tab closes before its server
    page = open_tab("speedup", at=quick_doctor)
    expect(page.locator(".st-key-examine button")).to_be_enabled()
    page.locator(".st-key-examine button").click()
    expect(page.get_by_text(re.compile("run .* of 40"))).to_be_visible()
    page.locator(".st-key-stop button").click()
    expect(page.locator(".st-key-examine button")).to_be_enabled()
    expect(page.get_by_text("Stopped before the end")).to_be_visible()
    expect(page.locator("#verdict")).to_have_count(0)
    page.locator(".st-key-examine button").click()
    expect(page.locator("#verdict")).to_contain_text("1.33x")
    expect(page.locator("#advice")).to_contain_text("Slow draft")
    expect_title(page, "found_0", "1.33× measured")
    page.get_by_role("tab", name="A cycle").click()
    expect_title(page, "found_1", "A cycle: 5.10 ms")
