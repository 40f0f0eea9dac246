"""The distribution is what was asked for, under drafting: greedy text is that of transformers with the same settings, on chains and trees."""

from __future__ import annotations

import json
import warnings
from math import inf
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, LogitsProcessorList, PrefixConstrainedLogitsProcessor, PreTrainedModel, TemperatureLogitsWarper

import specviz as sv
from specviz.engine.batch import BatchStream, Request
from specviz.engine.settings import RunSettings
from specviz.errors import UnexpectedTypeError, UnexpectedValueError
from specviz.model.distribution import shaper
from specviz.model.pair import Pair
from specviz.trace.replay import judge_by
from tests.engine.test_ends import with_end
from tests.helpers import Bench, load, noisy_copy, random_model, save, some_tokens

PROMPT = some_tokens(6) * 2  # repeats itself, so that there is something to copy
NEW = 20
METHODS: dict[str, dict[str, Any]] = {
    "autoregressive": {"method": "autoregressive"},
    "chain 2": {"method": "chain", "gamma": 2},
    "chain 5": {"method": "chain", "gamma": 5},
    "prompt-lookup": {"method": "prompt-lookup"},
    "specinfer": {"method": "specinfer"},
    "eagle-2": {"method": "eagle-2"},
    "sequoia": {"method": "sequoia:nodes=12"},
    "opt-tree": {"method": "opt-tree"},
}


@torch.no_grad()
def theirs(model: PreTrainedModel, end: int | None = None, handed_in: Any = (), prompt: list[int] = PROMPT, **options: Any) -> list[int]:
    """What transformers says greedily."""
    ids = torch.tensor([prompt])
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=NEW, eos_token_id=end, pad_token_id=0,
        logits_processor=LogitsProcessorList(handed_in), **options,
    )  # fmt: skip
    return [int(token) for token in out[0, len(prompt) :]]


def by_parity(ids: Tensor, scores: Tensor) -> Tensor:
    """Depends on the whole path: tokens of the parity of all tokens so far are made unlikely."""
    wrong = (ids.sum(-1, keepdim=True) + torch.arange(scores.shape[-1])) % 2 == 0
    return torch.where(wrong, scores - 3.0, scores)


def after_the_last(_: int, ids: Tensor) -> list[int]:
    """Tokens up to forty above the last one, around the vocabulary."""
    return [(int(ids[-1]) + step) % 320 for step in range(1, 41)]


def settings(plain: list[int]) -> dict[str, dict[str, Any]]:
    """Settings that bite, since they turn on what would be said without them."""
    a, b, c, d, e = list(dict.fromkeys(plain))[:5]
    one_by_one = {
        "penalty": {"repetition_penalty": 1.8},
        "reward": {"repetition_penalty": 0.5},
        "unigrams": {"no_repeat_ngram_size": 1},
        "bigrams": {"repetition_penalty": 0.5, "no_repeat_ngram_size": 2},  # it would repeat itself
        "suppressed": {"suppress_tokens": [a, c]},
        "not first": {"begin_suppress_tokens": [a, b]},
        "bad words": {"bad_words_ids": [[b], [c, d], [a, b, c]]},
        "bias": {"sequence_bias": {(a,): -4.0, (a, c): 6.0, (d,): 2.5}},
        "forced last": {"forced_eos_token_id": e},
    }
    together = {"repetition_penalty": 1.3, "no_repeat_ngram_size": 3, "bad_words_ids": [[a]], "forced_eos_token_id": [d]}
    return one_by_one | {"together": together, "all": {key: value for each in reversed(one_by_one.values()) for key, value in each.items()}}


