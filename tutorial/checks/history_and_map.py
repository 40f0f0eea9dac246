"""Exercises of chapter 6, history and map: looking a draft up, walking a tree of drafts, and the near miss that gives the promise away."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from specviz.types import ROOT, DraftTree, Sketch
from specviz.verifiers import VERIFIERS
from specviz.verifiers.top_m import TopM

from .exercise import Exercise, Mistake
from .prediction import Prediction

same_texts = Prediction(
    question="Six drafters, two of them malicious: after how many of them is the text still the target's own?",
    unit="of the six texts", low=0, high=6,
    thought="who has the last word on each token, the drafter or the check?",
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------ 1, the look-up


def _package_look_up(tokens: list[int], longest: int, count: int) -> list[int]:
    """What the package's drafter proposes, one token a level."""
    from specviz.drafters.prompt_lookup import PromptLookupDrafter  # reaches torch, so only when an answer is checked

    drafter = PromptLookupDrafter((), longest=longest)
    drafter.start(SimpleNamespace(tokens=tokens))
    sketch, node, found = Sketch(prefix=len(tokens)), ROOT, []
    for _ in range(count):
        copied = drafter.propose(sketch, [node])[0].tokens
        if not copied:
            break
        found.append(copied[0])
        node = sketch.add(copied[0], node)
    return found


def look_up(tokens, longest, count):
    """For n = longest, ..., 1: find the last earlier occurrence of the final n tokens and copy what followed it."""
    for n in range(min(longest, len(tokens)), 0, -1):
        ending = tokens[-n:]
        for start in range(len(tokens) - n - 1, -1, -1):  # the ending itself starts at len(tokens) - n
            if tokens[start : start + n] == ending:
                return tokens[start + n : start + n + count]
    return []


def _searched(tokens, sizes, starts, count, skip):
    """The look-up with parts to choose: which lengths, which starts, and what is left out of the copy."""
    for n in sizes:
        for start in starts(n):
            if tokens[start : start + n] == tokens[-n:]:
                return tokens[start + skip(n) : start + skip(n) + count]
    return []


def _sizes(tokens, longest):
    return range(min(longest, len(tokens)), 0, -1)


look = Exercise(
    task="Return the draft: the count tokens that followed the latest earlier occurrence of the text's last n tokens, n from longest down to 1.",
    reference=_package_look_up,
    cases=[
        ([5, 6, 7, 8, 5, 6], 3, 2),
        ([1, 2, 3, 9, 2, 3, 4, 1, 2, 3], 3, 3),
        ([1, 2, 9, 1, 2, 8, 7, 2], 2, 2),
        ([4, 4, 4], 3, 5),
        ([1, 2, 3], 3, 4),
        ([7, 1, 2, 7, 3, 4, 7], 2, 1),
        ([3], 3, 2),
    ],
    model=look_up,
    mistakes=[
        Mistake(
            "the text's own ending was found",
            "The last n tokens stand at the end, of course; nothing follows them yet. Search only places that end before the text does.",
            lambda t, longest, c: _searched(t, _sizes(t, longest), lambda n: range(len(t) - n, -1, -1), c, lambda n: n),
        ),
        Mistake(
            "the earliest occurrence, not the latest",
            "What the text did last time is the better guess: search backwards from the end.",
            lambda t, longest, c: _searched(t, _sizes(t, longest), lambda n: range(len(t) - n), c, lambda n: n),
        ),
        Mistake(
            "the match itself was copied",
            "Those n tokens are in the text already. The draft is what came after them: start n places later.",
            lambda t, longest, c: _searched(t, _sizes(t, longest), lambda n: range(len(t) - n - 1, -1, -1), c, lambda _n: 0),
        ),
        Mistake(
            "the shortest match was tried first",
            "One token matches nearly anywhere and says little. A long match is rarer and better: count n down, not up.",
            lambda t, longest, c: _searched(t, _sizes(t, longest)[::-1], lambda n: range(len(t) - n - 1, -1, -1), c, lambda n: n),
        ),
        Mistake(
            "only the longest match was tried",
            "When the last n tokens were never seen before, the last n − 1 may have been: go on down to 1.",
            lambda t, longest, c: _searched(t, _sizes(t, longest)[:1], lambda n: range(len(t) - n - 1, -1, -1), c, lambda n: n),
        ),
    ],
    hints=[
        "Two loops: n from longest down to 1, and for each n the starting place from the end backwards.",
        "An occurrence that starts at i ends at i + n. It may overlap the ending, but it must not be the ending: i + n < len(tokens).",
        "The draft is tokens[i + n : i + n + count]; a slice that runs past the end is simply shorter. Nothing found: the empty list.",
    ],
    praise="Right. This is a whole drafter: no model, no training, and the target still has the last word.",
)


