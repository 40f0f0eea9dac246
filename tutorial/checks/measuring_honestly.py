"""Exercises of chapter 13, measuring honestly: acceptance two ways, a paired speed-up, and whether two texts parted by rounding."""

from __future__ import annotations

from statistics import fmean, median

import numpy as np

from specviz.trace.margins import Parting
from specviz.trace.schema import STAGES, Cycle, Node
from specviz.trace.stats import by_position

from .exercise import Exercise, Mistake
from .prediction import Prediction

two_denominators = Prediction(
    question="Eight tokens are drafted in every cycle. How many times larger is accepted / examined than accepted / drafted?",
    unit="times",
    low=1,
    high=8,
    thought="how many of the eight are looked at before the first refusal ends the cycle?",
)


# -------------------------------------------------------------------------------------------------- 1, two denominators


def _cycle(number: int, states: list[str]) -> Cycle:
    """A chain with these states, and nothing else known about it."""
    nodes = [Node(id=i, parent=i - 1, depth=i + 1, token=0, text="", q=1.0, p=1.0, u=0.5, threshold=None, state=s) for i, s in enumerate(states)]
    return Cycle(
        cycle=number, prefix=0, committed=(), text="", last_token=0, last_text="", last_kind="bonus", last_u=0.5, times_ms=dict.fromkeys(STAGES, 1.0),
        draft_calls=len(states), target_calls=1, cache_target=0, cache_draft=0, stop=None, sampling="iid", nodes=tuple(nodes),
    )  # fmt: skip


def _package_rates(cycles: list[list[str]]) -> list[float]:
    """Both rates from the package's own counts."""
    rows = by_position([_cycle(i, states) for i, states in enumerate(cycles)])
    accepted = sum(row.accepted for row in rows)
    return [accepted / sum(row.examined for row in rows), accepted / sum(row.drafted for row in rows)]


def two_rates(cycles):
    """Count once over all cycles, then divide."""
    states = [state for cycle in cycles for state in cycle]
    accepted, refused, ignored = (states.count(state) for state in ("accepted", "rejected", "ignored"))
    return accepted / (accepted + refused), accepted / (accepted + refused + ignored)


def _count(cycles, *states):
    return sum(state in states for cycle in cycles for state in cycle)


def _per_cycle(cycles):
    rates = [two_rates([cycle]) for cycle in cycles]
    return fmean(r for r, _ in rates), fmean(r for _, r in rates)


A, R, I = "accepted", "rejected", "ignored"  # noqa: E741  the three states of a drafted token
DRAFTED = ("accepted", "rejected", "ignored")

rates = Exercise(
    task="Return two numbers for a run of chains: accepted over examined drafts, and accepted over all drafts that were verified.",
    reference=_package_rates,
    cases=[
        ([[A, A, R, I], [R, I, I, I], [A, A, A, A]],),
        ([[A, R, I]],),
        ([[R, I, I, I, I], [A, A]],),
        ([[A, A, A]],),
        ([[A, R, I, I, "pruned"], [R, I, "pruned", "pruned"]],),
        ([[R], [R]],),
    ],
    model=two_rates,
    mistakes=[
        Mistake(
            "drafts that nobody looked at were counted as refused",
            "After a refusal the rest of the chain is ignored: no coin was thrown for it. It belongs to the second denominator only.",
            lambda c: (_count(c, "accepted") / _count(c, *DRAFTED),) * 2,
        ),
        Mistake(
            "the two rates changed places",
            "The first has the smaller denominator (examined only), so it is the larger of the two.",
            lambda c: two_rates(c)[::-1],
        ),
        Mistake(
            "rates of cycles were averaged",
            "A cycle with one examined draft then weighs as much as one with four. Add the counts first, divide once.",
            _per_cycle,
        ),
        Mistake(
            "pruned tokens were counted",
            "The builder cut them before the target saw them: they were not verified, and cost no pass of the target.",
            lambda c: (two_rates(c)[0], _count(c, "accepted") / sum(map(len, c))),
        ),
        Mistake(
            "the target's own token was counted as an accepted draft",
            "A corrected or bonus token was never drafted. It belongs to tokens per cycle, not to acceptance.",
            lambda c: (
                (_count(c, "accepted") + len(c)) / (_count(c, "accepted", "rejected") + len(c)),
                (_count(c, "accepted") + len(c)) / (_count(c, *DRAFTED) + len(c)),
            ),
        ),
    ],
    hints=[
        "Examined means that the rule decided: accepted or rejected. An ignored draft was verified by the pass, and never examined.",
        "Put all states of all cycles into one list and count. Do not divide before you have added.",
        "accepted / (accepted + rejected), and accepted / (accepted + rejected + ignored). Pruned tokens are in neither.",
    ],
    praise="Right. Both are true, and they answer different questions: how good the draft is, and how much of the drafting was of use.",
)