NAMES = ["penalty", "reward", "unigrams", "bigrams", "suppressed", "not first", "bad words", "bias", "forced last", "together", "all"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["close", "self"])
def test_greedy_text_is_that_of_transformers_with_the_same_settings(bench: Bench, kind: str, name: str):
    pair = bench.pair(kind)
    plain = theirs(bench.reference("llama"))
    options = settings(plain)[name]
    expected = theirs(bench.reference("llama"), **options)
    assert expected != (theirs(bench.reference("llama"), repetition_penalty=0.5) if name == "bigrams" else plain)
    for method in METHODS.values():
        run = sv.generate(pair, PROMPT, max_new_tokens=NEW, **method, **options)
        assert run.tokens == expected, method
        if kind == "self" and "chain" in method["method"]:
            assert run.stats.acceptance == 1.0  # the draft went through the very same


@pytest.mark.parametrize("family", ["gpt2", "gemma3"])
@pytest.mark.parametrize("name", ["penalty", "bigrams", "bad words", "all"])
def test_an_adapted_model_says_what_transformers_says_too(bench: Bench, family: str, name: str):
    pair = bench.pair("close", family)
    options = settings(theirs(bench.reference(family)))[name]
    expected = theirs(bench.reference(family), **options)
    for method in ("chain", "specinfer", "eagle-2"):
        assert sv.generate(pair, PROMPT, method, max_new_tokens=NEW, **options).tokens == expected


@pytest.mark.parametrize("kind", ["close", "self"])
@pytest.mark.parametrize("handed_in", ["function", "class", "constraint", "several"])
def test_processors_handed_in_are_asked_about_every_path(bench: Bench, kind: str, handed_in: str):
    given = {
        "function": [by_parity],
        "class": [TemperatureLogitsWarper(0.5)],
        "constraint": [PrefixConstrainedLogitsProcessor(after_the_last, 1)],
        "several": [PrefixConstrainedLogitsProcessor(after_the_last, 1), by_parity],
    }[handed_in]
    expected = theirs(bench.reference("llama"), handed_in=given, repetition_penalty=1.2)
    for method in METHODS.values():
        run = sv.generate(bench.pair(kind), PROMPT, max_new_tokens=NEW, processors=given, repetition_penalty=1.2, **method)
        assert run.tokens == expected


@pytest.mark.parametrize("least", [{"min_new_tokens": 9}, {"min_length": len(PROMPT) + 12}, {"min_new_tokens": 0, "min_length": 99}], ids=str)
def test_no_end_comes_before_the_least_number_of_tokens(bench: Bench, least: dict[str, int]):
    plain = theirs(bench.reference("llama"))
    for end in dict.fromkeys(plain[:8]):
        for kind in ("close", "self"):
            pair = with_end(bench.pair(kind), end)
            expected = theirs(bench.reference("llama"), end=end, **least)
            for method in METHODS.values():
                assert sv.generate(pair, PROMPT, max_new_tokens=NEW, **method, **least).tokens == expected


@pytest.mark.parametrize("least", [{"min_new_tokens": 9}, {"min_length": len(PROMPT) + 9}], ids=str)
def test_what_a_text_stops_at_comes_no_sooner_than_its_least_length(bench: Bench, least: dict[str, int]):
    plain = theirs(bench.reference("llama"))
    for kind in ("close", "self"):
        pair = bench.pair(kind)
        string = pair.text.decode(plain[:4])
        for method in METHODS.values():
            by_token = sv.generate(pair, PROMPT, max_new_tokens=NEW, stop=plain[2], **least, **method)
            assert by_token.tokens == theirs(bench.reference("llama"), end=plain[2], **least)
            assert sv.generate(pair, PROMPT, max_new_tokens=NEW, stop=string, **method).tokens == plain[:4]
            assert sv.generate(pair, PROMPT, max_new_tokens=NEW, stop=string, **least, **method).tokens == plain


def test_an_end_that_is_forced_ends_the_text_however_short(bench: Bench):
    plain = theirs(bench.reference("llama"))
    for method in METHODS.values():
        pair = with_end(bench.pair("self"), 9)
        run = sv.generate(pair, PROMPT, max_new_tokens=NEW, forced_tokens={3: 9}, min_new_tokens=8, **method)
        assert (run.tokens, run.stats.stop) == ([*plain[:3], 9], "end")


