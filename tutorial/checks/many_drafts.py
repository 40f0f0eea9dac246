"""Exercises of chapter 11, many drafts at once: recursive rejection, a K-SEQ step, the bound for two drafts, and what two refusals leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specviz.theory.rules import k_seq_factor
from specviz.theory.transport import optimal_acceptance
from specviz.types import ROOT, DraftTree, Sampling
from specviz.verifiers import VERIFIERS
from specviz.verifiers.residual import excluding, residual

from .exercise import Exercise, Mistake
from .prediction import Prediction

Floats = NDArray[np.float64]

three_drafts = Prediction(
    question="Mean acceptance at the recorded places when three drafts, drawn with replacement, are judged one after the other.",
    unit="of all places passed",
    how="Computed",
    low=0,
    high=1,
    thought="what does the second draft see: p, or what the first refusal left of it? And how often does it repeat the first?",
)

picked_wins = Prediction(
    question="At how many of 100 recorded places is the bound higher when one of two drafts is picked than when both are drawn without replacement?",
    unit="of 100 places",
    how="Computed",
    low=0,
    high=100,
    thought="when is it better to be sure of the draft's favourite, and when is that favourite a poor choice?",
)


def _verdict(rule: str, sampling: Sampling, p: Floats, q: Floats, tokens: Sequence[int], coins: Floats) -> int:
    """The token the engine's own rule gives out at one place; the rows after the siblings are never looked at."""
    k = len(tokens)
    tree = DraftTree(tokens, [ROOT] * k, q[None], [0] * k, sampling)
    verdict = VERIFIERS[rule].judge(tree, np.tile(p, (k + 1, 1)), coins)
    return int(tree.tokens[verdict.path[0]] if verdict.path else verdict.token)


def _draw(weights: Floats, u: float) -> int:
    return int(np.searchsorted(np.cumsum(weights), u * np.sum(weights), side="right"))


# ------------------------------------------------------------------------------------------------ recursive rejection


def judge_siblings(p, q, tokens, coins):
    """Each sibling against what the refused ones left of p; q loses every sibling that was tried."""
    for x, u in zip(tokens, coins[:-1], strict=True):
        if u * q[x] < p[x]:
            return x
        p = np.maximum(p - q, 0)
        p = p / p.sum()
        q = np.where(np.arange(len(q)) == x, 0, q)
        q = q / q.sum()
    return int(np.searchsorted(np.cumsum(p), coins[-1] * p.sum(), side="right"))


Update = Callable[[Floats, Floats, int], Floats]


def _left(p: Floats, q: Floats, _x: int) -> Floats:
    return residual(p, q)


def _removed(_p: Floats, q: Floats, x: int) -> Floats:
    return np.where(np.arange(len(q)) == x, 0.0, q)


def _next_law(p: Floats, q: Floats, x: int) -> Floats:
    left = _removed(p, q, x)
    return np.asarray(left / left.sum())


def _same_p(p: Floats, _q: Floats, _x: int) -> Floats:
    return p


def _same_q(_p: Floats, q: Floats, _x: int) -> Floats:
    return q


def _crossed_out(p: Floats, _q: Floats, x: int) -> Floats:
    return _next_law(p, p, x)


def _siblings(
    p: Floats, q: Floats, tokens: Sequence[int], coins: Floats, *, to_p: Update = _left, to_q: Update = _next_law, early: bool = False
) -> tuple[int | None, Floats, Floats]:
    """The accepted sibling (None: all refused), and the laws left, with the updates exchanged; ``early``: q is updated before p."""
    for x, u in zip(tokens, coins[:-1], strict=True):
        if u * q[x] < p[x]:
            return x, p, q
        if early:
            q = to_q(p, q, x)
            p = to_p(p, q, x)
        else:
            p, q = to_p(p, q, x), to_q(p, q, x)
    return None, p, q


def _wrongly(*, last: Callable[[Floats, Floats, Floats], Floats] = lambda _p, _q, left: left, **exchanged: Any) -> Callable[..., int]:
    """An answer with parts exchanged; ``last`` is what the last token is drawn from, given the first p, the first q and what is left."""

    def answer(p: Floats, q: Floats, tokens: Sequence[int], coins: Floats) -> int:
        accepted, left, _ = _siblings(p, q, tokens, coins, **exchanged)
        return _draw(last(p, q, left), coins[-1]) if accepted is None else accepted

    return answer


