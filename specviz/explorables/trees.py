"""Which tree to grow."""

from __future__ import annotations

import plotly.graph_objects as go

from specviz.explorables.controls import Choice, Explorable, Slider
from specviz.figures import (
    tree_value,
)
from specviz.figures.grown import grown_tree
from specviz.labs.growing import SHAPES as GROWN, grow
from specviz.labs.markov import MOST as MOST_LETTERS, markov_pair
from specviz.types import Costs


def _tree_value(*, first: float, caught: float, c: float, slope: float) -> go.Figure:
    """The best trees at made-up acceptances and costs."""
    acceptance = [first, *((1.0 - first) * caught * (1.0 - caught) ** b for b in range(7))]
    return tree_value(acceptance, costs=Costs(c, ((1, 1.0), (65, 1.0 + slope * 64))))


def _grown(*, shape: str, nodes: int, levels: int, quality: float, seed: int) -> go.Figure:
    """A tree grown by a real builder over the lab's tiny language."""
    return grown_tree(grow(shape, markov_pair(MOST_LETTERS, quality), nodes=nodes, levels=levels, seed=seed))


TREES: dict[str, Explorable] = {
    "tree-value": Explorable(
        title="Which tree pays?",
        question="Make each further token to verify dearer: does the fastest tree get smaller, shallower, or both? When is it a chain?",
        draw=_tree_value,
        controls={
            "first": Slider("acceptance of the first child", 0.05, 0.95, 0.6, 0.05),
            "caught": Slider("refusals caught by each further sibling", 0.0, 0.9, 0.35, 0.05),
            "c": Slider("c, cost of a draft step in passes", 0.0, 0.5, 0.08, 0.02),
            "slope": Slider("price of each further token verified", 0.0, 0.1, 0.01, 0.005, "v(m) = 1 + price·(m − 1)"),
        },
    ),
    "tree-builder": Explorable(
        title="Who grows which tree?",
        question="Give every builder the same budget: which tree yields most? Now spoil the draft: which one still finds something?",
        draw=_grown,
        controls={
            "shape": Choice("builder", GROWN),
            "nodes": Slider("most drafted tokens", 1, 24, 12, 1),
            "levels": Slider("most levels", 1, 8, 5, 1),
            "quality": Slider("quality of the draft", 0.0, 1.0, 0.6, 0.1, "0: it knows nothing of the target, 1: it equals it"),
            "seed": Slider("seed of the drawn drafts", 0, 9, 0, 1, "picked trees do not look at it"),
        },
    ),
}
