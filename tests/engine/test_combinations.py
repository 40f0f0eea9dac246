"""Every drafter x tree x way to draw x rule x controller: the allowed ones run end to end and stay exact, the others are refused by name."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from specviz.bench.measure import unrecorded
from specviz.combinations import combinations
from specviz.drafters import DRAFTERS
from specviz.engine.settings import RunSettings
from specviz.methods import METHODS, Method
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings, law
from specviz.trees import TREES
from specviz.types import Costs, Sampling
from specviz.verifiers import VERIFIERS
from specviz.verifiers.recursive import Recursive
from specviz.verifiers.residual import residual
from tests.helpers import Bench, TokenCache, bench, fresh_logits, letter_tokenizer, load, random_model, reference_greedy, some_tokens  # noqa: F401  bench is a fixture
from tools import combinations as combinations_page

ALL = list(combinations())
ALLOWED = [row[:-1] for row in ALL if row[-1] is None]
REFUSED = [row for row in ALL if row[-1] is not None]
SMALL: dict[str, dict[str, Any]] = {
    "specinfer": {"branching": (2, 2)},
    "sequoia": {"nodes": 4},
    "rsd-c": {"branching": (2, 2)},
    "rsd-s": {"width": 2},
    "dyspec": {"nodes": 4},
    "dyspec-threshold": {"nodes": 5, "threshold": 0.2},
    "eagle-2": {"nodes": 4, "width": 2},
    "opt-tree": {"nodes": 4},
}
CONTROLS: dict[str, dict[str, Any]] = {
    "confidence": {"confidence": 0.3},
    "entropy": {"confidence": 0.45},
    "expected-gain": {"costs": Costs(0.2)},
    "planner": {"costs": Costs(0.02), "nodes": 4},
}


def made(drafter: str, tree: str, sampling: Sampling, verifier: str, controller: str, **changes: Any) -> Method:
    """A small method of these parts."""
    return Method(
        drafter, tree, verifier, controller, **{"gamma": 3, "sampling": sampling, **SMALL.get(tree, {}), **CONTROLS.get(controller, {}), **changes}
    )


def test_there_are_allowed_and_refused_combinations_of_every_part():
    for part, names in enumerate((DRAFTERS, TREES, None, VERIFIERS, None)):
        if names is not None:
            assert {row[part] for row in ALLOWED} == set(names)
    assert len(ALLOWED) > 400
    assert len(REFUSED) > 400


def test_every_refusal_names_both_sides():
    for drafter, tree, sampling, verifier, controller, conflict in REFUSED:
        with pytest.raises(ValueError, match="expected") as raised:
            made(drafter, tree, sampling, verifier, controller)
        assert str(raised.value) == conflict
        sides = [f"drafter {drafter!r}", repr(drafter), repr(tree), f"sampled {sampling}", repr(verifier), repr(controller)]
        assert sum(side in conflict for side in sides[1:]) >= 2, conflict


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tree": "chain", "nodes": 5}, "'chain' .*got nodes=5"),
        ({"tree": "eagle-2", "verifier": "recursive", "branching": (2,)}, "'eagle-2' .nodes, width.*got branching"),
        ({"confidence": 0.2}, "'constant' .none.*got confidence=0.2"),
        ({"tree": "eagle-2", "verifier": "recursive", "sampling": "iid"}, "expected sampling deterministic for the tree 'eagle-2', got 'iid'"),
        ({"drafter": "prompt-lookup", "sampling": "iid"}, "'prompt-lookup', which copies tokens, got 'iid'"),
        ({"tree": "dyspec", "verifier": "recursive", "nodes": 0}, r"expected nodes as a whole number in \[1, 4096\], got 0"),
        ({"tree": "specinfer", "verifier": "recursive", "branching": (2, 0)}, "one child or more, at most 4096, got .2, 0."),
        ({"tree": "opt-tree", "verifier": "recursive", "threshold": 0.0}, "a threshold above 0, got 0.0"),
        ({"tree": "oak"}, "expected the tree to be one of chain, .*got 'oak'"),
    ],
)
def test_settings_that_fit_no_part_are_refused(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        Method(**options)


# ----------------------------------------------------------------------------------------------------------- temperature 0

SHAPES = sorted({(d, t, s, c) for d, t, s, _, c in ALLOWED})


@pytest.mark.slow
@pytest.mark.parametrize("tree", TREES)
def test_at_temperature_0_every_combination_says_what_plain_decoding_says(bench: Bench, tree: str):  # noqa: F811
    """On ten prompts; the rule is the exact match whatever lossless one was chosen, so each shape is run with one of its rules in turn."""
    pair = bench.pair("close")
    prompts = [some_tokens(5, seed) * 2 for seed in range(10)]
    expected = [reference_greedy(bench.reference("llama"), prompt, 14) for prompt in prompts]
    accepted = 0
    for drafter, _, sampling, controller in (shape for shape in SHAPES if shape[1] == tree):
        rules = [row[3] for row in ALLOWED if (*row[:3], row[4]) == (drafter, tree, sampling, controller) and VERIFIERS[row[3]].lossless]
        for number, prompt in enumerate(prompts):
            method = made(drafter, tree, sampling, rules[number % len(rules)], controller)
            assert unrecorded(pair, method, RunSettings(14))(prompt) == expected[number]
            accepted += 1
    assert accepted >= 10


def test_at_temperature_0_every_lossless_rule_is_the_exact_match_and_a_lossy_one_is_refused():
    for row in ALLOWED:
        method = made(*row)
        if VERIFIERS[row[3]].lossless:
            assert method.rule(0.0).name == "greedy"
        else:
            with pytest.raises(ValueError, match=f"lossy rule '{row[3]}'"):
                method.rule(0.0)


@pytest.mark.parametrize("name", METHODS)
def test_every_named_method_says_what_plain_decoding_says(bench: Bench, name: str):  # noqa: F811
    pair = bench.pair("close")
    for seed in range(3):
        prompt = some_tokens(6, seed) * 2
        assert unrecorded(pair, METHODS[name], RunSettings(20))(prompt) == reference_greedy(bench.reference("llama"), prompt, 20)


# ----------------------------------------------------------------------------------------------------------- temperature 1

V = 5
PROMPT = (1, 3, 1)
LENGTH = 3
END = 2
CHOSEN = SamplingSettings(1.0)
RULES = sorted({row[:4] for row in ALLOWED if VERIFIERS[row[3]].lossless and row[3] != "greedy"})
P_VALUE = 1e-3


class LookedUp:
    """A model whose passes are looked up by what the mask lets every row see: a wrong mask or position is a wrong context."""

    fixed = None

    def __init__(self, model: Any) -> None:
        self.config, self.capacity, self.device, self.folder = model.config, model.capacity, model.device, model.folder
        self.cache = TokenCache()
        self._row = cache(lambda context: fresh_logits(model, list(context))[-1])

    def score(self, tokens: list[int], positions: list[int] | None = None, mask: Tensor | None = None, rows: int | None = None) -> Tensor:
        old, n = self.cache.length, len(tokens)
        self.cache.tokens.extend(tokens)
        seen = np.tri(n, old + n, old, dtype=bool)
        if mask is not None:
            seen[:, old + n - mask.shape[1] :] = mask.numpy()
        contexts = [tuple(self.cache.tokens[slot] for slot in np.flatnonzero(row)) for row in seen[n - (rows or n) :]]
        if positions is not None:
            assert [len(context) - 1 for context in contexts] == positions
        return torch.stack([self._row(context) for context in contexts])


@pytest.fixture(scope="module")
def letters(bench: Bench) -> Pair:  # noqa: F811
    """A pair over five letters, one of which ends the text, whose passes are looked up."""
    tokenizer, size = letter_tokenizer(V), {"vocab_size": V, "hidden_size": 16, "num_hidden_layers": 1}
    pair = load(*(bench.folder(f"five-{seed}", lambda seed=seed: random_model("llama", seed, **size), tokenizer) for seed in (31, 32)))
    pair.target, pair.draft = LookedUp(pair.target), LookedUp(pair.draft)  # type: ignore[assignment]
    pair.target.config = replace(pair.target.config, end_tokens=(END,))
    return pair


@cache
def exact(pair: Pair) -> dict[tuple[int, ...], float]:
    """The target's own law of every text, up to its first end token."""
    weights: dict[tuple[int, ...], float] = defaultdict(float)
    for text in itertools.product(range(V), repeat=LENGTH):
        pair.target.cache.rollback(0)
        rows = law(pair.target.score([*PROMPT, *text[:-1]])[-LENGTH:], CHOSEN)
        ended = text[: text.index(END) + 1] if END in text else text
        weights[ended] += float(np.prod([float(rows[i, token]) for i, token in enumerate(text)]))
    return weights


