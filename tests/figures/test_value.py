"""Sequoia's value by size: curves are the dynamic programme, the mark is the fastest tree."""

from __future__ import annotations

import numpy as np
import pytest

from specviz.figures import theme, tree_value
from specviz.theory.sequoia import best_size, best_tree, best_values
from specviz.theory.speedup import expected_tokens, speedup
from specviz.theory.trees import expected_tokens as tree_tokens
from specviz.types import Costs

A = (0.6, 0.15, 0.08, 0.04)
COSTS = Costs(0.1, ((1, 1.0), (32, 1.4), (64, 2.5)))


def line(figure, name: str):
    return next(t for t in figure.data if t.name == name)


def test_the_best_curves_are_the_dynamic_programme():
    figure, values = tree_value(A, largest=40), best_values(A, 41, 9)
    for depth, name in ((2, "best, 2 levels"), (4, "best, 4 levels"), (8, "best, 8 levels")):
        drawn = line(figure, name)
        assert list(drawn.y) == pytest.approx([values[n + 1, depth + 1] for n in drawn.x])
        assert drawn.x[0] == depth
    assert max(line(figure, "best, 2 levels").x) == 20  # four children each: no larger tree has two levels


def test_a_chain_and_complete_trees_stand_beside_them_and_never_above():
    figure = tree_value(A, largest=40, levels=(2, 4, 40))
    chain = line(figure, "chain")
    assert list(chain.y) == pytest.approx(expected_tokens(A[0], np.arange(1, 41)).tolist())
    best = best_values(A, 41, 41)
    binary = line(figure, "2-ary")
    assert list(binary.x) == [2, 6, 14, 30]
    parents = [-1, -1, 0, 0, 1, 1]
    assert binary.y[1] == pytest.approx(tree_tokens(parents, [A[0], A[1]] * 3))
    for drawn in (chain, binary, line(figure, "3-ary")):
        assert all(value <= best[n + 1, 41] + 1e-9 for n, value in zip(drawn.x, drawn.y, strict=True))


def test_with_costs_the_fastest_tree_is_marked_in_both_panels():
    figure = tree_value(A, largest=48, costs=COSTS)
    size, levels, speed = best_size(A, COSTS.draft, COSTS.v, sizes=range(1, 49), levels=range(1, 9))
    tokens, fast = line(figure, "best"), line(figure, "best2")
    assert (fast.x[0], fast.y[0]) == (size, pytest.approx(speed))
    assert (tokens.x[0], tokens.y[0]) == (size, pytest.approx(best_values(A, size + 1, levels + 1)[size + 1, levels + 1]))
    assert f"{speed:.2f}×" in figure.layout.title.text
    assert all(y <= speed + 1e-9 for t in figure.data if t.yaxis == "y2" for y in t.y)
    assert f"best, {levels} levels" in {t.name for t in figure.data}


def test_the_speed_of_the_chain_is_the_chain_formula():
    figure = tree_value(A, largest=20, costs=COSTS)
    drawn = line(figure, "chain ")
    assert list(drawn.y) == pytest.approx([float(speedup(A[0], n, COSTS.draft, COSTS.v(n + 1))) for n in drawn.x])


def test_the_tree_that_is_drawn_is_the_best_one():
    figure = tree_value(A, largest=48, costs=COSTS)
    size, levels, _ = best_size(A, COSTS.draft, COSTS.v, sizes=range(1, 49), levels=range(1, 9))
    depths = [0] * size
    for node, parent in enumerate(best_tree(A, size, levels)):
        depths[node] = 1 if parent < 0 else depths[parent] + 1
    assert sorted(line(figure, "tree").x[1:]) == sorted(depths)


def test_without_costs_no_speed_is_claimed():
    figure = tree_value(A, largest=12)
    assert "×" not in figure.layout.title.text
    assert {t.yaxis for t in figure.data} == {"y", "y3"}
    assert "times" not in theme.alt_text(figure)


def test_dear_verification_leaves_the_smallest_tree():
    figure = tree_value(A, costs=Costs(0.4, ((1, 1.0), (2, 3.0))))
    assert line(figure, "best2").x[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((((0.7, 0.5)),), "at most 1 in all"), (([],), "at least 0"), (((0.5,), 1), "at least 2 tokens"), (((0.5,), 8, ()), "levels of at least 1")],
)
def test_what_is_no_acceptance_or_size_is_refused(arguments, message):
    names = ("acceptance", "largest", "levels")
    given = dict(zip(names, arguments, strict=False))
    with pytest.raises(ValueError, match=message):
        tree_value(given.pop("acceptance"), **given)
