"""Exercises of chapter 12, how long to draft: the expected gain, a schedule's next length, the entropy's estimate, and who stopped where."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from specviz.controllers.confidence import Confidence
from specviz.controllers.constant import Constant
from specviz.controllers.entropy import estimated_acceptance
from specviz.controllers.gain import is_worth_drafting
from specviz.controllers.heuristic import Heuristic
from specviz.types import Controller, Costs, DraftTree, Sketch, Verdict

from .exercise import Exercise, Mistake
from .prediction import Prediction

best_constant = Prediction(
    question="Of all constant draft lengths from 0 to 12, which would have been the fastest for the recorded run, at this machine's prices?",
    unit="tokens drafted in every cycle",
    how="In hindsight",
    low=0,
    high=12,
    thought="how soon does the chance that all drafts so far stay fall below what one more draft costs?",
)

knows_all = Prediction(
    question="How many times as fast as the best constant length is a stop that knows every chance of acceptance in advance?",
    unit="times as fast as the best constant",
    how="In hindsight",
    low=1,
    high=3,
    thought="how much do the cycles differ from each other, and what can stopping save in a cycle of which every token stays?",
)

settles = Prediction(
    question="Every draft stays with probability 4/5. Around which length does the schedule (+2 when all stayed, else −1) settle?",
    unit="drafted tokens in a cycle, on average",
    how="Simulated",
    low=0,
    high=20,
    thought="how often must all drafts stay so that steps of +2 and of −1 balance?",
)


# ------------------------------------------------------------------------------------------------- the expected gain


def how_many(chances, mean, rate, c, v):
    """Draft on while some number of further tokens is expected to bring more than its time is worth."""
    reach = 1.0
    for n in range(len(v) - 1):
        gains = [reach * sum(mean**j for j in range(1, more + 1)) - rate * (more * c + v[n + more] - v[n]) for more in range(1, len(v) - n)]
        if max(gains) <= 0:
            return n
        reach *= chances[n]
    return len(v) - 1


def _by_the_package(chances: Sequence[float], mean: float, rate: float, c: float, v: Sequence[float]) -> int:
    """The package's test, asked before each token of a chain."""
    costs, limit = Costs(c, tuple((m + 1, price) for m, price in enumerate(v))), len(v) - 1
    reaches = enumerate(np.cumprod([1.0, *chances]))
    return next(n for n, reach in reaches if not is_worth_drafting(float(reach), mean, rate, costs, drafted=n, left=limit - n))


def _stop(
    chances: Sequence[float],
    v: Sequence[float],
    pays: Callable[[float, int, int], bool],
    *,
    ahead: int | None = None,
    last_only: bool = False,
) -> int:
    """The length with a test of one's own: pays(reach, drafted, further tokens)."""
    reach = 1.0
    for n in range(len(v) - 1):
        if not any(pays(reach, n, more) for more in range(1, 1 + min(ahead or len(v), len(v) - 1 - n))):
            return n
        reach = chances[n] if last_only else reach * chances[n]
    return len(v) - 1


def _tokens(mean: float, more: int) -> float:
    return sum(mean**j for j in range(1, more + 1))


_FLAT = [1.0, 1.02, 1.04, 1.06, 1.08, 1.1, 1.12, 1.14, 1.16]
_STEP = [1.0, 1.0, 1.3, 1.3, 1.3, 1.3, 1.32, 1.34, 1.36]
_CLIFF = [1.0, *[1.8] * 8]
_DEAR = [1.0, 1.3, 1.6, 1.9, 2.2, 2.5, 2.8, 3.1, 3.4]
_SURE = [0.95, 0.9, 0.95, 0.9, 0.95, 0.9, 0.95, 0.9]
_MIXED = [0.9, 0.5, 0.95, 0.3, 0.9, 0.8, 0.9, 0.7]
_SINKING = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]

