"""Chapters 4 and 5 run from a clean kernel, and show what their text says where no clock and no model has a say."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow


def run(root, chapter):
    """Every text output of the chapter's notebook."""
    notebook = nbformat.read(root / "notebooks" / f"{chapter}.ipynb", as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONPATH", str(root))
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(root / "notebooks")}}).execute()
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    return "\n".join(out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in outputs)


def test_chapter_4_finds_both_rules_exact_and_its_bugs_not(root):
    shown = run(root, "04_speculative_sampling")
    errors = [float(x) for x in re.findall(r"(?:largest difference.*:|beginnings:|largest error) +(\d\S*)", shown)]
    assert len(errors) == 5
    assert max(errors) < 1e-12
    means = re.search(r"drafts kept on average: \{'rejection': ([\d.]+), 'block': ([\d.]+)\}", shown)
    assert float(means[2]) > float(means[1])
    assert re.search(r"\n2 +1.1111 +1.2222", shown), "10/9 and 11/9, the paper's example"
    off = {name: float(x) for name, x in re.findall(r"\n(no bug|residual left out|q from the wrong temperature|p one row off) +([\d.]+)", shown)}
    assert off.pop("no bug") == 0
    assert len(off) == 3
    assert min(off.values()) > 0.01


def test_chapter_5_keeps_its_books(root):
    shown = run(root, "05_how_much_faster")
    counted, claimed = re.findall(r"tokens per cycle (?:counted|by the claim): +([\d.]+)", shown)
    assert float(counted) == pytest.approx(float(claimed), abs=1e-9)
    rows = re.findall(r"\n(\d+) +(?:[\d.]+ +){5}([\d.]+) +([\d.]+)(?=\n)", shown.split("asked for γ")[1])
    assert [int(row[0]) for row in rows[:7]] == [1, 2, 3, 4, 6, 8, 10]
    assert all(float(modelled) == pytest.approx(float(measured), abs=2e-3) for _, modelled, measured in rows[:7])
    assert re.search(r"\n512 +[\d.]+ +5.000 +0 +1.000", shown), "a full batch leaves no length that pays"
