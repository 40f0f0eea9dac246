"""Find a Chromium for the browser tests, or get one. Prints its path.

Looks on the PATH and among Playwright's own downloads; then tries ``playwright install chromium``; then, as root on a Debian
or Ubuntu, ``apt-get install chromium`` with fonts. When all fails it says what to do, and the browser tests fail rather than
pass unrun.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
PACKAGES = ("chromium", "fonts-liberation", "fonts-dejavu-core")  # letters, and marks such as ◆ and ★; what else is recommended is for printing
HELP = """\
specviz: no Chromium found, and none could be installed; the browser tests will fail.
  Install Chromium or Chrome so that `chromium` or `google-chrome` is on the PATH (Debian, Ubuntu: apt-get install chromium),
  or name its program:           SPECVIZ_CHROMIUM=/path/to/chrome make test
  or leave these tests out:      SPECVIZ_NO_BROWSER=1 make test"""


def is_working(program: str | None) -> bool:
    """Say whether this browser starts at all; a download without its system libraries does not."""
    if program is None or shutil.which(program) is None:
        return False
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def playwright_chromium() -> str | None:
    """Return where Playwright keeps its own Chromium, whether it is there or not."""
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() or None


def find() -> str | None:
    """Return the path of a Chromium that starts; None when there is none."""
    named = os.environ.get("SPECVIZ_CHROMIUM")
    if named:
        return named if is_working(named) else None
    for name in NAMES:
        path = shutil.which(name)
        if is_working(path):
            return path
    path = playwright_chromium()
    return path if is_working(path) else None


def attempt(command: list[str], seconds: int) -> None:
    """Run one step of an installation, its output on stderr; a step that fails or hangs is reported and passed over."""
    shown = " ".join(command)
    print(f"specviz: trying {shown} (at most {seconds} s)", file=sys.stderr)
    process = subprocess.Popen(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        outcome = str(process.wait(seconds))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its helpers hang with it
        process.wait()
        outcome = "no answer"
    if outcome != "0":
        print(f"specviz: {shown} failed ({outcome})", file=sys.stderr)


def install() -> str | None:
    """Try to get a Chromium; return its path, None when nothing worked."""
    attempt([sys.executable, "-m", "playwright", "install", "chromium"], 180)
    if (path := find()) is not None:
        return path
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        attempt(["apt-get", "update", "-qq"], 120)
        attempt(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], 300)
    return find()


def main() -> int:
    """Print the path of a Chromium, installing one if need be; exit 1 with advice when there is none."""
    path = find() or install()
    print(path if path else HELP, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
