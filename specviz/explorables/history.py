"""How the field came about."""

from __future__ import annotations

from specviz.explorables.controls import Choice, Explorable, Slider
from specviz.figures import (
    method_map,
)
from specviz.figures.history import SHOWS
from specviz.theory.papers import ALIGNMENTS

HISTORY: dict[str, Explorable] = {
    "method-map": Explorable(
        title="The map of methods, year by year",
        question="In which order did the cells get their first method, and which of them is still thin?",
        draw=lambda *, until, show, alignment: method_map(until=until, show=show, alignment=alignment),
        controls={
            "until": Slider("up to the year", 2018, 2025, 2025, 1),
            "show": Choice("show", tuple(SHOWS)),
            "alignment": Choice("draft", ("any", *ALIGNMENTS), "whether the draft was made to agree with the target"),
        },
    ),
}