# -------------------------------------------------------------------------------------------------- 2, walking the tree


def _package_walk(tokens: list[int], parents: list[int], best: list[int]) -> list[int]:
    """What the package's greedy rule commits; the target's laws put everything on its best token."""
    p = np.zeros((len(tokens) + 1, max([*tokens, *best]) + 1))
    p[np.arange(len(best)), best] = 1
    tree = DraftTree(tokens=tokens, parents=parents, q=np.zeros((0, p.shape[1])), q_row=[-1] * len(tokens), sampling="deterministic")
    verdict = VERIFIERS["greedy"].judge(tree, p, np.full(len(tokens) + 1, 0.5))
    return [tokens[node] for node in verdict.path] + [verdict.token]


def walk(tokens, parents, best):
    """From the root to the child that carries the target's token, until there is none; then the target's token itself."""
    node, out = -1, []
    while True:
        wanted = best[node + 1]
        out.append(wanted)
        matching = [i for i, parent in enumerate(parents) if parent == node and tokens[i] == wanted]
        if not matching:
            return out
        node = matching[0]


def _walked(tokens, parents, best, row, first_child_only):
    node, out = -1, []
    while True:
        children = [i for i, parent in enumerate(parents) if parent == node]
        children = children[:1] if first_child_only else children
        chosen = next((i for i in children if tokens[i] == best[row(node, i)]), None)
        if chosen is None:
            return [*out, best[node + 1]]
        out.append(tokens[chosen])
        node = chosen


def _all_that_match(tokens, parents, best):
    return [token for token, parent in zip(tokens, parents, strict=True) if token == best[parent + 1]] + [best[0]]


TREE = ([3, 5, 8, 4, 5, 9], [-1, -1, 0, 0, 1, 4])

tree_walk = Exercise(
    task="Return the tokens that a cycle adds: the drafts along the path that the target's own tokens take through the tree, then its last word.",
    reference=_package_walk,
    cases=[
        (*TREE, [5, 1, 5, 7, 4, 9, 6]),
        (*TREE, [3, 4, 2, 1, 6, 9, 7]),
        (*TREE, [7, 8, 5, 1, 1, 9, 2]),
        (*TREE, [5, 8, 4, 2, 2, 9, 2]),
        ([2, 2], [-1, 0], [2, 2, 2]),
        ([], [], [6]),
    ],
    model=walk,
    mistakes=[
        Mistake(
            "the target's last token is missing",
            "The walk ends where no child carries the target's token. That token is computed already: it is the cycle's last, corrected or bonus.",
            lambda t, parents, b: walk(t, parents, b)[:-1],
        ),
        Mistake(
            "a node was compared with the row after itself",
            "best[i + 1] is what the target says after node i. Whether node i stays is decided one place earlier, after its parent.",
            lambda t, parents, b: _walked(t, parents, b, lambda _node, i: i + 1, first_child_only=False),
        ),
        Mistake(
            "only the first child was looked at",
            "A tree pays because a sibling may be right where the first one is wrong. Look at all children of a node.",
            lambda t, parents, b: _walked(t, parents, b, lambda node, _i: node + 1, first_child_only=True),
        ),
        Mistake(
            "tokens off the path were collected",
            "A node counts only if its parent was accepted: what follows a refused token continues a text that is never written.",
            _all_that_match,
        ),
    ],
    hints=[
        "Start at the root, node −1. Which token does the target want there? best[-1 + 1] = best[0].",
        "Among the nodes whose parent is the present node, find one with that token. Found: it is the next node. Not found: stop.",
        "In both cases the target's token is added to the text, so add it before you look for the child.",
    ],
    praise="Right. The tree's shape appears nowhere in it, nor who drew it: that is why the promise holds for every drafter on the map.",
)


