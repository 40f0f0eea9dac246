"""What is written down is what happened: laws, residuals, decisions that can be judged again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specviz.engine.run import generate, stream
from specviz.model.pair import load_pair
from specviz.trace import load_trace
from specviz.trace.schema import TOP
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from tests.trace.conftest import PROMPT, SAMPLED


@pytest.fixture(scope="module")
def exact(pair):
    return {
        "sampled chain": generate(pair, PROMPT, "chain", detail="exact", **SAMPLED).trace,
        "greedy chain": generate(pair, PROMPT, "chain", detail="exact", max_new_tokens=24).trace,
        "sampled copies": generate(pair, "ab ab ab ab ab", "prompt-lookup", detail="exact", **SAMPLED).trace,
        "plain": generate(pair, PROMPT, "autoregressive", detail="exact", **SAMPLED).trace,
    }


RUNS = ["sampled chain", "greedy chain", "sampled copies", "plain"]


def judged_again(trace, cycle):
    """The recorded cycle through the rule once more, from the file's columns alone."""
    nodes = cycle.nodes
    q = cycle.q_rows if len(cycle.q_rows) else None
    tree = DraftTree([n.token for n in nodes], [n.parent for n in nodes], q, cycle.q_row, cycle.sampling)
    return VERIFIERS[trace.header.verifier].judge(tree, cycle.p_rows, np.array([*(n.u for n in nodes), cycle.last_u]))


@pytest.mark.parametrize("name", RUNS)
def test_whole_rows_are_laws(exact, name):
    for cycle in exact[name]:
        assert cycle.p_rows.shape == (len(cycle.nodes) + 1, 320)
        rows = np.concatenate((cycle.p_rows, cycle.q_rows.reshape(-1, 320)))
        assert (rows >= 0).all()
        np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("name", RUNS)
def test_judging_the_record_again_gives_the_recorded_decisions(exact, name):
    for cycle in exact[name]:
        verdict = judged_again(exact[name], cycle)
        assert [(d.state, d.p, d.q, d.u, d.threshold) for d in verdict.decisions] == [(n.state, n.p, n.q, n.u, n.threshold) for n in cycle.nodes]
        assert (verdict.path, verdict.token, verdict.kind) == (cycle.path, cycle.last_token, cycle.last_kind)


def test_the_copies_and_the_chain_drafted_something(exact):
    assert all(any(cycle.nodes for cycle in exact[name]) for name in RUNS[:3])
    assert not any(cycle.nodes for cycle in exact["plain"])


@pytest.mark.parametrize("name", RUNS[:2])
def test_the_top_of_every_law_is_the_top_of_its_row(exact, name):
    for cycle in exact[name]:
        for node in cycle.nodes:
            p, q = cycle.p_rows[node.parent + 1], cycle.q_rows[cycle.q_row[node.id]]
            left = np.maximum(p - q, 0)
            for recorded, law in ((node.top_p, p), (node.top_q, q), (node.top_residual, left / left.sum())):
                assert [e.prob for e in recorded] == pytest.approx(sorted(law, reverse=True)[:TOP], abs=2e-6)  # written in float32
                assert all(law[e.token] == pytest.approx(e.prob, abs=2e-6) for e in recorded)
            assert node.alpha == pytest.approx(np.minimum(p, q).sum(), abs=2e-6)
            assert node.entropy_p == pytest.approx(-(p * np.log(p)).sum(), rel=1e-5)


def test_every_cycle_adds_up_to_the_text(pair, saved):
    trace = saved["full"][1].trace
    place = len(trace.header.prompt_tokens)
    for number, cycle in enumerate(trace):
        assert (cycle.cycle, cycle.prefix) == (number, place)
        drafted = [cycle.nodes[i].token for i in cycle.path]
        assert list(cycle.committed) == [*drafted, cycle.last_token][: len(cycle.committed)]
        place += len(cycle.committed)
    assert pair.text.decode(trace.tokens) == trace.text


def test_recording_changes_nothing_about_the_run(saved):
    assert len({tuple(run.tokens) for _, run in saved.values()}) == 1


def test_whole_rows_of_a_large_vocabulary_are_refused(pair, monkeypatch):
    monkeypatch.setattr(pair.target, "config", replace(pair.target.config, vocab=40_000))
    with pytest.raises(ValueError, match="expected a vocabulary of at most 32768 for detail 'exact', got 40000"):
        next(iter(stream(pair, PROMPT, "chain", detail="exact")))


@pytest.mark.slow
def test_512_tokens_stay_small_on_disk(tmp_path):
    pair = load_pair("tiny", device="cpu", dtype="float32")
    pair.target.config = replace(pair.target.config, end_tokens=())  # no early end: the claim is about 512 tokens
    for detail, limit in (("light", 200_000), ("full", 4_000_000)):
        path = tmp_path / f"{detail}.arrow"
        generate(pair, "def quicksort(items):\n", "chain", max_new_tokens=512, detail=detail, save=path)
        assert len(load_trace(path).tokens) == 512
        assert path.stat().st_size < limit