def p_value(pair: Pair, methods: Sequence[Method], runs: int) -> float:
    """Chi-square of the texts that these methods say together, ``runs`` each, against the target's own law."""
    settings = [
        (method, RunSettings(LENGTH, temperature=1.0, seed=seed * len(methods) + i)) for i, method in enumerate(methods) for seed in range(runs)
    ]
    counts = Counter(tuple(unrecorded(pair, method, each)(list(PROMPT))) for method, each in settings)
    weights, total = exact(pair), counts.total()
    often = [text for text, weight in weights.items() if weight * total >= 5]
    seen = [*(counts[text] for text in often), total - sum(counts[text] for text in often)]
    expected = [*(weights[text] * total for text in often), total - sum(weights[text] * total for text in often)]
    assert len(often) > 15
    return float(stats.chisquare(seen, expected).pvalue)


@pytest.mark.slow
@pytest.mark.parametrize(("drafter", "tree", "sampling", "verifier"), RULES)
def test_at_temperature_1_texts_follow_the_targets_law(letters: Pair, drafter: str, tree: str, sampling: Sampling, verifier: str):
    """Under every controller that goes with these parts, in equal shares."""
    controllers = [row[4] for row in ALLOWED if row[:4] == (drafter, tree, sampling, verifier)]
    runs = 400 // len(controllers)
    methods = [made(drafter, tree, sampling, verifier, controller, gamma=2) for controller in controllers]
    assert p_value(letters, methods, runs) > P_VALUE / len(RULES)


