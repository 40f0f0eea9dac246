"""Exercises of chapter 5, how much faster: cycles of two kinds, the best length, the break-even price, and a speed-up from a table."""

from __future__ import annotations

import numpy as np

from specviz.theory.acceptance import expected_tokens_by_position
from specviz.theory.speedup import best_gamma, expected_tokens, general_speedup

from .exercise import Exercise, Mistake
from .prediction import Prediction

later = Prediction(
    question="Of 100 fourth drafts that were examined (the three before them had stayed), how many stayed?",
    unit="of 100",
    low=0,
    high=100,
    thought="which cycles are still there at the fourth draft, and are they like all the others?",
)

perfect_draft = Prediction(
    question="The draft is the target itself, so every draft stays. How much faster than plain decoding is a chain of 4?",
    unit="times as fast",
    low=0,
    high=5,
    thought="what does a draft step cost when the draft is as large as the target?",
)

batch = Prediction(
    question="From which batch size of the list on does no draft length pay any more, at short contexts?",
    unit="requests at once, by the data sheet",
    how="Modelled",
    low=1,
    high=1024,
    thought="how many tokens can a pass read before the arithmetic takes longer than fetching the weights?",
)


def _geometric(alpha, gamma):
    return sum(alpha**i for i in range(gamma + 1))


def tokens_of_two_kinds(alphas, shares, gamma):
    """Each kind of cycle has its own geometric sum; the mean over kinds is taken last."""
    return sum(share * sum(alpha**i for i in range(gamma + 1)) for alpha, share in zip(alphas, shares, strict=True))


two_kinds = Exercise(
    task="Return the mean tokens per cycle when a share shares[k] of the cycles accepts each of gamma drafts with probability alphas[k].",
    reference=lambda alphas, shares, gamma: float(np.dot(shares, expected_tokens(alphas, gamma))),
    cases=[
        ([0.9, 0.3], [0.5, 0.5], 4),
        ([0.8, 0.2], [0.25, 0.75], 6),
        ([1.0, 0.0], [0.6, 0.4], 5),
        ([0.95, 0.6, 0.1], [0.2, 0.5, 0.3], 8),
        ([0.5], [1.0], 3),
        ([0.9, 0.3], [0.5, 0.5], 0),
    ],
    model=tokens_of_two_kinds,
    mistakes=[
        Mistake(
            "the acceptance was averaged first",
            "The mean of α⁴ is not the fourth power of the mean α. Easy cycles go far, and that is lost when the kinds are mixed before the powers.",
            lambda a, s, g: _geometric(float(np.dot(a, s)), g),
        ),
        Mistake(
            "the target's own token is missing",
            "Every cycle ends with a token of the target's: even a cycle that keeps nothing yields 1.",
            lambda a, s, g: float(np.dot(s, expected_tokens(a, g))) - 1,
        ),
        Mistake(
            "the kinds were not weighted",
            "A kind that comes three times as often counts three times as much: use the shares.",
            lambda a, _s, g: float(np.mean(expected_tokens(a, g))),
        ),
        Mistake(
            "drafts after a refusal were counted",
            "1 + alpha·gamma judges each draft alone. The second counts only if the first stayed: alpha².",
            lambda a, s, g: 1 + g * float(np.dot(a, s)),
        ),
        Mistake(
            "all right but for alpha = 1",
            "(1 − alpha^(gamma+1)) / (1 − alpha) is 0/0 there: every draft stays and the answer is gamma + 1. A sum has no such hole.",
            lambda a, s, g: float(sum(w * np.divide(1 - np.float64(x) ** (g + 1), 1 - np.float64(x)) for x, w in zip(a, s, strict=True))),
        ),
    ],
    hints=[
        "For one kind of cycle it is the geometric sum 1 + α + … + α^γ.",
        "The cycles of a kind yield that many tokens each. What is the mean over all cycles?",
    ],
    praise="Right. With the same mean α, cycles that differ yield at least as many tokens as cycles that are all alike.",
)


def best_length(alpha, c, v):
    """Try every length up to the longest pass that was timed; v[m - 1] is the pass over m tokens."""

    def speedup(gamma):
        tokens = sum(alpha**i for i in range(gamma + 1))
        return tokens / (gamma * c + v[gamma])

    return max(range(len(v)), key=speedup)


