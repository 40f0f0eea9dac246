"""Text for a terminal: coloured where that is wanted, and never able to command it."""

from __future__ import annotations

import json
import math
import os
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from specviz.errors import SpecvizError, said_of, words
from specviz.files import output, whole_file

_REORDERING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_COMMANDS = {"Cc", "Cs", "Zl", "Zp"}


def console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is; colours only on a terminal, and not when NO_COLOR is set."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal without ★ gets a question mark, not a traceback
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False, color_system=None if os.environ.get("NO_COLOR") else "auto")
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = 200  # a file or another program has no window that lines would have to fit
    return made


def harmless(text: str) -> str:
    r"""Text with everything written out that a terminal would obey: escape sequences, carriage returns, direction overrides.

    Newlines and tabs stay, everything else that is a control character becomes ``\x1b`` and the like.
    """
    return "".join(_written_out(letter) for letter in text)


def _written_out(letter: str) -> str:
    if letter in "\n\t" or (unicodedata.category(letter) not in _COMMANDS and letter not in _REORDERING):
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str) -> str:
    """Harmless text on one line."""
    return " ".join(harmless(text).split())


def report_error(error: BaseException) -> None:
    """Say on stderr, in one line, what went wrong; an error that is none of ours is a fault of the program, and says so."""
    console(stderr=True).print(Text.assemble(("specviz: ", "bold"), one_line(_said(error))), soft_wrap=True)


def _said(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, SpecvizError) or text.startswith("expected "):
        return text
    if isinstance(error, MemoryError):
        return "expected the work to fit into this machine's memory, got none left; choose smaller models, a shorter text or fewer nodes"
    if isinstance(error, OSError):
        place = f" ({Path(os.fsdecode(error.filename)).name})" if isinstance(error.filename, str | bytes) else ""
        return f"expected to get to the end, got {words(said_of(error)) or type(error).__name__}{place}; free what is needed and run again"
    if isinstance(error, ImportError):
        return f"expected every package to be installed, got {words(error)}; install specviz anew"
    got = f"{type(error).__name__}: {words(error)}"
    return f"expected to get to the end, got {got}; this is a fault of specviz: run again as specviz --debug … and report what it prints"


def json_place(path: Path | None) -> Path | None:
    """Where ``--json`` shall write, checked before there is any work to lose."""
    return path if path is None else output("--json", path)


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report as a whole."""
    with whole_file("--json", path) as place:
        place.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def facts(rows: list[tuple[str, str]]) -> Table:
    """Names and values side by side."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(name), Text(one_line(value)))
    return table


def size_words(size: int) -> str:
    """Bytes in words."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def share_words(share: float) -> str:
    """A share as a percentage; what was not measured says so."""
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"
