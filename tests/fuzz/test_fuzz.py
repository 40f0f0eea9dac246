"""Whatever is passed, read or typed: it works, or it is refused in our words. No raw error of a library reaches a person.

Hypothesis draws odd options, prompts, folders, trace files and command lines, some 3 000 cases in all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from typer.testing import CliRunner

import specviz as sv
from specviz.cli import app
from specviz.errors import SpecvizError
from specviz.trace import read_trace, sample_names, summarise
from specviz.trace.store import sample_path
from tests.helpers import Bench

QUICK = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

ODD_NUMBERS = st.one_of(st.integers(-5, 400), st.floats(-2, 3), st.sampled_from([float("nan"), float("inf"), -0.0, 2**63, 2**64, -(2**70), 1e308]))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    ODD_NUMBERS,
    st.text(max_size=4),
    st.binary(max_size=3),
    st.lists(ODD_NUMBERS, max_size=3),
    st.dictionaries(st.integers(-1, 400) | st.text(max_size=2), ODD_NUMBERS, max_size=2),
    st.sampled_from([object(), np.float32(0.5), np.int64(2), torch.tensor(1), torch.tensor([1, 2]), "\ud800", {1, 2}, int, lambda: None]),
)
OPTIONS = (
    "method", "temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "frequency_penalty", "presence_penalty",
    "no_repeat_ngram_size", "logit_bias", "suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "min_new_tokens", "processors",
    "seed", "detail", "gamma", "stop", "ignore_eos", "save", "no_such_option",
)  # fmt: skip
SENSIBLE = {
    "method": st.sampled_from(["chain", "autoregressive", "prompt-lookup", "eagle-2:nodes=6", "auto", "sequoia:nodes=8", "block"]),
    "temperature": st.sampled_from([0.0, 0.7, 1.0]),
    "detail": st.sampled_from(["light", "full", "exact"]),
    "top_k": st.integers(1, 400),
    "top_p": st.floats(0.01, 1.0),
}


def told(work: Callable[[], Any]) -> Any:
    """What ``work`` returns; None when it was refused in our words. Anything else fails the test."""
    try:
        return work()
    except SpecvizError as error:
        words = str(error)
        assert words.startswith("expected "), words
        assert ", got " in words, words
        words.encode()
        return None


@pytest.fixture(scope="module")
def pair(bench: Bench) -> sv.Pair:
    return bench.pair("close")


@settings(max_examples=1300, deadline=None, suppress_health_check=QUICK)
@given(data=st.data())
def test_any_option_is_taken_or_refused(pair: sv.Pair, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory):
    names = data.draw(st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3, unique=True))
    options = {name: data.draw(SENSIBLE[name] | ODD if name in SENSIBLE else ODD) for name in names}
    if isinstance(options.get("save"), str | bytes):
        options["save"] = tmp_path_factory.getbasetemp() / "fuzz" / "run.arrow"
    run = told(lambda: sv.generate(pair, [5, 6, 7], **{"max_new_tokens": 3, **options}))
    assert run is None or 1 <= len(run.tokens) <= 3


@settings(max_examples=500, deadline=None, suppress_health_check=QUICK)
@given(st.lists(ODD | st.integers(0, 319), max_size=3) | ODD | st.text(max_size=30), ODD)
def test_any_prompt_and_length_is_taken_or_refused(pair: sv.Pair, prompt: Any, length: Any):
    is_small = not isinstance(length, int) or isinstance(length, bool) or length <= 8
    told(lambda: sv.generate(pair, prompt, "chain", max_new_tokens=length if is_small else 2, detail="light"))


@settings(max_examples=250, deadline=None, suppress_health_check=QUICK)
@given(data=st.data())
def test_any_argument_of_load_pair_is_taken_or_refused(bench: Bench, data: st.DataObject):
    names = ("name", "target", "draft", "device", "dtype", "draft_dtype", "context", "tokenizer", "revision")
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    arguments = {"target": bench.family("llama"), "device": "cpu", "dtype": "float32"} | {name: data.draw(ODD) for name in chosen}
    told(lambda: sv.load_pair(**arguments))


@settings(max_examples=350, deadline=None, suppress_health_check=QUICK)
@given(data=st.data())
def test_any_file_of_a_checkpoint_is_read_or_refused(bench: Bench, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory):
    sound = bench.family("llama")
    broken = tmp_path_factory.getbasetemp() / "broken"
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(sound, broken)
    name = data.draw(st.sampled_from(["config.json", "generation_config.json", "tokenizer_config.json", "tokenizer.json", "model.safetensors"]))
    path = broken / name
    if name in ("config.json", "generation_config.json", "tokenizer_config.json") and data.draw(st.booleans()):
        content = json.loads(path.read_text()) if path.exists() else {}
        known = [*content, "rope_scaling", "eos_token_id", "sliding_window", "head_dim", "quantization_config", "repetition_penalty", "chat_template"]
        plain = (
            st.none()
            | st.booleans()
            | st.integers(-3, 10**6)
            | st.floats(allow_nan=False)
            | st.text(max_size=5)
            | st.lists(st.integers(-1, 9), max_size=3)
        )
        content[data.draw(st.sampled_from(known))] = data.draw(plain | st.dictionaries(st.text(max_size=5), plain, max_size=2))
        path.write_text(json.dumps(content))
    elif path.exists():
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole) - 1))
        path.write_bytes(whole[:cut] + data.draw(st.binary(max_size=4)) + (whole[cut + 1 :] if data.draw(st.booleans()) else b""))
    loaded = told(lambda: sv.load_pair(target=broken, device="cpu", dtype="float32", context=64))
    if loaded is not None:
        told(lambda: sv.generate(loaded, [5, 6, 7], max_new_tokens=2, detail="light"))


@settings(max_examples=500, deadline=None, suppress_health_check=QUICK)
@given(data=st.data())
def test_any_bytes_in_a_trace_are_read_or_refused(data: st.DataObject):
    whole = sample_path(data.draw(st.sampled_from(sample_names()[:3]))).read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 8))
    content = whole[:cut] + data.draw(st.binary(max_size=8)) + (whole[cut + length :] if data.draw(st.booleans()) else b"")
    trace = told(lambda: read_trace(content))
    if trace is not None and len(trace):
        told(lambda: (trace.cycles, trace.outline(), trace.text, summarise(trace), sv.figures.draft_tree(trace, cycle=0)))


COMMANDS = ["run", "trace", "show", "export", "compare", "course", "import", "class", "doctor", "zoo", "bench"]


@settings(max_examples=150, deadline=None, suppress_health_check=QUICK)
@given(st.lists(st.sampled_from(COMMANDS) | st.text(max_size=4), min_size=1, max_size=3))
def test_no_command_line_ends_in_a_traceback(words: list[str]):
    words = [word for word in words if "\x00" not in word]
    if words[:1] in (["run"], ["compare"], ["doctor"], ["bench"], ["zoo"], ["app"]):  # these load models: an odd option is enough
        words = [*words[:1], "--no-such-option", *words[1:]]
    result = CliRunner().invoke(app, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
