"""Exercises of chapter 9, verification: exact match with ties, what lenience writes, when a token is typical, and which of three boxes is lossy."""

from __future__ import annotations

import numpy as np

from specviz.labs.fit import chi_square
from specviz.types import DraftTree
from specviz.verifiers import VERIFIERS
from specviz.verifiers.lenience import Lenience
from specviz.verifiers.residual import residual
from specviz.verifiers.typical import Typical

from .exercise import Exercise, Mistake
from .prediction import Prediction

price = Prediction(
    question="What is the mean total variation distance from p when lenience ½ judges one draft at the recorded places?",
    unit="total variation distance",
    low=0,
    high=1,
    thought="how much of q lies between p and 2p, and how much beyond 2p? All of q − p up to that is kept, and shows.",
    how="Computed",
)

runs_needed = Prediction(
    question="After how many runs is the mild lossy rule caught, in powers of ten?",
    unit="powers of ten",
    low=1,
    high=8,
    thought="each text's count is off by its share of the distance; chance moves it by the square root of the count. When does the first win?",
)


# ------------------------------------------------------------------------------------------------- 1, exact match and ties


def _package_commit(p: np.ndarray, drafts: list[int]) -> list[int]:
    """What the package's greedy rule commits for a chain."""
    gamma = len(drafts)
    tree = DraftTree(drafts, range(-1, gamma - 1), p[:gamma] if gamma else None, range(gamma))
    verdict = VERIFIERS["greedy"].judge(tree, p, np.full(gamma + 1, 0.5))
    return [drafts[node] for node in verdict.path] + [verdict.token]


def committed(p, drafts):
    """Follow the drafts while each is the target's choice; then the target's own token, corrected or bonus."""
    out = []
    for i in range(len(drafts)):
        best = int(np.argmax(p[i]))  # the first of equals: the lowest id
        out.append(best)
        if drafts[i] != best:
            return out
    return [*out, int(np.argmax(p[len(drafts)]))]


def _committed(p, drafts, *, choice=lambda row: int(np.argmax(row)), stays=None, shift=0, bonus=True, stops=True):
    """The chain with a part exchanged: the target's choice, the test, the row that is read, the last token, where it ends."""
    keep = stays if stays is not None else lambda row, x: x == choice(row)
    out = []
    for i, x in enumerate(drafts):
        row = p[min(i + shift, len(p) - 1)]
        if keep(row, x):
            out.append(x)
        elif stops:
            return [*out, choice(row)]
        else:
            out.append(choice(row))
    return [*out, choice(p[len(drafts)])] if bonus else out


def _last_of_equals(row):
    return len(row) - 1 - int(np.argmax(row[::-1]))


_TIED = np.array([[0.4, 0.4, 0.2], [0.1, 0.1, 0.8], [0.3, 0.35, 0.35], [0.5, 0.25, 0.25]])

