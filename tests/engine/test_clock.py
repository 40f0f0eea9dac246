"""Marks: on a card events, elsewhere the clock; the gaps between them are seconds."""

from __future__ import annotations

from time import sleep

import pytest
import torch

from specviz.engine.clock import Marks


class Event:
    """A card's event: its time is known once it, or a later one, was waited for."""

    now = 0.0
    known = 0.0

    def __init__(self, *, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        Event.now += 2.0
        self.at = Event.now

    def synchronize(self) -> None:
        Event.known = self.at

    def elapsed_time(self, other: Event) -> float:
        assert other.at <= Event.known, "asked before the card has come so far"
        return other.at - self.at


def test_on_a_card_the_gaps_are_those_of_its_events_after_one_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "Event", Event)
    marks = Marks(torch.device("cuda"), 4)
    for _ in range(2):  # used again in every cycle
        for number in range(4):
            marks.set(number)
        marks.wait()
        assert marks.gaps() == pytest.approx([0.002] * 3)


def test_on_a_processor_the_gaps_are_those_of_the_clock():
    marks = Marks(torch.device("cpu"), 3)
    marks.set(0)
    sleep(0.01)
    marks.set(1)
    marks.set(2)
    marks.wait()
    first, second = marks.gaps()
    assert first >= 0.01 > second >= 0.0
