from __future__ import annotations

from statistics import mean, median
from types import ModuleType

import numpy as np
import pytest

from specviz import widgets

CHAPTER = "13_measuring_honestly"


@pytest.fixture
def checks() -> ModuleType:
    return widgets.load_checks(CHAPTER)


def counts(cycles):
    flat = [state for cycle in cycles for state in cycle]
    return tuple(flat.count(state) for state in ("accepted", "rejected", "ignored", "pruned"))


def ignored_as_refused(cycles):
    a, r, i, _ = counts(cycles)
    return a / (a + r + i), a / (a + r + i)


def swapped(cycles):
    a, r, i, _ = counts(cycles)
    return a / (a + r + i), a / (a + r)


def averaged(cycles):
    each = [counts([cycle]) for cycle in cycles]
    return np.mean([a / (a + r) for a, r, _, _ in each]), np.mean([a / (a + r + i) for a, r, i, _ in each])


def with_pruned(cycles):
    a, r, i, cut = counts(cycles)
    return a / (a + r), a / (a + r + i + cut)


def bonus_counted(cycles):
    a, r, i, _ = counts(cycles)
    own = len(cycles)
    return (a + own) / (a + r + own), (a + own) / (a + r + i + own)


def runner_up(a, b, epsilon):
    leads = [np.sort(row)[-1] - np.sort(row)[-2] for row in (a, b)]
    return bool(sum(leads) <= 2 * epsilon)


def by_probabilities(a, b, epsilon):
    p, q = (np.exp(row) / np.exp(row).sum() for row in (a, b))
    i, j = p.argmax(), q.argmax()
    return bool(p[i] - p[j] + q[j] - q[i] <= 2 * epsilon)


def one_program(a, b, epsilon):
    return bool(a.max() - a[b.argmax()] <= 2 * epsilon)


def one_epsilon(a, b, epsilon):
    return bool(a.max() - a[b.argmax()] + b.max() - b[a.argmax()] <= epsilon)


def divided(plain, fast):
    return np.array(plain) / np.array(fast)


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("rates", ignored_as_refused, "drafts that nobody looked at were counted as refused"),
        ("rates", swapped, "the two rates changed places"),
        ("rates", averaged, "rates of cycles were averaged"),
        ("rates", with_pruned, "pruned tokens were counted"),
        ("rates", bonus_counted, "the target's own token was counted as an accepted draft"),
        ("speed", lambda plain, fast: median(divided(fast, plain)), "upside down"),
        ("speed", lambda plain, fast: median(plain) / median(fast), "a ratio of medians"),
        ("speed", lambda plain, fast: mean(divided(plain, fast).tolist()), "the mean, not the median"),
        ("speed", lambda plain, fast: divided(plain, fast).max(), "the best round was reported"),
        ("speed", lambda plain, fast: min(plain) / min(fast), "best against best"),
        ("speed", lambda plain, fast: sorted(divided(plain, fast))[len(plain) // 2], "the wrong middle of an even number"),
        ("verdict", one_program, "only one of the two programs was asked"),
        ("verdict", one_epsilon, "epsilon was allowed once, not twice"),
        ("verdict", runner_up, "the runner-up was asked, not the token that was written"),
        ("verdict", by_probabilities, "probabilities, not logits"),
        ("verdict", lambda *_: True, "every difference was called rounding"),
        ("verdict", lambda *_: False, "every difference was called a bug"),
    ],
)
def test_a_usual_mistake_fails_and_is_called_by_its_name(checks, exercise, answer, name):
    reply = checks.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


def test_the_solutions_agree_with_the_package_far_from_the_checked_cases(checks):
    rng = np.random.default_rng(13)
    for _ in range(100):
        cycles = []
        for _ in range(rng.integers(1, 6)):
            gamma, kept = int(rng.integers(1, 7)), int(rng.integers(0, 7))
            cycles.append((["accepted"] * kept + ["rejected"] + ["ignored"] * gamma)[:gamma])
        assert checks.two_rates(cycles) == pytest.approx(checks.rates.reference(cycles))
        plain, fast = rng.uniform(0.5, 3.0, (2, int(rng.integers(1, 7)))).tolist()
        assert checks.paired(plain, fast) == pytest.approx(checks.speed.reference(plain, fast))
        a = rng.normal(size=5)
        b = a + rng.uniform(-0.5, 0.5, 5)
        assert checks.could_be_rounding(a, b, 0.3) == checks.verdict.reference(a, b, 0.3)


def test_rounding_within_epsilon_is_always_acquitted(checks):
    rng = np.random.default_rng(14)
    for _ in range(300):
        a = rng.normal(size=6)
        b = a + rng.uniform(-0.25, 0.25, 6)
        assert checks.could_be_rounding(a, b, 0.25)
