"""The gap to the bound, measured on a small random pair."""

from __future__ import annotations

import json

import numpy as np
import pytest

from specviz.bench.rules import real_laws, rule_gap
from specviz.model.pair import Pair
from specviz.theory.transport import optimal_acceptance
from tests.helpers import Bench, fresh_logits

PROMPTS = ["def add(first", "The cat sat"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Pair:
    return Bench(tmp_path_factory.mktemp("models")).pair("close")


@pytest.fixture(scope="module")
def found(pair):
    return rule_gap(pair, PROMPTS, ks=(1, 2, 3), temperatures=(0.6, 1.0), places=6, max_new_tokens=8, draws=16)


def rows(found, **wanted):
    return [row for row in found["rows"] if all(row[name] == value for name, value in wanted.items())]


@pytest.mark.parametrize("temperature", [0.6, 1.0])
def test_laws_are_those_of_both_models_after_the_text_so_far(pair, temperature):
    laws = real_laws(pair, PROMPTS[:1], temperature, places=50, max_new_tokens=5, seed=3)
    assert len(laws) == 5
    tokens = pair.text.encode(PROMPTS[0])
    for model, first in zip((pair.target, pair.draft), laws[0], strict=True):
        expected = (fresh_logits(model, tokens)[-1].double() / temperature).softmax(-1)
        np.testing.assert_allclose(first, expected.numpy(), atol=1e-6)


def test_every_rule_is_in_the_table_and_none_beats_the_bound(found):
    alone = {"rejection", "block", "naive", "recursive", "k-seq", "traversal", "transport"}
    assert {row["rule"] for row in rows(found, k=1, sampling="iid", temperature=1.0)} == alone
    assert {row["rule"] for row in rows(found, k=3, sampling="greedy")} == {"greedy-multidraft", "naive", "recursive", "traversal", "transport"}
    for row in found["rows"]:
        assert row["gap"] >= -1e-9 - row["drawn_error"]
        assert row["acceptance"] + row["gap"] == pytest.approx(row["bound"], abs=1e-12)
    assert {row["drawn_error"] for row in rows(found, k=2)} == {0.0}
    assert rows(found, k=3, sampling="without_replacement", rule="recursive")[0]["drawn_error"] > 0.0


def test_the_bounds_are_those_of_the_laws(pair, found):
    laws = real_laws(pair, PROMPTS, 0.6, places=6, max_new_tokens=8, seed=0)
    for replacement, name in ((True, "bound_with"), (False, "bound_without")):
        expected = np.mean([optimal_acceptance(p, q, 2, replacement) for p, q in laws])
        claim = next(claim for claim in found["claims"] if (claim["temperature"], claim["k"]) == (0.6, 2))
        assert claim[name] == pytest.approx(expected, abs=1e-12)


def test_the_table_says_where_it_comes_from_and_is_json(found):
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again == found
    assert {"pair", "machine", "date", "settings", "rows", "claims"} <= set(found)
    assert {claim["k"] for claim in found["claims"]} == {1, 2, 3}


def test_a_pair_without_a_draft_and_a_greedy_temperature_are_refused(pair, tmp_path_factory):
    with pytest.raises(ValueError, match="temperatures above 0"):
        rule_gap(pair, PROMPTS, temperatures=(0.0,))
    with pytest.raises(ValueError, match="got 0 prompts"):
        rule_gap(pair, [])
    alone = Pair(pair.target, None, pair.text, pair.placement, "alone")
    with pytest.raises(ValueError, match="expected a pair with a draft model"):
        rule_gap(alone, PROMPTS)