def test_a_beginning_is_forced_behind_a_single_token_alone(bench: Bench):
    for prompt, begin in (([5], 77), ([5, 6], 77)):
        expected = theirs(bench.reference("llama"), prompt=prompt, forced_bos_token_id=begin, begin_suppress_tokens=[40])
        assert (expected[0] == begin) == (len(prompt) == 1)
        for method in METHODS.values():
            run = sv.generate(bench.pair("close"), prompt, max_new_tokens=NEW, forced_bos_token_id=begin, begin_suppress_tokens=[40], **method)
            assert run.tokens == expected


def test_frequency_presence_and_forced_places_are_those_of_plain_decoding(bench: Bench):
    options = {"frequency_penalty": 0.8, "presence_penalty": 0.6, "forced_tokens": {3: 9, 4: 10}, "logit_bias": {9: 3.0}}
    expected = sv.generate(bench.pair("close"), PROMPT, "autoregressive", max_new_tokens=NEW, **options).tokens
    assert expected[3:5] == [9, 10]
    assert expected != theirs(bench.reference("llama"))
    for kind in ("close", "self"):
        for method in METHODS.values():
            assert sv.generate(bench.pair(kind), PROMPT, max_new_tokens=NEW, **method, **options).tokens == expected


def test_a_token_that_the_draft_has_no_embedding_for_may_be_forced(bench: Bench):
    target = bench.folder("more-ids", lambda: random_model("llama", 1, vocab_size=328))
    draft = bench.folder("fewer-ids", lambda: random_model("llama", 2, vocab_size=320))
    run = sv.generate(load(target, draft), PROMPT, "specinfer", max_new_tokens=8, forced_tokens={1: 325, 2: 326})
    assert run.tokens == theirs(bench.reference("more-ids"))[:1] + run.tokens[1:]
    assert run.tokens[1:3] == [325, 326]


# ------------------------------------------------------------------------------------------------ the checkpoint's own defaults


def told(bench: Bench, **raw: Any) -> tuple[Pair, PreTrainedModel]:
    """A pair whose target's folder asks for this, and the model as transformers loads it from there."""
    model = random_model("llama")
    target = save(model, bench.fresh())
    (target / "generation_config.json").write_text(json.dumps(raw))
    return load(target, save(noisy_copy(model, 0.02), bench.fresh())), AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32)


@pytest.mark.parametrize("name", ["penalty", "bigrams", "suppressed", "not first", "bad words", "together"])
def test_what_generation_config_asks_for_is_applied_as_in_transformers(bench: Bench, name: str):
    bench.family("llama")
    options = settings(theirs(bench.reference("llama")))[name]
    pair, reference = told(bench, **options)
    expected = theirs(reference)
    assert expected == theirs(bench.reference("llama"), **options)
    for method in METHODS.values():
        assert sv.generate(pair, PROMPT, max_new_tokens=NEW, **method).tokens == expected


def test_a_given_value_overrules_the_checkpoint_also_where_it_asks_for_nothing(bench: Bench):
    pair, _ = told(bench, repetition_penalty=1.8, no_repeat_ngram_size=2, top_k=3, top_p=0.5, min_p=0.2)
    plain = theirs(bench.reference("llama"))
    run = sv.generate(pair, PROMPT, max_new_tokens=NEW, repetition_penalty=1.0, no_repeat_ngram_size=0)
    assert run.tokens == plain != sv.generate(pair, PROMPT, max_new_tokens=NEW).tokens
    cuts = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "repetition_penalty": 1.0, "no_repeat_ngram_size": 0}
    free = sv.generate(pair, PROMPT, max_new_tokens=NEW, temperature=1.5, **cuts)
    assert free.tokens == sv.generate(bench.pair("close"), PROMPT, max_new_tokens=NEW, temperature=1.5).tokens