def _argmax(alpha, c, v, *, first=0, shift=0, tokens=_geometric, flat=False):
    """The best length with something exchanged."""
    lengths = range(first, len(v))
    return max(lengths, key=lambda g: tokens(alpha, g) / (g * c + (1.0 if flat else v[max(g - shift, 0)])))


_FLAT = [1.0] * 9
_RISING = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8]
_STEP = [1.0, 1.02, 1.04, 1.06, 1.6, 1.62, 1.64, 1.66, 1.7]
_FULL = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]

the_best_length = Exercise(
    task="Return the draft length with the largest speed-up; v[m - 1] is the cost of a pass over m tokens, the shortest length wins a tie.",
    reference=lambda alpha, c, v: best_gamma(alpha, c, lambda m: np.asarray(v)[np.asarray(m, dtype=int) - 1], limit=len(v) - 1),
    cases=[
        (0.8, 0.05, _FLAT),
        (0.8, 0.05, _RISING),
        (0.75, 0.05, _STEP),
        (0.5, 0.1, _STEP),
        (0.9, 0.02, _FULL),
        (0.3, 0.4, _FLAT),
        (0.6, 0.1, _RISING),
        (0.85, 0.1, _STEP),
        (0.2, 0.05, [1.0, 1.4, 1.4, 1.4]),
    ],
    model=best_length,
    mistakes=[
        Mistake(
            "the verifying pass was taken as free of its length",
            "With v = 1 for every pass longer drafts look cheaper than they are. The pass reads gamma + 1 tokens: v[gamma].",
            lambda a, c, v: _argmax(a, c, v, flat=True),
        ),
        Mistake(
            "the pass was priced for gamma tokens",
            "The target also reads the last committed token, whose law judges the first draft: gamma + 1 tokens, which is v[gamma].",
            lambda a, c, v: _argmax(a, c, v, shift=1),
        ),
        Mistake(
            "not drafting was left out",
            "Length 0 is plain decoding, with speed-up 1. When nothing beats it, it is the answer.",
            lambda a, c, v: _argmax(a, c, v, first=1),
        ),
        Mistake("drafting was taken as free", "Each of the gamma draft steps costs c.", lambda a, _c, v: _argmax(a, 0.0, v)),
        Mistake(
            "the most tokens are not the most speed",
            "Tokens per cycle always grow with the length. Divide by what the cycle costs.",
            lambda _a, _c, v: len(v) - 1,
        ),
        Mistake(
            "the bonus is missing",
            "Every cycle yields one token of the target's on top of the kept drafts; without it short drafts look worse than they are.",
            lambda a, c, v: _argmax(a, c, v, tokens=lambda x, g: _geometric(x, g) - 1),
        ),
    ],
    hints=[
        "Speed-up of a length: tokens per cycle over cost per cycle. Length 0 is allowed.",
        "A cycle of length gamma costs gamma·c + v[gamma]: Python counts from 0, so v[gamma] is the pass over gamma + 1 tokens.",
        "max(range(len(v)), key=…) returns the first of equals, which is the shortest.",
    ],
    praise="Right. Once a table of passes is measured, this one line decides how long to draft, and whether to draft at all.",
)


def break_even(alpha, gamma, v, other):
    """The speed-up is 1 when the cycle costs as many passes as it yields tokens."""
    tokens = sum(alpha**i for i in range(gamma + 1))
    return (tokens - v - other) / gamma


break_even_c = Exercise(
    task="Return the price c of a draft step at which drafting gamma tokens neither gains nor loses; v is the cost of the verifying pass.",
    reference=lambda alpha, gamma, v, other: (float(expected_tokens(alpha, gamma)) - v - other) / gamma,
    cases=[(0.8, 4, 1.2, 0.1), (0.6, 1, 1.0, 0.0), (0.9, 8, 1.5, 0.3), (0.3, 4, 1.4, 0.2), (1.0, 4, 1.0, 0.0), (0.7, 2, 1.1, 0.05)],
    model=break_even,
    mistakes=[
        Mistake(
            "only the tokens beyond the first were counted against c",
            "tokens − 1 is right when the pass costs 1 and nothing else costs anything. Subtract v and the rest instead.",
            lambda a, g, _v, _o: (_geometric(a, g) - 1) / g,
        ),
        Mistake(
            "the rest of the cycle was forgotten",
            "Judging and book-keeping take time in every cycle as well: subtract other too.",
            lambda a, g, v, _o: (_geometric(a, g) - v) / g,
        ),
        Mistake(
            "gamma + 1 draft steps were paid", "The bonus token is not drafted: gamma steps.", lambda a, g, v, o: (_geometric(a, g) - v - o) / (g + 1)
        ),
        Mistake(
            "drafts after a refusal were counted",
            "1 + alpha·gamma judges each draft alone; the second counts only if the first stayed.",
            lambda a, g, v, o: (1 + a * g - v - o) / g,
        ),
        Mistake(
            "the bonus is missing",
            "A cycle also yields the target's own token, kept drafts or not.",
            lambda a, g, v, o: (_geometric(a, g) - 1 - v - o) / g,
        ),
    ],
    hints=[
        "Plain decoding yields one token for one pass. When is a cycle exactly as good?",
        "Tokens per cycle = gamma·c + v + other. Solve for c. A negative answer means that not even a free draft pays.",
    ],
    praise="Right. Every price below it gains. Where the answer is negative, not even a free draft would pay.",
)


