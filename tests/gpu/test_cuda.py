"""On a CUDA card everything is what it is on the processor. Skipped without one; ``make gpu-check`` runs these."""

from __future__ import annotations

import pytest
import torch

import specviz as sv
from specviz.bench.shapes import Plan, bench_shapes
from specviz.model.pair import Pair, load_pair
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from tests.helpers import CONFIGS, Bench, some_tokens
from tests.verifiers.test_rules import PAIRS, random_problem

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")]

METHODS = ["autoregressive", "chain", "prompt-lookup", "sequoia", "specinfer", "eagle-2", "opt-tree", "traversal"]


def on(device: str, pair: Pair) -> Pair:
    """The same checkpoints in float32 on this device."""
    return load_pair(target=pair.target_path, draft=pair.draft_path, device=device, dtype="float32")


@pytest.mark.parametrize("family", CONFIGS)
def test_logits_are_those_of_the_processor(bench: Bench, family: str):
    tokens = some_tokens(48)
    folder = bench.family(family)
    here, there = (load_pair(target=folder, device=device, dtype="float32").target for device in ("cpu", "cuda"))
    assert torch.allclose(here.score(tokens), there.score(tokens).cpu(), atol=1e-3)
    for model in (here, there):  # and behind a text, as a draft is verified
        model.cache.rollback(20)
    assert torch.allclose(here.score(tokens[20:27]), there.score(tokens[20:27]).cpu(), atol=1e-3)


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize("method", METHODS)
def test_greedy_text_is_plain_decodings_on_the_processor(bench: Bench, family: str, method: str):
    pair = bench.pair("close", family)
    card = on("cuda", pair)
    for seed in range(2):
        prompt = some_tokens(8, seed) * 2
        expected = sv.generate(pair, prompt, "autoregressive", 24, detail="light").tokens
        run = sv.generate(card, prompt, method, 24, detail="full")
        assert run.tokens == expected
        assert len(run.trace) == run.stats.cycles


@pytest.mark.parametrize(("name", "sampling"), PAIRS)
def test_rules_decide_on_the_card_as_they_do_in_numpy(name: str, sampling: str):
    for seed in range(20):
        tree, p, u = random_problem(seed, name, sampling)
        twin = DraftTree(tree.tokens, tree.parents, torch.from_numpy(tree.q).cuda(), tree.q_row, tree.sampling)
        ours = VERIFIERS[name].judge(tree, p, u)
        theirs = VERIFIERS[name].judge(twin, torch.from_numpy(p).cuda(), torch.from_numpy(u).cuda())
        assert (theirs.path, theirs.token, theirs.kind) == (ours.path, ours.token, ours.kind)
        assert [d.state for d in theirs.decisions] == [d.state for d in ours.decisions]
        assert theirs.law.tolist() == pytest.approx(ours.law.tolist(), abs=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_recorded_passes_are_used_and_give_the_logits_of_free_ones(bench: Bench, dtype: str, recwarn):
    folder = bench.family("llama")
    bound, free = (load_pair(target=folder, device="cuda", dtype=dtype).target for _ in range(2))
    free.fixed = None
    tokens = some_tokens(60)
    for start, end in ((0, 1), (1, 6), (6, 38), (38, 39), (39, 42), (42, 43)):
        ours, theirs = (model.score(tokens[start:end]) for model in (bound, free))
        assert torch.allclose(ours, theirs, atol=1e-4 if dtype == "float32" else 0.1)
    assert bound.fixed is not None
    assert bound.fixed._made, "nothing was recorded"
    assert not [warning for warning in recwarn if "CUDA graphs" in str(warning.message)]


@pytest.mark.parametrize("temperature", [0.7, 1.0])
def test_the_same_coins_draw_the_same_text(bench: Bench, temperature: float):
    pair = bench.pair("close")
    texts = [sv.generate(each, some_tokens(12), "chain", 24, temperature, seed=5).tokens for each in (pair, on("cuda", pair))]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_random_shapes_keep_to_their_text_whatever_the_width_of_a_pass(dtype: str):
    plan = Plan(gammas=(4,), trees=(16,), contexts=(64,), new_tokens=32, rounds=1)
    runs = bench_shapes("tiny", "tiny-draft", plan, device="cuda", dtype=dtype)["contexts"][0]["runs"]
    assert {name: run["left_text_at"] for name, run in runs.items()} == dict.fromkeys(runs)
