"""What may be asked of the distribution: taken in the forms in which people have it, refused by name before any work."""

from __future__ import annotations

import json
from math import inf, nan
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LogitsProcessorList, MinPLogitsWarper

from specviz.errors import SpecvizError, UnexpectedTypeError, UnexpectedValueError
from specviz.model.distribution.options import NAMES, Distribution, DistributionOptions


def test_every_documented_name_is_checked_and_kept():
    assert set(DistributionOptions.__optional_keys__) == set(NAMES)
    assert Distribution.of(dict.fromkeys(NAMES)) == Distribution()


@pytest.mark.parametrize(
    ("option", "given", "kept"),
    [
        ("suppress_tokens", torch.tensor([1, 2]), (1, 2)),
        ("suppress_tokens", np.array([1, 2]), (1, 2)),
        ("suppress_tokens", {3}, (3,)),
        ("begin_suppress_tokens", range(2), (0, 1)),
        ("bad_words_ids", [[1], (2, 3)], ((1,), (2, 3))),
        ("forced_eos_token_id", 5, (5,)),
        ("forced_eos_token_id", torch.tensor(5), (5,)),
        ("forced_eos_token_id", [5, 6], (5, 6)),
        ("logit_bias", {3: -1, np.int64(4): 2.5}, (((3,), -1.0), ((4,), 2.5))),
        ("logit_bias", {"50256": -100}, (((50256,), -100.0),)),  # as JSON has it
        ("logit_bias", {3: -inf}, (((3,), -inf),)),
        ("sequence_bias", {(1, 2): 3.0}, (((1, 2), 3.0),)),
        ("sequence_bias", [[[1, 2], 3.0]], (((1, 2), 3.0),)),
        ("sequence_bias", [[[1, 2], 3.0], [[4], 1.0], [[1, 2], -1.0]], (((1, 2), -1.0), ((4,), 1.0))),  # the last counts, as in transformers
        ("logit_bias", [[4, 3.0], [4, -1.0]], (((4,), -1.0),)),
        ("forced_tokens", [[1, 50]], ((1, 50),)),
        ("forced_tokens", {1: 50}, ((1, 50),)),
        ("repetition_penalty", np.float32(1.5), 1.5),
        ("no_repeat_ngram_size", np.int64(3), 3),
    ],
    ids=str,
)
def test_values_are_taken_in_the_forms_people_have_them_in(option: str, given: Any, kept: Any):
    made = Distribution.of({option: given})
    assert getattr(made, option) == kept
    assert Distribution(**made.said()) == made  # what was checked passes again


@pytest.mark.parametrize(
    ("option", "given"),
    [
        *(("min_p", bad) for bad in (-0.1, 1.1, nan, "0.1", True, [0.1])),
        *(("typical_p", bad) for bad in (0, 1.5, inf)),
        *(("repetition_penalty", bad) for bad in (0, -1.0, inf, "1.1", [1.1])),
        *((name, bad) for name in ("frequency_penalty", "presence_penalty") for bad in (inf, nan, "x")),
        *((name, bad) for name in ("no_repeat_ngram_size", "min_new_tokens", "min_length", "forced_bos_token_id") for bad in (-1, 2.5, "3", True)),
        *((name, bad) for name in ("suppress_tokens", "begin_suppress_tokens") for bad in (3, "3", ["a"], [-1], [2.5], {1: 2})),
        *(("bad_words_ids", bad) for bad in ([1], [[]], [["a"]], "ab", [[-1]])),
        *(("logit_bias", bad) for bad in ([1], {1: "a"}, {1: inf}, {1: nan}, {"a": 1.0}, {-1: 1.0}, 3)),
        *(("sequence_bias", bad) for bad in ({1: 2.0}, {(): 1.0}, [[1, 2, 3]], {(1,): inf})),
        *(("forced_tokens", bad) for bad in ({-1: 2}, {1: -2}, {"a": 1}, [1, 2])),
        *(("forced_eos_token_id", bad) for bad in ([], -1, "a", 2.5)),
        *(("processors", bad) for bad in (3, [3], "min_p", [MinPLogitsWarper], {"a": 1})),
    ],
    ids=str,
)
def test_values_without_sense_are_refused_by_name(option: str, given: Any):
    with pytest.raises(SpecvizError, match=f"(?s)expected .*{option}.*, got "):
        Distribution.of({option: given})


def test_an_unknown_name_is_refused_with_what_exists_and_what_was_meant():
    with pytest.raises(UnexpectedTypeError, match=r"among min_p, .*processors, got repition_penalty; did you mean repetition_penalty\?"):
        Distribution.of({"repition_penalty": 1.1})
    with pytest.raises(UnexpectedTypeError, match="got zzz; leave it out"):
        Distribution.of({"zzz": 1})


def test_processors_come_as_a_list_of_transformers_a_list_or_one():
    one = MinPLogitsWarper(0.1)
    for given in (one, [one], (one,), LogitsProcessorList([one])):
        assert Distribution.of({"processors": given}).processors == (one,)


def test_what_is_said_overrules_the_defaults_also_with_a_value_that_asks_for_nothing():
    defaults = Distribution(repetition_penalty=1.3, no_repeat_ngram_size=2, suppress_tokens=(1,))
    asked = Distribution(repetition_penalty=1.0, suppress_tokens=()).over(defaults)
    assert asked == Distribution(repetition_penalty=1.0, no_repeat_ngram_size=2, suppress_tokens=())


def test_a_record_names_what_is_in_force_as_json_has_it():
    made = Distribution(
        min_p=0.1, repetition_penalty=1.0, logit_bias={4: -inf}, forced_tokens={0: 2}, suppress_tokens=[], processors=[MinPLogitsWarper(0.1), len]
    )
    said = {"min_p": 0.1, "logit_bias": [[[4], "-inf"]], "forced_tokens": [[0, 2]], "processors": ["MinPLogitsWarper", "len"]}
    assert made.as_dict(is_greedy=False) == said == json.loads(json.dumps(said))
    assert "min_p" not in made.as_dict(is_greedy=True)


def test_token_ids_are_listed_by_option():
    made = Distribution(logit_bias={4: 1.0}, sequence_bias={(5, 6): 1.0}, bad_words_ids=[[7], [8]], forced_tokens={0: 9}, forced_bos_token_id=3)
    found = {name: ids for name, ids in made.ids().items() if ids}
    assert found == {"logit_bias": [4], "sequence_bias": [5, 6], "bad_words_ids": [7, 8], "forced_tokens": [9], "forced_bos_token_id": [3]}


def test_an_error_of_the_value_is_one_of_the_value():
    with pytest.raises(UnexpectedValueError, match=r"expected repetition_penalty as a number > 0, got -1; 1 is no penalty"):
        Distribution(repetition_penalty=-1)
