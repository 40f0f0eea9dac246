"""Output that keeps to a grammar, drafted and not: what comes is of the grammar, and the text is that of plain decoding."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from typing import Any

import pytest
import torch

import specviz as sv
from specviz.errors import MissingPackageError, UnexpectedTypeError, UnexpectedValueError
from specviz.model.grammar import ebnf, json_schema, regex
from specviz.model.pair import Pair, load_pair
from tests.helpers import Bench

pytest.importorskip("xgrammar")
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"enum": [1, 20, 300]}, "ok": {"type": "boolean"}},
    "required": ["name", "age", "ok"],
    "additionalProperties": False,
}
METHODS = ["chain", "specinfer", "sequoia", "eagle-2", "prompt-lookup", "traversal"]


@cache
def pair() -> Pair:
    return load_pair("tiny", device="cpu", dtype="float32")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("temperature", [0.0, 1.2])
def test_a_schema_holds_under_drafting_and_greedy_text_is_that_of_plain_decoding(method: str, temperature: float):
    options: dict[str, Any] = {"processors": [json_schema(pair(), SCHEMA)], "max_new_tokens": 60, "temperature": temperature, "seed": 3}
    run = sv.generate(pair(), "Who is it?\n", method, **options)
    assert run.stats.stop == "end"
    said = json.loads(run.text)
    assert said.keys() == {"name", "age", "ok"}
    assert said["age"] in (1, 20, 300)
    assert len(said["name"]) <= 8
    if temperature == 0.0:
        assert run.tokens == sv.generate(pair(), "Who is it?\n", "autoregressive", **options).tokens
    if method == "specinfer":
        assert run.stats.acceptance > 0  # the draft keeps to it too
    assert run.trace.header.settings["processors"] == ["Grammar"]


def test_expressions_and_rules_hold_and_rows_of_a_batch_do_not_meet():
    grammar = regex(pair(), "(yes|no), [0-9]{3}")
    runs = sv.generate(pair(), ["Yes or no? ", "Or?\n", "Well then: "], "specinfer", max_new_tokens=20, temperature=1.0, processors=grammar)
    assert all(re.fullmatch("(yes|no), [0-9]{3}", run.text) for run in runs)
    rules = ebnf(pair(), 'root ::= "(" inner ")"\ninner ::= "a" | "(" "b" ")"')
    assert sv.generate(pair(), "abc", "chain", max_new_tokens=20, processors=[rules]).text in {"(a)", "((b))"}


def test_an_answer_depends_on_the_path_alone_wherever_it_was_asked_before():
    grammar, ids = regex(pair(), "[ab]{2}c"), [pair().text.encode(letter)[0] for letter in "abc"]
    paths = [[], [0], [0, 1], [1], [0, 1, 2], [1, 1], [2], [], [0, 0, 0], [0, 1]]
    processor = grammar.after(2)
    for path in paths:
        row = torch.tensor([[9, 9, *(ids[letter] for letter in path)]])
        answer = processor(row, torch.zeros(1, pair().target.config.vocab))
        assert torch.equal(answer, grammar.after(2)(row, torch.zeros(1, pair().target.config.vocab)))
        allowed = {letter for letter in range(3) if answer[0, ids[letter]] == 0}
        assert allowed == {0: {0, 1}, 1: {0, 1}, 2: {2}}.get(len(path) if 2 not in path and path != [0, 0, 0] else 9, set())


def test_what_makes_no_sense_is_refused(bench: Bench):
    with pytest.raises(UnexpectedValueError, match="expected a JSON schema, got "):
        json_schema(pair(), "{")
    with pytest.raises(UnexpectedValueError, match="expected a regular expression that xgrammar knows"):
        regex(pair(), "(")
    with pytest.raises(UnexpectedValueError, match=r"expected rules in xgrammar's EBNF, one of them called root, got RuntimeError: EBNF [^/]*$"):
        ebnf(pair(), "nothing")
    with pytest.raises(UnexpectedTypeError, match="a regular expression as text"):
        regex(pair(), 3)  # type: ignore[arg-type]
    with pytest.raises(UnexpectedValueError, match="a target with an end token"):
        regex(bench.pair("close"), "a")


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "xgrammar", None)
    with pytest.raises(MissingPackageError, match=r"the package xgrammar, got none installed; pip install 'specviz\[grammar\]'"):
        regex(pair(), "a")
