"""``specviz app``: the web app, on this machine."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

PACKAGE = Path(__file__).parent.parent
PLACES = (PACKAGE / "_app", PACKAGE.parent / "app")
"""Where the app's folder may be: inside an installed package, or beside it in a checkout."""


def serve(
    port: Annotated[int, typer.Option(help="Where it listens.")] = 8501,
    address: Annotated[str, typer.Option(help="Who may reach it: localhost for this machine alone, 0.0.0.0 for a class.")] = "localhost",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Open the web app; Ctrl-C ends it."""
    script = find_app()
    if find_spec("streamlit") is None:
        raise ImportError("expected streamlit to be installed for the app, it is not; install it with: pip install streamlit")
    options = {"server.port": port, "server.address": address, "server.headless": str(headless).lower(), "browser.gatherUsageStats": "false"}
    command = [sys.executable, "-m", "streamlit", "run", str(script), *(f"--{name}={value}" for name, value in options.items())]
    try:
        code = subprocess.run(command, cwd=script.parent, check=False).returncode  # noqa: S603  our own app
    except KeyboardInterrupt:
        code = 0  # that is how one ends it
    raise typer.Exit(code)


def find_app() -> Path:
    """The app's script.

    Raises:
        FileNotFoundError: when it is in none of its places.
    """
    for folder in PLACES:
        if (folder / "streamlit_app.py").exists():
            return folder / "streamlit_app.py"
    places = " or ".join(str(folder) for folder in PLACES)
    raise FileNotFoundError(f"expected the app (streamlit_app.py) in {places}, found none; run specviz from a checkout or install the whole package")
