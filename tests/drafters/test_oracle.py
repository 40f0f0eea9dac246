"""The oracle: right as often as it was told to be, at the cost of a real draft, and honest where it knows nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

import specviz as sv
from specviz.drafters import DRAFTERS
from specviz.drafters.independent import IndependentDrafter
from specviz.drafters.oracle import OracleDrafter, falling
from specviz.engine.clock import TimedDrafter
from specviz.engine.loop import decode
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import METHODS, Method
from specviz.model.pair import Pair
from specviz.types import ROOT, Sketch, Step
from tests.helpers import Bench, some_tokens

NEW = 40
PROMPT = some_tokens(9)
PAIRS_OF_TOKENS = Method(tree="specinfer", branching=(2, 2, 2), verifier="recursive", gamma=3)


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Pair:
    return Bench(tmp_path_factory.mktemp("models")).pair("random")


@pytest.fixture(scope="module")
def continuation(pair: Pair) -> list[int]:
    return sv.generate(pair, PROMPT, "autoregressive", NEW, detail="light").tokens


def run(pair: Pair, oracle: OracleDrafter, method: Method) -> tuple[list[int], list[Step]]:
    session = Session(pair, PROMPT, RunSettings(max_new_tokens=NEW))
    drafter = TimedDrafter(oracle, pair.target.device)
    session.prefill()
    drafter.start(session)
    steps = list(decode(pair, session, drafter, method))
    return session.tokens[session.prompt_length :], steps


def with_model(pair: Pair, has_model: bool) -> IndependentDrafter | None:
    return IndependentDrafter(pair.draft, pair.target.config.vocab, RunSettings().sampling) if has_model else None


@pytest.mark.parametrize("has_model", [True, False], ids=["model", "no model"])
@pytest.mark.parametrize("method", [Method(gamma=4), PAIRS_OF_TOKENS], ids=["chain", "tree"])
def test_whatever_it_is_asked_for_the_text_is_the_targets_own(pair, continuation, method, has_model):
    for match in ((1.0,), (0.0,), (0.5, 0.3)):
        oracle = OracleDrafter(continuation, match, with_model(pair, has_model), seed=3)
        assert run(pair, oracle, method)[0] == continuation
        assert oracle.left_at is None


@pytest.mark.parametrize("has_model", [True, False], ids=["model", "no model"])
def test_asked_to_be_always_right_or_never_it_is(pair, continuation, has_model):
    for match, kept in ((1.0, 4), (0.0, 0)):
        _, steps = run(pair, OracleDrafter(continuation, (match,), with_model(pair, has_model)), Method(gamma=4))
        whole = [step for step in steps if len(step.tree) == 4]  # the last ones are cut by the length limit
        assert len(whole) > 5
        assert {len(step.verdict.path) for step in whole} == {kept}


@pytest.mark.parametrize("has_model", [True, False], ids=["model", "no model"])
def test_the_right_token_stands_at_the_rank_it_was_given(pair, continuation, has_model):
    second = (0.0, 1.0)
    _, chain = run(pair, OracleDrafter(continuation, second, with_model(pair, has_model)), Method(gamma=3))
    assert not any(step.verdict.path for step in chain)
    _, steps = run(pair, OracleDrafter(continuation, second, with_model(pair, has_model)), PAIRS_OF_TOKENS)
    whole = [step for step in steps if len(step.tree) == 2 + 4 + 8]
    assert len(whole) > 5
    for step in whole:
        assert len(step.verdict.path) == 3
        assert all(step.tree.children(step.tree.parents[node]).index(node) == 1 for node in step.verdict.path)


@pytest.mark.parametrize("match", [0.3, 0.8])
def test_acceptance_comes_out_near_what_was_asked_for(match):
    known = list(range(4000))
    oracle = OracleDrafter(known, (match,), seed=1)
    context = SimpleNamespace(tokens=[7])
    oracle.start(context)
    right = 0
    for token in known:
        right += oracle.propose(Sketch(prefix=len(context.tokens)), [ROOT])[0].tokens[0] == token
        context.tokens.append(token)
    assert right / len(known) == pytest.approx(match, abs=0.03)


def test_a_seed_settles_every_place_before_the_run(pair, continuation):
    paths = [[s.verdict.path for s in run(pair, OracleDrafter(continuation, (0.6,), seed=seed), Method(gamma=3))[1]] for seed in (1, 1, 2)]
    assert paths[0] == paths[1] != paths[2]


def test_a_drafted_law_is_the_drafts_own_with_two_entries_exchanged(pair, continuation):
    _, steps = run(pair, OracleDrafter(continuation, (1.0,), with_model(pair, True)), Method(gamma=3))
    plain = IndependentDrafter(pair.draft, pair.target.config.vocab, RunSettings().sampling)
    plain.start(SimpleNamespace(tokens=PROMPT))
    own = plain.propose(Sketch(prefix=len(PROMPT)), [ROOT])[0].law
    told = steps[0].tree.q[0]
    assert int(told.argmax()) == continuation[0]
    assert int((own != told).sum()) == 2
    assert torch.equal(own.sort().values, told.sort().values)


def test_passes_are_those_of_the_draft_model_and_are_counted(pair, continuation):
    oracle = OracleDrafter(continuation, (1.0,), with_model(pair, True))
    assert oracle.has_law
    _, steps = run(pair, oracle, PAIRS_OF_TOKENS)
    assert steps[0].draft_calls == 3
    assert oracle.take()[:3] == [1, 2, 4]
    assert oracle.take() == []
    assert not OracleDrafter(continuation, (1.0,)).has_law


def test_where_the_run_left_the_recorded_text_it_says_so_and_knows_nothing_more():
    oracle = OracleDrafter([1, 2, 3, 4, 5], (1.0,))
    context = SimpleNamespace(tokens=[9, 9])
    oracle.start(context)
    context.tokens += [1, 2]
    assert oracle.propose(Sketch(prefix=4), [ROOT])[0].tokens[0] == 3
    context.tokens += [3, 0, 5]
    unknown = oracle.propose(Sketch(prefix=7), [ROOT])[0]
    assert oracle.left_at == 3
    assert unknown.tokens == tuple(range(16))


def test_off_the_recorded_path_and_beyond_its_end_nothing_is_claimed():
    oracle = OracleDrafter([7, 8], (1.0,))
    oracle.start(SimpleNamespace(tokens=[1]))
    sketch = Sketch(prefix=1)
    wrong, right = sketch.add(5, ROOT), sketch.add(7, ROOT)
    below = sketch.add(8, right)
    first, second, third = oracle.propose(sketch, [wrong, right, below])
    assert second.tokens[0] == 8
    assert first.tokens == third.tokens == tuple(range(16))


def test_a_new_request_starts_anew():
    oracle = OracleDrafter([3, 4], (1.0,))
    first = SimpleNamespace(tokens=[0])
    oracle.start(first)
    first.tokens.append(9)
    oracle.propose(Sketch(prefix=2), [ROOT])
    assert oracle.left_at == 0
    oracle.start(SimpleNamespace(tokens=[0, 0]))
    assert (oracle.left_at, oracle.take()) == (None, [])
    assert oracle.propose(Sketch(prefix=2), [ROOT])[0].tokens[0] == 3


def test_every_rank_of_falling_finds_the_rest_as_often_as_the_first():
    assert falling(0.5, 3) == (0.5, 0.25, 0.125)
    assert falling(1.0) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("match", [(), (-0.1,), (0.7, 0.4)])
def test_what_is_no_probability_of_ranks_is_refused(match):
    with pytest.raises(ValueError, match="probabilities of ranks"):
        OracleDrafter([1], match)


def test_nobody_can_pick_it_by_name():
    assert "oracle" not in DRAFTERS
    assert all(method.drafter != "oracle" for method in METHODS.values())
    with pytest.raises(ValueError, match="expected the drafter to be one of"):
        Method(drafter="oracle")