def _left_sided(p: Floats, q: Floats, tokens: Sequence[int], coins: Floats) -> int:
    """The last token's piece taken with its right end instead of its left one."""
    accepted, left, _ = _siblings(p, q, tokens, coins)
    return int(np.searchsorted(np.cumsum(left), coins[-1] * left.sum())) if accepted is None else accepted


def _places(count: int, sizes: Sequence[int], *, seed: int, replace: bool) -> list[tuple[Floats, Floats, tuple[int, ...], Floats]]:
    """Places with siblings the draft likes too much and coins that often refuse them, in three digits."""
    rng, cases = np.random.default_rng(seed), []
    for i in range(count):
        k = sizes[i % len(sizes)]
        p, q = (np.round(law, 3) for law in (rng.dirichlet(np.full(5, 1.2)) * 0.9 + 0.02, rng.dirichlet(np.full(5, 1.2)) * 0.9 + 0.02))
        p, q = p / p.sum(), q / q.sum()
        liked = np.maximum(q - p, 0.02)
        tokens = rng.choice(5, size=k, replace=replace, p=liked / liked.sum())
        coins = np.round(0.999 - 0.9 * rng.random(k + 1) ** 2, 3)
        coins[-1] = np.round(rng.random(), 3)
        cases.append((p, q, tuple(tokens.tolist()), coins))
    return cases


_COINS = (np.array([0.1, 0.5, 0.4]), np.array([0.6, 0.3, 0.1]))
_BOTH = (np.array([0.1, 0.1, 0.3, 0.5]), np.array([0.4, 0.4, 0.1, 0.1]))

recursive_rejection = Exercise(
    task="Return the token given out: tokens were drawn from q without replacement, coins[j] tests the j-th, coins[-1] draws the last token.",
    reference=lambda p, q, tokens, coins: _verdict("recursive", "without_replacement", p, q, tokens, coins),
    cases=[
        *_places(30, (2, 2, 3), seed=5, replace=False),
        (*_COINS, (0, 1), np.array([0.9, 0.3, 0.5])),  # the second coin saves the second sibling
        (*_BOTH, (0, 1), np.array([0.9, 0.0, 0.7])),  # the first refusal left nothing of the second sibling
        (*_BOTH, (1, 0), np.array([0.9, 0.8, 0.0])),  # the last coin falls on 0, where nothing is left
    ],
    model=judge_siblings,
    mistakes=[
        Mistake(
            "the sibling was not removed from q and q made a law again",
            "Drawn without replacement, the next sibling comes from q without those tried before, scaled to sum 1. With the old q, smaller "
            "everywhere else, p/q is too large and the sibling is accepted too often.",
            _wrongly(to_q=_same_q),
        ),
        Mistake(
            "the residual was not updated",
            "After a refusal the job has changed: what must still come out is norm(max(0, p − q)), not p. The next sibling is tested against that.",
            _wrongly(to_p=_same_p, last=lambda p, q, _left: residual(p, q)),
        ),
        Mistake(
            "you resampled from p, not from what is left",
            "Every refusal leaves less of p. When all siblings are refused, the token comes from the last residual.",
            _wrongly(last=lambda p, _q, _left: p),
        ),
        Mistake(
            "the siblings were tested against p, and so was the last token drawn",
            "Neither the test nor the last draw may use the first p again once a sibling was refused.",
            _wrongly(to_p=_same_p),
        ),
        Mistake(
            "q lost the sibling before it was subtracted",
            "The refused sibling was drawn from q with itself in it: first p becomes norm(max(0, p − q)), then q loses the sibling.",
            _wrongly(early=True),
        ),
        Mistake(
            "the refused token was crossed out of p",
            "That is right for a token that was picked (its q is 1). A drawn one takes its whole law with it: max(0, p − q).",
            _wrongly(to_p=_crossed_out),
        ),
        Mistake(
            "one coin was used for all siblings",
            "After a refusal the first coin is known to be large. Each test needs a fresh one: coins[j] for the j-th sibling.",
            lambda p, q, tokens, coins: _wrongly()(p, q, tokens, [coins[0]] * len(tokens) + [coins[-1]]),
        ),
        Mistake(
            "a non-strict test accepts a token of which nothing is left",
            "With ≤, a coin that falls on exactly 0 lets through a sibling with p = 0. Use <.",
            lambda p, q, tokens, coins: _wrongly()(p, q, tokens, [u or -1.0 for u in coins[:-1]] + [coins[-1]]),
        ),
        Mistake(
            "the last coin fell on a token of which nothing is left",
            "A token's piece of the line holds its left end, not its right one: np.searchsorted(…, side='right').",
            _left_sided,
        ),
    ],
    hints=[
        "Two laws change after a refusal: p becomes what q left of it, q loses the token that was tried. Which of them must change first?",
        "Both have to be laws again before the next test: divide by the sum.",
        "When the loop ends without a return, draw from the present p by the inverse CDF: np.cumsum and np.searchsorted(…, side='right').",
    ],
    praise="Right. The engine does this at every place of a tree, from the root down.",
)

