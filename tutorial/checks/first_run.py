"""Exercises of chapter 1, a first run: the accept rule, the residual, tokens per cycle, and when it pays."""

from __future__ import annotations

import numpy as np

from specviz.theory import speedup
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from specviz.verifiers.residual import residual as package_residual

from .exercise import Exercise, Mistake
from .prediction import Prediction

tokens_per_pass = Prediction(
    question="How many tokens will one pass of the target yield on average, when the draft proposes 4?", unit="tokens per pass", low=1, high=5
)


best_length = Prediction(
    question="Which draft length of the list below will be the fastest on this machine?",
    unit="drafted tokens",
    low=1,
    high=32,
    thought="what does a draft cost that is never looked at, and how often is the tenth one looked at?",
)


def _judge_one(p_x: float, q_x: float, u: float) -> bool:
    """The package's rule on one drafted token; the rest of both laws sits on a second token."""
    tree = DraftTree(tokens=[0], parents=[-1], q=np.array([[q_x, 1 - q_x]]), q_row=[0])
    p = np.array([[p_x, 1 - p_x], [0.5, 0.5]])
    return VERIFIERS["rejection"].judge(tree, p, np.array([u, 0.5])).decisions[0].state == "accepted"


def accepts(p_x, q_x, u):
    """Accept with probability min(1, p/q): u is uniform in [0, 1), so u < p/q has exactly that probability."""
    return u * q_x < p_x


accept_rule = Exercise(
    task="Return True when the drafted token stays, given the target's p(x), the draft's q(x) and a coin u in [0, 1).",
    reference=_judge_one,
    cases=[
        (0.2, 0.5, 0.3),
        (0.2, 0.5, 0.4),
        (0.2, 0.5, 0.45),
        (0.6, 0.3, 0.99),
        (0.5, 0.5, 0.0),
        (0.0, 0.4, 0.0),
        (0.1, 0.8, 0.12),
        (0.1, 0.8, 0.2),
        (0.3, 0.9, 0.35),
    ],
    model=accepts,
    mistakes=[
        Mistake(
            "a non-strict test accepts a token with p = 0",
            "With ≤, a coin that falls on exactly 0 lets through a token the target would never write. Use <.",
            lambda p, q, u: u * q <= p,
        ),
        Mistake(
            "p and q changed places",
            "The target decides: tokens it likes better than the draft did (p > q) must always stay.",
            lambda p, q, u: u * p < q,
        ),
        Mistake(
            "the coin is compared with p alone",
            "The draft already proposed x with probability q; a coin with probability p would let it through with q·p: too rare. Divide by q.",
            lambda p, _q, u: u < p,
        ),
        Mistake("the test points the wrong way", "A small coin must accept: the chance that u falls below p/q is p/q.", lambda p, q, u: u * q > p),
        Mistake(
            "no coin at all: kept whenever p ≥ q",
            "Refusing every token with p < q keeps too few of them; it must stay with probability p/q, and the coin is what makes that happen.",
            lambda p, q, _u: p >= q,
        ),
    ],
    hints=[
        "The token should stay with probability min(1, p/q). How often is a uniform coin below a number t?",
        "Compare u with p_x / q_x, then multiply by q_x: nothing is divided, and the test stays right when q_x is tiny.",
        "What should happen when p_x is 0 and the coin is exactly 0? That decides between < and ≤.",
    ],
    praise="Right, down to the strict inequality: this is the line the engine runs.",
)


def what_is_left(p, q):
    """Keep what p has beyond q, then make it sum to 1; when p = q nothing is left and p itself is used."""
    left = np.maximum(p - q, 0)
    total = left.sum()
    return left / total if total > 0 else p


def _over(p, q, total):
    return np.maximum(p - q, 0) / total


residual = Exercise(
    task="Return the law a refused token is replaced from, as an array that sums to 1; when p equals q, return p.",
    reference=package_residual,
    cases=[
        (np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])),
        (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.6, 0.25, 0.1, 0.05])),
        (np.array([0.7, 0.1, 0.1, 0.1]), np.array([0.25, 0.25, 0.25, 0.25])),
        (np.array([0.4, 0.35, 0.25]), np.array([0.1, 0.1, 0.8])),
        (np.array([0.5, 0.5]), np.array([0.5, 0.5])),
    ],
    model=what_is_left,
    mistakes=[
        Mistake(
            "you resampled from p, not from the residual",
            "Tokens the draft favours (q > p) already had their full share from accepted drafts; p hands them more. The output is no longer p.",
            lambda p, _q: p,
        ),
        Mistake(
            "not normalised",
            "The entries are right, but they sum to 1 − α. A law must sum to 1: divide by the sum.",
            lambda p, q: np.maximum(p - q, 0),
        ),
        Mistake(
            "normalised by the wrong sum",
            "Σ|p − q| counts both sides, and is twice what you need. Divide by the sum of what you kept, Σ(p − q)₊.",
            lambda p, q: _over(p, q, np.abs(p - q).sum()),
        ),
        Mistake(
            "normalised by the wrong sum",
            "Σ min(p, q) is α, the probability to accept. The residual is used after a refusal: divide by 1 − α = Σ(p − q)₊.",
            lambda p, q: _over(p, q, np.minimum(p, q).sum()),
        ),
        Mistake("p and q changed places", "The residual is what the target has beyond the draft: p − q.", lambda p, q: package_residual(q, p)),
        Mistake(
            "negative entries were turned round instead of cut off",
            "Where the draft gave too much (q > p) nothing is owed: those entries become 0, not |p − q|.",
            lambda p, q: np.abs(p - q) / np.abs(p - q).sum(),
        ),
        Mistake(
            "all right but for p = q",
            "When the two laws agree nothing is left, and 0/0 is no law. Only rounding ever brings this about; return p then.",
            lambda p, q: np.maximum(p - q, 0) / np.maximum(p - q, 0).sum(),
        ),
    ],
    hints=[
        "A token x has been accepted with probability min(p, q)(x). How much of p(x) is still owed?",
        "p − min(p, q) is p − q where that is positive, and 0 elsewhere: np.maximum(p - q, 0).",
        "What remains has to be a law: divide by its own sum. When that sum is 0, return p.",
    ],
    praise="Right. min(p, q) plus this, weighted with the probability of a refusal, is p again: that is the whole proof.",
)


