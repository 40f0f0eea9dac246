from __future__ import annotations

import itertools
import re
from dataclasses import replace
from time import process_time

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pytest

from specviz.figures import mask_and_cache, theme
from specviz.trace import Trace, TraceError
from tests.figures.make_trace import alone, chain, make_trace, tree


def named(figure: go.Figure, name: str) -> go.Bar:
    return next(drawn for drawn in figure.data if drawn.name == name)


def heading(figure: go.Figure) -> str:
    """Title and subtitle without the tags that break their lines."""
    return re.sub(r"<[^>]*>", " ", figure.layout.title.text).replace("  ", " ").replace("  ", " ")


def seen_cells(figure: go.Figure, rows: int) -> np.ndarray:
    """Who sees whom, read back from the drawn bars; column 0 is the root's."""
    cells = np.zeros((rows, rows), dtype=bool)
    for name in ("its ancestors", "itself"):
        bars = named(figure, name)
        for row, base, width in zip(bars.y, bars.base, bars.x, strict=True):
            cells[row, round(base + 0.5) : round(base + 0.5 + width)] = True
    return cells


@pytest.mark.parametrize("plain", [alone(), tree([1]), chain(2, 6), tree([3, 2, 2], levels=2), tree([4, 3, 2], levels=1, pruned=3)])
def test_the_drawn_mask_is_the_one_the_model_attends_by(plain):
    from specviz.model.attention import tree_mask

    parents = [node.parent for node in plain.nodes if node.state != "pruned"]
    assert np.array_equal(seen_cells(mask_and_cache(make_trace([plain])), len(parents) + 1), tree_mask(parents).numpy())


@pytest.mark.parametrize("plain", [alone(), chain(2, 6), chain(4, 4), tree([3, 2, 2]), tree([3, 2, 2], levels=2), tree([4, 3], levels=0)])
def test_slots_move_as_the_cache_moves_them(plain):
    """The figure's kept slots, in their order, against the gather of the real cache."""
    import torch

    from specviz.model.cache import KVCache
    from specviz.model.config import ModelConfig

    trace = make_trace([plain])
    record = trace.cycle(0)
    start, n = record.prefix - 1, len(record.nodes)
    config = ModelConfig("llama", 8, 4, 4, 1, 1, 1, 4, 400, 1e-6, True)
    cache = KVCache(config, 400, torch.device("cpu"), torch.float32)
    slots = torch.arange(start + n + 1, dtype=torch.float32).view(1, -1, 1).expand(1, -1, 4)
    cache.append(0, slots, slots)
    cache.advance(start + n + 1)
    cache.keep(start, [0, *(node + 1 for node in record.path)])
    kept = cache.buffer[0, 0, 0, start : cache.length, 0].tolist()
    figure = mask_and_cache(trace)
    moves, bars = named(figure, "moves"), named(figure, "kept slots")
    ends = [[p for p in part if p is not None] for gap, part in itertools.groupby(moves.y, key=lambda y: y is None) if not gap]
    assert [start + line[0] for line in ends] == kept
    assert [line[-1] for line in ends] == list(bars.y) == list(range(len(kept)))
    assert f"holds {cache.length} positions" in theme.alt_text(figure)


def test_what_the_text_ended_before_is_not_kept():
    plain = chain(3, 3)
    trace = make_trace([replace(plain, committed=[node.token for node in plain.nodes[:2]], stop="end")])
    figure = mask_and_cache(trace)
    assert len(named(figure, "kept slots").y) == 2  # the root and the first draft: the second is the last token, which has no slot yet
    assert "the end of the text" in named(figure, "written slots").hovertext[2]
    assert "the text ended before it" in named(figure, "written slots").hovertext[3]


def test_the_selected_row_is_lit_and_its_ancestors_are_named():
    plain = tree([3, 2, 2])
    figure = mask_and_cache(make_trace([plain]), node=20)
    bars = named(figure, "its ancestors")
    lit = {row for row, colour in zip(bars.y, bars.marker.color, strict=True) if colour == theme.INK}
    assert lit == {21}
    above = [20]
    while (parent := plain.nodes[above[-1]].parent) >= 0:
        above.append(parent)
    bold = [note.text for note in figure.layout.annotations if note.textangle == -90 and note.text.startswith("<b>")]
    assert len(bold) == len(above) + 1  # and the root
    assert "Node 20" in heading(figure)
    assert f"position {3 + len(above)} of the text, in slot {3 + 21}" in heading(figure)


@pytest.mark.parametrize(("node", "says"), [(-1, "not in this pass"), (8, "cut before the pass")])
def test_a_token_that_was_not_in_the_pass_lights_nothing_and_says_why(node: int, says: str):
    figure = mask_and_cache(make_trace([tree([4, 1], levels=1, pruned=1)]), node=node)
    assert theme.INK not in named(figure, "its ancestors").marker.color
    assert says in heading(figure)
    assert says in theme.alt_text(figure)


def test_every_drafted_node_can_be_clicked_and_pruned_ones_have_no_row():
    nodes = named(mask_and_cache(make_trace([tree([3, 2], levels=1, pruned=4)])), "nodes")
    assert [list(data) for data in nodes.customdata] == [[0, node] for node in range(9)]
    assert list(nodes.y) == list(range(1, 10))


def test_it_stays_on_a_page_and_thins_its_labels():
    heights = [mask_and_cache(make_trace([plain])).layout.height for plain in (tree([1]), tree([4, 4]), tree([4, 3, 3, 3]), tree([4, 4, 4, 2]))]
    assert heights == sorted(heights)
    assert heights[-1] < 950
    figure = mask_and_cache(make_trace([tree([4, 4, 4, 2])]), node=100)
    named_rows = sorted(figure.layout.yaxis.tickvals)
    height = max(2.7, 620 / 214)
    assert all((b - a) * height >= 13 for a, b in itertools.pairwise(named_rows))
    assert 101 in named_rows


def test_a_chain_of_hundreds_is_a_bar_a_row():
    figure = mask_and_cache(make_trace([chain(200, 255)]))
    assert len(named(figure, "its ancestors").y) == 255


def test_a_cache_that_does_not_fit_its_path_is_refused():
    good = make_trace([chain(2, 4)])
    broken = Trace(good.header, [good.batches[0].set_column(11, "cache_target", pa.array([2], pa.int32()))])
    assert broken.batches[0].schema.names == good.batches[0].schema.names
    with pytest.raises(TraceError, match="expected the target's cache to hold 4 to 6 positions after cycle 0, got 2"):
        mask_and_cache(broken)


@pytest.mark.parametrize("node", [4, -2])
def test_an_unknown_node_is_refused(node: int):
    with pytest.raises(IndexError, match="expected a node"):
        mask_and_cache(make_trace([chain(2, 4)]), node=node)


def test_256_nodes_are_drawn_in_well_under_a_second():
    trace = make_trace([tree([4, 3, 3, 2, 2], levels=3)])
    trace.cycle(0)
    mask_and_cache(trace)
    start = process_time()
    mask_and_cache(trace, node=200)
    assert process_time() - start < 0.6
