"""How long to draft: each controller's rule, its golden values, and that it learns what it says."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import pytest
import torch

from specviz.controllers import CONTROLLERS, gain
from specviz.controllers.confidence import Confidence
from specviz.controllers.constant import Constant
from specviz.controllers.entropy import EntropyBound, entropy, estimated_acceptance
from specviz.controllers.gain import IDLE, ExpectedGain
from specviz.controllers.heuristic import Heuristic
from specviz.methods import settings_of
from specviz.theory.speedup import best_gamma
from specviz.trees import chain, specinfer
from specviz.types import Controller, Costs, Decision, DraftTree, Sketch, Verdict
from tests.trees.drafting import Desk, TableDrafter

SURE, HALF, FLAT = [0.97, 0.01, 0.01, 0.01], [0.55, 0.15, 0.15, 0.15], [0.25] * 4


def sketch_of(*laws: Sequence[float], tokens: Sequence[int] | None = None, kind: Any = np.array) -> Sketch:
    """A chain drawn from these laws."""
    sketch = Sketch(prefix=1)
    for i, law in enumerate(laws):
        sketch.add(tokens[i] if tokens else 0, i - 1, sketch.add_law(kind(law)))
    return sketch


def finished(drafted: int, accepted: int, q: Sequence[float] = SURE) -> tuple[DraftTree, Verdict]:
    """A chain of ``drafted`` tokens of which ``accepted`` were."""
    tree = DraftTree([0] * drafted, range(-1, drafted - 1), np.array([q] * drafted) if drafted else None, range(drafted))
    states = ["accepted"] * accepted + ["rejected"] * (accepted < drafted) + ["ignored"] * (drafted - accepted - 1)
    return tree, Verdict(list(range(accepted)), 0, "bonus" if accepted == drafted else "corrected", [Decision(s, 1, 1, 0, None) for s in states])


def made(name: str, gamma: int) -> Controller:
    make = CONTROLLERS[name].make
    return make(gamma, **({"costs": Costs(0.01)} if "costs" in settings_of(make) else {}))


@pytest.mark.parametrize("name", CONTROLLERS)
@pytest.mark.parametrize("gamma", [0, 1, 3])
def test_no_controller_drafts_deeper_than_gamma(name: str, gamma: int):
    tree = chain.build(TableDrafter(lambda _: np.array(SURE)), made(name, gamma), Desk())
    assert len(tree) == gamma


def test_how_sure_a_draft_was_is_read_once_and_is_what_the_finished_tree_says(monkeypatch: pytest.MonkeyPatch):
    """Of a chain: a second reading would cost as much as the first."""
    costs, laws = Costs(0.01), [SURE, HALF, SURE, FLAT]
    drafting, watching = ExpectedGain(8, costs=costs), ExpectedGain(8, costs=costs)
    tree = DraftTree([0] * 4, range(-1, 3), np.array(laws), range(4))
    verdict = finished(4, 2)[1]
    watching.observe(tree, verdict)
    for levels in range(5):
        drafting.wants_more(sketch_of(*laws[:levels]))
    monkeypatch.setattr(gain, "confidence", lambda *_: pytest.fail("read again"))
    drafting.observe(tree, verdict)
    assert drafting._rates == watching._rates


@pytest.mark.parametrize("name", CONTROLLERS)
def test_a_negative_gamma_is_refused(name: str):
    with pytest.raises(ValueError, match="expected gamma >= 0, got -1"):
        made(name, -1)


def test_a_constant_never_changes():
    controller = Constant(3)
    for accepted in (0, 3, 1):
        controller.observe(*finished(3, accepted))
        assert [controller.wants_more(sketch_of(*[FLAT] * n)) for n in range(5)] == [True, True, True, False, False]


def test_the_heuristic_adds_two_after_a_full_acceptance_and_takes_one_after_a_refusal():
    controller = Heuristic(9)
    lengths = []
    for accepted_all in (True, True, True, False, False, True, False):
        lengths.append(controller.gamma)
        n = controller.gamma
        assert controller.wants_more(sketch_of(*[FLAT] * (n - 1)))
        assert not controller.wants_more(sketch_of(*[FLAT] * n))
        controller.observe(*finished(n, n if accepted_all else 0))
    assert lengths == [5, 7, 9, 9, 8, 7, 9]
    for _ in range(20):
        controller.observe(*finished(controller.gamma, 0))
    assert controller.gamma == 1
    controller.observe(*finished(0, 0))
    assert controller.gamma == 1


@pytest.mark.parametrize("kind", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_confidence_stops_after_the_token_it_is_not_sure_of(kind: Any):
    controller = Confidence(9, confidence=0.5)
    assert controller.wants_more(Sketch(prefix=1))
    assert controller.wants_more(sketch_of(FLAT, HALF, kind=kind))
    assert not controller.wants_more(sketch_of(HALF, FLAT, kind=kind))
    assert not controller.wants_more(sketch_of(SURE, tokens=[2], kind=kind))  # the token's own probability counts, not the largest


def test_confidence_in_a_tree_goes_on_while_one_token_of_the_level_is_likely():
    law = np.array(HALF)
    drafter = TableDrafter(lambda context: law if 1 not in context else np.array(FLAT))
    tree = specinfer.build(drafter, Confidence(3, confidence=0.5), Desk(is_greedy=True), branching=(2, 2, 2))
    assert max(tree.depths()) == 3
    assert max(specinfer.build(drafter, Confidence(3, confidence=0.6), Desk(is_greedy=True), branching=(2, 2, 2)).depths()) == 1


@pytest.mark.parametrize("kind", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_adaedl_estimates_the_golden_acceptances(kind: Any):
    """Verification.md, section 5.4."""
    golden = {(0.97, 0.01, 0.01, 0.01): (0.167701, 0.816860), (0.7, 0.1, 0.1, 0.1): (0.940448, 0.566307), (0.25,) * 4: (1.386294, 0.473446)}
    for law, (nats, estimate) in golden.items():
        assert entropy(kind(law)) == pytest.approx(nats, abs=1e-6)
        assert estimated_acceptance(kind(law)) == pytest.approx(estimate, abs=1e-6)
    assert entropy(kind([1.0, 0.0])) == 0.0
    assert estimated_acceptance(kind([1 / 400] * 400)) == 0.0
    assert entropy(kind([0.999, 0.001])) == pytest.approx(0.0079, abs=1e-4)  # sure, and it says nothing about p: no bound


def test_adaedl_stops_below_its_bound():
    controller = EntropyBound(9, confidence=0.5)
    assert controller.wants_more(sketch_of(FLAT, SURE))
    assert not controller.wants_more(sketch_of(SURE, FLAT))


def test_adaedl_moves_its_bound_as_printed():
    controller = EntropyBound(4, confidence=0.5)
    controller.observe(*finished(4, 1))  # rate 0.5 * 0.9 + 0.5 * 0.25 < 0.9: a stricter bound
    assert controller.bound == pytest.approx(0.9 * 0.5 + 0.1 * 0.51)
    before = controller.bound
    for _ in range(8):
        controller.observe(*finished(4, 4))
    assert controller._rate > 0.9
    risen = controller.bound
    assert risen > before  # the rate needed a few cycles to recover, then nothing moves: all of the longest draft was accepted
    controller.observe(*finished(2, 2))  # accepted whole, but short: drafting may go on longer
    assert controller.bound == pytest.approx(0.9 * risen + 0.1 * (risen - 0.01))
    controller.observe(*finished(0, 0))
    assert controller.bound == pytest.approx(0.9 * risen + 0.1 * (risen - 0.01))


@pytest.mark.parametrize("name", ["confidence", "entropy"])
def test_a_threshold_outside_0_to_1_is_refused(name: str):
    with pytest.raises(ValueError, match=r"expected a confidence in \[0, 1\], got 1.5"):
        CONTROLLERS[name].make(4, confidence=1.5)


# ------------------------------------------------------------------------------------------------------------ expected gain


def simulate(controller: ExpectedGain, alpha: float, cycles: int, seed: int = 0) -> list[int]:
    """Cycles of a chain whose tokens are accepted independently with probability ``alpha``; drafted lengths."""
    rng, lengths = np.random.default_rng(seed), []
    for _ in range(cycles):
        sketch = Sketch(prefix=1)
        while controller.wants_more(sketch):
            sketch.add(0, len(sketch) - 1, sketch.add_law(np.array(HALF)))
        n = len(sketch)
        accepted = next((i for i in range(n) if rng.random() >= alpha), n)
        controller.observe(*finished(n, accepted, HALF))
        lengths.append(n)
    return lengths


@pytest.mark.parametrize(("alpha", "c"), [(0.5, 0.05), (0.7, 0.1), (0.8, 0.2), (0.9, 0.05)])
def test_at_constant_acceptance_expected_gain_finds_the_best_fixed_length(alpha: float, c: float):
    """Against the table of verification.md, section 5.1; an estimate of alpha that moves moves the length with it."""
    controller = ExpectedGain(24, costs=Costs(c))
    lengths = simulate(controller, alpha, 1500)[500:]
    best = best_gamma(alpha, c)

    def rate(n: float) -> float:
        return (1 - alpha ** (n + 1)) / (1 - alpha) / (1 + c * n)

    assert np.median(lengths) == pytest.approx(best, abs=max(1, 0.2 * best))
    assert np.mean([rate(n) for n in lengths]) > 0.97 * rate(best)


def test_expected_gain_drafts_nothing_where_drafting_cannot_pay_but_tries_again():
    controller = ExpectedGain(8, costs=Costs(0.9))
    lengths = simulate(controller, 0.3, 400)[100:]
    assert lengths.count(0) > 0.9 * len(lengths)
    assert 1 <= len([n for n in lengths if n]) <= len(lengths) // IDLE + 2


def test_expected_gain_looks_past_a_step_in_the_cost_of_verifying():
    """The first token costs half a pass, the next ones nothing: one alone does not pay, six do."""
    costs = Costs(0.02, ((1, 1.0), (2, 1.9), (16, 1.95)))
    assert np.median(simulate(ExpectedGain(8, costs=costs), 0.85, 300)[100:]) >= 6


def test_expected_gain_learns_which_laws_are_worth_drafting_after():
    controller = ExpectedGain(8, costs=Costs(0.25))
    for _ in range(60):
        controller.observe(*finished(1, 1, SURE))
        controller.observe(*finished(1, 0, FLAT))
    assert controller.wants_more(Sketch(prefix=1))
    assert controller.wants_more(sketch_of(SURE))
    controller.wants_more(Sketch(prefix=1))
    assert not controller.wants_more(sketch_of(FLAT))


def test_costs_are_read_between_and_beyond_the_measured_sizes():
    costs = Costs(0.1, ((1, 1.0), (5, 1.4), (9, 1.4), (17, 3.0)))
    assert [costs.v(m) for m in (1, 3, 5, 7, 13, 17, 21)] == pytest.approx([1.0, 1.2, 1.4, 1.4, 2.2, 3.0, 3.8])
    assert Costs(0.1).v(50) == 1.0


@pytest.mark.parametrize(
    ("draft", "verify"),
    [(-0.1, ((1, 1.0),)), (float("nan"), ((1, 1.0),)), (0.1, ()), (0.1, ((2, 1.0),)), (0.1, ((1, 1.0), (1, 2.0))), (0.1, ((1, 0.0),))],
)
def test_costs_that_no_machine_has_are_refused(draft: float, verify: tuple[tuple[int, float], ...]):
    with pytest.raises(ValueError, match="expected"):
        Costs(draft, verify)


def test_entropy_is_measured_in_nats():
    assert entropy(np.array([0.5, 0.5])) == pytest.approx(log(2))