expected_gain = Exercise(
    task="Return how many tokens are drafted before no number of further tokens is expected to pay; at most len(v) - 1.",
    reference=_by_the_package,
    cases=[
        (_SURE, 0.7, 2.0, 0.1, _FLAT),
        (_SURE, 0.7, 1.0, 0.3, _FLAT),
        (_MIXED, 0.7, 2.0, 0.1, _FLAT),
        (_SINKING, 0.6, 1.5, 0.1, _FLAT),
        (_SINKING, 0.8, 2.5, 0.05, _STEP),
        (_SURE, 0.8, 2.2, 0.1, _STEP),
        (_MIXED, 0.8, 1.8, 0.05, _STEP),
        (_SURE, 0.8, 1.6, 0.05, _DEAR),
        (_SURE, 0.5, 2.0, 0.3, _DEAR),
        (_SINKING, 0.7, 1.4, 0.02, _DEAR),
        (_MIXED, 0.6, 1.2, 0.15, _FLAT),
        (_SURE, 0.9, 3.0, 0.15, _FLAT),
        (_SURE, 0.7, 2.0, 0.05, _CLIFF),
    ],
    model=how_many,
    mistakes=[
        Mistake(
            "you looked only one token ahead",
            "Where the price of the pass has a step, the first token over it does not pay alone, but several may pay together.",
            lambda a, m, r, c, v: _stop(a, v, lambda reach, n, more: reach * _tokens(m, more) > r * (more * c + v[n + more] - v[n]), ahead=1),
        ),
        Mistake(
            "the time was not priced at the rate",
            "Time that is not spent here yields rate tokens elsewhere: a further token must bring more than rate · its cost.",
            lambda a, m, _r, c, v: _stop(a, v, lambda reach, n, more: reach * _tokens(m, more) > more * c + v[n + more] - v[n]),
        ),
        Mistake(
            "the next token was taken as sure",
            "A token that is not drafted yet stays with probability mean, if all before it did: reach · mean, reach · mean², …",
            lambda a, m, r, c, v: _stop(a, v, lambda reach, n, more: reach * _tokens(m, more) / m > r * (more * c + v[n + more] - v[n])),
        ),
        Mistake(
            "further tokens were added up as if each stood alone",
            "The second further token counts only if the first stays as well: reach · mean², then reach · mean³, …",
            lambda a, m, r, c, v: _stop(a, v, lambda reach, n, more: reach * m * more > r * (more * c + v[n + more] - v[n])),
        ),
        Mistake(
            "a token was judged before it was drafted",
            "chances[n] is known only once token n has been drafted. Until then all that is known of it is mean.",
            lambda a, m, r, c, v: _stop(a, v, lambda reach, n, more: reach * a[n] * (1 + _tokens(m, more - 1)) > r * (more * c + v[n + more] - v[n])),
        ),
        Mistake(
            "only the last token's chance was looked at",
            "The next token counts only if *all* before it stay: the chances multiply.",
            lambda a, m, r, c, v: _stop(a, v, lambda reach, n, more: reach * _tokens(m, more) > r * (more * c + v[n + more] - v[n]), last_only=True),
        ),
        Mistake(
            "the verifying pass was taken as free of its length",
            "A further token also makes the pass longer: v[n + 1] − v[n].",
            lambda a, m, r, c, v: _stop(a, v, lambda reach, _n, more: reach * _tokens(m, more) > r * more * c),
        ),
        Mistake(
            "drafting was taken as free",
            "Each further token costs a draft step, c.",
            lambda a, m, r, _c, v: _stop(a, v, lambda reach, n, more: reach * _tokens(m, more) > r * (v[n + more] - v[n])),
        ),
    ],
    hints=[
        "Keep reach, the chance that all tokens drafted so far stay. It begins at 1 and is multiplied by chances[n] after token n was drafted.",
        "After n tokens, `more` further ones bring reach·(mean + mean² + …) and take more·c + v[n + more] − v[n].",
        "Stop as soon as no `more` brings more than rate times the time it takes.",
    ],
    praise="Right, and as the package's controller decides. It estimates the chances, and takes its own rate so far as the price.",
)

# ------------------------------------------------------------------------------------------------------ the schedule


def next_gamma(gamma, accepted, limit):
    """Two more after a full acceptance, one less after a refusal, between 1 and limit."""
    return min(gamma + 2, limit) if accepted == gamma else max(1, gamma - 1)


def _verdict(length: int, kept: int) -> tuple[DraftTree, Verdict]:
    tree = DraftTree([0] * length, range(-1, length - 1), None, [-1] * length, "deterministic")
    return tree, Verdict(list(range(kept)), 0, "bonus" if kept == length else "corrected", [])


def _by_the_schedule(gamma: int, accepted: int, limit: int) -> int:
    controller = Heuristic(limit)
    controller.gamma = gamma
    controller.observe(*_verdict(gamma, accepted))
    return controller.gamma


