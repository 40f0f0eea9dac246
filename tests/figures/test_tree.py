from __future__ import annotations

import itertools
import math
from dataclasses import replace
from time import process_time

import plotly.graph_objects as go
import pytest

from specviz.figures import draft_tree, theme
from specviz.figures.layout import LAST, curve, fitting, place, row_heights
from specviz.figures.tree_places import LINE, box_of, drawing_of
from specviz.trace.replay import judge_again, judge_by, move_coins
from tests.figures.make_trace import alone, chain, copied, drafted, make_trace, tree
from tests.trace.replays import recorded


def named(figure: go.Figure, name: str) -> go.Scatter:
    return next(line for line in figure.data if line.name == name)


@pytest.mark.parametrize(
    ("plain", "count"),
    [(alone(), 0), (tree([1]), 1), (chain(2, 4), 4), (tree([3, 2, 2]), 21), (tree([4, 3, 3, 2, 2], levels=3), 268), (copied(6, 10), 10)],
)
def test_every_node_and_the_last_token_have_one_marker(plain: object, count: int):
    nodes = named(draft_tree(make_trace([plain])), "nodes")
    assert len(nodes.x) == len(nodes.marker.symbol) == count + 1
    assert [list(d) for d in nodes.customdata] == [[0, i] for i in range(count)] + [[0, -1]]


@pytest.mark.parametrize("plain", [chain(2, 4), chain(4, 4), tree([4, 3, 2], levels=1, pruned=5)])
def test_glyph_and_colour_say_the_state(plain: object):
    trace = make_trace([plain])
    cycle = trace.cycle(0)
    nodes = named(draft_tree(trace), "nodes")
    looks = [theme.look(n.state) for n in cycle.nodes] + [theme.look(cycle.last_kind)]
    assert list(nodes.marker.symbol) == [look.symbol for look in looks]
    assert list(nodes.marker.color) == [look.colour for look in looks]


def test_only_markers_answer_the_mouse():
    figure = draft_tree(make_trace([tree([3, 2])]), node=1)
    answering = [line.name for line in figure.data if line.hoverinfo != "skip" and line.x[0] is not None]
    assert answering == ["root", "nodes"]


def test_the_taken_way_is_thick_and_the_refused_one_broken():
    figure = draft_tree(make_trace([tree([3, 2], levels=1)]))
    assert named(figure, "edges accepted").line.width > 2 * named(figure, "edges rejected").line.width
    assert named(figure, "edges rejected").line.dash != named(figure, "edges accepted").line.dash


def test_the_last_token_hangs_where_the_walk_stopped():
    figure = draft_tree(make_trace([chain(2, 4)]))
    nodes, edge = named(figure, "nodes"), named(figure, "edges corrected")
    assert (edge.x[0], edge.y[0]) == (nodes.x[1], nodes.y[1])
    assert (edge.x[-2], edge.y[-2]) == (nodes.x[4], nodes.y[4])


def test_siblings_stand_in_drawing_order_after_their_parent():
    nodes = named(draft_tree(make_trace([tree([3, 2])])), "nodes")
    assert list(nodes.y[:3]) == sorted(nodes.y[:3])
    assert list(nodes.x[:9]) == [1] * 3 + [2] * 6


def test_no_two_nodes_share_a_place():
    places = place([n.parent for n in tree([4, 3, 2], levels=2).nodes], stop=-1)
    assert len(set(places.values())) == len(places)


def test_a_long_chain_needs_no_recursion():
    places = place(list(range(-1, 3000)), stop=3000)
    assert places[LAST].x == 3002


def test_edges_start_and_end_at_their_nodes():
    places = place([-1, -1], stop=1)
    x, y = curve([(places[None], places[0])])
    assert (x[0], y[0], x[-2], y[-2], x[-1]) == (*places[None], *places[0], None)


@pytest.mark.parametrize("by", ["q", "p"])
def test_area_follows_the_chosen_probability(by: str):
    figure = draft_tree(make_trace([chain(4, 4)]), by=by)
    values = [getattr(n, by) for n in chain(4, 4).nodes]
    sizes = list(named(figure, "nodes").marker.size)[:4]
    assert sorted(range(4), key=values.__getitem__) == sorted(range(4), key=sizes.__getitem__)


