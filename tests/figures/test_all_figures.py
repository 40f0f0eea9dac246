"""What holds for every picture: it says what it shows, it travels as JSON, it escapes what tokens hold, it fetches nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import plotly.graph_objects as go
import pytest

from specviz import figures
from specviz.figures import theme
from specviz.figures.batch import row_cursors
from specviz.labs.seats import Setting, play
from specviz.theory.roofline import MACHINES, SHAPES
from specviz.trace import load_trace, sample_names
from specviz.types import Costs
from tests.figures.make_trace import WORDS, alone, chain, copied, light, make_trace, sample_chain, sample_plain, tree
from tests.trace.replays import recorded

CHAIN, PLAIN = sample_chain(6), sample_plain(20)
TREE = make_trace([tree([3, 2, 2]), tree([4, 3, 2], levels=1, seed=5, pruned=3)], method="tree")
GREEDY = make_trace([chain(2, 4)], temperature=0.0)
EXACT = recorded("recursive", "pairs", "without_replacement", cycles=2)[0]
COPIED = make_trace([copied(3, 6)], method="prompt-lookup")

DRAWN: dict[str, Callable[[], go.Figure]] = {
    "token strip": lambda: figures.token_strip(CHAIN, cycle=1, refused=True),
    "token strip of plain decoding": lambda: figures.token_strip(PLAIN),
    "draft tree": lambda: figures.draft_tree(TREE, cycle=1, node=2),
    "draft tree of nothing": lambda: figures.draft_tree(PLAIN),
    "mask and cache": lambda: figures.mask_and_cache(TREE, cycle=1, node=20),
    "mask and cache of nothing drafted": lambda: figures.mask_and_cache(PLAIN, cycle=2),
    "laws": lambda: figures.distributions(CHAIN, cycle=0, node=0),
    "laws, logarithmic": lambda: figures.distributions(CHAIN, cycle=0, node=0, log=True),
    "laws of a greedy run": lambda: figures.distributions(GREEDY, cycle=0, node=2),
    "laws of a copied token": lambda: figures.distributions(COPIED, cycle=0, node=3),
    "law of the last token": lambda: figures.distributions(CHAIN, cycle=0, node=-1),
    "timeline": lambda: figures.timeline(CHAIN, compare=PLAIN),
    "acceptance": lambda: figures.acceptance_by_position(CHAIN, compare=TREE),
    "speedup formula": figures.speedup_curve,
    "coupling": lambda: figures.coupling_map([0.5, 0.3, 0.2], [0.2, 0.2, 0.6], k=2, rule="k-seq", names=["<b>", "$x$", "\n"]),
    "coupling of a recorded place": lambda: figures.coupling_at(EXACT, cycle=0, top=3),
    "rules against the bound": lambda: figures.rules_against_bound(figures.place_rates([0.5, 0.3, 0.2], [0.2, 0.2, 0.6])),
    "acceptance by k": lambda: figures.acceptance_by_k(figures.place_rates([0.5, 0.3, 0.2], [0.2, 0.2, 0.6])),
    "value of a tree": lambda: figures.tree_value([0.6, 0.2], largest=12, levels=(2, 4)),
    "speed of a tree": lambda: figures.tree_value([0.6, 0.2], largest=12, levels=(2, 4), costs=Costs(0.1, ((1, 1.0), (13, 1.5)))),
    "missed acceptance": lambda: figures.missed_acceptance(EXACT),
    "roofline": lambda: figures.roofline_curve(SHAPES["8 B weights, 16 bits"], MACHINES["H100 SXM"], m=8, measured={1: 0.01, 8: 0.02}),
    "cache slots": lambda: figures.cache_slots(CHAIN, cycle=1, stage="verify"),
    "speedup measured": lambda: figures.speedup_curve(CHAIN, compare=PLAIN),
    "timeline of papers": figures.paper_timeline,
    "map of methods": figures.method_map,
    "cursors of a batch": lambda: row_cursors(play(Setting(requests=12, ragged_length=20)), gamma=4),
}


@pytest.fixture(params=DRAWN, name="figure")
def _figure(request: pytest.FixtureRequest) -> go.Figure:
    return DRAWN[request.param]()


def texts(value: Any) -> Iterator[str]:
    """Every string that plotly would draw."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("text", "hovertext", "ticktext", "name"):
                yield from (
                    [inner] if isinstance(inner, str) else [t for t in inner or () if isinstance(t, str)] if not isinstance(inner, dict) else ()
                )
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def test_every_figure_says_what_it_shows(figure: go.Figure):
    assert len(theme.alt_text(figure)) > 40


