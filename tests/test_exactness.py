"""The whole sampler against exact enumeration: whatever is drafted, the text follows the target's own law.

The engine's own path (session, drafter, tree, rule, commit) is run tens of thousands of times. The models' passes are looked up
in a table made once by the real models, so that a run costs well under a millisecond; the table's cache remembers *tokens*, and a
commit that kept a wrong slot would look up a wrong context. The real passes and caches are held to account in tests/engine, and
the last tests here hold the looked-up runs to the real ones.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

import specviz as sv
from specviz.bench.measure import unrecorded
from specviz.drafters import DRAFTERS
from specviz.engine.clock import TimedDrafter
from specviz.engine.loop import decode
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import Method
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings, law
from specviz.verifiers import VERIFIERS
from specviz.verifiers.rejection import Rejection
from tests.helpers import Bench, TokenCache, bench, fresh_logits, letter_tokenizer, load, random_model  # noqa: F401  bench is a fixture
from tests.verifiers.test_rejection import ResamplesFromP

V = 8
LONGEST = 3
PROMPT = (1, 5)
REPEATING = (6, 6)  # something to copy from the first cycle on, which this target likes to say again
RUNS = 20_000
P_VALUE = 1e-3


class TableModel:
    """A model whose passes are looked up: the real model's logits after every context that can come up."""

    fixed = None  # nothing is recorded

    def __init__(self, model: Any, prompts: Sequence[tuple[int, ...]]) -> None:
        self.config, self.capacity, self.device, self.folder = model.config, model.capacity, model.device, model.folder
        self.cache = TokenCache()
        self._rows: dict[tuple[int, ...], Tensor] = {}
        self._answers: dict[tuple[tuple[int, ...], int], Tensor] = {}
        self.places: set[int] = set()
        for prompt in prompts:
            for rest in itertools.product(range(V), repeat=LONGEST):
                rows = fresh_logits(model, [*prompt, *rest])
                self._rows |= {(*prompt, *rest)[: n + 1]: rows[n] for n in range(len(prompt) + LONGEST)}

    def score(self, tokens: list[int], positions: None = None, mask: None = None, rows: int | None = None) -> Tensor:
        assert positions is None
        assert mask is None
        self.cache.tokens.extend(tokens)
        context, count = tuple(self.cache.tokens), rows or len(tokens)
        if (context, count) not in self._answers:
            self._answers[context, count] = torch.stack([self._rows[context[: len(context) - i]] for i in reversed(range(count))])
            self.places.add(self._answers[context, count].data_ptr())
        return self._answers[context, count]


def real_pair(bench: Bench) -> Pair:  # noqa: F811
    tokenizer = letter_tokenizer(V)
    small = {"vocab_size": V, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2}
    target = bench.folder("letters", lambda: random_model("llama", 21, **small), tokenizer)
    draft = bench.folder("letters-draft", lambda: random_model("llama", 22, **small), tokenizer)
    return load(target, draft)


@pytest.fixture(scope="module")
def pair(bench: Bench) -> Iterator[Pair]:  # noqa: F811
    """The letter pair with its passes looked up, and the law of each row of logits worked out once (it is a pure function)."""
    pair = real_pair(bench)
    pair.target, pair.draft = (TableModel(model, [PROMPT, REPEATING]) for model in (pair.target, pair.draft))
    known: dict[Any, Tensor] = {}

    def remembered(logits: Tensor, chosen: SamplingSettings) -> Tensor:
        # the tables keep their tensors, so a place in memory that is theirs is one answer; other models' passes are not looked up
        if not any(logits.data_ptr() in model.places for model in (pair.target, pair.draft)):
            return law(logits, chosen)
        key = (logits.data_ptr(), logits.shape, chosen)
        if key not in known:
            known[key] = law(logits, chosen)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specviz.engine.session.law", remembered)
        patch.setattr("specviz.drafters.independent.law", remembered)
        yield pair


