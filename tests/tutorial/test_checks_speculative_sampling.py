from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from specviz import widgets
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS


@pytest.fixture
def checks() -> ModuleType:
    return widgets.load_checks("04_speculative_sampling")


def test_solutions_agree_with_the_package_far_from_the_checked_cases(checks):
    rng = np.random.default_rng(0)
    for _ in range(200):
        p, q = rng.dirichlet(np.full(6, 0.5), size=5), rng.dirichlet(np.full(6, 0.5), size=4)
        coins = rng.random(3)
        assert checks.step(p[0], q[0], *coins) == checks.whole_step.reference(p[0], q[0], *coins)
        np.testing.assert_allclose(checks.overlap(p[:4], q), checks.acceptance_rate.reference(p[:4], q))
        tokens = [int(rng.choice(6, p=row)) for row in q]
        np.testing.assert_allclose(checks.thresholds(p, q, tokens), checks.block_thresholds.reference(p, q, tokens), atol=1e-12)
        heats = [0.3, 0.7, 1.0, 2.0]
        assert checks.best_draft_temperature(p[:4], q, heats) == checks.heat_the_draft.reference(p[:4], q, heats)


def test_the_thresholds_asked_for_are_those_the_rule_reports(checks):
    rng, compared = np.random.default_rng(1), 0
    for _ in range(100):
        p, q = rng.dirichlet(np.full(5, 0.5), size=4), rng.dirichlet(np.full(5, 0.5), size=3)
        tokens = [int(rng.choice(5, p=row)) for row in q]
        tree = DraftTree(tokens, [-1, 0, 1], q, [0, 1, 2])
        reported = [d.threshold for d in VERIFIERS["block"].judge(tree, p, np.full(4, np.nextafter(1, 0))).decisions]
        wanted = checks.block_thresholds.reference(p, q, tokens)
        for seen, threshold in zip(reported, wanted, strict=True):
            if seen is not None:
                compared += 1
                assert seen == pytest.approx(threshold, abs=1e-12)
    assert compared > 150


def inverse(law, u, side="right"):
    return int(np.searchsorted(np.cumsum(law), u * law.sum(), side=side))


def stepping(test, left=lambda p, q: (p - q).clip(0), pick=inverse, source=lambda _p, q: q):
    """A step with its parts exchanged; ``test`` maps the three coins to the one used to draft, to test and to replace."""

    def step(p, q, *coins):
        u_draft, u_test, u_last = test(*coins)
        x = inverse(source(p, q), u_draft) if pick is not left_side else left_side(q, u_draft)
        return x if u_test * q[x] < p[x] else pick(left(p, q), u_last)

    return step


def left_side(law, u):
    return inverse(law, u, side="left")


def unscaled(law, u):
    return int(np.searchsorted(np.cumsum(law), u, side="right"))


def in_turn(a, b, c):
    return a, b, c


def weights(p, q, tokens):
    return [float(p[i, x] / q[i, x]) for i, x in enumerate(tokens)]


def with_weights(c, p, q):
    """Thresholds from weights, as they should be made."""
    inner = [np.clip(c[i] * p[i + 1] - q[i + 1], 0, None).sum() for i in range(len(c) - 1)]
    return np.array([s / (s + 1 - x) if s + 1 - x > 0 else 1.0 for s, x in zip(inner, c, strict=False)] + [c[-1]])


def product_of_tests(p, q, tokens):
    return with_weights(np.cumprod(np.minimum(1, weights(p, q, tokens))), p, q)


def cut_in_the_end(p, q, tokens):
    return with_weights(np.minimum(1, np.cumprod(weights(p, q, tokens))), p, q)


def running(p, q, tokens):
    c = [1.0]
    for ratio in weights(p, q, tokens):
        c.append(min(1.0, c[-1] * ratio))
    return np.array(c[1:])


def no_weight_in_s(p, q, tokens):
    c = running(p, q, tokens)
    s = [np.clip(p[i + 1] - q[i + 1], 0, None).sum() for i in range(len(c) - 1)]
    return np.array([x / (x + 1 - w) if x + 1 - w > 0 else 1.0 for x, w in zip(s, c, strict=False)] + [c[-1]])


def one_row_early(p, q, tokens):
    c = running(p, q, tokens)
    s = [np.clip(c[i] * p[i] - q[i], 0, None).sum() for i in range(len(c) - 1)]
    return np.array([x / (x + 1 - w) if x + 1 - w > 0 else 1.0 for x, w in zip(s, c, strict=False)] + [c[-1]])


def warm(law, t):
    law = law ** (1 / t)
    return law / law.sum(axis=-1, keepdims=True)


def by(score):
    return lambda p, q, heats: heats[int(np.argmax([score(p, q, t) for t in heats]))]


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("whole_step", stepping(in_turn, left=lambda p, _q: p), "you resampled from p, not from the residual"),
        ("whole_step", stepping(in_turn, left=lambda p, q: (q - p).clip(0)), "the residual was taken the wrong way round"),
        ("whole_step", stepping(in_turn, pick=unscaled), "the residual was not made a law"),
        ("whole_step", stepping(lambda a, b, _c: (a, b, b)), "one coin was asked twice"),
        ("whole_step", stepping(lambda a, _b, c: (a, a, c)), "one coin was asked twice"),
        ("whole_step", stepping(in_turn, source=lambda p, _q: p), "the draft was drawn from p"),
        ("whole_step", stepping(in_turn, pick=left_side), "a coin on a step picked the token before it"),
        ("acceptance_rate", lambda p, q: (p * q).sum(-1), "that is the chance of two draws to agree"),
        ("acceptance_rate", lambda p, q: 1 - abs(p - q).sum(-1), "the half is missing"),
        ("acceptance_rate", lambda p, q: abs(p - q).sum(-1) / 2, "that is 1 − α"),
        ("acceptance_rate", lambda p, q: np.minimum(1, np.divide(p, q, out=np.ones_like(p), where=q > 0)).mean(-1), "the tokens were not weighted"),
        ("acceptance_rate", lambda p, q: np.minimum(p, q).sum(), "all places were added up"),
        ("block_thresholds", product_of_tests, "the chances of the single tests were multiplied"),
        ("block_thresholds", cut_in_the_end, "the weight was never cut to 1 on the way"),
        ("block_thresholds", running, "c was taken for h"),
        ("block_thresholds", one_row_early, "S was taken one row too early"),
        ("block_thresholds", no_weight_in_s, "the weight is missing in S"),
        ("heat_the_draft", by(lambda p, q, t: np.minimum(warm(p, t), warm(q, t)).sum(-1).mean()), "you heated the target too"),
        ("heat_the_draft", by(lambda p, q, t: (warm(q, t) * np.minimum(1, p / q)).sum(-1).mean()), "the test still believes the old q"),
        ("heat_the_draft", by(lambda p, q, t: (warm(q, t) * p).sum(-1).mean()), "that maximises the mean of p over drafts"),
        ("heat_the_draft", by(lambda p, q, t: np.minimum(p, warm(q, 1 / t)).sum(-1).mean()), "the exponent is upside down"),
    ],
)
def test_a_usual_mistake_fails_and_is_called_by_its_name(checks, exercise, answer, name):
    reply = checks.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


def test_predictions_take_what_is_possible_and_no_more(checks):
    assert "Expected a guess" in checks.heat.guess(1.5).text
    checks.heat.guess(0.4)
    assert "without bound" in checks.heat.reveal(0.9).message
    checks.heat.guess(None)