# --------------------------------------------------------------------------------------------------------------- K-SEQ


def k_seq_step(p, q, tokens, coins, rho):
    """All siblings against the same p, made smaller by rho; then what is left after len(tokens) looks."""
    for x, u in zip(tokens, coins[:-1], strict=True):
        if u * rho * q[x] < p[x]:
            return x
    share = np.minimum(q, p / rho)
    looks = sum((1 - share.sum()) ** j for j in range(len(tokens)))
    left = np.maximum(p - share * looks, 0)
    return int(np.searchsorted(np.cumsum(left), coins[-1] * left.sum(), side="right"))


def _k_seq(p, q, tokens, coins, rho, *, test=None, last=None):
    """A step with the test or the last law exchanged."""
    for x, u in zip(tokens, coins[:-1], strict=True):
        if test(p[x], q[x], u, rho) if test else u * rho * q[x] < p[x]:
            return x
    share = np.minimum(q, p / rho)
    looks = sum((1 - share.sum()) ** j for j in range(len(tokens)))
    return _draw(np.maximum(last(p, q, share, len(tokens)) if last else p - share * looks, 0), coins[-1])


def _recursive_iid(p, q, tokens, coins, _rho):
    return _wrongly(to_q=_same_q)(p, q, tokens, coins)


def _k_seq_cases() -> list[tuple[Floats, Floats, tuple[int, ...], Floats, float]]:
    """Places, and two more where all siblings are refused and the last coin tells k looks from k + 1."""
    p, q = np.array([0.19, 0.12, 0.34, 0.35]), np.array([0.58, 0.07, 0.2, 0.15])
    refused = [(p, q, (0, 0), np.array([0.9, 0.9, last])) for last in (0.05, 0.15)]
    return [(*case, k_seq_factor(case[0], case[1], len(case[2]))) for case in (*_places(24, (2, 3), seed=11, replace=True), *refused)]