@pytest.mark.parametrize("rule", [rule.name for rule in VERIFIERS.values() if not rule.lossless])
def test_every_lossy_combination_runs(letters: Pair, rule: str):
    for row in (row for row in ALLOWED if row[3] == rule):
        text = unrecorded(letters, made(*row, gamma=2), RunSettings(LENGTH, temperature=1.0))(list(PROMPT))
        assert len(text) == (text.index(END) + 1 if END in text else LENGTH)


class TrustsItsDraft(Recursive):
    """Planted bug: q is taken at another temperature than the siblings were drawn at."""

    def judge(self, tree: Any, p: Any, u: Any) -> Any:
        if not len(tree):
            return super().judge(tree, p, u)
        sharper = tree.q**2
        return super().judge(type(tree)(tree.tokens, tree.parents, sharper / sharper.sum(-1, keepdim=True), tree.q_row, tree.sampling), p, u)


class ResamplesFromP(Recursive):
    """Planted bug: after a refusal the last token is drawn from p, not from what is left of it."""

    def judge(self, tree: Any, p: Any, u: Any) -> Any:
        verdict = super().judge(tree, p, u)
        if verdict.kind == "bonus":
            return verdict
        row = p[verdict.path[-1] + 1 if verdict.path else 0]
        token = int(torch.searchsorted(row.cumsum(-1), float(u[-1])))
        return type(verdict)(verdict.path, min(token, V - 1), "corrected", verdict.decisions, row)


@pytest.mark.parametrize("bug", [TrustsItsDraft, ResamplesFromP])
def test_the_chi_square_finds_planted_bugs(letters: Pair, bug: type[Recursive], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(VERIFIERS, "recursive", bug())
    assert p_value(letters, [made("independent", "rsd-c", "without_replacement", "recursive", "constant", gamma=2)], 3000) < 1e-6


def test_the_two_models_disagree_enough_for_that(letters: Pair):
    rows = []
    for model in (letters.target, letters.draft):
        model.cache.rollback(0)
        rows.append(law(model.score(list(PROMPT))[-1:], CHOSEN)[0])
    assert 0.1 < float((rows[0] - rows[1]).abs().sum() / 2) < 0.8
    assert float(residual(*rows).max()) > 0.3


def test_the_page_of_combinations_is_what_the_registries_say():
    assert combinations_page.PAGE.read_text(encoding="utf-8") == combinations_page.page(), "run python tools/combinations.py"