exact_match = Exercise(
    task="Return the tokens a greedy cycle commits: the drafts that are the target's own choice (lowest id of equals), then the target's last token.",
    reference=_package_commit,
    cases=[
        (_TIED, [0, 2, 1]),
        (_TIED, [1, 2, 1]),
        (_TIED, [0, 2, 2]),
        (_TIED, [0, 1, 0]),
        (_TIED[[1, 0, 3, 2]], [2, 0, 1]),
        (_TIED[[3, 3, 1, 0]], [0, 0, 2]),
        (_TIED[:1], []),
    ],
    model=committed,
    mistakes=[
        Mistake(
            "a draft that ties was kept",
            "“As likely as the best” lets the draft choose among equals, so the text depends on the draft. Only the lowest id is the target's token.",
            lambda p, d: _committed(p, d, stays=lambda row, x: bool(row[x] == row.max())),
        ),
        Mistake(
            "the last of equals was taken",
            "Plain decoding here takes the lowest id of equals. Any other convention is as good, but both sides have to use the same one.",
            lambda p, d: _committed(p, d, choice=_last_of_equals),
        ),
        Mistake(
            "the row after the draft was read",
            "Row i is the law after i drafts, so it judges draft i itself. The row after it judges the next one.",
            lambda p, d: _committed(p, d, shift=1),
        ),
        Mistake(
            "the bonus token is missing",
            "When all drafts stayed, the pass has one row left: the target's own next token is free.",
            lambda p, d: _committed(p, d, bonus=False),
        ),
        Mistake(
            "it went on after a mismatch",
            "What was drafted after a refused token continues a text that is never written, and its rows are laws of that text. Stop there.",
            lambda p, d: _committed(p, d, stops=False),
        ),
    ],
    hints=[
        "Go through the drafts. At draft i the target wants the argmax of p[i]; np.argmax gives the first of equals, which is the lowest id.",
        "In both cases that token is committed. If it is not the draft, the cycle ends with it.",
        "If the loop ends by itself, one row is left, p[len(drafts)]: its argmax is the bonus.",
    ],
    praise="Right. The draft appears in the comparison and nowhere else: it cannot choose a single token, not even among equals.",
)


# -------------------------------------------------------------------------------------------------- 2, what lenience writes


def lenient_law(p, q, l):  # noqa: E741  the letter of the text
    """Accepted mass min(q, p/l), plus the chance of a refusal times the residual."""
    kept = np.minimum(q, p / l)
    left = np.maximum(p - q, 0)
    if left.sum() == 0:
        return kept + (1 - kept.sum()) * p
    return kept + (1 - kept.sum()) * left / left.sum()


lenient = Exercise(
    task="Return the law that comes out at one place when a draft from q is kept with probability min(1, p/(l q)) and a refusal draws the residual.",
    reference=lambda p, q, l: Lenience(l).output_law(p, q),  # noqa: E741
    cases=[
        (np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5]), 0.8),
        (np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5]), 0.5),
        (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.6, 0.25, 0.1, 0.05]), 0.3),
        (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.6, 0.25, 0.1, 0.05]), 1.0),
        (np.array([0.7, 0.3, 0.0]), np.array([0.2, 0.2, 0.6]), 0.6),
        (np.array([0.5, 0.5]), np.array([0.5, 0.5]), 0.7),
    ],
    model=lenient_law,
    mistakes=[
        Mistake(
            "the lenience made the test stricter",
            "l is below 1, so p·l asks for more than the exact rule. The target is taken for 1/l times as favourable: p/l.",
            lambda p, q, l: _lenient(p, q, np.minimum(q, p * l)),  # noqa: E741
        ),
        Mistake(
            "what is redrawn is missing",
            "These are the accepted drafts alone, and they sum to less than 1. After a refusal a token comes out as well: add its mass.",
            lambda p, q, l: np.minimum(q, p / l),  # noqa: E741
        ),
        Mistake(
            "the refusals were left out and the rest scaled up",
            "Dividing by the accepted mass is the law of accepted drafts. Refused ones are replaced from the residual, not drafted again.",
            lambda p, q, l: np.minimum(q, p / l) / np.minimum(q, p / l).sum(),  # noqa: E741
        ),
        Mistake(
            "the residual was added with its weight in the exact rule",
            "Σ max(0, p − q) = 1 − α is how often the exact rule refuses. This one refuses less often: 1 − Σ min(q, p/l).",
            lambda p, q, l: np.minimum(q, p / l) + np.maximum(p - q, 0),  # noqa: E741
        ),
        Mistake(
            "a refusal drew from p",
            "That is what rules with a fixed set do. Here the replacement comes from max(0, p − q), made to sum to 1.",
            lambda p, q, l: np.minimum(q, p / l) + (1 - np.minimum(q, p / l).sum()) * p,  # noqa: E741
        ),
    ],
    hints=[
        "Equation (1): accepted mass plus redrawn mass. A draft x comes with probability q(x) and stays with min(1, p/(l q)): together min(q, p/l).",
        "A refusal has probability 1 minus the sum of that. What is it multiplied with?",
        "The residual is np.maximum(p - q, 0) over its sum; where nothing is left of it (p = q) nothing is refused either, and p will do.",
    ],
    praise="Right. Where q > p it is min(q, p/l), too much by what lenience let through; where p ≥ q it is too little by the same amount.",
)