def sample(pair: Pair, method: Method, prompt: Sequence[int], settings: RunSettings) -> tuple[int, ...]:
    """One run of the engine's own loop, without a record."""
    return tuple(unrecorded(pair, method, settings)(list(prompt)))


def exact_law(pair: Pair, prompt: tuple[int, ...], count: int, chosen: SamplingSettings) -> dict[tuple[int, ...], float]:
    """The probability of every text of ``count`` tokens under the target alone."""
    model = pair.target

    @cache
    def row(context: tuple[int, ...]) -> list[float]:
        model.cache.rollback(0)
        return law(model.score(list(context), rows=1), chosen)[0].tolist()

    weights = {}
    for text in itertools.product(range(V), repeat=count):
        weights[text] = float(np.prod([row(prompt + text[:i])[token] for i, token in enumerate(text)]))
    assert sum(weights.values()) == pytest.approx(1.0, abs=1e-9)
    return weights


def p_value(counts: Counter[tuple[int, ...]], weights: dict[tuple[int, ...], float]) -> float:
    """Chi-square goodness of fit; cells expected fewer than 8 times are counted as one, and an impossible text is fatal."""
    total = counts.total()
    assert not [text for text in counts if weights[text] == 0.0], "a text that the target never says"
    kept = [text for text, weight in weights.items() if weight * total >= 8]
    seen = np.array([*(counts[text] for text in kept), 0.0])
    expected = np.array([*(weights[text] * total for text in kept), 0.0])
    seen[-1], expected[-1] = total - seen.sum(), total - expected.sum()
    if expected[-1] < 8:
        seen, expected = np.append(seen[:-2], seen[-2:].sum()), np.append(expected[:-2], expected[-2:].sum())
    assert len(seen) > 20
    return float(stats.chisquare(seen, expected).pvalue)


CHAIN, COPY = Method(), Method(drafter="prompt-lookup")
CUTS = {"T=1": {"temperature": 1.0}, "T=0.7, top-k 5": {"temperature": 0.7, "top_k": 5}, "T=1.2, top-p 0.85": {"temperature": 1.2, "top_p": 0.85}}
# name -> method, most drafted tokens, prompt, new tokens, how the law is cut
CASES = {
    "chain of 1, T=1": (CHAIN, 1, PROMPT, 2, "T=1"),
    "chain of 2, T=1": (CHAIN, 2, PROMPT, 3, "T=1"),
    "chain of 2, top-k": (CHAIN, 2, PROMPT, 3, "T=0.7, top-k 5"),
    "chain of 2, top-p": (CHAIN, 2, PROMPT, 3, "T=1.2, top-p 0.85"),
    "prompt-lookup, T=1": (COPY, 2, REPEATING, 3, "T=1"),
    "prompt-lookup, top-p": (COPY, 2, REPEATING, 2, "T=1.2, top-p 0.85"),
    "plain decoding, top-k": (Method(drafter=None), 0, PROMPT, 2, "T=0.7, top-k 5"),
}


def many(pair: Pair, case: str, runs: int) -> tuple[Counter[tuple[int, ...]], dict[tuple[int, ...], float]]:
    method, gamma, prompt, count, cut = CASES[case]
    chosen = replace(method, gamma=gamma)
    counts = Counter(sample(pair, chosen, prompt, RunSettings(count, seed=seed, **CUTS[cut])) for seed in range(runs))
    return counts, exact_law(pair, prompt, count, SamplingSettings(**CUTS[cut]))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_sampled_texts_follow_the_targets_law(pair: Pair, case: str):
    counts, weights = many(pair, case, RUNS)
    assert p_value(counts, weights) > P_VALUE / len(CASES)


