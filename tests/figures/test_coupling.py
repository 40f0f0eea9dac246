"""The coupling's picture: its cells are the joint law, its sides the marginals."""

from __future__ import annotations

import json

import numpy as np
import pytest

from specviz.figures import coupling_at, coupling_map, theme
from specviz.theory.acceptance import alpha
from specviz.theory.coupling import coupling
from specviz.theory.rules import place
from specviz.verifiers import VERIFIERS
from tests.figures.make_trace import sample_chain
from tests.trace.replays import SHAPES, recorded

P, Q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])


def layer(figure, name: str) -> np.ndarray:
    return np.array(next(t for t in figure.data if t.name == name).z, dtype=float)


def cells(figure) -> np.ndarray:
    """The number behind every cell, whichever layer drew it; exactly one layer draws each."""
    layers = np.stack([layer(figure, name) for name in ("nothing", "given", "drawn")])
    assert (np.isfinite(layers).sum(axis=0) == 1).all()
    return np.nansum(layers, axis=0)


def bar(figure, name: str):
    return next(t for t in figure.data if t.name == name)


@pytest.mark.parametrize(("rule", "k", "rows"), [("rejection", 1, "set"), ("recursive", 2, "set"), ("k-seq", 2, "first"), ("naive", 2, "list")])
def test_cells_sum_to_the_marginals_at_the_sides(rule, k, rows):
    figure = coupling_map(P, Q, k=k, rule=rule, rows=rows)
    joint = cells(figure)
    np.testing.assert_allclose(joint.sum(axis=0), P, rtol=0, atol=1e-12)
    np.testing.assert_allclose(bar(figure, "sum of the column").y, P, rtol=0, atol=1e-12)
    np.testing.assert_allclose(joint.sum(axis=1), bar(figure, "sum of the row").x, rtol=0, atol=1e-12)
    assert sum(bar(figure, "sum of the row").x) == pytest.approx(1.0, abs=1e-12)


def test_with_one_draft_blue_is_the_diagonal_and_orange_the_residual():
    figure = coupling_map(P, Q)
    given, drawn = layer(figure, "given"), layer(figure, "drawn")
    np.testing.assert_allclose(np.diag(given), np.minimum(P, Q))
    assert np.isnan(given[~np.eye(4, dtype=bool)]).all()
    assert np.argwhere(np.isfinite(drawn)).tolist() == [[2, 0], [2, 1], [3, 0], [3, 1]]
    assert theme.look("accepted").colour in str(bar(figure, "given").colorscale)
    assert theme.look("corrected").colour in str(bar(figure, "drawn").colorscale)


def test_the_title_says_how_much_passes_and_the_subtitle_what_would_be_possible():
    figure = coupling_map(P, Q, k=2, rule="naive")
    found = coupling(VERIFIERS["naive"], place(P, Q, 2, "iid"))
    assert f"{found.acceptance:.1%} given out as drafted" in figure.layout.title.text
    assert "79.0%" in figure.layout.title.text  # the worked example Y of tests/theory/test_transport.py
    assert "no lossless rule does better" in coupling_map(P, Q).layout.title.text


def test_a_lossy_rule_shows_where_the_columns_miss_p():
    figure = coupling_map(P, Q, rule="typical")
    sums, marks = np.array(bar(figure, "sum of the column").y), np.array(bar(figure, "p, what must come out").y)
    np.testing.assert_allclose(marks, P)
    assert np.abs(sums - marks).max() > 0.01
    assert "lossy" in figure.layout.title.text
    assert any("not" in text for text in bar(figure, "sums").text)
    assert "total variation" in theme.alt_text(figure)


def test_many_rows_are_added_up_not_dropped():
    p = np.full(6, 1 / 6)
    figure = coupling_map(p, p, k=3, rule="recursive")
    assert len(figure.layout.yaxis.ticktext) == 14
    assert figure.layout.yaxis.ticktext[-1].endswith(" others")
    np.testing.assert_allclose(cells(figure).sum(axis=0), p, rtol=0, atol=1e-12)


def test_names_are_escaped_and_made_visible():
    figure = coupling_map(P, Q, names=["<b>", "$x$", "\n", " a"])
    assert list(figure.layout.xaxis.ticktext) == ["&lt;b&gt;", "&#36;x&#36;", "⏎", "·a"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": "nonsense"}, "expected a rule"),
        ({"rows": "columns"}, "rows to be one of set, first, list"),
        ({"names": ["a"]}, "one name for each of 4 tokens, got 1"),
        ({"k": 2}, "expected a chain for the rule 'rejection'"),
    ],
)
def test_what_cannot_be_drawn_says_why(arguments, message):
    with pytest.raises(ValueError, match=message):
        coupling_map(P, Q, **arguments)


def test_a_recorded_place_is_drawn_from_its_own_laws():
    trace, _ = recorded("rejection", "chain", cycles=3, vocab=9)
    figure = coupling_at(trace, cycle=1, node=1, top=3)
    record = trace.cycle(1)
    p, q = record.p_rows[1], record.q_rows[record.q_row[1]]
    assert np.nansum(layer(figure, "given")) == pytest.approx(float(alpha(p, q)), abs=1e-12)
    assert len(figure.layout.xaxis.ticktext) == 5
    assert sum("rest" in text for text in figure.layout.xaxis.ticktext) == 2
    assert {"badge-measured", "badge-modelled"} <= {note.name for note in figure.layout.annotations}


@pytest.mark.parametrize("sampling", ["iid", "without_replacement", "greedy", "deterministic"])
def test_recorded_siblings_are_judged_as_many_as_they_were(sampling):
    trace, _ = recorded("recursive", "pairs", sampling, cycles=2)
    figure = coupling_at(trace, cycle=1, node=2, top=4)
    assert "2 drafts" in figure.layout.title.text
    np.testing.assert_allclose(cells(figure).sum(axis=0), bar(figure, "p, what must come out").y, rtol=0, atol=1e-12)
    assert "1 draft:" in coupling_at(trace, cycle=1, node=2, k=1, rule="naive").layout.title.text


def test_a_run_without_whole_laws_says_how_to_record_them():
    with pytest.raises(ValueError, match="detail 'exact' to replay"):
        coupling_at(sample_chain(2), cycle=0)


def test_picks_that_were_not_recorded_are_not_made_up():
    trace, _ = recorded("recursive", "pairs", "deterministic", cycles=1)
    assert "2 drafts" in coupling_at(trace, cycle=0, top=1).layout.title.text
    with pytest.raises(ValueError, match="at most the 2 drafts that were picked there, got k = 3"):
        coupling_at(trace, cycle=0, k=3)


def test_many_recorded_siblings_are_drawn_three_at_a_time_and_counted(monkeypatch):
    monkeypatch.setitem(SHAPES, "wide", (-1,) * 5)
    trace, _ = recorded("recursive", "wide", "without_replacement", cycles=1, vocab=12)
    text = coupling_at(trace, cycle=0).layout.title.text
    assert "3 drafts" in text
    assert "5 drafts there" in text.replace("<br>", " ")


def test_what_is_handed_to_a_notebook_is_json_without_nan():
    figure = coupling_map(P, Q)
    assert json.loads(json.dumps([trace.z for trace in figure.data if trace.type == "heatmap"], allow_nan=False))
