"""Make notebooks/ from tutorial/: one notebook for each ``NN_name.md``, byte for byte the same on every machine.

Usage: ``python tools/notebooks.py`` writes them; ``--check`` changes nothing and says which are out of date.
jupytext reads the text; cells get ids from their position instead of random ones, so that two runs agree.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def render(chapter: Path) -> str:
    """Return the text of a chapter's notebook."""
    notebook = jupytext.read(chapter, fmt="md:myst")
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:03d}"
    # Without a kernelspec JupyterLab asks which kernel to use, and runs nothing.
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook, version=4)).rstrip("\n") + "\n"


def wanted(root: Path) -> dict[Path, str]:
    """Map each notebook that should exist below ``root`` to its text."""
    return {root / "notebooks" / f"{path.stem}.ipynb": render(path) for path in sorted((root / "tutorial").glob("[0-9]*.md"))}


def out_of_date(root: Path) -> list[str]:
    """List what differs: notebooks that are missing or stale, and notebooks without a chapter."""
    notebooks = wanted(root)
    stale = [path for path, text in notebooks.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    orphans = [path for path in sorted((root / "notebooks").glob("*.ipynb")) if path not in notebooks]
    return [path.relative_to(root).as_posix() for path in (*stale, *orphans)]


def write(root: Path) -> None:
    """Write every notebook; remove those whose chapter is gone."""
    notebooks = wanted(root)
    (root / "notebooks").mkdir(exist_ok=True)
    for path in (root / "notebooks").glob("*.ipynb"):
        if path not in notebooks:
            path.unlink()
    for path, text in notebooks.items():
        path.write_text(text, encoding="utf-8")
    print(f"notebooks: {len(notebooks)} written from tutorial/")


def main() -> int:
    """Write the notebooks, or with ``--check`` compare them."""
    if "--check" not in sys.argv[1:]:
        write(ROOT)
        return 0
    stale = out_of_date(ROOT)
    print("\n".join([f"out of date: {', '.join(stale)}; run `make course`"] if stale else ["notebooks: up to date"]))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
