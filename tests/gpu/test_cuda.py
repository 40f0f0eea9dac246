"""On a CUDA card everything is what it is on the processor. Skipped without one; ``make gpu-check`` runs these."""

from __future__ import annotations

import pytest
import torch

import specviz as sv
from specviz.bench.measure import prepared
from specviz.bench.shapes import Plan, bench_shapes
from specviz.engine import graphs
from specviz.engine.graphs import decoded
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.kernels.chain_judge import chain_judge, plain_chain_judge
from specviz.kernels.greedy_path import greedy_path, plain_greedy_path
from specviz.kernels.split_attention import examples, plain_split_attention, split_attention
from specviz.methods import METHODS
from specviz.model.crossover import Sizes, choices, quickest_split
from specviz.model.pair import Pair, load_pair
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from tests.engine.test_graphs import assert_same
from tests.helpers import CONFIGS, Bench, some_tokens
from tests.verifiers.test_rules import PAIRS, random_problem

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")]

NAMES = ["autoregressive", "chain", "prompt-lookup", "sequoia", "specinfer", "eagle-2", "opt-tree", "traversal"]


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
@pytest.mark.parametrize("method", NAMES)
def test_greedy_text_is_plain_decodings_on_the_processor(bench: Bench, family: str, method: str):
    pair = bench.pair("close", family)
    card = on("cuda", pair)
    for seed in range(2):
        prompt = some_tokens(8, seed) * 2
        expected = sv.generate(pair, prompt, "autoregressive", 24, detail="light").tokens
        run = sv.generate(card, prompt, method, 24, detail="full")
        assert run.tokens == expected
        assert len(run.trace) == run.stats.cycles


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-3), (torch.bfloat16, 2e-2)], ids=str)
def test_attention_with_split_slots_is_its_twin(dtype: torch.dtype, error: float):
    kernel = split_attention(torch.device("cuda"))
    assert kernel is not None, "it fell back: see the warning"
    for queries, keys, values, start, among in examples(torch.device("cuda")):
        inputs = (*(part.to(dtype) for part in (queries, keys, values)), start, among)
        torch.testing.assert_close(kernel(*inputs), plain_split_attention(*inputs), rtol=error, atol=error)


def test_both_attentions_are_tried_within_a_graph_and_one_is_taken():
    sizes = Sizes(heads=32, kv_heads=8, width=128, tokens=8, span=8192, dtype=torch.bfloat16, device=torch.device("cuda", 0))
    taken = quickest_split(sizes)
    (row,) = [row for row in choices() if (row["tokens"], row["span"], row["width"]) == (8, 8192, 128)]
    assert not row["is_wrong"]
    assert min(row["own_us"], row["split_us"]) > 0
    assert row["is_split"] is (row["split_us"] < row["own_us"]) is (taken is not None)


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


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.0}, {"temperature": 0.8, "top_k": 20, "top_p": 0.9}], ids=["greedy", "sampled", "cut"])
@pytest.mark.parametrize(("kind", "method"), [("random", "chain"), ("close", "chain"), ("self", "chain"), ("close", "autoregressive")])
def test_recorded_cycles_are_used_and_are_those_of_the_loop(bench: Bench, kind: str, method: str, sampling: dict[str, float], recwarn):
    recorded, free = (on("cuda", bench.pair(kind)) for _ in range(2))
    free.target.fixed = free.draft.fixed = None
    for gamma, length in ((1, 1), (4, 2), (4, 12), (8, 30)):
        options = {"method": method, "gamma": gamma, "max_new_tokens": 40, "seed": gamma} | sampling
        steps = [list(sv.stream(pair, some_tokens(length, gamma), **options)) for pair in (recorded, free)]
        for ours, theirs in zip(*steps, strict=True):
            assert_same(ours, theirs)
    assert graphs._made[recorded]
    assert free not in graphs._made
    assert not [str(warning.message) for warning in recwarn if "CUDA graphs" in str(warning.message) or "plain twin" in str(warning.message)]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_recorded_cycles_in_bfloat16_end_where_they_should(bench: Bench, temperature: float, recwarn):
    made = bench.pair("self")
    pair = load_pair(target=made.target_path, draft=made.draft_path, device="cuda", dtype="bfloat16")
    run = sv.generate(pair, some_tokens(9), "chain", 60, temperature, gamma=5, detail="full")
    assert len(run.tokens) == 60
    assert run.stats.acceptance > 0.9
    assert graphs._made[pair]
    assert not [str(warning.message) for warning in recwarn if "CUDA graphs" in str(warning.message)]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_recorded_cycle_waits_for_the_card_once(bench: Bench, temperature: float):
    """Its own wait is one for an event, which this mode lets pass; any other is an error."""
    pair = on("cuda", bench.pair("close"))
    method = METHODS["chain"]
    options = RunSettings(max_new_tokens=40, temperature=temperature, seed=1)
    sv.generate(pair, some_tokens(12), "chain", 40, temperature, seed=1, detail="light")  # records
    session = Session(pair, some_tokens(12), options)
    drafter = prepared(pair, session, method)
    steps = decoded(pair, session, drafter, method)
    next(steps)
    torch.cuda.set_sync_debug_mode("error")
    try:
        count = sum(1 for _ in steps)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert count > 3


