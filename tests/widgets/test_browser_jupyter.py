"""Players and explorables in a real JupyterLab in a real browser: what only a page can show."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import plotly
import pytest
from playwright.sync_api import Page, expect

from tests.app.serving import WAIT_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

START_S = 120

CELLS = [
    "from specviz import widgets\nplayer = widgets.play('chain-sampled')\nplayer",
    "explorer = widgets.explore('speedup')\nexplorer",
    "from specviz import figures, load_trace\nfigures.token_strip(load_trace('chain'))",
    "import numpy as np\nchecks = widgets.load_checks('04_speculative_sampling')",
    "def overlap_of(p, q):\n    ...\n\n\nchecks.acceptance_rate.check(overlap_of)",
]


# a page on which plotly's own module needs four seconds, as on a slow or busy machine
SLOWLY = """
const Made = Blob;
globalThis.Blob = class extends Made {
  constructor(parts, ...options) {
    super(parts?.[0]?.startsWith?.(BEGIN) ? ["await new Promise((done) => setTimeout(done, 4000));", ...parts] : parts, ...options);
  }
};
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory, root) -> Iterator[str]:
    """A JupyterLab of its own, with one notebook, as ``make course`` writes them."""
    folder: Path = tmp_path_factory.mktemp("lab")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS], metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "player.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += ["--IdentityProvider.token=", "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "JUPYTER_CONFIG_DIR": str(folder / "config")}
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", server)
        yield f"http://127.0.0.1:{port}/lab/tree/player.ipynb"
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert server.poll() is None, "JupyterLab ended before it served anything"
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  loopback
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(f"expected JupyterLab within {START_S} s")


def selected(page) -> str:
    """What the player's menu of decisions says."""
    return page.locator(".widget-dropdown select").first.evaluate("select => select.value")


def title(page) -> str:
    return page.evaluate("() => document.querySelector('.js-plotly-plot').layout.title.text")


def settled(page, where: str):
    """What a question to the page gives when it gives the same twice in a row: the page has come to rest."""
    last, now = None, page.evaluate(where)
    while now != last:
        page.wait_for_timeout(300)
        last, now = now, page.evaluate(where)
    return now


def run_all(lab: str, page: Page) -> list[str]:
    """Open the notebook and run it, until all three pictures are painted; returns the page's errors, which grow."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(lab)
    page.locator(".jp-Notebook").wait_for()
    page.add_style_tag(content=".Toastify { display: none }")  # JupyterLab's offer of news lies over the tree
    page.wait_for_function("() => document.body.innerText.includes('| Idle')")
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).first.click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.js-plotly-plot')].filter(e => e.querySelector('.points path, .barlayer path')).length >= 3"
    )
    return errors


@pytest.fixture(scope="module")
def notebook(lab, kept_page) -> tuple[Page, list[str]]:
    """The notebook in JupyterLab, run; and the page's errors."""
    return kept_page, run_all(lab, kept_page)


def test_an_explorable_redraws_when_its_slider_is_moved_in_jupyterlab(notebook):
    page, errors = notebook
    expect_to_follow(page)
    assert errors == []


def expect_to_follow(page) -> None:
    """The speed-up's picture changes when its first slider is moved."""
    cell = page.locator(".jp-CodeCell").nth(1)
    cell.scroll_into_view_if_needed()
    cell.locator(".js-plotly-plot .points path").first.wait_for(state="attached")
    drawn = "() => JSON.stringify(document.querySelectorAll('.jp-CodeCell')[1].querySelector('.js-plotly-plot').data.map(t => [t.x, t.y]))"
    before = page.evaluate(drawn)
    cell.locator(".noUi-handle").first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"before => ({drawn})() !== before", arg=before)


def test_the_player_is_painted_clicked_stepped_and_scrubbed_by_keyboard_in_jupyterlab(notebook):
    page, errors = notebook
    tree = page.locator(".js-plotly-plot").first
    tree.scroll_into_view_if_needed()
    page.wait_for_function("() => { const e = document.querySelector('.js-plotly-plot'); return Math.abs(e._fullLayout.width - e.clientWidth) < 2 }")
    upload = "() => [...document.querySelectorAll('.js-plotly-plot')].every(e => e._context.showSendToCloud === false)"
    assert page.evaluate(upload), "every figure, widget or not, must be without the upload button"

    # the root of the tree is a trace of its own; the last glyph drawn by the trace "nodes" is the token the target added
    where = "() => { const e = document.querySelector('.js-plotly-plot'), i = e.data.findIndex(t => t.name === 'nodes'), t = e.data[i];"
    where += " const r = e.getBoundingClientRect(), l = e._fullLayout, k = t.x.length - 1;"
    where += " return [r.x + l.xaxis._offset + l.xaxis.d2p(t.x[k]), r.y + l.yaxis._offset + l.yaxis.d2p(t.y[k])] }"
    x, y = settled(page, where)
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    page.mouse.click(x, y)
    page.wait_for_function("() => document.querySelector('.widget-dropdown select').value.includes('last token')")

    page.get_by_text("step ▶").first.click()
    page.wait_for_function("() => document.querySelector('.js-plotly-plot').layout.title.text.includes('Cycle 1')")
    assert "draft 1" in selected(page)

    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.js-plotly-plot').layout.title.text.includes('Cycle 2')")
    assert "Cycle 2" in title(page)
    assert errors == []


def test_an_exercise_is_failed_by_name_and_solved_in_jupyterlab(notebook):
    page, errors = notebook
    cell = page.locator(".jp-CodeCell").nth(4)
    cell.scroll_into_view_if_needed()
    expect(cell.locator(".jp-OutputArea")).to_contain_text("Not written yet", timeout=WAIT_MS)
    for written, said in (("1 - abs(p - q).sum(-1)", "he half is missing"), ("np.minimum(p, q).sum(-1)", "Right")):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(f"def overlap_of(p, q):\n    return {written}\n\n\nchecks.acceptance_rate.check(overlap_of)")
        page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-OutputArea")).to_contain_text(said, timeout=WAIT_MS)
    assert errors == []


def test_a_picture_follows_its_slider_although_plotly_takes_long_to_load_in_jupyterlab(lab, page):
    begin = (Path(plotly.__file__).parent / "package_data" / "widgetbundle.js").read_text(encoding="utf-8")[:60]
    page.add_init_script(SLOWLY.replace("BEGIN", json.dumps(begin)))
    errors = run_all(lab, page)
    expect_to_follow(page)
    assert errors == []