def speedup_from_table(examined, accepted, c, v, other):
    """Rates of those examined multiply up to the chance that the first i stay; their sum is what a cycle keeps."""
    still, tokens = 1.0, 1.0
    for seen, kept in zip(examined, accepted, strict=True):
        still *= kept / seen if seen else 0.0
        tokens += still
    return tokens / (len(examined) * c + v + other)


def _cost(examined, c, v, other):
    return len(examined) * c + v + other


def _rates(examined, accepted):
    return [k / n if n else 0.0 for n, k in zip(examined, accepted, strict=True)]


def _pooled(examined, accepted):
    return sum(accepted) / sum(examined)


from_table = Exercise(
    task="Return the speed-up of drafting len(examined) tokens: examined[i] and accepted[i] count what happened at draft position i + 1.",
    reference=lambda examined, accepted, c, v, other: float(
        general_speedup(expected_tokens_by_position(_rates(examined, accepted)), len(examined), c, v, other)
    ),
    cases=[
        ([100, 80, 56, 28], [80, 56, 28, 21], 0.1, 1.2, 0.1),
        ([50, 30], [30, 24], 0.05, 1.05, 0.0),
        ([200, 100, 70, 56, 49], [100, 70, 56, 49, 45], 0.08, 1.3, 0.2),
        ([40, 10, 2, 0], [10, 2, 0, 0], 0.2, 1.1, 0.1),
        ([60], [45], 0.3, 1.0, 0.0),
    ],
    model=speedup_from_table,
    mistakes=[
        Mistake(
            "shares of all cycles were multiplied once more",
            "accepted / cycles is already the chance that all drafts up to there stay. Multiply accepted / examined, or add up accepted / cycles.",
            lambda n, k, c, v, o: expected_tokens_by_position([x / n[0] for x in k]) / _cost(n, c, v, o),
        ),
        Mistake(
            "the rates were added, not multiplied up",
            "accepted / examined is the rate among cycles that came this far. A draft counts only if all before it stayed: multiply on.",
            lambda n, k, c, v, o: (1 + sum(_rates(n, k))) / _cost(n, c, v, o),
        ),
        Mistake(
            "one rate was taken for all positions",
            "The pooled rate put into the geometric sum forgets that positions differ; the table says how.",
            lambda n, k, c, v, o: _geometric(_pooled(n, k), len(n)) / _cost(n, c, v, o),
        ),
        Mistake(
            "the bonus is missing",
            "Every cycle yields one token of the target's as well.",
            lambda n, k, c, v, o: (expected_tokens_by_position(_rates(n, k)) - 1) / _cost(n, c, v, o),
        ),
        Mistake(
            "only drafts that were examined were paid",
            "All drafts are drafted and paid for in every cycle, whether anyone looks at them or not.",
            lambda n, k, c, v, o: expected_tokens_by_position(_rates(n, k)) / (sum(n) / n[0] * c + v + o),
        ),
    ],
    hints=[
        "accepted[i] / examined[i] is the chance to stay for those that came this far. What is the chance that the first i all stay?",
        "Tokens per cycle: 1 + Σ of the products. The cycle costs len(examined)·c + v + other.",
        "A position that was never examined (0 of 0) adds nothing: treat its rate as 0.",
    ],
    praise="Right. No assumption went into the tokens: with these rates they are exact, whatever the law behind them.",
)

EXERCISES = {"two_kinds": two_kinds, "the_best_length": the_best_length, "break_even_c": break_even_c, "from_table": from_table}