def _lenient(p, q, kept):
    return kept + (1 - kept.sum()) * residual(p, q)


# --------------------------------------------------------------------------------------------------- 3, the typical limit


def limit(p, floor, factor):
    """The floor, or factor times exp(-entropy) where that is lower; tokens with p = 0 add nothing to the entropy."""
    some = p[p > 0]
    entropy = -np.sum(some * np.log(some))
    return min(floor, factor * np.exp(-entropy))


def _entropy(p, log=np.log):
    return -np.sum(p[p > 0] * log(p[p > 0]))


typical_limit = Exercise(
    task="Return the probability above which a token is typical: min(floor, factor · exp(−H(p))), with the entropy H in nats.",
    reference=lambda p, floor, factor: float(Typical(floor, factor).limits(p)),
    cases=[
        (np.array([0.5, 0.3, 0.15, 0.05]), 0.09, 0.3),
        (np.full(50, 0.02), 0.09, 0.3),
        (np.array([0.25, 0.25, 0.25, 0.25, 0.0]), 0.2, 0.4),
        (np.array([1.0, 0.0, 0.0]), 0.09, 0.3),
        (np.array([0.9, 0.1]), 0.5, 0.3),
    ],
    model=limit,
    mistakes=[
        Mistake(
            "the two knobs changed places",
            "floor is the hard limit; factor multiplies exp(−H). Published code has swapped them, too.",
            lambda p, floor, factor: min(factor, floor * np.exp(-_entropy(p))),
        ),
        Mistake(
            "the larger limit, not the smaller",
            "With max a sure target would let only its favourite pass, and an unsure one nothing. A token passes above either limit: the minimum.",
            lambda p, floor, factor: max(floor, factor * np.exp(-_entropy(p))),
        ),
        Mistake(
            "the entropy is in bits",
            "exp undoes the natural logarithm. With log2 the number of effective tokens comes out too large, and the limit too low.",
            lambda p, floor, factor: min(floor, factor * np.exp(-_entropy(p, np.log2))),
        ),
        Mistake(
            "the sign of the entropy",
            "Σ p ln p is −H, so its exponential has to be taken without another minus. An unsure target lowers the limit, it does not raise it.",
            lambda p, floor, factor: min(floor, factor * np.exp(_entropy(p))),
        ),
        Mistake(
            "zeros spoilt the entropy",
            "0 · ln 0 is taken as 0, its limit; numpy makes it NaN. Leave tokens without probability out of the sum.",
            lambda p, floor, factor: np.minimum(floor, factor * np.exp(np.sum(p * np.log(p)))),
        ),
    ],
    hints=[
        "H = −Σ p ln p. np.log is the natural logarithm; where p is 0 the term is 0.",
        "exp(−H) is the share each token would have if the target hesitated between exp(H) of them alike. factor times that is one limit.",
        "floor is the other. The lower of the two decides.",
    ],
    praise="Right. Where the target is sure, exp(−H) is near 1 and the floor decides: a token above it passes, whatever the favourite has.",
)


# ------------------------------------------------------------------------------------------------ 4, which of three is lossy


def which_is_lossy(samples, law):
    """Pearson's statistic of each sample; all have equally many cells, so the largest is the least credible."""
    found = []
    for counts in samples:
        due = counts.sum() * law
        found.append(np.sum((counts - due) ** 2 / due))
    return int(np.argmax(found))