def test_times_of_a_recorded_cycle_are_the_cards(bench: Bench):
    steps = list(sv.stream(on("cuda", bench.pair("close")), some_tokens(12), "chain", gamma=4, max_new_tokens=30))
    for step in steps[1:]:
        assert 0 < step.times.judge < step.times.total
        assert 0 < step.times.draft < step.times.total
        assert 0 < step.times.verify < step.times.total
    assert sum(step.times.total for step in steps[1:]) < 5.0


def test_logits_that_are_no_numbers_are_said_on_the_card(bench: Bench):
    pair = on("cuda", bench.pair("close"))
    sv.generate(pair, some_tokens(9), "chain", 8, 1.0)
    pair.draft.transformer.embedding.fill_(torch.nan)
    with pytest.raises(ValueError, match="expected finite logits"):
        sv.generate(pair, some_tokens(9), "chain", 8, 1.0)


def test_the_kernels_are_used_and_give_what_their_twins_give(recwarn):
    from tests.kernels.interpreted import hold

    card = torch.device("cuda")
    assert chain_judge(card) is not plain_chain_judge
    assert greedy_path(card) is not plain_greedy_path
    assert not recwarn.list
    assert hold("cuda") > 80


def test_laws_summarised_on_the_card_are_those_of_the_processor(bench: Bench):
    pair = bench.pair("close")
    here, there = (sv.generate(each, some_tokens(12), "chain", 40, 1.0, seed=5, detail="full").trace for each in (pair, on("cuda", pair)))
    for ours, theirs in zip(there, here, strict=True):
        for a, b in zip(ours.nodes, theirs.nodes, strict=True):
            assert (a.token, a.state) == (b.token, b.state)
            assert (a.alpha, a.entropy_p, a.entropy_q) == pytest.approx((b.alpha, b.entropy_p, b.entropy_q), abs=1e-3)
            for top in ("top_p", "top_q", "top_residual"):
                assert [e.prob for e in getattr(a, top)] == pytest.approx([e.prob for e in getattr(b, top)], abs=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_random_shapes_keep_to_their_text_whatever_the_width_of_a_pass(dtype: str):
    plan = Plan(gammas=(4,), trees=(16,), contexts=(64,), new_tokens=32, rounds=1)
    runs = bench_shapes("tiny", "tiny-draft", plan, device="cuda", dtype=dtype)["contexts"][0]["runs"]
    assert {name: run["left_text_at"] for name, run in runs.items()} == dict.fromkeys(runs)
    assert runs["drafted gamma=4"]["acceptance"] == 1.0
    assert runs["drafted gamma=4"]["cycle_ms"]["median"] < runs["drafted gamma=4, by the loop"]["cycle_ms"]["median"]
