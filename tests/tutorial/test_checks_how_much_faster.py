from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from specviz import widgets
from specviz.theory import speedup


@pytest.fixture
def checks() -> ModuleType:
    return widgets.load_checks("05_how_much_faster")


def test_solutions_agree_with_the_package_far_from_the_checked_cases(checks):
    rng = np.random.default_rng(0)
    for _ in range(200):
        alphas, shares, gamma = rng.random(3), rng.dirichlet(np.ones(3)), int(rng.integers(1, 12))
        assert checks.tokens_of_two_kinds(alphas, shares, gamma) == pytest.approx(checks.two_kinds.reference(alphas, shares, gamma))
        alpha, c, v = rng.random(), rng.random() * 0.3, [1.0, *np.cumsum(rng.random(10) * 0.2) + 1]
        assert checks.best_length(alpha, c, v) == checks.the_best_length.reference(alpha, c, v)
        other = rng.random() * 0.3
        price = checks.break_even(alpha, gamma, 1.2, other)
        tau = float(speedup.expected_tokens(alpha, gamma))
        if gamma * price + 1.2 + other > 0:
            assert float(speedup.general_speedup(tau, gamma, price, 1.2, other)) == pytest.approx(1)
        examined = [100]
        accepted = []
        for _ in range(gamma):
            accepted.append(int(rng.integers(0, examined[-1] + 1)))
            examined.append(accepted[-1])
        table = (examined[:-1], accepted, c, 1.2, other)
        assert checks.speedup_from_table(*table) == pytest.approx(checks.from_table.reference(*table))
        tokens = 1 + sum(accepted) / 100
        assert checks.from_table.reference(*table) == pytest.approx(tokens / (gamma * c + 1.2 + other))


def total(alpha, gamma):
    return (1 - alpha ** (gamma + 1)) / (1 - alpha) if alpha != 1 else gamma + 1


def hole_at_one(alphas, shares, gamma):
    with np.errstate(all="ignore"):
        a = np.array(alphas)
        return float(np.dot(shares, (1 - a ** (gamma + 1)) / (1 - a)))


def length(score, first=0):
    return lambda a, c, v: int(np.argmax([score(a, c, v, g) for g in range(first, len(v))])) + first


def rates(n, k):
    return [x / y if y else 0.0 for x, y in zip(k, n, strict=True)]


def product_sum(values):
    return float(np.cumprod(values).sum())


def shares_again(n, k, c, v, o):
    return (1 + product_sum([x / n[0] for x in k])) / (len(n) * c + v + o)


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("two_kinds", lambda a, s, g: total(sum(x * w for x, w in zip(a, s, strict=True)), g), "the acceptance was averaged first"),
        (
            "two_kinds",
            lambda a, s, g: sum(w * (total(x, g) - 1) for x, w in zip(a, s, strict=True)),
            "the target's own token is missing",
        ),
        ("two_kinds", lambda a, _s, g: sum(total(x, g) for x in a) / len(a), "the kinds were not weighted"),
        ("two_kinds", lambda a, s, g: 1 + g * np.dot(a, s), "drafts after a refusal were counted"),
        ("two_kinds", hole_at_one, "all right but for alpha = 1"),
        ("the_best_length", length(lambda a, c, _v, g: total(a, g) / (g * c + 1)), "the verifying pass was taken as free of its length"),
        ("the_best_length", length(lambda a, c, v, g: total(a, g) / (g * c + v[max(g - 1, 0)])), "the pass was priced for gamma tokens"),
        ("the_best_length", length(lambda a, c, v, g: total(a, g) / (g * c + v[g]), first=1), "not drafting was left out"),
        ("the_best_length", length(lambda a, _c, v, g: total(a, g) / v[g]), "drafting was taken as free"),
        ("the_best_length", length(lambda a, _c, _v, g: total(a, g)), "the most tokens are not the most speed"),
        ("the_best_length", length(lambda a, c, v, g: (total(a, g) - 1) / (g * c + v[g])), "the bonus is missing"),
        ("break_even_c", lambda a, g, _v, _o: (total(a, g) - 1) / g, "only the tokens beyond the first were counted against c"),
        ("break_even_c", lambda a, g, v, _o: (total(a, g) - v) / g, "the rest of the cycle was forgotten"),
        ("break_even_c", lambda a, g, v, o: (total(a, g) - v - o) / (g + 1), "gamma + 1 draft steps were paid"),
        ("break_even_c", lambda a, g, v, o: (1 + g * a - v - o) / g, "drafts after a refusal were counted"),
        ("break_even_c", lambda a, g, v, o: (total(a, g) - 1 - v - o) / g, "the bonus is missing"),
        ("from_table", shares_again, "shares of all cycles were multiplied once more"),
        ("from_table", lambda n, k, c, v, o: (1 + sum(rates(n, k))) / (len(n) * c + v + o), "the rates were added, not multiplied up"),
        ("from_table", lambda n, k, c, v, o: total(sum(k) / sum(n), len(n)) / (len(n) * c + v + o), "one rate was taken for all positions"),
        ("from_table", lambda n, k, c, v, o: product_sum(rates(n, k)) / (len(n) * c + v + o), "the bonus is missing"),
        ("from_table", lambda n, k, c, v, o: (1 + sum(k) / n[0]) / (sum(n) / n[0] * c + v + o), "only drafts that were examined were paid"),
    ],
)
def test_a_usual_mistake_fails_and_is_called_by_its_name(checks, exercise, answer, name):
    reply = checks.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name
