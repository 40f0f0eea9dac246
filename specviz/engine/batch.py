"""Several requests at once. Each is a run of its own, on seats of the pair's models; whenever all of them wait for a pass, one pass serves all.

So a batch needs no second loop: drafters, trees, rules and controllers are the same, a row stops, refuses and rolls back by itself, and its
coins and its record are those of its single run. A row that is done leaves, the next one takes its seats.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet
from torch import Tensor

from specviz.arguments import whole_number
from specviz.engine.costs import share_costs
from specviz.engine.settings import RunSettings
from specviz.engine.stream import Stream
from specviz.errors import UnexpectedValueError, WrongMomentError
from specviz.methods import Method, choose_method
from specviz.model.pair import Pair
from specviz.model.seats import Ask, Seat, Seats
from specviz.trace.schema import Detail
from specviz.types import Step

ROWS = 16
"""Most rows at a time, unless more are asked for."""
LARGEST_TREE = 256
"""Nodes that every row has memory for behind its text, unless its method asks for more."""

Start = Callable[[Pair], Generator[Step]]
"""A row before it runs: takes the pair as the row sees it, returns its steps, which are closed if the batch is broken off."""


@dataclass(eq=False)
class _Row:
    """A run that stops wherever it waits for a pass, and is carried on with the logits."""

    number: int
    start: Callable[[], Generator[Step]]
    seats: list[Seat]
    run: greenlet
    asked: tuple[Seat, Ask] | None = None


class Batch:
    """Rows whose passes are made together; iterate over it for (row, step) pairs as the steps come.

    At most ``most`` rows run at a time, the others wait for a seat. The times of a row are those it saw: a pass lasts as long as the batch's.
    """

    def __init__(self, pair: Pair, starts: Sequence[Start], *, capacity: int, most: int) -> None:
        """Nothing runs yet; every row gets memory for ``capacity`` positions.

        Raises:
            ValueError: for no row, or none at a time.
        """
        if not starts:
            raise UnexpectedValueError("at least one prompt", "an empty list")
        self._pair, self._capacity, self._most = pair, capacity, min(whole_number("rows", most, 1), len(starts))
        self._waiting = deque(enumerate(starts))
        self._tables: list[Seats] = []
        self._rows: list[_Row] = []
        self._thread = threading.current_thread()
        self.errors: dict[int, Exception] = {}
        """What ended a row before its end."""

    def __iter__(self) -> Generator[tuple[int, Step]]:
        """Run all rows to their ends, once. What one of them raises is raised when the others are done."""
        with self._pair.held(f"a batch of {len(self._waiting)} prompts"):
            self._thread = threading.current_thread()
            models = [model for model in (self._pair.target, self._pair.draft) if model is not None]
            self._tables = [Seats(model, self._most, min(self._capacity, model.capacity), _wait) for model in models]
            try:
                while self._waiting or self._rows:
                    while self._waiting and len(self._rows) < self._most:
                        yield from self._carry_on(self._begin(*self._waiting.popleft()))
                    for row, logits in self._pass():
                        yield from self._carry_on(row, logits)
                for row_number, error in self.errors.items():
                    error.add_note(f"in row {row_number} of the batch; the others were decoded to their ends")
                    raise error
            finally:
                for row in self._rows if threading.current_thread() is self._thread else ():
                    row.run.throw(GreenletExit)  # broken off: its record is closed
                self._rows, self._tables = [], []

    def _begin(self, number: int, start: Start) -> _Row:
        seats = [table.take() for table in self._tables]
        pair = replace(self._pair, target=seats[0], draft=seats[1] if len(seats) > 1 else None, lock=threading.Lock())
        share_costs(self._pair, pair, self._most)
        row = _Row(number, lambda: start(pair), seats, greenlet(_run))
        self._rows.append(row)
        return row

    def _carry_on(self, row: _Row, logits: Tensor | None = None) -> Generator[tuple[int, Step]]:
        """Let a row run to its next pass, or to its end, which frees its seats."""
        said = self._switch(row, row.start if logits is None else logits)
        while isinstance(said, Step):
            yield row.number, said
            said = self._switch(row)
        row.asked = said
        if row.run.dead:
            self._rows.remove(row)
            for table, seat in zip(self._tables, row.seats, strict=True):
                table.leave(seat)

    def _switch(self, row: _Row, *given: object) -> Any:  # noqa: ANN401  a step, what the row waits for, or nothing at its end
        """Go on with a row; what it raises is noted, and ends it alone.

        Raises:
            WrongMomentError: in another thread than the one that began the batch: rows that stopped halfway cannot go on there.
        """
        if threading.current_thread() is not self._thread:
            begun = f"one begun in the thread {self._thread.name!r}"
            raise WrongMomentError("a batch of this thread", begun, "read a batch to its end in the thread that began it")
        try:
            return row.run.switch(*given)
        except Exception as error:  # noqa: BLE001  whatever a drafter, a rule, a processor or a disk says: it is not the others' fault
            self.errors[row.number] = error
            return None

    def _pass(self) -> list[tuple[_Row, Tensor]]:
        """Make the pass that rows wait for: the draft's first, so that in the end all wait for the target together."""
        for place in reversed(range(len(self._tables))):
            asked = {row: row.asked[1] for row in self._rows if row.asked and row.asked[0] is row.seats[place]}
            if asked:
                answers = self._tables[place].score({row.seats[place]: ask for row, ask in asked.items()})
                return [(row, answers[row.seats[place]]) for row in asked]
        return []


