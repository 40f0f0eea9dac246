"""The package's main jobs in a process of its own, whose environment says what its machine lacks; tests/test_machines.py starts it.

Prints a line of JSON: what was said of the pair, greedy texts in both types of numbers, and what the app showed.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

import specviz as sv
from specviz.cli import app
from specviz.course.chapters import parse
from specviz.course.outputs import Failed
from specviz.course.worker import Cells

ROOT = Path(__file__).resolve().parents[1]
PROMPT = "def add(a, b):\n"


def said(*arguments: str) -> str:
    """What a command says that ends well, else how it ends."""
    done = CliRunner().invoke(app, list(arguments))
    return done.stdout if done.exit_code == 0 else f"exit code {done.exit_code}: {done.output}{done.exception!r}"


def command() -> str:
    """README's first command."""
    return said("run", PROMPT, "--max-new-tokens", "12")


def chapter(name: str) -> list[str]:
    """What failed of a chapter's cells."""
    cells = Cells()
    whole = parse(name, (ROOT / "tutorial" / f"{name}.md").read_text(encoding="utf-8"))
    return [str(output) for cell in whole.cells for output in cells.run(cell.code).outputs if isinstance(output, Failed)]


def live() -> list[str]:
    """What the app's live page says when Generate is pressed."""
    sys.path.insert(0, str(ROOT / "app"))
    page = AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=300).switch_page("views/live.py").run()
    page.number_input("max_new_tokens").set_value(8)
    page.text_area("prompt").set_value(PROMPT).run()
    page.button("generate").click().run()
    wrong = [str(element.value) for element in (*page.exception, *page.error)]
    return wrong or [page.session_state["live"].trace.text]


def texts() -> dict[str, list[str]]:
    """Greedy texts by type of numbers: plain, a chain, a tree."""
    found = {}
    for dtype in ("float32", "bfloat16"):
        pair = sv.load_pair("tiny", dtype=dtype)
        found[dtype] = [sv.generate(pair, PROMPT, method, 16).text for method in ("autoregressive", "chain", "sequoia:nodes=8")]
    return found


def doctor() -> str:
    """The doctor's examination of the default pair, cut short."""
    return said("doctor", PROMPT, "--max-new-tokens", "8", "--repeats", "1", "--rounds", "1")


def main() -> dict[str, Any]:
    """All of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=RuntimeWarning)
        found = {"describe": sv.load_pair("tiny").describe(), "texts": texts()}
    return found | {"command": command(), "doctor": doctor(), "chapter": chapter("04_speculative_sampling"), "live": live()}


if __name__ == "__main__":
    print(json.dumps(main()))
