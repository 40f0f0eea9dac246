"""The app under test: pages without a browser and with one, and recorded runs to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.serving import APP_COMMAND, TOKEN, WAIT_MS, Watch, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

APP = Path(__file__).parents[2] / "app"
RUN_TIMEOUT_S = 120


@pytest.fixture(autouse=True)
def _app_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `streamlit run` does: the app's folder can be imported from."""
    monkeypatch.syspath_prepend(str(APP))


@pytest.fixture
def trace():
    """A sampled run with accepted, refused and ignored drafts, corrections and bonuses."""
    from tests.figures.make_trace import sample_chain

    return sample_chain(8, 4, temperature=1.0)


@pytest.fixture
def samples(trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The samples' folder with made-up runs in it, so that no test depends on what the shipped models say."""
    from specviz.trace import store
    from tests.figures.make_trace import make_trace, sample_chain, sample_plain, tree

    monkeypatch.setattr(store, "SAMPLES", tmp_path)
    trace.save(tmp_path / "chain.arrow")
    sample_plain(6).save(tmp_path / "autoregressive.arrow")
    sample_chain(5, 3, temperature=0.0).save(tmp_path / "chain-greedy.arrow")
    make_trace([tree((2, 2), seed=9 * i, levels=i) for i in range(3)], method="rsd").save(tmp_path / "tree.arrow")
    return tmp_path


@pytest.fixture
def open_page(samples: Path) -> Callable[..., AppTest]:
    """Open a page of the app, with a query string if asked."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(APP / "streamlit_app.py"), default_timeout=RUN_TIMEOUT_S)
        for key, value in query.items():
            app.query_params[key] = value
        if name == "start":
            return app.run()
        return app.switch_page(f"views/{name}.py").run()

    return opened


@pytest.fixture(scope="package")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as `specviz app` starts it, for all browser tests: every tab is a session of its own, and ``TOKEN`` in its address opens the gate."""
    yield from serve(tmp_path_factory.mktemp("home"), APP_COMMAND, SPECVIZ_TOKEN=TOKEN)


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window of 1280 x 900."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture
def open_tab(context: BrowserContext, server: str) -> Iterator[Callable[..., Page]]:
    """Open tabs of the app; afterwards none may have asked for anything outside this machine or logged an error."""
    from playwright.sync_api import expect

    watch, pages = Watch(), []
    expect.set_options(timeout=WAIT_MS)

    def opened(path: str = "", at: str = "") -> Page:
        page = context.new_page()
        pages.append(page)
        watch.follow(page)
        page.goto(f"{at or server}/{path}")
        return page

    yield opened
    for page in pages:
        page.close()
    assert watch.outside == []
    assert watch.errors == []
