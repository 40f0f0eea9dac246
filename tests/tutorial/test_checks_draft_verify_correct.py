from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from specviz import widgets


@pytest.fixture
def checks() -> ModuleType:
    return widgets.load_checks("03_draft_verify_correct")


def test_solutions_agree_with_the_package_far_from_the_checked_cases(checks):
    rng = np.random.default_rng(0)
    for _ in range(100):
        gamma = int(rng.integers(1, 9))
        accepted, before = int(rng.integers(0, gamma + 1)), int(rng.integers(2, 40))
        assert checks.lengths_after(before, gamma, accepted) == checks.lengths.reference(before, gamma, accepted)
        text = [int(token) for token in rng.integers(0, 60, before + accepted + 1)]
        assert checks.catch_up(text, gamma, accepted) == checks.next_read.reference(text, gamma, accepted)
        drafts, choices = ([int(token) for token in rng.integers(0, 2, count)] for count in (gamma, gamma + 1))
        assert checks.how_many_stay(drafts, choices) == checks.stay.reference(drafts, choices)
        block, ends, room = text[: gamma + 1], [int(token) for token in rng.integers(0, 60, 6)], int(rng.integers(1, 12))
        assert checks.cut_block(block, ends, room) == checks.end.reference(block, ends, room)


def all_matches(drafts, choices):
    return sum(draft == choice for draft, choice in zip(drafts, choices[:-1], strict=True))


def shifted(drafts, choices):
    return next((i for i, token in enumerate(drafts) if token != choices[i + 1]), len(drafts))


def committed(drafts, choices):
    n = 0
    while n < len(drafts) and drafts[n] == choices[n]:
        n += 1
    return n + 1


def before_the_end(block, ends, room):
    kept = []
    for token in block[:room]:
        if token in ends:
            break
        kept.append(token)
    return kept


def overshoot(block, ends, room):
    kept = []
    for token in block:
        kept.append(token)
        if token in ends:
            break
    return kept


def last_end(block, ends, room):
    places = [i for i, token in enumerate(block) if token in ends]
    return block[: min(room, places[-1] + 1 if places else len(block))]


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("stay", all_matches, "a match after a refusal was counted"),
        ("stay", shifted, "the rows are one off"),
        ("stay", committed, "the target's own token was counted"),
        ("stay", lambda drafts, choices: len(drafts) * (drafts == choices[:-1]), "all or nothing"),
        ("lengths", lambda text, _gamma, n: (text + n, text + n), "the draft has not read its last token"),
        ("lengths", lambda text, gamma, n: (text + n + 1, text + 1 + min(n, gamma - 1)), "the last token of the cycle was counted"),
        ("lengths", lambda text, gamma, _n: (text + gamma, text + gamma - 1), "the refused drafts were not forgotten"),
        ("lengths", lambda text, gamma, n: (text - 1 + n, text - 1 + min(n, gamma - 1)), "the root was forgotten"),
        ("next_read", lambda text, _gamma, _n: [text[-1]], "only the last token was read"),
        ("next_read", lambda text, _gamma, _n: text[len(text) - 2 :], "two tokens always"),
        ("next_read", lambda text, _gamma, n: text[len(text) - n - 1 :], "everything the cycle added was read again"),
        ("next_read", lambda text, gamma, n: [text[-2]] if gamma == n else [], "the last token is missing"),
        ("end", lambda block, _ends, room: block[:room], "only the last token was looked at"),
        ("end", before_the_end, "the end token itself is missing"),
        ("end", overshoot, "more tokens than were asked for"),
        ("end", last_end, "the last end token was taken, not the first"),
        ("end", lambda block, ends, room: [] if any(t in ends for t in block) else block[:room], "a block with an end in it was dropped whole"),
    ],
)
def test_a_usual_mistake_fails_and_is_called_by_its_name(checks, exercise, answer, name):
    reply = checks.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name