schedule = Exercise(
    task="Return the length of the next draft: two more if all gamma drafts were accepted, else one less; between 1 and limit.",
    reference=_by_the_schedule,
    cases=[(5, 5, 16), (5, 3, 16), (5, 0, 16), (1, 0, 16), (1, 1, 16), (15, 15, 16), (16, 16, 16), (16, 2, 16), (7, 6, 16), (3, 2, 4), (3, 3, 4)],
    model=next_gamma,
    mistakes=[
        Mistake(
            "the draft may shrink to nothing",
            "At length 0 nothing is accepted or refused, and the length never grows again.",
            lambda g, a, m: min(g + 2, m) if a == g else g - 1,
        ),
        Mistake("the limit was forgotten", "The longest draft is limit.", lambda g, a, _m: g + 2 if a == g else max(1, g - 1)),
        Mistake(
            "steps of one in both directions",
            "A full acceptance counts more: two up, one down.",
            lambda g, a, m: min(g + 1, m) if a == g else max(1, g - 1),
        ),
        Mistake("steps of two in both directions", "A refusal shortens by one only.", lambda g, a, m: min(g + 2, m) if a == g else max(1, g - 2)),
        Mistake(
            "the length was set to what was accepted",
            "The schedule goes by small steps; it does not jump to the last result.",
            lambda _g, a, m: min(max(1, a + 1), m),
        ),
        Mistake(
            "the bonus was counted as a draft",
            "All gamma drafts accepted means accepted == gamma; the bonus comes on top.",
            lambda g, a, m: min(g + 2, m) if a == g + 1 else max(1, g - 1),
        ),
    ],
    hints=["Two cases, by whether accepted equals gamma.", "min(…, limit) on the way up, max(1, …) on the way down."],
    praise="Right. In a long run this makes one cycle in three a full acceptance, whatever that costs.",
)

# ------------------------------------------------------------------------------------------------------- the entropy


def estimate(q):
    """1 - sqrt(H/5), H in nats and 0 log 0 = 0, not below 0."""
    some = q[q > 0]
    entropy = -(some * np.log(some)).sum()
    return max(0.0, 1 - np.sqrt(0.2 * entropy))


def _entropy(q: NDArray[np.float64]) -> float:
    some = q[q > 0]
    return -float((some * np.log(some)).sum())


entropy_estimate = Exercise(
    task="Return the draft's own estimate of its acceptance, max(0, 1 − sqrt(0.2·H(q))), H in nats.",
    reference=estimated_acceptance,
    cases=[
        (np.array([0.97, 0.01, 0.01, 0.01]),),
        (np.array([0.7, 0.1, 0.1, 0.1]),),
        (np.full(4, 0.25),),
        (np.array([0.5, 0.5, 0.0]),),
        (np.array([1.0, 0.0, 0.0]),),
        (np.full(400, 1 / 400),),
    ],
    model=estimate,
    mistakes=[
        Mistake(
            "all right but for tokens without probability",
            "0 · log 0 is nan for a computer and 0 for the entropy: leave these tokens out.",
            lambda q: np.maximum(0.0, 1 - np.sqrt(-0.2 * (q * np.log(q)).sum())),
        ),
        Mistake(
            "all right but for tokens without probability",
            "0 · log 0 is nan for a computer and 0 for the entropy: leave these tokens out.",
            lambda q: max(0.0, 1 - np.sqrt(-0.2 * (q * np.log(q)).sum())),
        ),
        Mistake(
            "the entropy is in bits",
            "The constant belongs to the natural logarithm: np.log.",
            lambda q: max(0.0, 1 - np.sqrt(0.2 * _entropy(q) / np.log(2))),
        ),
        Mistake("below 0", "A very flat law gives a negative number: no probability. Cut it at 0.", lambda q: 1 - np.sqrt(0.2 * _entropy(q))),
        Mistake(
            "the root is missing",
            "Pinsker's inequality has a root: the distance is at most the root of half the divergence.",
            lambda q: max(0.0, 1 - 0.2 * _entropy(q)),
        ),
        Mistake(
            "the fifth stands outside the root",
            "The fifth is a share of the entropy: under the root with it.",
            lambda q: max(0.0, 1 - 0.2 * np.sqrt(_entropy(q))),
        ),
        Mistake(
            "that estimates the refusal",
            "The root bounds how often the draft is refused; acceptance is 1 minus that.",
            lambda q: np.sqrt(0.2 * _entropy(q)),
        ),
    ],
    hints=["H(q) = −Σ q log q over the tokens with q > 0.", "Then 1 minus the root of a fifth of it, and not below 0."],
    praise="Right. It looks at q alone, so it costs nothing, and so it can be wrong without notice.",
)

# ---------------------------------------------------------------------------------------------------- who stopped here

NAMES = ("constant", "schedule", "confidence threshold")
_LIMIT, _BAR = 8, 0.4


def who_stopped(lengths, kept, sure):
    """0 if the length never changes, 1 if each follows from the cycle before it, 2 if each draft ends where it becomes unsure."""
    if len(set(lengths)) == 1:
        return 0
    steps = zip(lengths[:-1], kept[:-1], lengths[1:], strict=True)
    if all(new == (old + 2 if stayed == old else max(1, old - 1)) for old, stayed, new in steps):
        return 1
    if all(len(draft) == 8 or draft[-1] < 0.4 <= min(draft[:-1], default=1) for draft in sure):
        return 2
    return None


