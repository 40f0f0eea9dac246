"""Chapters 11 and 12: their exercises, and the notebooks run from a clean kernel, where neither a clock nor a model has a say."""

from __future__ import annotations

import re
from types import ModuleType

import numpy as np
import pytest

from specviz import widgets
from specviz.theory.rules import k_seq_factor
from tests.tutorial.test_chapters_02_03 import assert_exercises_ship_open_and_solved_pass, output, run


@pytest.fixture
def drafts() -> ModuleType:
    return widgets.load_checks("11_many_drafts")


@pytest.fixture
def stops() -> ModuleType:
    return widgets.load_checks("12_how_long_to_draft")


# ------------------------------------------------------------------------------------------------------- many drafts


def norm(weights):
    return weights / weights.sum()


def inverse(law, u):
    return int(np.searchsorted(np.cumsum(law), u * law.sum(), side="right"))


def one_by_one(then, last=lambda _p, _q, left: left):
    """Siblings judged in turn; ``then(p, q, x)`` says what both laws become after a refusal."""

    def answer(p, q, tokens, coins):
        left, law = p, q
        for x, u in zip(tokens, coins[:-1], strict=True):
            if u * law[x] < left[x]:
                return x
            left, law = then(left, law, x)
        return inverse(last(p, q, left), coins[-1])

    return answer


def less(p, q):
    return norm((p - q).clip(0))


def without(q, x):
    law = q.copy()
    law[x] = 0
    return law


def recursive(coin=lambda coins, j: coins[j], passes=lambda u, q_x, p_x: u * q_x < p_x, side="right"):
    """Recursive rejection that reads other coins, tests otherwise, or draws from the other side."""

    def answer(p, q, tokens, coins):
        for j, x in enumerate(tokens):
            if passes(coin(coins, j), q[x], p[x]):
                return x
            p, q = less(p, q), norm(without(q, x))
        return int(np.searchsorted(np.cumsum(p), coins[-1] * p.sum(), side=side))

    return answer


def k_seq_answer(test, left):
    def answer(p, q, tokens, coins, rho):
        for x, u in zip(tokens, coins[:-1], strict=True):
            if test(p[x], q[x], u, rho):
                return x
        m = np.minimum(q, p / rho)
        looks = (1 - (1 - m.sum()) ** len(tokens)) / m.sum()
        return inverse(left(p, q, m, looks, len(tokens)).clip(0), coins[-1])

    return answer


def right_test(p_x, q_x, u, rho):
    return u * rho * q_x < p_x


def right_left(p, _q, m, looks, _k):
    return p - m * looks


def recursive_with_replacement(p, q, tokens, coins, _rho):
    return one_by_one(lambda p, q, _x: (less(p, q), q))(p, q, tokens, coins)


def grown(key, power=2):
    """The bound from sets grown in this order."""

    def answer(p, q):
        order = np.argsort(key(p, q))
        return 1 + min(p[order[:n]].sum() - q[order[:n]].sum() ** power for n in range(len(p) + 1))

    return answer


