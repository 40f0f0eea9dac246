"""The draft tree refuses what no target could score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from specviz.types import ROOT, SAMPLINGS, DraftTree, InvalidTreeError, Sketch, Times

LAW = np.array([[0.5, 0.5]])


def test_a_tree_knows_its_depths_children_and_shape():
    tree = DraftTree([1, 0, 1, 1], [-1, -1, 0, 2], LAW, [0, 0, 0, 0], "iid")
    assert len(tree) == 4
    assert tree.depths() == [1, 1, 2, 3]
    assert (tree.children(ROOT), tree.children(0), tree.children(3)) == ([0, 1], [2], [])
    assert not tree.is_chain()
    assert DraftTree([1, 1], [-1, 0], LAW, [0, 0]).is_chain()
    assert DraftTree([], [], None, []).is_chain()


def test_numpy_fields_become_plain_integers():
    tree = DraftTree(np.array([1]), np.array([-1]), LAW, np.array([0]))
    assert (tree.tokens, tree.parents, tree.q_row) == ((1,), (-1,), (0,))
    assert all(type(x) is int for x in (*tree.tokens, *tree.parents, *tree.q_row))


@pytest.mark.parametrize(
    ("tokens", "parents", "q", "rows", "sampling", "said"),
    [
        ([0], [0], LAW, [0], "iid", "node 0's parent in"),
        ([0, 0], [1, -1], LAW, [0, 0], "iid", "node 0's parent in"),
        ([0, 0], [-1, 5], LAW, [0, 0], "iid", r"node 1's parent in \[-1, 0\], got 5"),
        ([0], [-2], LAW, [0], "iid", "got -2"),
        ([2], [-1], LAW, [0], "iid", r"token in \[0, 2\), got 2"),
        ([-3], [-1], None, [-1], "deterministic", r"node 0's token of 0 or more, got -3; draft from the target's vocabulary"),
        ([-1], [-1], LAW, [0], "iid", "got -1"),
        ([0], [-1], LAW, [1], "iid", r"q_row in \[0, 1\), got 1"),
        ([0], [-1], LAW, [-1], "iid", "a sampled node needs the law"),
        ([0], [-1], None, [0], "iid", "q_row"),
        ([0], [-1], LAW, [-2], "deterministic", "got -2"),
        ([0, 1], [-1], LAW, [0, 0], "iid", "2, 1 and 2"),
        ([0], [-1], LAW, [0], "top-k", "'top-k'"),
    ],
)
def test_a_malformed_tree_is_refused_and_the_fault_named(tokens, parents, q, rows, sampling, said):
    with pytest.raises(InvalidTreeError, match=said):
        DraftTree(tokens, parents, q, rows, sampling)
    assert issubclass(InvalidTreeError, ValueError)


def test_copied_tokens_need_no_law():
    assert len(DraftTree([3, 900_000], [-1, 0], None, [-1, -1], "deterministic")) == 2


@given(st.lists(st.integers(0, 9), max_size=8), st.data())
def test_a_sketch_counts_depths_as_its_finished_tree_does(tokens: list[int], data: st.DataObject):
    sketch = Sketch(prefix=3)
    for i, token in enumerate(tokens):
        assert sketch.add(token, data.draw(st.integers(-1, i - 1))) == i
    tree = DraftTree(sketch.tokens, sketch.parents, None, sketch.q_row, "deterministic")
    assert (tree.depths(), len(sketch)) == (sketch.depths, len(tokens))


def test_the_times_of_a_cycle_sum_to_its_total():
    assert Times(1, 2, 4, 8, 16, 32).total == 63


def test_the_samplings_are_those_of_the_design():
    assert SAMPLINGS == ("iid", "without_replacement", "deterministic", "greedy")