def test_its_cuts_hold_where_tokens_are_drawn(bench: Bench):
    pair, _ = told(bench, top_k=3, min_p=0.01, do_sample=True, temperature=9.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is left out
        run = sv.generate(pair, PROMPT, max_new_tokens=NEW, temperature=1.0, detail="exact")
    assert {"top_k": 3, "min_p": 0.01, "temperature": 1.0}.items() <= run.trace.header.settings.items()
    assert max((cycle.p_rows > 0).sum(-1).max() for cycle in run.trace.cycles) <= 3


def test_its_stop_strings_end_the_text(bench: Bench):
    whole = sv.generate(bench.pair("close"), PROMPT, max_new_tokens=NEW).text
    pair, _ = told(bench, stop_strings=[whole[3:6]])
    run = sv.generate(pair, PROMPT, max_new_tokens=NEW)
    assert run.stats.stop == "stop string"
    assert run.text == whole[: len(run.text)]


def test_what_is_not_applied_is_named_once_for_a_pair_also_in_batches(bench: Bench):
    pair, _ = told(bench, do_sample=True, num_beams=3)
    with pytest.warns(UserWarning, match="asks for what is not applied: num_beams 3, do_sample True; text is decoded greedily") as caught:
        sv.generate(pair, [PROMPT, PROMPT[:5]], max_new_tokens=4)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sv.generate(pair, PROMPT, max_new_tokens=4)


# ----------------------------------------------------------------------------------------------------------- record, cost, errors


def test_the_record_says_what_was_in_force_and_is_judged_again_alike(bench: Bench, tmp_path):
    path = tmp_path / "run.arrow"
    options = {"min_p": 0.02, "repetition_penalty": 1.2, "suppress_tokens": [3], "logit_bias": {5: -inf}, "processors": [by_parity]}
    run = sv.generate(bench.pair("close"), PROMPT, "specinfer", max_new_tokens=NEW, temperature=1.0, detail="exact", save=path, **options)
    trace = sv.load_trace(path)
    said = {"min_p": 0.02, "repetition_penalty": 1.2, "suppress_tokens": [3], "logit_bias": [[[5], "-inf"]], "processors": ["by_parity"]}
    assert said.items() <= trace.header.settings.items()
    assert trace.header.settings == run.trace.header.settings
    for cycle in range(len(trace)):
        replay = judge_by(trace, cycle)
        assert (replay.verdict.path, replay.verdict.token) == (trace.cycles[cycle].path, trace.cycles[cycle].last_token)


def test_where_nothing_is_asked_for_no_path_is_looked_at(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    for name in ("specviz.engine.session.branches_of", "specviz.types.Sketch.branch"):
        monkeypatch.setattr(name, lambda *_: pytest.fail("a path was made"))
    monkeypatch.setattr(shaper.Shaper, "__init__", lambda *_: pytest.fail("something was made to shape logits"))
    harmless = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "suppress_tokens": [], "processors": [], "min_new_tokens": 0, "min_p": 0.1}
    for method in ("chain", "specinfer", "eagle-2", "prompt-lookup"):
        for temperature in (0.0, 1.0):
            sv.generate(bench.pair("close"), PROMPT, method, max_new_tokens=6, temperature=temperature, **harmless)


def test_rows_of_a_batch_keep_their_own_settings(bench: Bench):
    pair = bench.pair("close")
    asked = [{}, {"repetition_penalty": 1.8}, {"no_repeat_ngram_size": 1, "processors": [by_parity]}, {"min_p": 0.3, "frequency_penalty": 1.0}]
    rows = [RunSettings(NEW, float(number % 2), distribution=each) for number, each in enumerate(asked)]
    batch = BatchStream(pair, [Request(PROMPT, each) for each in rows], "specinfer", most=3)
    for _ in batch:
        pass
    for number, options in enumerate(asked):
        alone = sv.generate(pair, PROMPT, "specinfer", max_new_tokens=NEW, temperature=float(number % 2), **options)
        assert batch.streams[number].session.tokens[len(PROMPT) :] == alone.tokens


def test_a_batch_takes_the_settings_of_a_single_run(bench: Bench):
    prompts = [PROMPT, PROMPT[:5], PROMPT[3:]]
    runs = sv.generate(bench.pair("close"), prompts, max_new_tokens=NEW, repetition_penalty=1.5, processors=[by_parity])
    expected = [theirs(bench.reference("llama"), handed_in=[by_parity], repetition_penalty=1.5, prompt=prompt) for prompt in prompts]
    assert [run.tokens for run in runs] == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"repetition_penalty": 0}, "repetition_penalty as a number > 0"),
        ({"suppress_tokens": [319, 320]}, r"token ids in \[0, 320\) for suppress_tokens, got 320"),
        ({"forced_tokens": {0: 999}}, r"for forced_tokens, got 999"),
        ({"logit_bias": {5000: 1.0}}, r"for logit_bias, got 5000"),
        ({"processors": [lambda _, scores: scores[:, 1:]]}, r"scores of shape \(1, 320\) from the processor <lambda>, got \(1, 319\)"),
        ({"processors": [3]}, r"processors that can be called with \(input_ids, scores\), got 3"),
        ({"typical_p": 2}, "typical_p"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(bench: Bench, options: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    monkeypatch.setattr(type(pair.target), "score", lambda *_, **__: pytest.fail("a model was run"))
    for call in (sv.generate, sv.stream):
        with pytest.raises((UnexpectedValueError, UnexpectedTypeError), match=said):
            call(pair, PROMPT, **options)


def test_a_misspelt_setting_is_refused_with_the_right_one(bench: Bench):
    for call in (sv.generate, sv.stream):
        with pytest.raises(UnexpectedTypeError, match=r"got repetiton_penalty; did you mean repetition_penalty\?"):
            call(bench.pair("random"), PROMPT, repetiton_penalty=1.1)


@pytest.mark.parametrize("method", ["autoregressive", "chain", "specinfer", "prompt-lookup"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_text_that_can_go_on_nowhere_says_what_forbids_it(bench: Bench, method: str, temperature: float):
    options: dict[str, Any] = {"suppress_tokens": list(range(4, 320)), "no_repeat_ngram_size": 1}
    with pytest.raises(UnexpectedValueError, match=r"that no_repeat_ngram_size, suppress_tokens allow in place \d+ of the output, got none"):
        sv.generate(bench.pair("close"), PROMPT, method, max_new_tokens=NEW, temperature=temperature, **options)


def test_a_dead_end_beside_the_text_is_no_error(bench: Bench):
    """Nothing may follow some token that is drafted and not said: plain decoding never gets there."""
    pair = bench.pair("close")
    plain = theirs(bench.reference("llama"))
    drafts = {node.token for cycle in sv.generate(pair, PROMPT, "specinfer", max_new_tokens=NEW).trace.cycles for node in cycle.nodes} - {
        *plain,
        *PROMPT,
    }
    assert drafts
    ends = [[draft, token] for draft in drafts for token in range(320)]
    assert sv.generate(pair, PROMPT, "specinfer", max_new_tokens=NEW, bad_words_ids=ends).tokens == plain


def test_logits_that_are_no_numbers_are_not_blamed_on_a_processor(bench: Bench):
    model = random_model("llama", 3)
    with torch.no_grad():
        model.lm_head.weight[7] = float("nan")
    folder = save(model, bench.fresh())
    with pytest.raises(UnexpectedValueError, match="expected finite logits, got NaN or infinite ones; the weights"):
        sv.generate(load(folder, folder), PROMPT, processors=[by_parity], repetition_penalty=1.2)
