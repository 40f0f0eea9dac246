"""A batch played by coins: nothing is lost, nobody overtakes, and each policy costs what it must."""

from __future__ import annotations

from itertools import product

import pytest

from specviz.labs.seats import ALIKE, JOIN, RAGGED, STAY, Setting, play

SETTINGS = [
    Setting(seats, requests, 0.6, spread, gamma, 12, 6, advance, seat)
    for seats, requests, spread, gamma, advance, seat in product((1, 3), (1, 4, 7), (0.0, 0.3), (0, 4), (RAGGED, ALIKE), (STAY, JOIN))
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_every_request_gets_its_tokens_once_and_in_order(setting: Setting):
    done: dict[int, int] = {}
    for turns in play(setting):
        assert len(turns) == setting.seats
        running = [turn.request for turn in turns if turn]
        assert len(running) == len(set(running)) > 0
        for turn in filter(None, turns):
            assert turn.start == done.get(turn.request, 0)
            assert 1 <= turn.kept <= turn.accepted + 1 <= setting.gamma + 1
            done[turn.request] = turn.start + turn.kept
    assert sorted(done) == list(range(setting.requests))
    assert all(12 - 6 <= length <= 12 for length in done.values())


def test_rows_that_advance_alike_keep_what_the_slowest_keeps():
    for turns in play(Setting(seats=4, requests=4, advance=ALIKE)):
        running = [turn for turn in turns if turn]
        shortest = min(turn.accepted for turn in running)
        assert all(turn.kept <= shortest + 1 for turn in running)
        assert len({turn.start for turn in running}) == 1


def test_rows_by_themselves_need_no_more_cycles_than_rows_alike_and_joining_none_more_than_waiting():
    ragged, alike, joined = (
        sum(len(play(Setting(8, 24, ragged_length=20, advance=advance, seat=seat, seed=seed))) for seed in range(10))
        for advance, seat in ((RAGGED, STAY), (ALIKE, STAY), (RAGGED, JOIN))
    )
    assert joined < ragged < alike


def test_a_free_seat_goes_to_the_next_request_at_once_or_stays_empty_until_all_are_done():
    joined = play(Setting(2, 5, ragged_length=20, seat=JOIN))
    assert all(None not in turns for turns in joined[: next(i for i, turns in enumerate(joined) if any(t and t.request == 4 for t in turns))])
    stayed = play(Setting(2, 4, ragged_length=20, seat=STAY))
    first = next(i for i, turns in enumerate(stayed) if any(t and t.request > 1 for t in turns))
    assert all(turn is None or turn.request < 2 for turns in stayed[:first] for turn in turns)
    assert [turn.request for turn in stayed[first] if turn] == [2, 3]


def test_the_same_seed_plays_the_same_batch():
    assert play(Setting(seed=3)) == play(Setting(seed=3)) != play(Setting(seed=4))