# -------------------------------------------------------------------------------------------------------- 3, near misses


def near_miss(p, x, m):
    """Is x among the m likeliest tokens? Count those ahead of it: likelier ones, and of equals those with a lower id."""
    ahead = sum(p > p[x]) + sum(p[:x] == p[x])
    return bool(ahead < m and p[x] > 0)


near = Exercise(
    task="Return True when token x is among the target's m likeliest; of equals the lower id comes first, and a token with p = 0 is never kept.",
    reference=lambda p, x, m: bool(TopM(m).kept(p)[x]),
    cases=[
        (np.array([0.1, 0.4, 0.2, 0.3]), 3, 2),
        (np.array([0.1, 0.4, 0.2, 0.3]), 2, 2),
        (np.array([0.1, 0.4, 0.2, 0.3]), 1, 1),
        (np.array([0.1, 0.4, 0.2, 0.3]), 3, 1),
        (np.array([0.3, 0.3, 0.4, 0.0]), 1, 2),
        (np.array([0.3, 0.3, 0.4, 0.0]), 0, 2),
        (np.array([0.6, 0.4, 0.0, 0.0]), 2, 3),
        (np.array([0.25, 0.25, 0.25, 0.25]), 3, 4),
        (np.array([0.9, 0.06, 0.04, 0.0]), 1, 2),
    ],
    model=near_miss,
    mistakes=[
        Mistake(
            "one token too many",
            "Count the tokens ahead of x: it is among the first m when fewer than m stand ahead, so < and not ≤.",
            lambda p, x, m: bool(sum(p > p[x]) + sum(p[:x] == p[x]) <= m and p[x] > 0),
        ),
        Mistake(
            "one token too few",
            "The likeliest token has nobody ahead of it, and with m = 1 it must pass.",
            lambda p, x, m: bool(sum(p > p[x]) + sum(p[:x] == p[x]) < m - 1 and p[x] > 0),
        ),
        Mistake(
            "equals were let in together",
            "With equal probabilities more than m tokens would pass. The lower id goes first.",
            lambda p, x, m: bool(sum(p > p[x]) < m and p[x] > 0),
        ),
        Mistake(
            "a token the target never says was kept",
            "When fewer than m tokens have any probability, the rest of the m places stays empty.",
            lambda p, x, m: bool(sum(p > p[x]) + sum(p[:x] == p[x]) < m),
        ),
        Mistake(
            "a probability, not a rank",
            "p(x) ≥ 1/m lets few tokens pass where the law is flat and is no rank at all. Count how many tokens stand ahead of x.",
            lambda p, x, m: bool(p[x] >= 1 / m),
        ),
    ],
    hints=[
        "How many tokens stand ahead of x? x is among the m likeliest when that number is below m.",
        "Ahead of x: every token with a larger p, and among those with the same p the ones with a lower id, p[:x] == p[x].",
        "Return a bool: bool(ahead < m and p[x] > 0).",
    ],
    praise="Right. With m = 1 this is the exact match. From m = 2 on the draft, not the target, chooses among good tokens.",
)

EXERCISES = {"look": look, "tree_walk": tree_walk, "near": near}