def _run(start: Callable[[], Generator[Step]]) -> None:
    with closing(start()) as steps:
        for step in steps:
            _hand_over(step)


def _wait(seat: Seat, ask: Ask) -> Tensor:
    logits: Tensor = _hand_over((seat, ask))
    return logits


def _hand_over(what: object) -> Any:  # noqa: ANN401  logits for a pass, nothing for a step
    """From inside a row: stop here; go on with what the batch gives back."""
    batch = getcurrent().parent
    assert batch is not None  # noqa: S101  a row is always begun by a batch
    return batch.switch(what)


def capacity_for(pair: Pair, longest: int, method: Method) -> int:
    """Positions a row needs that grows to ``longest`` tokens, so that no tree is smaller than in a single run."""
    return min(pair.context, longest + 1 + max(LARGEST_TREE, method.nodes or 0))


@dataclass(frozen=True)
class Request:
    """What one row is asked for."""

    prompt: Any
    settings: RunSettings
    save: str | PathLike[str] | None = None


class BatchStream:
    """Recorded runs over several prompts; iterate over it for (row, step) pairs. ``streams`` holds the runs that have begun, by row."""

    def __init__(
        self, pair: Pair, requests: Sequence[Request], method: str | Method | None = None, detail: Detail = "full", most: int = ROWS
    ) -> None:
        """Nothing runs yet.

        Raises:
            ValueError: for no request, no row at a time, or as for a single run, whichever row is at fault.
        """

        def begin(request: Request, pair: Pair) -> Stream:
            return Stream(pair, request.prompt, method, request.settings, detail, request.save, rows=min(most, len(requests)))

        def start(number: int, row: Pair) -> Generator[Step]:
            self.streams[number] = begin(requests[number], row)
            return iter(self.streams[number])

        sessions = [begin(request, pair).session for request in requests]  # what is wrong with a row is said before any runs
        longest = max((session.prompt_length + session.settings.max_new_tokens for session in sessions), default=0)
        starts = [partial(start, number) for number in range(len(requests))]
        self.batch = Batch(pair, starts, capacity=capacity_for(pair, longest, choose_method(method, pair.offers)[1]), most=most)
        self.streams: dict[int, Stream] = {}
        self._is_read = False

    def __iter__(self) -> Generator[tuple[int, Step]]:
        """Run all rows to their ends, once.

        Raises:
            WrongMomentError: when it was read before.
        """
        if self._is_read:
            raise WrongMomentError("a batch to be read once", "a second reading", ".streams holds the records, stream() starts others")
        self._is_read = True
        try:
            yield from self.batch
        finally:
            for stream in self.streams.values():
                stream.end_record()  # rows that cannot be reached from this thread do not do it themselves