def distinct_pairs(p, q):
    order = np.argsort(p / q)
    sets = [order[:n] for n in range(len(p) + 1)]
    inside = [sum(q[x] * (q[H].sum() - q[x]) / (1 - q[x]) for x in H) for H in sets]
    return 1 + min(p[H].sum() - Q for H, Q in zip(sets, inside, strict=True))


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("recursive_rejection", one_by_one(lambda p, q, _x: (less(p, q), q)), "the sibling was not removed from q and q made a law again"),
        ("recursive_rejection", one_by_one(lambda p, q, x: (less(p, q), without(q, x))), "the sibling was not removed from q and q made a law again"),
        (
            "recursive_rejection",
            one_by_one(lambda p, q, x: (p, norm(without(q, x))), last=lambda p, q, _left: less(p, q)),
            "the residual was not updated",
        ),
        (
            "recursive_rejection",
            one_by_one(lambda p, q, x: (less(p, q), norm(without(q, x))), last=lambda p, _q, _left: p),
            "you resampled from p, not from what is left",
        ),
        (
            "recursive_rejection",
            one_by_one(lambda p, q, x: (p, norm(without(q, x)))),
            "the siblings were tested against p, and so was the last token drawn",
        ),
        (
            "recursive_rejection",
            one_by_one(lambda p, q, x: (less(p, norm(without(q, x))), norm(without(q, x)))),
            "q lost the sibling before it was subtracted",
        ),
        ("recursive_rejection", one_by_one(lambda p, q, x: (norm(without(p, x)), norm(without(q, x)))), "the refused token was crossed out of p"),
        ("recursive_rejection", recursive(coin=lambda coins, _j: coins[0]), "one coin was used for all siblings"),
        (
            "recursive_rejection",
            recursive(passes=lambda u, q_x, p_x: u * q_x <= p_x),
            "a non-strict test accepts a token of which nothing is left",
        ),
        ("recursive_rejection", recursive(side="left"), "the last coin fell on a token of which nothing is left"),
        ("k_seq", k_seq_answer(lambda p, q, u, _r: u < p / q, right_left), "rho is missing in the test"),
        ("k_seq", k_seq_answer(lambda p, q, u, r: u * q / r < p, right_left), "rho stands on the wrong side"),
        ("k_seq", k_seq_answer(right_test, lambda p, q, *_: p - q), "the residual of a single draft was taken"),
        ("k_seq", k_seq_answer(right_test, lambda p, _q, m, *_: p - m), "one sibling's share was taken away, not all of them"),
        ("k_seq", k_seq_answer(right_test, lambda p, _q, m, _l, k: p - k * m), "the share was taken away k times"),
        ("k_seq", k_seq_answer(right_test, lambda p, _q, m, looks, k: p - m * (looks + (1 - m.sum()) ** k)), "one look too many was counted"),
        ("k_seq", k_seq_answer(right_test, lambda p, *_: p), "you resampled from p"),
        ("k_seq", recursive_with_replacement, "that is recursive rejection"),
        ("bound_of_two", grown(lambda p, q: p / q, power=1), "that is the bound for one draft"),
        ("bound_of_two", lambda p, q: np.minimum(p, q).sum(), "that is the bound for one draft"),
        ("bound_of_two", grown(lambda p, q: q / p), "sorted the wrong way round"),
        ("bound_of_two", grown(lambda p, _q: p), "sorted by p alone"),
        ("bound_of_two", grown(lambda _p, q: -q), "sorted by q alone"),
        ("bound_of_two", lambda p, q: 1 - (1 - np.minimum(p, q).sum()) ** 2, "two tries were taken as independent"),
        ("bound_of_two", lambda p, q: np.minimum(p, 2 * q).sum(), "that bound can be too high"),
        ("bound_of_two", distinct_pairs, "the drafts were drawn without replacement"),
        ("two_refusals", lambda p, q, _x: less(less(p, q), q), "the sibling was not removed from q and q made a law again"),
        ("two_refusals", lambda p, q, x: less(less(p, q), without(q, x)), "the sibling was not removed from q and q made a law again"),
        ("two_refusals", lambda p, q, x: less((p - q).clip(0), norm(without(q, x))), "the first residual was not made a law"),
        ("two_refusals", lambda p, q, x: less(p, norm(without(q, x))), "the first refusal was forgotten"),
        ("two_refusals", lambda p, q, _x: less(p, q), "the second refusal was forgotten"),
        ("two_refusals", lambda p, q, x: less(norm(without(p, x)), norm(without(q, x))), "the refused token was crossed out of p"),
        ("two_refusals", lambda p, q, x: (less(p, q) - norm(without(q, x))).clip(0), "not normalised"),
    ],
)
def test_a_usual_mistake_with_many_drafts_is_called_by_its_name(drafts, exercise, answer, name):
    reply = drafts.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


def test_solutions_agree_with_the_package_far_from_the_checked_cases(drafts):
    rng = np.random.default_rng(3)
    for _ in range(150):
        p, q = rng.dirichlet(np.full(6, 0.8)), rng.dirichlet(np.full(6, 0.8))
        k = int(rng.integers(1, 4))
        coins = rng.random(k + 1)
        apart, drawn = rng.choice(6, k, replace=False, p=q).tolist(), rng.choice(6, k, p=q).tolist()
        assert drafts.judge_siblings(p, q, apart, coins) == drafts.recursive_rejection.reference(p, q, apart, coins)
        rho = k_seq_factor(p, q, k)
        assert drafts.k_seq_step(p, q, drawn, coins, rho) == drafts.k_seq.reference(p, q, drawn, coins, rho)
        assert drafts.most_of_two(p, q) == pytest.approx(drafts.bound_of_two.reference(p, q), abs=1e-12)
        first = int(np.argmax(q - p))
        np.testing.assert_allclose(drafts.left_after_two(p, q, first), drafts.two_refusals.reference(p, q, first), atol=1e-12)


# ------------------------------------------------------------------------------------------------- how long to draft


