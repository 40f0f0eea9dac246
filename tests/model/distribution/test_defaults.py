"""generation_config.json: read as transformers reads it; what is not applied is named once."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

import specviz as sv
from specviz.errors import UnexpectedValueError
from specviz.model.distribution.defaults import GenerationDefaults, read_defaults
from specviz.model.pair import load_pair


def folder(tmp_path: Path, **raw: Any) -> Path:
    (tmp_path / "generation_config.json").write_text(json.dumps(raw))
    return tmp_path


def said(defaults: GenerationDefaults, *, is_greedy: bool) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        defaults.say_what_is_not_applied(is_greedy=is_greedy)
    return [str(warning.message) for warning in caught]


def test_options_cuts_and_stops_are_taken_and_the_rest_is_left(tmp_path):
    defaults = read_defaults(
        folder(tmp_path, repetition_penalty=1.2, suppress_tokens=[3], top_k=20, top_p=0.9, stop_strings="\n\n", pad_token_id=0), "m"
    )
    assert defaults.options.said() == {"repetition_penalty": 1.2, "suppress_tokens": (3,)}
    assert defaults.cuts == {"top_k": 20, "top_p": 0.9}
    assert defaults.stop_strings == ("\n\n",)


def test_without_the_file_those_of_an_old_config_count_and_beside_it_they_do_not(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "repetition_penalty": 1.4}))
    assert read_defaults(tmp_path, "m").options.repetition_penalty == 1.4
    assert read_defaults(folder(tmp_path), "m").options.repetition_penalty is None


def test_a_folder_without_either_asks_for_nothing(tmp_path):
    assert read_defaults(tmp_path, "m").options.said() == {}


def test_what_is_not_applied_is_named_once(tmp_path):
    defaults = read_defaults(folder(tmp_path, num_beams=4, guidance_scale=1.5, num_return_sequences=1, use_cache=False, bos_token_id=3), "m")
    assert said(defaults, is_greedy=True) == ["generation_config.json of 'm' asks for what is not applied: num_beams 4, guidance_scale 1.5"]
    assert said(defaults, is_greedy=True) == said(defaults, is_greedy=False) == []


def test_sampling_is_named_only_where_it_would_change_the_text(tmp_path):
    raw = {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "eta_cutoff": 0.1}
    greedy, sampled = (read_defaults(folder(tmp_path, **raw), "m") for _ in range(2))
    assert said(greedy, is_greedy=True) == [
        "generation_config.json of 'm' asks for what is not applied: do_sample True; text is decoded greedily unless a temperature is given"
    ]
    assert said(sampled, is_greedy=False) == ["generation_config.json of 'm' asks for what is not applied: eta_cutoff 0.1"]
    assert said(read_defaults(folder(tmp_path, temperature=0.6, top_p=0.9), "m"), is_greedy=True) == []


def test_the_shipped_pair_asks_for_nothing_and_nothing_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pair = load_pair("tiny", device="cpu", dtype="float32")
        sv.generate(pair, "def f", max_new_tokens=3)
    assert pair.defaults.options.said() == {}


@pytest.mark.parametrize(
    "raw",
    [{"repetition_penalty": 0}, {"suppress_tokens": "a"}, {"bad_words_ids": [3]}, {"min_new_tokens": -1}, {"forced_eos_token_id": [[2]]}],
    ids=str,
)
def test_nonsense_is_named_with_its_file(tmp_path, raw: dict[str, Any]):
    defaults = read_defaults(folder(tmp_path, **raw), "m")
    with pytest.raises(
        UnexpectedValueError, match=rf"generation_config.json of 'm', got one that does not \(.*{next(iter(raw))}.*; correct the file"
    ):
        _ = defaults.options


@pytest.mark.parametrize("raw", [{"top_k": -1}, {"top_p": "a"}], ids=str)
def test_a_cut_without_sense_is_named_with_its_file(tmp_path, raw: dict[str, Any]):
    with pytest.raises(UnexpectedValueError, match=rf"generation_config.json of 'm', got one that does not \(.*{next(iter(raw))}"):
        _ = read_defaults(folder(tmp_path, **raw), "m").cuts


@pytest.mark.parametrize("text", ["{", "[1]", ""], ids=["cut off", "no object", "empty"])
def test_a_file_that_is_no_json_object_is_named(tmp_path, text: str):
    (tmp_path / "generation_config.json").write_text(text)
    with pytest.raises(UnexpectedValueError, match=r"expected .*JSON.* in generation_config.json of '.*', got .*; download it again"):
        read_defaults(tmp_path, "m")
