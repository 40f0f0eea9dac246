"""Write the card of the shipped family: specviz/zoo/weights/tiny/card.md with its pictures, from bench.json and training.json.

Usage: python -m tools.zoo_card [FOLDER]. First measure: specviz bench zoo --json FOLDER/bench.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from specviz.figures import family_figures, refusals_by_class, training_curves
from specviz.zoo.card import card
from specviz.zoo.recipe import WEIGHTS
from tools.pictures import save


def pictures(report: dict[str, Any], training: dict[str, dict[str, Any]]) -> dict[str, go.Figure]:
    """Headings and what stands below them."""
    smallest = min(report["drafts"], key=lambda name: report["drafts"][name]["parameters"])
    figures = {
        "Agreement by kind of text": family_figures(report),
        "Speed by kind of text": family_figures(report, "speed"),
        f"Where {smallest} fails": refusals_by_class(report, smallest),
    }
    for name, facts in training.items():
        figures[f"How {name} learned"] = training_curves(facts["stages"])
        if "alpha" in list(facts["stages"].values())[-1]["curve"][-1]:
            figures[f"How {name} came to agree"] = training_curves(facts["stages"], "alpha")
    return figures


def draw(figures: dict[str, go.Figure], folder: Path) -> dict[str, str]:
    """Save every figure as PNG below ``folder``/pictures; heading -> path relative to ``folder``."""
    paths = {heading: f"pictures/{heading.lower().replace(' ', '-')}.png" for heading in figures}
    save({folder / paths[heading]: figure for heading, figure in figures.items()})
    return paths


def main() -> None:
    """Read, draw, write."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else WEIGHTS
    report = json.loads((folder / "bench.json").read_text())
    other_vocabulary = sorted(path.parent.name for path in folder.glob("draft-*/training.json") if path.parent.name not in report["drafts"])
    names = ("target", *report["drafts"], *other_vocabulary)
    training = {name: json.loads((folder / name / "training.json").read_text()) for name in names}
    drawn = draw(pictures(report, training), folder)
    compared = folder / "distillation.json"  # specviz bench zoo --weights … --drafts draft-m,draft-m-undistilled, with the twin's training beside it
    distillation = json.loads(compared.read_text()) if compared.exists() else None
    (folder / "card.md").write_text(card(report, training | (distillation or {}).get("training", {}), drawn, distillation))
    print(folder / "card.md")


if __name__ == "__main__":
    main()
