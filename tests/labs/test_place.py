"""The distribution lab's laws: shapes, temperatures, recorded nodes, addresses, and the price of giving up exactness."""

from __future__ import annotations

import math

import numpy as np
import pytest

from specviz.labs.laws import draw_many, tempered
from specviz.labs.place import LEAST, MOST, PRESETS, Place, at_node, checked, preset, prices, read_law, resized, write_law
from specviz.verifiers.lenience import Lenience
from tests.figures.make_trace import sample_chain

RUN = sample_chain(6, 4, temperature=1.0)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("size", range(LEAST, MOST + 1))
def test_every_shape_is_two_laws(name, size):
    here = preset(name, size)
    assert len(here.names) == len(set(here.names)) == here.size == size
    for law in (here.p, here.q, here.residual):
        assert law.min() >= 0.0
        assert law.sum() == pytest.approx(1.0, abs=1e-12)
    assert here.alpha + here.distance == pytest.approx(1.0, abs=1e-12)


def test_shapes_are_what_they_are_called():
    assert preset("agree", 5).alpha == pytest.approx(1.0)
    assert preset("disjoint", 5).alpha == 0.0
    assert np.count_nonzero(preset("one-hot", 5).q) == 1
    assert len(set(preset("uniform", 5).q)) == 1
    sure = preset("overconfident", 5)
    assert sure.q.max() > sure.p.max() + 0.2
    assert sure.q.argmax() == sure.p.argmax()


def test_unknown_shapes_and_sizes_are_refused():
    with pytest.raises(ValueError, match="expected a shape among"):
        preset("nonsense", 5)
    with pytest.raises(ValueError, match="4 to 8"):
        preset("agree", 9)


def test_temperature_is_a_power_of_the_law():
    law = np.array([0.5, 0.3, 0.2, 0.0])
    assert tempered(law, 0.5) == pytest.approx(law**2 / (law**2).sum())
    assert tempered(law, 1.0) == pytest.approx(law)
    assert tempered(tempered(law, 0.4), 2.5) == pytest.approx(law)
    here = preset("disagree", 4).heated(1.0, 1e6)
    assert here.q == pytest.approx(np.full(4, 0.25), abs=1e-5)
    assert tempered(law, 0.01) == pytest.approx([1, 0, 0, 0])
    with pytest.raises(ValueError, match="temperature > 0"):
        tempered(law, 0.0)


def test_many_tokens_are_drawn_as_one_is():
    from specviz.coins import draw

    law = np.array([0.0, 0.2, 0.5, 0.3, 0.0])
    coins = np.array([0.0, 0.1, 0.2, 0.2000001, 0.69, 0.7, math.nextafter(1.0, 0.0)])
    assert draw_many(law, coins).tolist() == [draw(law, float(coin)) for coin in coins]


def test_an_address_brings_the_law_back():
    law = np.array([0.4321, 0.2, 0.3, 0.0679])
    assert read_law(write_law(law)) == pytest.approx(law, abs=1e-4)
    assert read_law("50-30-15-5") == pytest.approx([0.5, 0.3, 0.15, 0.05])


@pytest.mark.parametrize("text", ["", "1-2-3", "1-2-3-4-5-6-7-8-9", "0-0-0-0", "a-b-c-d", "1--2-3", "-1-2-3-4", "<b>-1-2-3", "1e3-1-1-1"])
def test_an_address_that_is_no_law_is_refused(text):
    with pytest.raises(ValueError, match="expected 4 to 8 weights"):
        read_law(text)


def test_tokens_can_be_cut_and_added():
    here = preset("uniform", 6)
    assert resized(here, 4).p == pytest.approx(here.p[:4] / here.p[:4].sum())
    larger = resized(here, 8)
    assert larger.p[6:].tolist() == [0.0, 0.0]
    assert len(set(larger.names)) == 8
    assert resized(preset("disjoint", 8), 4).q == pytest.approx(np.full(4, 0.25))  # nothing of q was left


@pytest.mark.parametrize("size", [5, 8])
def test_a_recorded_node_keeps_its_alpha_though_most_tokens_are_pooled(size):
    tried = 0
    for cycle in RUN:
        for node in cycle.nodes:
            here = at_node(RUN, cycle.cycle, node.id, size)
            assert here.size <= size
            assert here.alpha == pytest.approx(node.alpha, abs=2e-3)
            assert here.p.sum() == pytest.approx(1.0)
            tried += 1
    assert tried > 10


def test_a_record_without_laws_says_how_to_get_them():
    without = sample_chain(3, 2, detail="light")
    with pytest.raises(ValueError, match="detail='full'"):
        at_node(without, 0, 0)


def test_lists_that_are_no_laws_are_refused():
    assert checked(["a", "b"], [0.5, 0.5], [1.0, 0.0]).alpha == 0.5
    with pytest.raises(ValueError, match="as many names"):
        checked(["a"], [0.5, 0.5], [1.0, 0.0])
    with pytest.raises(ValueError, match="expected q to be a law"):
        checked(["a", "b"], [0.5, 0.5], [1.5, -0.5])


@pytest.mark.parametrize("seed", range(30))
def test_nothing_kept_beyond_the_overlap_is_free_and_lenience_pays_no_more_than_that(seed):
    rng = np.random.default_rng(seed)
    here = Place(tuple("abcde"), rng.dirichlet(np.full(5, 0.6)), rng.dirichlet(np.full(5, 0.6)))
    for price in prices(here):
        assert price.distance >= price.accepted - here.alpha - 1e-12
        if price.rule == "lenience":
            assert price.distance == pytest.approx(price.accepted - here.alpha, abs=1e-12)
    kept_all = next(price for price in prices(here) if price.setting == "m = 5")
    assert kept_all.distance == pytest.approx(here.distance, abs=1e-12)


def test_a_price_is_that_of_the_rule_itself():
    here = preset("disagree", 4)
    half = next(price for price in prices(here) if price.setting == "l = 0.5")
    law = Lenience(0.5).output_law(here.p, here.q)
    assert half.distance == pytest.approx(np.abs(law - here.p).sum() / 2)
