"""Trees through the real models: one pass scores every node as its own path, and both memories follow the accepted one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import specviz as sv
from specviz.controllers import CONTROLLERS
from specviz.drafters import DRAFTERS
from specviz.engine.costs import measure, settled, time_together
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.methods import METHODS, Method, find_method
from specviz.model.attention import tree_mask
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings, law
from specviz.trees import TREES
from specviz.types import Costs, DraftTree, InvalidTreeError, Step
from tests.engine.test_caches import assert_holds
from tests.helpers import Bench, TokenCache, fresh_logits, load, some_tokens
from tests.model.test_cache import random_parents
from tests.trees.drafting import paths

PROMPT = some_tokens(6) * 2
TREE_METHODS = [name for name, method in METHODS.items() if TREES[method.tree].has_siblings]


def cycles(pair: Pair, method: str | Method, **options: object) -> Iterator[tuple[list[int], list[int], Step]]:
    """Every step with the committed tokens before and after it."""
    text = list(PROMPT)
    known = find_method(method)[1]  # measured, a draft of the target's size would never pay
    for step in sv.stream(pair, PROMPT, replace(known, costs=Costs(0.02)) if known.is_costed else known, max_new_tokens=20, **options):
        before, text = list(text), text + list(step.committed)
        yield before, text, step


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("method", TREE_METHODS)
def test_after_every_cycle_both_caches_equal_a_fresh_reading_of_the_text(bench: Bench, method: str, temperature: float):
    pair = bench.pair("close")
    accepted = 0
    for _, text, step in cycles(pair, method, temperature=temperature, seed=3):
        assert_holds(pair.target, text, len(text) - 1)
        if step.stop is None and len(step.tree):  # a plain cycle feeds the draft nothing; the next one that drafts makes up for it
            # what was accepted and fed stays: whatever has children was fed, a leaf may not have been; the last token is new
            unfed = len(text) - pair.draft.cache.length
            is_leaf = bool(step.verdict.path) and not step.tree.children(step.verdict.path[-1])
            assert unfed == 1 or (is_leaf and unfed == 2)
            assert_holds(pair.draft, text, pair.draft.cache.length)
        accepted += len(step.verdict.path)
    assert accepted > 0


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("method", TREE_METHODS)
def test_every_law_of_a_tree_is_the_models_own_after_that_path(bench: Bench, method: str, temperature: float):
    pair, chosen = bench.pair("close"), SamplingSettings(temperature)
    step = None
    for number, (before, _, step) in enumerate(cycles(pair, method, temperature=temperature, seed=2)):
        if number not in {0, 2}:
            continue
        for node, path in enumerate(paths(step.tree)):
            after = law(fresh_logits(pair.target, [*before, *path])[-1:], chosen)[0]
            torch.testing.assert_close(step.p[node + 1], after, atol=1e-5, rtol=1e-4)
            drawn_from = law(fresh_logits(pair.draft, [*before, *path[:-1]])[-1:], chosen)[0]
            torch.testing.assert_close(step.tree.q[step.tree.q_row[node]], drawn_from, atol=1e-5, rtol=1e-4)
    assert step is not None


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_chain_scored_as_a_tree_has_the_very_same_logits(bench: Bench, count: int):
    pair = bench.pair("random")
    tokens = some_tokens(count + 1, 5)
    prefix = len(PROMPT)
    pair.target.cache.rollback(0)
    pair.target.score(PROMPT)
    plain = pair.target.score(tokens)
    pair.target.cache.rollback(prefix)
    mask = torch.nn.functional.pad(tree_mask(range(-1, count - 1)), (prefix, 0), value=True)
    assert torch.equal(pair.target.score(tokens, [prefix + i for i in range(count + 1)], mask), plain)


BROKEN = {
    "a cycle": ((1, 2), (1, 0)),
    "itself as its parent": ((1,), (0,)),
    "a missing parent": ((1, 2), (-1, 5)),
    "a child before its parent": ((1, 2, 3), (-1, 2, 0)),
    "a parent below the root": ((1,), (-2,)),
    "a negative token": ((-1,), (-1,)),
    "an unknown token": ((1, 320), (-1, 0)),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_malformed_tree_is_refused_before_the_pass(bench: Bench, what: str, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    session = Session(pair, PROMPT, RunSettings())
    session.prefill()
    monkeypatch.setattr(pair.target, "score", lambda *_: pytest.fail("the target was asked"))
    with pytest.raises(InvalidTreeError, match="expected"):
        session.score(DraftTree(*BROKEN[what], None, [-1] * len(BROKEN[what][0]), "deterministic"))


def masks_one_by_one(parents: list[int]) -> np.ndarray:
    mask = np.eye(len(parents) + 1, dtype=bool)
    for node, parent in enumerate(parents):
        mask[node + 1] |= mask[parent + 1]
    mask[:, 0] = True
    return mask


@pytest.mark.parametrize("count", [0, 1, 30, 256])
def test_a_mask_shows_every_node_its_ancestors_and_itself(count: int):
    for seed in range(5):
        parents = random_parents(count, seed)
        np.testing.assert_array_equal(tree_mask(parents).numpy(), masks_one_by_one(parents))


def test_the_mask_of_256_nodes_costs_far_less_than_a_pass():
    parents, times = random_parents(256, 1), []
    for _ in range(30):
        begin = perf_counter()
        tree_mask(parents)
        times.append(perf_counter() - begin)
    assert min(times) < 1e-3


@pytest.mark.parametrize("method", TREE_METHODS)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_tree_never_outgrows_the_memory_at_the_end_of_the_context(bench: Bench, method: str, temperature: float):
    pair = load(bench.family("llama"), bench.family("llama"), context=40)
    run = sv.generate(pair, PROMPT, method, max_new_tokens=100, temperature=temperature)
    assert run.stats.stop == "context"
    assert len(PROMPT) + len(run.tokens) == 40


@pytest.mark.parametrize("method", TREE_METHODS)
def test_no_draft_coin_of_a_cycle_is_used_twice(bench: Bench, method: str, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("close")
    asked: list[tuple[int, int]] = []
    real = Session.draft_coin

    def spy(session: Session, node: int) -> float:
        asked.append((len(session.tokens), node))
        return real(session, node)

    monkeypatch.setattr(Session, "draft_coin", spy)
    for _, _, step in cycles(pair, method, temperature=1.0, seed=1):
        drawn = [node for prefix, node in asked if prefix == step.prefix]
        assert set(range(len(step.tree))) <= set(drawn) or step.tree.sampling == "deterministic"
    assert len(asked) == len(set(asked))


# --------------------------------------------------------------------------------------------------- rules and temperatures


@pytest.mark.parametrize("rule", ["typical", "lenience", "top-m"])
def test_a_lossy_rule_is_refused_at_temperature_0_and_stays_itself_above(bench: Bench, rule: str):
    pair = bench.pair("close")
    with pytest.raises(ValueError, match=f"temperature above 0 for the lossy rule '{rule}', got 0"):
        sv.generate(pair, PROMPT, Method(verifier=rule), max_new_tokens=4)
    assert sv.generate(pair, PROMPT, Method(verifier=rule), max_new_tokens=4, temperature=1.0).trace.header.verifier == rule


def test_the_greedy_rule_is_refused_above_temperature_0(bench: Bench):
    with pytest.raises(ValueError, match="temperature 0 for the rule 'greedy', got "):
        sv.generate(bench.pair("close"), PROMPT, Method(verifier="greedy"), max_new_tokens=4, temperature=1.0)
    assert sv.generate(bench.pair("close"), PROMPT, Method(tree="eagle-2", verifier="greedy"), max_new_tokens=4).trace.header.verifier == "greedy"


# ----------------------------------------------------------------------------------------------------------- pruned nodes


@pytest.mark.parametrize("detail", ["light", "full", "exact"])
def test_what_the_builder_pruned_is_recorded_behind_the_tree_and_counts_for_nothing(bench: Bench, detail: str, tmp_path):
    path = tmp_path / "run.arrow"
    method = replace(METHODS["eagle-2"], nodes=5, width=3)
    run = sv.generate(bench.pair("close"), PROMPT, method, max_new_tokens=12, temperature=1.0, detail=detail, save=path)
    trace = sv.load_trace(path)
    assert trace.tokens == run.tokens
    pruned = 0
    for cycle in trace.cycles:
        states = [node.state for node in cycle.nodes]
        cut = states.count("pruned")
        assert states == [*(s for s in states if s != "pruned"), *["pruned"] * cut]
        for node in cycle.nodes[len(states) - cut :]:
            assert node.parent < node.id
            assert node.depth == (1 if node.parent < 0 else cycle.nodes[node.parent].depth + 1)
            assert 0 < node.q <= 1
            assert np.isnan(node.p)
            assert node.threshold is None
        if detail == "exact":
            assert len(cycle.q_row) == len(states) - cut == len(cycle.p_rows) - 1
        pruned += cut
    assert pruned > 0
    assert run.stats.drafted == sum(len(cycle.nodes) for cycle in trace.cycles) - pruned
    assert max(position.drafted for position in run.stats.positions) <= run.stats.cycles
    assert "pruned" in str(sv.figures.draft_tree(trace, cycle=0).to_dict())


# ----------------------------------------------------------------------------------------------------------------- costs


def test_costs_are_measured_behind_the_text_and_leave_it_as_it_was(bench: Bench):
    pair = bench.pair("close")
    session = Session(pair, PROMPT, RunSettings())
    session.prefill()
    drafter = DRAFTERS["independent"](pair, SamplingSettings(0.0))
    drafter.start(session)
    costs = measure(pair)
    for model in (pair.target, pair.draft):
        assert_holds(model, PROMPT, len(PROMPT) - 1)
    assert costs.draft > 0
    assert [m for m, _ in costs.verify] == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
    assert all(later >= earlier for (_, earlier), (_, later) in zip(costs.verify, costs.verify[1:], strict=False))
    assert measure(pair, has_model=False).draft == 0.0


@pytest.mark.parametrize("has_draft", [True, False])
def test_passes_are_timed_in_the_company_they_have_in_a_run(monkeypatch: pytest.MonkeyPatch, has_draft: bool):
    """Plain steps after plain steps, a verification after the drafts of its cycle, drafts after a verification."""
    calls: list[str] = []
    seen: list[tuple[list[str], list[str]]] = []

    def model(name: str) -> SimpleNamespace:
        cache = TokenCache()

        def score(tokens: list[int]) -> None:
            cache.tokens += tokens
            calls.append(f"{name}{len(tokens)}")

        return SimpleNamespace(cache=cache, score=score, device=torch.device("cpu"))

    def in_rounds(
        work: Callable[[int], None], counts: Sequence[int], _rounds: int, _device: object, after: Callable[[], None], before: Callable[[int], None]
    ) -> dict[int, list[float]]:
        for m in counts:
            calls.clear()
            before(m)
            come_before = calls.copy()
            calls.clear()
            work(m)
            seen.append((come_before, calls.copy()))
            after()
        return {m: [6.0] for m in counts}

    monkeypatch.setattr("specviz.engine.costs.in_rounds", in_rounds)
    target, draft = model("t"), model("d") if has_draft else None
    verified, drafted = time_together(target, draft, {m: [0] * m for m in (1, 2, 5, 8)}, [1, 2, 5, 8], [1, 2], steps=3, rounds=1)  # type: ignore[arg-type]
    if has_draft:
        cycles = [(["d1"] * 3, [f"t{m}"]) for m in (2, 5, 8)] + [(["t2"], [f"d{m}"] * 3) for m in (1, 2)]
    else:
        cycles = [([f"t{m}"], [f"t{m}"]) for m in (2, 5, 8)]
    assert seen == [(["t1"] * 4, ["t1"]), *cycles]
    assert target.cache.length == 0
    assert verified == {m: [6.0] for m in (1, 2, 5, 8)}
    assert drafted == ({m: [2.0] for m in (1, 2)} if has_draft else {}), "a pass, not all of them"


def test_costs_are_measured_once_a_pair_and_recorded(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("close")
    method = Method(controller="expected-gain", gamma=6)
    run = sv.generate(pair, PROMPT, method, max_new_tokens=12)
    monkeypatch.setattr("specviz.engine.costs.measure", lambda *_, **__: pytest.fail("measured again"))
    found = settled(pair, method).costs
    assert run.trace.header.settings["costs"] == {"draft": found.draft, "verify": [list(pair) for pair in found.verify]}
    given = replace(method, costs=Costs(0.5))
    assert settled(pair, given) is given
    assert settled(pair, METHODS["chain"]) is METHODS["chain"]


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_adaptive_drafts_change_their_length_on_real_models_and_a_constant_does_not(bench: Bench, controller: str):
    costs = Costs(0.4) if controller in {"expected-gain", "planner"} else None
    parts = {"tree": "planned", "verifier": "recursive", "nodes": 5} if controller == "planner" else {}
    bound = {"confidence": 0.2, "entropy": 0.1}.get(controller)
    run = sv.generate(bench.pair("close"), PROMPT, Method(controller=controller, gamma=5, costs=costs, confidence=bound, **parts), max_new_tokens=60)
    lengths = {len(cycle.nodes) for cycle in run.trace.cycles if len(PROMPT) + 60 - cycle.prefix > 6}
    assert (lengths == {5}) if controller == "constant" else (len(lengths) > 1)
    assert max(lengths) <= 5


def test_the_settings_in_force_are_recorded(bench: Bench):
    settings = sv.generate(bench.pair("close"), PROMPT, "eagle-2", max_new_tokens=4).trace.header.settings
    assert {name: settings[name] for name in ("tree", "controller", "nodes", "width", "gamma")} == {
        "tree": "eagle-2",
        "controller": "constant",
        "nodes": 32,
        "width": 8,
        "gamma": 6,
    }