k_seq = Exercise(
    task="Return the token given out by K-SEQ with the factor rho: tokens were drawn from q with replacement, coins[-1] draws the last token.",
    reference=lambda p, q, tokens, coins, _rho: _verdict("k-seq", "iid", p, q, tokens, coins),
    cases=_k_seq_cases(),
    model=k_seq_step,
    mistakes=[
        Mistake(
            "rho is missing in the test",
            "With factor 1 the first siblings take more of p than is there for all of them: test u·rho·q(x) < p(x).",
            lambda *case: _k_seq(*case, test=lambda px, qx, u, _r: u * qx < px),
        ),
        Mistake(
            "rho stands on the wrong side",
            "rho is at least 1 and makes the test harder: min(1, p(x) / (rho·q(x))).",
            lambda *case: _k_seq(*case, test=lambda px, qx, u, r: u * qx < r * px),
        ),
        Mistake(
            "the residual of a single draft was taken",
            "max(0, p − q) belongs to the rule with one draft. Here min(q, p/rho) was offered, several times.",
            lambda *case: _k_seq(*case, last=lambda p, q, _s, _k: p - q),
        ),
        Mistake(
            "one sibling's share was taken away, not all of them",
            "The second sibling is looked at in a part (1 − β) of the cases, and may give out the same token: multiply by 1 + (1 − β) + …",
            lambda *case: _k_seq(*case, last=lambda p, _q, s, _k: p - s),
        ),
        Mistake(
            "the share was taken away k times",
            "The j-th sibling is looked at only if all before it failed, with probability (1 − β)^(j−1): the sum of these, not k.",
            lambda *case: _k_seq(*case, last=lambda p, _q, s, k: p - s * k),
        ),
        Mistake(
            "one look too many was counted",
            "There are k looks: 1 + (1 − β) + … + (1 − β)^(k−1). The k-th power of 1 − β is the chance that all are refused.",
            lambda *case: _k_seq(*case, last=lambda p, _q, s, k: p - s * sum((1 - s.sum()) ** j for j in range(k + 1))),
        ),
        Mistake(
            "you resampled from p",
            "Tokens that were offered as drafts have had a part of their share already. Draw from what is left of p.",
            lambda *case: _k_seq(*case, last=lambda p, _q, _s, _k: p),
        ),
        Mistake(
            "that is recursive rejection",
            "K-SEQ never changes p between siblings: one factor and the first p serve for all.",
            _recursive_iid,
        ),
    ],
    hints=[
        "The test is the old one with rho·q in place of q.",
        "A single sibling gives out x with probability min(q(x), p(x)/rho); call the sum over all tokens β.",
        "The j-th is looked at with probability (1 − β)^(j−1). Left of p: p − min(q, p/rho)·(1 + (1 − β) + … + (1 − β)^(k−1)).",
    ],
    praise="Right. With the smallest valid rho it accepts the most that one factor for all siblings can.",
)

# ------------------------------------------------------------------------------------------------- the bound for two drafts


def most_of_two(p, q):
    """1 + the least p(H) − q(H)², H growing by the token with the smallest p/q left."""
    best = target = draft = 0.0
    for x in np.argsort(p / q):
        target += p[x]
        draft += q[x]
        best = min(best, target - draft**2)
    return 1 + best


def _scan(p, q, order, outside=lambda q_h: q_h**2):
    values = np.cumsum(p[order]) - outside(np.cumsum(q[order]))
    return 1 + min(0.0, float(values.min()))


_X = (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.6, 0.25, 0.1, 0.05]))
_Y = (np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4]))
_Z = (np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.25, 0.25, 0.25, 0.25]))
_W = (np.array([0.3, 0.05, 0.4, 0.05, 0.2]), np.array([0.5, 0.02, 0.3, 0.13, 0.05]))

bound_of_two = Exercise(
    task="Return the most that any exact rule passes with two drafts from q, drawn with replacement; q has no zeros.",
    reference=lambda p, q: optimal_acceptance(p, q, 2, True),
    cases=[_X, _Y, _Z, _W, (np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7])), (np.array([0.5, 0.5]), np.array([0.5, 0.5]))],
    model=most_of_two,
    mistakes=[
        Mistake(
            "that is the bound for one draft",
            "Both drafts fall into H with probability q(H)·q(H).",
            lambda p, q: _scan(p, q, np.argsort(p / q), lambda h: h),
        ),
        Mistake(
            "sorted the wrong way round",
            "H holds the tokens that the draft proposes too often: those with the smallest p/q come first.",
            lambda p, q: _scan(p, q, np.argsort(-p / q)),
        ),
        Mistake(
            "sorted by p alone",
            "What H costs is p(x), what it brings follows from q(x): the tokens with the smallest quotient p/q come first.",
            lambda p, q: _scan(p, q, np.argsort(p)),
        ),
        Mistake(
            "sorted by q alone",
            "What H costs is p(x), what it brings follows from q(x): the tokens with the smallest quotient p/q come first.",
            lambda p, q: _scan(p, q, np.argsort(-q)),
        ),
        Mistake(
            "two tries were taken as independent",
            "1 − (1 − α)² would need the second draft to be tested against p afresh; after a refusal only the residual is left to be served.",
            lambda p, q: 1 - (1 - float(np.minimum(p, q).sum())) ** 2,
        ),
        Mistake(
            "that bound can be too high",
            "Σ min(p, 2q) looks at each token alone. The sets of tokens bind as well: 1 + p(H) − q(H)² for every H.",
            lambda p, q: float(np.minimum(p, 2 * q).sum()),
        ),
        Mistake(
            "the drafts were drawn without replacement",
            "With replacement both drafts lie in H with probability q(H)²; the same token may be drafted twice.",
            lambda p, q: optimal_acceptance(p, q, 2, False),
        ),
    ],
    hints=[
        "The bound is 1 + the smallest p(H) − Q(H) over sets H, the empty one included. What is Q(H) for two independent drafts?",
        "Only as many sets as there are tokens have to be tried: sort by p/q, smallest first, and let H grow token by token.",
    ],
    praise="Right. Sorting makes it quick: no set of tokens beside these beginnings can be better.",
)

