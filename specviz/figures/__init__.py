"""Pictures: one function each, a recorded run or a formula in, a ``plotly`` figure out, never shown by itself.

Arguments mean the same everywhere: ``trace`` a recorded run, ``cycle`` and ``node`` a place in it, ``compare`` a second run,
``by`` what a size stands for. Show a figure with ``config=figures.CONFIG`` and, in Streamlit, ``theme=None``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specviz.figures.curves import Costs, measured_costs, speedup_curve
from specviz.figures.family import family_figures, refusals_by_class
from specviz.figures.lanes import timeline
from specviz.figures.laws import distributions
from specviz.figures.pieces import Piece, pieces, prompt_pieces, step_pieces, trace_pieces
from specviz.figures.rates import acceptance_by_position
from specviz.figures.strip import token_strip
from specviz.figures.theme import CONFIG, alt_text, badge
from specviz.figures.tokens_html import block_html, legend_html, pieces_html, token_html
from specviz.figures.training import training_curves
from specviz.figures.tree import draft_tree

FIGURES: dict[str, Callable[..., Any]] = {
    "token_strip": token_strip,
    "draft_tree": draft_tree,
    "distributions": distributions,
    "timeline": timeline,
    "acceptance_by_position": acceptance_by_position,
    "speedup_curve": speedup_curve,
}

__all__ = [
    "CONFIG",
    "FIGURES",
    "Costs",
    "Piece",
    "acceptance_by_position",
    "alt_text",
    "badge",
    "block_html",
    "distributions",
    "draft_tree",
    "family_figures",
    "legend_html",
    "measured_costs",
    "pieces",
    "pieces_html",
    "prompt_pieces",
    "refusals_by_class",
    "speedup_curve",
    "step_pieces",
    "timeline",
    "token_html",
    "token_strip",
    "trace_pieces",
    "training_curves",
]
