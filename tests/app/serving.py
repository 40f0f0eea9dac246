"""The app as a process of its own, and what its pages ask for and complain about."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page

ROOT = Path(__file__).parents[2]
WAIT_MS = 120_000  # an upper bound: beside another process a page is slow, which is no failure
START_S = 120
TOKEN = "the-token-of-these-tests"
APP_COMMAND = ["-m", "streamlit", "run", "app"]
HERE = {"127.0.0.1", "localhost", ""}
# on a page with a path of its own Streamlit first looks for the server below that path, and is told 404
PROBES = re.compile(r"/_stcore/(health|host-config)$")


@dataclass
class Watch:
    """What pages asked for and complained about."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("request", lambda request: self._request(request.url))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, url: str) -> None:
        if urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).hostname not in HERE:
            self.outside.append(url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBES.search(message.location.get("url", "")):
            self.errors.append(f"{message.text} ({message.location.get('url')})")


def serve(home: Path, program: list[str], **environment: str) -> Iterator[str]:
    """Run a program that serves the app, on a port of its own and with an empty home; yields its address. ``environment`` adds variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.headless", "true", "--server.port", str(port), "--server.address", "127.0.0.1"]
    # one thread: models this small gain nothing by a second, and two that wait for each other take the whole machine
    fixed = {"HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *program, *options], cwd=ROOT, env={**os.environ, **fixed, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", process, home / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = monotonic() + START_S
    while monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"{url}/_stcore/health", timeout=5):  # noqa: S310  our own server
                return
        except (URLError, OSError):
            sleep(0.2)  # nothing to wait on before the server is there
    pytest.fail(f"the app did not start:\n{log.read_text()}")