# ---------------------------------------------------------------------------------------------------- after two refusals


def left_after_two(p, q, first):
    """The residual of the residual; the second sibling was drawn from q without the first."""

    def refuse(p, q):
        left = np.maximum(p - q, 0)
        return left / left.sum()

    second_law = np.where(np.arange(len(q)) == first, 0, q)
    return refuse(refuse(p, q), second_law / second_law.sum())


def _over(weights):
    total = np.sum(weights)
    return weights / total if total > 0 else weights


_P5 = np.array([0.15, 0.3, 0.25, 0.2, 0.1])
_Q5 = np.array([0.4, 0.1, 0.2, 0.05, 0.25])
_P6 = np.array([0.05, 0.3, 0.1, 0.35, 0.05, 0.15])
_Q6 = np.array([0.3, 0.15, 0.2, 0.1, 0.2, 0.05])

two_refusals = Exercise(
    task="Return the law that must still come out when the first sibling (token first) and the second, drawn without replacement, were both refused.",
    reference=lambda p, q, first: np.asarray(residual(residual(p, q), excluding(q, [first]))),
    cases=[(_P5, _Q5, 0), (_P5, _Q5, 4), (_P6, _Q6, 0), (_P6, _Q6, 2), (_P6, _Q6, 4), (*_Y, 3), (*_Y, 2)],
    model=left_after_two,
    mistakes=[
        Mistake(
            "the sibling was not removed from q and q made a law again",
            "The second sibling was drawn from q without the first token, scaled to sum 1. What it was drawn from is what its refusal takes away.",
            lambda p, q, _f: residual(residual(p, q), q),
        ),
        Mistake(
            "the first residual was not made a law",
            "After a refusal the residual is the new target, and a target sums to 1: divide before the second law is subtracted.",
            lambda p, q, f: _over(np.maximum(np.maximum(p - q, 0) - _next_law(p, q, f), 0)),
        ),
        Mistake(
            "the first refusal was forgotten",
            "The second sibling is judged against what the first one left, not against p.",
            lambda p, q, f: residual(p, _next_law(p, q, f)),
        ),
        Mistake(
            "the second refusal was forgotten",
            "This is what is left after one. The second sibling's law has to be subtracted from it.",
            lambda p, q, _f: residual(p, q),
        ),
        Mistake(
            "the refused token was crossed out of p",
            "A drawn token takes its whole law with it, not only its own entry: max(0, p − q).",
            lambda p, q, f: residual(_next_law(p, p, f), _next_law(p, q, f)),
        ),
        Mistake(
            "not normalised",
            "What comes out is a law: divide by the sum in the end, too.",
            lambda p, q, f: np.maximum(residual(p, q) - _next_law(p, q, f), 0),
        ),
    ],
    hints=[
        "One refusal turns p into norm(max(0, p − q)). Do it twice. With which law the second time?",
        "The second sibling's law: q with the first token set to 0, divided by its sum.",
    ],
    praise="Right. Which token the second sibling was does not matter for what it leaves; which one the first was does.",
)

EXERCISES = {
    "recursive_rejection": recursive_rejection,
    "k_seq": k_seq,
    "bound_of_two": bound_of_two,
    "two_refusals": two_refusals,
}
