"""Exercises of chapter 4, speculative sampling: a whole step by its coins, the overlap, block verification's thresholds, heating the draft."""

from __future__ import annotations

import numpy as np

from specviz.coins import draw
from specviz.labs.laws import tempered
from specviz.theory.acceptance import alpha
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from specviz.verifiers.residual import acceptance, surplus, survival

from .exercise import Exercise, Mistake
from .prediction import Prediction

heat = Prediction(
    question="All places of the run below, both laws heated from temperature 1 to 2: how large is the mean of α then?",
    unit="of all drafts accepted",
    low=0,
    high=1,
    thought="where does the curve have to end when the temperature grows without bound?",
)

whole_chain = Prediction(
    question="The same drafts, judged as a whole instead of token by token: how many tokens more does a cycle yield on average?",
    unit="tokens per cycle more",
    low=-1,
    high=2,
    thought="how often does a token with p > q follow one with p < q?",
)


def _package_step(p: np.ndarray, q: np.ndarray, u_draft: float, u_test: float, u_last: float) -> int:
    """The engine's draw and the engine's rule on one drafted token; the row after it is never looked at here."""
    x = draw(q, u_draft)
    verdict = VERIFIERS["rejection"].judge(DraftTree([x], [-1], q[None], [0]), np.stack([p, p]), np.array([u_test, u_last]))
    return x if verdict.path else verdict.token


def _inverse(law, u, side="right"):
    return int(np.searchsorted(np.cumsum(law), u * np.sum(law), side=side))


def step(p, q, u_draft, u_test, u_last):
    """Draw from q, test, and if need be draw from what q left of p: three questions, three coins."""

    def inverse_cdf(weights, u):
        return int(np.searchsorted(np.cumsum(weights), u * weights.sum(), side="right"))

    x = inverse_cdf(q, u_draft)
    if u_test * q[x] < p[x]:
        return x
    return inverse_cdf(np.maximum(p - q, 0), u_last)


def _step(p, q, coins, *, left=None, scale=True, side="right"):
    """A step with something exchanged: what is left, whether the last coin is scaled to it, which side of a step counts."""
    u_draft, u_test, u_last = coins
    x = _inverse(q, u_draft, side)
    if u_test * q[x] < p[x]:
        return x
    weights = np.maximum(p - q, 0) if left is None else left
    return _inverse(weights, u_last, side) if scale else int(np.searchsorted(np.cumsum(weights), u_last, side="right"))


def _step_from_p(p, q, u_draft, u_test, u_last):
    x = _inverse(p, u_draft)
    return x if u_test * q[x] < p[x] else _inverse(np.maximum(p - q, 0), u_last)


_P, _Q = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.25, 0.5])
_P4, _Q4 = np.array([0.125, 0.375, 0.125, 0.375]), np.array([0.5, 0.125, 0.25, 0.125])