def stopping(price, *, ahead=99, reach=np.prod, first=1):
    """Draft on while some number of further tokens pays; ``price(n, more, rate, c, v)`` is what they must bring more than."""

    def answer(chances, mean, rate, c, v):
        limit = len(v) - 1
        for n in range(limit):
            so_far = reach(chances[:n]) if n else 1.0
            further = range(1, min(ahead, limit - n) + 1)
            if not any(so_far * sum(mean ** (first + j) for j in range(more)) > price(n, more, rate, c, v) for more in further):
                return n
        return limit

    return answer


def before_its_turn(chances, mean, rate, c, v):
    """The chance of token n is used to decide whether token n is drafted."""
    for n in range(len(v) - 1):
        so_far = np.prod(chances[: n + 1])
        worth = [so_far * sum(mean**j for j in range(more)) - full_price(n, more, rate, c, v) for more in range(1, len(v) - n)]
        if max(worth) <= 0:
            return n
    return len(v) - 1


def side_by_side(chances, mean, rate, c, v):
    """Two further tokens are taken to bring twice what one brings."""
    for n in range(len(v) - 1):
        if not any(np.prod(chances[:n]) * mean * more > full_price(n, more, rate, c, v) for more in range(1, len(v) - n)):
            return n
    return len(v) - 1


def full_price(n, more, rate, c, v):
    return rate * (more * c + v[n + more] - v[n])


def bits(q):
    some = q[q > 0]
    return max(0, 1 - np.sqrt(0.2 * -(some * np.log2(some)).sum()))


def nats(q):
    return -sum(x * np.log(x) for x in q if x)


def changes(n):
    return len(set(n)) > 1


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("expected_gain", stopping(full_price, ahead=1), "you looked only one token ahead"),
        ("expected_gain", stopping(lambda n, more, _r, c, v: more * c + v[n + more] - v[n]), "the time was not priced at the rate"),
        ("expected_gain", stopping(full_price, first=0), "the next token was taken as sure"),
        ("expected_gain", before_its_turn, "a token was judged before it was drafted"),
        ("expected_gain", side_by_side, "further tokens were added up as if each stood alone"),
        ("expected_gain", stopping(full_price, reach=lambda chances: chances[-1]), "only the last token's chance was looked at"),
        ("expected_gain", stopping(lambda _n, more, r, c, _v: r * more * c), "the verifying pass was taken as free of its length"),
        ("expected_gain", stopping(lambda n, more, r, _c, v: r * (v[n + more] - v[n])), "drafting was taken as free"),
        ("schedule", lambda g, a, m: min(g + 2, m) if a >= g else g - 1, "the draft may shrink to nothing"),
        ("schedule", lambda g, a, _m: g + 2 if a >= g else max(g - 1, 1), "the limit was forgotten"),
        ("schedule", lambda g, a, m: int(np.clip(g + (1 if a == g else -1), 1, m)), "steps of one in both directions"),
        ("schedule", lambda g, a, m: int(np.clip(g + (2 if a == g else -2), 1, m)), "steps of two in both directions"),
        ("schedule", lambda _g, a, m: int(np.clip(a + 1, 1, m)), "the length was set to what was accepted"),
        ("schedule", lambda g, a, m: min(g + 2, m) if a > g else max(g - 1, 1), "the bonus was counted as a draft"),
        ("entropy_estimate", lambda q: np.clip(1 - np.sqrt(-0.2 * np.sum(q * np.log(q))), 0, 1), "all right but for tokens without probability"),
        ("entropy_estimate", lambda q: max(0, 1 - np.sqrt(-0.2 * np.sum(q * np.log(q)))), "all right but for tokens without probability"),
        ("entropy_estimate", bits, "the entropy is in bits"),
        ("entropy_estimate", lambda q: 1 - np.sqrt(nats(q) / 5), "below 0"),
        ("entropy_estimate", lambda q: max(0, 1 - nats(q) / 5), "the root is missing"),
        ("entropy_estimate", lambda q: max(0, 1 - np.sqrt(nats(q)) / 5), "the fifth stands outside the root"),
        ("entropy_estimate", lambda q: np.sqrt(nats(q) / 5), "that estimates the refusal"),
        ("who", lambda n, _k, _s: 2 if changes(n) else 0, "every change was taken for the threshold"),
        ("who", lambda n, _k, _s: int(changes(n)), "every change was taken for the schedule"),
        (
            "who",
            lambda n, k, _s: (2 - all((n[i + 1] > n[i]) == (k[i] == n[i]) for i in range(len(n) - 1))) if changes(n) else 0,
            "only the direction of the changes was compared",
        ),
        (
            "who",
            lambda n, k, _s: (2 - (n[1] == (n[0] + 2 if k[0] == n[0] else max(1, n[0] - 1)))) if changes(n) else 0,
            "only the first change was looked at",
        ),
        ("who", lambda n, _k, s: (2 if all(len(d) == 8 or d[-1] < 0.4 for d in s) else 1) if changes(n) else 0, "only the last token was looked at"),
    ],
)
def test_a_usual_mistake_about_stopping_is_called_by_its_name(stops, exercise, answer, name):
    reply = stops.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