def test_every_figure_says_where_its_numbers_come_from(figure: go.Figure):
    assert any((note.name or "").startswith("badge-") for note in figure.layout.annotations)


def test_every_figure_travels_as_json(figure: go.Figure):
    assert json.loads(figure.to_json())["layout"]["height"] == figure.layout.height


def test_no_token_becomes_a_tag(figure: go.Figure):
    allowed = re.compile(r"</?(?:b|br|s|sup|sub|span)(?: style=[^<>]*)?>")
    for text in texts(figure.to_dict()):
        assert "<" not in allowed.sub("", text), text
        assert "$" not in text, text


def test_every_figure_stands_on_a_card_of_its_own(figure: go.Figure):
    assert figure.layout.template.layout.paper_bgcolor == theme.CARD


def test_a_figure_opens_without_a_network(figure: go.Figure):
    page = figure.to_html(include_plotlyjs=False, full_html=False, config=figures.CONFIG)
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?https?:", page)
    assert '"showSendToCloud": false' in page
    assert "<script>alert" not in page


def test_selecting_a_point_fades_nothing(figure: go.Figure):
    for drawn in (trace for trace in figure.data if trace.type != "heatmap"):  # nothing of a heat map can be selected
        opacity = drawn.marker.opacity
        assert drawn.unselected.marker.opacity == (opacity if isinstance(opacity, int | float) else 1)
        if drawn.type == "scatter" and drawn.mode == "markers+text" and isinstance(drawn.textfont.color, str):
            assert drawn.unselected.textfont.color == drawn.textfont.color


def test_drawing_loads_no_torch():
    code = "import sys, specviz.figures; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_figure_has_its_name():
    assert all(function.__name__ == name and function is getattr(figures, name) for name, function in figures.FIGURES.items())


def test_the_made_up_vocabulary_holds_what_could_hurt():
    assert {"\n", "<b>", " $x$", " &"} <= set(WORDS)
    assert any("<script>" in word for word in WORDS)


@pytest.mark.parametrize("name", ["token_strip", "draft_tree", "timeline", "acceptance_by_position"])
def test_a_light_trace_is_enough_unless_laws_are_drawn(name: str):
    plain = chain(2, 4)
    trace = make_trace([type(plain)(**{**vars(plain), "nodes": [light(n) for n in plain.nodes]})], detail="light")
    assert theme.alt_text(figures.FIGURES[name](trace))


@pytest.mark.parametrize("name", sample_names())
def test_every_shipped_run_can_be_drawn(name: str):
    trace = load_trace(name)
    drawn = [figures.token_strip(trace, refused=True), figures.timeline(trace)]
    drawn += [figures.draft_tree(trace, cycle=i) for i in range(min(3, len(trace)))]
    if trace.header.detail != "light":
        drawn += [figures.distributions(trace, cycle=0, node=n) for n in range(-1, len(trace.cycle(0).nodes))]
    assert all(theme.alt_text(figure) for figure in drawn)


def test_a_run_that_was_cut_before_its_first_cycle_still_shows_its_prompt():
    figure = figures.token_strip(make_trace([]))
    assert len(next(t for t in figure.data if t.name == "prompt").x) == 4


def test_plain_decoding_has_no_draft_to_draw_by_position():
    with pytest.raises(ValueError, match="expected a run that drafted tokens, got 'autoregressive'"):
        figures.acceptance_by_position(make_trace([alone()], method="autoregressive"))
