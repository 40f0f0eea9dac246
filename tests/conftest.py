"""What every test may use: no network beyond this machine, one way of drawing examples, a real browser."""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

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


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; at its end, no request may have left this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    outside: list[str] = []
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("request", lambda request: outside.append(request.url) if is_outside_url(request.url) else None)
    yield page
    context.close()
    assert outside == []


def is_outside_url(url: str) -> bool:
    """Say whether a page's request leaves this machine."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss"} and is_outside((parts.hostname or "",))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests run when asked to be left out, too, as loud skips."""
    for item in items:
        if NO_BROWSER and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="SPECVIZ_NO_BROWSER=1"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say so when the browser tests were left out."""
    if NO_BROWSER:
        terminalreporter.write_line("specviz: the browser tests were NOT run (SPECVIZ_NO_BROWSER=1)", yellow=True, bold=True)
