"""The chosen tokens' log-probabilities are those of the whole text read at once, and of the distributions that were in force."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
import torch

import specviz as sv
from specviz.engine.logprobs import TokenLogprob
from specviz.model.sampling import SamplingSettings, law
from tests.engine.test_graphs import bound
from tests.helpers import Bench, reference_logits, some_tokens

PROMPT = some_tokens(6) * 2
NEW = 24
METHODS = ["autoregressive", "chain", "prompt-lookup", "block", "specinfer", "sequoia:nodes=8", "rsd-s", "eagle-2:nodes=8", "traversal"]
SAMPLINGS: dict[str, dict[str, Any]] = {"greedy": {}, "sampled": {"temperature": 1.0}, "cut": {"temperature": 0.7, "top_p": 0.9, "top_k": 40}}


def expected(bench: Bench, tokens: list[int], sampling: dict[str, Any]) -> list[float]:
    """log p of every new token, from transformers' logits over the whole text."""
    logits = reference_logits(bench.reference("llama"), [*PROMPT, *tokens])[len(PROMPT) - 1 : -1]
    if "top_p" in sampling:
        rows = law(logits, SamplingSettings(**sampling)).log()
    else:
        rows = torch.log_softmax(logits.double() / sampling.get("temperature", 1.0), dim=-1)
    return [float(rows[i, token]) for i, token in enumerate(tokens)]


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("method", METHODS)
def test_log_p_is_the_targets_on_the_text_that_was_made(bench: Bench, method: str, sampling: str):
    pair = bench.pair("close")
    run = sv.generate(pair, PROMPT, method, max_new_tokens=NEW, seed=3, detail="light", **SAMPLINGS[sampling])
    assert [entry.token for entry in run.logprobs] == run.tokens
    assert [entry.log_p for entry in run.logprobs] == pytest.approx(expected(bench, run.tokens, SAMPLINGS[sampling]), abs=2e-3)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("method", METHODS)
def test_log_q_and_provenance_are_those_of_the_record(bench: Bench, method: str, sampling: str):
    run = sv.generate(bench.pair("close"), PROMPT, method, max_new_tokens=NEW, seed=1, detail="exact", **SAMPLINGS[sampling])
    told = []
    for cycle in run.trace:
        nodes = [cycle.nodes[node] for node in cycle.path]
        drawn = [None if cycle.q_row[node.id] < 0 else math.log(cycle.q_rows[cycle.q_row[node.id]][node.token]) for node in nodes]
        states = ["accepted"] * len(nodes) + [cycle.last_kind]
        told += list(zip(cycle.committed, [*drawn, None], states, strict=False))
    entries = run.logprobs
    assert [(entry.token, entry.provenance) for entry in entries] == [(token, state) for token, _, state in told]
    assert [entry.log_q for entry in entries] == pytest.approx([log_q for _, log_q, _ in told])
    seen = Counter(entry.provenance for entry in entries)
    assert seen["corrected"] + seen["bonus"] >= len(run.trace) - 1
    if method in ("autoregressive", "prompt-lookup"):
        assert all(entry.log_q is None for entry in entries)
    else:
        assert sum(entry.log_q is not None for entry in entries) == seen["accepted"] > 0


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_recorded_cycles_and_rows_of_a_batch_have_the_same(bench: Bench, sampling: str):
    pair, options = bench.pair("close"), {"max_new_tokens": 12, "seed": 2, **SAMPLINGS[sampling]}
    alone = sv.generate(pair, PROMPT, **options).logprobs
    others = [sv.generate(bound(pair), PROMPT, **options), *sv.generate(pair, [PROMPT, PROMPT], **options)]
    for run in others:
        for ours, theirs in zip(run.logprobs, alone, strict=True):
            assert (ours.token, ours.provenance) == (theirs.token, theirs.provenance)
            assert (ours.log_p, ours.log_q) == (pytest.approx(theirs.log_p, abs=1e-3), pytest.approx(theirs.log_q, abs=1e-3))


def test_a_text_that_ends_inside_a_cycle_has_no_more_than_its_tokens(bench: Bench):
    pair = bench.pair("self")
    for limit in range(1, 8):
        run = sv.generate(pair, PROMPT, gamma=4, max_new_tokens=limit)
        assert [entry.token for entry in run.logprobs] == run.tokens
    piece = pair.text.piece(run.tokens[1])
    stopped = sv.generate(pair, PROMPT, gamma=4, max_new_tokens=7, stop=piece)
    assert [entry.token for entry in stopped.logprobs] == stopped.tokens


def test_what_p_excludes_is_minus_infinity(bench: Bench):
    """A lossy rule may let a draft pass that top-k leaves no mass for."""
    pair = bench.pair("random")
    method = sv.Method(verifier="top-m")
    found = [
        entry for seed in range(12) for entry in sv.generate(pair, PROMPT, method, max_new_tokens=16, temperature=1.0, top_k=2, seed=seed).logprobs
    ]
    assert all(isinstance(entry, TokenLogprob) and entry.log_p <= 0.0 for entry in found)
