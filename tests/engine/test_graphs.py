"""Recorded cycles are those of the loop: same coins, same laws, same decisions, same ends; and where they cannot be, it is said once.

On a processor a recorded cycle is made again operation by operation (see ``replayed.py``); what a card adds is tested in ``tests/gpu``.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

import specviz as sv
from specviz.engine import graphs
from specviz.engine.graphs import cycles_for, decoded
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import Method, find_method
from specviz.model import fixed
from specviz.model.fixed import Capture, FixedPasses
from specviz.model.pair import SHIPPED, Pair
from specviz.types import Step
from tests.engine.replayed import NotRecordableError, recorded
from tests.helpers import CONFIGS, Bench, load, random_model, save, some_tokens
from tests.model.test_crossover import split_everywhere

PROMPT = some_tokens(6) * 2
CUT = {"temperature": 0.8, "top_k": 20, "top_p": 0.9}
CUT_MORE = {"temperature": 1.2, "min_p": 0.02, "typical_p": 0.9}


def bound(pair: Pair, capture: Capture = recorded) -> Pair:
    """The same checkpoints, whose passes and cycles are recorded."""
    other = load(pair.target_path, pair.draft_path, context=pair.context)
    for model in (other.target, other.draft):
        if model is not None:
            model.fixed = FixedPasses(model.transformer, capture)
    other.target.config = pair.target.config
    return other


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """The steps that recorded cycles made."""
    steps: list[Step] = []
    made = graphs.RecordedCycles.run

    def run(self: graphs.RecordedCycles, session: Session) -> Iterator[Step]:
        for step in made(self, session):
            steps.append(step)
            yield step

    monkeypatch.setattr(graphs.RecordedCycles, "run", run)
    return steps


def assert_same(ours: Step, theirs: Step) -> None:
    """One cycle, recorded and not; a recorded one drafts all γ where the room is less, so the draft's calls may differ."""
    for name in ("cycle", "prefix", "committed", "text", "stop", "cache_lengths", "target_calls"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("tokens", "parents", "q_row", "sampling", "pruned"):
        assert getattr(ours.tree, name) == getattr(theirs.tree, name), name
    assert (ours.tree.q is None) == (theirs.tree.q is None)
    for a, b in ((ours.p, theirs.p), (ours.verdict.law, theirs.verdict.law), (ours.tree.q, theirs.tree.q)):
        if a is not None:
            assert a.dtype == b.dtype == torch.float64
            torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)
    assert np.array_equal(ours.coins, theirs.coins)
    for name in ("path", "token", "kind"):
        assert getattr(ours.verdict, name) == getattr(theirs.verdict, name), name
    assert len(ours.verdict.decisions) == len(theirs.verdict.decisions)
    for a, b in zip(ours.verdict.decisions, theirs.verdict.decisions, strict=True):
        assert (a.state, a.u, a.threshold is None) == (b.state, b.u, b.threshold is None)
        assert (a.p, a.q, a.threshold or 0.0) == pytest.approx((b.p, b.q, b.threshold or 0.0), rel=1e-3, abs=1e-5)
    assert ours.draft_calls >= theirs.draft_calls
    assert min(ours.times.draft, ours.times.verify, ours.times.judge, ours.times.commit, ours.times.other) >= 0.0
    assert ours.times.total > 0.0


def compare(pair: Pair, twin: Pair, prompt: list[int] | str = PROMPT, **options) -> list[Step]:
    """Run both and hold them together, step by step."""
    ours, theirs = (list(sv.stream(each, prompt, **options)) for each in (twin, pair))
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b)
    return ours


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.0}, CUT, CUT_MORE], ids=["greedy", "sampled", "cut", "cut more"])
@pytest.mark.parametrize("gamma", range(9))
@pytest.mark.parametrize("kind", ["random", "close", "self"])
def test_a_recorded_chain_is_the_chain(bench: Bench, used: list[Step], kind: str, gamma: int, sampling: dict[str, float]):
    pair = bench.pair(kind)
    steps = compare(pair, bound(pair), gamma=gamma, max_new_tokens=24, seed=gamma, **sampling)
    assert len(used) == len(steps)
    if kind == "self":
        assert all(step.verdict.kind == "bonus" for step in steps)


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.0}, CUT], ids=["greedy", "sampled", "cut"])
def test_recorded_plain_decoding_is_plain_decoding(bench: Bench, used: list[Step], sampling: dict[str, float]):
    pair = bench.pair("close")
    steps = compare(pair, bound(pair), method="autoregressive", max_new_tokens=12, seed=4, **sampling)
    assert len(used) == len(steps) == 12
    alone = replace(pair, draft=None)
    assert len(compare(alone, bound(alone), method="autoregressive", max_new_tokens=3, **sampling)) == 3


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("gamma", [1, 4])
def test_a_recorded_chain_with_split_slots_is_the_chain(
    bench: Bench, used: list[Step], monkeypatch: pytest.MonkeyPatch, gamma: int, temperature: float
):
    """As on a card, where the attention that splits the slots is taken when it is quicker; its twin stands in for it."""
    asked = split_everywhere(monkeypatch)
    pair = bench.pair("close")
    twin = bound(pair)
    for length in (1, 2, 12):
        compare(pair, twin, some_tokens(length), gamma=gamma, max_new_tokens=16, temperature=temperature, seed=gamma)
    assert used
    assert {1, gamma + 1} <= set(asked)


