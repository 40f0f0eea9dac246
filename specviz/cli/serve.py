"""``specviz app``: the web app, on this machine."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import threading
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import Annotated
from urllib.error import URLError
from urllib.request import urlopen

import typer
from rich.text import Text

from specviz.cli.terminal import console
from specviz.errors import MissingFileError, MissingPackageError, UnexpectedValueError

PACKAGE = Path(__file__).parent.parent
PLACES = (PACKAGE / "_app", PACKAGE.parent / "app")
"""Where the app's folder may be: inside an installed package, or beside it in a checkout."""
TOKEN = "SPECVIZ_TOKEN"
"""How the app learns the token by which it knows who sits at this machine: not on the command line, which other accounts can read."""
_OWN = ("localhost", "127.0.0.1", "::1")
_TRIES, _PAUSE_S = 600, 0.1


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8501,
    address: Annotated[str, typer.Option(help="Who may reach it: localhost for this machine alone, 0.0.0.0 for a class.")] = "localhost",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
    watch: Annotated[str, typer.Option(help="auto: draw pages anew when their code changes.")] = "none",
) -> None:
    """Open the web app; Ctrl-C ends it. On this machine alone the address holds a token, by which it knows you."""
    script = find_app()
    if find_spec("streamlit") is None:
        raise MissingPackageError("streamlit to be installed for the app", "none", "install it with: pip install streamlit")
    token = secrets.token_urlsafe(24) if address in _OWN else ""
    url = address_of(address, port, token)
    _require_free(address, port)
    console().print(Text(f"open  {url}"), soft_wrap=True)  # on one line, however narrow the terminal
    if not headless and _has_screen():
        threading.Thread(target=_open, args=(address_of(address, port), url), daemon=True).start()
    try:
        code = subprocess.run(_command(script, address, port, watch), cwd=script.parent, check=False, env={**os.environ, TOKEN: token}).returncode  # noqa: S603  our own app
    except KeyboardInterrupt:
        code = 0  # that is how one ends it
    raise typer.Exit(code)


def address_of(address: str, port: int, token: str = "") -> str:
    """What to type into a browser: this machine's name where others may come in, too."""
    host = f"[{address}]" if address == "::1" else address if address in _OWN else socket.gethostname()
    return f"http://{host}:{port}/{f'?token={token}' if token else ''}"


def _command(script: Path, address: str, port: int, watch: str) -> list[str]:
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": "true",  # the browser is opened here, at the address with the token
        "server.fileWatcherType": watch,
        "browser.gatherUsageStats": "false",
        "logger.hideWelcomeMessage": "true",  # it prints addresses without the token
    }
    if address not in _OWN:
        options |= {"browser.serverAddress": socket.gethostname()}  # pages under this name may talk to it
    return [sys.executable, "-m", "streamlit", "run", str(script), *(f"--{name}={value}" for name, value in options.items())]


def _require_free(address: str, port: int) -> None:
    """Never send a browser with our token to a program that was there before."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise UnexpectedValueError(
                f"a free port on {address}", f"{port}: {error.strerror}", "choose another with --port (PORT= for make)"
            ) from None


def _has_screen() -> bool:
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(server: str, url: str) -> None:
    """Open the browser as soon as the app answers."""
    for _ in range(_TRIES):
        try:
            with urlopen(f"{server}_stcore/health", timeout=5):  # noqa: S310  our own server
                webbrowser.open(url)
                return
        except (URLError, OSError):
            sleep(_PAUSE_S)


def find_app() -> Path:
    """The app's script.

    Raises:
        FileNotFoundError: when it is in none of its places.
    """
    for folder in PLACES:
        if (folder / "streamlit_app.py").exists():
            return folder / "streamlit_app.py"
    raise MissingFileError(
        "the app (streamlit_app.py) inside the package or beside it", "none", "run specviz from a checkout or install the whole package"
    )
