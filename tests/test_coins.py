"""Coins: a function of seed, place and purpose; and drawing from a law with one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy import stats

from specviz.coins import Purpose, draw, toss

SEEDS = st.integers(0, 2**64 - 1)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(0, 10**6), st.sampled_from(Purpose), st.integers(0, 20), st.integers(0, 20))
def test_a_coin_does_not_depend_on_how_many_are_tossed(seed: int, position: int, purpose: Purpose, few: int, more: int):
    few, more = sorted((few, more))
    assert np.array_equal(toss(seed, position, purpose, few), toss(seed, position, purpose, more)[:few])


def test_coins_are_the_same_on_every_machine():
    assert toss(0, 5, Purpose.DRAFT, 2).tolist() == toss(0, 5, Purpose.DRAFT, 2).tolist()
    generator = np.random.Generator(np.random.Philox(key=7, counter=[0, 1, 11, 0]))
    assert toss(7, 11, Purpose.VERIFY, 3).tolist() == generator.random(3).tolist()


@settings(max_examples=60, deadline=None)
@given(SEEDS, SEEDS, st.integers(0, 4096), st.integers(0, 4096))
def test_another_seed_place_or_purpose_gives_other_coins(seed: int, other: int, position: int, elsewhere: int):
    coins = toss(seed, position, Purpose.DRAFT, 8)
    assert not np.intersect1d(coins, toss(seed, position, Purpose.VERIFY, 8)).size
    if seed != other:
        assert not np.intersect1d(coins, toss(other, position, Purpose.DRAFT, 8)).size
    if position != elsewhere:
        assert not np.intersect1d(coins, toss(seed, elsewhere, Purpose.DRAFT, 8)).size


def test_coins_are_even_on_zero_to_one():
    coins = np.concatenate([toss(seed, 17, Purpose.VERIFY, 4) for seed in range(5000)])
    assert 0.0 <= coins.min() < coins.max() < 1.0
    assert stats.kstest(coins, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda s: toss(s, 10, Purpose.DRAFT, 1)[0], lambda s: toss(s, 10, Purpose.VERIFY, 1)[0]),
        (lambda s: toss(s, 10, Purpose.VERIFY, 1)[0], lambda s: toss(s, 11, Purpose.VERIFY, 1)[0]),
        (lambda s: toss(s, 10, Purpose.VERIFY, 2)[0], lambda s: toss(s, 10, Purpose.VERIFY, 2)[1]),
        (lambda s: toss(s, 10, Purpose.VERIFY, 6)[0], lambda s: toss(s, 10, Purpose.VERIFY, 6)[4]),
        (lambda s: toss(s, 10, Purpose.VERIFY, 1)[0], lambda s: toss(s + 1, 10, Purpose.VERIFY, 1)[0]),
        (lambda s: toss(1, s, Purpose.DRAFT, 1)[0], lambda s: toss(1, s + 1, Purpose.DRAFT, 1)[0]),
    ],
    ids=["purposes", "cycles", "neighbours", "blocks", "seeds", "neighbouring places"],
)
def test_coins_of_different_places_are_independent(first, second):
    pairs = np.array([(first(s), second(s)) for s in range(4000)])
    assert abs(stats.spearmanr(pairs[:, 0], pairs[:, 1]).statistic) < 4 / np.sqrt(4000)
    cells = np.histogram2d(pairs[:, 0], pairs[:, 1], bins=5, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(cells.ravel()).pvalue > 1e-4


def test_a_coin_draws_by_the_inverse_cdf():
    law = np.array([0.25, 0.0, 0.5, 0.25])
    for coin, token in [(0.0, 0), (0.2499, 0), (0.25, 2), (0.7499, 2), (0.75, 3), (np.nextafter(1, 0), 3)]:
        assert draw(law, coin) == token
        assert draw(torch.from_numpy(law), coin) == token


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1e6) | st.just(0.0), min_size=1, max_size=12), st.floats(0, 1, exclude_max=True))
def test_a_token_without_mass_is_never_drawn(weights: list[float], coin: float):
    law = np.array(weights)
    if law.sum() > 0:
        for row in (law, torch.from_numpy(law), law / law.sum(), np.append(law, 0.0)):
            token = draw(row, coin)
            assert float(row[token]) > 0
        assert draw(law, coin) == draw(torch.from_numpy(law), coin)


def test_weights_need_not_sum_to_one():
    assert [draw(np.array([2.0, 6.0]), coin) for coin in (0.0, 0.24, 0.26)] == [0, 0, 1]


@pytest.mark.parametrize("law", [np.zeros(3), np.full(3, np.nan), torch.zeros(3, dtype=torch.float64)], ids=["zero", "nan", "torch"])
def test_a_law_without_mass_is_refused(law):
    with pytest.raises(ValueError, match="law with mass"):
        draw(law, 0.5)
