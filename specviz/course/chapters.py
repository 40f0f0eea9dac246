"""Reads a chapter, ``tutorial/NN_name.md``, into pages of blocks. A page is a ``##`` section; what comes before the first is page 1.

The files are MyST Markdown as jupytext writes it. Only what they use is understood: front matter, text and code cells; the tests hold
the cells against jupytext's own reader, and the blocks' sources together are the file, letter for letter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from specviz.course.checks import tutorial_folder
from specviz.errors import MissingFileError, UnexpectedValueError

Kind = Literal["text", "code", "explorable", "prediction", "exercise"]
_GRADED: tuple[Kind, ...] = ("prediction", "exercise")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_CELL = "```{code-cell}"
_DISPLAY = re.compile(r"^([ ]*)\$\$(.+?)\$\$([^\n]*)$", re.DOTALL | re.MULTILINE)
_TASK = re.compile(r"\bchecks\.(\w+)\.(check|guess|reveal|hint|solution)\(\s*(\w*)")


@dataclass(frozen=True)
class Cell:
    """A code cell: its place among all cells of the chapter, from 0 on, and its code."""

    number: int
    code: str
    tags: tuple[str, ...] = ()

    @property
    def is_comment(self) -> bool:
        """Whether it runs nothing, as the cells that offer a hint."""
        return not ast.parse(self.code).body


@dataclass(frozen=True)
class Block:
    """A piece of a page.

    Attributes:
        kind: what is drawn.
        source: its lines as they stand in the file.
        text: Markdown, of text blocks.
        cells: its code cells; an exercise may have a second one, which offers hints.
        task: the exercise or prediction, by its name among the chapter's checks.
    """

    kind: Kind
    source: str
    text: str = ""
    cells: tuple[Cell, ...] = ()
    task: str = ""

    @property
    def markdown(self) -> str:
        """The text with every displayed formula fenced by lines of its own, as readers that know no other way want it."""
        return _DISPLAY.sub(_fenced, self.text)

    @property
    def stub(self) -> str:
        """What a learner begins an exercise with: the cell without the line that checks it."""
        return re.sub(r"^checks\.\w+\.check\(.*\)\s*$", "", self.cells[0].code, flags=re.MULTILINE).strip() + "\n"

    @property
    def function(self) -> str:
        """The function an exercise checks."""
        found = _TASK.search(self.cells[0].code)
        return found[3] if found else ""


@dataclass(frozen=True)
class Page:
    """A section: its title in plain words, and its blocks in order."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every code cell of the page."""
        return tuple(cell for block in self.blocks for cell in block.cells)