def test_what_was_not_measured_still_has_a_size_and_says_so():
    plain = chain(1, 2)
    nodes = [replace(n, p=math.nan, alpha=math.nan) for n in plain.nodes]
    drawn = named(draft_tree(make_trace([replace(plain, nodes=nodes)]), by="p"), "nodes")
    assert all(size > 0 for size in drawn.marker.size)
    assert "not measured" in drawn.hovertext[0]


def test_the_hover_tells_the_whole_decision():
    node = drafted(0, -1, 1, "rejected", u=0.9, p=0.1, q=0.4, threshold=0.25)
    hover = named(draft_tree(make_trace([replace(chain(0, 1), nodes=[node])])), "nodes").hovertext[0]
    for said in ("refused", "0.100", "0.400", "0.250", "u = 0.900 ≥ threshold 0.250"):
        assert said in hover


def test_a_selected_node_gets_a_ring_and_nothing_else_changes():
    trace = make_trace([tree([3, 2])])
    plain, ringed = draft_tree(trace), draft_tree(trace, node=4)
    assert named(plain, "nodes") == named(ringed, "nodes")
    assert not any(line.name == "selected" for line in plain.data)
    ring, nodes = named(ringed, "selected"), named(ringed, "nodes")
    assert (ring.x[0], ring.y[0]) == (nodes.x[4], nodes.y[4])
    assert ring.marker.size[0] > nodes.marker.size[4]
    assert named(draft_tree(trace, node=-1), "selected").x[0] == nodes.x[-1]


def test_what_was_cut_at_the_end_of_the_text_says_so():
    plain = chain(3, 3)
    trace = make_trace([replace(plain, committed=[plain.nodes[0].token], stop="end")])
    nodes = named(draft_tree(trace), "nodes")
    assert ["the text had ended before it" in hover for hover in nodes.hovertext] == [False, True, True, True]
    assert ["accepted" in hover for hover in nodes.hovertext] == [True, False, False, False]
    assert "not kept" in nodes.hovertext[-1]
    assert nodes.marker.opacity[-1] < 1


def test_labels_thin_out_but_the_accepted_path_keeps_its_own():
    trace = make_trace([tree([8, 7, 3], levels=1)])
    labels = named(draft_tree(trace), "labels")
    assert 2 <= len(labels.text) < 40
    assert draft_tree(trace).layout.height < 1700


def test_probabilities_are_named():
    with pytest.raises(ValueError, match="'u'"):
        draft_tree(make_trace([chain(1, 2)]), by="u")  # type: ignore[arg-type]


@pytest.mark.parametrize("node", [2, 99, -2])
def test_an_unknown_node_is_refused(node: int):
    with pytest.raises(IndexError, match="expected a node"):
        draft_tree(make_trace([chain(1, 2)]), node=node)


def test_the_first_draw_goes_straight_on_and_its_siblings_stand_below():
    parents = [n.parent for n in tree([3, 2]).nodes]
    places = place(parents, stop=8)
    for parent in {-1, 0, 1, 2}:
        rows = [places[child].y for child, above in enumerate(parents) if above == parent]
        assert rows[0] == places[None if parent < 0 else parent].y
        assert rows == sorted(set(rows))


def test_no_edge_crosses_a_row_with_another_node_of_its_column():
    """What a bending edge passes on its way down are only nodes to the right of its parent."""
    parents = [n.parent for n in tree([4, 3, 2], levels=2).nodes]
    places = place(parents, stop=-1)
    for child, parent in enumerate(parents):
        start, end = places[None if parent < 0 else parent], places[child]
        between = [p for p in places.values() if start.y < p.y < end.y]
        assert all(p.x > start.x for p in between)


@pytest.mark.parametrize("widths", [[1], [3, 2], [4, 3, 2], [8, 7, 3], [4, 3, 3, 2, 2], [60]])
def test_every_size_stays_on_a_page_with_labels_that_do_not_touch(widths: list[int]):
    trace = make_trace([tree(widths, levels=1)])
    figure = draft_tree(trace)
    assert figure.layout.height < 1100
    drawing = drawing_of(trace.cycle(0), "q", None)
    markers = {(x, y): i for x, y, (_, i) in zip(named(figure, "nodes").x, named(figure, "nodes").y, named(figure, "nodes").customdata, strict=True)}
    texts = [line for line in figure.data if (line.name or "").startswith("labels")]
    boxes = [box_of(drawing, markers[at]) for line in texts for at in zip(line.x, line.y, strict=True)]
    assert len(boxes) >= min(len(trace.cycle(0).nodes), 20)
    for a, b in itertools.combinations(boxes, 2):
        assert abs(a.middle - b.middle) >= LINE or a.left >= b.right or b.left >= a.right


