"""The two labs in a real Chromium: bars are dragged, bugs are planted."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def bar(page: Page, which: str, name: str) -> Locator:
    """The slider of one token's probability."""
    return page.get_by_role("slider", name=f"{which} of {name}", exact=True)


def value(page: Page, which: str, name: str) -> float:
    return float(bar(page, which, name).get_attribute("aria-valuenow") or "nan")


def law(page: Page, which: str) -> list[int]:
    """A law as the address has it."""
    return [int(part) for part in parse_qs(urlsplit(page.url).query)[which][0].split("-")]


def test_a_bar_is_dragged_and_the_laws_stay_laws_through_a_reload(open_tab):
    page = open_tab("distribution?shape=disagree&tokens=5&tq=1.5")
    alpha = page.locator(".sv-fact .v").first
    expect(alpha).to_be_visible()
    before = alpha.inner_text()
    bar(page, "q", "mat").hover()  # waits until the picture has settled
    place = bar(page, "q", "mat").bounding_box()
    assert place is not None
    middle = place["x"] + place["width"] / 2
    page.mouse.move(middle, place["y"] + place["height"] * 0.8)
    page.mouse.down()
    page.mouse.move(middle, place["y"] + place["height"] * 0.15, steps=4)
    held = value(page, "q", "mat")  # the picture follows the hand before the server knows
    page.mouse.up()
    assert held > 0.3
    expect(alpha).not_to_have_text(before)
    expect(page.get_by_text("Shaped by hand.")).to_be_visible()
    page.wait_for_url(re.compile("q="))
    assert abs(sum(law(page, "q")) - 10_000) <= 3
    assert abs(law(page, "q")[0] / 10_000 - held) < 0.006
    assert "tq" not in page.url  # what is seen is what there is
    now = alpha.inner_text()
    page.reload()
    expect(page.locator(".sv-fact .v").first).to_have_text(now)
    assert abs(value(page, "q", "mat") - held) < 0.006


def test_a_bar_is_moved_with_keys(open_tab):
    page = open_tab("distribution?shape=uniform&tokens=4")
    expect(page.locator(".sv-fact .v").first).to_be_visible()
    bar(page, "q", "rug").focus()
    for key in ("PageUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    expect(bar(page, "q", "rug")).to_have_attribute("aria-valuenow", "0.370")
    page.wait_for_url(re.compile("q="))
    assert law(page, "q") == [2100, 3700, 2100, 2100]


def test_planting_a_bug_makes_the_test_fail_and_taking_it_out_makes_it_pass(open_tab):
    page = open_tab("losslessness")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("radio", name="residual left out").or_(page.get_by_role("button", name="residual left out")).first.click()
    expect(page.get_by_text("The test fails.")).to_be_visible()
    expect(page.get_by_text("How people meet it")).to_be_visible()
    expect(page.locator(".st-key-outputs .js-plotly-plot")).to_have_count(1)
    page.wait_for_url(re.compile("bug=residual"))
    page.reload()
    expect(page.get_by_text("The test fails.")).to_be_visible()
    page.get_by_role("radio", name="no bug").or_(page.get_by_role("button", name="no bug")).first.click()
    expect(page.get_by_text("Nothing found")).to_be_visible()