# ------------------------------------------------------------------------------------------------ 2, the paired speed-up


def paired(plain, fast):
    """In every round, how many times faster; then the middle one."""
    ratios = sorted(a / b for a, b in zip(plain, fast, strict=True))
    middle = len(ratios) // 2
    return ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] + ratios[middle]) / 2


def _ratios(plain, fast):
    return [a / b for a, b in zip(plain, fast, strict=True)]


speed = Exercise(
    task="Return the median over the rounds of how many times faster the method was than plain decoding in the same round.",
    reference=lambda plain, fast: float(median(_ratios(plain, fast))),
    cases=[
        ([2.0, 2.1, 5.0], [1.0, 1.4, 2.0]),
        ([3.0, 6.0, 3.3, 3.1], [2.0, 3.0, 3.0, 1.0]),
        ([1.0], [1.25]),
        ([4.0, 2.0], [1.0, 2.0]),
        ([1.0, 2.0, 4.0, 8.0, 16.0], [1.0, 1.0, 1.0, 10.0, 10.0]),
    ],
    model=paired,
    mistakes=[
        Mistake(
            "upside down",
            "The numbers are seconds. Less is faster, so plain stands above and the method below.",
            lambda a, b: median(_ratios(b, a)),
        ),
        Mistake(
            "a ratio of medians",
            "That throws the pairing away: the two medians may come from different rounds, and a slow spell may then hit only one of them.",
            lambda a, b: median(a) / median(b),
        ),
        Mistake(
            "the mean, not the median",
            "One interrupted round can move a mean as far as it likes. And a mean of ratios reports a gain even where there is none: see the claim.",
            lambda a, b: fmean(_ratios(a, b)),
        ),
        Mistake(
            "the best round was reported",
            "The largest of many noisy numbers grows with their number. It says how often you tried.",
            lambda a, b: max(_ratios(a, b)),
        ),
        Mistake(
            "best against best",
            "Two minima from different rounds are no pair.",
            lambda a, b: min(a) / min(b),
        ),
        Mistake(
            "the wrong middle of an even number",
            "With an even number of rounds there are two middle ones: take their mean.",
            lambda a, b: sorted(_ratios(a, b))[len(a) // 2],
        ),
    ],
    hints=[
        "One ratio a round: plain[i] / fast[i]. Both were timed side by side, so whatever slowed the machine slowed both.",
        "Sort the ratios and take the middle one; with an even number, the mean of the middle two. statistics.median does it.",
    ],
    praise="Right. This is what sv.compare prints as speedup. Its smallest and largest ratio belong beside it.",
)


# --------------------------------------------------------------------------------------------------- 3, a bug or rounding?


def _package_verdict(a: np.ndarray, b: np.ndarray, epsilon: float) -> bool:
    """The package's answer for two rows of logits whose largest entries differ."""
    mine, theirs = int(a.argmax()), int(b.argmax())
    return Parting(0, mine, theirs, gap=float(a[mine] - a[theirs]), other_gap=float(b[theirs] - b[mine])).is_rounding(epsilon)


def could_be_rounding(a, b, epsilon):
    """Both gaps together must fit into the room that 2 epsilon leaves."""
    mine, theirs = a.argmax(), b.argmax()
    return bool((a[mine] - a[theirs]) + (b[theirs] - b[mine]) <= 2 * epsilon)


def _first_gap(a, b):
    return a.max() - a[b.argmax()]


def _row(*values: float) -> np.ndarray:
    return np.array(values)


verdict = Exercise(
    task="Return True when logits that differ by at most epsilon between the programs can explain that their choices differ here.",
    reference=_package_verdict,
    cases=[
        (_row(5.0, 4.75, 1.0), _row(4.75, 5.0, 1.0), 0.25),
        (_row(5.0, 4.5, 1.0), _row(4.5, 5.0, 1.0), 0.375),
        (_row(5.0, 4.75, 1.0), _row(1.0, 5.0, 1.0), 0.25),
        (_row(3.0, 2.9375, 1.0), _row(2.9375, 2.0, 3.0), 0.25),
        (_row(4.0, 0.0, 0.0), _row(0.0, 4.0, 0.0), 1.5),
        (_row(9.0, 8.875, 2.0), _row(8.875, 9.0, 2.0), 0.5),
        (_row(5.0, 4.875, 1.0), _row(4.9375, 5.0, 1.0), 0.125),
        (_row(0.0, -0.0625, -4.0), _row(-0.5, 0.0, -4.0), 0.25),
    ],
    model=could_be_rounding,
    mistakes=[
        Mistake(
            "only one of the two programs was asked",
            "The first program's gap may be small and the second's huge. Rounding has to make up for both: add them.",
            lambda a, b, e: bool(_first_gap(a, b) <= 2 * e),
        ),
        Mistake(
            "epsilon was allowed once, not twice",
            "One token's logit may go down by epsilon and the other's up by epsilon. Together the gap can move by 2 epsilon.",
            lambda a, b, e: bool(_first_gap(a, b) + b.max() - b[a.argmax()] <= e),
        ),
        Mistake(
            "the runner-up was asked, not the token that was written",
            "The margin to the second best token says how close the place was. The question is whether *this* other token can have come up.",
            lambda a, b, e: bool(np.diff(np.sort(a))[-1] + np.diff(np.sort(b))[-1] <= 2 * e),
        ),
        Mistake(
            "probabilities, not logits",
            "Epsilon bounds the difference of logits. A softmax bends that scale: a small difference of probabilities may be a large one of logits.",
            lambda a, b, e: bool(_first_gap(_softmax(a), _softmax(b)) + _softmax(b).max() - _softmax(b)[a.argmax()] <= 2 * e),
        ),
        Mistake("every difference was called rounding", "Then no bug will ever be found. Compare the gaps with 2 epsilon.", lambda _a, _b, _e: True),
        Mistake(
            "every difference was called a bug",
            "Where two tokens nearly tie, a correct program may choose either. Compare the gaps with 2 epsilon.",
            lambda _a, _b, _e: False,
        ),
    ],
    hints=[
        "The first program wrote i = a.argmax(), the second j = b.argmax(). How far ahead is i in a, and j in b?",
        "a[i] − a[j] ≥ 0 and b[j] − b[i] ≥ 0. Their sum is (a[i] − b[i]) + (b[j] − a[j]): two differences between the programs.",
        "Each of those is at most epsilon when it is rounding. So the sum must be ≤ 2 epsilon. Return a bool.",
    ],
    praise="Right. It can convict and never quite acquit: a sum above the bound is a bug, one below it a difference that rounding may have made.",
)


def _softmax(row: np.ndarray) -> np.ndarray:
    weights = np.exp(row - row.max())
    return weights / weights.sum()


EXERCISES = {"rates": rates, "speed": speed, "verdict": verdict}