def test_what_the_text_does_to_a_distribution_is_not_recorded_and_cuts_of_one_run_are_not_those_of_another(bench: Bench, used: list[Step]):
    pair = bench.pair("close")
    twin = bound(pair)
    compare(pair, twin, gamma=3, max_new_tokens=12, repetition_penalty=1.5)
    compare(pair, twin, gamma=3, max_new_tokens=12, temperature=1.0, processors=[lambda _, scores: scores / 2])
    assert not used
    for cut in ({}, {"min_p": 0.3}, {"typical_p": 0.5}, {"min_p": 0.0}):
        compare(pair, twin, gamma=3, max_new_tokens=12, temperature=1.0, **cut)
    assert used


@pytest.mark.parametrize("family", CONFIGS)
def test_every_family_is_recorded(bench: Bench, used: list[Step], family: str):
    pair = bench.pair("close", family)
    compare(pair, bound(pair), gamma=3, max_new_tokens=12, temperature=1.0)
    assert used


@pytest.mark.parametrize("kind", ["random", "self"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_prompts_start_at_the_first_slot(bench: Bench, used: list[Step], kind: str, temperature: float, length: int):
    pair = bench.pair(kind)
    twin = bound(pair)
    for seed in range(3):
        compare(pair, twin, some_tokens(length, seed), gamma=3, max_new_tokens=10, temperature=temperature, seed=seed)
    assert used


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_an_end_token_ends_the_text_on_every_place_of_a_cycle(bench: Bench, used: list[Step], temperature: float):
    pair = bench.pair("self")
    pair.target.config = replace(pair.target.config, end_tokens=())
    whole = sv.generate(pair, PROMPT, gamma=4, max_new_tokens=12, temperature=temperature, seed=1).tokens
    cut = 0
    for end in dict.fromkeys(whole):
        pair.target.config = replace(pair.target.config, end_tokens=(319, end))
        steps = compare(pair, bound(pair), gamma=4, max_new_tokens=12, temperature=temperature, seed=1)
        cut += len(steps[-1].committed) <= len(steps[-1].verdict.path)
    assert cut > 0
    assert used


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_tokens_to_stop_at_and_ends_to_ignore_are_those_of_the_loop(bench: Bench, used: list[Step], temperature: float):
    """The recorded cycles of one run know other ends than those of the next."""
    pair = bench.pair("self")
    options = {"gamma": 4, "max_new_tokens": 12, "temperature": temperature, "seed": 1}
    whole = sv.generate(pair, PROMPT, **options, ignore_eos=True).tokens
    pair.target.config = replace(pair.target.config, end_tokens=(whole[2],))
    twin = bound(pair)
    for stop in dict.fromkeys(whole):
        steps = compare(pair, twin, **options, stop=[stop], ignore_eos=True)
        assert (steps[-1].stop, steps[-1].committed[-1]) == ("stop token", stop)
        assert compare(pair, twin, **options, stop=[stop])[-1].stop in ("stop token", "end")
    assert compare(pair, twin, **options, ignore_eos=True)[-1].stop == "length"
    assert used


def test_stop_strings_end_the_text(used: list[Step]):
    pair = load(SHIPPED / "tiny" / "target", SHIPPED / "tiny" / "draft-m")
    twin, prompt = bound(pair), "def add(a, b):\n    return a + b\n\n\ndef "
    text = sv.generate(pair, prompt, "autoregressive", max_new_tokens=24).text
    for start in range(0, len(text) - 4, 9):
        steps = compare(pair, twin, prompt, gamma=4, max_new_tokens=24, stop=[text[start : start + 3]])
        assert steps[-1].stop == "stop string"
    assert used


@pytest.mark.parametrize("kind", ["random", "self"])
def test_exactly_as_many_tokens_come_as_were_asked_for(bench: Bench, used: list[Step], kind: str):
    pair = bench.pair(kind)
    twin = bound(pair)
    for count in range(1, 9):
        for temperature in (0.0, 1.0):
            steps = compare(pair, twin, gamma=5, max_new_tokens=count, temperature=temperature, seed=count)
            assert sum(len(step.committed) for step in steps) == count
    assert used


@pytest.mark.parametrize("kind", ["random", "self"])
def test_the_last_slots_are_left_to_the_loop(bench: Bench, used: list[Step], kind: str):
    pair = bench.pair(kind, context=40)
    steps = compare(pair, bound(pair), some_tokens(10), gamma=6, max_new_tokens=100, temperature=1.0)
    assert steps[-1].stop == "context"
    assert 0 < len(used) < len(steps)


def test_a_growing_text_goes_through_several_recordings(bench: Bench, used: list[Step], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fixed, "_SHORTEST_SPAN", 16)
    monkeypatch.setattr(graphs, "_MOST_SPANS", 2)
    pair = bench.pair("close")
    twin = bound(pair)
    compare(pair, twin, some_tokens(5), gamma=4, max_new_tokens=100)
    (cycles,) = graphs._made[twin].values()
    assert len(cycles._recorded) == 2
    assert used


def test_runs_one_after_another_use_the_same_recordings(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("close")
    count = 0

    def counted(run):
        nonlocal count
        count += 1
        return recorded(run)

    twin = bound(pair, counted)
    for model in (twin.target, twin.draft):  # only cycles are counted
        monkeypatch.setattr(model.fixed, "forward", lambda *_: None)
    for seed in range(4):
        compare(pair, twin, some_tokens(9, seed), gamma=3, max_new_tokens=16, temperature=1.0, seed=seed)
    assert count == 3
    compare(pair, twin, gamma=3, max_new_tokens=16, temperature=0.7)
    assert count == 6, "another way of sampling is another recording"
    for gamma in range(1, 9):
        compare(pair, twin, gamma=gamma, max_new_tokens=4)
    assert len(graphs._made[twin]) == graphs._MOST_CHAINS


def test_recordings_end_with_their_pair(bench: Bench):
    twin = bound(bench.pair("close"))
    sv.generate(twin, PROMPT, max_new_tokens=4)
    assert twin in graphs._made
    before = len(graphs._made)
    del twin
    gc.collect()
    assert len(graphs._made) < before


def test_a_kept_step_is_not_written_over(bench: Bench):
    twin = bound(bench.pair("close"))
    steps = sv.stream(twin, PROMPT, gamma=3, max_new_tokens=16, temperature=1.0)
    kept = [(step, step.p.clone(), step.tree.q.clone(), step.verdict.law.clone()) for step in steps if len(step.tree)]
    assert len(kept) > 2
    for step, *laws in kept:
        assert all(torch.equal(a, b) for a, b in zip((step.p, step.tree.q, step.verdict.law), laws, strict=True))
        step.p.add_(0.0)  # an ordinary tensor, as the loop's


def test_the_record_is_the_same(bench: Bench):
    pair = bench.pair("close")
    ours, theirs = (sv.generate(each, PROMPT, gamma=3, max_new_tokens=20, temperature=1.0, seed=2) for each in (bound(pair), pair))
    assert (ours.text, ours.tokens) == (theirs.text, theirs.tokens)
    for a, b in zip(ours.trace, theirs.trace, strict=True):
        assert (a.cycle, a.committed, a.last_token, a.last_kind, a.stop) == (b.cycle, b.committed, b.last_token, b.last_kind, b.stop)
        for one, two in zip(a.nodes, b.nodes, strict=True):
            assert (one.token, one.state, one.u) == (two.token, two.state, two.u)
            assert [e.token for e in one.top_p][:3] == [e.token for e in two.top_p][:3]
            assert (one.alpha, one.entropy_p) == pytest.approx((two.alpha, two.entropy_p), abs=1e-3)


def test_a_draft_with_another_padding_of_its_vocabulary_is_recorded(tmp_path, used: list[Step]):
    for name, vocab in (("target", 320), ("wide", 384), ("narrow", 320)):
        save(random_model("llama", 3, vocab_size=vocab), tmp_path / name)
    save(random_model("llama", 3, vocab_size=352), tmp_path / "target")
    for draft in ("wide", "narrow"):
        pair = load(tmp_path / "target", tmp_path / draft)
        steps = compare(pair, bound(pair), some_tokens(8), gamma=3, max_new_tokens=12, temperature=1.0, seed=3)
        assert all(step.tree.q.shape[1] == 352 for step in steps if len(step.tree))
    assert used


@pytest.mark.parametrize("which", ["target", "draft"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_no_numbers_are_said_as_in_the_loop(bench: Bench, which: str, temperature: float):
    twin = bound(bench.pair("close"))
    sv.generate(twin, PROMPT, max_new_tokens=4, temperature=temperature)
    getattr(twin, which).transformer.embedding.fill_(torch.nan)
    session, method = Session(twin, PROMPT, RunSettings(8, temperature)), find_method("chain")[1]
    for model in (twin.target, twin.draft):
        model.cache.rollback(len(PROMPT) - 1)
    with pytest.raises(ValueError, match="expected finite logits"):
        next(cycles_for(twin, session, method).run(session))


@pytest.mark.parametrize("at", [0, 1, 2, 4])
def test_a_recording_that_fails_is_said_once_and_the_loop_goes_on_from_there(bench: Bench, used: list[Step], monkeypatch, at: int):
    monkeypatch.setattr(fixed, "_SHORTEST_SPAN", 16)
    pair = bench.pair("close")
    count = -1

    def fails_later(run):
        nonlocal count
        count += 1
        if count == at:
            raise RuntimeError("no graph for you")
        return recorded(run)

    twin = bound(pair, fails_later)
    for model in (twin.target, twin.draft):
        monkeypatch.setattr(model.fixed, "forward", lambda *_: None)
    with pytest.warns(RuntimeWarning, match="no graph for you") as said:
        compare(pair, twin, gamma=3, max_new_tokens=24, temperature=1.0)
    assert len(said) == 1
    assert bool(used) == (at > 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare(pair, twin, gamma=2, max_new_tokens=12)
    assert not twin.target.fixed.is_broken, "single passes are recorded as before"


def test_a_replay_that_gives_other_numbers_is_not_used(bench: Bench, used: list[Step], monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("close")
    twin = bound(pair, lambda run: lambda: run() + 1.0)
    for model in (twin.target, twin.draft):
        monkeypatch.setattr(model.fixed, "forward", lambda *_: None)
    with pytest.warns(RuntimeWarning, match="numbers of the cycle itself, got others"):
        compare(pair, twin, gamma=3, max_new_tokens=12)
    assert not used


@pytest.mark.parametrize(
    "method",
    [
        Method(controller="confidence"),
        Method(verifier="block"),
        Method(sampling="deterministic"),
        Method(drafter="prompt-lookup"),
        Method(tree="specinfer", verifier="recursive"),
    ],
    ids=["controller", "rule", "sampling", "drafter", "tree"],
)
def test_other_methods_are_left_to_the_loop(bench: Bench, used: list[Step], method: Method):
    pair = bench.pair("close")
    compare(pair, bound(pair), method=method, max_new_tokens=10, temperature=1.0)
    assert not used


def test_where_single_passes_are_not_recorded_cycles_are_not(bench: Bench):
    pair = bench.pair("close")
    session, method = Session(pair, PROMPT, RunSettings()), find_method("chain")[1]
    assert cycles_for(pair, session, method) is None
    twin = bound(pair)
    assert cycles_for(twin, session, method) is not None
    twin.draft.fixed = None
    assert cycles_for(twin, session, method) is None
    assert cycles_for(twin, session, find_method("autoregressive")[1]) is not None


def test_rows_of_a_batch_are_left_to_the_loop(bench: Bench, used: list[Step]):
    pair = bench.pair("close")
    prompts = [PROMPT, some_tokens(7, 3)]
    ours, theirs = (sv.generate(each, prompts, gamma=3, max_new_tokens=8) for each in (bound(pair), pair))
    assert [run.tokens for run in ours] == [run.tokens for run in theirs]
    assert not used


def test_a_run_broken_off_leaves_the_next_one_right(bench: Bench, used: list[Step]):
    pair = bench.pair("close")
    twin = bound(pair)
    running = iter(sv.stream(twin, some_tokens(20, 5), gamma=4, max_new_tokens=40, temperature=1.0))
    for _ in range(2):
        next(running)
    running.close()
    compare(pair, twin, gamma=4, max_new_tokens=20, temperature=1.0)
    assert used


def test_where_host_and_device_count_differently_it_is_an_error(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    twin = bound(bench.pair("close"))
    session, method = Session(twin, PROMPT, RunSettings(20)), find_method("chain")[1]
    session.prefill()
    twin.draft.score(PROMPT[:-1], rows=1)
    steps = decoded(twin, session, None, method)
    monkeypatch.setattr(graphs.ChainOnDevice, "hear", lambda self, hear=graphs.ChainOnDevice.hear: replace(hear(self), committed=99))
    with pytest.raises(RuntimeError, match="as the device counts"):
        next(steps)


@pytest.mark.parametrize("what", [lambda x: x.sum().item(), lambda x: x[x > 0], lambda x: x.nonzero(), lambda x: x + torch.tensor([1.0, 2.0])])
def test_the_stand_in_refuses_what_a_card_refuses(what):
    with pytest.raises(NotRecordableError):
        recorded(lambda: what(torch.ones(2)))


def test_the_stand_in_burns_in_what_came_from_the_host():
    number, x = [1.0], torch.zeros(2)
    replay = recorded(lambda: x * 2 + number[0])
    number[0] = 5.0
    x.fill_(3.0)
    assert replay().tolist() == [7.0, 7.0]
