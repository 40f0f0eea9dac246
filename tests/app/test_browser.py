"""The app in a real Chromium: what a reader does, from the first paint to a link that still works after a reload."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.app.serving import serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
FIRST_PAINT_S = 60
# the app with an engine that rests after every cycle, so that a reader's click comes while it runs on any machine
SLOW_APP = """
import sys, time
from specviz.engine import stream
decoded = stream.decoded
def slowly(*arguments):
    for step in decoded(*arguments):
        time.sleep(0.1)
        yield step
stream.decoded = slowly
from streamlit.web.cli import main
sys.argv = ["streamlit", "run", "app", *sys.argv[1:]]
main()
"""


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[str]:
    """The app with a slow engine."""
    yield from serve(tmp_path, ["-c", SLOW_APP])


def generate(page: Page, prompt: str, tokens: int) -> None:
    """Type a prompt and a length, and press Generate."""
    box = page.locator(".st-key-prompt textarea")
    box.fill(prompt)
    box.press("Control+Enter")
    length = page.locator(".st-key-max_new_tokens input")
    length.fill(str(tokens))
    length.press("Enter")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.locator(".st-key-generate button").click()


def expect_done(page: Page) -> None:
    expect(page.locator(".st-key-explore button")).to_be_visible()
    expect(page.locator(".st-key-generate button")).to_be_enabled()


def verdict(page: Page, cycle: int, node: int):
    return page.locator(f'.sv-verdict[data-cycle="{cycle}"][data-node="{node}"]')


def shown_place(page: Page) -> tuple[int, int]:
    box = page.locator(".sv-verdict")
    return int(box.get_attribute("data-cycle") or 0), int(box.get_attribute("data-node") or 0)


def marker(page: Page, node: int):
    """The marker of a node in the drawn tree."""
    chart = page.locator(".st-key-tree .js-plotly-plot")
    expect(chart).to_have_count(1)  # while one tree gives way to the next there are two for a moment
    where = "const i = plot.data.findIndex(t => t.name === 'nodes'); return [i, plot.data[i].customdata.findIndex(d => d[1] === node)]"
    trace, point = chart.evaluate(f"(plot, node) => {{ {where} }}", node)
    return chart.locator(f".scatterlayer > g.trace:nth-of-type({trace + 1}) .points > path.point:nth-of-type({point + 1})")


def test_start_paints_and_is_already_playing(open_tab):
    begin = monotonic()
    page = open_tab("")
    expect(page.locator(".player .say")).not_to_be_empty()
    seconds = monotonic() - begin
    sys.stdout.write(f"first paint of Start with the player in it: {seconds:.1f} s\n")
    assert seconds < FIRST_PAINT_S
    expect(page.locator(".player .bar .main")).to_contain_text("Pause")
    first = page.locator(".player .where").inner_text()
    expect(page.locator(".player .where")).not_to_have_text(first)  # nobody touched it


def test_the_player_can_be_stepped_and_a_token_questioned(open_tab):
    page = open_tab("")
    page.locator(".player .bar .main").click()
    expect(page.locator(".player .bar .main")).to_contain_text("Play")
    text = page.locator(".player .text")
    before = len(text.inner_text())
    for _ in range(6):
        page.get_by_label("One moment on").click()
    assert len(text.inner_text()) > before
    page.locator(".player svg .node").first.click()
    expect(page.locator(".sv-verdict")).to_be_visible()


def test_a_reader_generates_steps_clicks_a_node_and_finds_it_again_after_a_reload(open_tab):
    page = open_tab("live")
    generate(page, "def add(a, b):\n    return", 12)
    expect_done(page)
    page.locator(".st-key-explore button").click()
    expect(page.locator(".sv-verdict")).to_be_visible()
    expect(page.locator(".st-key-tree .js-plotly-plot")).to_be_visible()
    cycle, _ = shown_place(page)
    page.keyboard.press("ArrowRight" if cycle == 0 else "ArrowLeft")
    cycle += 1 if cycle == 0 else -1
    expect(page.locator(f'.sv-verdict[data-cycle="{cycle}"]')).to_be_visible()
    expect(page.locator(".st-key-tree .gtitle", has_text=f"Cycle {cycle}:")).to_be_visible()
    target = -1 if shown_place(page)[1] != -1 else 0
    marker(page, target).click(force=True)
    expect(verdict(page, cycle, target)).to_be_visible()
    expect(verdict(page, cycle, target)).to_contain_text(re.compile("accepted|refused|ignored|corrected|bonus"))
    expect(marker(page, target)).to_have_css("stroke-width", "5px")
    query = parse_qs(urlsplit(page.url).query)
    assert query["node"] == [str(target)]
    words = verdict(page, cycle, target).inner_text()
    page.reload()
    expect(verdict(page, cycle, target)).to_have_text(words, use_inner_text=True)


def test_keys_and_clicks_choose_nodes_in_turn(open_tab):
    """A marker clicked twice with a key press between: Plotly reports the second click as a deselection."""
    page = open_tab("explorer?trace=chain&cycle=1&node=0")
    expect(verdict(page, 1, 0)).to_be_visible()
    marker(page, 1).click(force=True)
    expect(verdict(page, 1, 1)).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    expect(verdict(page, 1, 1)).to_have_count(0)
    marker(page, 1).click(force=True)
    expect(verdict(page, 1, 1)).to_be_visible()
    expect(marker(page, 1)).to_have_css("stroke-width", "5px")


def test_a_click_in_the_text_goes_to_its_cycle(open_tab):
    page = open_tab("explorer?trace=chain&cycle=0")
    expect(page.locator(".st-key-strip .js-plotly-plot")).to_be_visible()
    points = page.locator(".st-key-strip .scatterlayer .points > path.point")
    expect(points.last).to_be_attached()
    points.last.scroll_into_view_if_needed()
    points.last.click(force=True)
    expect(page.locator('.sv-verdict[data-cycle="0"]')).to_have_count(0)
    assert shown_place(page)[0] > 0


def test_a_step_redraws_the_tree_in_a_moment(open_tab):
    """From the key to the next tree on the screen; the time is printed, the bound leaves room for a busy machine."""
    page = open_tab("explorer?trace=tree-exact&cycle=0")
    expect(page.locator(".st-key-tree .js-plotly-plot")).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    times = []
    for cycle in range(1, 6):
        page.evaluate(f"""() => {{
            window.stepped = new Promise(done => {{
                const seen = () => [...document.querySelectorAll('.st-key-tree .gtitle')].some(t => t.textContent.startsWith('Cycle {cycle}:'));
                const look = begin => seen() ? done(performance.now() - begin) : requestAnimationFrame(() => look(begin));
                document.addEventListener('keydown', () => look(performance.now()), {{once: true}});
            }});
        }}""")
        page.keyboard.press("ArrowRight")
        times.append(page.evaluate("() => window.stepped") / 1e3)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    sys.stdout.write(f"a step: {', '.join(f'{seconds:.2f}' for seconds in times)} s from key to tree\n")
    assert min(times) < 2.0


def test_a_reader_judges_a_cycle_again_and_goes_back_to_the_record(open_tab):
    page = open_tab("explorer?trace=tree-exact&cycle=1")
    page.get_by_role("tab", name="Judge again").click()
    said = page.locator("#again")
    expect(said).to_contain_text("This is the record")
    page.locator(".st-key-reroll button").click()
    expect(said).to_contain_text("with the coins of seed 0")
    expect(page.locator(".st-key-again .gtitle", has_text="Cycle 1 judged again by").first).to_be_visible()
    thumb = page.locator(".st-key-coin input[type=range]")
    thumb.focus()
    thumb.press("ArrowLeft" if float(thumb.input_value()) > 0.5 else "ArrowRight")
    expect(said).to_contain_text("with the coin of")
    expect(page.locator(".sv-verdict").first).to_have_attribute("data-cycle", "1")  # the slider's arrow key is no step to another cycle
    page.locator(".st-key-restore button").click()
    expect(said).to_contain_text("This is the record")


def test_a_click_in_the_mask_chooses_the_node(open_tab):
    page = open_tab("explorer?trace=tree-exact&cycle=1&node=0")
    page.get_by_role("tab", name="Mask and KV").click()
    chart = page.locator(".st-key-mask .js-plotly-plot")
    expect(chart).to_be_visible()
    points = chart.locator(".scatterlayer .points > path.point")  # nothing else here has markers
    points.nth(4).click(force=True)
    expect(verdict(page, 1, 4)).to_be_visible()
    expect(page.locator(".st-key-mask .gtitle", has_text="Node 4 ")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["node"] == ["4"]


def test_two_tabs_generating_at_once_both_finish(open_tab):
    tabs = [open_tab("live"), open_tab("live")]
    for tab in tabs:
        generate(tab, "class Stack:\n", 24)
    for tab in tabs:
        expect_done(tab)
        expect(tab.locator(".st-key-race .js-plotly-plot")).to_be_visible()
    assert tabs[0].locator(".sv-lane").first.inner_text() == tabs[1].locator(".sv-lane").first.inner_text()


def test_stop_works_at_once_and_the_next_run_gets_its_turn(slow_server: str, open_tab):  # a tab closes before its server
    page = open_tab("live", slow_server)
    generate(page, "def add(a, b):\n    return", 1000)
    expect(page.locator(".sv-lane").first).to_contain_text("def add(a, b):")
    page.locator(".st-key-stop button").click()
    begin = monotonic()
    expect(page.get_by_text("Stopped.")).to_be_visible(timeout=20_000)
    # a cycle of this engine takes 0.1 s: the run itself would go on for half a minute and more
    assert monotonic() - begin < 10
    expect(page.locator(".st-key-generate button")).to_be_enabled()
    generate(page, "def add(a, b):\n    return", 8)
    expect(page.get_by_text("Stopped.")).to_have_count(0)
    expect_done(page)
