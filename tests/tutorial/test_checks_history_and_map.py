from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from specviz import widgets
from specviz.verifiers.top_m import TopM

CHAPTER = "06_history_and_map"


@pytest.fixture
def checks() -> ModuleType:
    return widgets.load_checks(CHAPTER)


def found_itself(tokens, longest, count):
    for n in range(min(longest, len(tokens)), 0, -1):
        for start in reversed(range(len(tokens) - n + 1)):
            if tokens[start : start + n] == tokens[-n:]:
                return tokens[start + n :][:count]
    return []


def earliest(tokens, longest, count):
    for n in range(min(longest, len(tokens)), 0, -1):
        for start in range(len(tokens) - n):
            if tokens[start : start + n] == tokens[-n:]:
                return tokens[start + n :][:count]
    return []


def copied_the_match(tokens, longest, count):
    for n in range(min(longest, len(tokens)), 0, -1):
        for start in reversed(range(len(tokens) - n)):
            if tokens[start : start + n] == tokens[-n:]:
                return tokens[start:][:count]
    return []


def shortest_first(tokens, longest, count):
    for n in range(1, min(longest, len(tokens)) + 1):
        for start in reversed(range(len(tokens) - n)):
            if tokens[start : start + n] == tokens[-n:]:
                return tokens[start + n :][:count]
    return []


def longest_only(tokens, longest, count):
    n = min(longest, len(tokens))
    for start in reversed(range(len(tokens) - n)):
        if tokens[start : start + n] == tokens[-n:]:
            return tokens[start + n :][:count]
    return []


def no_last_word(tokens, parents, best):
    node, out = -1, []
    while True:
        match = [i for i in range(len(tokens)) if parents[i] == node and tokens[i] == best[node + 1]]
        if not match:
            return out
        out.append(tokens[match[0]])
        node = match[0]


def own_row(tokens, parents, best):
    node, out = -1, []
    while True:
        match = [i for i in range(len(tokens)) if parents[i] == node and tokens[i] == best[i + 1]]
        if not match:
            return [*out, best[node + 1]]
        out.append(tokens[match[0]])
        node = match[0]


def eldest_only(tokens, parents, best):
    node, out = -1, []
    while node in parents and tokens[parents.index(node)] == best[node + 1]:
        node = parents.index(node)
        out.append(tokens[node])
    return [*out, best[node + 1]]


def everything_that_matches(tokens, parents, best):
    return [tokens[i] for i in range(len(tokens)) if tokens[i] == best[parents[i] + 1]] + [best[0]]


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("look", found_itself, "the text's own ending was found"),
        ("look", earliest, "the earliest occurrence, not the latest"),
        ("look", copied_the_match, "the match itself was copied"),
        ("look", shortest_first, "the shortest match was tried first"),
        ("look", longest_only, "only the longest match was tried"),
        ("tree_walk", no_last_word, "the target's last token is missing"),
        ("tree_walk", own_row, "a node was compared with the row after itself"),
        ("tree_walk", eldest_only, "only the first child was looked at"),
        ("tree_walk", everything_that_matches, "tokens off the path were collected"),
        ("near", lambda p, x, m: bool(TopM(m + 1).kept(p)[x]), "one token too many"),
        ("near", lambda p, x, m: bool(TopM(m - 1).kept(p)[x]), "one token too few"),
        ("near", lambda p, x, m: bool(p[x] > 0 and p[x] >= np.sort(p)[-m]), "equals were let in together"),
        ("near", lambda p, x, m: bool(x in np.argsort(-p, kind="stable")[:m]), "a token the target never says was kept"),
        ("near", lambda p, x, m: bool(p[x] * m >= 1), "a probability, not a rank"),
    ],
)
def test_a_usual_mistake_fails_and_is_called_by_its_name(checks, exercise, answer, name):
    reply = checks.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


def test_the_solutions_agree_with_the_package_far_from_the_checked_cases(checks):
    rng = np.random.default_rng(6)
    for _ in range(100):
        tokens = rng.integers(0, 4, rng.integers(1, 20)).tolist()
        longest, count = int(rng.integers(1, 5)), int(rng.integers(1, 6))
        assert checks.look_up(tokens, longest, count) == checks.look.reference(tokens, longest, count)
        size = int(rng.integers(0, 9))
        parents = [int(rng.integers(-1, i)) if i else -1 for i in range(size)]
        drafted, best = rng.integers(0, 3, size).tolist(), rng.integers(0, 3, size + 1).tolist()
        assert checks.walk(drafted, parents, best) == checks.tree_walk.reference(drafted, parents, best)
        p, x, m = rng.multinomial(4, [0.25] * 4) / 4, int(rng.integers(0, 4)), int(rng.integers(1, 4))
        assert checks.near_miss(p, x, m) == checks.near.reference(p, x, m)