def _package_suspect(samples: list[np.ndarray], law: np.ndarray) -> int:
    return int(np.argmin([chi_square(counts, counts.sum() * law)[3] for counts in samples]))


def _largest(score):
    return lambda samples, law: int(np.argmax([score(counts, law) for counts in samples]))


_LAW4 = np.array([0.4, 0.3, 0.2, 0.1])
_LAW3 = np.array([0.7, 0.25, 0.05])


def _counts(*rows: list[int]) -> list[np.ndarray]:
    return [np.array(row) for row in rows]


suspect = Exercise(
    task="Return the index of the sample (an array of counts) that fits the law worst by the chi-square statistic; samples differ in size.",
    reference=_package_suspect,
    cases=[
        (_counts([84, 58, 38, 20], [7800, 6000, 4000, 2200], [40100, 29900, 20050, 9950]), _LAW4),
        (_counts([400500, 299400, 200300, 99800], [20, 17, 9, 4], [400, 300, 150, 150]), _LAW4),
        (_counts([1430, 470, 100], [70600, 24900, 4500], [148, 44, 8]), _LAW3),
        (_counts([790, 620, 410, 180], [78, 66, 38, 18], [400, 350, 150, 100]), _LAW4),
        (_counts([698900, 250700, 50400], [1350, 500, 150], [660, 270, 70]), _LAW3),
        (_counts([1000, 750, 500, 250], [3980, 3010, 2020, 990], [9800, 7700, 5100, 2400]), _LAW4),
        (_counts([10400, 9867, 9867, 9866], [26, 25, 24, 25], [125, 75, 125, 75]), np.full(4, 0.25)),  # the worst cell is not in the worst sample
        (_counts([11, 7, 1, 1], [850, 600, 370, 180], [8010, 5990, 4000, 2000]), _LAW4),
    ],
    model=which_is_lossy,
    mistakes=[
        Mistake(
            "the sample's distance was compared",
            "A small sample is far from its law by chance alone. How far off it is must be held against how far chance would move it.",
            _largest(lambda n, law: np.abs(n / n.sum() - law).sum() / 2),
        ),
        Mistake(
            "shares were put in place of counts",
            "Σ (share − p)²/p forgets how many runs there were. The statistic is n times that: the same deviation says more in a larger sample.",
            _largest(lambda n, law: ((n / n.sum() - law) ** 2 / law).sum()),
        ),
        Mistake(
            "the differences of counts were compared as they are",
            "A large sample is off by many counts and still fits well. Divide each squared difference by the expected count.",
            _largest(lambda n, law: np.abs(n - n.sum() * law).sum()),
        ),
        Mistake(
            "divided by what was counted, not by what was expected",
            "A text that came too rarely then weighs too much, most of all in a small sample. The scale is what chance does to a right sampler: n·p.",
            _largest(lambda n, law: ((n - n.sum() * law) ** 2 / n).sum()),
        ),
        Mistake(
            "only the worst text was looked at",
            "Among many texts one is far off by chance. The statistic adds up what all of them say.",
            _largest(lambda n, law: ((n - n.sum() * law) ** 2 / (n.sum() * law)).max()),
        ),
        Mistake(
            "the differences were not squared",
            "Without the square those above and those below cancel: (n − n·p) sums to 0, and what is left says nothing about the size.",
            _largest(lambda n, law: ((n - n.sum() * law) / (n.sum() * law)).sum()),
        ),
    ],
    hints=[
        "For each sample: n is the sum of its counts, and n * law is what a right sampler would be expected to show.",
        "Pearson's statistic is the sum of (seen − expected)² / expected. Its scale does not depend on n, so samples of different sizes compare.",
        "The largest statistic is the least credible sample; np.argmax of the three.",
    ],
    praise="Right. The statistic measures distance in units of what chance can do, which is why a small sample may be far off and innocent.",
)

EXERCISES = {"exact_match": exact_match, "lenient": lenient, "typical_limit": typical_limit, "suspect": suspect}