def test_solutions_stop_where_the_packages_controllers_do(stops):
    rng = np.random.default_rng(4)
    for _ in range(60):
        v = np.concatenate(([1.0], 1 + np.cumsum(rng.choice([0.0, 0.02, 0.4], size=8)))).tolist()
        case = (rng.random(8).round(2).tolist(), float(rng.uniform(0.3, 0.95)), float(rng.uniform(1, 3)), float(rng.uniform(0, 0.3)), v)
        assert stops.how_many(*case) == stops.expected_gain.reference(*case)
        law = rng.dirichlet(np.full(9, 0.3))
        assert stops.estimate(law) == pytest.approx(stops.entropy_estimate.reference(law))
    for gamma in range(1, 9):
        for accepted in range(gamma + 1):
            assert stops.next_gamma(gamma, accepted, 8) == stops.schedule.reference(gamma, accepted, 8)


def test_every_record_was_made_by_one_controller_and_no_other(stops):
    assert [stops.explained_by(*case) for case in stops.who.cases] == [[stops.who_stopped(*case)] for case in stops.who.cases]


def test_predictions_take_what_is_possible_and_no_more(drafts, stops):
    assert "Expected a guess" in drafts.three_drafts.guess(2).text
    assert "Expected a guess" in stops.knows_all.guess(0.5).text
    stops.settles.guess(15)
    assert "balance" in stops.settles.reveal(4).message
    stops.settles.guess(None)


# ----------------------------------------------------------------------------------------------------- the notebooks


def numbers(text, name):
    """The numbers of the printed row that begins with this name."""
    rows = re.findall(rf"^{re.escape(name)} +([-\d. ]+)$", text, re.MULTILINE)  # a wide table is printed in parts
    return [float(x) for row in rows for x in row.split()]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_eleventh_chapter_runs_and_its_claims_hold_where_they_are_proved(root):
    notebook = run(root, "11_many_drafts")
    factors = [float(x) for x in re.findall(r"(-?[\d.]+)$", output(notebook, "k_seq_factor(p, q, 3), 3.0"), re.MULTILINE)]
    assert factors[0] < 0
    assert min(factors[1:]) > -1e-4
    assert all(float(x) < 1e-8 for x in re.findall(r"largest difference (\S+)", output(notebook, "by_sets = 1 +")))
    audited = output(notebook, "audited.round(2)")
    assert numbers(audited, "the bound: without ≥ with") == [1.0] * 5
    assert numbers(audited, "picked and drawn reaches its bound") == [1.0] * 5
    assert numbers(audited, "recursive, without, misses its bound")[-1] == 0.0
    off = dict(re.findall(r"^(.*?\S) {2,}(\d\.\d+)$", output(notebook, 'off = {"recursive'), re.MULTILINE))
    right = [float(x) for name, x in off.items() if "should be" in name]
    wrong = [float(x) for name, x in off.items() if "should be" not in name]
    assert right == [0.0, 0.0]
    assert len(wrong) == 4
    assert min(wrong) > 0.01
    assert_exercises_ship_open_and_solved_pass(notebook, "11_many_drafts")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_twelfth_chapter_runs_and_nobody_beats_the_stop_that_knows(root):
    notebook = run(root, "12_how_long_to_draft")
    rates = [float(x) for x in re.search(r"turn by turn: ([\d., ]+)", output(notebook, "def best_knowing("))[1].split(",")]
    assert rates == sorted(rates)
    last_column = output(notebook, 'table["of what could be had"]').split("of what could be had")[1]
    shares = [float(x) for x in re.findall(r"([\d.]+) *$", last_column, re.MULTILINE)]
    assert len(shares) == 7
    assert shares[-1] == 1.0 == max(shares)
    assert float(re.search(r"whole drafts: ([\d.]+)", output(notebook, "whole_drafts = [], 0"))[1]) == pytest.approx(1 / 3, abs=0.01)
    assert "estimate 0.960, acceptance 0.002" in output(notebook, "sure, otherwise = ")
    broken = output(notebook, "def one_place(")
    assert numbers(broken, "honest")[1:] == [0.0, 0.0]
    assert min(numbers(broken, "takes it back")[1], numbers(broken, "peeks")[1]) > 0.001
    assert numbers(broken, "peeks")[0] == 1.0
    assert_exercises_ship_open_and_solved_pass(notebook, "12_how_long_to_draft")