def test_where_something_was_decided_rows_keep_their_height():
    heights = row_heights([True] * 3 + [False] * 97, roomy=46, full=27, least=6, total=640, most=900)
    assert heights[:3] == [27, 27, 27]
    assert 6 <= heights[3] < 13
    assert sum(row_heights([True] * 100, roomy=46, full=27, least=6, total=640, most=900)) <= 900


def test_the_more_important_label_is_the_one_that_stays():
    from specviz.figures.layout import Box

    assert fitting([(7, Box(0, 10, 0)), (3, Box(5, 15, 5)), (4, Box(11, 20, 5)), (5, Box(0, 10, 14))], 13) == [7, 4, 5]


def test_the_hover_says_which_sibling_it_is():
    hovers = named(draft_tree(make_trace([tree([3, 2], levels=1)])), "nodes").hovertext
    assert "sibling 1 of 3" in hovers[0]
    assert "sibling 2 of 3, after 1 refusal" in hovers[1]
    assert "refusal" not in hovers[2].split("sibling 3 of 3")[1].split("<br>")[0]


def test_nothing_empty_is_drawn():
    """An empty trace makes no element in the browser, and what is marked by its number there would be another one."""
    for plain in (alone(), chain(4, 4), tree([2, 2], levels=1)):
        assert all(len(line.x) for line in draft_tree(make_trace([plain])).data)
    trace, _ = recorded("recursive", "pairs", "iid")
    assert all(len(line.x) for line in draft_tree(trace, replay=judge_by(trace, 0)).data)


def changed_replay():
    trace, _ = recorded("recursive", "pairs", "iid", cycles=8)
    for cycle in range(len(trace)):
        for seed in range(20):
            replay = judge_again(trace, cycle, seed=seed)
            if replay.changed and replay.verdict.path != replay.before.path:
                return trace, cycle, replay
    raise AssertionError("no coins changed any path: the runs made up here are of no use")


def test_a_replay_is_drawn_with_its_own_states_over_the_recorded_path():
    trace, cycle, replay = changed_replay()
    figure = draft_tree(trace, cycle=cycle, replay=replay)
    nodes = named(figure, "nodes")
    states = [d.state for d in replay.verdict.decisions]
    assert list(nodes.marker.symbol) == [theme.look(state).symbol for state in [*states, replay.verdict.kind]]
    rings = named(figure, "changed")
    assert [(x, y) for x, y in zip(rings.x, rings.y, strict=True)] == [(nodes.x[i], nodes.y[i]) for i in replay.changed]
    band = named(figure, "recorded path")
    joints = set(zip(band.x, band.y, strict=True))
    assert all((nodes.x[i], nodes.y[i]) in joints for i in replay.before.path)
    assert len(named(figure, "recorded last token").x) == 1
    assert [note.name for note in figure.layout.annotations] == ["badge-modelled"]


def test_a_replay_that_changes_nothing_marks_nothing():
    trace, _ = recorded("recursive", "pairs", "iid")
    figure = draft_tree(trace, cycle=1, replay=judge_by(trace, 1))
    assert {"changed", "recorded last token"}.isdisjoint(line.name for line in figure.data)


def test_a_replay_of_another_tree_is_refused():
    trace, _ = recorded("recursive", "pairs", "iid")
    other, _ = recorded("rejection", "chain", "iid")
    with pytest.raises(ValueError, match="expected a replay of cycle 0 with its 6 nodes, got one of 3"):
        draft_tree(trace, cycle=0, replay=move_coins(other, 0, {}))


def test_256_nodes_are_drawn_in_a_moment():
    trace = make_trace([tree([4, 3, 3, 2, 2], levels=3)])
    draft_tree(trace)
    times = []
    for _ in range(3):
        start = process_time()
        draft_tree(trace)
        times.append(process_time() - start)
    assert min(times) < 0.3  # 0.06 on the machine it was written on
