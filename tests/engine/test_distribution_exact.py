"""At a temperature the whole engine draws from the plain pipeline's own distribution, whatever shapes it: enumerated, and once by chi-square.

The models are tables: logits that depend on the whole context, looked up, so that a row of a tree and the same path read alone are the same
numbers and nothing but the engine's own doing can differ.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor
from transformers import LogitsProcessorList

from specviz.bench.measure import unrecorded
from specviz.drafters import DRAFTERS
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import Method, find_method
from specviz.model.distribution.shaper import Shaper
from specviz.model.pair import Pair
from specviz.types import ROOT, Sketch
from specviz.verifiers import VERIFIERS
from tests.helpers import Bench, TokenCache, letter_tokenizer, load, random_model
from tests.model.distribution import theirs
from tests.verifiers.enumeration import Context, all_trees, cells, max_depth, words

V = 4
PROMPT = (1, 2, 1)
NEW = 3


class TableModel:
    """A model whose logits are drawn for every context; it reads trees as well as chains."""

    fixed = None

    def __init__(self, model: Any, seed: int) -> None:
        self.config, self.capacity, self.device, self.folder = model.config, model.capacity, model.device, model.folder
        self.cache, self._seed = TokenCache(), seed

    def logits(self, context: Context) -> Tensor:
        """After this context, float32[V]."""
        return torch.from_numpy(np.random.default_rng([self._seed, len(context), *context]).normal(size=V) * 1.5).float()

    def score(self, tokens: list[int], positions: Any = None, mask: Tensor | None = None, rows: int | None = None) -> Tensor:
        assert positions is None or len(positions) == len(tokens)
        self.cache.tokens.extend(tokens)
        seen = self.cache.tokens
        n, width = len(tokens), len(tokens) if mask is None else mask.shape[1]
        before, behind = seen[: len(seen) - width], seen[len(seen) - width :]
        sees = torch.ones(n, width).tril() if mask is None else mask
        contexts = [(*before, *(token for token, visible in zip(behind, row, strict=True) if visible)) for row in sees.tolist()]
        return torch.stack([self.logits(context) for context in contexts[n - (rows or n) :]])


@pytest.fixture(scope="module")
def pair(bench: Bench) -> Pair:
    small = {"vocab_size": V, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2}
    folder = bench.folder("four-letters", lambda: random_model("llama", 21, **small), letter_tokenizer(V))
    real = load(folder, folder)
    return replace(real, target=TableModel(real.target, 1), draft=TableModel(real.draft, 2))


def odd_sums(ids: Tensor, scores: Tensor) -> Tensor:
    """What may be said depends on all that was said before."""
    wrong = (ids.sum(-1, keepdim=True) + torch.arange(scores.shape[-1])) % 3 == 0
    return torch.where(wrong, -torch.inf, scores)


SETTINGS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "min-p": {"min_p": 0.2},
    "typical-p": {"typical_p": 0.7},
    "top-k, top-p": {"top_k": 3, "top_p": 0.9},
    "repetition": {"repetition_penalty": 2.0},
    "reward": {"repetition_penalty": 0.4},
    "frequency, presence": {"frequency_penalty": 0.9, "presence_penalty": 0.5},
    "n-grams": {"no_repeat_ngram_size": 2},
    "bias": {"logit_bias": {0: 1.5, 3: -1.0}},
    "row bias": {"sequence_bias": {(1, 2): 3.0, (2, 0): -2.0, (3,): 0.5}},
    "suppressed": {"suppress_tokens": [2]},
    "not first": {"begin_suppress_tokens": [0, 2]},
    "bad words": {"bad_words_ids": [[1, 0], [3, 3], [2, 1, 2]]},
    "forced": {"forced_tokens": {1: 2}},
    "forced last": {"forced_eos_token_id": [1, 3]},
    "processor": {"processors": [odd_sums]},
    "several": {"repetition_penalty": 1.5, "no_repeat_ngram_size": 3, "processors": [odd_sums], "min_p": 0.05, "frequency_penalty": 0.3},
}
# the shape, how siblings are drawn, and the rule
TREES: dict[str, tuple[tuple[int, ...], str, str]] = {
    "chain": ((-1, 0), "iid", "rejection"),
    "block": ((-1, 0), "iid", "block"),
    "pairs without replacement": ((-1, -1, 0), "without_replacement", "recursive"),
    "pairs picked": ((-1, -1, 0, 1), "deterministic", "recursive"),
    "traversed": ((-1, -1, 1), "without_replacement", "traversal"),
}


def plain(model: TableModel, options: dict[str, Any], temperature: float) -> Callable[[Context], np.ndarray]:
    """One path after another, without drafting: transformers' processors where it has them, the counting penalties and forced places by hand."""
    counted, forced = options.get("frequency_penalty", 0.0), options.get("forced_tokens", {})
    known = {name: value for name, value in options.items() if name not in {"frequency_penalty", "presence_penalty", "forced_tokens", "processors"}}
    bias = {(id_,): float(value) for id_, value in known.pop("logit_bias", {}).items()}
    known |= {"sequence_bias": bias} if bias else {}
    warpers = {"do_sample": True, "temperature": temperature, "top_k": 0}
    processors = theirs.processors(len(PROMPT), NEW, (), **{name: value for name, value in known.items() if name not in CUTS})
    cuts = theirs.processors(len(PROMPT), NEW, (), **warpers | {name: value for name, value in known.items() if name in CUTS})

    @cache
    def row(context: Context) -> np.ndarray:
        path = (*PROMPT, *context)
        scores = theirs.scores(model.logits(path), path, LogitsProcessorList(processors))
        counts = torch.bincount(torch.tensor(context, dtype=torch.int64), minlength=V)
        scores = scores - counts * counted - (counts > 0) * options.get("presence_penalty", 0.0)
        if len(context) in forced:
            scores = torch.where(torch.arange(V) == forced[len(context)], 0.0, -torch.inf)
        scores = theirs.scores(scores, path, LogitsProcessorList(options.get("processors", [])))
        if bool((scores == -torch.inf).all()):
            return np.full(V, np.nan)
        return torch.softmax(theirs.scores(scores.double(), path, cuts), -1).numpy()

    return row