whole_step = Exercise(
    task="Return the token that comes out: draw a draft from q with u_draft, test it with u_test, replace it with u_last if it is refused.",
    reference=_package_step,
    cases=[
        (_P, _Q, 0.1, 0.9, 0.7),
        (_P, _Q, 0.25, 0.5, 0.1),
        (_P, _Q, 0.8, 0.4, 0.9),
        (_P, _Q, 0.8, 0.6, 0.9),
        (_P4, _Q4, 0.3, 0.1, 0.1),
        (_P4, _Q4, 0.3, 0.4, 0.2),
        (_P4, _Q4, 0.3, 0.4, 0.8),
        (_P4, _Q4, 0.1, 0.9, 0.4),
        (_P4, _Q4, 0.45, 0.8, 0.6),
        (_P4, _Q4, 0.5, 0.9, 0.3),
        (_P4, _Q4, 0.7, 0.95, 0.5),
        (_P4, _Q4, 0.6, 0.4, 0.9),
        (np.array([0.75, 0.0, 0.25]), np.array([0.25, 0.5, 0.25]), 0.6, 0.0, 0.9),
    ],
    model=step,
    mistakes=[
        Mistake(
            "you resampled from p, not from the residual",
            "A token with q > p already came out often enough as a draft; drawing from p gives it more. Draw from max(0, p − q).",
            lambda p, q, a, b, c: _step(p, q, (a, b, c), left=p),
        ),
        Mistake(
            "the residual was taken the wrong way round",
            "max(0, q − p) is what the draft has too much of: exactly the tokens that must not come out more often.",
            lambda p, q, a, b, c: _step(p, q, (a, b, c), left=np.maximum(q - p, 0)),
        ),
        Mistake(
            "the residual was not made a law",
            "max(0, p − q) sums to 1 − α, so a coin in [0, 1) overshoots its running sum. Divide by the sum, or multiply the coin by it.",
            lambda p, q, a, b, c: _step(p, q, (a, b, c), scale=False),
        ),
        Mistake(
            "one coin was asked twice",
            "After a refusal u_test is known to be large; the same coin can then only pick the residual's last tokens. Use u_last.",
            lambda p, q, a, b, _c: _step(p, q, (a, b, b)),
        ),
        Mistake(
            "one coin was asked twice",
            "u_draft chose x, so it is no longer uniform once x is known. The test needs a coin of its own: u_test.",
            lambda p, q, a, _b, c: _step(p, q, (a, a, c)),
        ),
        Mistake("the draft was drawn from p", "Only the draft model proposes: x comes from q.", _step_from_p),
        Mistake(
            "a coin on a step picked the token before it",
            "A token owns the left end of its piece, not the right one: [0, q₀), [q₀, q₀ + q₁) … In searchsorted that is side='right'.",
            lambda p, q, a, b, c: _step(p, q, (a, b, c), side="left"),
        ),
    ],
    hints=[
        "Three questions are asked of chance, so there are three coins. Which question belongs to which?",
        "Inverse CDF: lay the probabilities end to end on [0, 1); the coin falls into one token's piece. np.cumsum and np.searchsorted do it.",
        "The residual does not sum to 1. Either divide it by its sum or multiply the coin by that sum.",
    ],
    praise="Right, coin by coin: this is what the engine does for every drafted token.",
)


def overlap(p, q):
    """What the two laws share at each place."""
    return np.minimum(p, q).sum(axis=-1)


acceptance_rate = Exercise(
    task="Return α for each place: p and q have shape [..., V], the answer has shape [...].",
    reference=lambda p, q: np.asarray(alpha(p, q)),
    cases=[
        (np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])),
        (np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([[1.0, 0.0], [0.2, 0.8]])),
        (np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25], [0.7, 0.1, 0.1, 0.1]]), np.array([[0.6, 0.25, 0.1, 0.05]] * 3)),
    ],
    model=overlap,
    mistakes=[
        Mistake(
            "that is the chance of two draws to agree",
            "Σ p·q belongs to another rule: draw y from p and keep x if it equals y. Two equal laws would then agree rarely; here they always do.",
            lambda p, q: (p * q).sum(axis=-1),
        ),
        Mistake(
            "the half is missing",
            "Σ|p − q| counts each difference twice, once where p is larger and once where q is. Total variation is half of it.",
            lambda p, q: 1 - np.abs(p - q).sum(axis=-1),
        ),
        Mistake(
            "that is 1 − α", "You computed the total variation distance: how often a draft is refused.", lambda p, q: np.abs(p - q).sum(axis=-1) / 2
        ),
        Mistake(
            "the tokens were not weighted",
            "min(1, p/q) is one token's chance to stay. Tokens are drafted with probability q, so weight it by q: that gives min(p, q).",
            lambda p, q: np.minimum(1, p / q).mean(axis=-1),
        ),
        Mistake(
            "all places were added up", "Each place has its own α. Sum over the last axis only: axis=-1.", lambda p, q: float(np.minimum(p, q).sum())
        ),
    ],
    hints=[
        "A token x is drafted with probability q(x) and then kept with probability min(1, p(x)/q(x)). What is the product?",
        "q · min(1, p/q) = min(p, q), without any division. Sum it over the tokens, which are the last axis.",
    ],
    praise="Right. The same number is 1 − TV, and 1 minus the sum of the unscaled residual.",
)


