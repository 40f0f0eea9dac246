"""The draft model on trees: every node's proposal is the model's own law after that node's path."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from specviz.drafters.independent import IndependentDrafter
from specviz.model.hardware import place
from specviz.model.loader import Model
from specviz.model.sampling import SamplingSettings, law
from specviz.types import ROOT, Decision, DraftTree, Sketch, Verdict
from tests.helpers import Bench, fresh_cache, fresh_logits, some_tokens

SAMPLED = SamplingSettings(0.9, None, 0.95)
CPU = place("cpu", "float32")


def grow(drafter: IndependentDrafter, model: Model, text: list[int], widths: list[int], seed: int) -> Sketch:
    """Grow a tree level by level, ``widths[d]`` children a node; check every law on the way."""
    sketch, level = Sketch(prefix=len(text)), [ROOT]
    paths: dict[int, list[int]] = {ROOT: []}
    for depth, width in enumerate(widths):
        proposals = drafter.propose(sketch, level)
        following = []
        for node, proposal in zip(level, proposals, strict=True):
            expected = law(fresh_logits(model, text + paths[node])[-1:], SAMPLED)[0]
            torch.testing.assert_close(proposal.law, expected, atol=1e-5, rtol=1e-4)
            row = sketch.add_law(proposal.law)
            for token in some_tokens(width, seed * 100 + depth * 10 + node + 1):
                child = sketch.add(token, node, row)
                paths[child] = [*paths[node], token]
                following.append(child)
        level = following
    return sketch


@pytest.mark.parametrize("seed", range(4))
def test_laws_over_a_tree_are_those_of_each_path_alone_and_the_memory_follows_the_accepted_one(bench: Bench, seed: int):
    model = Model(bench.family("llama"), "draft", CPU, 128)
    drafter = IndependentDrafter(model, 320, SAMPLED)
    context = SimpleNamespace(tokens=some_tokens(7, seed))
    drafter.start(context)
    for turn, widths in enumerate([[2, 2, 1], [3, 1, 1], [1, 1, 1], [1, 3]]):
        sketch = grow(drafter, model, context.tokens, widths, seed + turn)
        tree = DraftTree(sketch.tokens, sketch.parents, torch.stack(sketch.laws), sketch.q_row, "iid")
        path: list[int] = []
        while (children := tree.children(path[-1] if path else ROOT)) and len(path) < (seed + turn) % 4:
            path.append(children[(seed + turn) % len(children)])
        verdict = Verdict(path, 5, "corrected", [Decision("ignored", 0, 1, 0, None)] * len(tree))
        drafter.observe(tree, None, verdict)
        context.tokens += [*(tree.tokens[node] for node in path), 5]
        length = model.cache.length
        assert len(context.tokens) - 2 <= length <= len(context.tokens) - 1
        expected = fresh_cache(model, context.tokens[:length]).buffer[..., :length, :]
        torch.testing.assert_close(model.cache.buffer[..., :length, :], expected, atol=1e-5, rtol=1e-5)


def test_a_smaller_vocabulary_gives_no_mass_to_ids_it_lacks_and_reads_them_as_something(bench: Bench):
    model = Model(bench.family("llama"), "draft", CPU, 128)
    drafter = IndependentDrafter(model, 330, SamplingSettings(1.0))
    drafter.start(SimpleNamespace(tokens=[1, 329, 2, 325]))
    proposed = drafter.propose(Sketch(prefix=4), [ROOT])[0].law
    assert proposed.shape == (330,)
    assert float(proposed[320:].sum()) == 0.0
    assert float(proposed.sum()) == pytest.approx(1.0)


def test_a_larger_vocabulary_is_cut_to_the_targets(bench: Bench):
    model = Model(bench.family("llama"), "draft", CPU, 128)
    drafter = IndependentDrafter(model, 300, SamplingSettings(1.0))
    drafter.start(SimpleNamespace(tokens=[1, 2]))
    proposed = drafter.propose(Sketch(prefix=2), [ROOT])[0].law
    expected = torch.softmax(fresh_logits(model, [1, 2])[-1, :300].double(), -1)
    torch.testing.assert_close(proposed, expected, atol=1e-6, rtol=1e-5)
