"""A draft with a short memory never limits its target: drafting ceases where that memory ends, and the text goes on as it would have."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import specviz as sv
from specviz.bench.measure import unrecorded
from specviz.drafters.independent import IndependentDrafter
from specviz.engine.settings import RunSettings
from specviz.methods import METHODS
from specviz.model.pair import Pair, load_pair
from specviz.model.sampling import SamplingSettings
from specviz.types import Costs
from tests.engine.test_combinations import exact, letters  # noqa: F401  a fixture
from tests.engine.test_graphs import bound, used  # noqa: F401  a fixture
from tests.helpers import Bench, load, noisy_copy, random_model, reference_greedy, some_tokens

LONG, SHORT = 256, 32
PROMPT = some_tokens(5, 3) * 2
DRAFTING = [name for name, method in METHODS.items() if method.drafter == "independent"]


def short_sighted(bench: Bench, **options) -> Pair:
    """A target of 256 positions, and a draft that often agrees with it, of 32."""
    target = bench.folder("long", lambda: random_model(max_position_embeddings=LONG))

    def make():
        draft = noisy_copy(bench.reference("long"), 0.02)
        draft.config.max_position_embeddings = SHORT
        return draft

    draft = bench.folder("short", make)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load(target, draft, **options)


def test_the_context_is_the_targets_and_the_difference_is_said_once(bench: Bench):
    pair = short_sighted(bench)
    assert (pair.context, pair.drafted_context) == (LONG, SHORT)
    words = "the draft model holds 32 positions of 256: behind them the target goes on without it"
    assert words in pair.describe()
    with pytest.warns(UserWarning, match=words) as said:
        load_pair(target=pair.target_path, draft=pair.draft_path, device="cpu", dtype="float32")
    assert len([each for each in said if words in str(each.message)]) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        even = load_pair(target=pair.target_path, draft=pair.draft_path, device="cpu", dtype="float32", context=SHORT)
    assert "without it" not in even.describe()


@pytest.mark.parametrize("method", DRAFTING)
def test_the_greedy_text_goes_on_across_the_border(bench: Bench, method: str):
    pair = short_sighted(bench)
    expected = reference_greedy(bench.reference("long"), PROMPT, 60)
    chosen = replace(METHODS[method], costs=Costs(0.02)) if METHODS[method].is_costed else method  # measured, drafting may not pay here
    steps = list(sv.stream(pair, PROMPT, chosen, max_new_tokens=60))
    assert [token for step in steps for token in step.committed] == expected
    drafted = [step for step in steps if len(step.tree)]
    beyond = [step for step in steps if step.prefix >= SHORT]
    assert drafted
    assert beyond
    assert all(step.prefix + len(step.tree) <= SHORT for step in drafted)
    for step in beyond:
        assert (len(step.tree), step.draft_calls, len(step.committed)) == (0, 0, 1)
        assert step.cache_lengths == (step.prefix, beyond[0].cache_lengths[1])
        assert step.cache_lengths[1] <= SHORT


@pytest.mark.parametrize("length", [SHORT - 2, SHORT - 1, SHORT, SHORT + 1, 100])
@pytest.mark.parametrize("method", ["chain", "eagle-2", "dyspec", "opt-tree", "rsd-s", "auto"])
def test_a_prompt_as_long_as_the_drafts_memory_or_longer_is_decoded_plainly(bench: Bench, method: str, length: int):
    pair = short_sighted(bench)
    prompt = some_tokens(length, 1)
    run = sv.generate(pair, prompt, method, max_new_tokens=12)
    assert run.tokens == reference_greedy(bench.reference("long"), prompt, 12)
    if length >= SHORT:
        assert (run.stats.drafted, sum(cycle.draft_calls for cycle in run.trace)) == (0, 0)


@pytest.mark.parametrize("method", ["autoregressive", "prompt-lookup"])
def test_methods_that_do_not_draft_with_it_never_look_at_its_memory(bench: Bench, method: str):
    pair = short_sighted(bench)
    alone = load(pair.target_path)
    ours, theirs = (sv.generate(each, PROMPT, method, max_new_tokens=100) for each in (pair, alone))
    assert ours.tokens == theirs.tokens == reference_greedy(bench.reference("long"), PROMPT, 100)
    assert [cycle.nodes for cycle in ours.trace] == [cycle.nodes for cycle in theirs.trace]


def test_only_the_targets_own_end_ends_a_text(bench: Bench):
    pair = short_sighted(bench)
    run = sv.generate(pair, PROMPT, max_new_tokens=1000)
    assert (len(PROMPT) + len(run.tokens), run.stats.stop) == (LONG, "context")
    with pytest.raises(ValueError, match=r"expected a prompt of fewer than 256 tokens, got 256; shorten it$"):
        sv.generate(pair, some_tokens(LONG))
    roomy = short_sighted(bench, context=64)
    with pytest.raises(ValueError, match=r"fewer than 64 tokens, got 64; shorten it, or load the pair with a larger context .*256"):
        sv.generate(roomy, some_tokens(64))


@pytest.mark.parametrize("method", ["chain", "sequoia:nodes=12", "eagle-2", "autoregressive", "prompt-lookup"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_rows_of_a_batch_cross_the_border_each_by_itself(bench: Bench, method: str, temperature: float):
    pair = short_sighted(bench)
    prompts = [some_tokens(length, length) for length in (3, 28, 40, 31)]
    options = {"max_new_tokens": 30, "temperature": temperature, "seed": 2}
    together = sv.generate(pair, prompts, method, rows=3, **options)
    alone = [sv.generate(pair, prompt, method, **options) for prompt in prompts]
    assert [run.tokens for run in together] == [run.tokens for run in alone]
    for ours, theirs in zip(together, alone, strict=True):
        assert [len(cycle.nodes) for cycle in ours.trace] == [len(cycle.nodes) for cycle in theirs.trace]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("length", [10, SHORT, 60])
def test_recorded_cycles_end_where_the_drafts_memory_does(bench: Bench, used, length: int, temperature: float):  # noqa: F811
    pair = short_sighted(bench)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twin = bound(pair)
    prompt, options = some_tokens(length, 4), {"max_new_tokens": 40, "temperature": temperature, "seed": 5}
    ours, theirs = (sv.generate(each, prompt, **options) for each in (twin, pair))
    assert ours.tokens == theirs.tokens
    assert [cycle.cache_draft for cycle in ours.trace] == [cycle.cache_draft for cycle in theirs.trace]
    assert used
    assert len(used) == len(ours.trace) or length < SHORT  # with nothing to draft all of it is recorded, as plain decoding


def test_above_temperature_0_texts_follow_the_targets_distribution_across_the_border(letters: Pair, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    """The memory ends after the second of three tokens; where drafting ends depends on lengths alone."""
    monkeypatch.setattr(letters.draft, "capacity", 5)
    weights, runs = exact(letters), 600
    for method in ("chain:gamma=2", "rsd-c:branching=2/2"):
        chosen = sv.METHODS["chain"] if method.startswith("chain") else sv.Method(tree="rsd-c", verifier="recursive", branching=(2, 2))
        counts = Counter(tuple(unrecorded(letters, chosen, RunSettings(3, temperature=1.0, seed=seed))([1, 3, 1])) for seed in range(runs))
        often = [text for text, weight in weights.items() if weight * runs >= 5]
        seen = [*(counts[text] for text in often), runs - sum(counts[text] for text in often)]
        expected = [*(weights[text] * runs for text in often), runs - sum(weights[text] * runs for text in often)]
        assert len(often) > 10
        assert float(stats.chisquare(seen, np.array(expected)).pvalue) > 1e-3, method


def test_a_prompt_that_leaves_nothing_to_draft_is_not_read_by_the_draft(bench: Bench):
    pair = short_sighted(bench)
    drafter = IndependentDrafter(pair.draft, pair.target.config.vocab, SamplingSettings())
    assert drafter.capacity == SHORT
    sv.generate(pair, some_tokens(SHORT), max_new_tokens=2)
    assert pair.draft.cache.length == 0


@pytest.mark.filterwarnings("ignore")
def test_a_draft_that_is_run_through_transformers_ends_likewise(bench: Bench):
    """Its positions are learned: one more than it has would be read from nowhere."""
    target = bench.folder("long-gpt2", lambda: random_model("gpt2", n_positions=LONG, max_position_embeddings=LONG))
    draft = bench.folder("short-gpt2", lambda: random_model("gpt2", n_positions=SHORT, max_position_embeddings=SHORT))
    pair = load(target, draft)
    assert (pair.context, pair.drafted_context) == (LONG, SHORT)
    expected = reference_greedy(bench.reference("long-gpt2"), PROMPT, 50)
    for method in ("chain", "eagle-2", "autoregressive"):
        assert sv.generate(pair, PROMPT, method, max_new_tokens=50).tokens == expected
    assert [run.tokens for run in sv.generate(pair, [PROMPT, PROMPT], max_new_tokens=50)] == [expected] * 2