@dataclass(frozen=True)
class Chapter:
    """A chapter: the file's name without its ending, its title, its front matter and its pages."""

    name: str
    title: str
    front: str
    pages: tuple[Page, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every code cell in order; ``cells[i].number == i``."""
        return tuple(cell for page in self.pages for cell in page.cells)

    def revealed_in(self, task: str) -> int | None:
        """The number of the cell that gives a prediction's answer."""
        return next((cell.number for cell in self.cells if f"checks.{task}.reveal(" in cell.code), None)

    def imports(self) -> str:
        """The chapter's imports of other people's packages, which an exercise may rest on; a line each."""
        trees = [node for cell in self.cells for node in ast.parse(cell.code).body]
        return "\n".join(ast.unparse(node) for node in trees if isinstance(node, ast.Import | ast.ImportFrom) and not _is_heavy(node))


@dataclass(frozen=True)
class Explored:
    """A call of ``widgets.explore`` as it is written: values that are plain literals, and names of those a run must give."""

    name: str
    given: dict[str, Any]
    of_run: tuple[str, ...]


def chapter_names() -> list[str]:
    """The chapters there are, in order."""
    return sorted(path.stem for path in tutorial_folder().glob("[0-9]*.md"))


def load_chapter(name: str) -> Chapter:
    """Read a chapter by its name, such as ``04_speculative_sampling``; read again only when the file has changed.

    Raises:
        FileNotFoundError: when there is none.
    """
    path = tutorial_folder() / f"{name}.md"
    if name not in chapter_names():
        raise MissingFileError(f"one of the chapters ({', '.join(chapter_names())})", repr(name))
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> Chapter:  # noqa: ARG001  a chapter that was written anew is read anew
    return parse(path.stem, path.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Chapter:
    """Read a chapter's text."""
    front = match[0] if (match := _FRONT.match(text)) else ""
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    pages: list[list[Block]] = [[]]
    for block in _joined(_blocks(text[len(front) :])):
        if block.text.lstrip("\n").startswith("## ") and pages[-1]:
            pages.append([])
        pages[-1].append(block)
    title = heading[1].strip() if heading else name
    return Chapter(name, title, front, tuple(Page(_title(blocks, title), tuple(blocks)) for blocks in pages))


def explored(block: Block) -> Explored:
    """What an explorable's cell asks for.

    Raises:
        ValueError: for a block that shows none.
    """
    call = _explore_call(block.cells[0].code) if block.cells else None
    if call is None:
        raise UnexpectedValueError("a cell that ends with widgets.explore('name', ...)", repr(block.source[:80]))
    given, of_run = {}, []
    for keyword in call.keywords:
        try:
            given[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except ValueError:
            of_run.append(str(keyword.arg))
    return Explored(str(ast.literal_eval(call.args[0])), given, tuple(of_run))


def _fenced(found: re.Match[str]) -> str:
    """A formula at the start of a line, indented as it was; what follows it on its line comes after it."""
    indent, formula, rest = found.groups()
    lines = [f"{indent}$$", *(f"{indent}{line.strip()}" for line in formula.strip().splitlines()), f"{indent}$$"]
    return "\n".join([*lines, *([indent + rest.strip()] if rest.strip() else [])])


def _pieces(body: str) -> Iterator[tuple[bool, str]]:
    """(is a code cell, its lines), in order; a ``##`` begins a new piece of text."""
    held: list[str] = []
    is_code = is_fenced = False
    for line in body.splitlines(keepends=True):
        opens = not is_fenced and line.startswith("```")
        if held and ((opens and line.startswith(_CELL)) or (not is_fenced and line.startswith("## "))):
            yield is_code, "".join(held)
            held = []
        held.append(line)
        if opens:
            is_fenced, is_code = True, line.startswith(_CELL)
        elif is_fenced and line.rstrip() == "```":
            is_fenced = False
            if is_code:
                yield True, "".join(held)
                held, is_code = [], False
    if held:
        yield is_code, "".join(held)


def _blocks(body: str) -> Iterator[Block]:
    number = 0
    for is_code, source in _pieces(body):
        if not is_code:
            yield Block("text", source, text=source.strip("\n"))
            continue
        cell = _cell(number, source)
        number += 1
        task = found[1] if (found := _TASK.search(cell.code)) else ""
        yield Block(_kind(cell), source, cells=(cell,), task=task)


def _cell(number: int, source: str) -> Cell:
    lines = source.splitlines()[1:-1]
    tags: tuple[str, ...] = ()
    if lines and lines[0].startswith(":tags:"):
        tags = tuple(tag.strip() for tag in lines.pop(0).removeprefix(":tags:").strip(" []").split(","))
    return Cell(number, "\n".join(lines).strip("\n"), tags)


def _kind(cell: Cell) -> Kind:
    for tag in _GRADED:
        if tag in cell.tags:
            return tag
    return "explorable" if _explore_call(cell.code) else "code"


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """An exercise takes in the blank lines and the cell of hints that follow it; blank text goes with what stands before it."""
    held: Block | None = None
    for block in blocks:
        is_blank = block.kind == "text" and not block.text.strip()
        offers = block.kind == "code" and held is not None and held.kind == "exercise" and block.task == held.task and block.cells[0].is_comment
        if held is not None and (is_blank or offers):
            held = Block(held.kind, held.source + block.source, held.text, held.cells + block.cells, held.task)
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held


def _title(blocks: list[Block], chapter: str) -> str:
    first = blocks[0].text.lstrip("\n") if blocks else ""
    return first.splitlines()[0].removeprefix("## ").strip() if first.startswith("## ") else chapter.partition("·")[2].strip() or chapter


def _explore_call(code: str) -> ast.Call | None:
    """The call of ``widgets.explore`` a cell ends with."""
    body = ast.parse(code).body
    call = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    is_one = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "explore"
    return call if is_one and isinstance(call, ast.Call) else None


def _is_heavy(node: ast.Import | ast.ImportFrom) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return any(name.partition(".")[0] in ("specviz", "torch", "transformers") for name in names)
