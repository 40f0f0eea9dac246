"""Both models' memories after every cycle, and what the draft was told: nothing refused stays, nothing accepted is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

import specviz as sv
from specviz.engine.loop import NO_DRAFT
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings, law
from specviz.types import Decision, DraftTree, Step, Verdict
from tests.helpers import Bench, fresh_cache, fresh_logits, some_tokens
from tests.model.test_cache import random_parents, root_path

PROMPT = some_tokens(6) * 2  # repeats itself, so that there is something to copy


def committed_after(pair: Pair, **options: object) -> Iterator[tuple[list[int], Step]]:
    """Every step with all committed tokens at that moment."""
    text = list(PROMPT)
    for step in sv.stream(pair, PROMPT, max_new_tokens=24, **options):
        text += step.committed
        yield text, step


def assert_holds(model: Model, text: list[int], length: int) -> None:
    """The model's memory is that of having read the first ``length`` tokens in one go."""
    assert model.cache.length == length
    expected = fresh_cache(model, text[:length]).buffer[..., :length, :]
    torch.testing.assert_close(model.cache.buffer[..., :length, :], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("gamma", [0, 1, 4])
@pytest.mark.parametrize("kind", ["random", "close", "self"])
def test_after_every_cycle_both_caches_equal_a_fresh_reading_of_the_text(bench: Bench, kind: str, gamma: int, temperature: float):
    pair = bench.pair(kind)
    states: set[str] = set()
    for text, step in committed_after(pair, gamma=gamma, temperature=temperature, seed=3):
        assert_holds(pair.target, text, len(text) - 1)
        drafted_all = gamma > 0 and step.verdict.kind == "bonus" and len(step.tree) > 0
        if gamma == 0:
            assert pair.draft.cache.length == len(PROMPT) - 1
        elif step.stop is None:
            # the last drafted token was never fed: after a whole acceptance the draft lacks it as well as the bonus token
            assert_holds(pair.draft, text, len(text) - (2 if drafted_all else 1))
        assert step.cache_lengths == (pair.target.cache.length, pair.draft.cache.length)
        states |= {d.state for d in step.verdict.decisions}
    if gamma:
        assert {"self": "accepted", "random": "rejected", "close": "accepted"}[kind] in states


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("gamma", [1, 4])
def test_after_every_cycle_of_copying_the_cache_equals_a_fresh_reading_of_the_text(bench: Bench, gamma: int, temperature: float):
    pair = bench.pair("random")
    drafted = 0
    for text, step in committed_after(pair, method="prompt-lookup", gamma=gamma, temperature=temperature, seed=1):
        assert_holds(pair.target, text, len(text) - 1)
        drafted += len(step.tree)
    assert drafted > 0


def test_an_end_inside_an_accepted_path_leaves_no_more_in_the_target_than_the_text(bench: Bench):
    pair = bench.pair("self")
    whole = sv.generate(pair, PROMPT, max_new_tokens=12, gamma=5).tokens
    cut = 0
    for end in dict.fromkeys(whole):
        pair.target.config = replace(pair.target.config, end_tokens=(end,))
        steps = list(sv.stream(pair, PROMPT, max_new_tokens=12, gamma=5))
        text = PROMPT + [token for step in steps for token in step.committed]
        assert_holds(pair.target, text, len(text) - 1)
        cut += len(steps[-1].committed) <= len(steps[-1].verdict.path)
    assert cut > 0


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_every_drafted_law_is_the_drafts_own_law_after_what_stands_before_it(bench: Bench, temperature: float):
    """A stale or missing entry in the draft's memory costs acceptance without a word; here it shows at once."""
    pair = bench.pair("close")
    chosen = SamplingSettings(temperature)
    text = list(PROMPT)
    seen = 0
    for step in sv.stream(pair, PROMPT, gamma=5, temperature=temperature, max_new_tokens=24, seed=2):
        for i, row in enumerate(step.tree.q_row):
            before = text + list(step.tree.tokens[:i])
            expected = law(fresh_logits(pair.draft, before)[-1:], chosen)[0]
            torch.testing.assert_close(step.tree.q[row], expected, atol=1e-5, rtol=1e-4)
            if temperature == 0:
                assert step.tree.tokens[i] == int(expected.argmax())
            seen += 1
        text += step.committed
    assert seen > 20


@pytest.mark.parametrize("method", ["chain", "prompt-lookup"])
@pytest.mark.parametrize("chosen", [SamplingSettings(1.0), SamplingSettings(0.7, 20, 0.9)], ids=["plain", "cut"])
def test_every_target_law_is_the_law_that_plain_decoding_draws_from(bench: Bench, method: str, chosen: SamplingSettings):
    pair = bench.pair("close")
    text = list(PROMPT)
    options = {"temperature": chosen.temperature, "top_k": chosen.top_k, "top_p": chosen.top_p}
    for step in sv.stream(pair, PROMPT, method, gamma=3, max_new_tokens=20, **options):
        expected = law(fresh_logits(pair.target, text + list(step.tree.tokens))[len(text) - 1 :], chosen)
        torch.testing.assert_close(step.p, expected, atol=1e-5, rtol=1e-4)
        text += step.committed


@pytest.mark.parametrize("gamma", [1, 5])
def test_a_model_that_drafts_for_itself_is_accepted_whole(bench: Bench, gamma: int):
    run = sv.generate(bench.pair("self"), PROMPT, gamma=gamma, max_new_tokens=31)
    assert run.stats.acceptance == 1.0
    assert run.stats.acceptance_by_position == [1.0] * gamma


def test_a_model_that_drafts_for_itself_is_accepted_nearly_always_when_sampling(bench: Bench):
    """Rounding between passes of one and of several tokens may move p/q by a hair below 1."""
    run = sv.generate(bench.pair("self"), PROMPT, gamma=5, max_new_tokens=60, temperature=1.0)
    assert run.stats.rejected <= 1
    assert run.stats.alpha == pytest.approx(1.0, abs=1e-5)


def fed_tokens(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by the number of tokens in every pass of the draft from now on."""
    fed: list[int] = []
    real = pair.draft.score

    def spy(tokens: list[int], *args: object, **options: object) -> torch.Tensor:
        fed.append(len(tokens))
        return real(tokens, *args, **options)

    monkeypatch.setattr(pair.draft, "score", spy)
    return fed


def test_after_a_whole_acceptance_the_draft_is_fed_two_tokens(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("self")
    fed = fed_tokens(pair, monkeypatch)
    list(sv.stream(pair, PROMPT, gamma=3, max_new_tokens=12))
    assert fed == [len(PROMPT) - 1, 1, 1, 1, 2, 1, 1, 2, 1, 1]


def test_a_refusal_of_the_first_draft_leaves_one_token_to_feed(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    fed = fed_tokens(pair, monkeypatch)
    steps = list(sv.stream(pair, PROMPT, gamma=2, max_new_tokens=6))
    assert not any(step.verdict.path for step in steps)
    assert fed[:5] == [len(PROMPT) - 1, 1, 1, 1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_the_session_scores_trees_node_by_node_and_goes_on_from_any_path(bench: Bench, seed: int):
    pair = bench.pair("random")
    session = Session(pair, PROMPT, RunSettings(max_new_tokens=40, temperature=1.0))
    session.prefill()
    chosen = SamplingSettings(1.0)
    for turn in range(3):
        parents, tokens = random_parents(9, seed * 10 + turn), some_tokens(9, seed * 10 + turn)
        tree = DraftTree(tokens, parents, None, [-1] * 9, "deterministic")
        p = session.score(tree)
        for node in range(9):
            path = [tokens[i] for i in root_path(parents, node)]
            expected = law(fresh_logits(pair.target, session.tokens + path)[-1:], chosen)[0]
            torch.testing.assert_close(p[node + 1], expected, atol=1e-5, rtol=1e-4)
        path = root_path(parents, (seed + 3 * turn) % 9)
        session.commit(Verdict(path, turn, "corrected", [Decision("ignored", 0, 1, 0, None)] * 9), tree)
        assert_holds(pair.target, session.tokens, len(session.tokens) - 1)
        after = law(fresh_logits(pair.target, session.tokens)[-1:], chosen)
        torch.testing.assert_close(session.score(NO_DRAFT), after, atol=1e-5, rtol=1e-4)
        pair.target.cache.rollback(len(session.tokens) - 1)


def test_what_one_run_leaves_behind_does_not_reach_the_next(bench: Bench):
    pair = bench.pair("close")
    alone = sv.generate(pair, PROMPT, max_new_tokens=20, temperature=1.0, seed=5).tokens
    sv.generate(pair, some_tokens(40, 9), max_new_tokens=30, temperature=1.0, seed=6)
    assert sv.generate(pair, PROMPT, max_new_tokens=20, temperature=1.0, seed=5).tokens == alone
