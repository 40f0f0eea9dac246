"""Pictures: one function each, a recorded run or a formula in, a ``plotly`` figure out, never shown by itself.

Arguments mean the same everywhere: ``trace`` a recorded run, ``cycle`` and ``node`` a place in it, ``compare`` a second run,
``by`` what a size stands for. Show a figure with ``config=figures.CONFIG`` and, in Streamlit, ``theme=None``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specviz.figures.caches import cache_slots
from specviz.figures.coupling import coupling_at, coupling_map
from specviz.figures.curves import Costs, measured_costs, speedup_curve
from specviz.figures.family import family_figures, refusals_by_class
from specviz.figures.history import method_map, paper_timeline
from specviz.figures.lanes import timeline
from specviz.figures.laws import distributions
from specviz.figures.mask import mask_and_cache
from specviz.figures.missed import missed_acceptance
from specviz.figures.pieces import Piece, pieces, prompt_pieces, step_pieces, trace_pieces
from specviz.figures.rates import acceptance_by_position
from specviz.figures.roofline import roofline_curve
from specviz.figures.rules import RuleRates, acceptance_by_k, place_rates, report_rates, rules_against_bound
from specviz.figures.strip import token_strip
from specviz.figures.theme import CONFIG, alt_text, badge
from specviz.figures.tokens_html import block_html, legend_html, pieces_html, text_around_html, token_html
from specviz.figures.training import training_curves
from specviz.figures.tree import draft_tree
from specviz.figures.value import tree_value

FIGURES: dict[str, Callable[..., Any]] = {
    "token_strip": token_strip,
    "draft_tree": draft_tree,
    "mask_and_cache": mask_and_cache,
    "distributions": distributions,
    "timeline": timeline,
    "acceptance_by_position": acceptance_by_position,
    "speedup_curve": speedup_curve,
    "paper_timeline": paper_timeline,
    "method_map": method_map,
    "roofline_curve": roofline_curve,
    "cache_slots": cache_slots,
    "coupling_map": coupling_map,
    "coupling_at": coupling_at,
    "rules_against_bound": rules_against_bound,
    "acceptance_by_k": acceptance_by_k,
    "tree_value": tree_value,
    "missed_acceptance": missed_acceptance,
}

__all__ = [
    "CONFIG",
    "FIGURES",
    "Costs",
    "Piece",
    "RuleRates",
    "acceptance_by_k",
    "acceptance_by_position",
    "alt_text",
    "badge",
    "block_html",
    "cache_slots",
    "coupling_at",
    "coupling_map",
    "distributions",
    "draft_tree",
    "family_figures",
    "legend_html",
    "mask_and_cache",
    "measured_costs",
    "method_map",
    "missed_acceptance",
    "paper_timeline",
    "pieces",
    "pieces_html",
    "place_rates",
    "prompt_pieces",
    "refusals_by_class",
    "report_rates",
    "roofline_curve",
    "rules_against_bound",
    "speedup_curve",
    "step_pieces",
    "text_around_html",
    "timeline",
    "token_html",
    "token_strip",
    "trace_pieces",
    "training_curves",
    "tree_value",
]
