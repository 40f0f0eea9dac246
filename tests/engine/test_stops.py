"""Where a text ends by wish: strings, special tokens' text, token ids; and that what a stop cuts off counts nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, PreTrainedModel

import specviz as sv
from specviz.cli.run import _coloured
from specviz.engine.batch import BatchStream, Request
from specviz.engine.settings import RunSettings
from specviz.engine.stops import StopStrings, checked_stops
from specviz.figures import draft_tree
from specviz.figures.pieces import step_pieces, trace_pieces
from specviz.figures.theme import alt_text, look
from specviz.model.distribution.defaults import GenerationDefaults
from specviz.model.pair import SHIPPED, Pair
from specviz.model.text import Text
from specviz.model.text_stream import TextStream
from specviz.trace import read_trace
from specviz.trace.perfetto import to_perfetto
from specviz.trace.replay import as_cycle, judge_by, move_coins
from specviz.trace.replay_run import replay_run
from tests.helpers import Bench, load, noisy_copy, random_model, reference_greedy, save, some_tokens
from tests.model.made_tokenizers import made

PROMPT = "def add(a, b):\n    return a + b\n\n\ndef "
METHODS = ["autoregressive", "chain:gamma=5", "prompt-lookup", "specinfer"]


@cache
def shipped(kind: str = "self") -> Pair:
    target = SHIPPED / "tiny" / "target"
    return sv.load_pair("tiny", device="cpu", dtype="float32") if kind == "draft" else load(target, target)


def small_model(folder: Path, kind: str, seed: int = 0) -> tuple[PreTrainedModel, Pair]:
    """A random model over a tokenizer of this kind and some padded ids, drafted for by its own shaken copy."""
    tokenizer = made(kind)
    model = random_model("llama", seed, vocab_size=len(tokenizer) + 5)
    save(model, folder / "target", tokenizer)
    save(noisy_copy(model, 0.02), folder / "draft", tokenizer)
    return model, load(folder / "target", folder / "draft")


def stopped_by_transformers(model: PreTrainedModel, tokenizer: Any, prompt: list[int], stop: list[str], count: int) -> list[int]:
    ids = torch.tensor([prompt])
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=count, stop_strings=stop, tokenizer=tokenizer, eos_token_id=None,
        pad_token_id=0,
    )  # fmt: skip
    return [int(token) for token in out[0, len(prompt) :]]


@pytest.mark.parametrize("kind", ["byte-level", "byte-fallback"])
def test_stop_strings_end_where_transformers_ends(tmp_path: Path, kind: str):
    """Strings out of the text as it stands behind the prompt: within a token, over several, over special ones, with the space before a word."""
    model, pair = small_model(tmp_path, kind)
    rng, tokenizer = np.random.default_rng(1), pair.text.tokenizer
    inside = 0
    for seed in range(12):
        prompt = some_tokens(5, seed, len(tokenizer))
        whole = reference_greedy(model, prompt, 24)
        text = tokenizer.decode([*prompt, *whole])[len(tokenizer.decode(prompt)) :]
        for length in (1, 2, 3, 5, 9):
            at = int(rng.integers(0, max(1, len(text) - length)))
            stop = [text[at : at + length], "never said"]
            if not stop[0] or "\N{REPLACEMENT CHARACTER}" in stop[0] or not all(letter.isprintable() for letter in stop[0]):
                continue
            expected = stopped_by_transformers(model, tokenizer, prompt, stop, 24)
            if stop[0] in tokenizer.decode(prompt)[-length:] + text[: length - 1]:
                continue  # transformers takes what begins in the prompt for said
            for method in ("autoregressive", "chain:gamma=4"):
                assert sv.generate(pair, prompt, method, max_new_tokens=24, stop=stop).tokens == expected, (stop, whole)
            inside += len(expected) < 24
    assert inside > 5


def test_a_stop_may_be_the_text_of_a_special_token():
    pair = shipped()
    prompt = pair.text.chat("Add 1 and 2.")
    whole = sv.generate(pair, prompt, max_new_tokens=60, ignore_eos=True)
    end = pair.text.tokenizer.convert_tokens_to_ids("<|end|>")
    assert end in whole.tokens[:-1]
    assert "<|end|>" not in whole.text
    for method in METHODS:
        run = sv.generate(pair, prompt, method, max_new_tokens=60, stop="<|end|>", ignore_eos=True)
        assert (run.tokens, run.stats.stop) == (whole.tokens[: whole.tokens.index(end) + 1], "stop string")


def test_a_stop_that_goes_over_a_special_token_is_found_with_it_and_without():
    text = Text(made("byte-level"))
    b, c, end = (text.tokenizer.convert_tokens_to_ids(name) for name in ("b", "c", "<|end|>"))
    for stop in ("bc", "b<|end|>c", "<|end|>c", "|>c"):
        found = StopStrings(text, [stop])
        assert [found.are_completed_by(token) for token in (b, end, c)] == [False, False, True], stop


def test_a_stop_is_found_once_and_never_where_it_begins_in_the_prompt():
    text = Text(made("byte-level"))
    a, b = (text.tokenizer.convert_tokens_to_ids(name) for name in "ab")
    found = StopStrings(text, ["aa"], prompt=[b, a])
    assert [found.are_completed_by(token) for token in (a, b, a, a, b, b, a, a, a)] == [False, False, False, True, False, False, False, True, True]


def test_a_character_that_is_not_whole_is_no_stop_yet():
    text = Text(made("byte-level"))
    tokens = text.encode("é")
    found = StopStrings(text, ["\N{REPLACEMENT CHARACTER}"])
    assert [found.are_completed_by(token) for token in tokens] == [False, False]
    whole = StopStrings(text, ["é"])
    assert [whole.are_completed_by(token) for token in tokens] == [False, True]


def test_bytes_that_a_run_holds_back_complete_a_stop_all_the_same():
    text = Text(made("byte-fallback"))
    tokens = [text.tokenizer.convert_tokens_to_ids(name) for name in ("a", "<0xC3>", "<0xA9>")]
    found = StopStrings(text, ["é"])
    assert [found.are_completed_by(token) for token in tokens] == [False, False, True]


@pytest.mark.parametrize("method", METHODS)
def test_strings_and_token_ids_end_a_text_whichever_comes_first(method: str):
    pair = shipped()
    whole = sv.generate(pair, PROMPT, "autoregressive", max_new_tokens=30)
    for place in (3, 7, 11):
        token = whole.tokens[place]
        first = whole.tokens.index(token)
        run = sv.generate(pair, PROMPT, method, max_new_tokens=30, stop=["never said", np.int64(token)])
        assert (run.tokens, run.stats.stop) == (whole.tokens[: first + 1], "stop token")
        assert sv.generate(pair, PROMPT, method, max_new_tokens=30, stop=token).tokens == run.tokens
        text = pair.text.decode(whole.tokens[:first])
        early = sv.generate(pair, PROMPT, method, max_new_tokens=30, stop=[token, text[:3]])
        assert (early.stats.stop, text[:3] in early.text, len(early.tokens) < len(run.tokens)) == ("stop string", True, True)


def test_nothing_is_drafted_behind_a_token_that_ends_the_text():
    pair = shipped()
    whole = sv.generate(pair, PROMPT, max_new_tokens=30)
    run = sv.generate(pair, PROMPT, "chain:gamma=5", max_new_tokens=30, stop=whole.tokens[9])
    assert all(whole.tokens[9] not in [node.token for node in cycle.nodes][:-1] for cycle in run.trace)


def test_end_tokens_are_ignored_on_request(bench: Bench):
    pair, prompt = bench.pair("self"), some_tokens(6) * 2
    whole = sv.generate(pair, prompt, max_new_tokens=20).tokens
    pair.target.config = type(pair.target.config)(**{**vars(pair.target.config), "end_tokens": (whole[5],)})
    assert len(sv.generate(pair, prompt, max_new_tokens=20).tokens) == whole.index(whole[5]) + 1
    for method in METHODS:
        run = sv.generate(pair, prompt, method, max_new_tokens=20, ignore_eos=True)
        assert (run.tokens, run.stats.stop) == (whole, "length")
    assert run.trace.header.settings["ignore_eos"] is True
    both = sv.generate(pair, prompt, max_new_tokens=20, ignore_eos=True, stop=[whole[5]])
    assert (both.tokens[-1], both.stats.stop) == (whole[5], "stop token")


def test_the_forms_of_a_stop():
    assert checked_stops(None) == checked_stops([]) == checked_stops(()) == ()
    assert checked_stops("ab") == checked_stops(["ab"]) == ("ab",)
    assert checked_stops(5) == checked_stops(np.int64(5)) == checked_stops(torch.tensor(5)) == checked_stops(np.array([5])) == (5,)
    assert set(checked_stops({"a", 3})) == {"a", 3}


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("", "stop strings with at least one character"),
        (["a", ""], "stop strings with at least one character"),
        (-1, ">= 0, got -1"),
        ([True], "whole number >= 0, got True"),
        ([2.5], "whole number >= 0, got 2.5"),
        (b"a", "strings and token ids, got b'a'"),
        ([b"a"], "got b'a'"),
        ([None], "got None"),
        ({"a": 1}, "strings and token ids"),
        (["\ud800"], "whole characters"),
        ([4096], r"stop tokens in \[0, 4096\), got 4096"),
        ([["a"]], "whole number"),
    ],
    ids=str,
)
def test_a_stop_of_another_kind_is_refused_before_any_work(stop: Any, said: str, monkeypatch: pytest.MonkeyPatch):
    pair = shipped()
    monkeypatch.setattr(type(pair.target), "score", lambda *_, **__: pytest.fail("a model was run"))
    with pytest.raises((ValueError, TypeError), match=f"^expected .*{said}"):
        sv.generate(pair, PROMPT, stop=stop)
    with pytest.raises(TypeError, match="expected ignore_eos as True or False, got 1"):
        sv.generate(pair, PROMPT, ignore_eos=1)


# --- what a stop cuts off


def cut_run(method: str = "chain:gamma=6", **options: Any) -> sv.Run:
    """A run of a pair that always agrees, ended by a string that its first block completes well before its end."""
    pair = shipped()
    whole = sv.generate(pair, PROMPT, "autoregressive", max_new_tokens=8)
    stop = pair.text.decode(whole.tokens[:3])[1:]
    return sv.generate(pair, PROMPT, method, max_new_tokens=40, stop=stop, **options)


def test_what_was_not_given_out_is_not_counted():
    run = cut_run()
    assert (len(run.tokens), run.stats.cycles, run.stats.accepted, run.stats.rejected, run.stats.acceptance) == (3, 1, 3, 0, 1.0)
    assert [place.accepted for place in run.stats.positions] == [1, 1, 1, 0, 0, 0]
    assert [place.examined for place in run.stats.positions] == [1, 1, 1, 0, 0, 0]
    (cycle,) = run.trace.cycles
    assert [node.state for node in cycle.nodes] == ["accepted"] * 3 + ["ignored"] * 3
    assert [cycle.is_behind_end(node.id) for node in cycle.nodes] == [False] * 3 + [True] * 3
    assert not cycle.is_last_kept


def test_the_step_itself_is_cut():
    pair = shipped()
    (step,) = sv.stream(pair, PROMPT, "chain:gamma=6", 40, stop=cut_run().text[1:])
    assert step.verdict.path == [0, 1, 2]
    assert [decision.state for decision in step.verdict.decisions] == ["accepted"] * 3 + ["ignored"] * 3
    assert step.text == cut_run().text
    assert step.cache_lengths[0] == step.prefix + 2  # all but the last token, as ever


@pytest.mark.parametrize("method", ["specinfer", "sequoia:nodes=16", "rsd-s", "eagle-2"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_trees_count_what_was_given_out_and_no_more(method: str, temperature: float):
    """Refusals behind the end count as little as what was accepted there."""
    pair, cut = shipped("draft" if temperature else "self"), 0
    for seed in range(3 if temperature else 1):
        options = {"temperature": temperature, "seed": seed, "detail": "exact"}
        whole = sv.generate(pair, PROMPT, method, max_new_tokens=24, **options)
        for cycle in whole.trace.cycles[:-1]:
            if len(cycle.path) < 2:
                continue
            token = cycle.committed[0]
            before = whole.tokens[: whole.tokens.index(token) + 1]
            stop = pair.text.decode(before)[-6:]
            run = sv.generate(pair, PROMPT, method, max_new_tokens=24, stop=stop, **options)
            last = run.trace.cycles[-1]
            assert len(last.path) <= len(last.committed)
            assert [last.nodes[node].token for node in last.path] == list(last.committed)[: len(last.path)]
            reachable = {-1, *(last.path if last.is_last_kept else last.path[:-1])}
            assert all(node.parent in reachable for node in last.nodes if node.state in ("accepted", "rejected"))
            cut += any(last.is_behind_end(node.id) for node in last.nodes)
            again = judge_by(run.trace, len(run.trace) - 1)
            assert (again.changed, again.is_same_output) == ((), True)
    assert cut > 0


def test_a_cut_cycle_judged_again_reproduces_itself():
    run = cut_run(detail="exact")
    trace = read_trace(run.trace.to_bytes())
    again = judge_by(trace, 0)
    assert (again.changed, again.is_same_output, again.verdict.path) == ((), True, [0, 1, 2])
    record, same = trace.cycle(0), as_cycle(trace, 0, again)
    assert (same.committed, same.path, [n.state for n in same.nodes]) == (record.committed, record.path, [n.state for n in record.nodes])
    assert move_coins(trace, 0, {-1: 0.999}).is_same_output  # the last token was drawn and not kept
    found = replay_run(trace, ["greedy"])
    assert (found.recorded, found.rules["greedy"].accepted[0].value) == ([3], 3.0)


def test_pictures_show_no_draft_as_accepted_that_the_text_does_not_hold(tmp_path: Path):
    run = cut_run()
    figure = draft_tree(run.trace, cycle=0)
    assert "3 accepted, 3 tokens gained" in str(figure.layout.title.text)
    assert alt_text(figure).endswith("bonus, not kept.")
    assert [piece.state for piece in trace_pieces(run.trace)] == ["accepted"] * 3
    pair = shipped()
    (step,) = sv.stream(pair, PROMPT, "chain:gamma=6", 40, stop=run.text[1:])
    printed = _coloured(step, TextStream(pair.text), is_plain=False)
    assert (printed.plain, {str(span.style) for span in printed.spans}) == (run.text, {look("accepted").colour})
    assert [piece.state for piece in step_pieces(step, pair.text.piece)] == ["accepted"] * 3
    events = json.loads(to_perfetto(run.trace, tmp_path / "run.json").read_text())["traceEvents"]
    (facts,) = [event["args"] for event in events if event["name"] == "cycle 0"]
    assert (facts["accepted"], facts["ended by"]) == (3, "the end of the text (stop string)")
    assert [event["args"]["value"] for event in events if event["name"].startswith("acceptance so far")] == [100]


def test_an_older_record_is_read_without_what_was_not_given_out():
    """It had every accepted draft as accepted, whatever the text held of it."""
    trace = sv.load_trace("a-lossy-rule-exact")
    cycle = trace.cycle(17)
    assert (len(cycle.path), len(cycle.committed)) == (2, 2)
    assert sum(len(c.path) for c in trace.outline()) == sum(len(c.path) for c in trace)


def test_rows_of_a_batch_stop_where_they_stop_alone():
    pair = shipped("draft")
    prompts, stop = [PROMPT, "The cat", "for i in range(3):\n"], ["\n", " the"]
    together = sv.generate(pair, prompts, max_new_tokens=20, stop=stop)
    alone = [sv.generate(pair, prompt, max_new_tokens=20, stop=stop) for prompt in prompts]
    assert [(run.tokens, run.text, run.stats.stop, run.stats.accepted) for run in together] == [
        (run.tokens, run.text, run.stats.stop, run.stats.accepted) for run in alone
    ]


@pytest.mark.parametrize("kind", ["byte-level", "byte-fallback", "unigram, metaspace", "unigram, cleaned up", "wordpiece, cleaned up", "suffixes"])
def test_runs_over_every_kind_of_tokenizer_give_its_own_text(tmp_path: Path, kind: str):
    _, pair = small_model(tmp_path, kind)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "target")
    prompts = [some_tokens(4, seed, len(tokenizer)) for seed in range(6)]
    for options in ({"temperature": 1.5}, {"temperature": 0.0}):
        for method in ("chain", "specinfer"):
            for run in sv.generate(pair, prompts, method, max_new_tokens=30, ignore_eos=True, **options):
                assert run.text == tokenizer.decode(run.tokens, skip_special_tokens=True)
                assert run.trace.text == run.text


def test_a_row_that_fails_takes_no_other_with_it():
    pair = shipped("draft")
    prompts = [PROMPT, "The cat", "for i in range(3):\n"]
    batch = BatchStream(pair, [Request(prompt, RunSettings(12)) for prompt in prompts], "chain")

    def read() -> None:
        for row, _ in batch:
            if row == 1:
                batch.streams[1].session.score = lambda _: (_ for _ in ()).throw(ArithmeticError("of this row alone"))  # type: ignore[method-assign]

    with pytest.raises(ArithmeticError, match="of this row alone") as raised:
        read()
    assert raised.value.__notes__ == ["in row 1 of the batch; the others were decoded to their ends"]
    for row in (0, 2):
        assert batch.streams[row].finished().tokens == sv.generate(pair, prompts[row], max_new_tokens=12).tokens
    assert not pair.lock.locked()


def test_an_empty_stop_overrules_the_strings_that_a_checkpoint_asks_for(bench: Bench):
    pair = bench.pair("random")
    whole = sv.generate(pair, some_tokens(6), max_new_tokens=12)
    asking = replace(pair, defaults=GenerationDefaults("m", {"stop_strings": [whole.text[:1]]}))
    assert len(sv.generate(asking, some_tokens(6), max_new_tokens=12).tokens) < 12
    assert sv.generate(asking, some_tokens(6), max_new_tokens=12, stop=[]).tokens == whole.tokens
