"""Where a text ends: at the end token, a stop string, the length limit or the context, inside an accepted block too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

import specviz as sv
from specviz.drafters import DRAFTERS
from specviz.model.pair import SHIPPED, Pair, load_pair
from specviz.types import Array, Context, Costs, DraftTree, Proposal, Sketch, Verdict
from tests.helpers import Bench, fresh_logits, load, random_model, reference_greedy, save, some_tokens

PROMPT = some_tokens(6) * 2
COSTS = (Costs(0.0, ((1, 1.0), (64, 1.01))), Costs(0.0, ((1, 1.0), (2, 9.0), (64, 99.0))))
METHODS = [
    {"method": "autoregressive", "detail": "light"},
    {"method": "chain", "gamma": 1, "detail": "light"},
    {"method": "chain", "gamma": 4, "detail": "light"},
    {"method": "chain", "gamma": 8, "detail": "light"},
    {"method": "prompt-lookup", "detail": "light"},
]


@cache
def shipped(kind: str) -> Pair:
    """The shipped target, with its own draft or as its own draft."""
    target = SHIPPED / "tiny" / "target"
    return load_pair("tiny", device="cpu", dtype="float32") if kind == "draft" else load(target, target)


def with_end(pair: Pair, *tokens: int) -> Pair:
    """The same pair, told that these tokens end a text."""
    pair.target.config = replace(pair.target.config, end_tokens=tokens)
    return pair


@pytest.mark.parametrize("kind", ["close", "self"])
def test_an_end_token_ends_the_text_where_plain_decoding_ends(bench: Bench, kind: str):
    """Each token of the text is declared the end token in turn, so it falls on every place of a cycle."""
    pair = bench.pair(kind)
    whole = reference_greedy(bench.reference("llama"), PROMPT, 20)
    inside = 0
    for end in dict.fromkeys(whole):
        expected = whole[: whole.index(end) + 1]
        assert reference_greedy(bench.reference("llama"), PROMPT, 20, end=end) == expected
        for options in METHODS:
            run = sv.generate(with_end(pair, end), PROMPT, max_new_tokens=20, **options)
            assert (run.tokens, run.stats.stop) == (expected, "end" if end in run.tokens else "length")
            last = run.trace.cycles[-1]
            inside += len(last.committed) < 1 + sum(node.state == "accepted" for node in last.nodes)
    assert inside > 0 or kind != "self"


def test_an_end_token_ends_a_sampled_text_and_nothing_is_drafted_behind_one(bench: Bench):
    """That it changes no law is enumerated in ``tests/trees/test_draws.py``; coins may fall on other drafts than without it."""
    pair = bench.pair("close")
    whole = sv.generate(with_end(pair), PROMPT, max_new_tokens=20, temperature=1.0, gamma=4, seed=8).tokens
    ended = drafted = 0
    for end in dict.fromkeys(whole):
        run = sv.generate(with_end(pair, end), PROMPT, max_new_tokens=20, temperature=1.0, gamma=4, seed=8)
        assert run.stats.stop == ("end" if end in run.tokens else "length")
        assert end not in run.tokens[:-1]
        ended += run.stats.stop == "end"
        for cycle in run.trace.cycles:
            tokens = [node.token for node in cycle.nodes]
            assert end not in tokens[:-1]
            drafted += end in tokens
    assert ended > 5
    assert drafted > 5


def test_any_of_several_end_tokens_ends_the_text(tmp_path):
    model = random_model("llama", 3)
    whole = reference_greedy(model, PROMPT, 12)
    model.generation_config.eos_token_id = [whole[7], whole[4]]
    run = sv.generate(load(save(model, tmp_path), tmp_path), PROMPT, max_new_tokens=12)
    first = min(whole.index(whole[4]), whole.index(whole[7]))
    assert (run.tokens, run.stats.stop) == (whole[: first + 1], "end")


def test_an_end_token_in_the_prompt_ends_nothing(bench: Bench):
    pair = with_end(bench.pair("random"), PROMPT[0], PROMPT[-1])
    expected = reference_greedy(bench.reference("llama"), PROMPT, 8)
    assert not set(expected) & {PROMPT[0], PROMPT[-1]}
    assert sv.generate(pair, PROMPT, max_new_tokens=8).tokens == expected


@pytest.mark.parametrize("kind", ["draft", "self"])
def test_a_stop_string_ends_the_text_with_the_token_that_completes_it(kind: str):
    pair, prompt = shipped(kind), "def add(a, b):\n    return a + b\n\n\ndef "
    whole = sv.generate(pair, prompt, "autoregressive", max_new_tokens=40)
    texts = [pair.text.decode(whole.tokens[: n + 1]) for n in range(len(whole.tokens))]
    rng = np.random.default_rng(0)
    spanning = 0
    for _ in range(5):
        start, length = int(rng.integers(0, len(whole.text) - 9)), int(rng.integers(1, 9))
        stop = whole.text[start : start + length]
        count = next(n for n, text in enumerate(texts) if stop in text) + 1
        spanning += stop not in pair.text.piece(whole.tokens[count - 1])
        for options in METHODS:
            run = sv.generate(pair, prompt, max_new_tokens=40, stop=["never said, surely", stop], **options)
            assert (run.tokens, run.stats.stop) == (whole.tokens[:count], "stop string")
            assert run.text == texts[count - 1]
    assert spanning > 1


def test_a_stop_string_that_only_the_prompt_holds_does_not_stop():
    pair, prompt = shipped("draft"), "zzqq = 1\nzzqq"
    run = sv.generate(pair, prompt, max_new_tokens=6, stop="zzqq = 1")
    assert run.stats.stop != "stop string" or "zzqq = 1" in run.text


@pytest.mark.parametrize("gamma", range(7))
@pytest.mark.parametrize("kind", ["random", "self"])
def test_exactly_as_many_tokens_come_as_were_asked_for(bench: Bench, gamma: int, kind: str):
    pair = bench.pair(kind)
    longest = sv.generate(pair, PROMPT, gamma=gamma, max_new_tokens=12).tokens
    for count in range(1, 13):
        run = sv.generate(pair, PROMPT, gamma=gamma, max_new_tokens=count)
        assert (len(run.tokens), run.stats.stop) == (count, "length")
        assert run.tokens == longest[:count]
        sampled = sv.generate(pair, PROMPT, gamma=gamma, max_new_tokens=count, temperature=1.0, seed=count)
        assert len(sampled.tokens) == count


def test_nothing_is_drafted_that_the_length_limit_would_throw_away(bench: Bench):
    run = sv.generate(bench.pair("self"), PROMPT, gamma=5, max_new_tokens=8)
    assert [(len(cycle.nodes), len(cycle.committed)) for cycle in run.trace.cycles] == [(5, 6), (1, 2)]


def test_a_prompt_as_long_as_the_context_is_refused_before_any_work(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random", context=16)
    monkeypatch.setattr(type(pair.target), "score", lambda *_, **__: pytest.fail("a model was run"))
    for length in (16, 17, 400):
        with pytest.raises(ValueError, match=rf"fewer than 16 tokens, got {length}; shorten"):
            sv.generate(pair, some_tokens(length))
        with pytest.raises(ValueError, match="fewer than 16"):
            sv.stream(pair, some_tokens(length))


@pytest.mark.parametrize("options", METHODS, ids=str)
@pytest.mark.parametrize("length", [1, 6, 14, 15])
def test_a_run_that_reaches_the_context_stops_there_and_is_right_so_far(bench: Bench, options: dict[str, object], length: int):
    for kind in ("random", "self"):
        pair = bench.pair(kind, context=16)
        prompt = some_tokens(length, 2)
        run = sv.generate(pair, prompt, max_new_tokens=100, **options)
        assert run.stats.stop == "context"
        assert run.tokens == reference_greedy(bench.reference("llama"), prompt, 16 - length)


def test_a_prompt_of_one_token_is_enough(bench: Bench):
    expected = reference_greedy(bench.reference("llama"), [5], 10)
    for options in METHODS:
        assert sv.generate(bench.pair("close"), [5], max_new_tokens=10, **options).tokens == expected


@pytest.mark.parametrize("bad", [[5, 320], [-1], [5, 10**9]], ids=str)
def test_prompt_tokens_outside_the_vocabulary_are_refused(bench: Bench, bad: list[int]):
    with pytest.raises(ValueError, match=r"prompt tokens in \[0, 320\)"):
        sv.generate(bench.pair("random"), bad)


def test_an_empty_prompt_is_the_start_of_a_text_or_refused(bench: Bench):
    pair = shipped("draft")
    begin = pair.text.tokenizer.bos_token_id
    run = sv.generate(pair, "", max_new_tokens=4)
    assert run.trace.header.prompt_tokens == [begin]
    assert run.tokens == sv.generate(pair, [begin], max_new_tokens=4).tokens
    with pytest.raises(ValueError, match="at least one token, got none"):
        sv.generate(pair, [])


def test_a_vocabulary_in_which_id_0_is_an_ordinary_and_frequent_token(tmp_path):
    """Padding with id 0 gives false matches only where 0 is said (trap 13)."""
    models = [random_model("llama", seed) for seed in (4, 5)]
    with torch.no_grad():
        for model in models:
            model.lm_head.weight.mul_(0.3)[0] = model.lm_head.weight[1:].abs().mean(0)
            model.model.norm.weight.abs_()
    target, draft = (save(model, tmp_path / name) for model, name in zip(models, "td", strict=True))
    expected = [reference_greedy(models[0], [0, seed, 0, seed], 24) for seed in range(6)]
    zeros = sum(tokens.count(0) for tokens in expected)
    assert 0.1 < zeros / (6 * 24) < 1
    for pair in (load(target, draft), load(target, target)):
        for options in METHODS:
            assert [sv.generate(pair, [0, seed, 0, seed], max_new_tokens=24, **options).tokens for seed in range(6)] == expected


class AlwaysWrong:
    """Copies what the target is sure not to say next."""

    has_law = False

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def start(self, context: Context) -> None:
        self._context = context

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        logits = fresh_logits(self._pair.target, [*self._context.tokens, *sketch.tokens])[-1]
        return [Proposal(tokens=(int(logits.argmin()),)) for _ in nodes]

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:
        """Learns nothing."""


def test_a_drafter_that_is_always_wrong_changes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """An engine that takes the first draft unseen would show it here (trap 20)."""
    pair = bench.pair("random")
    monkeypatch.setitem(DRAFTERS, "always-wrong", lambda pair, _: AlwaysWrong(pair))
    run = sv.generate(pair, PROMPT, sv.Method(drafter="always-wrong", gamma=4), max_new_tokens=16)
    assert run.tokens == reference_greedy(bench.reference("llama"), PROMPT, 16)
    assert (run.stats.acceptance, run.stats.tokens_per_cycle, run.stats.drafted > 20) == (0.0, 1.0, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens as a whole number >= 1"),
        ({"gamma": -1}, "gamma as a whole number >= 0"),
        ({"seed": -1}, "seed"),
        ({"stop": ""}, "stop strings"),
        ({"stop": ["x", ""]}, "stop strings"),
        ({"temperature": -1.0}, "temperature"),
        ({"top_p": 2.0}, "top_p"),
        ({"top_k": -1}, "top_k"),
        ({"method": "magic"}, "autoregressive, chain, prompt-lookup"),
        ({"detail": "everything"}, "light, full, exact"),
    ],
    ids=str,
)
def test_settings_without_sense_are_refused_before_any_work(bench: Bench, options: dict[str, object], said: str, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    monkeypatch.setattr(type(pair.target), "score", lambda *_, **__: pytest.fail("a model was run"))
    with pytest.raises(ValueError, match=said):
        sv.generate(pair, PROMPT, **options)


def test_the_exact_match_rule_is_refused_where_it_would_ignore_the_temperature(bench: Bench):
    pair, method = bench.pair("random"), sv.Method(verifier="greedy")
    with pytest.raises(ValueError, match=r"temperature 0 for the rule 'greedy', got 0\.7"):
        sv.generate(pair, PROMPT, method, temperature=0.7)
    assert sv.generate(pair, PROMPT, method, max_new_tokens=6).tokens == reference_greedy(bench.reference("llama"), PROMPT, 6)


def test_a_chain_without_a_draft_model_is_refused_and_copying_is_not(bench: Bench):
    pair = load(bench.family("llama"))
    with pytest.raises(ValueError, match=r"draft model for the method 'chain'.*load_pair\(draft=…\).*prompt-lookup"):
        sv.generate(pair, PROMPT, "chain")
    expected = reference_greedy(bench.reference("llama"), PROMPT, 8)
    assert sv.generate(pair, PROMPT, "prompt-lookup", max_new_tokens=8).tokens == expected


def test_logits_of_nan_end_a_run_with_a_clear_error(tmp_path):
    model = random_model("llama", 3)
    with torch.no_grad():
        model.lm_head.weight[7] = float("nan")
    pair = load(save(model, tmp_path), tmp_path)
    for options in ({}, {"temperature": 1.0}, {"method": "autoregressive"}):
        with pytest.raises(ValueError, match=r"finite logits.*float32"):
            sv.generate(pair, PROMPT, **options)
    assert not pair.lock.locked()


@pytest.mark.parametrize("method", [None, "auto", "prompt-lookup", "autoregressive"])
def test_a_target_alone_says_what_plain_decoding_says(bench: Bench, method: str | None):
    pair = load(bench.family("llama"))
    run = sv.generate(pair, PROMPT, method, max_new_tokens=24)
    assert run.tokens == reference_greedy(bench.reference("llama"), PROMPT, 24)
    assert run.trace.header.method == (method or "prompt-lookup")


def test_without_a_draft_auto_copies_where_that_pays_and_only_there(bench: Bench):
    """At costs that were given: passes over many tokens that cost nothing more, and such that nobody can afford."""
    pair = load(bench.family("llama"))
    cheap, dear = (sv.generate(pair, PROMPT * 3, replace(sv.METHODS["auto"], costs=costs), max_new_tokens=40) for costs in COSTS)
    assert cheap.tokens == dear.tokens
    assert dear.stats.drafted <= 12 * 2 < cheap.stats.drafted