def _weights(p: np.ndarray, q: np.ndarray, tokens: list[int]) -> list[float]:
    """c_0 … c_γ by the package's arithmetic."""
    weights = [1.0]
    for i, x in enumerate(tokens):
        weights.append(acceptance(weights[-1] * float(p[i, x]), float(q[i, x])))
    return weights


def _package_thresholds(p: np.ndarray, q: np.ndarray, tokens: list[int]) -> np.ndarray:
    weights, last = _weights(p, q, tokens), len(tokens)
    inner = [survival(weights[i], surplus(p[i], q[i], weights[i])[1]) for i in range(1, last)]
    return np.array([*inner, weights[last]])


def thresholds(p, q, tokens):
    """The weight c of every beginning of the draft, and from it the threshold h its coin must stay below."""
    gamma, c, h = len(tokens), 1.0, []
    for i in range(1, gamma + 1):
        x = tokens[i - 1]
        c = min(1.0, c * p[i - 1, x] / q[i - 1, x])
        if i == gamma:
            h.append(c)
        else:
            s = np.maximum(c * p[i] - q[i], 0).sum()
            h.append(s / (s + 1 - c) if s + 1 - c > 0 else 1.0)
    return np.array(h)


def _thresholds(p, q, tokens, *, step=lambda c, ratio: min(1.0, c * ratio), row=0, weighted=True, inner=True):
    """The thresholds with something exchanged: how weights follow, which row S is taken from, its weight, or S left out."""
    gamma, c, h = len(tokens), 1.0, []
    for i in range(1, gamma + 1):
        c = step(c, p[i - 1, tokens[i - 1]] / q[i - 1, tokens[i - 1]])
        cut = min(1.0, c)
        if i == gamma or not inner:
            h.append(cut)
        else:
            s = np.maximum((cut if weighted else 1.0) * p[i - row] - q[i - row], 0).sum()
            h.append(s / (s + 1 - cut) if s + 1 - cut > 0 else 1.0)
    return np.array(h)


_P3, _Q3 = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
_P34 = np.array([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2], [0.1, 0.8, 0.1]])
_Q33 = np.array([[0.2, 0.3, 0.5], [0.5, 0.2, 0.3], [0.3, 0.5, 0.2]])

block_thresholds = Exercise(
    task="Return h₁ … h_γ of block verification: p has γ + 1 rows, q has γ; tokens are the γ drafts, tokens[i] drawn from q[i].",
    reference=_package_thresholds,
    cases=[
        (np.array([_P3] * 3), np.array([_Q3] * 2), [2, 0]),
        (np.array([_P3] * 3), np.array([_Q3] * 2), [0, 2]),
        (np.array([_P3] * 4), np.array([_Q3] * 3), [2, 1, 2]),
        (_P34, _Q33, [2, 0, 1]),
        (_P34, _Q33, [2, 2, 0]),
        (_P34, _Q33, [0, 1, 1]),
        (np.array([_P3] * 2), np.array([_Q3]), [2]),
    ],
    model=thresholds,
    mistakes=[
        Mistake(
            "the chances of the single tests were multiplied",
            "The product of min(1, p/q) never rises again. A weight may: c = min(1, c · p/q), so a token with p > q makes up for one before.",
            lambda p, q, t: _thresholds(p, q, t, step=lambda c, ratio: c * min(1.0, ratio)),
        ),
        Mistake(
            "the weight was never cut to 1 on the way",
            "c is a share of the prefix's own probability. Above 1 it would give out more than was drafted: cut at every step, not in the end.",
            lambda p, q, t: _thresholds(p, q, t, step=lambda c, ratio: c * ratio),
        ),
        Mistake(
            "c was taken for h",
            "c is how often the prefix is kept in all. Longer prefixes carry it along part of the time; its own coin adds only what is missing.",
            lambda p, q, t: _thresholds(p, q, t, inner=False),
        ),
        Mistake(
            "S was taken one row too early",
            "S asks how the draft could go on after the i-th token: it needs the laws after it, p[i] and q[i], not those the i-th token came from.",
            lambda p, q, t: _thresholds(p, q, t, row=1),
        ),
        Mistake(
            "the weight is missing in S",
            "Only the share c of the prefix is there to be continued: S = Σ max(0, c·p − q).",
            lambda p, q, t: _thresholds(p, q, t, weighted=False),
        ),
    ],
    hints=[
        "First the weights: c starts at 1 and is multiplied by p/q of each drafted token, cut to 1 every time.",
        "For i < γ: S is the sum of max(0, c·p − q) over the vocabulary, with the laws after the i-th token; h = S / (S + 1 − c).",
        "Two ends: the last draft has no continuation, so h = c there. And where S + 1 − c is 0 the prefix has weight 1: h = 1.",
    ],
    praise="Right, and equal to the thresholds that the rule block reports.",
)