CUTS = {"min_p", "typical_p", "top_k", "top_p"}


def drafted(pair: Pair, session: Session, context: Context) -> np.ndarray:
    """The draft's own distribution after a path, as its passes over the growing tree give it."""
    drafter, sketch, node = DRAFTERS["independent"](pair, session.settings.sampling), Sketch(len(session.tokens)), ROOT
    drafter.start(session)
    proposal = drafter.propose(sketch, [ROOT])[0]
    for token in context:
        node = sketch.add(token, node, 0)
        proposal = drafter.propose(sketch, [node])[0]
    return proposal.law.numpy()


def scored(session: Session, pair: Pair, tree: Any) -> np.ndarray:
    """The target's rows for a tree, from the session's own pass; the text stays where it was."""
    rows = session.score(tree).numpy()
    pair.target.cache.rollback(len(PROMPT) - 1)
    return rows


@pytest.mark.parametrize("shape", TREES)
@pytest.mark.parametrize("name", SETTINGS)
def test_the_engines_output_follows_the_plain_pipelines_distribution(pair: Pair, name: str, shape: str):
    parents, sampling, rule = TREES[shape]
    options, depth = dict(SETTINGS[name]), max_depth(TREES[shape][0])
    cuts = {cut: options.pop(cut) for cut in ("top_k", "top_p") if cut in options}
    session = Session(pair, PROMPT, RunSettings(NEW, 0.8, **cuts, distribution=options))
    session.prefill()
    p, q = plain(pair.target, SETTINGS[name], 0.8), cache(lambda context: drafted(pair, session, context))
    for context in itertools.chain.from_iterable(itertools.product(range(V), repeat=n) for n in range(depth)):
        if not np.isnan(expected := plain(pair.draft, SETTINGS[name], 0.8)(context)).any() and is_possible(context, q):
            assert np.abs(q(context) - expected).max() < 1e-12
    joint = np.zeros((V,) * (depth + 1))
    rest = cache(lambda context, length: words(p, V, length, context))
    for tree, contexts, weight in all_trees(parents, sampling, q):
        rows = scored(session, pair, tree)
        for volume, verdict in cells(VERIFIERS[rule], tree, rows):
            start = contexts[verdict.path[-1]] if verdict.path else ()
            for token in np.flatnonzero(verdict.law):
                word = (*start, int(token))
                joint[word] += weight * volume * verdict.law[token] * rest(word, depth + 1 - len(word))
    assert np.abs(joint - rest((), depth + 1)).max() < 1e-12


def is_possible(context: Context, q: Callable[[Context], np.ndarray]) -> bool:
    return all(q(context[:i])[token] > 0 for i, token in enumerate(context))


@pytest.mark.parametrize("bug", ["no path", "another's path"])
def test_the_enumeration_finds_rows_shaped_by_the_wrong_path(pair: Pair, bug: str, monkeypatch: pytest.MonkeyPatch):
    """Trap 10: a penalty that sees the committed text alone, or the path of the node beside."""
    shape = Shaper.__call__

    def wrong(self: Shaper, logits: Tensor, text: Any, branches: Any) -> Tensor:
        other = [()] * len(branches) if bug == "no path" else [branches[0], *branches[:-1]]
        return shape(self, logits, text, other)

    monkeypatch.setattr(Shaper, "__call__", wrong)
    with pytest.raises(AssertionError):
        test_the_engines_output_follows_the_plain_pipelines_distribution(pair, "repetition", "pairs without replacement")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["chain", "rsd-s"])
def test_sampled_texts_follow_it_through_whole_runs(pair: Pair, method: str):
    options: dict[str, Any] = {"repetition_penalty": 1.6, "frequency_penalty": 0.7, "presence_penalty": 0.4, "processors": [odd_sums]}
    chosen: Method = replace(find_method(method)[1], gamma=2)
    runs = 2000
    counts = Counter(tuple(unrecorded(pair, chosen, RunSettings(NEW, 1.0, seed=seed, distribution=options))(list(PROMPT))) for seed in range(runs))
    weights = words(plain(pair.target, options, 1.0), V, NEW)
    assert weights.sum() == pytest.approx(1.0)
    assert not [text for text in counts if weights[text] == 0.0]
    likely = [text for text in itertools.product(range(V), repeat=NEW) if weights[text] * runs >= 8]
    seen, expected = [counts[text] for text in likely], [weights[text] * runs for text in likely]
    seen, expected = [*seen, runs - sum(seen)], [*expected, runs - sum(expected)]
    kept = [i for i, e in enumerate(expected) if e > 0.5]
    assert len(kept) > 10
    assert stats.chisquare([seen[i] for i in kept], [expected[i] * runs / sum(expected[i] for i in kept) for i in kept]).pvalue > 1e-4
