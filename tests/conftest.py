"""What every test may use: no network beyond this machine, one way of drawing examples, a real browser."""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.app.serving import WAIT_MS
from tools import browser as browser_tool

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
os.environ.setdefault("STREAMLIT_SERVER_HEADLESS", "true")
os.environ.setdefault("SPECVIZ_DTYPES", str(Path(tempfile.gettempdir()) / "specviz-tests-dtypes.json"))
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch comes: workers that each take every core only wait for each other
    os.environ.pop("COLUMNS", None)  # a worker inherits the width of some terminal, and tables would be cut to it

settings.register_profile(
    "specviz",
    deadline=None,  # a shared machine is slow now and then; slowness is no counterexample
    derandomize=True,  # the same examples everywhere: a red run can be repeated
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("specviz")

ROOT = Path(__file__).resolve().parent.parent
NO_BROWSER = os.environ.get("SPECVIZ_NO_BROWSER") == "1"
BROWSERS = "the browser tests"
BROWSER_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def is_outside(address: object) -> bool:
    """Say whether a socket address leaves this machine; Unix sockets and loopback do not."""
    if not isinstance(address, tuple):
        return False
    host = str(address[0])
    if host in {"", "localhost"}:
        return False
    try:
        return not ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return True


@pytest.fixture(autouse=True, scope="session")
def offline() -> Iterator[None]:
    """specviz promises to work without a network: a connection that leaves the machine fails the test that opened it."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if is_outside(address):
            raise AssertionError(f"expected no connection beyond this machine, got one to {address}")
        real_connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True, scope="session")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Exercises write down what was tried: here, not in the file of whoever runs the tests."""
    path = tmp_path_factory.mktemp("learner") / "progress.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPECVIZ_PROGRESS", str(path))
        yield path


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; the test fails without one, unless SPECVIZ_NO_BROWSER=1 says that this is wanted."""
    if NO_BROWSER:
        pytest.skip("SPECVIZ_NO_BROWSER=1")
    path = browser_tool.find()
    if path is None:
        pytest.fail(browser_tool.HELP, pytrace=False)
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for a module; no longer, for Playwright keeps an event loop open that other tests would trip over."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGS)
        yield browser
        browser.close()


@contextmanager
def opened_page(browser: Browser) -> Iterator[Page]:
    """A fresh page; at its end, no request may have left this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    outside: list[str] = []
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.on("request", lambda request: outside.append(request.url) if is_outside_url(request.url) else None)
    yield page
    context.close()
    assert outside == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page for one test."""
    with opened_page(browser) as page:
        yield page


@pytest.fixture(scope="module")
def kept_page(browser: Browser) -> Iterator[Page]:
    """One page for a module, where opening takes longer than what is tested."""
    with opened_page(browser) as page:
        yield page


def is_outside_url(url: str) -> bool:
    """Say whether a page's request leaves this machine."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss"} and is_outside((parts.hostname or "",))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first: the browser tests, then files with slow tests. Browser tests that are left out are loud skips."""
    for item in items:
        if NO_BROWSER and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="SPECVIZ_NO_BROWSER=1"))
    slow = {share_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
    rank = {share: (share != BROWSERS, share not in slow) for share in map(share_of, (item.nodeid for item in items))}
    items.sort(key=lambda item: rank[share_of(item.nodeid)])


def share_of(nodeid: str) -> str:
    """What is run by one process: a file, and all files that drive a browser together, so that one browser is busy at a time."""
    file = nodeid.partition("::")[0]
    return BROWSERS if file.rpartition("/")[2].startswith("test_browser") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several processes (`make test`), each takes the next share when it has finished one, in the order above."""
    from xdist.scheduler import LoadScopeScheduling

    class ByShare(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid)

    config.option.loadscopereorder = False
    return ByShare(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say so when the browser tests were left out."""
    if NO_BROWSER:
        terminalreporter.write_line("specviz: the browser tests were NOT run (SPECVIZ_NO_BROWSER=1)", yellow=True, bold=True)