def test_drafts_were_accepted_and_refused_in_those_runs(pair: Pair):
    """Otherwise the law above could hold for a dull reason."""
    for method, prompt in ((CHAIN, PROMPT), (COPY, REPEATING)):
        states: Counter[str] = Counter()
        for seed in range(200):
            settings = RunSettings(LONGEST, temperature=1.0, seed=seed)
            session, drafter = Session(pair, prompt, settings), TimedDrafter(DRAFTERS[method.drafter](pair, settings.sampling), pair.target.device)
            session.prefill()
            drafter.start(session)
            for step in decode(pair, session, drafter, Method(drafter=method.drafter, gamma=2)):
                states.update(decision.state for decision in step.verdict.decisions)
        assert min(states["accepted"], states["rejected"]) > 40


class TrustsItsDraft(Rejection):
    """Planted bug: q is taken at another temperature than the draft was drawn at (trap 1)."""

    def judge(self, tree: Any, p: Any, u: Any) -> Any:
        if tree.q is not None:
            sharper = tree.q**2
            tree = type(tree)(tree.tokens, tree.parents, sharper / sharper.sum(-1, keepdim=True), tree.q_row, tree.sampling)
        return super().judge(tree, p, u)


@pytest.mark.parametrize("bug", [ResamplesFromP, TrustsItsDraft])
def test_the_chi_square_finds_planted_bugs(pair: Pair, bug: type[Rejection], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(VERIFIERS, "rejection", bug())
    counts, weights = many(pair, "chain of 1, T=1", 4000)
    assert p_value(counts, weights) < 1e-6


def test_the_lookup_says_what_the_real_models_say(bench: Bench, pair: Pair):  # noqa: F811
    """The same seeds through the public function and the real passes: the same texts."""
    real = real_pair(bench)
    for method, gamma, prompt, count, cut in CASES.values():
        chosen = replace(method, gamma=gamma)
        for seed in range(40):
            run = sv.generate(real, prompt, chosen, max_new_tokens=count, seed=seed, **CUTS[cut])
            assert tuple(run.tokens) == sample(pair, chosen, prompt, RunSettings(count, seed=seed, **CUTS[cut]))


@pytest.mark.parametrize("method", ["chain", "prompt-lookup", "autoregressive"])
def test_a_seed_repeats_a_run_to_the_last_coin_and_another_seed_does_not(bench: Bench, method: str):  # noqa: F811
    real = bench.pair("close")
    prompt = [5, 6, 7, 5, 6, 7]
    first, again, other = (sv.generate(real, prompt, method, max_new_tokens=24, temperature=1.0, seed=seed) for seed in (11, 11, 12))
    assert first.tokens == again.tokens != other.tokens

    def coins(run: sv.Run) -> list[tuple[float, ...]]:
        return [(*(node.u for node in cycle.nodes), cycle.last_u) for cycle in run.trace.cycles]

    assert coins(first) == coins(again) != coins(other)


def test_the_first_coins_of_a_cycle_do_not_depend_on_how_much_is_drafted(bench: Bench):  # noqa: F811
    real = bench.pair("random")
    runs = [sv.generate(real, [5, 6, 7], gamma=gamma, max_new_tokens=16, temperature=1.0, seed=4) for gamma in (2, 6)]
    short, long = (run.trace.cycles[0].nodes for run in runs)
    assert [(node.token, node.u) for node in short] == [(node.token, node.u) for node in long[:2]]


def test_no_coin_is_used_twice_in_a_run(bench: Bench):  # noqa: F811
    """Draft coins, verify coins and last coins of all cycles: all different."""
    real = bench.pair("close")
    seen: list[float] = []
    settings = RunSettings(40, temperature=1.0, seed=9, gamma=3)
    session = Session(real, [1, 2, 3], settings)
    drafter = TimedDrafter(DRAFTERS["independent"](real, settings.sampling), real.target.device)
    session.prefill()
    drafter.start(session)
    real_coin = session.draft_coin
    session.draft_coin = lambda node: seen.append(coin := real_coin(node)) or coin  # type: ignore[method-assign,func-returns-value]
    for step in decode(real, session, drafter, Method(gamma=3)):
        seen += [float(u) for u in step.coins]
    assert len(seen) > 60
    assert len(set(seen)) == len(seen)
