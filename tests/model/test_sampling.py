"""From logits to laws: golden cases, and a slow reference that says the same in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from specviz.model.sampling import SamplingSettings, law

LOGITS = torch.tensor([[math.log(x) for x in (0.5, 0.25, 0.15, 0.10)]])


def slow_law(logits: list[float], temperature: float, top_k: int | None, top_p: float | None) -> list[float]:
    """One row, said in plain Python."""
    top = max(logits)
    weights = [math.exp((x - top) / temperature) for x in logits]
    if top_k is not None and top_k < len(logits):
        least = sorted(logits, reverse=True)[top_k - 1]
        weights = [w if x >= least else 0.0 for w, x in zip(weights, logits, strict=True)]
    total = math.fsum(weights)
    probabilities = [w / total for w in weights]
    if top_p is not None and top_p < 1.0:
        before = 0.0
        kept = [0.0] * len(logits)
        for i in sorted(range(len(logits)), key=lambda i: -probabilities[i]):
            if before >= top_p:
                break
            kept[i] = probabilities[i]
            before += probabilities[i]
        total = math.fsum(kept)
        probabilities = [x / total for x in kept]
    return probabilities


def made(temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None) -> list[float]:
    return law(LOGITS, SamplingSettings(temperature, top_k, top_p))[0].tolist()


def test_temperature_one_gives_the_models_own_law():
    assert made() == pytest.approx([0.5, 0.25, 0.15, 0.10], abs=1e-7)


def test_half_the_temperature_squares_the_law():
    squares = np.array([0.25, 0.0625, 0.0225, 0.01])
    assert made(0.5) == pytest.approx(squares / squares.sum(), abs=1e-7)


def test_top_k_keeps_k_and_renormalises():
    assert made(top_k=2) == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=1e-7)
    assert made(top_k=1) == [1, 0, 0, 0]
    assert made(top_k=99) == made()


def test_top_p_keeps_the_smallest_set_that_reaches_the_mass():
    assert made(top_p=0.74) == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=1e-7)
    assert made(top_p=0.76) == pytest.approx([0.5 / 0.9, 0.25 / 0.9, 0.15 / 0.9, 0], abs=1e-7)
    assert made(top_p=1.0) == made()


def test_top_p_keeps_at_least_one_token():
    assert made(top_p=1e-9) == [1, 0, 0, 0]


def test_top_k_comes_before_top_p():
    # of the two kept, the first has mass 2/3: enough for 0.6, though it is half of the whole
    assert made(top_k=2, top_p=0.6) == [1, 0, 0, 0]


def test_tokens_that_tie_with_the_kth_are_all_kept():
    row = law(torch.tensor([[1.0, 2.0, 1.0, 1.0, 0.0]]), SamplingSettings(1.0, top_k=2))[0]
    assert (row > 0).tolist() == [True, True, True, True, False]


def test_ties_in_a_nucleus_go_to_the_lower_id():
    row = law(torch.zeros(1, 4), SamplingSettings(1.0, top_p=0.5))[0]
    assert row.tolist() == [0.5, 0.5, 0, 0]


def test_temperature_zero_leaves_the_law_at_one():
    assert made(0.0) == pytest.approx([0.5, 0.25, 0.15, 0.10], abs=1e-7)


@pytest.mark.parametrize("temperature", [1e-3, 1e-9, 1e-300, 5e-324])
def test_as_the_temperature_goes_to_zero_the_law_goes_to_the_most_likely_token(temperature: float):
    assert law(torch.tensor([[1.0, 3.0, 2.0]]), SamplingSettings(temperature))[0].tolist() == [0, 1, 0]


def test_a_huge_temperature_goes_to_the_even_law():
    assert law(LOGITS, SamplingSettings(1e300))[0].tolist() == [0.25] * 4


def test_masked_tokens_have_no_mass_at_any_temperature():
    row = torch.tensor([[0.0, -math.inf, 1.0]])
    for temperature in (0.0, 0.1, 1.0, 1e6):
        assert law(row, SamplingSettings(temperature, top_p=0.999))[0, 1] == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("chosen", [SamplingSettings(), SamplingSettings(1.0), SamplingSettings(0.7, 2, 0.9)], ids=["greedy", "sampled", "cut"])
@pytest.mark.parametrize("place", [0, 2])
def test_logits_that_are_no_numbers_are_refused(bad: float, chosen: SamplingSettings, place: int):
    rows = torch.zeros(2, 4)
    rows[1, place] = bad
    with pytest.raises(ValueError, match=r"finite logits.*float32"):
        law(rows, chosen)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        *(({"temperature": bad}, "temperature") for bad in (-0.1, math.nan, math.inf)),
        *(({"top_p": bad}, "top_p") for bad in (0.0, 1.1, math.nan)),
        ({"top_k": -1}, "top_k"),
    ],
)
def test_settings_without_sense_are_refused_by_name(wrong: dict[str, float], named: str):
    with pytest.raises(ValueError, match=named):
        SamplingSettings(**wrong)


ROWS = st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=12)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.floats(0.05, 5.0), st.none() | st.integers(1, 14), st.none() | st.floats(0.01, 1.0))
def test_laws_sum_to_one_and_equal_the_slow_reference(row: list[float], temperature: float, top_k: int | None, top_p: float | None):
    ours = law(torch.tensor([row]), SamplingSettings(temperature, top_k, top_p))[0]
    assert float(ours.sum()) == pytest.approx(1.0, abs=1e-12)
    assert bool((ours >= 0).all())
    slow = slow_law(row, temperature, top_k, top_p)
    if top_p is not None and (ours > 0).tolist() != [x > 0 for x in slow]:
        # the mass before a token may round to either side of top_p; the sets then differ by that token alone
        differing = [i for i, x in enumerate(slow) if (x > 0) != bool(ours[i] > 0)]
        assert len(differing) == 1
        uncut = slow_law(row, temperature, top_k, None)
        edge = math.fsum(x for x in uncut if x > uncut[differing[0]])
        assert any(abs(edge + n * uncut[differing[0]] - top_p) < 1e-9 for n in range(len(row)))
        return
    assert ours.tolist() == pytest.approx(slow, abs=1e-10)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-300, 300), min_size=3, max_size=12, unique=True), st.floats(0.3, 3.0), st.integers(1, 12), st.floats(0.05, 0.999))
def test_laws_equal_those_of_transformers_warpers(row: list[int], temperature: float, top_k: int, top_p: float):
    """The law judged with is the law that transformers' own sampler draws from."""
    logits = torch.tensor([row], dtype=torch.float64) / 50
    warp = LogitsProcessorList([TemperatureLogitsWarper(temperature), TopKLogitsWarper(top_k), TopPLogitsWarper(top_p)])
    theirs = torch.softmax(warp(torch.zeros(1, 1, dtype=torch.long), logits), -1)
    ours = law(logits, SamplingSettings(temperature, top_k, top_p))
    if ((ours > 0) == (theirs > 0)).all():
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)
    else:  # a mass that rounds to either side of top_p
        uncut = law(logits, SamplingSettings(temperature, top_k))[0].sort(descending=True).values.cumsum(0)
        assert float((uncut - top_p).abs().min()) < 1e-9


def test_a_row_does_not_depend_on_its_neighbours():
    rows = torch.randn(5, 40, generator=torch.Generator().manual_seed(0))
    chosen = SamplingSettings(0.8, 10, 0.9)
    together = law(rows, chosen)
    alone = torch.cat([law(rows[i : i + 1], chosen) for i in range(5)])
    assert torch.equal(together, alone)


def test_distinct_float32_logits_stay_distinct():
    """Otherwise the most likely token could become a tie and the lowest id win it."""
    low = torch.tensor(23.5)
    high = torch.nextafter(low, torch.tensor(99.0))
    row = law(torch.stack([low, high]).unsqueeze(0), SamplingSettings())
    assert int(row.argmax()) == 1
    assert row[0, 1] > row[0, 0]