def expected(alpha, gamma):
    """The i-th draft survives with alpha^i, and the target's own token always comes: 1 + alpha + ... + alpha^gamma."""
    return sum(alpha**i for i in range(gamma + 1))


expected_tokens = Exercise(
    task="Return the mean number of tokens a cycle yields when each of gamma drafts is accepted with probability alpha.",
    reference=lambda alpha, gamma: float(speedup.expected_tokens(alpha, gamma)),
    cases=[(0.8, 4), (0.5, 1), (0.3, 7), (0.0, 5), (0.9, 0), (0.75, 12), (1.0, 4)],
    model=expected,
    mistakes=[
        Mistake(
            "the target's own token is missing",
            "Every cycle ends with one token from the target, corrected or bonus. Add it: even with alpha = 0 a cycle yields 1.",
            lambda a, g: sum(a**i for i in range(1, g + 1)),
        ),
        Mistake(
            "drafts after a refusal were counted",
            "1 + alpha·gamma adds up drafts as if each were judged alone. The second one counts only if the first was accepted: alpha².",
            lambda a, g: 1 + a * g,
        ),
        Mistake(
            "one term too few",
            "There are gamma + 1 terms, from alpha⁰ to alpha^gamma, so the exponent above is gamma + 1.",
            lambda a, g: sum(a**i for i in range(g)),
        ),
        Mistake(
            "all right but for alpha = 1",
            "(1 − alpha^(gamma+1)) / (1 − alpha) is 0/0 there. Every draft is accepted: the answer is gamma + 1. The sum has no such hole.",
            lambda a, g: np.divide(1 - a ** (g + 1), np.float64(1 - a)),
        ),
    ],
    hints=[
        "With which probability is the first draft accepted? And the first two?",
        "The mean of a count is the sum of P(at least i): alpha, alpha², alpha³ … And what does the target always add?",
        "1 + alpha + … + alpha^gamma, or in closed form (1 − alpha^(gamma+1)) / (1 − alpha) when alpha is not 1.",
    ],
    praise="Right: a geometric sum. Its limit for long drafts is 1 / (1 − alpha), which is why longer drafts stop helping.",
)


def how_much_faster(alpha, gamma, c):
    """Tokens per cycle over what the cycle costs, in passes of the target: gamma draft steps and one verifying pass."""
    return sum(alpha**i for i in range(gamma + 1)) / (gamma * c + 1)


faster = Exercise(
    task="Return the speed-up over plain decoding when one draft step costs c target passes and verifying costs one.",
    reference=lambda alpha, gamma, c: float(speedup.speedup(alpha, gamma, c)),
    cases=[(0.8, 4, 0.1), (0.5, 8, 0.2), (0.9, 0, 0.3), (0.3, 5, 0.5), (0.7, 4, 0.0), (1.0, 3, 0.05)],
    model=how_much_faster,
    mistakes=[
        Mistake(
            "the verifying pass is not paid for",
            "A cycle costs gamma draft steps and one pass of the target: gamma·c + 1.",
            lambda a, g, c: expected(a, g) / (g * c or 1),
        ),
        Mistake(
            "only one draft step is paid for",
            "The draft runs gamma times in a cycle, one step a token: gamma·c, not c.",
            lambda a, g, c: expected(a, g) / (c + 1),
        ),
        Mistake(
            "drafting is free here",
            "Tokens per cycle is the speed-up only when c = 0. Divide by what the cycle costs.",
            lambda a, g, _c: expected(a, g),
        ),
        Mistake(
            "the verifying pass was charged per token",
            "The target reads all gamma + 1 places in one pass, and while memory is the limit that pass costs about one: gamma·c + 1.",
            lambda a, g, c: expected(a, g) / (g * c + g + 1),
        ),
    ],
    hints=[
        "Plain decoding yields one token a pass. So the speed-up is tokens per cycle over passes per cycle.",
        "A cycle costs gamma draft steps of c passes each, and one pass to verify.",
    ],
    praise="Right. Above 1 it pays; the curve has one top, and past it every further draft costs more than it brings.",
)

EXERCISES = {"accept_rule": accept_rule, "residual": residual, "expected_tokens": expected_tokens, "faster": faster}
