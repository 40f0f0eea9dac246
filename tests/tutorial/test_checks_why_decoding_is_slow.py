from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from specviz import widgets
from specviz.theory import roofline
from specviz.theory.roofline import Machine, Shape


@pytest.fixture
def checks() -> ModuleType:
    return widgets.load_checks("02_why_decoding_is_slow")


def test_solutions_agree_with_the_package_far_from_the_checked_cases(checks):
    rng = np.random.default_rng(0)
    for _ in range(100):
        layers, groups, kv_heads, width, positions = (int(n) for n in rng.integers(1, 60, 5))
        shape = Shape("", float(rng.integers(1, 10**9)), float(rng.choice([0.5, 1, 2, 4])), layers, groups * kv_heads, kv_heads, width, 2)
        machine = Machine("", float(rng.uniform(1e9, 1e13)), float(rng.uniform(1e9, 1e15)))
        m = int(rng.integers(1, 500))
        assert checks.cache_bytes(layers, groups * kv_heads, kv_heads, width, positions, 2) == roofline.kv_bytes(shape, positions)
        assert checks.operations_per_byte(m, shape.weights, shape.weight_bytes) == pytest.approx(roofline.intensity(shape, m))
        star = roofline.crossing(shape, machine)
        assert checks.arithmetic_catches_up(machine.compute, machine.bandwidth, shape.weight_bytes) == pytest.approx(star)
        assert checks.price_of_m(m, star) == pytest.approx(roofline.verify_cost(shape, machine, m))


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("cache_size", lambda layers, _heads, kv, d, n, b: layers * kv * d * b * n, "keys without their values"),
        ("cache_size", lambda layers, heads, _kv, d, n, b: layers * heads * d * b * n * 2, "query heads were counted"),
        ("cache_size", lambda _layers, _heads, kv, d, n, b: kv * d * b * n * 2, "one layer only"),
        ("cache_size", lambda layers, _heads, kv, d, n, _b: layers * kv * d * n * 2, "numbers were counted, not bytes"),
        ("intensity", lambda m, w, b: (2 * w * m) / (w * b * m), "the weights were fetched again for every token"),
        ("intensity", lambda m, w, b: w * m / (w * b), "one operation a weight"),
        ("intensity", lambda m, w, b: (w * b) / (2 * w * m), "upside down"),
        ("intensity", lambda m, w, _b: m * 2 * w, "not divided by the bytes"),
        ("crossing", lambda f, w, b: 2 * w / f / b, "upside down"),
        ("crossing", lambda f, w, b: f / w * b, "one operation a weight"),
        ("crossing", lambda f, w, _b: f / w / 2, "the bytes of a weight are missing"),
        ("crossing", lambda f, w, b: f / w / 2 / b, "the bytes of a weight went below the line"),
        ("price", lambda m, _star: m, "every token was charged"),
        ("price", lambda _m, _star: 1.0, "free for ever"),
        ("price", lambda m, star: m / star, "cheaper than one token"),
        ("price", lambda m, star: (star + m) / (star + 1), "moving and computing were added"),
        ("price", lambda m, star: m / star if m > star else 1, "all right but for m* below 1"),
    ],
)
def test_a_usual_mistake_fails_and_is_called_by_its_name(checks, exercise, answer, name):
    reply = checks.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


def test_a_guess_far_off_gets_a_question_about_this_chapter(checks):
    prediction = checks.Prediction(checks.eight_tokens.question, "passes", 1, 8, thought=checks.eight_tokens.thought)
    prediction.guess(8)
    assert "fetching the weights" in prediction.reveal(1.2).message