def _would_draft(controller: Controller, sure: Sequence[float]) -> int:
    """How many of these tokens the controller drafts; one more if it would go on behind the last."""
    sketch = Sketch(prefix=0)
    for share in sure:
        if not controller.wants_more(sketch):
            return len(sketch)
        sketch.add(0, len(sketch) - 1, sketch.add_law(np.array([share, 1 - share])))
    return len(sketch) + controller.wants_more(sketch)


def explained_by(lengths: Sequence[int], kept: Sequence[int], sure: Sequence[Sequence[float]]) -> list[int]:
    """The package's controllers that would have drafted exactly so."""
    schedule = Heuristic(100)
    schedule.gamma = lengths[0]
    found = []
    for i, controller in enumerate((Constant(lengths[0]), schedule, Confidence(_LIMIT, confidence=_BAR))):
        agrees = True
        for length, stayed, shares in zip(lengths, kept, sure, strict=True):
            agrees = agrees and _would_draft(controller, shares) == length
            controller.observe(*_verdict(length, stayed))
        if agrees:
            found.append(i)
    return found


def _thresholded(*drafts: tuple[int, int]) -> tuple[list[int], list[int], list[list[float]]]:
    """Drafts (length, kept) that end at a token below the bar, or at the limit."""
    sure = [[0.9 - 0.05 * (i % 3) for i in range(n - 1)] + [0.8 if n == _LIMIT else 0.25] for n, _ in drafts]
    return [n for n, _ in drafts], [k for _, k in drafts], sure


def _unsure(*drafts: tuple[int, int]) -> tuple[list[int], list[int], list[list[float]]]:
    """Drafts (length, kept) whose tokens' probabilities say nothing about where they end."""
    return [n for n, _ in drafts], [k for _, k in drafts], [[(0.3, 0.85, 0.6)[i % 3] for i in range(n)] for n, _ in drafts]


who = Exercise(
    task="Return who stopped these drafts: 0 a constant length, 1 the schedule (+2, −1), 2 a threshold of 0.4 on the draft's probability, at most 8.",
    reference=lambda lengths, kept, sure: explained_by(lengths, kept, sure)[0],
    cases=[
        _unsure((4, 4), (4, 1), (4, 0), (4, 4)),
        _unsure((5, 5), (7, 3), (6, 6), (8, 2), (7, 0)),
        _thresholded((3, 3), (6, 2), (4, 4), (8, 8)),
        _thresholded((2, 2), (4, 1), (3, 3), (4, 2)),
        _unsure((2, 0), (1, 0), (1, 1), (3, 3), (5, 1)),
        _thresholded((5, 2), (5, 5), (1, 0), (8, 3)),
        _unsure((6, 6), (6, 2), (6, 6)),
        ([3, 5, 4, 3], [3, 1, 0, 3], [[0.3] * n for n in (3, 5, 4, 3)]),
    ],
    model=who_stopped,
    mistakes=[
        Mistake(
            "every change was taken for the threshold",
            "The schedule changes its length, too. Its next length follows from how many drafts the cycle before kept: check that first.",
            lambda n, _k, _s: 0 if len(set(n)) == 1 else 2,
        ),
        Mistake(
            "every change was taken for the schedule",
            "The schedule moves by exactly +2 or −1. Compare every length with the one before it and what was kept.",
            lambda n, _k, _s: 0 if len(set(n)) == 1 else 1,
        ),
        Mistake(
            "only the direction of the changes was compared",
            "A threshold may draft more after a good cycle by chance, too. The schedule's steps are exactly +2 and −1.",
            lambda n, k, _s: 0 if len(set(n)) == 1 else 1 if all((b > a) == (x == a) for a, x, b in zip(n[:-1], k[:-1], n[1:], strict=True)) else 2,
        ),
        Mistake(
            "only the last token was looked at",
            "A threshold stops at the *first* unsure token. A draft that went on behind one was stopped by something else.",
            lambda n, _k, s: 0 if len(set(n)) == 1 else 2 if all(len(draft) == _LIMIT or draft[-1] < _BAR for draft in s) else 1,
        ),
        Mistake(
            "only the first change was looked at",
            "One step can agree by chance. All of them have to.",
            lambda n, k, _s: 0 if len(set(n)) == 1 else 1 if n[1] == (n[0] + 2 if k[0] == n[0] else max(1, n[0] - 1)) else 2,
        ),
    ],
    hints=[
        "Which of the three gives the same length in every cycle, whatever happens?",
        "The schedule knows nothing but its last length and whether all of it was kept. Can every length be foretold from the cycle before?",
        "What is left is the threshold. To be sure, look at sure: every draft but those of 8 ends at the first probability below the bar.",
    ],
    praise="Right. A record of lengths, kept drafts and probabilities is enough to tell who was at work.",
)

EXERCISES = {"expected_gain": expected_gain, "schedule": schedule, "entropy_estimate": entropy_estimate, "who": who}