def best_draft_temperature(p, q, temperatures):
    """Heat the draft alone; the rule is told the heated law, so the output stays p whatever we choose."""

    def heated(law, t):
        weights = law ** (1 / t)
        return weights / weights.sum(axis=-1, keepdims=True)

    def mean_overlap(t):
        return np.minimum(p, heated(q, t)).sum(axis=-1).mean()

    return max(temperatures, key=mean_overlap)


_HEATS = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0]


def _best(temperatures, worth):
    return max(temperatures, key=worth)


def _chance(p, q):
    return np.minimum(1, p / q)


heat_the_draft = Exercise(
    task="Return the temperature of the list at which a draft from q (shape [N, V], heated to it) is accepted most often on average for p.",
    reference=lambda p, q, temperatures: _best(temperatures, lambda t: float(np.mean(alpha(p, tempered(q, t))))),
    cases=[
        (np.array([[0.7, 0.2, 0.1]]), np.array([[0.9, 0.08, 0.02]]), _HEATS),
        (np.array([[0.9, 0.06, 0.04], [0.8, 0.15, 0.05]]), np.array([[0.5, 0.3, 0.2], [0.45, 0.35, 0.2]]), _HEATS),
        (np.array([[0.4, 0.3, 0.2, 0.1], [0.97, 0.01, 0.01, 0.01]]), np.array([[0.85, 0.05, 0.05, 0.05], [0.9, 0.05, 0.03, 0.02]]), _HEATS),
        (np.array([[0.1, 0.2, 0.7], [0.3, 0.4, 0.3]]), np.array([[0.6, 0.3, 0.1], [0.8, 0.15, 0.05]]), _HEATS),
    ],
    model=best_draft_temperature,
    mistakes=[
        Mistake(
            "you heated the target too",
            "The target's temperature is part of the task: at another one the text follows another law. Only q is ours to change.",
            lambda p, q, ts: _best(ts, lambda t: np.minimum(tempered(p, t), tempered(q, t)).sum(axis=-1).mean()),
        ),
        Mistake(
            "the test still believes the old q",
            "A draft from the heated law must be tested with the heated law. With the old one it may be kept more often, but p does not come out.",
            lambda p, q, ts: _best(ts, lambda t: (tempered(q, t) * _chance(p, q)).sum(axis=-1).mean()),
        ),
        Mistake(
            "that maximises the mean of p over drafts",
            "Σ q·p is the chance of an independent draw to agree; it always prefers the coldest draft. A draft stays with probability Σ min(p, q).",
            lambda p, q, ts: _best(ts, lambda t: (tempered(q, t) * p).sum(axis=-1).mean()),
        ),
        Mistake(
            "the exponent is upside down",
            "A law at temperature T is p^(1/T): small T sharpens it. With p^T hot and cold change places.",
            lambda p, q, ts: _best(ts, lambda t: np.minimum(p, tempered(q, 1 / t)).sum(axis=-1).mean()),
        ),
    ],
    hints=[
        "Heating a law to temperature T: take every probability to the power 1/T, then divide by the sum of its row.",
        "For each temperature compute α of every place with the heated q, then the mean over places. max(temperatures, key=…) picks one.",
    ],
    praise="Right. The draft may be drawn in any way that makes it agree more often: as long as the rule is told the law it was drawn from.",
)

EXERCISES = {
    "whole_step": whole_step,
    "acceptance_rate": acceptance_rate,
    "block_thresholds": block_thresholds,
    "heat_the_draft": heat_the_draft,
}
